"""活动资料, 奖项、公示和证书: blocks of the campaign's own words and numbers."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns import impact, settings_actions, settings_rules
from qcportal.campaigns.guide import url_of
from qcportal.campaigns.models import Campaign
from qcportal.campaigns.settings_forms import BLOCK_FORMS, SettingForm, block_form
from qcportal.campaigns.views import rubrics
from qcportal.campaigns.views.pages import (
    blocks_of,
    by_script,
    not_saved,
    own_campaign,
    settings_page,
)
from qcportal.clock import now
from qcportal.refusals import Refusal, Refused

TEMPLATES = {"profile": "campaigns/profile.html", "honours": "campaigns/honours.html"}


@acting_as(Role.ASSOCIATION)
@require_safe
def profile(request: HttpRequest, code: str) -> HttpResponse:
    return _tab(request, own_campaign(request, code), "profile")


@acting_as(Role.ASSOCIATION)
@require_safe
def honours(request: HttpRequest, code: str) -> HttpResponse:
    return _tab(request, own_campaign(request, code), "honours")


def _tab(
    request: HttpRequest,
    campaign: Campaign,
    tab: str,
    typed: dict[str, SettingForm] | None = None,
    cautions: list[Refusal] | None = None,
    status: int = 200,
) -> HttpResponse:
    if tab == "rubrics":
        return rubrics.page(request, campaign, typed=typed, cautions=cautions or [], status=status)  # fmt: skip
    more: dict[str, Any] = {"blocks": blocks_of(campaign, tab, typed, cautions or [])}
    if tab == "honours":
        awards = settings_rules.LINES["awards"].rows(campaign)
        more |= {
            "awards": awards,
            "seen": settings_rules.lines_seen("awards", awards),
            "number": settings_rules.example_number(campaign),
            "level": awards[0].code if awards else "1",
        }
    template = TEMPLATES[tab]
    return settings_page(request, template, campaign, tab, status=status, **more)


@acting_as(Role.ASSOCIATION)
def save_block(request: HttpRequest, code: str, block: str) -> HttpResponse:
    """One block; by script for a draft, by button always."""
    campaign = own_campaign(request, code)
    if block not in BLOCK_FORMS:
        raise Http404
    tab = BLOCK_FORMS[block][2]
    if request.method != "POST":
        return redirect(url_of(tab, code))
    form = block_form(campaign, block, request.POST)
    stale, at = False, now()
    if form.is_valid():
        try:
            saved = settings_actions.save_block(
                campaign.pk, block, form.values(), by=request.actor, at=at,
                confirmed=form.cleaned_data["confirmed"], **form.said,
            )  # fmt: skip
            return _saved(request, saved, block, tab)
        except Refused as no:
            stale = "stale_version" in no.codes
            form.refuse(no.refusals)
    if by_script(request):
        return not_saved(form.errors, stale=stale)
    found = _cautions(campaign, block, form, at)
    status = 409 if stale else 422
    return _tab(request, campaign, tab, {block: form}, found, status)


def _saved(request: HttpRequest, saved: Campaign, block: str, tab: str) -> HttpResponse:
    if by_script(request):
        seen = settings_rules.block_seen(saved, block)
        return JsonResponse({"version": seen, "saved_at": now().isoformat()})
    messages.success(request, f"“{BLOCK_FORMS[block][1]}”已保存。")
    return redirect(f"{url_of(tab, saved.code)}#{block}")


def _cautions(
    campaign: Campaign, block: str, form: SettingForm, at: Any
) -> list[Refusal]:
    """What this change brings, in words, beside what stands against it."""
    values = form.values()
    fields = settings_rules.differing(campaign, values, settings_rules.BLOCKS[block])
    change = impact.Change(campaign, block, fields, values)
    return [r for r in impact.affected(change, at) if r.kind == "caution"]
