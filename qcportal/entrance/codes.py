"""Six digits by text message or e-mail: five minutes, three tries, one live.

Ordering writes the same row in the same number of steps whether or not anybody is
meant; the digits are made, kept as a hash and sent by the worker. So neither the answer
nor the time it takes tells whether a name exists.
"""

from __future__ import annotations

import functools
import logging
import secrets
import unicodedata
from datetime import datetime, timedelta

from celery import shared_task
from django.db import transaction
from kombu.exceptions import ChannelError, OperationalError

from qcportal import clock
from qcportal.accounts import mobiles
from qcportal.accounts.models import User
from qcportal.entrance import letters
from qcportal.entrance.models import DIGITS, TRIES, Code
from qcportal.inbox import mailing, texting
from qcportal.refusals import refuse

logger = logging.getLogger(__name__)

VALID_FOR = timedelta(minutes=letters.MINUTES)
KEPT_FOR = timedelta(days=1)
LOST_AFTER = timedelta(seconds=20)


@transaction.atomic
def order(
    purpose: str, user: User | None, *, at: datetime, way: str = "", to: str = ""
) -> Code:
    """The row; the worker sends once the transaction commits. ``to``: a new number or
    address that is to be proved; else what is on record, ``way`` if it can be chosen."""
    code = Code.objects.create(
        purpose=purpose, user=user, way=way, to=to, ordered_at=at,
        expires_at=at + VALID_FOR,
    )  # fmt: skip
    transaction.on_commit(functools.partial(_hand_on, code.pk))
    return code


def _hand_on(code_id: int) -> None:
    try:
        issue_code.apply_async((code_id,))
    except (OperationalError, ChannelError, OSError) as error:
        logger.warning("code %s not handed on, the sweep will: %s", code_id, error)


@shared_task(name="entrance.issue_code", ignore_result=True)
def issue_code(code_id: int) -> None:
    issue(code_id, at=clock.now())


@transaction.atomic
def issue(code_id: int, *, at: datetime) -> bool:
    """Make the digits and order their message, once; older codes of the person for the
    same purpose are void from now on. False if there was nothing to send."""
    code = Code.objects.select_for_update().get(pk=code_id)
    if code.digest or code.user is None or code.over(at):
        return False
    way, to = _destination(code, code.user, at)
    if not to:
        return False
    live = Code.objects.filter(user=code.user, purpose=code.purpose, voided_at=None)
    live.exclude(pk=code.pk).update(voided_at=at)
    digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    code.digest, code.way = code.digest_of(digits), way
    code.save(update_fields=["digest", "way"])
    _send(code, way, to, digits, at)
    return True


def _destination(code: Code, user: User, at: datetime) -> tuple[str, str]:
    """(way, number or address); the other way if the wished one cannot be gone."""
    mobile = code.to if code.purpose == Code.Purpose.MOBILE else user.mobile
    email = code.to if code.purpose == Code.Purpose.EMAIL else user.email
    ways = {Code.Way.MOBILE: mobile, Code.Way.EMAIL: email}
    if code.to:
        ways = {code.way: code.to}
    if Code.Way.MOBILE in ways and not texting.available(at=at):
        ways[Code.Way.MOBILE] = ""
    wished = ways.get(code.way, "")
    if wished:
        return code.way, wished
    return next(((way, to) for way, to in ways.items() if to), ("", ""))


def _send(code: Code, way: str, to: str, digits: str, at: datetime) -> None:
    if way == Code.Way.MOBILE:
        text = letters.code_text(code.purpose, digits)
        texting.order(mobiles.clean(to), text, at=at, expires_at=code.expires_at)
    else:
        name = code.user.name if code.user else ""
        subject, text = letters.code_mail(name, code.purpose, digits)
        mailing.order(to, subject, text, at=at)


def typed_digits(text: str) -> str:
    """As sent: half width, nothing but the digits."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c.isdigit())


def use(key: str, purpose: str, typed: str, *, at: datetime) -> Code:
    """The row whose digits these are, used up. Raises Refused (``code_wrong``,
    ``code_over``); a wrong try counts although nothing else is kept of it."""
    found = _tried(key, purpose, typed_digits(typed), at)
    if found is None or found == 0:
        refuse("code_over", "验证码过期了、用过了，或输错了三次。请重新获取。", "code")
    if isinstance(found, int):
        refuse("code_wrong", f"验证码不对，还可以再输 {found} 次。", "code")
    return found


@transaction.atomic
def _tried(key: str, purpose: str, digits: str, at: datetime) -> Code | int | None:
    """The code if right; else how many tries are left (None: there is no such row)."""
    rows = Code.objects.select_for_update(of=("self",)).select_related("user")
    code = rows.filter(key=key, purpose=purpose).first()
    if code is None or code.over(at):
        return None
    code.tries += 1
    if code.is_right(digits):
        code.used_at = at
        code.save(update_fields=["tries", "used_at"])
        return code
    code.save(update_fields=["tries"])
    return TRIES - code.tries


def sweep(*, at: datetime) -> int:
    """Send what was ordered and got lost; drop what is old. How many were sent."""
    lost = Code.objects.filter(
        digest="", user__isnull=False, voided_at=None, expires_at__gt=at,
        ordered_at__lte=at - LOST_AFTER,
    )  # fmt: skip
    ids = list(lost.order_by("pk").values_list("pk", flat=True)[:100])
    Code.objects.filter(ordered_at__lt=at - KEPT_FOR).delete()
    return sum(issue(pk, at=at) for pk in ids)
