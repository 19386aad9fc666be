"""Taking in a stamped scan: read it, hold it against the print, keep what may be kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction

from qcportal.accounts.actors import Actor
from qcportal.documents import scan_reading, uploads
from qcportal.documents.models import Document
from qcportal.refusals import Refused, refuse
from qcportal.seals import matching
from qcportal.seals.matching import Match, Print
from qcportal.seals.models import ScanReading

KEPT_NAME = "盖章页.pdf"
MAX_BYTES = 40 * uploads.MIB  # of the merged PDF


def take_scan(
    files: Sequence[tuple[Any, uploads.Inspected]], expected: Print, kind: str,
    *, by: Actor, at: datetime,
) -> tuple[Document, Match]:  # fmt: skip
    """Keep the scan of a stamped print as one PDF in page order, with its reading.

    ``files`` are inspected uploads, ``kind`` the document's kind. Raises Refused
    ``scan_old``, ``scan_foreign``, ``scan_pages_missing`` (their reading stays on
    record) and those of scan_reading.
    """
    found = scan_reading.read([upload for upload, _ in files], expected.check_code)
    return keep_scan(files, found, expected, kind, by=by, at=at)


def keep_scan(
    files: Sequence[tuple[Any, uploads.Inspected]], found: scan_reading.ReadScan,
    expected: Print, kind: str, *, by: Actor, at: datetime,
) -> tuple[Document, Match]:  # fmt: skip
    """Hold what was read against the print and keep what may be kept (take_scan)."""
    match = matching.match(found.pages, expected)
    reading = ScanReading(
        check_code=expected.check_code, outcome=match.outcome, read_at=at, by=by.user,
        pages=[
            {"file": one.file, "page": one.page, "turn": one.turn,
             "mark": one.mark.page if one.mark else None}
            for one in found.pages
        ],
    )  # fmt: skip
    if match.refusals:
        reading.save()
        raise Refused(match.refusals)
    if len(found.merged) > MAX_BYTES:
        refuse("scan_too_large", "盖章页合起来太大了，请把照片缩小些再传。", "scan")
    with transaction.atomic():
        reading.document = _kept(files, found, kind, by)
        reading.save()
    return reading.document, match


def _kept(
    files: Sequence[tuple[Any, uploads.Inspected]], found: scan_reading.ReadScan,
    kind: str, by: Actor,
) -> Document:  # fmt: skip
    upload = ContentFile(found.merged, name=KEPT_NAME)
    whole = uploads.weighed(upload, KEPT_NAME, "pdf", pages=found.kept)
    title = files[0][1].name if len(files) == 1 else KEPT_NAME
    title = title.rpartition(".")[0] + ".pdf"
    return uploads.store_upload(upload, whole, kind, by=by.user, title=title)


@transaction.atomic
def ask_for_look(document: Document, reason: str, *, by: Actor) -> None:
    """The code could not be read: the next tier is asked to compare every page."""
    reading = ScanReading.objects.select_for_update().get(document=document)
    if not reading.needs_look or reading.by_id != by.user.pk:
        refuse("not_unreadable", "这份盖章页的二维码已经读到，不用人工核对。")
    reason = " ".join(reason.split())
    if not reason:
        refuse("look_reason_missing", "请写明为什么拍不清二维码。", "look_reason")
    reading.look_reason = reason[:200]
    reading.save(update_fields=["look_reason"])
