"""评审表: the tables in use and their versions, how marks become a score; begin, read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns import rubric_actions, rubric_shows
from qcportal.campaigns.models import Campaign, Category, Criterion, Rubric
from qcportal.campaigns.rubric_forms import BeginRubricForm
from qcportal.campaigns.rubric_shows import slug, type_of
from qcportal.campaigns.settings_forms import SettingForm
from qcportal.campaigns.settings_rules import BLOCKS
from qcportal.campaigns.views.pages import blocks_of, own_campaign, settings_page
from qcportal.clock import now
from qcportal.refusals import Refusal, Refused

PER_PAGE = 25
IN_ORDER = Prefetch("criteria", Criterion.objects.order_by("order"))


@acting_as(Role.ASSOCIATION)
@require_safe
def rubrics(request: HttpRequest, code: str) -> HttpResponse:
    return page(request, own_campaign(request, code))


def page(
    request: HttpRequest, campaign: Campaign, *,
    typed: Mapping[str, SettingForm] | None = None, cautions: Sequence[Refusal] = (),
    begun: BeginRubricForm | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    """The tab; ``typed`` and ``begun`` are forms to be shown as they came."""
    rows = Rubric.objects.filter(category__campaign=campaign).select_related("category")
    ordered = rows.order_by("category__order", "category", "topic_type", "-version")
    found = Paginator(ordered, PER_PAGE).get_page(request.GET.get("page"))
    labels = rubric_shows.type_labels(campaign)
    block = blocks_of(campaign, "rubrics", typed, cautions)[0]
    return settings_page(
        request, "campaigns/rubrics.html", campaign, "rubrics", status=status, page=found,
        tables=_tables(request, campaign, begun),
        lines=[(one, rubric_shows.scope_label(one.topic_type, labels.get(one.category_id, {})), slug(one.topic_type)) for one in found],
        scoring=block, **_examples(campaign, block["form"]),
    )  # fmt: skip


def _tables(
    request: HttpRequest, campaign: Campaign, begun: BeginRubricForm | None
) -> list[dict[str, Any]]:
    """A section for each category: its tables, the one looked at, how to begin one."""
    asked, tables = request.GET.get("at", ""), []
    known = rubric_shows.sources(campaign)
    for category, slots in rubric_shows.slots(campaign).items():
        here = next((slot for slot in slots if slot.key == asked), slots[0])
        new = BeginRubricForm(category=category, sources=known)
        if begun is not None and begun.category == category:
            new = begun
        tables.append({"category": category, "slots": slots, "here": here, "new": new})
    return tables


def _examples(campaign: Campaign, form: Any) -> dict[str, Any]:
    """Worked with what was typed, where it can be, else with what stands."""
    names: Mapping[str, str] = form.names
    values = {name: getattr(campaign, name) for name in BLOCKS["scoring"]}
    if form.is_bound and not form.errors.keys() & {*form.fields} - {
        "reason",
        "confirmed",
    }:
        values = form.values()
    return {
        "worked": rubric_shows.worked(values), "decimals": values["decimals"],
        "ties": rubric_shows.tie_example(values, names),
        "tie_names": [names[c] for c in values["tie_order"] if c in names],
    }  # fmt: skip


@acting_as(Role.ASSOCIATION)
@require_POST
def begin(request: HttpRequest, code: str, category: str) -> HttpResponse:
    """A new version: a copy, or from nothing. ``like`` left out: the newest of its own."""
    campaign = own_campaign(request, code)
    found = _category(campaign, category)
    form = BeginRubricForm(
        request.POST, category=found, sources=_sources(request, found)
    )
    if not form.is_valid():
        return page(request, campaign, begun=form, status=422)
    topic_type = form.cleaned_data["topic_type"]
    try:
        made = rubric_actions.begin_rubric(
            found.pk, topic_type, like=form.source, by=request.actor, at=now()
        )
    except Refused as no:
        for refusal in no.refusals:
            form.add_error(
                "topic_type" if refusal.field == "topic_type" else None, refusal.message
            )
        return page(request, campaign, begun=form, status=422)
    messages.success(request, f"第 {made.version} 版可以编写了。发布以前，没有人用它。")
    return redirect("campaigns:edit_rubric", code, category, slug(topic_type))


def _sources(request: HttpRequest, category: Category) -> list[Rubric]:
    own = (category.pk, request.POST.get("topic_type", ""))
    return rubric_shows.sources(category.campaign, own)


def _category(campaign: Campaign, code: str) -> Category:
    return get_object_or_404(
        Category.objects.select_related("campaign"), campaign=campaign, code=code
    )


@acting_as(Role.ASSOCIATION)
@require_safe
def rubric(
    request: HttpRequest, code: str, category: str, topic_type: str, number: int
) -> HttpResponse:
    """One version to be read: the table, what it changed, the sheet a judge fills."""
    campaign = own_campaign(request, code)
    of_place = Rubric.objects.filter(
        category__campaign=campaign, category__code=category, topic_type=type_of(topic_type)
    ).select_related("category")  # fmt: skip
    found = get_object_or_404(of_place.prefetch_related(IN_ORDER), version=number)
    before = of_place.filter(version__lt=number).first()
    types = rubric_shows.type_labels(campaign).get(found.category_id, {})
    return settings_page(
        request, "campaigns/rubric.html", campaign, "rubrics", rubric=found,
        scope=rubric_shows.scope_label(found.topic_type, types), place=topic_type,
        parts=rubric_shows.weights(found), marks=rubric_shows.marks_of(found),
        before=before, changes=rubric_shows.changes(before, found) if before else [],
        newest=not of_place.filter(version__gt=number, published_at__isnull=False).exists(),
    )  # fmt: skip
