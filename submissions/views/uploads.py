"""Files in pieces (tus 1.0.0), and filings that wait for them. The group's alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns.deadlines import judged
from qcportal.clock import now
from qcportal.documents import tus
from qcportal.documents.resumable import ChecksumDiffers, OffsetMoved
from qcportal.refusals import Refused
from submissions import picture_actions, rules, upload_actions
from submissions.arrivals import SlotUpload
from submissions.editor import Editor
from submissions.models import Submission
from submissions.upload_shows import Coming, status
from submissions.views.editing import keep_typed, own

TOO_LARGE = frozenset({"file_too_large"})
View = Callable[..., HttpResponse]


def speaking_tus(view: View) -> View:
    """What the protocol or the rules say no to becomes an answer of the protocol."""

    @wraps(view)
    def answering(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except tus.BadHeader as bad:
            return tus.answer(bad.status, text=str(bad))
        except OffsetMoved:
            return tus.answer(409, text="别的窗口已经传到后面了，会从那里接着传。")
        except ChecksumDiffers:
            return tus.answer(tus.CHECKSUM_MISMATCH, text="这一段传坏了，会再传一次。")
        except Refused as refused:
            code = 413 if TOO_LARGE & set(refused.codes) else 403
            return tus.answer(code, text=str(refused))

    return answering


@acting_as(Role.GROUP)
@require_http_methods(["POST", "OPTIONS"])
@speaking_tus
def begin(request: HttpRequest, code: str, slot: str) -> HttpResponse:
    """Declare a file for a slot (tus creation); the answer says where to send it."""
    submission = own(request, code)
    found = submission.form.form.slot(slot)
    if found is None:
        raise Http404
    if request.method == "OPTIONS":
        return tus.options(found.max_bytes)
    tus.check_version(request)
    begun = upload_actions.begin_upload(
        submission.pk, slot, tus.declared(request), by=request.actor,
        at=judged(request, submission.campaign),
    )  # fmt: skip
    answer = tus.answer(201, begun.upload)
    answer["Location"] = reverse("submissions:upload", args=[code, begun.upload.key])
    return answer


@acting_as(Role.GROUP)
@require_http_methods(["GET", "HEAD", "PATCH", "DELETE", "POST", "OPTIONS"])
@speaking_tus
def upload(request: HttpRequest, code: str, key: str) -> HttpResponse:
    """One upload: GET tells how it stands, HEAD, PATCH and DELETE are the protocol's,
    a plain POST is the button that drops it."""
    found = _own_upload(request, code, key)
    match tus.method(request):
        case "GET":
            return JsonResponse(status(found))
        case "HEAD":
            tus.check_version(request)
            alive = found.upload.is_open or found.upload.is_received
            return tus.answer(200 if alive else 410, found.upload)
        case "PATCH":
            return _receive(request, found)
        case "DELETE":
            tus.check_version(request)
            upload_actions.drop_upload(found.pk, by=request.actor, at=now())
            return tus.answer(204)
        case "POST":
            return _drop(request, found)
    return tus.options(found.upload.size)


def _own_upload(request: HttpRequest, code: str, key: str) -> SlotUpload:
    submission = own(request, code)
    mine = SlotUpload.objects.filter(submission=submission).select_related(
        "upload", "filing", "attachment__document"
    )
    found = get_object_or_404(mine, upload__key=key)
    found.submission = submission
    return found


def _receive(request: HttpRequest, found: SlotUpload) -> HttpResponse:
    tus.check_version(request)
    start, checksum = tus.offset(request, found.upload), tus.checksum(request)
    kept = upload_actions.receive(
        found, start, request, checksum=checksum, by=request.actor, at=now()
    )
    return tus.answer(204, kept)


def _drop(request: HttpRequest, found: SlotUpload) -> HttpResponse:
    not_kept = keep_typed(request, found.submission)
    if not_kept is not None:
        return not_kept
    upload_actions.drop_upload(found.pk, by=request.actor, at=now())
    return _back(found.submission, found.slot)


def _back(submission: Submission, slot: str) -> HttpResponse:
    here = reverse("submissions:edit", args=[submission.code])
    step = len(submission.form.form.sections) + 1
    return redirect(f"{here}?step={step}#field-paper-{slot}")


@acting_as(Role.GROUP)
@require_POST
def cancel_filing(request: HttpRequest, code: str) -> HttpResponse:
    """Take back a filing that waits for files."""
    submission = own(request, code)
    upload_actions.cancel_filing(
        submission.pk, by=request.actor, at=judged(request, submission.campaign)
    )
    messages.success(request, "已取消这次提交，可以接着改。文件照样在传。")
    return redirect("submissions:edit", code)


@acting_as(Role.GROUP)
@require_safe
def materials(request: HttpRequest, code: str) -> HttpResponse:
    """The section of papers as it is now, for the script that sends files."""
    submission, at = own(request, code), now()
    closed = list(rules.why_not_write(submission, request.actor, at))
    context = {
        "submission": submission, "editor": Editor(submission, frozen=bool(closed)),
        "coming": Coming(submission, at),
    }  # fmt: skip
    return render(request, "submissions/_materials.html", context)


@acting_as(Role.GROUP)
@require_POST
def arrange(request: HttpRequest, code: str, key: str, how: str) -> HttpResponse:
    """One file of a slot: turned, moved up or down, taken apart; what was typed on the
    page is kept as well."""
    submission = own(request, code)
    standing = submission.attachments.filter(removed_at__isnull=True)
    found = get_object_or_404(standing, document__key=key)
    act = {
        "right": partial(picture_actions.turn, found.pk, 90),
        "up": partial(picture_actions.move, found.pk, up=True),
        "down": partial(picture_actions.move, found.pk, up=False),
        "apart": partial(picture_actions.part, found.pk),
    }.get(how)
    if act is None:
        raise Http404
    not_kept = keep_typed(request, submission)
    if not_kept is not None:
        return not_kept
    act(by=request.actor, at=judged(request, submission.campaign))
    return _back(submission, found.slot)


@acting_as(Role.GROUP)
@require_POST
def merge(request: HttpRequest, code: str, slot: str) -> HttpResponse:
    """The pictures of a slot as one PDF."""
    submission = own(request, code)
    not_kept = keep_typed(request, submission)
    if not_kept is not None:
        return not_kept
    picture_actions.merge(
        submission.pk, slot, by=request.actor, at=judged(request, submission.campaign)
    )
    return _back(submission, slot)
