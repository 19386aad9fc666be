"""活动设置: windows to the minute, everything else of the notice to be read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns import access, actions, shows
from qcportal.campaigns.chosen import SESSION_KEY
from qcportal.campaigns.forms import ExtendForm, WindowForm
from qcportal.campaigns.models import Campaign, Rubric, Window
from qcportal.campaigns.stages import ONLINE_STAGES, Stage
from qcportal.clock import now
from qcportal.refusals import Refusal, Refused

CHANGES_SHOWN = 20


def _campaign(request: HttpRequest, code: str) -> Campaign:
    """The campaign, if the actor runs it; it is the one at work on from now on."""
    own = access.run_by(request.actor).prefetch_related("windows", "categories")
    campaign = get_object_or_404(own, code=code)
    request.session[SESSION_KEY] = campaign.code
    return campaign


@acting_as(Role.ASSOCIATION)
def settings(request: HttpRequest, code: str) -> HttpResponse:
    return _page(request, _campaign(request, code), now())


def _page(
    request: HttpRequest,
    campaign: Campaign,
    at: datetime,
    *,
    typed: dict[str, forms.Form] | None = None,
    cautions: dict[str, list[Refusal]] | None = None,
) -> HttpResponse:
    """The page; ``typed`` are forms by stage (or ``all``) to be shown as they came."""
    typed, cautions = typed or {}, cautions or {}
    lines = [
        (
            line,
            typed.get(line.window.stage) or WindowForm(window=line.window),
            cautions.get(line.window.stage, []),
        )
        for line in shows.stage_lines(campaign, at)
    ]
    context = {
        "campaign": campaign, "campaigns": access.run_by(request.actor), "at": at,
        "lines": lines, "extend": typed.get("all") or ExtendForm(),
        "extend_cautions": cautions.get("all", []), "typed": typed,
        **_notice(campaign),
    }  # fmt: skip
    return render(request, "campaigns/settings.html", context)


def _notice(campaign: Campaign) -> dict[str, Any]:
    """What the notice lays down, to be read."""
    rubrics = Rubric.objects.filter(category__campaign=campaign).prefetch_related(
        "criteria"
    )
    return {
        "milestones": campaign.milestones.all(),
        "quotas": shows.quota_lines(campaign),
        "rubrics": [(rubric, shows.weights(rubric)) for rubric in rubrics],
        "award_levels": campaign.award_levels.all(),
        "check_items": campaign.check_items.all(),
        "form_versions": [
            c.newest_form for c in campaign.categories_in_order if c.newest_form
        ],
        "changes": shows.changes(campaign, CHANGES_SHOWN),
    }


@require_POST
@acting_as(Role.ASSOCIATION)
def move_window(request: HttpRequest, code: str, stage: str) -> HttpResponse:
    """One stage's new times. What would shut people out is asked for twice."""
    campaign, at = _campaign(request, code), now()
    window = get_object_or_404(Window, campaign=campaign, stage=stage)
    form = WindowForm(request.POST, window=window)
    return _moved(request, campaign, form, stage, [window], at)


@require_POST
@acting_as(Role.ASSOCIATION)
def extend_windows(request: HttpRequest, code: str) -> HttpResponse:
    """One new closing for every online stage, all or none."""
    campaign, at = _campaign(request, code), now()
    windows = [w for stage in ONLINE_STAGES if (w := campaign.window(stage))]
    return _moved(request, campaign, ExtendForm(request.POST), "all", windows, at)


def _moved(
    request: HttpRequest,
    campaign: Campaign,
    form: forms.Form,
    place: str,
    windows: list[Window],
    at: datetime,
) -> HttpResponse:
    found: list[Refusal] = []
    if form.is_valid():
        found = _cautions(form, windows, at)
        form.fields["confirmed"].required = shows.needs_confirming(found)
        sure = form.cleaned_data["confirmed"] or not shows.needs_confirming(found)
        if sure and _move_all(request, form, windows, at):
            closes = shows.day(form.cleaned_data["closes_at"])
            messages.success(request, f"已改好，{closes} 关闭。改动记在下面。")
            return redirect("campaigns:settings", campaign.code)
    return _page(request, campaign, at, typed={place: form}, cautions={place: found})


def _cautions(form: forms.Form, windows: list[Window], at: datetime) -> list[Refusal]:
    """Each caution once, whichever of the windows it comes from."""
    data, found = form.cleaned_data, {}
    for window in windows:
        old = (window.opens_at, window.closes_at)
        opens_at = data.get("opens_at") or window.opens_at
        notes = shows.cautions(
            Stage(window.stage), opens_at, data["closes_at"], at, old
        )
        found |= {note.message: note for note in notes}
    return list(found.values())


def _move_all(
    request: HttpRequest, form: forms.Form, windows: list[Window], at: datetime
) -> bool:
    """Move every window, all or none; refusals go to the form's fields."""
    data = form.cleaned_data
    if len(windows) > 1:  # those that close then already are left alone
        windows = [w for w in windows if w.closes_at != data["closes_at"]] or windows
    try:
        with transaction.atomic():
            for window in windows:
                actions.move_window(
                    window.pk, opens_at=data.get("opens_at") or window.opens_at,
                    closes_at=data["closes_at"], reason=data["reason"],
                    by=request.actor, at=at,
                )  # fmt: skip
    except Refused as no:
        _attach(form, no)
        return False
    return True


def _attach(form: forms.Form, no: Refused) -> None:
    """Refusals at the fields they name, else over the form."""
    for refusal in no.refusals:
        field = refusal.field if refusal.field in form.fields else None
        form.add_error(field, refusal.message)
