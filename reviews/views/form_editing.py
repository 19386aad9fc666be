"""The form editor: one part at a time beside the page and the paper it makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns import definition_forms, form_actions, form_editing
from qcportal.campaigns.definition_forms import (
    ColumnSet,
    FieldForm,
    NewFieldForm,
    PaperForm,
    PartForm,
    SectionForm,
    SheetForm,
)
from qcportal.campaigns.models import FormVersion
from qcportal.clock import now
from qcportal.refusals import Refusal, Refused, refuse_if
from reviews import form_desk
from reviews.views.form_versions import being_written, category_run
from submissions.forms import VersionForm

FORMS: dict[str, type[PartForm]] = {
    "form": SheetForm, "section": SectionForm, "field": FieldForm, "paper": PaperForm,
}  # fmt: skip
STEPS = {"up": -1, "down": 1}
REBUILDING = {*STEPS, "remove", "add_section", "add_paper"}


@acting_as(Role.ASSOCIATION)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, code: str, category: str) -> HttpResponse:
    """The editor. POST ``act``: keep (the part's settings), up, down, remove,
    add_field, add_section, add_paper; each a plain post."""
    version = being_written(category_run(request, code, category))
    place = form_desk.place_of(version.definition, request.GET.get("at", ""))
    if request.method != "POST":
        return _page(request, version, place)
    act = request.POST.get("act", "keep")
    if act == "keep":
        return _keep(request, version, place)
    if act == "add_field":
        return _add_field(request, version, place)
    if act in REBUILDING:
        return _rebuild(request, version, place, act)
    return redirect(_url(version, place))


def _url(version: FormVersion, place: str) -> str:
    category = version.category
    here = reverse("forms:edit", args=[category.campaign.code, category.code])
    return f"{here}?{urlencode({'at': place})}"


def _part_form(version: FormVersion, place: str, data: Any = None) -> PartForm:
    raw = version.definition
    part = form_editing.part(raw, place) or {}
    return FORMS[form_editing.split(place)[0]](data, raw=part, whole=raw)


def _columns(version: FormVersion, place: str, data: Any = None) -> Any:
    """The columns of a table of rows, else None."""
    part = form_editing.part(version.definition, place) or {}
    if form_editing.split(place)[0] != "field" or part.get("kind") != "rows":
        return None
    given = definition_forms.columns_stored(part)
    return ColumnSet(data, initial=given, prefix="columns", auto_id="part_%s")


def _save(request: HttpRequest, version: FormVersion, raw: Mapping[str, Any]) -> FormVersion:  # fmt: skip
    """Write the definition under the edition the page was opened with. Raises Refused."""
    refuse_if(form_desk.strange(raw))
    return form_actions.save_form_version(
        version.pk, raw, edition=VersionForm.read(request.POST),
        by=request.actor, at=now(),
    )  # fmt: skip


def _keep(request: HttpRequest, version: FormVersion, place: str) -> HttpResponse:
    form = _part_form(version, place, request.POST)
    columns = _columns(version, place, request.POST)
    if not form.is_valid() or (columns is not None and not columns.is_valid()):
        return _not_kept(request, version, place, form, columns, [])
    values = form.values()
    if columns is not None and values.get("kind") == "rows":
        rows = [one.cleaned_data for one in columns.forms if one.has_changed() or one.initial]  # fmt: skip
        values["columns"] = definition_forms.columns_from(rows, form.raw)
    try:
        kept = _save(request, version, form_editing.put(version.definition, place, values))  # fmt: skip
    except Refused as no:
        return _not_kept(request, version, place, form, columns, no.refusals)
    if request.headers.get("X-Requested-With") == "autosave":
        return JsonResponse({"version": kept.edition, "saved_at": kept.saved_at})
    messages.success(request, "已存好。")
    return redirect(_url(version, place))


def _not_kept(
    request: HttpRequest, version: FormVersion, place: str, form: PartForm, columns: Any,
    refused: list[Refusal],
) -> HttpResponse:  # fmt: skip
    """What was typed comes back, and beside it what somebody else stored."""
    stale = any(refusal.code == "stale_version" for refusal in refused)
    status = 409 if stale else 422
    if request.headers.get("X-Requested-With") == "autosave":
        message = refused[0].message if refused else "有的地方要改"
        return JsonResponse({"message": message}, status=status)
    return _page(
        request, version, place, status=status, form=form, columns=columns,
        refused=refused, differing=form.differing() if stale else [], stale=stale,
    )  # fmt: skip


def _add_field(request: HttpRequest, version: FormVersion, place: str) -> HttpResponse:
    form = NewFieldForm(request.POST, auto_id="new_%s")
    if not form.is_valid():
        return _page(request, version, place, status=422, new=form)
    data = form.cleaned_data
    raw, made = form_editing.add_field(
        version.definition, data["section"], data["label"], data["kind"]
    )
    return _built(request, version, place, raw, made)


def _rebuild(
    request: HttpRequest, version: FormVersion, place: str, act: str
) -> HttpResponse:
    """Another order, a part less, a section or paper more."""
    raw, target = version.definition, request.POST.get("place", place)
    made = place
    if act in STEPS:
        raw, made = form_editing.move(raw, target, STEPS[act]), target
    elif act == "remove":
        raw = form_editing.remove(raw, target)
    elif act == "add_section":
        title = request.POST.get("title", "").strip() or "新的一节"
        raw, made = form_editing.add_section(raw, title)
    elif act == "add_paper":
        raw, made = form_editing.add_paper(raw)
    return _built(request, version, place, raw, made)


def _built(
    request: HttpRequest, version: FormVersion, place: str, raw: Mapping[str, Any], made: str
) -> HttpResponse:  # fmt: skip
    try:
        _save(request, version, raw)
    except Refused as no:
        status = 409 if "stale_version" in no.codes else 422
        return _page(request, version, place, status=status, refused=no.refusals)
    return redirect(_url(version, form_desk.place_of(raw, made)))


def _page(
    request: HttpRequest,
    version: FormVersion,
    place: str,
    *,
    status: int = 200,
    form: PartForm | None = None,
    columns: Any = None,
    new: NewFieldForm | None = None,
    **more: Any,
) -> HttpResponse:
    raw, campaign = version.definition, version.category.campaign
    what, code = form_editing.split(place)
    context = {
        "campaign": campaign, "category": version.category, "version": version,
        "place": place, "what": what, "part_code": code, "here": _url(version, place),
        "form": form or _part_form(version, place),
        "columns": columns or _columns(version, place),
        "new": new or NewFieldForm(auto_id="new_%s"), "section": _section(raw, place),
        "outline": form_desk.outline(raw, place),
        "papers": form_desk.papers_outline(raw, place),
        "preview": form_desk.preview(raw, campaign.year),
        "lead": f"第 {version.version} 版，发布以前班组看不到", **more,
    }  # fmt: skip
    part = request.headers.get("HX-Request") == "true"
    template = "forms/_live.html" if part else "forms/edit.html"
    return render(request, template, context, status=status)


def _section(raw: Mapping[str, Any], place: str) -> str:
    """The section a new field goes into: the one at hand, else the last."""
    what, code = form_editing.split(place)
    for section in raw["sections"]:
        fields = [item["code"] for item in section.get("fields", [])]
        if (what, code) == ("section", section["code"]) or (
            what == "field" and code in fields
        ):
            return section["code"]
    return raw["sections"][-1]["code"]
