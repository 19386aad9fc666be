"""A campaign as the public reads it: headline, card, doors, dates. Words only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from qcportal.accounts.roles import Role
from qcportal.campaigns import phases
from qcportal.campaigns.models import Campaign, Category, Milestone
from qcportal.campaigns.phases import Phase
from qcportal.campaigns.rules import moment
from qcportal.campaigns.stages import ONLINE_STAGES, Stage
from qcportal.frame import WindowBar
from reviews.models import Publication

UNDATED = "时间另行通知"
# The home page's doors: role, title, who, icon, sentence, the button while it is open.
DOORS = {
    Role.GROUP: ("班组通道", "质量管理小组填报", "users-group", "填报成果",
                 "填写成果申报表，上传成果报告和活动记录，随时查看办到哪一步。"),
    Role.UNIT: ("单位通道", "小组所在单位审核", "rubber-stamp", "出具意见",
                "核对材料、完成自我评价评分，出具推荐意见并加盖公章。"),
    Role.RECOMMENDER: ("推荐通道", "区、行业、集团公司", "list-numbers", "评审推荐",
                       "评审排序、择优推荐，报送活动总结、统计表和推荐表。"),
}  # fmt: skip
STAGE_OF = {
    Role.GROUP: Stage.FILING, Role.UNIT: Stage.STAMPING,
    Role.RECOMMENDER: Stage.RECOMMENDING,
}  # fmt: skip
STEPS = "一二三"
CHIPS = {
    Phase.BEFORE: "todo", Phase.OPEN: "run", Phase.LAST_DAY: "back", Phase.CLOSED: "end",
    Phase.REVIEW: "run", Phase.PUBLIC_NOTICE: "wait", Phase.RESULTS: "ok",
}  # fmt: skip


@dataclass(frozen=True)
class Face:
    """One campaign on a public page."""

    campaign: Campaign
    phase: Phase
    at: datetime
    released: phases.Released
    listed: int = 0  # lines of the list the public reads now

    @property
    def status(self) -> str:
        if self.phase == Phase.BEFORE and phases.online(self.campaign) is None:
            return "申报时间另行通知"
        if self.phase == Phase.REVIEW and self.released.notice_closes:
            return "公示已结束，等待公布"
        if self.phase == Phase.RESULTS and self.released.results_at is None:
            return "已办结"
        return str(self.phase.label)

    @property
    def chip(self) -> tuple[str, str]:
        return CHIPS[self.phase], self.status

    @property
    def url(self) -> str:
        return reverse("site:campaign", args=[self.campaign.code])

    @property
    def list_url(self) -> str:
        """The published list, or the public notice."""
        here = reverse("public:results_of", args=[self.campaign.year])
        return f"{here}?{urlencode({'campaign': self.campaign.code})}"

    @property
    def window(self) -> WindowBar | None:
        """The countdown, while there is something to count to."""
        span = phases.online(self.campaign)
        if span is None or self.phase not in (Phase.BEFORE, Phase.OPEN, Phase.LAST_DAY):
            return None
        own = self.campaign.windows_by_stage.values()
        notches = tuple(
            w.advised_at for w in own if w.stage in ONLINE_STAGES and w.advised_at
        )
        opens = self.phase == Phase.BEFORE
        note = (
            "到点自动开放，可以先申请账号。"
            if opens
            else f"{moment(span[1])} 自动关闭，到时未提交的成果将无法提交，请提早交单位盖章。"
        )
        return WindowBar("在线申报", *span, self.at, note, notches)

    @property
    def sentence(self) -> str:
        """What stands in the card in place of a countdown."""
        span = phases.online(self.campaign)
        match self.phase:
            case Phase.PUBLIC_NOTICE if self.released.notice_closes:
                until = moment(self.released.notice_closes)
                return f"{self.listed} 项正在公示，到 {until} 为止。有异议请在公示期内告诉秘书处。"
            case Phase.RESULTS if self.released.results_at:
                return f"{self.listed} 项已公布，证书可以查验。"
            case Phase.RESULTS:
                return "这届活动已经办结。"
            case Phase.BEFORE:
                return "申报时间定了会在通知里公布，可以先申请账号。"
            case _:
                closed = f"{moment(span[1])} 已关闭。" if span else ""
                return f"{closed}已提交的成果可以登录查看办到哪一步。"

    @property
    def next_line(self) -> str:
        """``接下来：材料文审（7月20日–8月10日）``, as far as dated."""
        milestones = list(self.campaign.milestones.all())
        found = phases.next_milestone(milestones, timezone.localdate(self.at))
        if found is None or self.phase in (Phase.RESULTS, Phase.PUBLIC_NOTICE):
            return ""
        return f"接下来：{found.title}（{found.label}）"

    @property
    def open_words(self) -> str:
        """``现在开放：班组申报、单位盖章``."""
        labels = [Stage(w.stage).label for w in phases.open_now(self.campaign, self.at)]
        return "、".join(dict.fromkeys(labels))

    @property
    def doors(self) -> list[dict[str, Any]]:
        """The card's buttons by phase."""
        match self.phase:
            case Phase.PUBLIC_NOTICE:
                return [_door("看公示名单", self.list_url, "primary")]
            case Phase.RESULTS if self.released.results_at:
                return [_door("看公布名单", self.list_url, "primary"),
                        _door("证书查验", reverse("public:verify"), "line")]  # fmt: skip
            case Phase.OPEN | Phase.LAST_DAY:
                return []
            case _:
                return [_door("登录查看", reverse("accounts:sign_in"), "line")]


def _door(label: str, url: str, kind: str) -> dict[str, Any]:
    return {"label": label, "url": url, "kind": kind}


def faces(campaigns: Iterable[Campaign], at: datetime) -> list[Face]:
    """Faces in the order given, with what was released, in one query."""
    campaigns = list(campaigns)
    shown = Publication.objects.filter(campaign__in=campaigns, replaced_by__isnull=True)
    found: dict[int, dict[str, Publication]] = {}
    for one in shown.annotate(lines=Count("entries")):
        found.setdefault(one.campaign_id, {})[one.kind] = one
    return [_face(campaign, at, found.get(campaign.pk, {})) for campaign in campaigns]


def _face(campaign: Campaign, at: datetime, lists: dict[str, Publication]) -> Face:
    notice = lists.get(Publication.Kind.NOTICE)
    results = lists.get(Publication.Kind.RESULTS)
    released = phases.Released(
        notice.opens_at if notice else None,
        notice.closes_at if notice else None,
        results.opens_at if results else None,
    )
    newest = results or notice
    lines = newest.lines if newest else 0  # type: ignore[attr-defined]
    return Face(campaign, phases.phase(campaign, at, released), at, released, lines)


def current(found: list[Face]) -> list[Face]:
    """What goes on now, the most urgent first: everything between opening and results,
    and of the newest year also what is not open yet or just published."""
    newest = max((face.campaign.year for face in found), default=0)
    kept = [face for face in found if _goes_on(face, newest)]
    if not kept:
        kept = found[:1]
    return sorted(kept, key=_by_urgency)


def _goes_on(face: Face, newest: int) -> bool:
    if face.campaign.ended_at is not None:
        return False
    if face.phase in (Phase.BEFORE, Phase.RESULTS):
        dated = face.phase == Phase.BEFORE and phases.online(face.campaign) is not None
        return face.campaign.year == newest or dated
    return True


def _by_urgency(face: Face) -> tuple[int, float, str]:
    """By phase, then by what changes first; equal ones by their public code."""
    change = phases.next_change(face.campaign, face.at, face.released)
    when = change.timestamp() if change else float("inf")
    return phases.URGENCY.index(face.phase), when, face.campaign.code


def gates(found: list[Face]) -> list[dict[str, Any]]:
    """The doors some category of these campaigns needs, numbered in the way's order."""
    plans = [plan for face in found for plan in face.campaign.categories_in_order]
    needed = [
        Role.GROUP,
        *([Role.UNIT] if any(p.needs_unit_stamp for p in plans) or not plans else []),
        *([Role.RECOMMENDER] if any(p.needs_recommender for p in plans) or not plans else []),
    ]  # fmt: skip
    opened = {
        w.stage for face in found for w in phases.open_now(face.campaign, face.at)
    }
    return [_gate(n, role, opened) for n, role in enumerate(needed)]


def _gate(number: int, role: Role, opened: set[str]) -> dict[str, Any]:
    title, who, icon, act, sentence = DOORS[role]
    is_open = STAGE_OF[role] in opened
    return {
        "step": f"第{STEPS[number]}步", "title": title, "who": who, "icon": icon,
        "channel": role.value, "act": act if is_open else "登录查看", "open": is_open,
        "sentence": sentence,
    }  # fmt: skip


# --- dates -------------------------------------------------------------------------------


def milestone(found: Milestone, at: datetime) -> dict[str, Any]:
    """A line of the timetable for ``{% milestones %}``; without a day it says so."""
    today = timezone.localdate(at)
    first, last = found.starts_on or found.ends_on, found.ends_on
    state = "later"
    if first and (found.starts_on or today) <= today:
        state = "done" if last and last < today else "now"
    return {
        "when": found.label or UNDATED, "label": found.title, "state": state,
        "note": "" if found.warns else found.note, "dated": first is not None,
        "deadline": found.note if found.warns else "", "phase": found.phase,
    }  # fmt: skip


def timetable(campaign: Campaign, at: datetime) -> list[tuple[str, list[dict[str, Any]]]]:  # fmt: skip
    """(phase, its lines) in the notice's order; a notice without phases has one, ""."""
    found: list[tuple[str, list[dict[str, Any]]]] = []
    for line in campaign.milestones.all():
        if not found or found[-1][0] != line.phase:
            found.append((line.phase, []))
        found[-1][1].append(milestone(line, at))
    return found


def windows(campaign: Campaign, at: datetime) -> list[dict[str, Any]]:
    """Every window as a line: stage, for which category, from, until, advised, state."""
    order = list(Stage.values)
    names = {c.pk: c.name for c in campaign.categories_in_order}
    rows = sorted(
        campaign.windows_by_stage.values(),
        key=lambda w: (order.index(w.stage), w.category_id or 0),
    )
    return [
        {
            "stage": Stage(w.stage).label, "category": names.get(w.category_id or 0, "全部类别"),
            "opens_at": w.opens_at, "closes_at": w.closes_at, "advised_at": w.advised_at,
            "chip": _window_chip(w.opens_at, w.closes_at, at),
        }
        for w in rows
    ]  # fmt: skip


def _window_chip(opens_at: datetime, closes_at: datetime, at: datetime) -> tuple[str, str]:  # fmt: skip
    if at < opens_at:
        return "todo", "还没开放"
    return ("run", "现在开放") if at < closes_at else ("end", "已关闭")


def way_up(plan: Category) -> list[str]:
    """班组填报 → … as the category lays it down."""
    steps = ["班组填报"]
    if plan.needs_unit_stamp:
        steps.append("单位评分、盖章")
    if plan.needs_recommender:
        steps.append(
            "推荐单位推荐" + ("（先现场核查）" if plan.requires_site_visit else "")
        )
    steps += ["秘书处形式审查", "专家评审"]
    if plan.has_contest:
        steps.append("发表赛")
    return [*steps, "公示和公布"]
