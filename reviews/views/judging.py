"""A judge's own desk: the tasks, one result beside its sheet, the way out.

Nothing here names group, unit, people or another judge; files come from here too.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns.deadlines import judged
from qcportal.campaigns.stages import Stage
from qcportal.clock import now
from qcportal.documents import reading, serving
from qcportal.documents.models import Document
from qcportal.refusals import Refusal, Refused
from reviews import actions, rules, shows
from reviews.forms import MarkForm, ReasonForm
from reviews.models import Assignment
from submissions.lifecycle import State

PER_PAGE = 25


def _own(request: HttpRequest) -> QuerySet[Assignment]:
    return Assignment.objects.visible_to(request.actor).select_related(
        "submission__campaign", "submission__category", "submission__form", "submission__unit",
        "submission__group", "submission__recommender", "rubric",
        "revision__form", "revision__submission__unit",
        "revision__submission__group", "revision__submission__recommender",
    )  # fmt: skip


def _tally(own: QuerySet[Assignment]) -> dict[str, int]:
    """Sheets the judge has to do and has done; those stepped back from do not count."""
    counted = Q(recused_at__isnull=True)
    return own.order_by().aggregate(
        all=Count("pk", filter=counted),
        done=Count("pk", filter=counted & Q(submitted_at__isnull=False)),
    )


def _several(own: QuerySet[Assignment]) -> bool:
    """Whether the judge's results are of more than one category."""
    found = own.order_by().values("submission__category").distinct()
    return found[:2].count() > 1


@require_safe
@acting_as(Role.JUDGE)
def judging(request: HttpRequest) -> HttpResponse:
    """The judge's tasks, those still open first."""
    own, at = _own(request), now()
    ordered = own.order_by("recused_at", "submitted_at", "pk")
    page = Paginator(ordered, PER_PAGE).get_page(request.GET.get("page"))
    rows = [
        {
            "assignment": one,
            "title": shows.blind_title(one),
            "chip": shows.sheet_chip(one),
            "open": not list(rules.why_not_judge(one, request.actor, at)),
        }
        for one in page
    ]
    context = {
        "page": page, "rows": rows, "tally": _tally(own), "several": _several(own),
    }  # fmt: skip
    return render(request, "reviews/judging/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@acting_as(Role.JUDGE)
def judge(request: HttpRequest, key: str) -> HttpResponse:
    """One result beside its sheet. A refused sheet comes back as it was typed."""
    assignment = get_object_or_404(_own(request), key=key)
    form = MarkForm(
        assignment.rubric, request.POST or None, initial=_initial(assignment)
    )
    if request.method == "POST":
        by_script = request.headers.get("X-Requested-With") == "autosave"
        return _save(request, assignment, form, by_script)
    return _page(request, assignment, form)


def _initial(assignment: Assignment) -> dict[str, Any]:
    marks = {f"mark-{code}": mark for code, mark in assignment.marks.items()}
    return {
        **marks, "remark": assignment.remark, "panel_remark": assignment.panel_remark,
        "version": assignment.version,
    }  # fmt: skip


def _save(request: HttpRequest, assignment: Assignment, form: MarkForm, by_script: bool) -> HttpResponse:  # fmt: skip
    if not form.is_valid():
        if by_script:
            return JsonResponse({"errors": form.errors}, status=422)
        return _page(request, assignment, form, status=422)
    hand_in = request.POST.get("act") == "hand_in" and not by_script
    try:
        saved = actions.save_marks(
            assignment.pk, marks=form.marks(), remark=form.cleaned_data["remark"],
            panel_remark=form.cleaned_data["panel_remark"],
            version=form.cleaned_data["version"], hand_in=hand_in,
            by=request.actor, at=judged(request, assignment.submission.campaign),
        )  # fmt: skip
    except Refused as no:
        if by_script:
            return JsonResponse(
                {"refusals": [r.message for r in no.refusals]}, status=409
            )
        return _page(request, assignment, form, no.refusals, status=409)
    if by_script:
        return JsonResponse({"version": saved.version, "saved_at": saved.saved_at})
    return _onward(request, saved, hand_in)


def _onward(request: HttpRequest, saved: Assignment, hand_in: bool) -> HttpResponse:
    """After handing in: the next open sheet, or the list when all are done."""
    if not hand_in:
        messages.success(request, "评到一半的已经存好。")
        return redirect("reviews:judge", saved.key)
    waiting = _own(request).filter(
        submitted_at__isnull=True, recused_at__isnull=True, submission__state=State.JUDGING
    )  # fmt: skip
    following = waiting.filter(pk__gt=saved.pk).first() or waiting.first()
    title = shows.blind_title(saved)
    if following is None:
        messages.success(request, f"《{title}》已提交。全部评完了，谢谢您。")
        return redirect("reviews:judging")
    messages.success(request, f"《{title}》已提交，这是下一份。")
    return redirect("reviews:judge", following.key)


def _page(
    request: HttpRequest, assignment: Assignment, form: MarkForm,
    refusals: list[Refusal] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    own, at = _own(request), now()
    standing = list(
        own.filter(recused_at__isnull=True).values_list("key", "submitted_at")
    )
    refusals = refusals or []
    faults = {r.field: r.message for r in refusals if r.field}
    closed = list(rules.why_not_judge(assignment, request.actor, at))
    tabs = _tabs(assignment)
    if not closed and faults.get("remark"):
        form.add_error("remark", faults["remark"])
    context = {
        "assignment": assignment, "title": shows.blind_title(assignment),
        "facts": shows.blind_facts(assignment),
        "records": shows.blind_records(assignment), "form": form, "closed": closed,
        "marks": shows.marks_of(assignment, form.typed(), faults),
        "others": [r for r in refusals if r.field not in {*form.codes, "remark"}],
        "faulty": [r for r in refusals if r.field in {*form.codes, "remark"}],
        "step": f"{assignment.rubric.step.normalize():f}",
        "ticks": [(k == assignment.key, bool(done)) for k, done in standing],
        "number": next((i for i, (k, _) in enumerate(standing, 1) if k == assignment.key), 0),
        "count": len(standing), "filled": sum(map(bool, form.typed().values())),
        "window": assignment.submission.campaign.window(
            Stage.JUDGING, assignment.submission.category
        ),
        "several": _several(own),
        "tabs": tabs, "facts_first": not any(tab["current"] for tab in tabs),
    }  # fmt: skip
    return render(request, "reviews/judging/judge.html", context, status=status)


def _tabs(assignment: Assignment) -> list[dict[str, Any]]:
    """The judged papers; first shown is one that can be seen in the page."""
    papers = shows.judged_papers(assignment)
    names = ("reviews:judge_file", "reviews:judge_page")
    tabs = shows.viewer_tabs(papers, *names, assignment.key)
    seen = next((tab for tab in tabs if tab["images"]), None)
    return [{**tab, "current": tab is seen} for tab in tabs]


@require_POST
@acting_as(Role.JUDGE)
def recuse(request: HttpRequest, key: str) -> HttpResponse:
    """Step back from one result, with a reason for the association."""
    assignment = get_object_or_404(_own(request), key=key)
    reason = ReasonForm(request.POST).reason()
    actions.recuse(assignment.pk, reason=reason, by=request.actor, at=now())
    messages.success(request, "已申请回避，这一份不用评了，秘书处会另请专家。")
    return redirect("reviews:judging")


# --- the judged files, under neutral names --------------------------------------------


def _judged(request: HttpRequest, key: str, document_key: UUID) -> tuple[Document, str]:
    """A frozen attachment of the judged revision and its neutral name, else 404. Who
    stepped back reads nothing any more."""
    open_to = _own(request).filter(recused_at__isnull=True)
    assignment = get_object_or_404(open_to, key=key)
    for tab in shows.judged_papers(assignment):
        if tab.document.key == document_key:
            return tab.document, tab.filename
    raise Http404


@require_safe
@acting_as(Role.JUDGE)
def judge_file(request: HttpRequest, key: str, document: UUID) -> HttpResponse:
    found, filename = _judged(request, key, document)
    return serving.respond(found, filename=filename)


@require_safe
@acting_as(Role.JUDGE)
def judge_page(
    request: HttpRequest, key: str, document: UUID, number: int
) -> HttpResponse:
    found, _ = _judged(request, key, document)
    shown = reading.shown(found)
    if shown is None:
        raise Http404
    return serving.page_image(shown, number, 100)
