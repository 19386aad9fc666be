"""差异对照: a forwarded campaign beside the higher association's."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns import differences as presenting
from qcportal.campaigns import forward_actions, forwarding
from qcportal.campaigns.models import Campaign
from qcportal.campaigns.views.pages import own_campaign, settings_page
from qcportal.clock import now

PER_PAGE = 25


def forwarded_campaign(request: HttpRequest, code: str) -> Campaign:
    """The actor's own campaign, if it was forwarded."""
    campaign = own_campaign(request, code)
    if campaign.higher is None:
        raise Http404
    return campaign


@acting_as(Role.ASSOCIATION)
@require_safe
def differences(request: HttpRequest, code: str) -> HttpResponse:
    """Line by line; ``?only=different`` leaves out what is equal."""
    campaign, at = forwarded_campaign(request, code), now()
    news = campaign.higher_changes.exclude(seen_at=F("at"))  # known when forwarded
    changes = news.order_by("-at", "-pk")
    page = Paginator(changes, PER_PAGE).get_page(request.GET.get("page"))
    only = request.GET.get("only") == "different"
    found = presenting.parts(campaign, at)
    return settings_page(
        request, "campaigns/differences.html", campaign, "differences", at=at,
        parts=[(p, p.differing if only else p.lines) for p in found], only=only,
        count=sum(len(p.differing) for p in found), page=page,
        unseen=forwarding.unseen(campaign).count(),
        newest=max((change.pk for change in page), default=0) if page.number == 1 else 0,
    )  # fmt: skip


@acting_as(Role.ASSOCIATION)
@require_POST
def see_changes(request: HttpRequest, code: str) -> HttpResponse:
    """都看过了: what the page showed; what came since stays marked."""
    campaign = forwarded_campaign(request, code)
    shown = request.POST.get("up_to", "")
    up_to = int(shown) if shown.isdecimal() and len(shown) <= 18 else 0
    forward_actions.see_changes(campaign.pk, up_to, by=request.actor, at=now())
    messages.success(request, "已记下：上级的改动看过了。")
    return redirect("campaigns:differences", code)


@acting_as(Role.ASSOCIATION)
@require_POST
def take_form(request: HttpRequest, code: str, category: str) -> HttpResponse:
    """The higher association's newest form becomes the draft of a new version."""
    campaign = forwarded_campaign(request, code)
    found = get_object_or_404(campaign.categories, code=category)
    begun = forward_actions.take_form(
        campaign.pk, found.code, by=request.actor, at=now()
    )
    messages.success(
        request, f"已用上级的申报表起了第 {begun.version} 版草稿，看过再发布。"
    )
    return redirect("forms:edit", code, category)
