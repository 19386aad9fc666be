"""批量导入: the organisation's imports, a new one, its dry run and its result."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from qcportal.accounts.access import acting_as
from qcportal.clock import now
from qcportal.documents import serving
from qcportal.documents.models import CONTENT_TYPES
from qcportal.imports import actions, rules, shows, template
from qcportal.imports.columns import GUIDES, TABLES
from qcportal.imports.forms import LineFilters, UploadForm
from qcportal.imports.models import IMPORTERS, Import
from qcportal.refusals import Refused

PER_PAGE = 25


@acting_as(*IMPORTERS)
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """What was uploaded for the own organisation, the newest first."""
    rows = Import.objects.visible_to(request.actor).select_related("upload")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    facts = {
        "page": page,
        "rows": [(one, *shows.chip(one)) for one in page],
        "barred": list(rules.why_not_import(request.actor)),
    }
    return render(request, "imports/list.html", facts)


@acting_as(*IMPORTERS)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    barred = list(rules.why_not_import(request.actor))
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method != "POST":
        return _new_page(request, UploadForm(), barred, 200)
    if barred:
        return _new_page(request, form, barred, 403)
    if not form.is_valid():
        return _new_page(request, UploadForm(request.POST, request.FILES), barred, 422)
    try:
        made = actions.begin(form.cleaned_data["file"], by=request.actor, at=now())
    except Refused as no:
        for one in no.refusals:
            form.add_error("file" if one.field == "file" else None, one.message)
        return _new_page(request, form, barred, 422)
    return redirect("imports:page", made.key)


def _new_page(
    request: HttpRequest, form: UploadForm, barred: list[Any], status: int
) -> HttpResponse:
    facts = {"form": form, "barred": barred, "tables": TABLES, "guides": GUIDES}
    return render(request, "imports/new.html", facts, status=status)


@acting_as(*IMPORTERS)
@require_safe
def template_file(request: HttpRequest) -> HttpResponse:
    """The empty workbook; nothing in it is anybody's."""
    response = HttpResponse(template.template(), content_type=CONTENT_TYPES["xlsx"])
    response["Content-Disposition"] = (
        "attachment; filename=\"import.xlsx\"; filename*=UTF-8''%E6%89%B9%E9%87%8F"
        "%E5%AF%BC%E5%85%A5%E6%A8%A1%E6%9D%BF.xlsx"
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _visible(request: HttpRequest, key: UUID) -> Import:
    rows = Import.objects.visible_to(request.actor)
    return get_object_or_404(rows.select_related("upload", "marked"), key=key)


@acting_as(*IMPORTERS)
@require_safe
def page(request: HttpRequest, key: UUID) -> HttpResponse:
    facts = _facts(request, _visible(request, key))
    return render(request, "imports/page.html", facts)


@acting_as(*IMPORTERS)
@require_safe
def progress(request: HttpRequest, key: UUID) -> HttpResponse:
    """The part of the page that renews itself until the work is done."""
    facts = _facts(request, _visible(request, key))
    return render(request, "imports/_body.html", facts)


def _facts(request: HttpRequest, found: Import) -> dict[str, Any]:
    form = LineFilters(request.GET)
    lines, chosen = found.lines.all(), form.filters
    if sheet := chosen.get("sheet"):
        lines = lines.filter(table=sheet)
    if kind := chosen.get("kind"):
        lines = lines.filter(moved=True) if kind == "moved" else lines.filter(kind=kind)
    page = Paginator(lines, PER_PAGE).get_page(request.GET.get("page"))
    return {
        "found": found, "chip": shows.chip(found), "figures": shows.figures(found),
        "page": page, "lines": [shows.line(one) for one in page], "form": form,
        "filters": chosen, "against": list(rules.why_not_apply(found, request.actor)),
        "noted": found.count("note"),
    }  # fmt: skip


@acting_as(*IMPORTERS)
@require_POST
def apply(request: HttpRequest, key: UUID) -> HttpResponse:
    """Order it; the page shows how far it is."""
    found = _visible(request, key)
    actions.order(found.pk, by=request.actor, at=now())
    found.refresh_from_db()
    if found.is_applied:
        messages.success(request, f"{found.changes} 条都已导入。")
    return redirect("imports:page", found.key)


@acting_as(*IMPORTERS)
@require_safe
def marked(request: HttpRequest, key: UUID) -> HttpResponse:
    found = _visible(request, key)
    if found.marked is None:
        raise Http404
    return serving.respond(found.marked)
