"""The draft as it would print, and what can be taken from elsewhere."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.clock import now
from qcportal.documents import serving
from submissions import actions, known, rules
from submissions.views.editing import own


@acting_as(Role.GROUP)
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: HttpRequest, code: str) -> HttpResponse:
    """The pages of the draft as pictures; a post has them drawn anew."""
    submission = own(request, code)
    scripted = request.headers.get("HX-Request") == "true"
    if request.method == "POST":
        actions.order_preview(submission.pk, by=request.actor, at=now())
        if not scripted:
            return redirect("submissions:preview", code)
    drawn = rules.preview_of(submission)
    count = drawn.document.pages if drawn and drawn.document.is_ready else 0
    context = {
        "submission": submission, "drawn": drawn, "pages": range(1, (count or 0) + 1),
        "stale": drawn is not None and drawn.version != submission.version,
        "closed": list(rules.why_not_write(submission, request.actor, now())),
    }  # fmt: skip
    whole, part = "submissions/preview.html", "submissions/_preview.html"
    return render(request, part if scripted else whole, context)


@acting_as(Role.GROUP)
@require_safe
def preview_page(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Page ``number`` (from 1) of the drawn draft as PNG."""
    drawn = rules.preview_of(own(request, code))
    if drawn is None:
        raise Http404
    return serving.page_image(drawn.document, number, dpi=110)


@acting_as(Role.GROUP)
@require_http_methods(["GET", "HEAD", "POST"])
def take_known(request: HttpRequest, code: str) -> HttpResponse:
    """What could be filled in from the registrations and last year; ticked by hand."""
    submission = own(request, code)
    if request.method == "POST":
        codes = request.POST.getlist("field")
        taken = actions.take_known(submission.pk, codes, by=request.actor, at=now())
        if taken:
            messages.success(request, f"已带入：{'、'.join(taken)}。请核对。")
        else:
            messages.info(request, "没有带入什么：选中的都已经填过了，或者没有选。")
        return redirect(reverse("submissions:edit", args=[code]))
    context = {
        "submission": submission,
        "offers": known.offers(submission, request.actor.holder.name),
        "closed": list(rules.why_not_write(submission, request.actor, now())),
    }
    return render(request, "submissions/known.html", context)
