"""名额: the table of numbers, the rules beside it, and who gets how many by them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns import (
    quota_actions,
    quota_rules,
    quota_shows,
    quota_words,
    quotas,
)
from qcportal.campaigns.models import Campaign, QuotaRule
from qcportal.campaigns.quota_forms import (
    PreviewFilters,
    TableForm,
    body_names,
    rule_form,
)
from qcportal.campaigns.settings_forms import RemoveForm, SettingForm
from qcportal.campaigns.shows import type_labels
from qcportal.campaigns.views.pages import own_campaign, settings_page
from qcportal.clock import now
from qcportal.refusals import Refusal, Refused

ANY = ["GET", "HEAD", "POST"]
PER_PAGE = 25


@acting_as(Role.ASSOCIATION)
@require_http_methods(ANY)
def table(request: HttpRequest, code: str) -> HttpResponse:
    """All numbers together, one button; the other rules below."""
    campaign = own_campaign(request, code)
    board = quota_shows.board(campaign)
    form = TableForm(
        request.POST or None, campaign=campaign, prefix_id="quotas", seen=board.seen,
        numbers=[(one.cell, one.rule) for one in board.numbers], labels=board.labels,
    )  # fmt: skip
    cautions: list[Refusal] | None = []
    if request.method == "POST" and form.is_valid():
        cautions = _done(
            request, form, "名额已保存。",
            lambda **said: quota_actions.save_table(campaign.pk, form.cells(), **said),
        )  # fmt: skip
        if cautions is None:
            return redirect("campaigns:quotas", code)
    return _table_page(request, campaign, board, form, cautions)


def _done(
    request: HttpRequest,
    form: SettingForm,
    words: str,
    act: Callable[..., Iterable[Refusal]],
) -> list[Refusal] | None:
    """None when it was done; else what would follow, with the refusals on the form."""
    try:
        found = act(
            by=request.actor, at=now(), confirmed=form.cleaned_data["confirmed"],
            **form.said,
        )  # fmt: skip
    except Refused as no:
        form.refuse(one for one in no.refusals if one.kind == "refusal")
        return [one for one in no.refusals if one.kind == "caution"]
    messages.success(request, words)
    for caution in found if form.campaign.published_at is None else ():
        messages.warning(request, caution.message)
    return None


def _table_page(
    request: HttpRequest,
    campaign: Campaign,
    board: quota_shows.Board,
    form: TableForm,
    cautions: Any,
) -> HttpResponse:
    def rows(lines: list[quota_shows.NumberLine]) -> list[tuple[Any, Any, bool]]:
        """(line, its number, whether a colleague's number stands behind it)."""
        bound = [(line, form[line.cell.name]) for line in lines]
        return [
            (line, one, form.is_bound and str(one.value() or "") != str(one.initial if one.initial is not None else ""))
            for line, one in bound
        ]  # fmt: skip

    grants = campaign.standing_grants
    return settings_page(
        request, "campaigns/quotas.html", campaign, "quotas",
        status=422 if request.method == "POST" else 200, form=form, board=board,
        units=rows(board.units), bodies=rows(board.bodies), cautions=cautions,
        granted=len({grant.recommender_id for grant in grants}),
        several=len(campaign.categories_in_order) > 1,
    )  # fmt: skip


# --- one rule -----------------------------------------------------------------------


@acting_as(Role.ASSOCIATION)
@require_http_methods(ANY)
def add(request: HttpRequest, code: str) -> HttpResponse:
    campaign = own_campaign(request, code)
    seen, bodies = _seen(campaign), body_names(campaign)
    form = rule_form(campaign, None, seen, bodies, request.POST or None)
    cautions: list[Refusal] | None = []
    if request.method == "POST" and form.is_valid():
        cautions = _done(
            request, form, "已添加一条名额规定。",
            lambda **said: quota_actions.add_rule(campaign.pk, form.values(), **said),
        )  # fmt: skip
        if cautions is None:
            return redirect("campaigns:quotas", code)
    return _rule_page(request, campaign, None, form, cautions, bodies)


@acting_as(Role.ASSOCIATION)
@require_http_methods(ANY)
def change(request: HttpRequest, code: str, rule: int) -> HttpResponse:
    campaign = own_campaign(request, code)
    row = get_object_or_404(campaign.quota_rules.select_related("recommender"), pk=rule)
    seen, bodies = _seen(campaign), body_names(campaign)
    form = rule_form(campaign, row, seen, bodies, request.POST or None)
    cautions: list[Refusal] | None = []
    if request.method == "POST" and form.is_valid():
        cautions = _done(
            request, form, "名额规定已保存。",
            lambda **said: quota_actions.save_rule(
                campaign.pk, rule, form.values(), **said
            ),
        )  # fmt: skip
        if cautions is None:
            return redirect(f"{reverse('campaigns:quotas', args=[code])}#rule-{rule}")
    return _rule_page(request, campaign, row, form, cautions, bodies)


def _seen(campaign: Campaign) -> str:
    return quota_rules.rules_seen(quota_rules.rules_of(campaign))


def _rule_page(
    request: HttpRequest, campaign: Campaign, rule: QuotaRule | None, form: SettingForm,
    cautions: Any, bodies: list[Any],
) -> HttpResponse:  # fmt: skip
    return settings_page(
        request, "campaigns/quota.html", campaign, "quotas",
        status=422 if request.method == "POST" else 200, form=form, rule=rule,
        cautions=cautions, bodies=bodies, now_says=_name(campaign, rule) if rule else "",
        regions=sorted({body.region for body in bodies if body.region}),
    )  # fmt: skip


def _name(campaign: Campaign, rule: QuotaRule) -> str:
    categories = {c.pk: c.name for c in campaign.categories_in_order}
    name = quota_words.name(rule, type_labels(campaign), categories)
    return f"{name} {quota_words.limit(rule)}"


@acting_as(Role.ASSOCIATION)
@require_http_methods(ANY)
def remove(request: HttpRequest, code: str, rule: int) -> HttpResponse:
    """Says what follows, then asks once."""
    campaign = own_campaign(request, code)
    row = get_object_or_404(campaign.quota_rules.select_related("recommender"), pk=rule)
    rules = quota_rules.rules_of(campaign)
    found = quota_rules.foreseen(campaign, [r for r in rules if r.pk != rule], now())
    form = RemoveForm(
        request.POST or None, campaign=campaign, prefix_id="remove",
        seen=quota_rules.rules_seen(rules),
    )  # fmt: skip
    form.asks_tick = any(one.kind == "caution" for one in found)
    if request.method == "POST" and form.is_valid():
        stopped = _done(
            request, form, "已删除一条名额规定。",
            lambda **said: quota_actions.remove_rule(campaign.pk, rule, **said),
        )  # fmt: skip
        if stopped is None:
            return redirect("campaigns:quotas", code)
    return settings_page(
        request, "campaigns/remove.html", campaign, "quotas",
        status=422 if request.method == "POST" else 200, form=form, found=found,
        noun="名额规定", name=_name(campaign, row),
        back=reverse("campaigns:quotas", args=[code]),
    )  # fmt: skip


# --- who gets how many --------------------------------------------------------------


@acting_as(Role.ASSOCIATION)
@require_safe
def preview(request: HttpRequest, code: str) -> HttpResponse:
    campaign, form, at = own_campaign(request, code), PreviewFilters(request.GET), now()
    asked = form.chosen
    bodies = quota_shows.chosen_bodies(
        campaign, words=asked.get("q", ""), kind=asked.get("kind", "")
    )
    page = Paginator(bodies, PER_PAGE).get_page(request.GET.get("page"))
    return settings_page(
        request, "campaigns/quota_preview.html", campaign, "quotas", at=at, page=page,
        rows=quota_shows.body_lines(campaign, list(page), at), form=form, chosen=asked,
        query=request.GET.urlencode(),
        counted=bool(quotas.taken_by(campaign, list(page))),
    )  # fmt: skip
