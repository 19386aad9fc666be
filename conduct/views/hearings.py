"""The body's side: cases it was asked about, the question, its answer. Nothing here
knows that anybody complained."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from conduct import actions, rules, shows
from conduct.forms import AnswerForm
from conduct.models import Case, CaseFile
from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.clock import now
from qcportal.documents import serving
from qcportal.refusals import Refused

PER_PAGE = 25
BODIES = (Role.RECOMMENDER, Role.UNIT)


@acting_as(*BODIES)
@require_safe
def hearings(request: HttpRequest) -> HttpResponse:
    found = Case.objects.put_to(request.actor).select_related("association")
    ordered = found.order_by("-asked_at", "-pk")
    page = Paginator(ordered, PER_PAGE).get_page(request.GET.get("page"))
    rows = [(one, shows.body_chip(one)) for one in page]
    return render(request, "conduct/hearings.html", {"page": page, "rows": rows})


@acting_as(*BODIES)
@require_http_methods(["GET", "HEAD", "POST"])
def hearing(request: HttpRequest, code: str) -> HttpResponse:
    """The question and the answer; a refused answer keeps what was written."""
    rows = Case.objects.put_to(request.actor).select_related("association", "body")
    found, at = get_object_or_404(rows, code=code), now()
    posted = request.method == "POST"
    form = AnswerForm(*((request.POST, request.FILES) if posted else ()))
    if posted and form.is_valid():
        try:
            actions.answer(found.pk, **form.cleaned_data, by=request.actor, at=at)
        except Refused as refused:
            form.refuse(refused.refusals)
        else:
            messages.success(request, "说明已送到秘书处。")
            return redirect("hearings:hearing", found.code)
    closed = list(rules.why_not_answer(found, request.actor, text="…", at=at))
    facts = {
        "case": found, "form": form, "chip": shows.body_chip(found), "closed": closed,
        "waiting": found.state == Case.State.HEARING,
        "events": shows.body_events(found), "lost": rules.standing_of(found, at),
        "files": found.files.filter(side=CaseFile.Side.BODY).select_related("document"),
    }  # fmt: skip
    status = 422 if form.errors else 200
    return render(request, "conduct/hearing.html", facts, status=status)


@acting_as(*BODIES)
@require_safe
def hearing_file(request: HttpRequest, code: str, key: str) -> HttpResponse:
    """What the body itself handed in; nobody else's."""
    found = get_object_or_404(Case.objects.put_to(request.actor), code=code)
    own = found.files.filter(side=CaseFile.Side.BODY).select_related("document")
    return serving.respond(get_object_or_404(own, document__key=key).document)
