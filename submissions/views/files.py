"""Papers and files of one submission, for every desk that may see it.

The group reads what stands in the slots; others read what was filed (frozen with a
revision). What another desk takes away leaves a line in the trail.
"""

from __future__ import annotations

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.audit.record import record
from qcportal.clock import now
from qcportal.documents import making, reading, serving
from qcportal.documents.models import Document
from qcportal.ui.middleware import safe_referer
from submissions.models import Attachment, FrozenAttachment, Revision, Submission

READERS = (Role.GROUP, Role.UNIT, Role.RECOMMENDER, Role.ASSOCIATION)


def seen(request: HttpRequest, code: str) -> Submission:
    mine = Submission.objects.visible_to(request.actor).with_people()
    return get_object_or_404(mine, code=code)


def _document(request: HttpRequest, submission: Submission, key: str) -> Document:
    """A file of this submission that the reader may open; else 404."""
    revisions = Revision.objects.filter(submission=submission)
    frozen = FrozenAttachment.objects.filter(revision__submission=submission)
    own = Q(pk__in=revisions.values("document")) | Q(pk__in=frozen.values("document"))
    own |= Q(pk__in=revisions.values("receipt"))
    if request.actor.role == Role.GROUP:
        standing = Attachment.objects.filter(
            submission=submission, removed_at__isnull=True
        )
        own |= Q(pk__in=standing.values("document"))
    return get_object_or_404(Document.objects.filter(own), key=key)


def _hand_out(
    request: HttpRequest, submission: Submission, document: Document
) -> HttpResponse:
    inline = request.GET.get("view") == "1"
    response = serving.respond(document, as_attachment=not inline)
    if not inline and request.actor.role != Role.GROUP:
        record(request.actor, "file_downloaded", submission.code, at=now(),
               campaign=submission.campaign.code, document=str(document.key))  # fmt: skip
    return response


@acting_as(*READERS)
@require_safe
def form_paper(request: HttpRequest, code: str) -> HttpResponse:
    """The 申报表 that was filed last, as PDF; ``?view=1`` shows it in the page."""
    submission = seen(request, code)
    if submission.revision is None:
        raise Http404
    return _hand_out(request, submission, submission.revision.document)


@acting_as(*READERS)
@require_safe
def receipt(request: HttpRequest, code: str) -> HttpResponse:
    """The 收件回执 of what was filed last, as PDF."""
    submission = seen(request, code)
    if submission.revision is None or submission.revision.receipt is None:
        raise Http404
    return _hand_out(request, submission, submission.revision.receipt)


@acting_as(*READERS)
@require_safe
def file_download(request: HttpRequest, code: str, key: str) -> HttpResponse:
    """An uploaded file or a filed form; ``?view=1`` shows PDFs and pictures."""
    submission = seen(request, code)
    return _hand_out(request, submission, _document(request, submission, key))


@acting_as(*READERS)
@require_safe
def page_image(request: HttpRequest, code: str, key: str, number: int) -> HttpResponse:
    """Page ``number`` (from 1) as PNG, for readers without a PDF viewer."""
    submission = seen(request, code)
    shown = reading.shown(_document(request, submission, key))
    if shown is None:
        raise Http404
    return serving.page_image(shown, number, dpi=110)


@acting_as(*READERS)
@require_safe
def document_status(request: HttpRequest, code: str, key: str) -> HttpResponse:
    """The row of a paper being made, asked for again by the page."""
    submission = seen(request, code)
    context = {
        "submission": submission,
        "document": _document(request, submission, key),
    }
    return render(request, "submissions/_document.html", context)


@acting_as(*READERS)
@require_POST
def document_retry(request: HttpRequest, code: str, key: str) -> HttpResponse:
    """Have a paper made again that did not come out."""
    submission = seen(request, code)
    making.retry(_document(request, submission, key), by=request.actor.user)
    return redirect(safe_referer(request) or reverse("home"))
