"""So often, and no more. Counted in the database: a cache that is away or was emptied
lets nobody try more often."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.crypto import salted_hmac

from qcportal.entrance.models import Tally


@dataclass(frozen=True)
class Limit:
    """At most ``most`` within ``within``; ``sliding``: counted from the last one on,
    else from the first."""

    name: str
    most: int
    within: timedelta
    sliding: bool = False


MINUTES, HOURS = timedelta(minutes=1), timedelta(hours=1)
# Wrong passwords, recovery and authenticator codes of one person or unknown name.
WRONG = Limit("wrong", 5, 10 * MINUTES, sliding=True)
WRONG_SECOND = Limit("wrong-second", 5, 10 * MINUTES, sliding=True)
# Wrong tries from one address, whatever the name: a plant has one address.
WRONG_HERE = Limit("wrong-here", 30, 10 * MINUTES, sliding=True)
# Codes for one person or unknown name, to one number or mailbox, and from one address.
CODE_SOON = Limit("code-soon", 1, MINUTES)
CODE_DAY = Limit("code-day", 10, 24 * HOURS)
CODE_HERE = Limit("code-here", 30, HOURS)
# From here on a picture has to be read first.
CAPTCHA_FROM = 3


def _key(limit: Limit, subject: str) -> str:
    return salted_hmac(
        f"entrance.{limit.name}", subject, algorithm="sha256"
    ).hexdigest()


def count(limit: Limit, subject: str, at: datetime) -> int:
    row = Tally.objects.filter(key=_key(limit, subject), until_at__gt=at)
    return row.values_list("count", flat=True).first() or 0


def reached(limit: Limit, subject: str, at: datetime) -> bool:
    return count(limit, subject, at) >= limit.most


@transaction.atomic
def add(limit: Limit, subject: str, at: datetime) -> int:
    """Count one more; the number it is. Two at once get two numbers: the row is held
    from the counting to the reading."""
    key, until = _key(limit, subject), at + limit.within
    row, made = Tally.objects.get_or_create(
        key=key, defaults={"count": 1, "until_at": until}
    )
    if made:
        return 1
    later = {"until_at": until} if limit.sliding else {}
    same = Tally.objects.filter(pk=row.pk)
    if not same.filter(until_at__gt=at).update(count=F("count") + 1, **later):
        same.update(count=1, until_at=until)
    return same.values_list("count", flat=True).get()


def take_back(limit: Limit, subject: str) -> None:
    """It was none after all."""
    rows = Tally.objects.filter(key=_key(limit, subject), count__gt=0)
    rows.update(count=F("count") - 1)


def clear(limit: Limit, subject: str) -> None:
    Tally.objects.filter(key=_key(limit, subject)).delete()


def forget(*, at: datetime) -> None:
    """Drop what has run out."""
    Tally.objects.filter(until_at__lte=at).delete()
