"""One result as the association reads it: opinions, stamps, files, revisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from qcportal.accounts.actors import Actor
from qcportal.accounts.contacts import shown
from qcportal.accounts.roles import Role
from qcportal.documents.models import Document
from submissions import papers, shows
from submissions.models import (
    FrozenAttachment,
    Revision,
    ScoreSheet,
    Stamp,
    Submission,
    Tier,
)
from submissions.rules import may_see_mobile


@dataclass(frozen=True)
class Row:
    """One line of the list of results."""

    submission: Submission
    chip: tuple[str, str]
    tag: tuple[str, str]
    holder: str
    since: str


def rows(submissions: list[Submission], at: datetime) -> list[Row]:
    """Lines of rows that came ``with_people()`` and their campaign's windows."""
    found = []
    for submission in submissions:
        holder = shows.holder(submission, at, Role.ASSOCIATION)
        chip = shows.chip(submission, Role.ASSOCIATION, at)
        tag = shows.topic_tag(submission)
        found.append(Row(submission, chip, tag, holder.who, holder.since))
    return found


def documents_of(submission: Submission) -> QuerySet[Document]:
    """Every file the association may open with this result: filed forms, frozen
    attachments, opinion papers, scans. A draft's loose uploads are not among them."""
    revisions = Revision.objects.filter(submission=submission)
    frozen = FrozenAttachment.objects.filter(revision__submission=submission)
    sheets = ScoreSheet.objects.filter(revision__submission=submission)
    stamps = Stamp.objects.filter(sheet__revision__submission=submission)
    return Document.objects.filter(
        Q(pk__in=revisions.values("document"))
        | Q(pk__in=frozen.values("document"))
        | Q(pk__in=sheets.values("paper"))
        | Q(pk__in=stamps.values("scan"))
        | Q(pk__in=stamps.values("paper"))
    )


@dataclass(frozen=True)
class Opinion:
    """One tier's marks, opinion and stamps on the revision that counts."""

    label: str
    sheet: ScoreSheet
    marks: list[dict[str, Any]]
    live: Stamp | None
    voided: list[Stamp]


def opinions(submission: Submission) -> list[Opinion]:
    """The unit's opinion, then the recommending body's; only those begun."""
    stamps = Stamp.objects.select_related("act", "scan", "paper")
    sheets = (
        ScoreSheet.objects.filter(revision=submission.revision)
        .select_related("rubric", "organisation", "paper")
        .prefetch_related("rubric__criteria", Prefetch("stamps", queryset=stamps))
    )
    by_tier = {sheet.tier: sheet for sheet in sheets}
    return [_opinion(by_tier[tier]) for tier in Tier.values if tier in by_tier]


def _opinion(sheet: ScoreSheet) -> Opinion:
    stamps = list(sheet.stamps.all())
    live = next((stamp for stamp in stamps if stamp.voided_at is None), None)
    marks = [
        {"name": c.name, "points": c.points, "mark": sheet.marks.get(c.code) or "—"}
        for c in sheet.rubric.criteria_list
    ]
    voided = [stamp for stamp in stamps if stamp.voided_at is not None]
    label = "单位自我评价和意见" if sheet.tier == Tier.UNIT else "推荐单位评审和意见"
    return Opinion(label, sheet, marks, live, voided)


@dataclass(frozen=True)
class FrozenPaper:
    label: str
    document: Document


def frozen_papers(revision: Revision) -> list[FrozenPaper]:
    """The filed form as PDF, then every attachment under its slot's name."""
    form = revision.form.form
    found = [FrozenPaper("申报表", revision.document)]
    for frozen in revision.attachments.select_related("document"):
        slot = form.slot(frozen.slot)
        label = slot.label if slot else frozen.slot
        found.append(FrozenPaper(label, frozen.document))
    return found


def revisions(submission: Submission) -> list[FrozenPaper]:
    """The form as PDF for every time it was filed, newest first."""
    found = submission.revisions.select_related("document")
    return [FrozenPaper(f"第 {r.number} 版", r.document) for r in found]


def frozen_form(submission: Submission, actor: Actor) -> dict[str, Any] | None:
    """What was filed last, as rows of cells, with the numbers the actor may read; None
    while nothing was filed."""
    revision = submission.revision
    if revision is None:
        return None
    return papers.form_facts(
        revision.form.form, shown(revision.content, may_see_mobile(submission, actor)),
        recommender=revision.recommender_name, year=submission.campaign.year,
        tier="association",
    )  # fmt: skip
