"""注册登记表 and 课题登记表: the group's and the unit's own copies."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.documents import making, serving
from qcportal.ui.middleware import safe_referer
from submissions.yearbook import YearPaper


def _paper(request: HttpRequest, key: UUID) -> YearPaper:
    seen = YearPaper.objects.visible_to(request.actor).select_related("document")
    return get_object_or_404(seen, key=key)


@acting_as(Role.GROUP, Role.UNIT)
@require_safe
def year_paper(request: HttpRequest, key: UUID) -> HttpResponse:
    """The PDF; ``?view=1`` shows it in the page."""
    inline = request.GET.get("view") == "1"
    return serving.respond(_paper(request, key).document, as_attachment=not inline)


@acting_as(Role.GROUP, Role.UNIT)
@require_safe
def year_paper_status(request: HttpRequest, key: UUID) -> HttpResponse:
    """The row of a paper being made, asked for again by the page."""
    context = {"paper": _paper(request, key)}
    return render(request, "submissions/years/_paper.html", context)


@acting_as(Role.GROUP, Role.UNIT)
@require_POST
def year_paper_retry(request: HttpRequest, key: UUID) -> HttpResponse:
    """Have a paper made again that did not come out."""
    making.retry(_paper(request, key).document, by=request.actor.user)
    return redirect(safe_referer(request) or reverse("home"))
