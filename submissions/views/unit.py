"""The unit's desk: what groups filed, scored, given an opinion, stamped or returned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns.models import Campaign
from qcportal.clock import now
from qcportal.documents import serving
from qcportal.refusals import Refused
from qcportal.seals.models import Evidence
from qcportal.ui.forms import PortalForm
from submissions import actions, rules, scans, shows, stamping
from submissions.lifecycle import MoveName
from submissions.models import ScoreSheet, Submission, Tier
from submissions.score_forms import (
    PHRASES,
    EvidenceForm,
    ReasonForm,
    ScanForm,
    SheetForm,
    StampForm,
    attach,
    marks_of,
    plain,
)

PER_PAGE = 25


class DeskFilter(PortalForm):
    """``?state=`` (a tab of stamping.TABS) and ``?q=``; unknown values count as none."""

    state = forms.ChoiceField(
        choices=[(name, label) for name, (label, _) in stamping.TABS.items()],
        required=False,
    )
    q = forms.CharField(max_length=60, required=False)

    def chosen(self, name: str) -> str:
        self.is_valid()
        return self.cleaned_data.get(name, "")


def posts_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """An act's address opened as a page (reloaded, kept) leads to the page itself."""

    @wraps(view)
    def guarded(request: HttpRequest, code: str) -> HttpResponse:
        if request.method == "POST":
            return view(request, code)
        return redirect("submissions:stamp", code)

    return guarded


def _found(request: HttpRequest, code: str) -> Submission:
    rows = Submission.objects.visible_to(request.actor).with_people()
    return get_object_or_404(rows, code=code)


@acting_as(Role.UNIT)
@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """成果审核: what waits, what is stamped, how many places there are."""
    chosen, at = DeskFilter(request.GET), now()
    tab, words = chosen.chosen("state"), chosen.chosen("q")
    rows = Submission.objects.visible_to(request.actor).filter(stamping.TABS[tab][1])
    rows = rows.with_people().select_related("revision__form").filtered({"q": words})
    rows = stamping.with_own_sheet(rows)
    order = ["state_since", "pk"] if tab == "" else ["-state_since", "-pk"]
    page = Paginator(rows.order_by(*order), PER_PAGE).get_page(request.GET.get("page"))
    campaign = Campaign.objects.newest()
    places = stamping.contests(campaign, request.actor)
    context = {
        "rows": [
            (stamping.desk_row(s, places), shows.chip(s, Role.UNIT, at)) for s in page
        ],
        "page": page,
        "tabs": stamping.tab_counts(request.actor),
        "tab": tab,
        "words": words,
        "places": places,
        "groups": stamping.groups_of(request.actor.organisation, campaign),
        "at": at,
    }
    return render(request, "submissions/stamping/desk.html", context)


@acting_as(Role.UNIT)
@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    """Two results that want one place, side by side."""
    codes = [request.GET.get("a", ""), request.GET.get("b", "")]
    if codes[0] == codes[1]:
        raise Http404
    both = [_found(request, code) for code in codes]
    if any(one.revision is None for one in both):
        raise Http404
    sheets = [rules.sheet_of(one, Tier.UNIT) for one in both]
    context = {
        "both": [
            (one, shows.chip(one, Role.UNIT), sheet, marks_of(sheet))
            for one, sheet in zip(both, sheets, strict=True)
        ],
        "lines": stamping.compared(both),
    }
    return render(request, "submissions/stamping/compare.html", context)


@acting_as(Role.UNIT)
@require_http_methods(["GET", "POST"])
def stamp(request: HttpRequest, code: str) -> HttpResponse:
    """One result: papers left, marks, opinion and stamp right. POST saves."""
    if request.method == "POST":
        autosaves = request.headers.get("X-Requested-With") == "autosave"
        return (
            _autosaved(request, code)
            if autosaves
            else _with_sheet(request, code, _saved)
        )
    return _page(request, _found(request, code))


def _autosaved(request: HttpRequest, code: str) -> JsonResponse:
    """JSON for autosave.js: 409 for an older version or a desk that lost it."""
    submission = _found(request, code)
    form = _form(submission, rules.sheet_of(submission, Tier.UNIT), request.POST)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=422)
    try:
        sheet = actions.save_sheet(
            submission.pk, **form.typed, by=request.actor, at=now()
        )
    except Refused as refused:
        said = [refusal.message for refusal in refused.refusals]
        return JsonResponse({"refusals": said}, status=409)
    saved_at = sheet.saved_at.isoformat()
    return JsonResponse({"version": sheet.version, "saved_at": saved_at})


def _form(
    submission: Submission, sheet: ScoreSheet | None, data: Mapping[str, Any] | None
) -> SheetForm:
    rubric = sheet.rubric if sheet else actions.rubric_for(submission)
    limit = submission.campaign.opinion_limit
    return SheetForm(data, rubric=rubric, opinion_limit=limit, sheet=sheet)


def _with_sheet(
    request: HttpRequest,
    code: str,
    then: Callable[[HttpRequest, Submission], HttpResponse],
) -> HttpResponse:
    """Save what was typed, then go on; what is refused is said at its field."""
    submission = _found(request, code)
    form = _form(submission, rules.sheet_of(submission, Tier.UNIT), request.POST)
    if not form.is_valid():
        return _page(request, submission, form, status=422)
    try:
        actions.save_sheet(submission.pk, **form.typed, by=request.actor, at=now())
        return then(request, submission)
    except Refused as refused:
        if not submission.stampable:
            raise
        form.refuse(refused.refusals, rules.sheet_of(submission, Tier.UNIT))
        return _page(request, submission, form, status=409)


def _saved(request: HttpRequest, submission: Submission) -> HttpResponse:
    messages.success(request, "已保存。")
    return redirect("submissions:stamp", submission.code)


def _evidence(data: Mapping[str, Any]) -> str:
    form = EvidenceForm(data)
    return form.cleaned_data["evidence"] if form.is_valid() else Evidence.SCAN


def _page(
    request: HttpRequest,
    submission: Submission,
    form: SheetForm | None = None,
    *,
    scan_errors: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    sheet = rules.sheet_of(submission, Tier.UNIT)
    closed = list(rules.why_not_score(submission, request.actor, now()))
    context = {
        "submission": submission,
        "tag": shows.topic_tag(submission),
        "tabs": stamping.viewer_tabs(submission),
        "sheet": sheet,
        "closed": closed,
        "reason": shows.return_reason(submission),
    }
    if submission.stampable:
        context |= _open_panel(request, submission, sheet, form, scan_errors or [])
        return render(
            request, "submissions/stamping/detail.html", context, status=status
        )
    context |= _closed_panel(request, submission, sheet)
    return render(request, "submissions/stamping/stamped.html", context, status=status)


def _open_panel(
    request: HttpRequest,
    submission: Submission,
    sheet: ScoreSheet | None,
    form: SheetForm | None,
    scan_errors: list[str],
) -> dict[str, Any]:
    at, code = now(), submission.code
    scan = scans.held(request.session, sheet, by=request.actor)
    why = tuple(rules.why_not_use_seal_picture(request.actor, submission.campaign))
    place = stamping.StampPlace(
        number=submission.revision.number,
        sheet=sheet,
        evidence=_evidence(request.POST),
        print_url=reverse("submissions:stamp_print", args=[code]),
        scan_url=reverse("submissions:stamp_scan", args=[code]),
        **stamping.paper_urls(submission, Tier.UNIT),
        scan=scan,
        scan_pages=stamping.page_urls("submissions:stamp_scan_page", code, scan),
        outdated=scans.outdated(request.session, sheet),
        picture_refusals=why,
        scan_errors=scan_errors,
    )
    back = rules.why_not(MoveName.UNIT_RETURN, submission, request.actor, at)
    return {
        "form": form or _form(submission, sheet, None),
        "phrases": PHRASES,
        "place": place,
        "missing": stamping.missing(
            sheet, scan, submission.campaign.opinion_limit, by_picture=not why
        ),
        "barred": list(rules.why_not_seal(request.actor)),
        "cautions": list(rules.unit_cautions(submission)),
        "move": rules.stamping_move(submission).label,
        "may_return": not list(back),
    }


def _closed_panel(
    request: HttpRequest, submission: Submission, sheet: ScoreSheet | None
) -> dict[str, Any]:
    url = reverse("submissions:unstamp", args=[submission.code])
    offers = rules.offers(submission, request.actor, now(), (MoveName.UNSTAMP,))
    stamp_now = rules.live_stamp(sheet)
    shown = (stamp_now.scan or stamp_now.paper) if stamp_now else None
    args = [submission.code, Tier.UNIT]
    return {
        "chip": shows.chip(submission, Role.UNIT, now()),
        "holder": shows.holder(submission, now(), Role.UNIT),
        "marks": marks_of(sheet),
        "total": plain(sheet.total) if sheet else "",
        "stamp": stamp_now,
        "stamped": shown,
        "stamped_url": reverse("submissions:stamped_paper", args=args),
        "stamped_status_url": reverse("submissions:stamped_status", args=args),
        "outcome": stamping.outcome(submission),
        "offers": [replace(o.at_url(url), needs_comment=False) for o in offers],
        "unstamp_url": url,
    }


@acting_as(Role.UNIT)
@posts_only
def stamp_print(request: HttpRequest, code: str) -> HttpResponse:
    """Save and order the 成果评分与推荐意见表."""

    def ordered(request: HttpRequest, submission: Submission) -> HttpResponse:
        actions.print_sheet(submission.pk, by=request.actor, at=now())
        messages.success(request, "意见表正在生成，好了就能打印盖章。")
        return _back_to_stamp(submission)

    return _with_sheet(request, code, ordered)


def _back_to_stamp(submission: Submission) -> HttpResponse:
    return redirect(reverse("submissions:stamp", args=[submission.code]) + "#stamp")


@acting_as(Role.UNIT)
@posts_only
def stamp_scan(request: HttpRequest, code: str) -> HttpResponse:
    """Take in the scan of the stamped page; it counts for this print only."""
    submission = _found(request, code)
    sheet = rules.sheet_of(submission, Tier.UNIT)
    form = ScanForm(request.POST, request.FILES)
    closed = list(rules.why_not_score(submission, request.actor, now()))
    if sheet is None or sheet.paper is None:
        form.add_error("scan", "请先生成并打印意见表，盖章后再上传。")
    attach(form, closed)
    if not form.is_valid():
        errors = [said for several in form.errors.values() for said in several]
        return _page(request, submission, scan_errors=errors, status=422)
    upload = form.cleaned_data["scan"]
    scans.keep(request.session, sheet, upload, form.inspected, by=request.actor)
    messages.success(request, "盖章页已上传，请核对后盖章提交。")
    return _back_to_stamp(submission)


@acting_as(Role.UNIT)
@require_GET
def stamp_scan_page(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """A page of the scan this person uploaded and has not yet stamped with."""
    sheet = rules.sheet_of(_found(request, code), Tier.UNIT)
    scan = scans.held(request.session, sheet, by=request.actor)
    if scan is None:
        raise Http404
    return serving.page_image(scan, number)


@acting_as(Role.UNIT)
@posts_only
def seal(request: HttpRequest, code: str) -> HttpResponse:
    """Save, ask every rule but the last look, go on to the confirmation."""

    def asked(request: HttpRequest, submission: Submission) -> HttpResponse:
        evidence = _evidence(request.POST)
        _refuse_early(request, submission, evidence)
        url = reverse("submissions:stamp_confirm", args=[submission.code])
        return redirect(f"{url}?evidence={evidence}")

    return _with_sheet(request, code, asked)


def _against(request: HttpRequest, submission: Submission, evidence: str) -> list[Any]:
    """Refusals and cautions as if the person had already confirmed."""
    sheet = rules.sheet_of(submission, Tier.UNIT)
    scan = scans.held(request.session, sheet, by=request.actor)
    return list(
        rules.why_not_stamp(
            submission, request.actor, now(),
            evidence=evidence, scan=scan, confirmed=True,
        )
    )  # fmt: skip


def _refuse_early(request: HttpRequest, submission: Submission, evidence: str) -> None:
    refused = [
        r for r in _against(request, submission, evidence) if r.kind == "refusal"
    ]
    if refused:
        raise Refused(refused)


@sensitive_post_parameters("password")
@acting_as(Role.UNIT)
@require_http_methods(["GET", "POST"])
def stamp_confirm(request: HttpRequest, code: str) -> HttpResponse:
    """The stamped page, what goes where, one look, the password. POST stamps."""
    submission = _found(request, code)
    sheet = rules.sheet_of(submission, Tier.UNIT)
    if not submission.stampable and rules.live_stamp(sheet):
        return _stamped_already(request, code)
    form = _stamp_form(request, submission)
    if request.method == "GET" or not form.is_valid():
        status = 200 if request.method == "GET" else 422
        return _confirm_page(request, submission, form, status)
    try:
        _press(request, submission, sheet, form)
    except Refused as refused:
        if rules.live_stamp(sheet):  # the other of two clicks was first
            return _stamped_already(request, code)
        attach(form, refused.refusals)
        return _confirm_page(request, submission, form, 409)
    return redirect("submissions:stamp", code)


def _stamped_already(request: HttpRequest, code: str) -> HttpResponse:
    messages.info(request, "这项成果已经盖章提交。")
    return redirect("submissions:stamp", code)


def _stamp_form(request: HttpRequest, submission: Submission) -> StampForm:
    look = f"我看过了：印章清楚，是“{submission.unit.name}”，有日期"
    evidence = _evidence(request.POST or request.GET)
    if evidence == Evidence.SEAL_PICTURE:
        look = f"我看过了：用的是“{submission.unit.name}”的印章图样，由我本人加盖"
    data = request.POST if request.method == "POST" else None
    return StampForm(data, user=request.user, look=look, initial={"evidence": evidence})


def _press(
    request: HttpRequest,
    submission: Submission,
    sheet: ScoreSheet | None,
    form: StampForm,
) -> None:
    scan = scans.held(request.session, sheet, by=request.actor)
    evidence = form.cleaned_data["evidence"]
    actions.stamp(
        submission.pk,
        evidence=evidence,
        scan=scan if evidence == Evidence.SCAN else None,
        confirmed=form.cleaned_data["confirmed"],
        by=request.actor,
        at=now(),
    )
    scans.forget(request.session, sheet)
    whom = submission.recommender.name if submission.recommender else "秘书处"
    messages.success(request, f"已盖章，已交给{whom}。")


def _confirm_page(
    request: HttpRequest, submission: Submission, form: StampForm, status: int
) -> HttpResponse:
    sheet = rules.sheet_of(submission, Tier.UNIT)
    evidence = _evidence(request.POST or request.GET)
    answer = _against(request, submission, evidence)
    scan = scans.held(request.session, sheet, by=request.actor)
    context = {
        "submission": submission,
        "tag": shows.topic_tag(submission),
        "sheet": sheet,
        "total": plain(sheet.total) if sheet else "",
        "form": form,
        "by_picture": evidence == Evidence.SEAL_PICTURE,
        "scan": scan,
        "pages": stamping.page_urls(
            "submissions:stamp_scan_page", submission.code, scan
        ),
        "refused": [r for r in answer if r.kind == "refusal"],
        "cautions": [r for r in answer if r.kind == "caution"],
        "place": stamping.place_words(submission),
        "back_url": reverse("submissions:stamp", args=[submission.code]) + "#stamp",
    }
    return render(request, "submissions/stamping/confirm.html", context, status=status)


@acting_as(Role.UNIT)
@require_http_methods(["GET", "POST"])
def unit_return(request: HttpRequest, code: str) -> HttpResponse:
    """Give it back to the group with a reason."""
    words = ("退回给班组修改？", "退回修改", "已退回班组，班组会收到您写的原因。")
    return _reasoned(request, code, MoveName.UNIT_RETURN, actions.unit_return, words)


@acting_as(Role.UNIT)
@require_http_methods(["GET", "POST"])
def unstamp(request: HttpRequest, code: str) -> HttpResponse:
    """Take the stamp back before the recommending body has acted."""
    words = ("撤回本单位的盖章？", "撤回盖章", "已撤回盖章，可以修改后重新盖章。")
    return _reasoned(request, code, MoveName.UNSTAMP, actions.unstamp, words)


def _reasoned(
    request: HttpRequest,
    code: str,
    name: MoveName,
    act: Callable[..., None],
    words: tuple[str, str, str],
) -> HttpResponse:
    submission = _found(request, code)
    form = ReasonForm(request.POST or None)
    closed = list(rules.why_not(name, submission, request.actor, now()))
    status = 200 if request.method == "GET" else 422
    if request.method == "POST" and form.is_valid():
        try:
            comment = form.cleaned_data["comment"]
            act(submission.pk, comment=comment, by=request.actor, at=now())
        except Refused as refused:
            attach(form, refused.refusals)
            closed, status = [], 409
        else:
            messages.success(request, words[2])
            return redirect("submissions:stamping")
    context = {
        "submission": submission,
        "form": form,
        "closed": closed,
        "heading": words[0],
        "label": words[1],
        "back_url": reverse("submissions:stamp", args=[code]),
    }
    return render(request, "submissions/stamping/reason.html", context, status=status)
