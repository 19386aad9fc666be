"""How the campaign stands in numbers. Aggregate queries only; nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDay, TruncHour, TruncMinute
from django.utils import timezone

from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import Role
from qcportal.campaigns import quotas
from qcportal.campaigns.models import Campaign, Category, Window
from qcportal.campaigns.stages import ONLINE_STAGES, Stage
from recommenders.models import Dossier, Paper, TableStamp
from submissions.lifecycle import HOLDERS, PLACED, MoveName, Reach, State
from submissions.models import Step, Submission

WAITED_TOO_LONG = timedelta(days=2)
DUE_SOON = timedelta(days=1)
SHORT_BAR = timedelta(minutes=2)
# What each online window waits for: the moves that are counted while it is open.
ARRIVALS = {
    Stage.FILING: (MoveName.FILE, MoveName.FILE_PAST_UNIT, MoveName.FILE_UP),
    Stage.STAMPING: (MoveName.STAMP, MoveName.STAMP_DIRECT, MoveName.STAMP_UP),
    Stage.RECOMMENDING: (MoveName.SUBMIT,),
}
AT_ASSOCIATION = (State.DIRECT_ASKED, State.SUBMITTED)
AT_BODY = (State.STAMPED, State.RECOMMENDED, State.RESERVED)
AMENDING = (State.AMENDMENT_ASKED, State.AMENDED)
PASSED_CHECK = (
    State.CHECKED, State.JUDGING, State.DECIDED, State.ANNOUNCED, State.PUBLISHED,
    State.PASSED_OVER,
)  # fmt: skip


def by_state(campaign: Campaign, category: Category | None = None) -> Counter[State]:
    """How many results are in each state now, withdrawn ones included; of one category
    where it is given."""
    found = Submission.objects.filter(campaign=campaign)
    if category is not None:
        found = found.filter(category=category)
    rows = found.order_by().values_list("state").annotate(count=Count("pk"))
    return Counter({State(state): count for state, count in rows})


@dataclass(frozen=True)
class StageCount:
    """One bar of 各环节数量; ``rest`` says in words where the others are."""

    label: str
    count: int
    rest: str


def stage_counts(states: Counter[State]) -> list[StageCount]:
    """The funnel from where the results are *now*: every bar is the one above less
    what its ``rest`` names. Withdrawn ones are in the first bar only."""
    begun = states.total()
    filed = begun - states[State.DRAFT] - states[State.WITHDRAWN]
    stamped = filed - states[State.FILED] - states[State.RETURNED]
    at_body = sum(states[state] for state in AT_BODY)
    arrived = stamped - at_body - states[State.NOT_RECOMMENDED]
    passed = sum(states[state] for state in PASSED_CHECK)
    drafts = _said(states, (State.DRAFT, "项草稿还没提交"), (State.WITHDRAWN, "项已撤回"))  # fmt: skip
    unit = _said(states, (State.FILED, "项在单位"), (State.RETURNED, "项退回班组修改"))
    body = [f"{at_body} 项在推荐单位"] if at_body else []
    body += _parts(states, (State.NOT_RECOMMENDED, "项未推荐"))
    check = _said(
        states, (State.SUBMITTED, "项在形式审查"), (State.DIRECT_ASKED, "项直接申报待确认"),
        (State.AMENDMENT_ASKED, "项退回补正"), (State.AMENDED, "项补正待盖章"),
        (State.SET_ASIDE, "项形审未通过"),
    )  # fmt: skip
    found = [
        StageCount("开始填写", begun, drafts),
        StageCount("班组已提交", filed, unit),
        StageCount("单位已盖章", stamped, "，".join(body)),
        StageCount("已到秘书处", arrived, check),
    ]
    return [*found, StageCount("形审通过", passed, "")] if passed else found


def _parts(states: Counter[State], *named: tuple[State, str]) -> list[str]:
    return [f"{states[state]} {words}" for state, words in named if states[state]]


def _said(states: Counter[State], *named: tuple[State, str]) -> str:
    return "，".join(_parts(states, *named))


def by_holder(states: Counter[State]) -> list[tuple[str, int]]:
    """(tier, how many it has now) in the order of the tiers; ended ones last."""
    held: Counter[str] = Counter()
    for state, count in states.items():
        holder = HOLDERS[state]
        held[holder.label if holder else "已办结"] += count
    tiers = [Role.GROUP, Role.UNIT, Role.RECOMMENDER, Role.ASSOCIATION, Role.JUDGE]
    return [(label, held[label]) for label in [t.label for t in tiers] + ["已办结"]]


# --- arrivals over time -------------------------------------------------------------


@dataclass(frozen=True)
class Arrivals:
    """Moves counted in equal bars. ``begins`` of bar n is ``opens_at + n × width``."""

    stage: Stage
    opens_at: datetime
    closes_at: datetime
    width: timedelta
    counts: Sequence[int]

    @property
    def total(self) -> int:
        return sum(self.counts)

    @property
    def peak(self) -> tuple[datetime, int] | None:
        """(begin of the highest bar, its count); None if nothing arrived."""
        most = max(self.counts, default=0)
        if not most:
            return None
        return self.opens_at + self.counts.index(most) * self.width, most


def current_window(campaign: Campaign, at: datetime) -> Window | None:
    """The online window that closes next, else the one that closed last."""
    windows = [w for stage in ONLINE_STAGES if (w := campaign.window(stage))]
    running = [window for window in windows if at < window.closes_at]
    if running:
        return min(running, key=lambda window: window.closes_at)
    return max(windows, key=lambda window: window.closes_at, default=None)


def is_last_day(window: Window | None, at: datetime) -> bool:
    """Within the last 24 hours of a window that is open."""
    return (
        window is not None
        and window.is_open(at)
        and window.closes_at - at <= timedelta(days=1)
    )


def arrivals(campaign: Campaign, window: Window, at: datetime) -> Arrivals:
    """The bars of the window: two minutes each in its last hour, an hour each on its
    last day, else a day each (days of Shanghai)."""
    stage = Stage(window.stage)
    closes_at = window.closes_at
    left = closes_at - at
    if timedelta(0) < left <= timedelta(hours=1):
        opens_at, width, trunc = closes_at - timedelta(hours=1), SHORT_BAR, TruncMinute
    elif timedelta(0) < left <= timedelta(days=1):
        opens_at, width, trunc = (
            closes_at - timedelta(days=1),
            timedelta(hours=1),
            TruncHour,
        )
    else:
        opens_at = timezone.localtime(window.opens_at).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        width, trunc = timedelta(days=1), TruncDay
    count = -(-(closes_at - opens_at) // width)
    bars = [0] * count
    for begin, many in _moments(campaign, stage, opens_at, closes_at, trunc):
        # A window closing at 21:59:30 has bars that begin between whole minutes.
        bars[min(max(0, (begin - opens_at) // width), count - 1)] += many
    return Arrivals(stage, opens_at, closes_at, width, bars)


def _moments(
    campaign: Campaign, stage: Stage, opens_at: datetime, closes_at: datetime,
    trunc: type[TruncDay] | type[TruncHour] | type[TruncMinute],
) -> QuerySet[Step, tuple[datetime, int]]:  # fmt: skip
    return (
        Step.objects.filter(
            submission__campaign=campaign,
            move__in=ARRIVALS[stage],
            at__gte=opens_at,
            at__lt=closes_at,
        )
        .order_by()
        .annotate(begin=trunc("at", tzinfo=timezone.get_default_timezone()))
        .values_list("begin")
        .annotate(many=Count("pk"))
    )


# --- the recommending bodies ----------------------------------------------------------

LACKS = {"summary": "缺总结", "statistics": "缺统计表", "table": "缺推荐表盖章"}


def recommenders(campaign: Campaign) -> QuerySet[Organisation]:
    """Every recommending body somebody chose in the campaign or that has a dossier,
    with what it lacks: ``has_summary``, ``has_statistics``, ``has_table``."""
    dossiers = Dossier.objects.filter(campaign=campaign, recommender=OuterRef("pk"))
    chosen = Submission.objects.filter(campaign=campaign, recommender=OuterRef("pk"))
    stamps = TableStamp.objects.filter(
        paper__dossier__campaign=campaign,
        paper__dossier__recommender=OuterRef("pk"),
        paper__kind=Paper.Kind.TABLE,
        voided_at__isnull=True,
    )
    return (
        Organisation.objects.filter(Exists(dossiers) | Exists(chosen))
        .annotate(
            has_summary=Exists(dossiers.filter(summary__isnull=False)),
            has_statistics=Exists(dossiers.filter(statistics_done_at__isnull=False)),
            has_table=Exists(stamps),
        )
        .order_by("name")
    )


def lacking(found: QuerySet[Organisation], what: str) -> QuerySet[Organisation]:
    """Of ``recommenders``, those that lack ``what`` (a key of LACKS; else all)."""
    return found.filter(**{f"has_{what}": False}) if what in LACKS else found


@dataclass(frozen=True)
class RecommenderRow:
    """One line of 各推荐单位. ``places`` None means 不限."""

    organisation: Organisation
    received: int
    recommended: int
    places: int | None
    pending: int
    submitted: int
    last_at: datetime | None

    @property
    def percent(self) -> int:
        if not self.places:
            return 0
        return min(100, round(self.recommended * 100 / self.places))


def recommender_rows(
    campaign: Campaign, bodies: Sequence[Organisation]
) -> list[RecommenderRow]:
    """The lines of a page of ``recommenders``, in a fixed number of queries."""
    counts = _counts_by_recommender(campaign, bodies)
    last = _last_acts(campaign, bodies)
    # quotas.rules_for reads this relation once per body unless it is here already.
    campaign = Campaign.objects.prefetch_related("quota_rules", "quota_grants").get(
        pk=campaign.pk
    )
    found = []
    for body in bodies:
        received, recommended, pending, handed = counts.get(body.pk, (0, 0, 0, 0))
        found.append(
            RecommenderRow(
                body, received, recommended, _places(campaign, body), pending, handed,
                last.get(body.pk),
            )
        )  # fmt: skip
    return found


def _counts_by_recommender(
    campaign: Campaign, bodies: Sequence[Organisation]
) -> dict[int, tuple[int, int, int, int]]:
    """Recommender id → (received, recommended, pending, handed over)."""
    rows = (
        Submission.objects.filter(
            campaign=campaign, recommender__in=bodies, reach__gte=Reach.RECOMMENDER
        )
        .order_by()
        .values("recommender")
        .annotate(
            received=Count("pk"),
            recommended=Count("pk", filter=Q(state__in=PLACED)),
            pending=Count("pk", filter=Q(state=State.STAMPED)),
            handed=Count("pk", filter=Q(reach__gte=Reach.ASSOCIATION)),
        )
        .values_list("recommender", "received", "recommended", "pending", "handed")
    )
    return {row[0]: tuple(row[1:]) for row in rows}


def _last_acts(
    campaign: Campaign, bodies: Sequence[Organisation]
) -> dict[int, datetime]:
    return dict(
        Step.objects.filter(submission__campaign=campaign, organisation__in=bodies)
        .order_by()
        .values_list("organisation")
        .annotate(Max("at"))
    )


def _places(campaign: Campaign, body: Organisation) -> int | None:
    return quotas.total(campaign, body, quotas.own_rules(campaign, body))


# --- what to keep an eye on -----------------------------------------------------------


@dataclass(frozen=True)
class Watch:
    """The counts of 要盯的事."""

    units_waiting: int
    lacking_statistics: int
    lacking_summary: int
    direct_asked: int
    amendments_due: int
    amendments_lapsed: int
    to_check: int


def watch(campaign: Campaign, at: datetime) -> Watch:
    """Who must be reminded: units with something for over two days, missing dossiers
    of bodies that recommended, direct filings, amendments due within a day or late."""
    amending = Q(state__in=AMENDING)
    found = Submission.objects.filter(campaign=campaign).aggregate(
        units_waiting=Count(
            "pk",
            filter=Q(
                state__in=[State.FILED, State.AMENDED],
                state_since__lt=at - WAITED_TOO_LONG,
            ),
        ),
        direct_asked=Count("pk", filter=Q(state=State.DIRECT_ASKED)),
        amendments_due=Count(
            "pk", filter=amending & Q(due_at__gt=at, due_at__lte=at + DUE_SOON)
        ),
        amendments_lapsed=Count("pk", filter=amending & Q(due_at__lte=at)),
        to_check=Count("pk", filter=Q(state=State.SUBMITTED)),
    )
    missing = {"summary": 0, "statistics": 0}
    if campaign.needs_dossier:
        missing = recommenders(campaign).aggregate(
            summary=Count("pk", filter=Q(has_summary=False)),
            statistics=Count("pk", filter=Q(has_statistics=False)),
        )
    return Watch(
        lacking_statistics=missing["statistics"],
        lacking_summary=missing["summary"],
        **found,
    )


def unfinished(campaign: Campaign) -> list[tuple[str, int]]:
    """(where, how many) of what an online window still holds: what closing it strands."""
    states = by_state(campaign)
    at_group = states[State.DRAFT] + states[State.RETURNED]
    at_unit = states[State.FILED]
    at_body = sum(states[state] for state in AT_BODY)
    return [
        ("在班组，还没提交", at_group), ("在单位，还没盖章", at_unit),
        ("在推荐单位，还没交到秘书处", at_body),
    ]  # fmt: skip
