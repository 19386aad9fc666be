"""Filling in, papers, filing: the pages on which the group writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
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
from qcportal.refusals import Refused
from submissions import actions, known, rules, shows, upload_actions
from submissions.editor import Editor
from submissions.forms import FilingForm, OpenedForm, StepForm, VersionForm, read_typed
from submissions.lifecycle import EDITABLE
from submissions.merging import Merged, Typed, unmerged
from submissions.models import Submission
from submissions.together import answer, clashes_shown, writing
from submissions.upload_shows import Coming
from submissions.views.slots import attach_all

WHOLE = "submissions/edit.html"


def own(request: HttpRequest, code: str) -> Submission:
    """The group's submission with that code; 404 for anybody else's."""
    mine = Submission.objects.visible_to(request.actor).with_people()
    return get_object_or_404(mine, code=code)


@acting_as(Role.GROUP)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """The form: read, save (page or script), upload files with it."""
    submission = own(request, code)
    if request.method == "POST":
        return _save(request, submission)
    if _by_script(request):
        return JsonResponse(
            {"csrf": get_token(request), "person": request.actor.user_key}
        )
    return _page(request, submission)


@acting_as(Role.GROUP)
@require_safe
def signed_in(request: HttpRequest, code: str) -> HttpResponse:
    """Where a log-in leads that the open form asked for: back to that window."""
    return render(
        request, "submissions/signed_in.html", {"submission": own(request, code)}
    )


def _page(
    request: HttpRequest,
    submission: Submission,
    status: int = 200,
    slot_errors: Mapping[str, list[str]] | None = None,
    merged: Merged | None = None,
    **more: Any,
) -> HttpResponse:
    at, asked = now(), StepForm.read(request.GET)
    closed = list(rules.why_not_write(submission, request.actor, at))
    clashes = clashes_shown(submission, merged, request.actor, at) if merged else {}
    editor = Editor(submission, step=asked.step, check=asked.check, merged=merged,
                    frozen=bool(closed), slot_errors=slot_errors, clashes=clashes)  # fmt: skip
    template = WHOLE
    if request.headers.get("HX-Request") == "true":
        template = "submissions/_live.html"
    elif request.headers.get("X-Requested-With") == "upload":
        template = "submissions/_materials.html"
    context = {
        "submission": submission, "editor": editor, "closed": closed,
        "coming": Coming(submission, at),
        "chip": shows.chip(submission, Role.GROUP, at),
        "holder": shows.holder(submission, at, Role.GROUP),
        "reason": shows.return_reason(submission),
        "offers": template == WHOLE and not closed and bool(
            known.offers(submission, request.actor.holder.name)
        ),
        "others": writing(submission, editor.window, request.actor, at), **more,
    }  # fmt: skip
    return render(request, template, context, status=status)


def _save(request: HttpRequest, submission: Submission) -> HttpResponse:
    typed = read_typed(submission.form.form, request.POST)
    if request.POST.get("go") == "seal-name":
        typed = with_seal_name(submission, typed)
    try:
        kept, merged = _keep(request, submission, typed)
    except Refused as refused:
        return _not_kept(request, submission, typed, refused)
    if _by_script(request):
        return _answer(request, kept, typed, merged)
    errors = attach_all(request, kept)
    if merged.clashes:
        return _page(request, kept, 409, errors, merged)
    if errors:
        return _page(request, kept, 422, errors)
    return _after_save(request, kept)


def with_seal_name(submission: Submission, typed: Typed) -> Typed:
    """What was typed, the unit's name as it stands on its seal."""
    field = submission.form.form.meaning("unit_name")
    if field is None:
        return typed
    return Typed({**typed.content, field.code: submission.unit.name}, typed.keys)


def _by_script(request: HttpRequest) -> bool:
    return request.headers.get("X-Requested-With") == "autosave"


def _keep(
    request: HttpRequest, submission: Submission, typed: Typed
) -> tuple[Submission, Merged]:
    """Save what the page changed; what another changed meanwhile stays. Raises
    Refused."""
    return actions.merge_draft(
        submission.pk,
        typed,
        opened=OpenedForm.read(request.POST),
        choices=OpenedForm.choices(request.POST),
        by=request.actor,
        at=judged(request, submission.campaign),
    )


def _answer(
    request: HttpRequest, kept: Submission, typed: Typed, merged: Merged
) -> JsonResponse:
    window = OpenedForm.read(request.POST).window
    said = answer(kept, merged, typed, window=window, by=request.actor, at=now())
    return JsonResponse(said)


def keep_typed(request: HttpRequest, submission: Submission) -> HttpResponse | None:
    """Keep what was typed on the page a button of a slot was pressed on; the page to
    answer with where that was refused. A script sends no words."""
    if "version" not in request.POST:
        return None
    typed = read_typed(submission.form.form, request.POST)
    try:
        kept, merged = _keep(request, submission, typed)
    except Refused as refused:
        return _not_kept(request, submission, typed, refused)
    return _page(request, kept, 409, merged=merged) if merged.clashes else None


def _not_kept(
    request: HttpRequest, submission: Submission, typed: Typed, refused: Refused
) -> HttpResponse:
    """What was typed comes back with the reasons; nothing was written."""
    if _by_script(request):
        first = refused.refusals[0]
        said = {"code": first.code, "message": first.message}
        return JsonResponse(said, status=422)
    opened = OpenedForm.read(request.POST)
    form = submission.form.form
    merged = unmerged(form, submission.held, typed, opened)
    return _page(request, submission, 422, merged=merged, refused=refused.refusals)


def _after_save(request: HttpRequest, submission: Submission) -> HttpResponse:
    here = reverse("submissions:edit", args=[submission.code])
    if request.headers.get("X-Requested-With") == "upload":
        return _page(request, submission)
    go = request.POST.get("go", "")
    if go == "file":
        return redirect("submissions:file", submission.code)
    if go.startswith("step-"):
        step = StepForm.read({"step": go.removeprefix("step-")}).step
        return redirect(f"{here}?step={step}#step-{step}")
    if go == "desk":
        messages.success(
            request, f"已存好：{submission.title or submission.code}。下次接着填。"
        )
        return redirect("submissions:desk")
    messages.success(request, "已存好，可以接着填。")
    step = StepForm.read(request.GET).step
    return redirect(f"{here}?step={step}" if step else here)


@acting_as(Role.GROUP)
@require_POST
def take_form(request: HttpRequest, code: str) -> HttpResponse:
    """Move the draft onto the newest form; only by this button."""
    submission = own(request, code)
    version = VersionForm.read(request.POST)
    taken = actions.take_newest_form(
        submission.pk, version=version, by=request.actor, at=now()
    )
    text = "已换成新版申报表，您填的内容都带过来了。"
    if taken.left_over:
        text = "已换成新版申报表。有的内容新版里没有地方放，列在下面，提交前都看得到。"
    messages.success(request, text)
    return redirect("submissions:edit", code)


@acting_as(Role.GROUP)
@require_POST
def detach(request: HttpRequest, code: str, key: str) -> HttpResponse:
    """Take a file out of its slot; what was typed on the page is kept as well."""
    submission = own(request, code)
    standing = submission.attachments.filter(removed_at__isnull=True)
    attachment = get_object_or_404(standing, document__key=key)
    typed = read_typed(submission.form.form, request.POST)
    try:
        kept, merged = _keep(request, submission, typed)
    except Refused as refused:
        return _not_kept(request, submission, typed, refused)
    if merged.clashes:
        return _page(request, kept, 409, merged=merged)
    at = judged(request, submission.campaign)
    actions.detach(attachment.pk, by=request.actor, at=at)
    messages.success(request, f"已拿掉“{attachment.document.title}”。")
    here = reverse("submissions:edit", args=[code])
    step = len(submission.form.form.sections) + 1
    return redirect(f"{here}?step={step}#field-paper-{attachment.slot}")


@acting_as(Role.GROUP)
@require_http_methods(["GET", "HEAD", "POST"])
def file(request: HttpRequest, code: str) -> HttpResponse:
    """Read the names aloud, then hand it to the unit."""
    submission, at = own(request, code), now()
    if request.method == "POST":
        return _hand_in(request, submission)
    if submission.state_enum not in EDITABLE:
        return redirect("submissions:track", code)
    move = rules.filing_move(submission)
    coming = Coming(submission, at)
    awaited = {one.slot for one in coming.unfinished}
    context = {
        "submission": submission, "editor": Editor(submission, awaited=awaited),
        "closed": [*rules.why_not(move, submission, request.actor, at),
                   *rules.body_in_standing(submission, at)],
        "names": rules.names(submission), "mark": rules.names_mark(submission),
        "renamed": shows.renamed(submission), "topic": shows.topic_tag(submission),
        "coming": coming,
    }  # fmt: skip
    return render(request, "submissions/file.html", context)


def _hand_in(request: HttpRequest, submission: Submission) -> HttpResponse:
    """The act of filing: at once, or as soon as the files on their way are here."""
    said = FilingForm.read(request.POST)
    act = upload_actions.file_when_complete if said.wait else actions.file
    act(
        submission.pk, confirmed=said.confirmed, names=said.names, by=request.actor,
        at=judged(request, submission.campaign),
    )  # fmt: skip
    code = submission.code
    text = f"已提交给{submission.unit.name}。受理编号 {code}，请记下来。"
    if said.wait:
        text = (
            f"已收到您的提交，等文件传完就交给{submission.unit.name}。受理编号 {code}。"
        )
    messages.success(request, text)
    return redirect("submissions:track", code)
