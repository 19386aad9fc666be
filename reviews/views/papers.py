"""Handing out files and page pictures that belong to a result, a list, a certificate."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from qcportal.accounts.access import acting_as
from qcportal.accounts.actors import Actor
from qcportal.accounts.roles import Role
from qcportal.audit.record import record
from qcportal.campaigns import access
from qcportal.clock import now
from qcportal.documents import making, reading, serving
from qcportal.documents.models import Document
from qcportal.refusals import refuse
from reviews import shows
from reviews.models import Certificate, Publication
from submissions.models import Submission

APPLICANTS = (Role.GROUP, Role.UNIT, Role.RECOMMENDER, Role.ASSOCIATION)


def _of_entry(
    request: HttpRequest, code: str, key: UUID
) -> tuple[Submission, Document]:
    visible = Submission.objects.visible_to(request.actor).filter(
        revision__isnull=False
    )
    submission = get_object_or_404(
        visible.select_related("revision", "campaign"), code=code
    )
    files = Document.objects.filter(shows.documents_of(submission.revision))
    return submission, get_object_or_404(files, key=key)


@require_safe
@acting_as(Role.ASSOCIATION)
def check_file(request: HttpRequest, code: str, key: UUID) -> HttpResponse:
    """A file of the revision under check; who took it stands in the trail."""
    submission, document = _of_entry(request, code, key)
    response = serving.respond(document)
    record(request.actor, "file_downloaded", code, at=now(),
           campaign=submission.campaign.code, kind=document.kind)  # fmt: skip
    return response


@require_safe
@acting_as(Role.ASSOCIATION)
def check_page(request: HttpRequest, code: str, key: UUID, number: int) -> HttpResponse:
    _, document = _of_entry(request, code, key)
    shown = reading.shown(document)
    if shown is None:
        raise Http404
    return serving.page_image(shown, number, 100)


# --- lists and certificates -----------------------------------------------------------


def _issued(actor: Actor, key: UUID) -> Document:
    """A published list or a certificate of a campaign the actor runs, else 404."""
    own = access.run_by(actor)
    lists = Publication.objects.filter(campaign__in=own)
    certificates = Certificate.objects.filter(entry__publication__campaign__in=own)
    found = Document.objects.filter(
        Q(pk__in=lists.values("pdf"))
        | Q(pk__in=lists.values("excel"))
        | Q(pk__in=certificates.values("document"))
    )
    return get_object_or_404(found, key=key)


@require_safe
@acting_as(Role.ASSOCIATION)
def issued_file(request: HttpRequest, key: UUID) -> HttpResponse:
    """A published list or a certificate; who took it stands in the trail."""
    document = _issued(request.actor, key)
    response = serving.respond(document)
    certificates = Certificate.objects.select_related("entry__publication__campaign")
    certificate = certificates.filter(document=document).first()
    if certificate:
        _taken(request, certificate)
        return response
    lists = Publication.objects.select_related("campaign")
    found = lists.get(Q(pdf=document) | Q(excel=document))
    record(request.actor, "list_downloaded", str(document.key), at=now(),
           campaign=found.campaign.code, name=document.title)  # fmt: skip
    return response


def _taken(request: HttpRequest, certificate: Certificate) -> None:
    """Who took which certificate, of whatever desk, stands in the trail."""
    campaign = certificate.entry.publication.campaign
    record(request.actor, "certificate_downloaded", certificate.number, at=now(),
           campaign=campaign.code)  # fmt: skip


@require_safe
@acting_as(Role.ASSOCIATION)
def issued_status(request: HttpRequest, key: UUID) -> HttpResponse:
    """The fragment a waiting page polls."""
    document = _issued(request.actor, key)
    return render(request, "reviews/publications/_document.html", {"doc": document})


@require_POST
@acting_as(Role.ASSOCIATION)
def issued_again(request: HttpRequest, key: UUID) -> HttpResponse:
    """Have a paper that was not made made again."""
    making.retry(_issued(request.actor, key), request.actor.user)
    return redirect(reverse("reviews:publications"))


@require_safe
@acting_as(*APPLICANTS)
def certificate_download(request: HttpRequest, number: str) -> HttpResponse:
    """The certificate for those whose result it is; a revoked one is not handed out."""
    visible = Submission.objects.visible_to(request.actor).values("pk")
    found = get_object_or_404(
        Certificate.objects.filter(entry__submission__in=visible).select_related(
            "document", "entry__publication__campaign"
        ),
        number=number,
    )
    if found.revoked_at and request.actor.role != Role.ASSOCIATION:
        refuse("certificate_revoked", "这张证书已经撤销，不能下载。请打秘书处电话。")
    if found.document.is_waiting:
        refuse("certificate_waiting", "证书正在生成，一般几分钟，请稍后再来下载。")
    if not found.document.is_ready:
        raise Http404
    response = serving.respond(found.document)
    _taken(request, found)
    return response
