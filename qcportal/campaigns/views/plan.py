"""类别和渠道: what may be filed, which tiers it passes, under which words."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns import impact, settings_actions
from qcportal.campaigns import settings_rules as rules
from qcportal.campaigns.models import Campaign, Category
from qcportal.campaigns.settings_forms import (
    CategoryForm,
    RemoveForm,
    category_form,
)
from qcportal.campaigns.views.pages import own_campaign, settings_page
from qcportal.clock import now
from qcportal.refusals import Refusal, Refused

ANY = ["GET", "HEAD", "POST"]


def way_words(category: Category) -> str:
    """``单位盖章 → 推荐单位推荐 → 秘书处``."""
    steps = ["班组填报"]
    if category.needs_unit_stamp:
        steps.append("单位盖章")
    if category.needs_recommender:
        steps.append("推荐单位推荐")
    return " → ".join([*steps, "秘书处"])


def _rubric_names(category: Category) -> list[str]:
    """The newest published of every topic type; the rubrics are read already."""
    ordered = sorted(category.rubrics.all(), key=lambda one: one.version)
    newest = {one.topic_type: one for one in ordered if one.published_at}
    return [one.name for one in sorted(newest.values(), key=lambda one: one.pk)]


@acting_as(Role.ASSOCIATION)
@require_safe
def categories(request: HttpRequest, code: str) -> HttpResponse:
    campaign = own_campaign(request, code)
    rows = campaign.categories.order_by("order", "pk").prefetch_related(
        "forms", "rubrics"
    )
    shown = [
        {
            "category": one, "way": way_words(one),
            "forms": max((f.version for f in one.forms.all()), default=0),
            "rubrics": _rubric_names(one),
            "number": rules.example_number(campaign, one),
        }
        for one in rows
    ]  # fmt: skip
    return settings_page(
        request, "campaigns/categories.html", campaign, "categories", rows=shown,
        seen=rules.categories_seen(campaign),
    )  # fmt: skip


@acting_as(Role.ASSOCIATION)
@require_http_methods(ANY)
def add(request: HttpRequest, code: str) -> HttpResponse:
    campaign = own_campaign(request, code)
    form = category_form(campaign, None, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = settings_actions.add_category(
                campaign.pk, form.values(), like=form.cleaned_data["like"],
                by=request.actor, at=now(), **form.said,
            )  # fmt: skip
            messages.success(
                request, f"已增加类别“{made.name}”，申报表和评审表已复制过来。"
            )
            return redirect("campaigns:categories", code)
        except Refused as no:
            form.refuse(no.refusals)
    return _page(request, campaign, form, None)


@acting_as(Role.ASSOCIATION)
@require_http_methods(ANY)
def change(request: HttpRequest, code: str, category: str) -> HttpResponse:
    campaign = own_campaign(request, code)
    row, at = get_object_or_404(campaign.categories, code=category), now()
    form = category_form(campaign, row, request.POST or None)
    found: list[Refusal] = []
    if request.method == "POST" and form.is_valid():
        values = form.values()
        try:
            settings_actions.save_category(
                campaign.pk, category, values, by=request.actor, at=at,
                confirmed=form.cleaned_data["confirmed"], **form.said,
            )  # fmt: skip
            messages.success(request, f"类别“{values['name']}”已保存。")
            return redirect("campaigns:categories", code)
        except Refused as no:
            form.refuse(no.refusals)
        fields = rules.differing(row, values, rules.CATEGORY_FIELDS)
        asked = impact.Change(
            campaign, "category", fields, values, of=row, category=row
        )
        found = [r for r in impact.affected(asked, at) if r.kind == "caution"]
    return _page(request, campaign, form, row, found)


def _page(
    request: HttpRequest,
    campaign: Campaign,
    form: CategoryForm,
    row: Category | None,
    cautions: list[Refusal] | None = None,
) -> HttpResponse:
    status = 422 if request.method == "POST" else 200
    return settings_page(
        request, "campaigns/category.html", campaign, "categories", status=status, form=form,
        category=row, cautions=cautions or [],
    )  # fmt: skip


@acting_as(Role.ASSOCIATION)
@require_POST
def move(request: HttpRequest, code: str, category: str) -> HttpResponse:
    campaign = own_campaign(request, code)
    row = get_object_or_404(campaign.categories, code=category)
    settings_actions.move_category(
        campaign.pk, row.code, -1 if request.POST.get("step") == "-1" else 1,
        seen=request.POST.get("version", ""), by=request.actor, at=now(),
    )  # fmt: skip
    return redirect("campaigns:categories", code)


@acting_as(Role.ASSOCIATION)
@require_http_methods(ANY)
def remove(request: HttpRequest, code: str, category: str) -> HttpResponse:
    campaign = own_campaign(request, code)
    row, at = get_object_or_404(campaign.categories, code=category), now()
    asked = impact.Change(campaign, "category", of=row, category=row, removing=True)
    found = [*rules.why_not_drop_category(campaign), *impact.affected(asked, at)]
    form = RemoveForm(
        request.POST or None, campaign=campaign, prefix_id="remove",
        seen=rules.category_seen(row),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            settings_actions.remove_category(
                campaign.pk, category, by=request.actor, at=at, **form.said
            )
            messages.success(request, f"已删除类别“{row.name}”。")
            return redirect("campaigns:categories", code)
        except Refused as no:
            form.refuse(no.refusals)
    context: dict[str, Any] = {"noun": "类别", "name": row.name, "found": found}
    return settings_page(
        request, "campaigns/remove.html", campaign, "categories", form=form,
        status=422 if request.method == "POST" else 200,
        back=_home(campaign), **context,
    )  # fmt: skip


def _home(campaign: Campaign) -> str:
    return reverse("campaigns:categories", args=[campaign.code])
