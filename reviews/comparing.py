"""Is a PDF somebody holds what the portal issued? Who signed it, and does that stand?

Reads only. Tells organisations, kinds of paper and moments; no person's name, no words
of the paper.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from qcportal.documents.models import Document
from qcportal.signatures import reading
from qcportal.signatures.reading import Report, Signature
from recommenders.models import Paper, TableStamp
from reviews.models import Certificate, Publication
from submissions.models import Revision, ScoreSheet, Stamp

SAME, SIGNED, CHANGED, FOREIGN = "same", "signed", "changed", "foreign"
NO_ORGANISATION = "证书上没有单位名称"
# Model, key to the document, what it is, whose it is.
_OWNERS = (
    (Certificate.objects.filter(revoked_at__isnull=True), "document", "荣誉证书", "entry__publication__campaign__host__name"),
    (Certificate.objects.filter(revoked_at__isnull=False), "document", "已撤销的荣誉证书", "entry__publication__campaign__host__name"),
    (Revision.objects, "document", "申报表", "submission__campaign__host__name"),
    (Revision.objects, "receipt", "收件回执", "submission__campaign__host__name"),
    (ScoreSheet.objects, "paper", "成果评分与推荐意见表", "revision__submission__campaign__host__name"),
    (Stamp.objects, "paper", "加盖印模的意见表", "sheet__revision__submission__campaign__host__name"),
    (Stamp.objects.filter(act__evidence="signature"), "scan", "带数字签名的意见表", "act__organisation_name"),
    (Stamp.objects.exclude(act__evidence="signature"), "scan", "上传的盖章页", "act__organisation_name"),
    (Paper.objects, "document", "推荐材料", "dossier__campaign__host__name"),
    (TableStamp.objects, "sealed", "加盖印模的推荐表", "paper__dossier__campaign__host__name"),
    (TableStamp.objects, "scan", "上传的推荐表盖章页", "act__organisation_name"),
    (Publication.objects, "pdf", "公布的名单", "campaign__host__name"),
)  # fmt: skip
REVOKED = "已撤销的荣誉证书"


@dataclass(frozen=True)
class Shown:
    """A signature as the public reads it: the organisation, never a person."""

    organisation: str
    at: datetime | None
    timestamped: bool
    state: str
    reason: str
    own: bool = False

    @property
    def state_words(self) -> str:
        return reading.STATES[self.state]


@dataclass(frozen=True)
class Compared:
    """The answer on one file. ``outcome``: SAME, SIGNED (as issued, signatures added),
    CHANGED or FOREIGN; ``paper`` and ``organisation`` what it is and whose, ``at`` when
    it was made; ``stripped``: it was issued with a signature and has none of ours; ``misused``: a certificate of
    the portal's is on a file it never issued."""

    outcome: str
    paper: str = ""
    organisation: str = ""
    at: datetime | None = None
    uploaded: bool = False
    stripped: bool = False
    misused: bool = False
    signatures: Sequence[Shown] = field(default_factory=tuple)

    @property
    def revoked(self) -> bool:
        return self.paper == REVOKED and self.outcome in {SAME, SIGNED}

    @property
    def added(self) -> int:
        """How many signatures are not the portal's own."""
        return sum(not one.own for one in self.signatures)


@dataclass(frozen=True)
class _Found:
    document: Document
    paper: str
    organisation: str


def compare(report: Report, sha256: str) -> Compared:
    """What stands behind a file with this report and digest (SHA-256, hex)."""
    found, outcome = _behind(report, sha256)
    shown = tuple(_shown(report, found, outcome))
    if found is None:
        return Compared(outcome, misused=_ours(report), signatures=shown)
    document = found.document
    own = any(one.own for one in shown)
    return Compared(
        outcome, found.paper, found.organisation, document.ready_at,
        uploaded=document.origin == Document.Origin.UPLOADED,
        stripped=outcome == CHANGED and bool(document.signed_with) and not own,
        signatures=shown,
    )  # fmt: skip


def _behind(report: Report, sha256: str) -> tuple[_Found | None, str]:
    if found := _owned(Document.objects.filter(sha256=sha256)):
        return found, SAME
    made = Document.objects.filter(origin=Document.Origin.MADE)
    for revision in reversed(report.revisions):
        if found := _owned(made.filter(sha256=revision.sha256)):
            return found, _since(report, revision)
    if found := _claimed(report, made):
        return found, CHANGED
    return None, FOREIGN


def _since(report: Report, issued: reading.Revision) -> str:
    """What became of a file the portal issued: signed, or something else."""
    broken = any(one.state == reading.INVALID for one in report.signatures)
    added = any(one.covers > issued.length for one in report.signatures)
    return SIGNED if issued.only_signed and added and not broken else CHANGED


def _claimed(report: Report, made: QuerySet[Document]) -> _Found | None:
    """The paper whose number stands in the file; a claim, not a proof."""
    try:
        key = uuid.UUID(report.identifier)
    except ValueError:
        return None
    return _owned(made.filter(key=key))


def _ours(report: Report) -> bool:
    """Whether a signature made with a certificate of the portal's is in the file."""
    prints = [one.fingerprint for one in report.signatures if one.fingerprint]
    return bool(prints) and Document.objects.filter(signed_with__in=prints).exists()


def _owned(documents: QuerySet[Document]) -> _Found | None:
    """The first that belongs to something the public may ask about."""
    ready = documents.filter(status=Document.Status.READY)
    keys = {document.pk: document for document in ready[:20]}
    if not keys:
        return None
    for rows, column, words, whose in _OWNERS:
        row = rows.filter(**{f"{column}__in": keys}).values_list(column, whose).first()
        if row:
            return _Found(keys[row[0]], words, row[1])
    return None


def _shown(report: Report, found: _Found | None, outcome: str) -> Iterator[Shown]:
    with_ours = found.document.signed_with if found else ""
    for one in report.signatures:
        one = _vouched(one, found) if outcome in {SAME, SIGNED} else one
        own = bool(with_ours) and one.fingerprint == with_ours
        yield Shown(
            one.organisation or NO_ORGANISATION, one.moment, one.timestamped,
            one.state, one.reason, own,
        )  # fmt: skip


def _vouched(one: Signature, found: _Found | None) -> Signature:
    """The portal's own signature on its own bytes: that it was made before its
    certificate expired, the portal's row says."""
    document = found.document if found else None
    if document is None or one.code != "expired" or not document.signed_at:
        return one
    if one.fingerprint != document.signed_with:
        return one
    if document.signed_at > datetime.fromisoformat(one.expired_since):
        return one
    ended = timezone.localtime(datetime.fromisoformat(one.expired_since))
    return replace(
        one, state=reading.VALID,
        reason=f"证书已于{ended.year}年{ended.month}月{ended.day}日到期；平台的记录说明是到期前签的。",
    )  # fmt: skip
