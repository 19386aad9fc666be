"""总结和统计: the 活动总结 and the 活动统计表, without which nothing is recommended."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.audit.record import record
from qcportal.campaigns.deadlines import judged
from qcportal.clock import now
from qcportal.documents import serving, uploads
from qcportal.documents.models import Document
from qcportal.refusals import Refused
from recommenders import actions, rules, shows
from recommenders.forms import StatisticsForm, SummaryForm
from recommenders.models import Dossier
from recommenders.proposals import proposals
from recommenders.season import dossier_kept, dossier_on, here


@acting_as(Role.RECOMMENDER)
@require_safe
def statistics(request: HttpRequest) -> HttpResponse:
    dossier = dossier_on(request)
    faults = rules.statistics_faults(dossier.campaign, dossier.statistics)
    return _page(request, dossier, dossier.statistics, shows.showable(faults))


def _page(
    request: HttpRequest,
    dossier: Dossier,
    typed: Any,
    faults: Any,
    *,
    form: SummaryForm | None = None,
    status: int = 200,
) -> HttpResponse:
    faults, last = list(faults), shows.last_year(dossier)
    closed = list(rules.why_not_write_dossier(dossier, request.actor, now()))
    counted = {} if closed else proposals(dossier)
    context = {
        "dossier": dossier,
        "campaign": dossier.campaign,
        "form": form or SummaryForm(),
        "figures": shows.figures(dossier, typed, faults, last, counted),
        "faults": faults,
        "disagreeing": sum(f.code == "figures_disagree" for f in faults),
        "last": last,
        "closed": closed,
        "autosaves": not closed and dossier.statistics_done_at is None,
        "query": f"?campaign={dossier.campaign.code}" if "campaign" in request.GET else "",
    }  # fmt: skip
    return render(request, "recommenders/statistics.html", context, status=status)


@acting_as(Role.RECOMMENDER)
def save_figures(request: HttpRequest) -> HttpResponse:
    """先存着 and autosave keep anything typed; 核对无误，完成 (``done``) wants it to be right."""
    if request.method != "POST":  # the address of a refused form, opened anew
        return redirect(here("statistics", request))
    dossier, done = dossier_kept(request), "done" in request.POST
    form = StatisticsForm(dossier.campaign, request.POST)
    try:
        kept = actions.save_statistics(
            dossier.pk, form.figures, done=done, version=form.version_seen,
            by=request.actor, at=judged(request, dossier.campaign),
        )  # fmt: skip
    except Refused as no:
        return _not_kept(request, dossier, form, no)
    if request.headers.get("X-Requested-With") == "autosave":
        return JsonResponse(
            {
                "version": kept.statistics_version,
                "saved_at": kept.statistics_saved_at.isoformat(),
            }
        )
    messages.success(request, "统计表已完成。" if done else "已存好，可以下次接着填。")
    return redirect(here("statistics", request))


def _not_kept(
    request: HttpRequest, dossier: Dossier, form: StatisticsForm, no: Refused
) -> HttpResponse:
    """The page again with everything typed; 409 where somebody else saved meanwhile."""
    status = 409 if "stale_version" in no.codes else 422
    if request.headers.get("X-Requested-With") == "autosave":
        return JsonResponse(
            {"refusals": [r.message for r in no.refusals]}, status=status
        )
    dossier.refresh_from_db()
    return _page(request, dossier, form.figures, no.refusals, status=status)


@acting_as(Role.RECOMMENDER)
def upload_summary(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return redirect(here("statistics", request))
    dossier = dossier_kept(request)
    form = SummaryForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, dossier, dossier.statistics, [], form=form, status=422)
    upload, actor = form.cleaned_data["summary"], request.actor
    document = uploads.store_upload(
        upload, form.inspected, "activity_summary", by=actor.user
    )
    at = judged(request, dossier.campaign)
    actions.keep_summary(dossier.pk, document, by=actor, at=at)
    messages.success(request, "活动总结已收到。")
    return redirect(here("statistics", request))


def _file(request: HttpRequest, key: str) -> tuple[Document, Dossier]:
    """A 活动总结 or a stamped 推荐表 of a dossier the actor may know of; else 404."""
    own = Q(summary__key=key)
    for stamped in ("scan", "sealed"):
        own |= Q(**{f"papers__stamps__{stamped}__key": key})
    dossier = Dossier.objects.visible_to(request.actor).filter(own).first()
    if dossier is None:
        raise Http404
    return Document.objects.get(key=key), dossier


@acting_as(Role.RECOMMENDER, Role.ASSOCIATION)
@require_safe
def dossier_file(request: HttpRequest, key: str) -> HttpResponse:
    document, dossier = _file(request, key)
    response = serving.respond(document, as_attachment="view" not in request.GET)
    record(request.actor, "document_read", str(document.key), at=now(),
           campaign=dossier.campaign.code, kind=document.kind)  # fmt: skip
    return response


@acting_as(Role.RECOMMENDER, Role.ASSOCIATION)
@require_safe
def file_status(request: HttpRequest, key: str) -> HttpResponse:
    """The sealed table's line alone, for the page that waits for it."""
    document, _ = _file(request, key)
    return render(request, "recommenders/_sealed_file.html", {"doc": document})
