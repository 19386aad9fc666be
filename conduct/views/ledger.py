"""台账: the association's cases, filtered, as a list and as a table."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from conduct import actions, shows
from conduct.forms import LedgerFilters, OwnFindingForm, body_names
from conduct.models import Case
from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns import access
from qcportal.clock import now
from qcportal.documents import excel
from qcportal.documents.models import CONTENT_TYPES
from qcportal.refusals import Refused

PER_PAGE = 25
MOST_ROWS = 5000


def _filtered(request: HttpRequest, asked: dict[str, Any]) -> QuerySet[Case]:
    found = Case.objects.visible_to(request.actor).select_related("campaign", "body")
    if asked.get("state") == "open":
        found = found.open()
    elif asked.get("state"):
        found = found.filter(state=asked["state"])
    if asked.get("kind"):
        found = found.filter(kind=asked["kind"])
    if asked.get("mine"):
        found = found.filter(handler=request.actor.user)
    if words := asked.get("q", "").strip():
        named = Q(body__name__icontains=words) | Q(body_name__icontains=words)
        found = found.filter(Q(code__icontains=words) | named)
    return found


@acting_as(Role.ASSOCIATION)
@require_safe
def ledger(request: HttpRequest) -> HttpResponse:
    form = LedgerFilters(request.GET)
    found = _filtered(request, form.chosen)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    facts = {
        "form": form, "chosen": form.chosen, "page": page,
        "rows": [(one, shows.chip(one)) for one in page],
        "manages": request.actor.may("manage_members"), "query": request.GET.urlencode(),
    }  # fmt: skip
    return render(request, "conduct/ledger.html", facts)


@acting_as(Role.ASSOCIATION)
@require_safe
def ledger_excel(request: HttpRequest) -> HttpResponse:
    """The filtered ledger as Excel; who took it stands in the trail."""
    at = now()
    rows = list(_filtered(request, LedgerFilters(request.GET).chosen)[:MOST_ROWS])
    title = f"投诉和诚信台账_{timezone.localtime(at):%Y%m%d}"
    actions.exported(len(rows), by=request.actor, at=at)
    book = excel.workbook(shows.ledger_sheet("投诉和诚信台账", rows))
    answer = HttpResponse(book, content_type=CONTENT_TYPES["xlsx"])
    name = content_disposition_header(True, f"{title}.xlsx")
    answer["Content-Disposition"] = name or "attachment"
    return answer


@acting_as(Role.ASSOCIATION)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The association found something out itself."""
    posted = request.method == "POST"
    given = (request.POST, request.FILES) if posted else ()
    form = OwnFindingForm(list(access.run_by(request.actor)), *given)
    if posted and form.is_valid():
        try:
            made = actions.open_own(**form.facts, by=request.actor, at=now())
        except Refused as refused:
            form.refuse(refused.refusals)
        else:
            messages.success(request, f"已登记，案件编号 {made.code}，由您承办。")
            return redirect("conduct:case", made.code)
    status = 422 if form.errors else 200
    facts = {"form": form, "names": body_names()}
    return render(request, "conduct/new.html", facts, status=status)
