"""Filling in, papers, filing: the pages on which the group writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns.deadlines import judged
from qcportal.clock import now
from qcportal.refusals import Refused
from submissions import actions, rules, shows, upload_actions
from submissions.editor import Editor
from submissions.forms import FilingForm, StepForm, VersionForm, read_content
from submissions.lifecycle import EDITABLE
from submissions.models import Submission
from submissions.upload_shows import Coming
from submissions.views.slots import attach_all


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
    return _page(request, submission)


def _page(
    request: HttpRequest,
    submission: Submission,
    status: int = 200,
    slot_errors: Mapping[str, list[str]] | None = None,
    **more: Any,
) -> HttpResponse:
    at, asked = now(), StepForm.read(request.GET)
    closed = list(rules.why_not_write(submission, request.actor, at))
    editor = Editor(submission, step=asked.step, check=asked.check,
                    frozen=bool(closed), slot_errors=slot_errors)  # fmt: skip
    template = "submissions/edit.html"
    if request.headers.get("HX-Request") == "true":
        template = "submissions/_live.html"
    elif request.headers.get("X-Requested-With") == "upload":
        template = "submissions/_materials.html"
    context = {
        "submission": submission, "editor": editor, "closed": closed,
        "coming": Coming(submission, at),
        "chip": shows.chip(submission, Role.GROUP, at),
        "holder": shows.holder(submission, at, Role.GROUP),
        "reason": shows.return_reason(submission), **more,
    }  # fmt: skip
    return render(request, template, context, status=status)


def _save(request: HttpRequest, submission: Submission) -> HttpResponse:
    typed = read_content(submission.form.form, request.POST, submission.content)
    try:
        kept = _keep(request, submission, typed)
    except Refused as refused:
        return _not_kept(request, submission, typed, refused)
    if request.headers.get("X-Requested-With") == "autosave":
        return JsonResponse({"version": kept.version, "saved_at": kept.saved_at})
    errors = attach_all(request, kept)
    if errors:
        return _page(request, kept, 422, errors)
    return _after_save(request, kept)


def _keep(
    request: HttpRequest, submission: Submission, typed: Mapping[str, Any]
) -> Submission:
    """Save what was typed unless it is stored already (a save by script and one by
    button often bring the same words). Raises Refused."""
    if typed == submission.content:
        return submission
    version = VersionForm.read(request.POST)
    try:
        return actions.save_draft(
            submission.pk,
            typed,
            version=version,
            by=request.actor,
            at=judged(request, submission.campaign),
        )
    except Refused as refused:
        fresh = own(request, submission.code)
        if refused.codes == ["stale_version"] and fresh.content == typed:
            return fresh
        raise


def keep_typed(request: HttpRequest, submission: Submission) -> HttpResponse | None:
    """Keep what was typed on the page a button of a slot was pressed on; the page to
    answer with where that was refused. A script sends no words."""
    if "version" not in request.POST:
        return None
    typed = read_content(submission.form.form, request.POST, submission.content)
    try:
        _keep(request, submission, typed)
    except Refused as refused:
        return _not_kept(request, submission, typed, refused)
    return None


def _not_kept(
    request: HttpRequest,
    submission: Submission,
    typed: dict[str, Any],
    refused: Refused,
) -> HttpResponse:
    """What was typed comes back beside what is stored; nothing is overwritten."""
    status = 409 if "stale_version" in refused.codes else 422
    if request.headers.get("X-Requested-With") == "autosave":
        first = refused.refusals[0]
        answer = {"code": first.code, "message": first.message}
        return JsonResponse(answer, status=status)
    fresh = own(request, submission.code)
    # Where this page had nothing, what the other one wrote stays.
    merged = {code: typed.get(code) or stored for code, stored in fresh.content.items()}
    differences = Editor(fresh).differences(merged)
    fresh.content = merged  # shown, not saved
    return _page(
        request, fresh, status, refused=refused.refusals, differences=differences
    )


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
    typed = read_content(submission.form.form, request.POST, submission.content)
    try:
        _keep(request, submission, typed)
    except Refused as refused:
        return _not_kept(request, submission, typed, refused)
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
        "closed": list(rules.why_not(move, submission, request.actor, at)),
        "topic": shows.topic_tag(submission), "coming": coming,
    }  # fmt: skip
    return render(request, "submissions/file.html", context)


def _hand_in(request: HttpRequest, submission: Submission) -> HttpResponse:
    """The act of filing: at once, or as soon as the files on their way are here."""
    said = FilingForm.read(request.POST)
    act = upload_actions.file_when_complete if said.wait else actions.file
    act(
        submission.pk, confirmed=said.confirmed, by=request.actor,
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
