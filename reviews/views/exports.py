"""导出任务: lists being made or ready; only for the association that asked."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from qcportal.accounts.access import acting_as
from qcportal.accounts.actors import Actor
from qcportal.accounts.roles import Role
from qcportal.audit.record import record
from qcportal.campaigns import access
from qcportal.clock import now
from qcportal.documents import making, serving
from reviews import actions, export_shows
from reviews.campaign_choice import campaign_of
from reviews.models import Export

PER_PAGE = 25


def visible_to(actor: Actor) -> QuerySet[Export]:
    """Exports asked for by the actor's own association, in campaigns the actor runs."""
    return Export.objects.filter(
        organisation=actor.organisation, campaign__in=access.run_by(actor)
    ).select_related("campaign", "document", "requested_by")


@acting_as(Role.ASSOCIATION)
def exports(request: HttpRequest) -> HttpResponse:
    campaign, at = campaign_of(request), now()
    found = visible_to(request.actor).filter(campaign=campaign)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "campaign": campaign,
        "page": page,
        "jobs": export_shows.jobs(list(page.object_list), at),
        "days": making.EXPORT_LIFETIME.days,
    }
    return render(request, "reviews/exports.html", context)


@acting_as(Role.ASSOCIATION)
def export_status(request: HttpRequest, key: str) -> HttpResponse:
    """The job's line alone, for polling."""
    found = get_object_or_404(visible_to(request.actor), key=key)
    job = export_shows.jobs([found], now())[0]
    return render(request, "reviews/exports_row.html", {"job": job})


@acting_as(Role.ASSOCIATION)
def export_download(request: HttpRequest, key: str) -> HttpResponse:
    """The file while it is kept; who took it goes on record."""
    found, at = get_object_or_404(visible_to(request.actor), key=key), now()
    if export_shows.is_over(found, at):
        raise Http404
    response = serving.respond(found.document)
    record(
        request.actor, "export_downloaded", found.campaign.code, at=at,
        campaign=found.campaign.code, rows=found.rows, export=key,
    )  # fmt: skip
    return response


@require_POST
@acting_as(Role.ASSOCIATION)
def export_again(request: HttpRequest, key: str) -> HttpResponse:
    """One that did not come out is tried again; any other is asked for anew, with the
    same filters and today's numbers."""
    found = get_object_or_404(visible_to(request.actor), key=key)
    if found.document.is_failed:
        making.retry(found.document, request.actor.user)
        messages.success(request, "正在重新生成，好了就能在这里下载。")
    else:
        actions.export(found.campaign, found.filters, by=request.actor, at=now())
        messages.success(request, "正在按同样的条件再导一份，用的是现在的数据。")
    return redirect("reviews:exports")
