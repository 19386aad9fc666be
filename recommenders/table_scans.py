"""The scan of the stamped 推荐表 between its upload and the confirmation.

The browser never names a document. A scan is bound to the paper's check code: once the
list is printed anew, the scan of the older print no longer counts.
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
from recommenders.models import Paper

KIND = "table_scan"


def _slot(paper: Paper) -> str:
    return f"{KIND}:{paper.check_code}"


def expected(paper: Paper) -> Print:
    """The table as printed now; earlier lists of the same body are older prints."""
    beside = Paper.objects.filter(dossier=paper.dossier_id).exclude(pk=paper.pk)
    older, others = {}, {}
    for other in beside.only("check_code", "kind", "list_hash"):
        if other.kind == paper.kind:
            older[other.check_code] = OLDER
        else:
            name = other.get_kind_display().partition("（")[0]
            others[other.check_code] = f"是{name}，请传推荐表的盖章页。"
    return Print(paper.check_code, paper.list_hash, paper.document.pages, older, others)


OLDER = "是名单改动以前打印的推荐表，已经作废。请打印现在这一份，重新盖章后再传。"


def keep(
    session: Any, paper: Paper, files: Sequence[tuple[Any, uploads.Inspected]],
    *, by: Actor, at: datetime,
) -> Match:  # fmt: skip
    """Read inspected uploads against this print of the table and remember what is kept.
    Raises Refused where they are not that print (seals.reading.take_scan)."""
    document, match = take_scan(files, expected(paper), KIND, by=by, at=at)
    session[_slot(paper)] = {
        "document": str(document.key),
        "organisation": by.organisation_key,
    }
    return match


def held(session: Any, paper: Paper | None, *, by: Actor) -> Document | None:
    """The scan this person uploaded for this print, or None."""
    kept = session.get(_slot(paper)) if paper else None
    if not kept or kept["organisation"] != by.organisation_key:
        return None
    return (
        Document.objects.filter(key=kept["document"], kind=KIND, ordered_by=by.user)
        .select_related("scan_reading")
        .first()
    )


def forget(session: Any, paper: Paper) -> None:
    session.pop(_slot(paper), None)
