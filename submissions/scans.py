"""The scan between its upload and the stamp: kept by the portal, known to the session.

The browser never names a document. A scan is bound to the sheet's check code: once
the sheet is changed or printed anew, the scan of the older print no longer counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from qcportal.accounts.actors import Actor
from qcportal.documents import uploads
from qcportal.documents.models import Document
from qcportal.seals.matching import Match, Print
from qcportal.seals.reading import take_scan
from submissions.models import ReplacedPrint, ScoreSheet

KIND = "stamp_scan"


def _slot(sheet: ScoreSheet) -> str:
    return f"{KIND}:{sheet.pk}"


def expected(sheet: ScoreSheet) -> Print:
    """The sheet as it is printed now, and what a scan of it may be taken for."""
    revision = sheet.revision
    beside = ScoreSheet.objects.filter(
        revision__submission=revision.submission_id
    ).exclude(check_code="")
    older, others = {}, {}
    for other in beside.select_related("revision").exclude(pk=sheet.pk):
        if other.tier != sheet.tier:
            whose = other.get_tier_display()
            others[other.check_code] = f"是{whose}的意见表，请传本级这一份的盖章页。"
        else:
            older[other.check_code] = _older(other.revision.number, revision.number)
    for one in ReplacedPrint.objects.filter(
        sheet__revision__submission=revision.submission_id, sheet__tier=sheet.tier
    ).select_related("sheet__revision"):
        was = one.sheet.revision.number
        same = was == revision.number
        older[one.check_code] = CHANGED if same else _older(was, revision.number)
    for filed in revision.submission.revisions.all():
        others[filed.check_code] = "是申报表，请传成果评分与推荐意见表的盖章页。"
    pages = sheet.paper.pages if sheet.paper else None
    return Print(sheet.check_code, sheet.content_hash, pages, older, others)


CHANGED = "是评分或意见改动以前打印的，已经作废。请打印现在这一份，重新盖章后再传。"


def _older(was: int, now: int) -> str:
    return f"这是第 {was} 版的扫描件，现在是第 {now} 版。请打印第 {now} 版，重新盖章后再传。"


def keep(
    session: Any, sheet: ScoreSheet,
    files: Sequence[tuple[Any, uploads.Inspected]], *, by: Actor, at: datetime,
) -> Match:  # fmt: skip
    """Read inspected uploads against the sheet as printed now and remember what is
    kept. Raises Refused where they are not that print (seals.reading.take_scan)."""
    document, match = take_scan(files, expected(sheet), KIND, by=by, at=at)
    session[_slot(sheet)] = {
        "document": str(document.key),
        "check_code": sheet.check_code,
        "organisation": by.organisation_key,
    }
    return match


def held(session: Any, sheet: ScoreSheet | None, *, by: Actor) -> Document | None:
    """The scan this person uploaded for the sheet as printed now, or None."""
    kept = session.get(_slot(sheet)) if sheet else None
    if not kept or kept["organisation"] != by.organisation_key:
        return None
    if not sheet.check_code or kept["check_code"] != sheet.check_code:
        return None
    return (
        Document.objects.filter(key=kept["document"], kind=KIND, ordered_by=by.user)
        .select_related("scan_reading")
        .first()
    )


def outdated(session: Any, sheet: ScoreSheet | None) -> bool:
    """Whether a scan was uploaded for an older print of the sheet."""
    kept = session.get(_slot(sheet)) if sheet else None
    return bool(kept) and kept["check_code"] != sheet.check_code


def forget(session: Any, sheet: ScoreSheet) -> None:
    session.pop(_slot(sheet), None)
