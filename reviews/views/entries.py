"""全部成果: every result of the campaign, filtered; one result with all its papers."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.audit.record import record
from qcportal.clock import now
from qcportal.documents import serving
from recommenders.models import SiteVisit
from reviews import actions, entry_facts
from reviews.campaign_choice import campaign_of
from reviews.entry_filters import EntryFilters
from submissions import rules, shows
from submissions.lifecycle import MoveName, State
from submissions.models import Submission
from submissions.notices import desk_path
from submissions.stamping import activity_tabs

PER_PAGE = 25
MOVES = (MoveName.ALLOW_DIRECT, MoveName.REFUSE_DIRECT)
COMMENTS = {
    MoveName.ALLOW_DIRECT: "请写明同意直接申报的依据，会记入流转记录",
    MoveName.REFUSE_DIRECT: "请写明原因和怎么改，班组会看到",
}


@acting_as(Role.ASSOCIATION)
def entries(request: HttpRequest) -> HttpResponse:
    """The list, as filtered by the address."""
    campaign, at = campaign_of(request), now()
    form = EntryFilters(request.GET, campaign=campaign)
    found = (
        Submission.objects.visible_to(request.actor)
        .filter(campaign=campaign)
        .filtered(form.filters)
        .with_people()
        .prefetch_related("campaign__windows", "campaign__extensions")
        .order_by(*form.order)
    )
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "campaign": campaign, "form": form, "filters": form.filters, "page": page,
        "rows": entry_facts.rows(list(page.object_list), at),
    }  # fmt: skip
    return render(request, "reviews/entries.html", context)


@require_POST
@acting_as(Role.ASSOCIATION)
def entries_export(request: HttpRequest) -> HttpResponse:
    """The list exactly as filtered, as Excel; made in the background."""
    campaign = campaign_of(request)
    form = EntryFilters(request.POST, campaign=campaign)
    made = actions.export(campaign, form.filters, by=request.actor, at=now())
    messages.success(request, f"正在导出 {made.rows} 项，好了就能在这里下载。")
    return redirect("reviews:exports")


def _entry(request: HttpRequest, code: str) -> Submission:
    visible = Submission.objects.visible_to(request.actor).with_people()
    return get_object_or_404(visible, code=code)


@acting_as(Role.ASSOCIATION)
def entry(request: HttpRequest, code: str) -> HttpResponse:
    """One result: the filed form, files, opinions, what happened."""
    submission, at = _entry(request, code), now()
    revision = submission.revision
    offers = [
        (offer.at_url(reverse(f"reviews:{offer.name}", args=[code])), COMMENTS[offer.name])
        for offer in rules.offers(submission, request.actor, at, MOVES)
    ]  # fmt: skip
    context = {
        "submission": submission,
        "chip": shows.chip(submission, Role.ASSOCIATION, at),
        "tag": shows.topic_tag(submission),
        "holder": shows.holder(submission, at, Role.ASSOCIATION),
        "chain": shows.chain(submission),
        "events": shows.events(submission, Role.ASSOCIATION),
        "form_facts": entry_facts.frozen_form(submission, request.actor),
        "papers": entry_facts.frozen_papers(revision) if revision else [],
        "opinions": entry_facts.opinions(submission),
        "revisions": entry_facts.revisions(submission),
        "check_url": desk_path(submission, Role.ASSOCIATION)
        if submission.state_enum == State.SUBMITTED
        else "",
        "offers": offers,
        "parties": [
            (organisation.get_tier_display(), organisation)
            for organisation in (
                submission.group,
                submission.unit,
                submission.recommender,
            )
            if organisation
        ],
        "activity": activity_tabs(submission),
        "visits": list(
            SiteVisit.objects.visible_to(request.actor)
            .filter(submission=submission)
            .prefetch_related("photos__document")
        ),
    }
    return render(request, "reviews/entry.html", context)


@acting_as(Role.ASSOCIATION)
def entry_file(request: HttpRequest, code: str, key: UUID) -> HttpResponse:
    """One of the result's files; who opened it goes on record. ``?show=1`` shows PDFs
    and pictures in the page."""
    submission = _entry(request, code)
    document = get_object_or_404(entry_facts.documents_of(submission), key=key)
    response = serving.respond(document, as_attachment=request.GET.get("show") != "1")
    record(
        request.actor, "file_read", code, at=now(),
        campaign=submission.campaign.code, kind=document.kind, document=str(key),
    )  # fmt: skip
    return response


@require_POST
@acting_as(Role.ASSOCIATION)
def allow_direct(request: HttpRequest, code: str) -> HttpResponse:
    submission = _entry(request, code)
    comment = request.POST.get("comment", "")
    actions.allow_direct(submission.pk, comment=comment, by=request.actor, at=now())
    messages.success(request, f"{code} 已同意直接申报，进入形式审查。")
    return redirect("reviews:entry", code)


@require_POST
@acting_as(Role.ASSOCIATION)
def refuse_direct(request: HttpRequest, code: str) -> HttpResponse:
    submission = _entry(request, code)
    comment = request.POST.get("comment", "")
    actions.refuse_direct(submission.pk, comment=comment, by=request.actor, at=now())
    messages.success(request, f"{code} 已退回班组，原因班组会看到。")
    return redirect("reviews:entry", code)
