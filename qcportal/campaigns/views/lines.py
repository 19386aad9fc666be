"""Milestones, prizes, items of the formal check: one line on a page of its own."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns import impact, settings_actions
from qcportal.campaigns import settings_rules as rules
from qcportal.campaigns.guide import url_of
from qcportal.campaigns.models import Campaign
from qcportal.campaigns.settings_forms import RemoveForm, SettingForm, line_form
from qcportal.campaigns.views.pages import own_campaign, settings_page
from qcportal.clock import now
from qcportal.refusals import Refusal, Refused

TAB_OF = {"milestones": "times", "awards": "honours", "checks": "checks"}
ANY = ["GET", "HEAD", "POST"]


@acting_as(Role.ASSOCIATION)
@require_safe
def checks(request: HttpRequest, code: str) -> HttpResponse:
    campaign = own_campaign(request, code)
    rows = rules.LINES["checks"].rows(campaign)
    return settings_page(
        request, "campaigns/checks.html", campaign, "checks", rows=rows,
        seen=rules.lines_seen("checks", rows),
    )  # fmt: skip


def _rows(campaign: Campaign, kind: str) -> list[Any]:
    if kind not in rules.LINES:
        raise Http404
    return rules.LINES[kind].rows(campaign)


def _row(rows: list[Any], place: int) -> Any:
    if not 1 <= place <= len(rows):
        raise Http404
    return rows[place - 1]


def _home(kind: str, code: str) -> str:
    return f"{url_of(TAB_OF[kind], code)}#{kind}"


@acting_as(Role.ASSOCIATION)
@require_http_methods(ANY)
def add(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    campaign = own_campaign(request, code)
    rows = _rows(campaign, kind)
    seen = rules.lines_seen(kind, rows)
    form = line_form(campaign, kind, None, seen, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            settings_actions.add_line(
                campaign.pk,
                kind,
                form.values(),
                by=request.actor,
                at=now(),
                **form.said,
            )
            messages.success(request, f"已增加{rules.LINES[kind].noun}。")
            return redirect(_home(kind, code))
        except Refused as no:
            form.refuse(no.refusals)
    return _page(request, campaign, kind, form, None)


@acting_as(Role.ASSOCIATION)
@require_http_methods(ANY)
def change(request: HttpRequest, code: str, kind: str, place: int) -> HttpResponse:
    campaign = own_campaign(request, code)
    rows = _rows(campaign, kind)
    row, at = _row(rows, place), now()
    form = line_form(
        campaign, kind, row, rules.lines_seen(kind, rows), request.POST or None
    )
    found: list[Refusal] = []
    if request.method == "POST" and form.is_valid():
        values = form.values()
        try:
            settings_actions.save_line(
                campaign.pk, kind, place, values, by=request.actor, at=at,
                confirmed=form.cleaned_data["confirmed"], **form.said,
            )  # fmt: skip
            messages.success(request, f"{rules.LINES[kind].noun}已保存。")
            return redirect(_home(kind, code))
        except Refused as no:
            form.refuse(no.refusals)
        fields = rules.differing(row, values, rules.LINES[kind].fields)
        found = impact.affected(
            impact.Change(campaign, kind, fields, values, of=row), at
        )
    return _page(request, campaign, kind, form, place, found)


def _page(
    request: HttpRequest,
    campaign: Campaign,
    kind: str,
    form: SettingForm,
    place: int | None,
    found: list[Refusal] | None = None,
) -> HttpResponse:
    status = 422 if request.method == "POST" else 200
    return settings_page(
        request, "campaigns/line.html", campaign, TAB_OF[kind], status=status, form=form, kind=kind,
        place=place, noun=rules.LINES[kind].noun, back=_home(kind, campaign.code),
        cautions=[r for r in found or [] if r.kind == "caution"],
    )  # fmt: skip


@acting_as(Role.ASSOCIATION)
@require_POST
def move(request: HttpRequest, code: str, kind: str, place: int) -> HttpResponse:
    """Up or down by one (``step`` is -1 or 1)."""
    campaign = own_campaign(request, code)
    _row(_rows(campaign, kind), place)
    settings_actions.move_line(
        campaign.pk, kind, place, -1 if request.POST.get("step") == "-1" else 1,
        seen=request.POST.get("version", ""), reason="调整顺序",
        by=request.actor, at=now(),
    )  # fmt: skip
    return redirect(_home(kind, code))


@acting_as(Role.ASSOCIATION)
@require_http_methods(ANY)
def remove(request: HttpRequest, code: str, kind: str, place: int) -> HttpResponse:
    """Says what hangs on the line, then asks once."""
    campaign = own_campaign(request, code)
    rows = _rows(campaign, kind)
    row, at = _row(rows, place), now()
    found = impact.affected(impact.Change(campaign, kind, of=row, removing=True), at)
    form = RemoveForm(
        request.POST or None, campaign=campaign, prefix_id="remove",
        seen=rules.lines_seen(kind, rows),
    )  # fmt: skip
    form.asks_tick = any(r.kind == "caution" for r in found)
    if request.method == "POST" and form.is_valid():
        try:
            settings_actions.remove_line(
                campaign.pk, kind, place, by=request.actor, at=at,
                confirmed=form.cleaned_data["confirmed"], **form.said,
            )  # fmt: skip
            messages.success(request, f"已删除{rules.LINES[kind].noun}。")
            return redirect(_home(kind, code))
        except Refused as no:
            form.refuse(no.refusals)
    status = 422 if request.method == "POST" else 200
    return settings_page(
        request, "campaigns/remove.html", campaign, TAB_OF[kind], status=status, form=form, found=found,
        noun=rules.LINES[kind].noun, name=settings_actions.name_of(row),
        back=_home(kind, code),
    )  # fmt: skip
