"""Ordering and sending e-mail: a row first, one delivery later.

``order`` is called inside the transaction of the act that needs the mail; delivery
begins after the commit. A broker or mail server that is away delays a mail, no more.
"""

import functools
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from smtplib import SMTPException
from urllib.parse import urlsplit

from celery import shared_task
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Q
from kombu.exceptions import ChannelError, OperationalError

from qcportal import clock
from qcportal.inbox.models import Mail

logger = logging.getLogger(__name__)

PREFIX = "【QC成果申报】"
MAX_ATTEMPTS = 5
RETRY_AFTER = timedelta(minutes=2)


def order(to: str, subject: str, body: str, *, at: datetime) -> Mail:
    """Write the row; it is sent once the transaction commits. The subject is prefixed
    with 【QC成果申报】 and kept on one line."""
    mail = _mail(to, subject, body, at)
    mail.save(force_insert=True)
    transaction.on_commit(functools.partial(_send, mail.pk))
    return mail


def order_many(letters: Iterable[tuple[str, str, str]], *, at: datetime) -> None:
    """As ``order`` for many letters, each (to, subject, body)."""
    mails = [_mail(*letter, at) for letter in letters]
    for mail in Mail.objects.bulk_create(mails, batch_size=500):
        transaction.on_commit(functools.partial(_send, mail.pk))


def _mail(to: str, subject: str, body: str, at: datetime) -> Mail:
    line = f"{PREFIX}{' '.join(subject.split())}"[:140]
    return Mail(to=to, subject=line, body=body, ordered_at=at)


def _send(mail_id: int) -> None:
    try:
        deliver_mail.apply_async((mail_id,))
    except (OperationalError, ChannelError, OSError) as error:
        logger.warning("mail %s not handed on, the sweep will: %s", mail_id, error)


@shared_task(name="inbox.deliver_mail", ignore_result=True)
def deliver_mail(mail_id: int) -> None:
    deliver(mail_id, at=clock.now())


def deliver(mail_id: int, *, at: datetime) -> bool:
    """Claim and send; True if this very run sent it. Never raises for a mail server."""
    due = Q(claimed_at__isnull=True) | Q(claimed_at__lte=at - RETRY_AFTER)
    claimed = (
        Mail.objects.waiting()
        .filter(due, pk=mail_id)
        .update(claimed_at=at, attempts=F("attempts") + 1)
    )
    if not claimed:
        return False
    mail = Mail.objects.get(pk=mail_id)
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    letter = EmailMessage(
        mail.subject, mail.body, to=[mail.to], headers={"Message-ID": f"<{mail.key}@{host}>"}
    )  # fmt: skip
    try:
        letter.send()
    except (SMTPException, OSError, ValueError) as error:
        _fault(mail, str(error), at)
        return False
    Mail.objects.filter(pk=mail.pk).update(sent_at=at, body="", error="")
    return True


def _fault(mail: Mail, error: str, at: datetime) -> None:
    logger.warning("mail %s not sent: %s", mail.pk, error)
    last = mail.attempts >= MAX_ATTEMPTS
    ending = {"given_up_at": at, "body": ""} if last else {}
    Mail.objects.filter(pk=mail.pk).update(error=error[:300], **ending)


def sweep(*, at: datetime) -> int:
    """Deliver what is still waiting; how many were sent."""
    due = Q(claimed_at__isnull=True) | Q(claimed_at__lte=at - RETRY_AFTER)
    ids = Mail.objects.waiting().filter(due).values_list("pk", flat=True)
    return sum(deliver(pk, at=at) for pk in list(ids.order_by("pk")[:100]))
