"""What the stamping pages show: viewer tabs, the place of the stamp, quotas, rows.

A face module: reads rules and rows, writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Count, OuterRef, Q, Subquery
from django.urls import reverse

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import Role
from qcportal.campaigns import quotas
from qcportal.campaigns.access import recommenders_for
from qcportal.campaigns.models import Campaign
from qcportal.campaigns.scoring import plain
from qcportal.documents import reading
from qcportal.documents.models import Document
from qcportal.refusals import Refusal
from qcportal.seals.matching import Match
from qcportal.seals.rules import scan_faults
from qcportal.signatures.models import SignedCopy
from submissions import places, rules
from submissions.lifecycle import STAMPABLE, Reach, State
from submissions.models import Revision, ScoreSheet, Submission, Tier

SHOWN_PAGES = 60  # pictures of a long report; the rest is one download away
RETURNED = frozenset({State.RETURNED, State.AMENDMENT_ASKED})
TABS = {
    "": ("待出意见", Q(state__in=STAMPABLE)),
    "stamped": (
        "已盖章",
        ~Q(state__in=STAMPABLE | RETURNED | {State.DRAFT, State.WITHDRAWN})
        & Q(category__needs_unit_stamp=True),
    ),
    "returned": ("已退回", Q(state__in=RETURNED)),
    "all": ("全部", Q()),
}


@dataclass(frozen=True)
class ViewerTab:
    """One paper in the viewer; see docs/components.md."""

    id: str
    label: str
    meta: str = ""
    current: bool = False
    images: Sequence[str] = ()
    url: str = ""
    note: str = ""
    download_url: str = ""


def viewer_tabs(submission: Submission) -> list[ViewerTab]:
    """The frozen form and every paper filed with it, in the order of the form."""
    revision = submission.revision
    if revision is None:
        return []
    form_url = reverse("submissions:form_paper", args=[submission.code])
    tabs = [_tab(submission, "form", "申报表", revision.document, form_url, True)]
    slots = {slot.code: slot.label for slot in revision.form.form.papers}
    frozen = revision.attachments.select_related("document__reading")
    order = list(slots)
    rows = sorted(frozen, key=lambda f: order.index(f.slot) if f.slot in slots else 99)
    for number, row in enumerate(rows, start=1):
        key = row.document.key
        url = reverse("submissions:file_download", args=[submission.code, key])
        label = slots.get(row.slot, row.slot)
        same = sum(other.slot == row.slot for other in rows[:number])
        label = f"{label} {same}" if same > 1 else label
        tabs.append(_tab(submission, f"paper{number}", label, row.document, url))
    return [*tabs, *activity_tabs(submission)]


def not_current(tab: ViewerTab) -> ViewerTab:
    """The same tab behind another one."""
    return replace(tab, current=False)


def activity_tabs(submission: Submission) -> list[ViewerTab]:
    """活动记录（平台）, where the revision carries any."""
    if submission.revision is None or not submission.revision.activity:
        return []
    count = len(submission.revision.activity["records"])
    url = reverse("submissions:activity", args=[submission.code])
    return [ViewerTab("activity", "活动记录（平台）", f"{count}条", url=url)]


def _tab(
    submission: Submission,
    name: str,
    label: str,
    document: Document,
    url: str,
    current: bool = False,
) -> ViewerTab:
    shown = reading.shown(document)
    pages = (shown.pages or 1) if shown else 0
    images = [
        reverse("submissions:page_image", args=[submission.code, document.key, number])
        for number in range(1, min(pages, SHOWN_PAGES) + 1)
    ]
    return ViewerTab(
        id=name,
        label=label,
        meta=f"{document.pages}页" if document.pages else document.extension.upper(),
        current=current,
        images=images,
        note=reading.why_not_shown(document),
        download_url=url if document.is_ready else "",
    )


@dataclass(frozen=True)
class StampPlace:
    """Everything ``_sheet_stamp.html`` draws."""

    number: int
    sheet: ScoreSheet | None
    evidence: str
    print_url: str
    scan_url: str
    paper_url: str
    paper_view_url: str
    paper_status_url: str
    paper_retry_url: str
    scan: Document | None = None
    scan_pages: Sequence[str] = ()
    outdated: bool = False
    picture_refusals: Sequence[Refusal] = ()
    scan_errors: Sequence[str] = ()
    signed_url: str = ""
    signed: SignedCopy | None = None
    form_id: str = "sheet-form"


def scan_words(match: Match, kept: str) -> str:
    """What is said of a scan just taken in; ``kept``: the sentence of a sound one."""
    if match.unread:
        return (
            f"已收到，但有 {match.unread} 张没读到页脚的二维码。请拍正、拍清楚页脚再传一次；"
            "确实拍不清的，写明原因请人工核对。"
        )
    words = f"二维码核对相符，共 {match.pages} 页。" if match.pages else ""
    for page in match.doubled:
        words += f"第 {page} 页传了不止一张，留了先传的一张。"
    return words + kept


def paper_urls(submission: Submission, tier: str) -> dict[str, str]:
    """Addresses of a tier's printed sheet, ready to be spread into StampPlace."""
    args = [submission.code, tier]
    paper = reverse("submissions:opinion_paper", args=args)
    return {
        "paper_url": paper,
        "paper_view_url": f"{paper}?view=1",
        "paper_status_url": reverse("submissions:opinion_status", args=args),
        "paper_retry_url": reverse("submissions:opinion_retry", args=args),
    }


def page_urls(name: str, code: str, document: Document | None) -> list[str]:
    """Picture addresses (URL ``name`` with code and number) of every page shown."""
    if document is None or not document.is_ready:
        return []
    pages = min(document.pages or 1, SHOWN_PAGES)
    return [reverse(name, args=[code, number]) for number in range(1, pages + 1)]


# --- the unit's desk ----------------------------------------------------------------


@dataclass
class Contest:
    """The unit's places of one type in one recommending body, and who wants them."""

    recommender: Organisation
    label: str
    topic_type: str
    places: int
    taken: list[Submission] = field(default_factory=list)
    wanting: list[Submission] = field(default_factory=list)

    @property
    def full(self) -> bool:
        return len(self.taken) >= self.places

    @property
    def contested(self) -> bool:
        """More want it than can have it: the unit has to choose."""
        both = len(self.taken) + len(self.wanting)
        return bool(self.wanting) and both > self.places

    @property
    def left(self) -> int:
        return max(0, self.places - len(self.taken))

    @property
    def over(self) -> int:
        """How many stamped ones cannot all be recommended."""
        return max(0, len(self.taken) - self.places)

    @property
    def compare_url(self) -> str:
        if self.full or len(self.wanting) < 2:
            return ""
        a, b = self.wanting[:2]
        return f"{reverse('submissions:compare')}?a={a.code}&b={b.code}"


def contests(campaign: Campaign | None, actor: Actor) -> list[Contest]:
    """Places of the unit in one campaign; one query set for each recommending body."""
    if campaign is None:
        return []
    own = (
        Submission.objects.visible_to(actor)
        .filter(campaign=campaign, state__in=places.PLACED | places.PENDING | STAMPABLE)
        .select_related("recommender")
        .order_by("state_since")
    )
    rows = [s for s in own if s.recommender]
    bodies = {s.recommender_id: s.recommender for s in rows}
    if not bodies:
        known = recommenders_for(campaign, actor.organisation)
        bodies = {body.pk: body for body in known}
    found = []
    for body in bodies.values():
        tally = places.Tally(campaign, body)
        order = list(tally.labels)
        meters = tally.of_unit(actor.organisation.pk)
        for meter in sorted(meters, key=lambda m: _place_in(order, m.rule.topic_type)):
            here = [
                s
                for s in rows
                if s.recommender_id == body.pk
                and quotas.covers(meter.rule, s.category_id, s.topic_type)
            ]
            # An amended one comes back to the unit and keeps the place it has.
            wanting = [s for s in here if s.state_enum == State.FILED]
            taken = [s for s in here if s.state_enum != State.FILED]
            found.append(
                Contest(
                    body,
                    meter.label,
                    meter.rule.topic_type,
                    meter.places,
                    taken,
                    wanting,
                )
            )
    return found


def _place_in(order: list[str], topic_type: str) -> int:
    return order.index(topic_type) if topic_type in order else len(order)


def tab_counts(actor: Actor) -> list[dict[str, Any]]:
    """The desk's tabs with their numbers, in one query."""
    counts = Submission.objects.visible_to(actor).aggregate(
        **{
            name or "todo": Count("pk", filter=where)
            for name, (_, where) in TABS.items()
        }
    )
    return [
        {"name": name, "label": label, "count": counts[name or "todo"]}
        for name, (label, _) in TABS.items()
    ]


def with_own_sheet(found: Any) -> Any:
    """Rows with ``own_total``, ``own_complete``, ``own_paper`` of the unit's sheet."""
    sheet = ScoreSheet.objects.filter(revision=OuterRef("revision_id"), tier=Tier.UNIT)
    return found.annotate(
        own_total=Subquery(sheet.values("total")[:1]),
        own_complete=Subquery(sheet.values("complete")[:1]),
        own_paper=Subquery(sheet.values("paper_id")[:1]),
    )


@dataclass(frozen=True)
class Row:
    """One line of the desk."""

    submission: Submission
    contact: str
    note: str
    note_tone: str
    warning: str
    action: str
    primary: bool


def desk_row(submission: Submission, found: Iterable[Contest]) -> Row:
    """``submission`` comes from ``with_own_sheet`` and ``with_people``."""
    contest = next((c for c in found if submission in c.wanting), None)
    note, tone = score_note(submission)
    warning, action, primary = "", "看材料", False
    if submission.stampable:
        action = "继续" if submission.own_complete is not None else "出具意见"
        primary = contest is None or not contest.full
        if contest and contest.full:
            note, tone, action = f"{contest.label}名额已用完", "t-bad", "看材料"
        elif contest and contest.contested:
            warning = f"与另 {len(contest.wanting) - 1} 项争 {contest.places} 个名额"
    contact = contact_of(submission.revision) if submission.revision else ""
    return Row(submission, contact, note, tone, warning, action, primary)


def score_note(submission: Submission) -> tuple[str, str]:
    """(words, class) on how far the unit's own sheet is."""
    if not submission.category.needs_unit_stamp:
        return "不用单位盖章", "t-soft"
    if submission.own_complete is None:
        return "还没有自评", "t-soft"
    if not submission.own_complete:
        return "自评没有打完", "t-wait"
    ending = "，待盖章" if submission.stampable else ""
    return f"自评 {plain(submission.own_total)} 分{ending}", "t-ok"


def contact_of(revision: Revision) -> str:
    """The contact's name as filed."""
    return revision.form.form.value(revision.content, "contact", "unit")


def groups_of(unit: Organisation, campaign: Campaign | None) -> Any:
    """The unit's groups with ``drafts`` and ``filed``; of drafts only how many."""
    here = Q(submissions__campaign=campaign)
    return (
        Organisation.objects.in_use()
        .filter(parent=unit, tier=Role.GROUP)
        .annotate(
            drafts=Count(
                "submissions", here & Q(submissions__state=State.DRAFT), distinct=True
            ),
            filed=Count(
                "submissions",
                here
                & Q(submissions__reach__gte=Reach.UNIT)
                & ~Q(submissions__state__in=[State.DRAFT, State.WITHDRAWN]),
                distinct=True,
            ),
        )
    )


# --- the detail ---------------------------------------------------------------------


def missing(
    sheet: ScoreSheet | None, scan: Document | None, limit: int, *, by_picture: bool
) -> str:
    """What the red button still waits for, in one short sentence; empty when ready.
    ``by_picture``: the person may use the kept picture instead of a scan."""
    faults = list(rules.sheet_faults(sheet, limit))
    if faults:
        return "还差：" + _short(faults)
    if sheet.paper is None:
        return "还差：生成并打印意见表"
    if scan and list(scan_faults(scan, sheet.check_code)):
        return "还差：盖章页的二维码没读到，再传一次，或写明原因请人工核对"
    if scan:
        return ""
    return "还差：上传盖章页" + ("，或选用印章图样" if by_picture else "")


def _short(faults: list[Refusal]) -> str:
    unmarked = sum(f.code == "mark_missing" for f in faults)
    words = [f"{unmarked} 项没打分"] if unmarked else []
    if any(f.code == "sheet_missing" for f in faults):
        words.append("逐项打分")
    if any(f.code.startswith("opinion") for f in faults):
        words.append("推荐意见")
    return "、".join(words) or "评分有要改的"


COMPARED = (
    "unit_name", "group_name", "topic_type", "contact", "measure", "before", "target",
    "after", "summary",
)  # fmt: skip


def compared(submissions: Sequence[Submission]) -> list[tuple[str, list[str]]]:
    """(label, one text for each submission), by what the fields mean."""
    form = submissions[0].revision.form.form
    found = []
    for means in COMPARED:
        item = form.meaning(means)
        if item is None:
            continue
        texts = []
        for submission in submissions:
            own = submission.revision.form.form
            text = own.value(submission.revision.content, means, "unit")
            chosen = own.meaning(means)
            texts.append(chosen.said(text) if chosen else text)
        found.append((item.label, texts))
    return found


def outcome(submission: Submission) -> tuple[str, str]:
    """(tone, sentence) over a sheet that is not the unit's to change now."""
    if not submission.category.needs_unit_stamp:
        return "info", "本类别不用单位盖章，成果由班组直接提交，这里只供查看。"
    match submission.state_enum:
        case State.DRAFT | State.WITHDRAWN:
            return "warn", "班组已经收回这项成果，现在不能评分和盖章。"
        case state if state in RETURNED:
            return "info", "已经退回班组修改。改好重新提交后，会回到“待出意见”。"
    return "ok", "本单位已盖章提交，下面的内容不能再改。"


def place_words(submission: Submission) -> str:
    """Which place the stamp will ask for: 问题解决型（本单位第 1 个，共 1 个名额）."""
    if not submission.category.needs_recommender:
        return "本类别不经推荐单位，不占名额"
    if submission.recommender is None:
        return "直接申报，不占推荐单位名额"
    tally = places.Tally(submission.campaign, submission.recommender)
    for meter in tally.of_unit(submission.unit_id):
        if quotas.covers(meter.rule, submission.category_id, submission.topic_type):
            taken = meter.used + meter.pending
            mine = 0 if submission.state_enum == State.AMENDED else 1
            return f"本单位{meter.label}第 {taken + mine} 项，共 {meter.places} 个名额"
    return "不限名额"
