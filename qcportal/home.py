"""The roof's own pages: home, health, the server's clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from qcportal import clock
from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.audit.standing import standing
from qcportal.campaigns import access
from qcportal.campaigns.models import Campaign
from qcportal.frame import window_bar
from qcportal.notices.models import Notice, NoticeAttachment
from reviews.models import Publication, PublicationEntry

# The home page's three doors: who, what they do, and the first button.
GATES = [
    ("第一步", "班组通道", "质量管理小组填报", "users-group", "group", "填报成果",
     "填写成果申报表，上传成果报告和活动记录，随时查看办到哪一步。"),
    ("第二步", "单位通道", "小组所在单位审核", "rubber-stamp", "unit", "出具意见",
     "核对材料、完成自我评价评分，出具推荐意见并加盖公章。"),
    ("第三步", "推荐通道", "区、行业、集团公司", "list-numbers", "recommender", "评审推荐",
     "评审排序、择优推荐，报送活动总结、统计表和推荐表。"),
]  # fmt: skip


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The public entrance: campaign, countdown, channels, timetable, notices."""
    at = clock.now()
    campaign = Campaign.objects.select_related("host").newest()
    facts: dict[str, Any] = {"campaign": campaign, "gates": GATES}
    if campaign:
        facts |= _campaign_facts(campaign, at)
    return render(request, "public/home.html", facts)


@acting_as(Role.ASSOCIATION)
@require_safe
def preview(request: HttpRequest, code: str) -> HttpResponse:
    """The home page as it will be with a campaign that is being set up."""
    campaign = get_object_or_404(
        access.run_by(request.actor).select_related("host"), code=code
    )
    facts = {"campaign": campaign, "gates": GATES, "preview": True}
    facts |= _campaign_facts(campaign, clock.now())
    return render(request, "public/home.html", facts)


def _campaign_facts(campaign: Campaign, at: datetime) -> dict[str, Any]:
    window = window_bar(campaign, None, at)
    opens = campaign.window("recommending")
    attachments = NoticeAttachment.objects.filter(
        notice__campaign=campaign, notice__published_at__lte=at
    ).select_related("document")
    return {
        "window": window,
        "status": _status(window, opens, at),
        "milestones": [_milestone(m, at) for m in campaign.milestones.filter(on_home=True)],
        "notices": Notice.objects.filter(campaign=campaign).public_at(at)[:5],
        "attachments": attachments,
        "cases": _cases(),
        "allows_direct": any(c.allows_direct for c in campaign.categories_in_order),
        "results": Publication.objects.filter(kind=Publication.Kind.RESULTS, replaced_by__isnull=True)
        .select_related("campaign").first(),
    }  # fmt: skip


def _status(window: Any, recommending: Any, at: datetime) -> str:
    if recommending is None:
        return "准备中"
    if at < recommending.opens_at:
        return "在线申报还没开放"
    return "在线申报进行中" if window else "在线申报已关闭"


def _milestone(found: Any, at: datetime) -> dict[str, Any]:
    today = timezone.localdate(at)
    state = "later"
    if found.starts_on and found.starts_on <= today:
        state = "done" if found.ends_on and found.ends_on < today else "now"
    return {"when": found.label, "label": found.title, "state": state,
            "note": "" if found.warns else found.note,
            "deadline": found.note if found.warns else ""}  # fmt: skip


def _cases() -> list[PublicationEntry]:
    """Three published results with figures before and after, newest year first."""
    found = PublicationEntry.objects.filter(
        publication__kind=Publication.Kind.RESULTS,
        publication__replaced_by__isnull=True,
    ).select_related("publication__campaign")
    with_figures = (
        found.exclude(measure={}).exclude(measure__before="").exclude(measure__after="")
    )
    return list(with_figures.order_by("-publication__campaign__year", "order")[:3])


@login_not_required
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 when the database answers; what watchers and containers ask. ``books``: how
    the last nightly check ended (``ok``, ``fault``, ``never``) and when."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok", "books": _books()})


def _books() -> dict[str, str]:
    found = standing()
    if found is None:
        return {"state": "never"}
    return {"state": "fault" if found.count else "ok", "at": found.at.isoformat()}


@login_not_required
@require_safe
def server_clock(request: HttpRequest) -> JsonResponse:
    """The instant (ISO 8601) by the clock that judges deadlines."""
    answer = JsonResponse({"now": clock.now().isoformat()})
    answer["Cache-Control"] = "no-store"
    return answer


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's token is gone (long pause, cookies off): say so, keep the page."""
    return render(request, "errors/csrf.html", status=403)
