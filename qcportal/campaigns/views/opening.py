"""检查并发布: what is missing, then open; later 办结 and 重新打开, each with a reason."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns import actions, guide, settings_actions
from qcportal.campaigns import settings_rules as rules
from qcportal.campaigns.models import Campaign
from qcportal.campaigns.settings_forms import EndingForm
from qcportal.campaigns.views.pages import own_campaign, settings_page
from qcportal.clock import now
from qcportal.refusals import Refused


@acting_as(Role.ASSOCIATION)
@require_safe
def opening(request: HttpRequest, code: str) -> HttpResponse:
    return _page(request, own_campaign(request, code))


def _page(
    request: HttpRequest, campaign: Campaign, form: EndingForm | None = None
) -> HttpResponse:
    at = now()
    form = form or EndingForm()
    found = []
    if campaign.published_at is not None and campaign.ended_at is None:
        found = [
            r
            for r in rules.why_not_end(campaign, request.actor, "-", at)
            if r.kind == "caution" or r.code == "window_open"
        ]
    return settings_page(
        request, "campaigns/opening.html", campaign, "opening", at=at, form=form, against=found,
        asks_tick=any(r.kind == "caution" for r in found),
        status=422 if form.is_bound else 200,
    )  # fmt: skip


@acting_as(Role.ASSOCIATION)
@require_POST
def publish(request: HttpRequest, code: str) -> HttpResponse:
    """Open it to everybody, if nothing is missing."""
    campaign = own_campaign(request, code)
    settings_actions.publish(campaign.pk, by=request.actor, at=now())
    messages.success(
        request, f"“{campaign.name}”已发布，首页和各通道按设定的时间开放。"
    )
    return redirect("campaigns:opening", code)


@acting_as(Role.ASSOCIATION)
@require_POST
def end(request: HttpRequest, code: str) -> HttpResponse:
    """办结, with a reason and a tick where something is left."""
    campaign = own_campaign(request, code)
    form = EndingForm(request.POST)
    if form.is_valid():
        try:
            settings_actions.end(
                campaign.pk, reason=form.cleaned_data["reason"],
                confirmed=form.cleaned_data["confirmed"], by=request.actor, at=now(),
            )  # fmt: skip
            messages.success(request, "活动已办结。都还能看，不能再改。")
            return redirect("campaigns:opening", code)
        except Refused as no:
            _refuse(form, no)
    return _page(request, campaign, form)


@acting_as(Role.ASSOCIATION)
@require_POST
def reopen(request: HttpRequest, code: str) -> HttpResponse:
    campaign = own_campaign(request, code)
    form = EndingForm(request.POST)
    if form.is_valid():
        try:
            settings_actions.reopen(
                campaign.pk, reason=form.cleaned_data["reason"],
                by=request.actor, at=now(),
            )  # fmt: skip
            messages.success(
                request, "活动已重新打开。各环节的时间没有变，要延长请到“时间和节点”。"
            )
            return redirect("campaigns:opening", code)
        except Refused as no:
            _refuse(form, no)
    return _page(request, campaign, form)


def _refuse(form: EndingForm, no: Refused) -> None:
    for refusal in no.refusals:
        field = refusal.field if refusal.field in form.fields else None
        form.add_error(field, refusal.message)


@acting_as(Role.ASSOCIATION)
@require_POST
def check_setting(request: HttpRequest, code: str) -> HttpResponse:
    """Tick a line of 请核对 off (``done``), or take the tick back."""
    campaign = own_campaign(request, code)
    act = actions.check_setting if "done" in request.POST else actions.uncheck_setting
    act(campaign, request.POST.get("text", ""), by=request.actor, at=now())
    back = guide.url_of(request.POST.get("tab", ""), code)
    return redirect(f"{back}#please-check")
