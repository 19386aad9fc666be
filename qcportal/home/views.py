"""The public entrance and a campaign's own pages; health and the server's clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from qcportal import clock
from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.audit.standing import standing
from qcportal.campaigns import access, forwarding, phases
from qcportal.campaigns.models import Campaign
from qcportal.documents import reading
from qcportal.home import shows
from qcportal.notices.models import Notice, NoticeAttachment
from qcportal.ui.caching import public_page
from reviews.models import Publication, PublicationEntry

PER_PAGE = 25
MOST_LOOKED_AT = 60  # of the newest campaigns, for what goes on now
NOTICES_SHOWN = 5


def _campaigns() -> QuerySet[Campaign]:
    """Published ones, newest first, with all that a face reads."""
    found = Campaign.objects.public().select_related("host", "higher__host")
    return found.prefetch_related("windows", "categories", "milestones")


def _keep_until_change(request: HttpRequest, found: list[shows.Face]) -> None:
    """A kept page must not outlive the next deadline of what it shows."""
    changes = [
        change - face.at
        for face in found
        if (change := phases.next_change(face.campaign, face.at, face.released))
    ]
    if changes:
        request.fresh_for = min(changes).total_seconds()  # type: ignore[attr-defined]


@login_not_required
@public_page
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What goes on now: one campaign in full, several of one host with the most urgent
    first, several hosts side by side."""
    at = clock.now()
    found = shows.current(shows.faces(_campaigns()[:MOST_LOOKED_AT], at))
    _keep_until_change(request, found)
    facts: dict[str, Any] = {"gates": shows.gates(found), "faces": found}
    if found:
        facts |= _home_facts(found, at)
    return render(request, "public/home.html", facts)


def _home_facts(found: list[shows.Face], at: datetime) -> dict[str, Any]:
    campaigns = [face.campaign for face in found]
    hosts = {campaign.host_id for campaign in campaigns}
    lead = found[0] if len(hosts) == 1 else None
    notices = Notice.objects.filter(campaign__in=campaigns).public_at(at)
    direct = (c for campaign in campaigns for c in campaign.categories_in_order)
    return {
        "lead": lead, "several": len(hosts) > 1, "at": at,
        "campaign": lead.campaign if lead else None,
        "beside": found[1:] if lead else found,
        "milestones": [shows.milestone(m, at) for m in lead.campaign.milestones.all() if m.on_home] if lead else [],
        "notices": notices.select_related("campaign")[:NOTICES_SHOWN],
        "attachments": _attachments(lead.campaign, at) if lead else None,
        "cases": _cases(),
        "allows_direct": any(category.allows_direct for category in direct),
        "results": Publication.objects.filter(kind=Publication.Kind.RESULTS, replaced_by__isnull=True)
        .select_related("campaign").first(),
    }  # fmt: skip


def _attachments(campaign: Campaign, at: datetime) -> QuerySet[NoticeAttachment]:
    if campaign.published_at is None:  # a preview: what will hang there
        planned = campaign.notices.filter(published_at__isnull=False)
        return NoticeAttachment.objects.filter(notice__in=planned).with_files(at)
    return NoticeAttachment.objects.offered_at(at).filter(notice__campaign=campaign)


@acting_as(Role.ASSOCIATION)
@require_safe
def preview(request: HttpRequest, code: str) -> HttpResponse:
    """The home page as it will be with a campaign that is being set up."""
    own = access.run_by(request.actor).select_related("host")
    found = get_object_or_404(
        own.prefetch_related("windows", "categories", "milestones"), code=code
    )
    at = clock.now()
    faces = shows.faces([found], at)
    facts = {"gates": shows.gates(faces), "faces": faces, "preview": True}
    return render(request, "public/home.html", facts | _home_facts(faces, at))


# --- one campaign ------------------------------------------------------------------------


def _face_of(request: HttpRequest, code: str) -> shows.Face:
    """Http404 for one that is not published, as for one that does not exist."""
    campaign = get_object_or_404(_campaigns(), code=code)
    face = shows.faces([campaign], clock.now())[0]
    _keep_until_change(request, [face])
    return face


@login_not_required
@public_page
@require_safe
def campaign(request: HttpRequest, code: str) -> HttpResponse:
    """Everything public about one campaign, whatever its state."""
    face = _face_of(request, code)
    found, at = face.campaign, face.at
    facts = {
        "face": face, "campaign": found, "gates": shows.gates([face]),
        "milestones": [shows.milestone(m, at) for m in found.milestones.all()],
        "windows": shows.windows(found, at),
        "ways": [(c, shows.way_up(c)) for c in found.categories_in_order],
        "notices": found.notices.public_at(at)[:NOTICES_SHOWN],
        "attachments": _attachments(found, at), "above": _above(found, at),
        "may_forward": _may_forward(request, found),
    }  # fmt: skip
    return render(request, "public/campaign.html", facts)


def _above(campaign: Campaign, at: datetime) -> dict[str, Any] | None:
    """The campaign it was forwarded from and that one's own notice."""
    higher = campaign.higher
    if higher is None or higher.published_at is None:
        return None
    notices = higher.notices.public_at(at)
    return {"campaign": higher, "notice": notices.filter(is_main=True).first()}


def _may_forward(request: HttpRequest, campaign: Campaign) -> bool:
    """A lower association that has not forwarded it yet is offered to."""
    if not request.user.is_authenticated:
        return False
    offered = forwarding.offered(request.actor).filter(pk=campaign.pk)
    return offered.exists() and not forwarding.forwarded(
        campaign, request.actor.organisation
    )


@login_not_required
@public_page
@require_safe
def timetable(request: HttpRequest, code: str) -> HttpResponse:
    """Phases, milestones with and without a day, and every window to the minute."""
    face = _face_of(request, code)
    facts = {
        "face": face, "campaign": face.campaign,
        "timetable": shows.timetable(face.campaign, face.at),
        "windows": shows.windows(face.campaign, face.at),
    }  # fmt: skip
    return render(request, "public/timetable.html", facts)


@login_not_required
@public_page
@require_safe
def downloads(request: HttpRequest, code: str) -> HttpResponse:
    """The files that hang on the campaign's public notices."""
    face = _face_of(request, code)
    found = _attachments(face.campaign, face.at)
    facts = {"face": face, "campaign": face.campaign, "attachments": found}
    return render(request, "public/campaign_downloads.html", facts)


@login_not_required
@public_page
@require_safe
def years(request: HttpRequest) -> HttpResponse:
    """All campaigns, newest first: state, notice, list, how many lines."""
    at = clock.now()
    page = Paginator(_campaigns(), PER_PAGE).get_page(request.GET.get("page"))
    found = shows.faces(page.object_list, at)
    _keep_until_change(request, found)
    own = Notice.objects.filter(campaign__in=[face.campaign for face in found])
    first: dict[int, Notice] = {}
    for notice in own.public_at(at).order_by("-is_main", "published_at", "pk"):
        first.setdefault(notice.campaign_id, notice)
    rows = [(face, first.get(face.campaign.pk)) for face in found]
    return render(request, "public/years.html", {"page": page, "rows": rows})


def _cases() -> list[PublicationEntry]:
    """Three published results with figures before and after, newest year first."""
    found = PublicationEntry.objects.filter(
        publication__kind=Publication.Kind.RESULTS,
        publication__replaced_by__isnull=True,
    ).select_related("publication__campaign")
    with_figures = (
        found.exclude(measure={}).exclude(measure__before="").exclude(measure__after="")
    )
    return list(with_figures.order_by("-publication__campaign__year", "order")[:3])


@login_not_required
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 when the database answers; what watchers and containers ask. ``books``: how
    the last nightly check ended (``ok``, ``fault``, ``never``) and when; ``optional``:
    which helpers that need not be there are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    helpers = {
        "virus_scanner": bool(settings.CLAMAV_ADDRESS),
        "office_to_pdf": bool(reading.program()),
    }
    return JsonResponse({"status": "ok", "books": _books(), "optional": helpers})


def _books() -> dict[str, str]:
    found = standing()
    if found is None:
        return {"state": "never"}
    return {"state": "fault" if found.count else "ok", "at": found.at.isoformat()}


@login_not_required
@require_safe
def server_clock(request: HttpRequest) -> JsonResponse:
    """The instant (ISO 8601) by the clock that judges deadlines."""
    answer = JsonResponse({"now": clock.now().isoformat()})
    answer["Cache-Control"] = "no-store"
    return answer


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's token is gone (long pause, cookies off): say so, keep the page."""
    return render(request, "errors/csrf.html", status=403)
