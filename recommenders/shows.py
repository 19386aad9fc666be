"""What the recommending body's pages show: rows, meters, readiness, steps. No act.

The desk asks each question once for the whole page, so a page of 25 rows costs as many
queries as a page of one; the answers are those of the rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.urls import reverse

from qcportal.accounts.actors import Actor
from qcportal.accounts.roles import Role
from qcportal.campaigns.models import Campaign, Category
from qcportal.campaigns.rules import Whose, why_closed
from qcportal.campaigns.stages import Stage
from qcportal.refusals import Refusal
from recommenders import papers, rules
from recommenders.models import Dossier, Paper
from recommenders.proposals import Proposal
from submissions import places
from submissions import rules as submission_rules
from submissions import shows as submission_shows
from submissions.lifecycle import MOVES, PLACED, MoveName, State
from submissions.models import ScoreSheet, Submission, Tier

MAKING_ORDER = (
    Paper.Kind.REVIEW, Paper.Kind.SUMMARY, Paper.Kind.SUMMARY_PDF, Paper.Kind.TABLE,
)  # fmt: skip
# What the buttons call each paper: four buttons of one page must not share a name.
CALLED = {
    Paper.Kind.REVIEW: "评审汇总表",
    Paper.Kind.SUMMARY: "推荐汇总表 Excel",
    Paper.Kind.SUMMARY_PDF: "推荐汇总表 PDF",
    Paper.Kind.TABLE: "推荐表",
}
UNITS_SHOWN = 30  # in the side panel; those with the most waiting come first
ORDERS = {
    "rank": [
        "category__order", "category_id",
        F("rank").asc(nulls_last=True), F("panel_score").desc(nulls_last=True),
    ],
    "unit": ["unit__name", F("rank").asc(nulls_last=True)],
    "-score": [F("panel_score").desc(nulls_last=True)],
}  # fmt: skip
RANKED = frozenset({State.STAMPED, State.RECOMMENDED, State.RESERVED})
AFTERWARDS = {
    State.RETURNED: "等班组修改",
    State.FILED: "等单位重新盖章",
    State.NOT_RECOMMENDED: "本届没有推荐",
    State.AMENDMENT_ASKED: "等班组补正",
    State.AMENDED: "等单位重新盖章",
    State.WITHDRAWN: "班组已撤回",
}


# --- the desk ---------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One line of the bench."""

    submission: Submission
    rank: int | None
    rankable: bool
    own_score: Decimal | None
    panel_score: Decimal | None
    chip: tuple[str, str]
    url: str
    offers: Sequence[submission_rules.Offer] = ()
    to_score: bool = False
    may_return: bool = False
    unstamped: bool = False
    afterwards: str = ""


@dataclass(frozen=True)
class Questions:
    """What is the same for every row of a page, asked once. ``closed`` is for the whole
    desk, ``closed_in`` by category; ``first_in_reserve`` the code that moves up next."""

    dossier: Dossier
    actor: Actor
    tally: places.Tally
    closed: Sequence[Refusal]
    closed_in: Mapping[int, Sequence[Refusal]] = field(default_factory=dict)
    reserve: Sequence[Submission] = ()
    sheets: Mapping[int, ScoreSheet] = field(default_factory=dict)
    looks: Mapping[int, Sequence[Refusal]] = field(default_factory=dict)
    later: frozenset[str] = frozenset()  # 受理编号 with a later closing of their own

    def closed_for(self, submission: Submission) -> list[Refusal]:
        closed = self.closed_in.get(submission.category_id, self.closed)
        own = submission.code in self.later
        return [r for r in closed if not (own and r.code == "window_closed")]


def questions(
    dossier: Dossier, actor: Actor, at: datetime, tally: places.Tally
) -> Questions:
    """The windows and the right to recommend, the same for every row; results with a
    later closing of their own are told apart."""
    campaign = dossier.campaign
    lost = list(rules.why_not_in_standing(dossier.recommender, at, campaign))
    closed_in = {
        category.pk: [
            *why_closed(
                campaign, Stage.RECOMMENDING, at,
                Whose(category, (dossier.recommender_id,)),
            ),
            *lost,
        ]
        for category in campaign.categories_in_order
    }  # fmt: skip
    later = frozenset(
        e.record
        for e in campaign.standing_extensions
        if e.stage == Stage.RECOMMENDING and e.record and at < e.closes_at
    )
    closed = [*rules.why_desk_closed(dossier, at), *lost]
    reserve = reserve_list(dossier) if any(r.reserve for r in tally.rules) else []
    return Questions(
        dossier, actor, tally, closed, closed_in, reserve=reserve, later=later
    )


def reserve_list(dossier: Dossier) -> list[Submission]:
    """Who stands in reserve, by category and rank."""
    found = Submission.objects.filter(
        campaign=dossier.campaign_id, recommender=dossier.recommender_id,
        state=State.RESERVED,
    ).select_related("category", "unit")  # fmt: skip
    return list(found.order_by("category__order", "candidate__rank", "code"))


def rows(found: Iterable[Submission], asked: Questions) -> list[Row]:
    """The page's submissions (from ``models.bench``) as lines, with their moves."""
    found = list(found)
    sheets = ScoreSheet.objects.filter(
        revision__in=[s.revision_id for s in found], tier=Tier.RECOMMENDER
    )
    by_revision = {
        sheet.revision_id: sheet
        for sheet in sheets.select_related("rubric").prefetch_related(
            "rubric__criteria"
        )
    }
    looks = submission_rules.unit_look_faults(
        [s.revision_id for s in found], asked.actor.organisation.pk
    )
    asked = replace(asked, sheets=by_revision, looks=looks)
    return [_row(submission, asked) for submission in found]


def _row(submission: Submission, asked: Questions) -> Row:
    submission.campaign = asked.dossier.campaign
    state, closed = submission.state_enum, asked.closed_for(submission)
    url = reverse("recommenders:submission", args=[submission.code])
    row = Row(
        submission,
        submission.rank,
        state in RANKED and not closed,
        submission.own_score,
        submission.panel_score,
        submission_shows.chip(submission, Role.RECOMMENDER),
        url,
    )
    if state not in RANKED:
        return replace(row, afterwards=AFTERWARDS.get(state, "已提交秘书处"))
    if closed:
        return row
    if state == State.RECOMMENDED:
        return replace(
            row,
            offers=[_offer(MoveName.TAKE_BACK, submission, [])],
            unstamped=not submission.opinion_stamped,
        )
    if state == State.RESERVED:
        return replace(row, offers=_reserve_offers(submission, asked))
    return _stamped_row(row, submission, asked)


def _reserve_offers(
    submission: Submission, asked: Questions
) -> list[submission_rules.Offer]:
    """递补 for the first that could have a place, 移出候补 for each."""
    body = asked.dossier.recommender
    looks = asked.looks.get(submission.revision_id, ())
    full = [*looks, *rules.place_refusals(submission, body, asked.tally)]
    for other in asked.reserve:
        if other.pk == submission.pk:
            break
        if other.category_id == submission.category_id and not list(
            rules.only_refusals(rules.place_refusals(other, body, asked.tally))
        ):
            full.append(rules.behind_in_reserve(other))
            break
    return [
        _offer(MoveName.MOVE_UP, submission, full),
        _offer(MoveName.UNRESERVE, submission, []),
    ]


def _stamped_row(row: Row, submission: Submission, asked: Questions) -> Row:
    sheet = asked.sheets.get(submission.revision_id)
    limit = asked.dossier.campaign.opinion_limit
    if list(submission_rules.sheet_faults(sheet, limit)):
        return replace(row, to_score=True, may_return=True)
    body = asked.dossier.recommender
    looks = asked.looks.get(submission.revision_id, ())
    full = [*looks, *rules.place_refusals(submission, body, asked.tally)]
    offers = [_offer(MoveName.RECOMMEND, submission, full)]
    if not list(rules.reserve_refusals(submission, body, asked.tally)):
        offers.append(_offer(MoveName.RESERVE, submission, looks))
    return replace(row, offers=offers, may_return=True)


def _offer(
    name: MoveName, submission: Submission, refusals: Iterable[Refusal]
) -> submission_rules.Offer:
    made = submission_rules.offer(name, list(refusals))
    quiet = name in {MoveName.TAKE_BACK, MoveName.UNRESERVE}
    kind = "text" if quiet else made.kind
    url = reverse(f"recommenders:{name.value}", args=[submission.code])
    return replace(made, kind=kind, url=url)


def counts(visible: QuerySet[Submission], dossier: Dossier) -> dict[str, int]:
    """``received`` results, of ``units`` units, ``waiting`` for this desk."""
    return visible.filter(campaign=dossier.campaign).aggregate(
        received=Count("pk"),
        units=Count("unit", distinct=True),
        waiting=Count("pk", filter=Q(state=State.STAMPED)),
        recommended=Count("pk", filter=Q(state__in=PLACED)),
    )


def limit_of(tally: places.Tally, category: Category | None) -> places.Meter | None:
    """The meter whose line runs across the list of a category (or of everything)."""
    wanted = {None} if category is None else {None, category.pk}
    own = [m for m in tally.own() if not m.rule.topic_type]
    found = [m for m in own if m.rule.category_id in wanted]
    return min(
        found, key=lambda m: (m.rule.category_id is None, m.places), default=None
    )


@dataclass(frozen=True)
class CategoryTab:
    """One category over the bench: its filter code, its name, how many it has."""

    code: str
    name: str
    count: int


def category_tabs(visible: QuerySet[Submission], dossier: Dossier) -> list[CategoryTab]:
    """The categories that go through recommending bodies; empty where there is one."""
    if len(dossier.campaign.categories_in_order) < 2:
        return []
    counted = dict(
        visible.filter(campaign=dossier.campaign)
        .order_by()
        .values_list("category")
        .annotate(Count("pk"))
    )
    return [
        CategoryTab(c.code, c.name, counted.get(c.pk, 0))
        for c in dossier.campaign.categories_in_order
        if c.needs_recommender or c.pk in counted
    ]


def categories_past(campaign: Campaign) -> list[str]:
    """Names of the categories that never come to a recommending body."""
    return [c.name for c in campaign.categories_in_order if not c.needs_recommender]


def free_for_reserve(asked: Questions) -> list[str]:
    """A sentence for each category whose first in reserve could have a place now."""
    body, said, seen = asked.dossier.recommender, [], set()
    for one in asked.reserve:
        one.campaign = asked.dossier.campaign
        free = not list(
            rules.only_refusals(rules.place_refusals(one, body, asked.tally))
        )
        if free and one.category_id not in seen:
            seen.add(one.category_id)
            said.append(f"有名额空出来，候补第一项是《{one.title}》，可以递补。")
    return said


def cut_line(shown: Sequence[Row], hard: int | None) -> int | None:
    """Before which line (0-based) of a page by rank the quota line runs; None: nowhere
    on this page. Equal to the number of lines: after the last."""
    if hard is None or not shown:
        return None
    inside = sum(row.rank is not None and row.rank <= hard for row in shown)
    if 0 < inside < len(shown):
        return inside
    return inside if inside and shown[-1].rank == hard else None


@dataclass(frozen=True)
class UnitPlaces:
    """One unit in the side panel: its meters, its filter key."""

    key: str
    label: str
    meters: Sequence[places.Meter]

    @property
    def over(self) -> list[places.Meter]:
        return [m for m in self.meters if m.over]


def units_of(
    visible: QuerySet[Submission], dossier: Dossier
) -> list[tuple[int, str, str]]:
    """(pk, key, short name) of every unit on the bench, by name."""
    found = (
        visible.filter(campaign=dossier.campaign)
        .order_by("unit__name")
        .values_list("unit_id", "unit__key", "unit__short_name", "unit__name")
        .distinct()
    )
    return [(pk, str(key), short or name) for pk, key, short, name in found]


def unit_places(
    units: Sequence[tuple[int, str, str]], tally: places.Tally
) -> list[UnitPlaces]:
    """The units' meters, those with the most waiting first; at most UNITS_SHOWN."""
    waiting: Counter[int] = Counter()
    taken: Counter[int] = Counter()
    for (unit, _, _), count in tally.pending.items():
        waiting[unit] += count
    for (unit, _, _), count in tally.used.items():
        taken[unit] += count
    urgent = sorted(units, key=lambda u: (-waiting[u[0]], -taken[u[0]]))[:UNITS_SHOWN]
    return [UnitPlaces(key, label, tally.of_unit(pk)) for pk, key, label in urgent]


def contested(units: Iterable[UnitPlaces]) -> list[str]:
    """A sentence for every place that more results want than there are places."""
    return [
        f"{unit.label}报来 {m.used + m.pending} 项{m.label}，只能推荐 {m.places} 项。"
        for unit in units
        for m in unit.over
    ]


@dataclass(frozen=True)
class Ready:
    """One line of what stands before the handover; ``kind`` is ok, bad or todo."""

    kind: str
    text: str
    url: str = ""


def readiness(dossier: Dossier) -> list[Ready]:
    """活动总结, 活动统计表, 推荐表盖章, as they are now."""
    statistics, sheets = (
        reverse("recommenders:statistics"),
        reverse("recommenders:papers"),
    )
    found = []
    if dossier.campaign.needs_dossier:
        found.append(_summary_ready(dossier, statistics))
        found.append(_statistics_ready(dossier, statistics))
    kind, text = table_state(dossier)
    return [*found, Ready(kind, text, sheets)]


def _summary_ready(dossier: Dossier, url: str) -> Ready:
    done = dossier.summary_id is not None
    return Ready("ok", "活动总结") if done else Ready("todo", "还没交活动总结", url)


def _statistics_ready(dossier: Dossier, url: str) -> Ready:
    if dossier.statistics_done_at is not None:
        return Ready("ok", "活动统计表")
    faults = rules.statistics_faults(dossier.campaign, dossier.statistics)
    count = sum(fault.code == "figures_disagree" for fault in faults)
    if count:
        return Ready("bad", f"统计表有 {count} 处对不上", url)
    return Ready("todo", "活动统计表还没填完", url)


def table_state(dossier: Dossier) -> tuple[str, str]:
    """(kind, words) of the 推荐表: not made, old, to be stamped, stamped."""
    paper = newest(dossier).get(Paper.Kind.TABLE)
    if paper is None:
        return "todo", "推荐表盖章"
    stamped = rules.live_table_stamp(paper) is not None
    if list(rules.table_faults(paper, papers.current_rows(dossier))):
        return ("bad", "名单改过，推荐表要重新盖章") if stamped else (
            "todo", "名单改过，推荐表要重新生成"
        )  # fmt: skip
    return ("ok", "推荐表已盖章") if stamped else ("todo", "推荐表还没盖章")


def newest(dossier: Dossier) -> dict[str, Paper]:
    """Kind → its newest paper, in one query."""
    found: dict[str, Paper] = {}
    for paper in Paper.objects.filter(dossier_id=dossier.pk).select_related("document"):
        found.setdefault(paper.kind, paper)
    return found


# --- summary and statistics ---------------------------------------------------------


@dataclass(frozen=True)
class Figure:
    """One line of the statistics sheet. Computed ones carry no field."""

    code: str
    label: str
    unit: str
    value: str
    computed: bool = False
    part: str = ""
    whole: str = ""
    at_most: str = ""
    errors: Sequence[str] = ()
    marked: bool = False
    last: str = ""
    change: str = ""
    source: str = ""


def last_year(dossier: Dossier) -> Dossier | None:
    """The body's dossier of the same host's campaign one year before, if it kept one."""
    campaign = dossier.campaign
    return (
        Dossier.objects.filter(
            recommender=dossier.recommender_id,
            campaign__host=campaign.host_id,
            campaign__year=campaign.year - 1,
            statistics_done_at__isnull=False,
        )
        .select_related("campaign")
        .first()
    )


def _values(campaign: Any, typed: Mapping[str, Any]) -> dict[str, str]:
    """Item code → the figure as shown, rates computed."""
    rates = rules.computed(campaign, typed)
    return {
        item["code"]: _rate(rates[item["code"]])
        if item.get("part")
        else thousands(typed.get(item["code"], ""))
        for item in campaign.statistics
    }


def figures(
    dossier: Dossier,
    typed: Mapping[str, Any],
    faults: Iterable[Refusal] = (),
    last: Dossier | None = None,
    counted: Mapping[str, Proposal] | None = None,
) -> list[Figure]:
    """The sheet's lines with what was typed, rates computed, both cells of a
    disagreement marked; beside them last year's. A line never saved yet starts with
    what the portal ``counted``; the source is said beside it."""
    campaign, counted = dossier.campaign, counted or {}
    typed = {code: one.value for code, one in counted.items()} | dict(typed)
    values = _values(campaign, typed)
    before = _values(last.campaign, last.statistics) if last else {}
    faults = list(faults)
    marked = {f.field for f in faults} | _other_cells(campaign, faults)
    return [
        Figure(
            code=item["code"],
            label=item["label"],
            unit=item["unit"],
            value=values[item["code"]],
            last=before.get(item["code"], ""),
            change=change(before.get(item["code"]), values[item["code"]], item),
            computed=bool(item.get("part")),
            part=item.get("part", ""),
            whole=item.get("whole", ""),
            at_most=" ".join(item.get("at_most", [])),
            errors=[f.message for f in faults if f.field == item["code"]],
            marked=item["code"] in marked,
            source=_source(item, counted, typed),
        )
        for item in campaign.statistics
    ]


def _source(
    item: Mapping[str, Any], counted: Mapping[str, Proposal], typed: Mapping[str, Any]
) -> str:
    """Where a proposed figure comes from, and how it differs from what was typed."""
    found = counted.get(item["code"])
    if found is None:
        return ""
    if rules.number(typed.get(item["code"], "")) == rules.number(found.value):
        return f"取自{found.source}，可以改"
    return f"{found.source}有 {thousands(found.value)} {item['unit']}"


def _other_cells(campaign: Any, faults: Sequence[Refusal]) -> set[str]:
    """The cells a disagreement names beside its own."""
    disagreeing = {f.field: f.message for f in faults if f.code == "figures_disagree"}
    labels = {item["code"]: item["label"] for item in campaign.statistics}
    return {
        other
        for item in campaign.statistics
        for other in item.get("at_most", [])
        if f"“{labels[other]}”" in disagreeing.get(item["code"], "")
    }


def _rate(value: Decimal | None) -> str:
    return "—" if value is None else f"{value:.2f}"


def thousands(text: Any) -> str:
    """``1286`` as ``1,286``; what is no number as it was typed."""
    value = rules.number(text)
    return f"{value:,}" if value is not None and abs(value) < 10**15 else str(text)


def change(before: Any, value: Any, item: Mapping[str, Any]) -> str:
    """Against last year: per cent for amounts, points for rates; empty if unknown."""
    old, new = rules.number(before or ""), rules.number(value or "")
    if old is None or new is None:
        return ""
    if item.get("part"):
        return f"{new - old:+.2f}"
    return f"{(new - old) * 100 / old:+.1f}%" if old else ""


def showable(faults: Iterable[Refusal]) -> list[Refusal]:
    """Of a sheet being filled only what is wrong, not what is still empty."""
    return [fault for fault in faults if fault.code != "figure_missing"]


# --- the papers -----------------------------------------------------------------------


@dataclass(frozen=True)
class PaperShown:
    """One paper of the list: the newest one, if any, and whether it is of today's list."""

    kind: str
    paper: Paper | None
    old: bool
    refusals: Sequence[Refusal]
    is_next: bool = False

    @property
    def make(self) -> submission_rules.Offer:
        """The button that orders it."""
        verb = "重新生成" if self.paper else "生成"
        return submission_rules.Offer(
            "make",
            f"{verb}{CALLED[Paper.Kind(self.kind)]}",
            tuple(self.refusals),
            needs_comment=False,
            kind="primary" if self.is_next else "line",
            url=reverse("recommenders:make_paper", args=[self.kind]),
        )

    @property
    def is_ready(self) -> bool:
        return bool(self.paper and not self.old and self.paper.document.is_ready)


def papers_shown(
    dossier: Dossier, actor: Actor, at: datetime, listed: list[dict[str, Any]]
) -> dict[str, PaperShown]:
    """Kind → what the page shows of it. ``listed`` is today's list."""
    digest = rules.list_hash(listed)
    why_not = list(rules.why_not_make_papers(dossier, actor, at, listed))
    made = newest(dossier)
    shown = {
        kind.value: PaperShown(
            kind.value,
            made.get(kind.value),
            kind.value in made and made[kind.value].list_hash != digest,
            why_not,
        )
        for kind in MAKING_ORDER
    }
    waiting = [one for one in shown.values() if one.old or one.paper is None]
    if waiting:
        shown[waiting[0].kind] = replace(waiting[0], is_next=True)
    return shown


def handover_offer(refusals: Iterable[Refusal]) -> submission_rules.Offer:
    """提交秘书处, with everything that still stands against it."""
    return submission_rules.Offer(
        MoveName.SUBMIT.value,
        MoveName.SUBMIT.label,
        tuple(refusals),
        needs_comment=MOVES[MoveName.SUBMIT].needs_comment,
        url=reverse("recommenders:submit"),
    )


def preview(
    dossier: Dossier, listed: list[dict[str, Any]], at: datetime
) -> dict[str, Any]:
    """Facts of the 推荐表 as it would print now; carries no check code."""
    return papers.recommendation_table(
        Paper(dossier=dossier, facts=listed, made_at=at, check_code="")
    )
