"""时间和节点: windows to the minute, with a second thought before shutting people out."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns import (
    actions,
    impact,
    rubric_shows,
    settings_rules,
    shows,
    time_actions,
)
from qcportal.campaigns.forms import ExtendForm, WindowForm
from qcportal.campaigns.models import Campaign, Category, Window
from qcportal.campaigns.stages import ONLINE_STAGES, Stage
from qcportal.campaigns.views.pages import own_campaign, settings_page
from qcportal.clock import now
from qcportal.refusals import Refusal, Refused

CHANGES_SHOWN = 20


@acting_as(Role.ASSOCIATION)
def settings(request: HttpRequest, code: str) -> HttpResponse:
    return _page(request, own_campaign(request, code), now())


def _page(
    request: HttpRequest,
    campaign: Campaign,
    at: datetime,
    *,
    typed: dict[str, forms.Form] | None = None,
    cautions: dict[str, list[Refusal]] | None = None,
) -> HttpResponse:
    """The page; ``typed`` are forms by place (stage, stage-category or ``all``) to be
    shown as they came."""
    typed, cautions = typed or {}, cautions or {}
    lines = [
        (
            line,
            typed.get(line.place) or WindowForm(window=line.window),
            cautions.get(line.place, []),
        )
        for line in shows.stage_lines(campaign, at)
    ]
    rows = settings_rules.LINES["milestones"].rows(campaign)
    return settings_page(
        request, "campaigns/settings.html", campaign, "times", at=at, typed=typed,
        lines=lines, extend=typed.get("all") or ExtendForm(),
        extend_cautions=cautions.get("all", []),
        absent=_absent(campaign, typed, cautions), own_times=_own_times(campaign),
        milestones=rows, seen=settings_rules.lines_seen("milestones", rows),
        quotas=shows.quota_lines(campaign),
        rubrics=rubric_shows.in_use(campaign),
        changes=shows.changes(campaign, CHANGES_SHOWN),
    )  # fmt: skip


def _planned(campaign: Campaign, stage: Stage, category: Category | None) -> Window:
    """A window not there yet, beginning as the one for all or the last planned one."""
    like = campaign.window(stage) or max(
        campaign.windows.all(), key=lambda w: w.closes_at, default=None
    )
    window = Window(campaign=campaign, stage=stage, category=category)
    if like:
        window.opens_at, window.closes_at = like.opens_at, like.closes_at
    return window


def _absent(
    campaign: Campaign,
    typed: dict[str, forms.Form],
    cautions: dict[str, list[Refusal]],
) -> list[tuple[Stage, forms.Form]]:
    """Stages without any time, each with the form that plans it."""
    known = {window.stage for window in campaign.windows.all()}
    return [
        (
            stage,
            typed.get(stage.value)
            or WindowForm(window=_planned(campaign, stage, None)),
        )
        for stage in Stage
        if stage not in known
    ]


def _own_times(campaign: Campaign) -> list[tuple[Stage, Category]]:
    """Categories that might have a time of their own and have none."""
    if len(campaign.categories_in_order) < 2:
        return []
    known = {(w.stage, w.category_id) for w in campaign.windows.all()}
    return [
        (stage, category)
        for category in campaign.categories_in_order
        for stage in ONLINE_STAGES
        if (stage.value, category.pk) not in known
    ]


def _category(campaign: Campaign, code: str) -> Category | None:
    return get_object_or_404(campaign.categories, code=code) if code else None


def _stage(name: str) -> Stage:
    if name not in Stage.values:
        raise Http404
    return Stage(name)


@acting_as(Role.ASSOCIATION)
def move_window(
    request: HttpRequest, code: str, stage: str, category: str = ""
) -> HttpResponse:
    """One window's new times; plans it where there is none. What would shut people out
    is asked for twice."""
    campaign, at = own_campaign(request, code), now()
    kept, own = _stage(stage), _category(campaign, category)
    window = campaign.windows.filter(stage=stage, category=own).first()
    if request.method != "POST":
        return _own_page(request, campaign, window or _planned(campaign, kept, own))
    if window is None:
        return _plan(request, campaign, kept, own, at)
    window.campaign = campaign
    form = WindowForm(request.POST, window=window)
    return _moved(request, campaign, form, shows.place_of(window), [window], at)


def _own_page(
    request: HttpRequest,
    campaign: Campaign,
    window: Window,
    form: WindowForm | None = None,
    cautions: list[Refusal] | None = None,
) -> HttpResponse:
    """One window on a page of its own: a category's, or one that is being planned."""
    window.campaign = campaign
    return settings_page(
        request, "campaigns/window.html", campaign, "times", window=window,
        stage=Stage(window.stage), form=form or WindowForm(window=window),
        cautions=cautions or [], status=422 if form else 200,
        general=campaign.window(Stage(window.stage)),
    )  # fmt: skip


def _plan(
    request: HttpRequest,
    campaign: Campaign,
    stage: Stage,
    category: Category | None,
    at: datetime,
) -> HttpResponse:
    window = _planned(campaign, stage, category)
    form = WindowForm(request.POST, window=window)
    if form.is_valid():
        data = form.cleaned_data
        try:
            time_actions.plan_window(
                campaign.pk, stage, category, opens_at=data["opens_at"],
                closes_at=data["closes_at"], advised_at=data["advised_at"],
                reason=data["reason"], by=request.actor, at=at,
            )  # fmt: skip
            messages.success(request, f"“{stage.label}”的时间已安排。")
            return redirect("campaigns:settings", campaign.code)
        except Refused as no:
            _refuse(form, no)
    return _own_page(request, campaign, window, form)


@acting_as(Role.ASSOCIATION)
@require_POST
def drop_window(
    request: HttpRequest, code: str, stage: str, category: str
) -> HttpResponse:
    """The category goes by the time for all again."""
    campaign = own_campaign(request, code)
    own = get_object_or_404(campaign.categories, code=category)
    time_actions.drop_window(
        campaign.pk, _stage(stage), own, reason=request.POST.get("reason", "")[:200],
        confirmed="confirmed" in request.POST, by=request.actor, at=now(),
    )  # fmt: skip
    messages.success(request, f"“{own.name}”改用各类共用的时间。")
    return redirect("campaigns:settings", code)


@require_POST
@acting_as(Role.ASSOCIATION)
def extend_windows(request: HttpRequest, code: str) -> HttpResponse:
    """One new closing for every online stage, all or none."""
    campaign, at = own_campaign(request, code), now()
    windows = [w for w in campaign.windows.all() if w.stage in ONLINE_STAGES]
    for window in windows:
        window.campaign = campaign
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
        found = _cautions(campaign, form, windows, at)
        asked = campaign.published_at is not None and shows.needs_confirming(found)
        form.fields["confirmed"].required = asked
        sure = form.cleaned_data["confirmed"] or not asked
        if sure and _move_all(request, form, windows, at):
            closes = shows.day(form.cleaned_data["closes_at"])
            messages.success(request, f"已改好，{closes} 关闭。改动记在下面。")
            return redirect("campaigns:settings", campaign.code)
    if place != "all" and windows[0].category_id:
        return _own_page(request, campaign, windows[0], form, found)
    return _page(request, campaign, at, typed={place: form}, cautions={place: found})


def _cautions(
    campaign: Campaign, form: forms.Form, windows: list[Window], at: datetime
) -> list[Refusal]:
    """Each caution once, whichever of the windows it comes from."""
    data, found = form.cleaned_data, {}
    for window in windows:
        old = (window.opens_at, window.closes_at)
        opens_at = data.get("opens_at") or window.opens_at
        new = {"opens_at": opens_at, "closes_at": data["closes_at"]}
        notes = shows.cautions(
            Stage(window.stage), opens_at, data["closes_at"], at, old
        )
        change = impact.Change(
            campaign, "window", frozenset(new), new, of=window,
            category=window.category, stage=window.stage,
        )  # fmt: skip
        found |= {note.message: note for note in notes}
        found |= {note.message: note for note in impact.affected(change, at)}
    return list(found.values())


def _refuse(form: forms.Form, no: Refused) -> None:
    for refusal in no.refusals:
        field = refusal.field if refusal.field in form.fields else None
        form.add_error(field, refusal.message)


def _move_all(
    request: HttpRequest, form: forms.Form, windows: list[Window], at: datetime
) -> bool:
    """Move every window, all or none; refusals go to the form's fields."""
    data = form.cleaned_data
    if len(windows) > 1:  # those that close then already are left alone
        windows = [w for w in windows if w.closes_at != data["closes_at"]] or windows
    one = "opens_at" in data
    try:
        with transaction.atomic():
            for window in windows:
                actions.move_window(
                    window.pk, opens_at=data.get("opens_at") or window.opens_at,
                    closes_at=data["closes_at"], reason=data["reason"],
                    advised_at=data.get("advised_at"),
                    keep_advised=not one or "advised_at" not in form.data,
                    seen=data.get("seen"), by=request.actor, at=at,
                )  # fmt: skip
    except Refused as no:
        _refuse(form, no)
        return False
    return True
