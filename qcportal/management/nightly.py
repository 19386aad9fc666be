"""The nightly look at the books: kept as a row, logged, and told when it changes."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from qcportal.accounts.models import Organisation
from qcportal.audit import words
from qcportal.audit.models import BooksCheck
from qcportal.audit.record import keep_check
from qcportal.audit.standing import Standing, standing
from qcportal.inbox.actions import tell
from qcportal.inbox.models import Message
from qcportal.management import books

logger = logging.getLogger(__name__)


def check_books(*, digests: bool, at: datetime) -> BooksCheck:
    """Ask every question of ``books``, keep the answer, log every finding, and tell the
    desks of all hosts when it is not the same answer as the last time."""
    found = [asdict(finding) for finding in books.findings(digests=digests)]
    with transaction.atomic():
        before = standing()
        kept = keep_check(found, digests=digests, at=at)
        now = standing()
        if now and now.findings != (before.findings if before else []):
            _tell_hosts(now)
    for one in found:
        logger.error("books: %s %s %s", one["code"], one["about"], one["words"])
    return kept


def _tell_hosts(now: Standing) -> None:
    hosts = Organisation.objects.in_use().filter(campaigns__published_at__isnull=False)
    said = {"title": "账目核对：又都对得上了", "body": "上次对不上的地方已经没有了。",
            "tone": "ok", "icon": "circle-check"}  # fmt: skip
    if now.count:
        said = {
            "title": f"账目核对：有 {now.count} 处对不上",
            "body": f"{words.books(now.by_code)}。请联系平台维护人员查看日志。",
            "tone": "bad", "icon": "alert-triangle", "kind": Message.Kind.TODO,
        }  # fmt: skip
    for host in hosts.distinct():
        tell(host, at=now.at, link=reverse("audit:trail"), link_label="去看", **said)
