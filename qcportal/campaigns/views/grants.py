"""单独调整的名额: places beyond the rules, each with its reason."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns import actions, quotas
from qcportal.campaigns.models import Campaign
from qcportal.campaigns.quota_forms import GrantEndForm, GrantForm, body_names
from qcportal.campaigns.quota_shows import grant_what
from qcportal.campaigns.shows import type_labels
from qcportal.campaigns.views.pages import own_campaign, settings_page
from qcportal.clock import now
from qcportal.refusals import Refused

ANY = ["GET", "HEAD", "POST"]
PER_PAGE = 25


@acting_as(Role.ASSOCIATION)
@require_http_methods(ANY)
def grants(request: HttpRequest, code: str) -> HttpResponse:
    """The list, the newest first, and a form for one more."""
    campaign = own_campaign(request, code)
    bodies = body_names(campaign)
    form = GrantForm(
        request.POST or None, campaign=campaign, bodies=bodies,
        seen=quotas.grants_seen(campaign),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid() and _given(request, campaign, form):
        return redirect("campaigns:grants", code)
    rows = campaign.quota_grants.select_related("recommender", "category", "by")
    page = Paginator(rows.order_by("-at", "-pk"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    types = type_labels(campaign)
    return settings_page(
        request, "campaigns/grants.html", campaign, "quotas", form=form, page=page,
        status=422 if request.method == "POST" else 200, bodies=bodies,
        rows=[(one, grant_what(campaign, one, types)) for one in page],
    )  # fmt: skip


def _given(request: HttpRequest, campaign: Campaign, form: GrantForm) -> bool:
    data = form.cleaned_data
    try:
        actions.grant_places(
            campaign, data["recommender"], category=data["category"],
            topic_type=data["topic_type"], extra=data["extra"], reason=data["reason"],
            seen=data["version"], by=request.actor, at=now(),
        )  # fmt: skip
    except Refused as no:
        form.refuse(no.refusals)
        return False
    messages.success(request, "已调整，对方的工作台马上显示新的名额和原因。")
    return True


@acting_as(Role.ASSOCIATION)
@require_http_methods(ANY)
def end(request: HttpRequest, code: str, grant: int) -> HttpResponse:
    """Take one back, with a reason; never below what the body has used."""
    campaign = own_campaign(request, code)
    found = get_object_or_404(
        campaign.quota_grants.select_related("recommender", "category", "by"), pk=grant
    )
    form = GrantEndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.end_grant(
                found.pk, reason=form.cleaned_data["reason"], by=request.actor, at=now()
            )
            messages.success(request, "已收回这次调整。")
            return redirect("campaigns:grants", code)
        except Refused as no:
            form.refuse(no.refusals)
    return settings_page(
        request, "campaigns/grant_end.html", campaign, "quotas", form=form, grant=found,
        what=grant_what(campaign, found, type_labels(campaign)),
        status=422 if request.method == "POST" else 200,
    )  # fmt: skip
