"""What everybody may read: notices, files to download, how it works."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from qcportal import clock
from qcportal.campaigns.models import Campaign
from qcportal.documents import serving
from qcportal.notices import shows
from qcportal.notices.forms import SearchForm
from qcportal.notices.models import Notice, NoticeAttachment
from qcportal.notices.searching import found as search

PER_PAGE = 25
CAMPAIGNS_PER_PAGE = 5


@login_not_required
@require_safe
def notice_list(request: HttpRequest) -> HttpResponse:
    """Newest first, the pinned on top; ``?q=`` looks in titles, words and numbers."""
    words = SearchForm.words(request.GET)
    rows = search(Notice.objects.readable_at(clock.now()), words)
    page = Paginator(rows.select_related("campaign"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    return render(request, "notices/list.html", {"page": page, "words": words})


@login_not_required
@require_safe
def notice(request: HttpRequest, slug: str) -> HttpResponse:
    """404 before its hour, as for one that does not exist."""
    at = clock.now()
    rows = Notice.objects.readable_at(at).select_related(
        "campaign", "corrects__campaign", "paper"
    )
    found = get_object_or_404(rows, slug=slug)
    return render(request, "notices/notice.html", shows.reading(found, at))


@login_not_required
@require_safe
def paper(request: HttpRequest, slug: str) -> HttpResponse:
    """The notice as PDF, while it is in force."""
    rows = Notice.objects.public_at(clock.now()).select_related("paper")
    found = get_object_or_404(rows, slug=slug)
    if found.paper is None:
        raise Http404
    return serving.respond(found.paper)


@login_not_required
@require_safe
def downloads(request: HttpRequest) -> HttpResponse:
    """Blank forms and rules by campaign, newest first, and by who needs them."""
    offered = NoticeAttachment.objects.offered_at(clock.now())
    campaigns = Campaign.objects.public().filter(
        pk__in=offered.values("notice__campaign")
    )
    page = Paginator(campaigns.order_by("-year", "-pk"), CAMPAIGNS_PER_PAGE).get_page(
        request.GET.get("page")
    )
    rows = offered.filter(notice__campaign__in=list(page))
    groups = [
        (campaign, [row for row in rows if row.notice.campaign_id == campaign.pk])
        for campaign in page
    ]
    return render(request, "notices/downloads.html", {"page": page, "groups": groups})


@login_not_required
@require_safe
def download(request: HttpRequest, key: str) -> HttpResponse:
    """A file hung on a notice in force; anything else does not exist here."""
    in_force = Notice.objects.public_at(clock.now())
    rows = NoticeAttachment.objects.filter(notice__in=in_force)
    hung = rows.filter(Q(document__key=key) | Q(word__key=key))
    found = hung.select_related("document", "word").first()
    files = found.files if found else []
    wanted = next((one for one in files if one.key == key), None)
    if wanted is None:
        raise Http404
    return serving.respond(wanted)
