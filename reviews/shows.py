"""How the association's, the judges' and the public's pages show what they show.

Words, chips and tabs; no act. What a judge may read of a result is decided here, in
``blind_facts`` and ``neutral_title``: nothing that names group, unit or people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse

from qcportal.accounts import mobiles
from qcportal.campaigns import scoring
from qcportal.campaigns.fields import KINDS
from qcportal.documents import reading
from qcportal.documents.models import Document
from reviews.models import Assignment, Certificate, PublicationEntry
from submissions import rules as submission_rules
from submissions.lifecycle import State
from submissions.models import FrozenAttachment, Revision, ScoreSheet, Submission, Tier

# A figure, a day or a ticked box names nobody; texts do.
TELLING_KINDS = frozenset(KINDS) - {
    "choice", "select", "checks", "number", "decimal", "year", "date",
}  # fmt: skip
HIDDEN = "〔略〕"
MOST_PAGES = 200
LEADING_NUMBER = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*(.*)", re.DOTALL)


# --- papers to read beside a form -----------------------------------------------------


@dataclass(frozen=True)
class PaperTab:
    """One paper of a viewer: the file, what it is, how it is called when downloaded."""

    label: str
    document: Document
    filename: str


def check_papers(submission: Submission) -> list[PaperTab]:
    """Everything the formal check looks at: form, attachments, opinions, stamped pages."""
    revision = submission.revision
    tabs = [PaperTab("申报表", revision.document, revision.document.title)]
    tabs += attachment_tabs(revision)
    for tier, label in ((Tier.UNIT, "单位意见"), (Tier.RECOMMENDER, "推荐单位意见")):
        tabs += _opinion_tabs(submission_rules.sheet_of(submission, tier), label)
    return tabs


def attachment_tabs(revision: Revision) -> list[PaperTab]:
    """The frozen attachments in the order of the form's list of papers."""
    form = revision.form.form
    order = {slot.code: index for index, slot in enumerate(form.papers)}
    rows = list(revision.attachments.select_related("document__reading"))
    rows.sort(key=lambda row: (order.get(row.slot, len(order)), row.pk))
    return [
        PaperTab(title, row.document, row.document.title)
        for row, title in zip(rows, _titles(rows, form), strict=True)
    ]


def _titles(rows: Sequence[FrozenAttachment], form: Any) -> Iterator[str]:
    """成果报告, 活动记录 1, 活动记录 2: numbered where a slot holds several."""
    seen: dict[str, int] = {}
    for row in rows:
        slot = form.slot(row.slot)
        label = slot.label if slot else "材料"
        seen[row.slot] = seen.get(row.slot, 0) + 1
        several = sum(one.slot == row.slot for one in rows) > 1
        yield f"{label} {seen[row.slot]}" if several else label


def _opinion_tabs(sheet: ScoreSheet | None, label: str) -> list[PaperTab]:
    if sheet is None:
        return []
    stamp = submission_rules.live_stamp(sheet)
    shown = (stamp.paper or stamp.scan) if stamp else sheet.paper
    return [PaperTab(label, shown, shown.title)] if shown else []


def viewer_tabs(
    tabs: Sequence[PaperTab], file_url: str, page_url: str, of: str
) -> list[dict[str, Any]]:
    """Tabs for ``{% viewer %}``: page pictures where there are any, else a download.
    ``file_url`` and ``page_url`` are URL names taking ``of``, the document's key and,
    for pages, the number."""
    return [
        {
            "id": f"paper-{index}",
            "label": tab.label,
            "meta": f"{tab.document.pages}页" if tab.document.pages else "",
            "current": index == 1,
            "images": [
                reverse(page_url, args=[of, tab.document.key, number])
                for number in range(1, _pages(tab.document) + 1)
            ],
            "note": _unseen(tab.document),
            "download_url": reverse(file_url, args=[of, tab.document.key])
            if tab.document.is_ready
            else "",
        }
        for index, tab in enumerate(tabs, 1)
    ]  # fmt: skip


def _pages(document: Document) -> int:
    shown = reading.shown(document)
    if shown is None:
        return 0
    return 1 if shown.is_image else min(shown.pages or 0, MOST_PAGES)


def _unseen(document: Document) -> str:
    if document.is_waiting:
        return "正在生成，一般几秒钟，请刷新页面"
    if document.extension in reading.KINDS:
        return reading.why_not_shown(document)
    kinds = {"docx": "Word 文件", "doc": "Word 文件", "mp4": "视频", "zip": "压缩包"}
    return f"这是 {kinds.get(document.extension, document.extension.upper() + ' 文件')}，请下载后打开"


# --- judging --------------------------------------------------------------------------


def identities(revision: Revision) -> list[str]:
    """The texts of the content that would tell a judge whose result it is."""
    form, found = revision.form.form, set()
    for item in form.by_code.values():
        if item.seen("judge") or item.means == "title":
            continue
        if item.kind not in TELLING_KINDS:
            continue
        value = revision.content.get(item.code)
        if isinstance(value, str):
            found.add(value)
        # Of a row (a member) only the name, else the first column; posts and parts are
        # words that a text may well use.
        for row in value if isinstance(value, list) else []:
            named = item.column("name") or item.columns[0]
            found.add(str(row.get(named.code, "")))
    submission = revision.submission
    organisations = [submission.unit, submission.group, submission.recommender]
    for organisation in filter(None, organisations):
        found |= {organisation.name, organisation.short_name}
    found |= {revision.recommender_name, revision.filed_by_name}
    named = {text.strip() for text in found}
    return sorted((text for text in named if len(text) >= 2), key=len, reverse=True)


def blind(text: str, hidden: Sequence[str]) -> str:
    """``text`` with every one of ``hidden`` taken out, and numbers masked."""
    for name in hidden:
        text = text.replace(name, HIDDEN)
    return mobiles.mask_within(text)


def blind_title(assignment: Assignment) -> str:
    return blind(assignment.submission.title, identities(assignment.revision))


@dataclass(frozen=True)
class BlindRecord:
    """An activity record without people: when, which step, how many, what."""

    held_on: str
    step: str
    hours: str
    present: int
    expected: int
    entered_at: str
    days_late: int
    paragraphs: list[str]


def blind_records(assignment: Assignment) -> list[BlindRecord]:
    """活动记录（平台） of the judged revision: no names, places, photos or codes; what
    tells whose it is is taken out of the text, members at each activity included."""
    kept = assignment.revision.activity.get("records", [])
    people = {n for one in kept for n in [*one["attendees"], one["entered_by"]]}
    hidden = [*identities(assignment.revision), *(n for n in people if len(n) >= 2)]
    hidden.sort(key=len, reverse=True)
    return [
        BlindRecord(
            one["held_on"], one["step"], one["hours"], len(one["attendees"]),
            one["expected"], one["entered_at"], one["days_late"],
            [p for p in blind(one["content"], hidden).splitlines() if p.strip()],
        )
        for one in kept
    ]  # fmt: skip


def blind_facts(assignment: Assignment) -> list[tuple[str, list[str]]]:
    """(label, paragraphs) of the form's fields that say what was done, not by whom."""
    revision = assignment.revision
    hidden = identities(revision)
    facts = []
    for item in revision.form.form.by_code.values():
        value = revision.content.get(item.code)
        if not item.seen("judge"):
            continue
        if isinstance(value, str) and value.strip():
            shown = item.said(value) if item.choices else blind(value, hidden)
            facts.append((item.label, [p for p in shown.splitlines() if p.strip()]))
    return facts


def judged_papers(assignment: Assignment) -> list[PaperTab]:
    """The frozen attachments under neutral names: 成果报告.pdf, whatever they were."""
    return [
        PaperTab(tab.label, tab.document, f"{tab.label}.{tab.document.extension}")
        for tab in attachment_tabs(assignment.revision)
    ]


def sheet_chip(assignment: Assignment) -> tuple[str, str]:
    """The judge's own sheet as a chip."""
    if assignment.recused_at:
        return "end", "已回避"
    if assignment.submitted_at:
        return "ok", "已交"
    if assignment.submission.state != State.JUDGING:
        return "end", "评审已结束"
    return ("run", "评了一半") if assignment.version else ("mine", "待评")


@dataclass(frozen=True)
class Mark:
    """One stepper of the sheet, as typed."""

    name: str
    label: str
    most: int | float
    value: str
    hint: str
    error: str


def marks_of(
    assignment: Assignment, typed: dict[str, str], faults: dict[str, str]
) -> list[Mark]:
    return [
        Mark(
            f"mark-{c.code}", c.name, scoring.number(c.points),
            typed.get(c.code, ""), c.hint, faults.get(c.code, ""),
        )
        for c in assignment.rubric.criteria_list
    ]  # fmt: skip


# --- checks ---------------------------------------------------------------------------


def queue_tag(submission: Submission) -> str:
    """What is special about a result in the queue."""
    if getattr(submission, "amended", False):
        return "补正回来"
    if not submission.category.needs_recommender:
        return "不经推荐单位"
    return "直接申报" if submission.recommender_id is None else ""


def composed_comment(
    items: Sequence[Any], answers: dict[int, tuple[bool, str]], comment: str
) -> str:
    """What the group will read: the unfit items with their notes, then the comment."""
    lines = [
        f"{item.text}：{answers[item.pk][1].strip() or '不符'}"
        for item in items
        if item.pk in answers and not answers[item.pk][0]
    ]
    return "\n".join([*lines, comment.strip()]).strip()


# --- public ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A published entry with its figures, where they read as numbers."""

    entry: PublicationEntry
    year: int
    measure: str
    before: float | None
    after: float | None
    before_text: str
    after_text: str


def case(entry: PublicationEntry, year: int) -> Case:
    told = {k: str(v or "").strip() for k, v in (entry.measure or {}).items()}
    before, after = _number(told.get("before", "")), _number(told.get("after", ""))
    known = before is not None and after is not None
    return Case(
        entry, year, told.get("measure", ""), before if known else None,
        after if known else None, told.get("before", ""), told.get("after", ""),
    )  # fmt: skip


def _number(text: str) -> float | None:
    found = LEADING_NUMBER.match(text)
    return float(found.group(1)) if found else None


@dataclass(frozen=True)
class Event:
    what: str
    at: datetime
    who: str
    tone: str = ""


def certificate_events(found: Certificate, stamps: Sequence[Any]) -> list[Event]:
    """颁发, 推荐单位盖章, 单位盖章: organisations and times, no people."""
    labels = {Tier.UNIT: "单位意见盖章", Tier.RECOMMENDER: "推荐意见盖章"}
    events = [Event("颁发证书", found.issued_at, found.facts["issuer"])]
    events += [
        Event(
            labels[Tier(stamp.sheet.tier)], stamp.at,
            f"{stamp.act.organisation_name} · {stamp.act.get_evidence_display()}",
        )
        for stamp in stamps
    ]  # fmt: skip
    if found.revoked_at:
        events.insert(0, Event("撤销证书", found.revoked_at, found.facts["issuer"], "bad"))  # fmt: skip
    return events


def documents_of(revision: Revision) -> Q:
    """The files that belong to a revision: form, attachments, opinions, stamps."""
    sheets = ScoreSheet.objects.filter(revision=revision)
    return (
        Q(pk=revision.document_id)
        | Q(pk__in=revision.attachments.values("document"))
        | Q(pk__in=sheets.values("paper"))
        | Q(pk__in=sheets.values("stamps__scan"))
        | Q(pk__in=sheets.values("stamps__paper"))
    )
