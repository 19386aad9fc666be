"""Ordering and sending text messages: a row first, one delivery later (as mailing).

``order`` is called inside the transaction of the act that needs the message; delivery
begins after the commit. Number and text stand encrypted in the row and are wiped once
it was sent, given up or out of date.
"""

from __future__ import annotations

import functools
import logging
from datetime import datetime, timedelta

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from kombu.exceptions import ChannelError, OperationalError

from qcportal import clock
from qcportal.accounts import mobiles
from qcportal.inbox.gateways import NotSent, gateway
from qcportal.inbox.models import Text

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 4
RETRY_AFTER = timedelta(seconds=30)
DAY = timedelta(days=1)


def available(*, at: datetime) -> bool:
    """Whether a text message may be ordered: there is a gateway, and today's number
    of messages is not used up."""
    if not settings.SMS_BACKEND:
        return False
    today = Text.objects.filter(ordered_at__gt=at - DAY).count()
    return today < settings.SMS_A_DAY


def order(to: str, body: str, *, at: datetime, expires_at: datetime) -> Text:
    """Write the row; it is sent once the transaction commits, not after ``expires_at``.
    ``to`` is a mobile number as ``mobiles.clean`` returns it."""
    text = Text.objects.create(
        to=to, shown=mobiles.mask(to), body=body, ordered_at=at, expires_at=expires_at
    )
    transaction.on_commit(functools.partial(_send, text.pk))
    return text


def _send(text_id: int) -> None:
    try:
        deliver_text.apply_async((text_id,))
    except (OperationalError, ChannelError, OSError) as error:
        logger.warning("text %s not handed on, the sweep will: %s", text_id, error)


@shared_task(name="inbox.deliver_text", ignore_result=True)
def deliver_text(text_id: int) -> None:
    deliver(text_id, at=clock.now())


def deliver(text_id: int, *, at: datetime) -> bool:
    """Claim and send; True if this very run sent it. Never raises for a gateway."""
    due = Q(claimed_at__isnull=True) | Q(claimed_at__lte=at - RETRY_AFTER)
    claimed = (
        Text.objects.waiting()
        .filter(due, pk=text_id)
        .update(claimed_at=at, attempts=F("attempts") + 1)
    )
    if not claimed:
        return False
    text = Text.objects.get(pk=text_id)
    way = gateway()
    if way is None or at >= text.expires_at:
        _close(text, given_up_at=at, error="no gateway" if way is None else "too late")
        return False
    try:
        way.send(text.to, text.body, str(text.key))
    except NotSent as error:
        _fault(text, str(error), at)
        return False
    _close(text, sent_at=at, error="")
    return True


def _fault(text: Text, error: str, at: datetime) -> None:
    logger.warning("text %s not sent: %s", text.pk, error)
    if text.attempts >= MAX_ATTEMPTS:
        _close(text, given_up_at=at, error=error[:200])
    else:
        Text.objects.filter(pk=text.pk).update(error=error[:200])


def _close(text: Text, **ending: object) -> None:
    Text.objects.filter(pk=text.pk).update(to="", body="", **ending)


def sweep(*, at: datetime) -> int:
    """Deliver what is still waiting; how many were sent."""
    due = Q(claimed_at__isnull=True) | Q(claimed_at__lte=at - RETRY_AFTER)
    ids = Text.objects.waiting().filter(due).values_list("pk", flat=True)
    return sum(deliver(pk, at=at) for pk in list(ids.order_by("pk")[:100]))
