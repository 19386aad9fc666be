"""现场核查: the recommending body's page on site, and its photos."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.audit.record import record
from qcportal.campaigns.deadlines import judged
from qcportal.clock import now
from qcportal.documents import serving, uploads
from qcportal.refusals import Refused
from recommenders import rules, visiting
from recommenders.models import SiteVisit, VisitPhoto
from recommenders.visit_forms import VisitForm
from submissions import stamping
from submissions.models import Submission


def _found(request: HttpRequest, code: str) -> Submission:
    rows = Submission.objects.visible_to(request.actor).with_people()
    return get_object_or_404(rows, code=code)


@acting_as(Role.RECOMMENDER)
@require_http_methods(["GET", "HEAD", "POST"])
def site_visit(request: HttpRequest, code: str) -> HttpResponse:
    """Earlier visits and a new one. POST keeps it."""
    found, at = _found(request, code), now()
    initial = {"visited_on": timezone.localtime(at).date(), "persons": request.actor.user_name}  # fmt: skip
    form = VisitForm(found.campaign, request.POST or None, request.FILES or None, initial=initial)  # fmt: skip
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _keep(request, found, form)
                messages.success(request, "现场核查已记下。")
                return redirect("recommenders:submission", code)
            except Refused as refused:
                form.refuse(refused.refusals)
    visits = SiteVisit.objects.visible_to(request.actor).filter(submission=found)
    context = {
        "submission": found, "form": form,
        "closed": list(rules.why_not_visit(found, request.actor, at)),
        "visits": list(visits.prefetch_related("photos__document")),
        "activity": stamping.activity_tabs(found),
    }  # fmt: skip
    return render(request, "recommenders/site_visit.html", context, status=status)


@transaction.atomic
def _keep(request: HttpRequest, found: Submission, form: VisitForm) -> None:
    photos = [
        uploads.store_upload(upload, inspected, "site_photo", by=request.actor.user)
        for upload, inspected in form.cleaned_data["photos"]
    ]
    visiting.keep_visit(
        found.pk,
        **form.facts,
        photos=photos,
        by=request.actor,
        at=judged(request, found.campaign),
    )


@acting_as(Role.RECOMMENDER, Role.ASSOCIATION)
@require_safe
def visit_photo(request: HttpRequest, key: UUID, document: UUID) -> HttpResponse:
    """A photo of a visit; the association's look is kept in the trail."""
    seen = SiteVisit.objects.visible_to(request.actor).filter(key=key)
    photos = VisitPhoto.objects.filter(visit__in=seen).select_related(
        "document", "visit__submission__campaign"
    )
    photo = get_object_or_404(photos, document__key=document)
    response = serving.respond(photo.document, as_attachment=False)
    if request.actor.role == Role.ASSOCIATION:
        found = photo.visit.submission
        record(request.actor, "file_read", found.code, at=now(),
               campaign=found.campaign.code, kind="site_photo", document=str(document))  # fmt: skip
    return response
