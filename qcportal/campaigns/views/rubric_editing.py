"""Writing a rubric: the whole table on one page, then the check, then for ever."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns import impact, rubric_actions, rubric_rules, rubric_shows
from qcportal.campaigns.models import Rubric
from qcportal.campaigns.rubric_forms import PublishRubricForm, RubricForm, criteria
from qcportal.campaigns.views.pages import own_campaign, settings_page
from qcportal.clock import now
from qcportal.refusals import Refusal, Refused

STEPS = {"up": -1, "down": 1}


def _place(request: HttpRequest, code: str, category: str, topic_type: str) -> Any:
    """Every version of one place in a campaign the actor runs, newest first."""
    campaign = own_campaign(request, code)
    return Rubric.objects.select_related("category__campaign").filter(
        category__campaign=campaign, category__code=category,
        topic_type=rubric_shows.type_of(topic_type),
    )  # fmt: skip


def _url(name: str, rubric: Rubric, *more: Any) -> str:
    category = rubric.category
    where = [
        category.campaign.code,
        category.code,
        rubric_shows.slug(rubric.topic_type),
    ]
    return reverse(f"campaigns:{name}", args=[*where, *more])


@acting_as(Role.ASSOCIATION)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(
    request: HttpRequest, code: str, category: str, topic_type: str
) -> HttpResponse:
    """The editor. POST ``act``: keep, add, up-2, down-2, remove-2; each keeps what was
    typed in the whole table."""
    place = _place(request, code, category, topic_type)
    if request.method == "POST":
        newest = get_object_or_404(place.order_by("-version")[:1])
        return _keep(request, newest)
    rubric = get_object_or_404(place, published_at__isnull=True)
    return _page(request, rubric, spare=1 if "add" in request.GET else 0)


def _keep(request: HttpRequest, rubric: Rubric) -> HttpResponse:
    form = RubricForm(request.POST, rubric=rubric)
    table = criteria([], request.POST)
    if not (form.is_valid() & table.is_valid()):
        return _page(request, rubric, form=form, table=table, status=422)
    act, _, number = request.POST.get("act", "keep").partition("-")
    rows = _changed(table, act, int(number) if number.isdigit() else -1)
    try:
        kept = rubric_actions.save_rubric(
            rubric.pk, form.own(), rows, edition=form.cleaned_data["version"],
            by=request.actor, at=now(),
        )  # fmt: skip
    except Refused as no:
        stale = "stale_version" in no.codes
        return _page(
            request, rubric, form=form, table=table, refused=no.refusals, stale=stale,
            status=409 if {"stale_version", "frozen"} & {*no.codes} else 422,
        )  # fmt: skip
    messages.success(request, "已存好。")
    return redirect(_url("edit_rubric", kept) + ("?add=1#rows" if act == "add" else "#rows" if number else ""))  # fmt: skip


def _changed(table: Any, act: str, number: int) -> list[dict[str, Any]]:
    """The rows as typed, one of them (by its place on the page) moved or left out."""
    typed = [(n, one.cleaned_data) for n, one in enumerate(table.forms) if one.has_changed()]  # fmt: skip
    at = next((i for i, (n, _) in enumerate(typed) if n == number), None)
    if at is None:
        return [row for _, row in typed]
    if act == "remove":
        del typed[at]
    elif act in STEPS:
        typed.insert(max(at + STEPS[act], 0), typed.pop(at))
    return [row for _, row in typed]


def _page(
    request: HttpRequest, rubric: Rubric, *, form: RubricForm | None = None, table: Any = None,
    refused: list[Refusal] | None = None, stale: bool = False, spare: int = 0, status: int = 200,
) -> HttpResponse:  # fmt: skip
    category = rubric.category
    own, stored = rubric_rules.facts_of(rubric)
    found = list(rubric_rules.faults(own, stored)) if table is None else []
    faults: dict[str, list[str]] = {}
    for fault in found:
        faults.setdefault(fault.field, []).append(fault.message)
    table = table or criteria(stored, spare=spare or (0 if stored else 1))
    rows = [
        (one, [*faults.get(f"{one.prefix}-name", []), *faults.get(f"{one.prefix}-points", [])])
        for one in table.forms
    ]  # fmt: skip
    labels = rubric_shows.type_labels(category.campaign).get(category.pk, {})
    return settings_page(
        request, "campaigns/rubric_edit.html", category.campaign, "rubrics", status=status,
        rubric=rubric, category=category, form=form or RubricForm(rubric=rubric), table=table,
        rows=rows, refused=refused or [], stale=stale, found=found, stored=stored,
        place=rubric_shows.slug(rubric.topic_type), parts=rubric_shows.weights(rubric),
        scope=rubric_shows.scope_label(rubric.topic_type, labels),
    )  # fmt: skip


@acting_as(Role.ASSOCIATION)
@require_http_methods(["GET", "HEAD", "POST"])
def publish(
    request: HttpRequest, code: str, category: str, topic_type: str
) -> HttpResponse:
    """What it changes and whom it touches; then for ever. The second click of a pair
    finds the version published and says so."""
    rubric = get_object_or_404(
        _place(request, code, category, topic_type).order_by("-version")[:1]
    )
    if rubric.published_at is not None and request.method != "POST":
        return redirect(_url("rubric", rubric, rubric.version))
    found = _affected(rubric, now())
    asks_tick = any(one.kind == "caution" for one in found)
    form = PublishRubricForm(request.POST or None, rubric=rubric, asks_tick=asks_tick)
    refused: list[Refusal] = []
    if request.method == "POST" and form.is_valid():
        refused = _publish(request, rubric, form)
        if not form.errors and not refused:
            said = f"第 {rubric.version} 版已发布，从现在起新的评分用它。"
            messages.success(request, said)
            return redirect(_url("rubric", rubric, rubric.version))
    return _publish_page(request, rubric, form, refused, found)


def _publish(
    request: HttpRequest, rubric: Rubric, form: PublishRubricForm
) -> list[Refusal]:
    """What stands against it and belongs to no field; the rest stands in the form."""
    data = form.cleaned_data
    try:
        rubric_actions.publish_rubric(
            rubric.pk, edition=data["version"], reason=data.get("reason", ""),
            confirmed=data["confirmed"], by=request.actor, at=now(),
        )  # fmt: skip
    except Refused as no:
        return form.refuse(no.refusals)
    return []


def _affected(rubric: Rubric, at: datetime) -> list[Refusal]:
    """What publishing brings; nothing for one that is published already."""
    if rubric.published_at is not None:
        return []
    category = rubric.category
    change = impact.Change(category.campaign, "rubric", of=rubric, category=category)
    return impact.affected(change, at)


def _publish_page(
    request: HttpRequest, rubric: Rubric, form: PublishRubricForm, refused: list[Refusal],
    found: list[Refusal],
) -> HttpResponse:  # fmt: skip
    category = rubric.category
    old = category.rubrics.filter(
        topic_type=rubric.topic_type, version__lt=rubric.version
    ).first()
    faults = rubric_rules.faults_of(rubric)
    faults += [one for one in found if one.kind == "refusal"]
    known = {fault.message for fault in faults}
    return settings_page(
        request, "campaigns/rubric_publish.html", category.campaign, "rubrics",
        rubric=rubric, category=category, form=form, faults=faults,
        cautions=[one for one in found if one.kind == "caution"],
        refused=[one for one in refused if one.message not in known],
        place=rubric_shows.slug(rubric.topic_type), parts=rubric_shows.weights(rubric),
        old=old, changes=rubric_shows.changes(old, rubric) if old else [],
        status=422 if request.method == "POST" else 200,
    )  # fmt: skip


@acting_as(Role.ASSOCIATION)
@require_POST
def drop(
    request: HttpRequest, code: str, category: str, topic_type: str
) -> HttpResponse:
    """Throw the version being written away."""
    place = _place(request, code, category, topic_type)
    rubric = get_object_or_404(place.order_by("-version")[:1])
    version = request.POST.get("version", "")
    edition = int(version) if version.isdigit() and len(version) < 10 else -1
    rubric_actions.drop_rubric(rubric.pk, edition=edition, by=request.actor, at=now())
    messages.success(request, f"第 {rubric.version} 版草稿已删掉。")
    return redirect("campaigns:rubrics", code)
