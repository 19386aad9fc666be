"""The second step: six digits of an authenticator app, or a recovery code.

The rows are allauth's (Authenticator). What is right is asked here, under the row's
lock and with the instant as a parameter: a code that was used, or one older than the
last one used, is never right again, also when the cache was emptied.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.db import transaction

from qcportal.accounts.models import User

PERIOD = 30  # seconds
EITHER_WAY = 1  # periods a phone's clock may be off
TYPE = Authenticator.Type


def is_on(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type=TYPE.TOTP).exists()


def codes_left(user: User) -> list[str]:
    """Recovery codes not used yet, in the clear."""
    row = Authenticator.objects.filter(user=user, type=TYPE.RECOVERY_CODES).first()
    return RecoveryCodes(row).get_unused_codes() if row else []


def _typed(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _matching(secret: str, typed: str, after: int, at: datetime) -> int | None:
    """The period whose digits these are, later than ``after``; every one is compared."""
    now = int(at.timestamp()) // PERIOD
    found = None
    for period in range(now - EITHER_WAY, now + EITHER_WAY + 1):
        expected = format_hotp_value(hotp_value(secret, period))
        same = compare_user_code(actual=_typed(typed), expected=expected)
        if same and period > after:
            found = period
    return found


@transaction.atomic
def check(user: User, typed: str, *, at: datetime) -> Authenticator | None:
    """The row that answered, its code used up; None if it is wrong or was used."""
    rows = Authenticator.objects.select_for_update().filter(user=user)
    for row in rows.filter(type=TYPE.TOTP):
        secret = get_adapter().decrypt(row.data["secret"])
        period = _matching(secret, typed, row.data.get("period", 0), at)
        if period is not None:
            row.data["period"], row.last_used_at = period, at
            row.save(update_fields=["data", "last_used_at"])
            return row
    for row in rows.filter(type=TYPE.RECOVERY_CODES):
        if RecoveryCodes(row).validate_code(_typed(typed)):
            return row
    return None


def switch_on(user: User, secret: str, typed: str, *, at: datetime) -> bool:
    """Keep the secret if the app shows its digits; recovery codes come with it. False
    if they are wrong. The caller holds the person's row."""
    period = _matching(secret, typed, 0, at)
    if period is None:
        return False
    drop(user)
    row = TOTP.activate(user, secret).instance
    row.data["period"] = period
    row.save(update_fields=["data"])
    RecoveryCodes.activate(user)
    return True


def renew_codes(user: User) -> None:
    """New recovery codes; the older ones open nothing any more."""
    Authenticator.objects.filter(user=user, type=TYPE.RECOVERY_CODES).delete()
    RecoveryCodes.activate(user)


def drop(user: User) -> bool:
    """Forget secret and recovery codes; False if there were none."""
    return Authenticator.objects.filter(user=user).delete()[0] > 0
