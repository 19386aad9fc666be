"""The frame around every page: who you are, where you are, how long is left.

A context processor; its answer is lazy, so fragments and errors do not pay for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from qcportal import clock
from qcportal.accounts.actors import Actor, seats_of
from qcportal.accounts.roles import CHANNELS, Role
from qcportal.campaigns.models import Campaign, Milestone
from qcportal.campaigns.rules import Whose, closing, moment
from qcportal.campaigns.stages import ONLINE_STAGES, Stage
from qcportal.entrance.rules import weighty
from qcportal.inbox.models import Message
from qcportal.registrations.models import Registration
from reviews.campaign_choice import campaign_of, campaigns_of
from submissions.models import Submission
from submissions.yearbook import GroupYear, Topic

SITE_NAME = "质量管理小组成果申报推荐平台"
# Which window each desk counts down to, and what it is told.
DESK_STAGES = {
    Role.GROUP: (Stage.FILING, "系统关闭，请留出单位盖章的时间"),
    Role.UNIT: (Stage.STAMPING, "前，单位和推荐单位都要办完"),
    Role.RECOMMENDER: (Stage.RECOMMENDING, "前提交推荐表，逾期不能补交"),
    Role.ASSOCIATION: (Stage.RECOMMENDING, "自动关闭，已打开的页面按提交时刻判定"),
}


@dataclass(frozen=True)
class WindowBar:
    label: str
    opens_at: datetime
    closes_at: datetime
    now: datetime
    note: str
    notches: tuple[datetime, ...] = ()


def page_frame(request: HttpRequest) -> dict[str, Any]:
    return {"frame": SimpleLazyObject(lambda: _frame(request))}


def _frame(request: HttpRequest) -> dict[str, Any]:
    actor = request.actor if getattr(request, "actor", None) else None
    campaign = _campaign(request, actor)
    return {
        "site": site(campaign),
        "campaign": campaign,
        "channel": actor.channel if actor else "",
        "nav": _nav(request),
        "tabs": _tabs(request, actor) if actor else [],
        "spine": _spine(request, campaign)
        if _is(actor, Role.ASSOCIATION) and campaign
        else [],
        "spine_top": _spine_top(request) if _is(actor, Role.ASSOCIATION) else [],
        "tools": _tools(request, campaign)
        if _is(actor, Role.ASSOCIATION) and campaign
        else [],
        "organisation": actor.organisation.label
        if actor and actor.role != Role.JUDGE
        else "",
        "person": actor.user_name if actor else _signed_in_name(request),
        "seats": _other_seats(actor) if actor and not actor.stand_in else [],
        "stand_in": _stand_in(request),
        "switch_url": reverse("accounts:take_seat"),
        "unread": Message.objects.visible_to(actor).unread().count() if actor else 0,
        "window": window_bar(campaign, actor, clock.now())
        if actor and campaign
        else None,
        "demo": settings.DEMO,
        "second_factor_off": not settings.REQUIRE_SECOND_FACTOR
        and bool(actor and weighty(actor.membership)),
        "urls": _urls(actor),
    }


def _stand_in(request: HttpRequest) -> dict[str, Any] | None:
    """What the line over every page says while an officer sits on another's seat."""
    found = getattr(request, "stand_in", None)
    if found is None:
        return None
    return {
        "officer": found.officer.user.name,
        "holder": found.seat.user.name,
        "organisation": found.seat.organisation.label,
        "ends_at": found.ends_at,
        "url": reverse("people:end_stand_in"),
    }


def _is(actor: Actor | None, role: Role) -> bool:
    return actor is not None and actor.role == role


def _signed_in_name(request: HttpRequest) -> str:
    user = getattr(request, "user", None)
    return user.name if user is not None and user.is_authenticated else ""


def _campaign(request: HttpRequest, actor: Actor | None) -> Campaign | None:
    if _is(actor, Role.ASSOCIATION) and campaigns_of(request):
        return campaign_of(request)
    return Campaign.objects.select_related("host").newest()


def site(campaign: Campaign | None) -> dict[str, str]:
    """Name and contact of the site, as the newest campaign gives them."""
    contact = campaign.contact if campaign else {}
    return {
        "name": SITE_NAME,
        "host": campaign.host.name if campaign else "",
        "address": " · ".join(
            v for v in (contact.get("address"), contact.get("postcode")) if v
        ),
        "phone": contact.get("phone", ""),
        "email": contact.get("email", ""),
        "hours": contact.get("hours", ""),
        "no_fee": campaign.no_fee_words if campaign else "",
    }


def window_bar(
    campaign: Campaign, actor: Actor | None, at: datetime
) -> WindowBar | None:
    """The countdown of the actor's desk; the public's is the last online stage."""
    role = actor.role if actor else Role.ASSOCIATION
    if role not in DESK_STAGES:
        return None
    stage, words = DESK_STAGES[role]
    window = campaign.window(stage)
    if window is None or (at >= window.closes_at and role == Role.ASSOCIATION):
        return None
    closes_at = _own_closing(campaign, stage, actor) or window.closes_at
    notches = tuple(
        w.advised_at
        for s in ONLINE_STAGES
        if (w := campaign.window(s)) and w.advised_at
    )
    return WindowBar(
        "在线申报", window.opens_at, closes_at, at,
        f"{moment(closes_at)} {words}", notches,
    )  # fmt: skip


def _own_closing(
    campaign: Campaign, stage: Stage, actor: Actor | None
) -> datetime | None:
    """The actor's own closing: a later one where the organisation has an extension."""
    if actor is None:
        return None
    mine = (actor.organisation.pk, actor.organisation.parent_id)
    return closing(campaign, stage, Whose(organisations=mine))


def _link(
    request: HttpRequest, label: str, url: str, icon: str = "", **more: Any
) -> dict[str, Any]:
    here = request.path
    current = here == url if url == "/" else here.startswith(url)
    return {"label": label, "url": url, "icon": icon, "current": current, **more}


def _nav(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        _link(request, "首页", reverse("home")),
        _link(request, "通知公告", reverse("notices:list")),
        _link(request, "优秀成果", "/results/"),
        _link(request, "案例库", "/cases/"),
        _link(request, "证书查验", "/verify/"),
        _link(request, "帮助", reverse("notices:help")),
    ]


def _tabs(request: HttpRequest, actor: Actor) -> list[dict[str, Any]]:
    messages = _link(request, "消息", "/messages/", "bell")
    guide = _link(request, "帮助", reverse("notices:help"), "help-circle")
    match actor.role:
        case Role.GROUP:
            here = (
                "/submissions/year/",
                "/submissions/topics/",
                "/submissions/records/",
            )
            yearly = request.path.startswith(here)
            own = [
                {**_link(request, "我的成果", "/submissions/", "files"),
                 "current": request.path.startswith("/submissions/") and not yearly},
                {**_link(request, "登记和活动", "/submissions/year/", "notebook"), "current": yearly},
            ]  # fmt: skip
        case Role.UNIT:
            waiting = Submission.objects.visible_to(actor).held_by(Role.UNIT).count()
            asking = GroupYear.objects.visible_to(actor).filter(approval="sent").count()
            asking += Topic.objects.visible_to(actor).filter(approval="sent").count()
            yearly = request.path.startswith(
                ("/submissions/years/", "/submissions/topics/")
            )
            own = [
                {**_link(request, "成果审核", "/submissions/stamping/", "files", count=waiting),
                 "current": request.path.startswith("/submissions/") and not yearly},
                {**_link(request, "小组登记", "/submissions/years/", "notebook", count=asking), "current": yearly},
                _link(request, "印章和经办人", "/seals/", "rubber-stamp"),
                *_member_tabs(request, actor),
            ]  # fmt: skip
        case Role.RECOMMENDER:
            waiting = (
                Submission.objects.visible_to(actor).filter(state="stamped").count()
            )
            own = [
                {**_link(request, "推荐工作台", "/recommenders/", "list-numbers", count=waiting),
                 "current": request.path == "/recommenders/" or request.path.startswith("/recommenders/submissions/")},
                _link(request, "总结和统计", "/recommenders/statistics/", "chart-bar"),
                _link(request, "汇总表和盖章", "/recommenders/papers/", "rubber-stamp"),
                *_member_tabs(request, actor),
            ]  # fmt: skip
        case Role.JUDGE:
            own = [_link(request, "我的评审", "/reviews/judging/", "clipboard-check")]
        case _:
            return []
    return [*own, messages, guide]


def _member_tabs(request: HttpRequest, actor: Actor) -> list[dict[str, Any]]:
    """Who hangs where, and who wants an account: for those who manage members."""
    links = [_link(request, "隶属关系", reverse("accounts:affiliations"), "sitemap")]
    if actor.may("manage_members"):
        waiting = Registration.objects.visible_to(actor).waiting().count()
        url = reverse("accounts:registrations")
        links.append(_link(request, "账号申请", url, "user-plus", count=waiting))
    return links


def _spine_top(request: HttpRequest) -> list[dict[str, Any]]:
    overview = _link(request, "活动总览", "/reviews/", "layout-dashboard")
    every = _link(request, "全部活动", reverse("campaigns:list"), "stack-2")
    here = (reverse("campaigns:list"), reverse("campaigns:new"))
    return [
        {**overview, "current": request.path == "/reviews/"},
        {**every, "current": request.path in here},
    ]


SPINE = [
    # label, url, the milestone words that carry its date
    ("筹备和发布", "/campaigns/{code}/settings/", "宣传"),
    ("申报推荐", "/reviews/entries/", "在线申报"),
    ("形式审查", "/reviews/checks/", "形式审查"),
    ("材料文审", "/reviews/assignments/", "文审"),
    ("评奖划线", "/reviews/awards/", "发表赛"),
    ("公示和公布", "/reviews/publications/", "公布"),
    ("证书", "/reviews/certificates/", ""),
]


def _spine(request: HttpRequest, campaign: Campaign) -> list[dict[str, Any]]:
    """The campaign's own timeline: done, now, later by the dates of its milestones."""
    today = timezone.localdate(clock.now())
    lines = list(campaign.milestones.all())
    steps = []
    for label, url, word in SPINE:
        found = next((m for m in lines if word and word in m.title), None)
        step = _link(request, label, url.format(code=campaign.code))
        steps.append(
            {
                **step,
                "when": found.label if found else "",
                "state": _phase(found, today),
            }
        )
    return steps


def _phase(milestone: Milestone | None, today: date) -> str:
    if milestone is None or milestone.starts_on is None or today < milestone.starts_on:
        return "later"
    return "done" if milestone.ends_on and today > milestone.ends_on else "now"


def _tools(request: HttpRequest, campaign: Campaign) -> list[dict[str, Any]]:
    return [
        _link(request, "活动设置", f"/campaigns/{campaign.code}/settings/", "settings"),
        _link(request, "秘书处人员", reverse("people:members"), "users"),
        _link(request, "导出任务", "/reviews/exports/", "file-export"),
        _link(request, "单位和账号", reverse("accounts:organisations"), "building"),
        _link(request, "账号申请", reverse("accounts:registrations"), "user-plus"),
        _link(request, "消息", "/messages/", "bell"),
        _link(request, "投诉和诚信", "/conduct/", "scale"),
        _link(request, "操作日志", "/audit/", "history"),
    ]


def _other_seats(actor: Actor) -> list[dict[str, str]]:
    return [
        {
            "id": str(seat.key),
            "label": f"{CHANNELS[seat.role]}：{seat.organisation.label}（{seat.get_duty_display()}）",
        }
        for seat in seats_of(actor.user)
        if seat.pk != actor.membership.pk
    ]


def _urls(actor: Actor | None) -> dict[str, str]:
    found = {
        "home": reverse("home"),
        "sign_in": reverse("accounts:sign_in"),
        "sign_out": reverse("accounts:sign_out"),
        "verify": "/verify/",
        "help": reverse("notices:help"),
        "clock": reverse("clock"),
    }
    if actor:
        found |= {
            "start": reverse("accounts:start"),
            "messages": "/messages/",
            "account": reverse("accounts:account"),
        }
    if actor and actor.role != Role.JUDGE:
        found["members"] = reverse("people:members")
    if _is(actor, Role.ASSOCIATION):
        found["search"] = "/reviews/entries/"
    return found
