"""操作日志: what was done in the association's campaigns and by its own people."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from qcportal.accounts.access import acting_as
from qcportal.accounts.actors import Actor
from qcportal.accounts.roles import Role
from qcportal.audit import words
from qcportal.audit.models import TrailEntry
from qcportal.audit.standing import standing
from qcportal.campaigns import access
from reviews.trail_filters import TrailFilters

PER_PAGE = 25


def visible_to(actor: Actor) -> QuerySet[TrailEntry]:
    """Lines of the campaigns the actor runs and of the actor's own association."""
    codes = access.run_by(actor).values("code")
    return TrailEntry.objects.filter(
        Q(campaign__in=codes) | Q(organisation_key=actor.organisation_key)
    )


@require_safe
@acting_as(Role.ASSOCIATION)
def trail(request: HttpRequest) -> HttpResponse:
    form = TrailFilters(request.GET)
    found = form.applied(visible_to(request.actor))
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    lines = [
        (
            line,
            words.what(line.what),
            words.about(line.what, line.about),
            words.details(line.data),
        )
        for line in page.object_list
    ]
    found_so_far = standing()
    books = (found_so_far, words.books(found_so_far.by_code)) if found_so_far else None
    context = {
        "books": books,
        "form": form,
        "page": page,
        "lines": lines,
        "chosen": form.chosen,
    }
    return render(request, "audit/trail.html", context)
