"""上报事项: what a lower association owes the higher one it forwarded a campaign of.

A presenter. By when, which papers, how many places, how many results; the answers are
those of the recommending desk, read for the association's own dossier up there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from qcportal.accounts.models import Membership
from qcportal.accounts.roles import Duty
from qcportal.campaigns.models import Campaign
from qcportal.campaigns.rules import due_above, why_not_recommending_body
from qcportal.campaigns.shows import day
from qcportal.campaigns.stages import Stage
from qcportal.refusals import Refusal
from qcportal.ui import words
from recommenders import papers
from recommenders import rules as recommending
from recommenders import shows as desk
from recommenders.models import Dossier, Paper
from submissions import places
from submissions.lifecycle import PLACED, State
from submissions.models import Submission

# States of one's own results that are ripe to go up: the award is given or published.
RIPE = (State.DECIDED, State.ANNOUNCED, State.PUBLISHED)
# At the own recommending desk of the higher campaign, not yet given a place.
ON_DESK = (State.STAMPED, State.RESERVED)
# What was handed in and is not handed in again.
SHEETS = (
    (Paper.Kind.SUMMARY, "推荐汇总表"), (Paper.Kind.REVIEW, "评审汇总表"),
)  # fmt: skip


@dataclass(frozen=True)
class Task:
    """One thing due upward; ``kind`` and ``state`` are its chip."""

    text: str
    kind: str
    state: str
    note: str = ""


@dataclass(frozen=True)
class Upward:
    """``due`` as words; ``meters`` are the places up there; ``against``: why this
    association cannot hand in at all, ``seats`` who sits at its recommending desk."""

    due: str
    opens: str
    advised: str
    extended: str
    state: tuple[str, str]
    left: str
    tasks: list[Task]
    meters: list[places.Meter]
    results: list[tuple[str, int]]
    against: list[Refusal]
    seats: list[str]


def upward(campaign: Campaign, at: datetime) -> Upward | None:
    """Everything due to the higher association; None of a campaign not forwarded."""
    higher = campaign.higher
    if higher is None:
        return None
    dossier = _dossier(campaign, higher)
    window, due = higher.window(Stage.RECOMMENDING), due_above(campaign)
    extended = bool(window and due and due > window.closes_at)
    return Upward(
        due=day(due) if due else "", opens=day(window.opens_at) if window else "",
        advised=day(window.advised_at) if window and window.advised_at else "",
        extended=day(window.closes_at) if window and extended else "",
        state=_state(higher, due, at), left=_left(due, at),
        tasks=[*_results_tasks(dossier), *_paper_tasks(dossier)],
        meters=places.Tally(higher, campaign.host).own(),
        results=_results(campaign, higher), against=list(_against(campaign, higher, at)),
        seats=_seats(campaign),
    )  # fmt: skip


def _dossier(campaign: Campaign, higher: Campaign) -> Dossier:
    """The association's own in the higher campaign; an empty one until its first act."""
    found = Dossier.objects.filter(campaign=higher, recommender=campaign.host).first()
    found = found or Dossier()
    found.campaign, found.recommender = higher, campaign.host
    return found


def _state(higher: Campaign, due: datetime | None, at: datetime) -> tuple[str, str]:
    window = higher.window(Stage.RECOMMENDING)
    if window is None or due is None:
        return "todo", "上级还没安排时间"
    if at < window.opens_at:
        return "todo", "还没开放"
    return ("run", "开放中") if at < due else ("end", "已截止")


def _left(due: datetime | None, at: datetime) -> str:
    return f"还有 {words.span_text(due - at)}" if due and at < due else ""


def _against(campaign: Campaign, higher: Campaign, at: datetime) -> list[Refusal]:
    """``no_right``, ``standing_lost``, ``nobody_at_the_desk``."""
    found = []
    if campaign.host_id not in higher.classes_by_right:
        found.append(
            Refusal("no_right", "上级还没有给本单位推荐授权，请联系上级秘书处。")
        )
    found += why_not_recommending_body(higher, campaign.host, at, own=True)
    if not _seats(campaign):
        found.append(
            Refusal(
                "nobody_at_the_desk",
                "本单位还没有推荐经办人，没有人能在推荐工作台上向上级推荐。请在人员管理里开通。",
            )
        )
    return found


def _seats(campaign: Campaign) -> list[str]:
    rows = Membership.objects.in_force().filter(
        organisation=campaign.host, duty=Duty.RECOMMENDING
    )
    return list(rows.order_by("pk").values_list("user__name", flat=True))


# --- what is due --------------------------------------------------------------------


def _results_tasks(dossier: Dossier) -> list[Task]:
    """Recommend within the places, then hand everything in."""
    if dossier.pk is None:
        return [
            Task("推荐成果", "todo", "还没开始"),
            Task("提交上级秘书处", "todo", "还没提交"),
        ]
    candidates = recommending.recommended(dossier)
    waiting = [c for c in candidates if c.submission.state_enum == State.RECOMMENDED]
    handed = len(candidates) - len(waiting)
    chosen = Task("推荐成果", "ok", f"已推荐 {len(candidates)} 项") if candidates else (
        Task("推荐成果", "todo", "还没推荐")
    )  # fmt: skip
    if handed and not waiting:
        submitted = Task("提交上级秘书处", "ok", f"已提交 {handed} 项")
    elif handed:
        submitted = Task("提交上级秘书处", "back", f"还有 {len(waiting)} 项没提交")
    else:
        submitted = Task("提交上级秘书处", "todo", "还没提交")
    return [chosen, submitted]


def _paper_tasks(dossier: Dossier) -> list[Task]:
    """推荐表, 汇总表, 总结, 统计表 as the higher campaign's data say."""
    lines = [
        Task("活动总结", "ok", "已交")
        if dossier.summary_id
        else Task("活动总结", "todo", "还没交"),
        Task("活动统计表", "ok", "已填完")
        if dossier.statistics_done_at
        else Task("活动统计表", "todo", "还没填完"),
    ]
    found = lines if dossier.campaign.needs_dossier else []
    kind, said = desk.table_state(dossier) if dossier.pk else ("todo", "还没生成")
    state = {"ok": ("ok", "已盖章"), "bad": ("bad", "要重办")}.get(kind, ("todo", "还没办好"))  # fmt: skip
    found.append(Task("推荐表（盖章）", *state, note="" if kind == "ok" else said))
    made = desk.newest(dossier) if dossier.pk else {}
    current = recommending.list_hash(papers.current_rows(dossier)) if made else ""
    for paper, label in SHEETS:
        row = made.get(paper)
        if row is None:
            found.append(Task(label, "todo", "还没生成"))
        elif row.list_hash != current:
            found.append(Task(label, "back", "名单改过，要重新生成"))
        else:
            found.append(Task(label, "ok", "已生成"))
    return found


def _results(campaign: Campaign, higher: Campaign) -> list[tuple[str, int]]:
    """How far results are: in the own campaign, then up there through this body."""
    own = Submission.objects.filter(campaign=campaign)
    up = Submission.objects.filter(campaign=higher, recommender=campaign.host)
    states = list(up.values_list("state", flat=True))
    placed = [state for state in states if State(state) in PLACED]
    return [
        ("本活动评出", own.filter(state__in=RIPE).count()),
        ("工作台上待推荐", sum(State(s) in ON_DESK for s in states)),
        ("已推荐", len(placed)),
        ("已提交", sum(s != State.RECOMMENDED for s in placed)),
    ]
