"""One result on the recommending body's desk: read, score, give an opinion, stamp."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.accounts.rules import why_not_in_person
from qcportal.clock import now
from qcportal.documents import serving
from qcportal.refusals import Refused, refuse_if
from qcportal.seals.models import Evidence
from recommenders import actions, rules
from submissions import actions as submission_actions
from submissions import rules as submission_rules
from submissions import scans, shows, stamping
from submissions.lifecycle import MoveName, State
from submissions.models import ScoreSheet, Submission, Tier
from submissions.score_forms import (
    PHRASES,
    EvidenceForm,
    ScanForm,
    SheetForm,
    StampForm,
    attach,
    marks_of,
    plain,
)

HERE = frozenset({State.STAMPED, State.RECOMMENDED})


def _found(request: HttpRequest, code: str) -> Submission:
    rows = Submission.objects.visible_to(request.actor).with_people()
    return get_object_or_404(rows, code=code)


def _own(submission: Submission) -> ScoreSheet | None:
    return submission_rules.sheet_of(submission, Tier.RECOMMENDER)


@acting_as(Role.RECOMMENDER)
@require_http_methods(["GET", "HEAD", "POST"])
def submission(request: HttpRequest, code: str) -> HttpResponse:
    """Papers left; the unit's word, own marks, opinion, stamp right. POST saves."""
    if request.method == "POST":
        if request.headers.get("X-Requested-With") == "autosave":
            return _autosaved(request, code)
        return _with_sheet(request, code, _saved)
    return _page(request, _found(request, code))


def _form(
    submission: Submission, sheet: ScoreSheet | None, data: Mapping[str, Any] | None
) -> SheetForm:
    rubric = sheet.rubric if sheet else submission_actions.rubric_for(submission)
    limit = submission.campaign.opinion_limit
    return SheetForm(data, rubric=rubric, opinion_limit=limit, sheet=sheet)


def _autosaved(request: HttpRequest, code: str) -> JsonResponse:
    """JSON for autosave.js: 409 for an older version or a desk that lost it."""
    found = _found(request, code)
    form = _form(found, _own(found), request.POST)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=422)
    try:
        sheet = actions.save_sheet(found.pk, **form.typed, by=request.actor, at=now())
    except Refused as refused:
        said = [refusal.message for refusal in refused.refusals]
        return JsonResponse({"refusals": said}, status=409)
    saved_at = sheet.saved_at.isoformat()
    return JsonResponse({"version": sheet.version, "saved_at": saved_at})


def _with_sheet(
    request: HttpRequest,
    code: str,
    then: Callable[[HttpRequest, Submission], HttpResponse],
) -> HttpResponse:
    """Save what was typed, then go on; what is refused is said at its field."""
    found = _found(request, code)
    refuse_if(rules.why_not_score(found, request.actor, now()))
    form = _form(found, _own(found), request.POST)
    if not form.is_valid():
        return _page(request, found, form=form, status=422)
    try:
        actions.save_sheet(found.pk, **form.typed, by=request.actor, at=now())
        return then(request, found)
    except Refused as refused:
        form.refuse(refused.refusals, _own(found))
        return _page(request, found, form=form, status=409)


def _saved(request: HttpRequest, found: Submission) -> HttpResponse:
    messages.success(request, "已保存。")
    return redirect("recommenders:submission", found.code)


def _evidence(data: Mapping[str, Any]) -> str:
    form = EvidenceForm(data)
    return form.cleaned_data["evidence"] if form.is_valid() else Evidence.SCAN


def _page(
    request: HttpRequest,
    found: Submission,
    *,
    form: SheetForm | None = None,
    scan_errors: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    own, at = _own(found), now()
    closed = list(rules.why_not_score(found, request.actor, at))
    context = {
        "submission": found,
        "tag": shows.topic_tag(found),
        "chip": shows.chip(found, Role.RECOMMENDER, at),
        "tabs": stamping.viewer_tabs(found) if found.revision else [],
        "unit": _word_of_unit(found),
        "own": _word(own),
        "offers": _offers(request, found),
        "closed": closed if found.state_enum in HERE else [],
        "reason": shows.return_reason(found),
        "holder": shows.holder(found, at, Role.RECOMMENDER),
        "open": not closed,
        "visit": rules.last_visit(found),
        "may_visit": not list(rules.why_not_visit(found, request.actor, at)),
    }
    if not closed:
        context |= _open_panel(request, found, own, form, scan_errors or [])
    return render(request, "recommenders/submission.html", context, status=status)


def _word(sheet: ScoreSheet | None) -> dict[str, Any]:
    """A tier's sheet to be read: marks, total, opinion, stamp."""
    stamp = submission_rules.live_stamp(sheet)
    return {
        "sheet": sheet,
        "marks": marks_of(sheet),
        "total": plain(sheet.total) if sheet else "",
        "stamp": stamp,
        "stamped": (stamp.paper or stamp.scan) if stamp else None,
    }


def _word_of_unit(found: Submission) -> dict[str, Any]:
    """What the unit says, with the pictures of its stamped page."""
    word = _word(submission_rules.sheet_of(found, Tier.UNIT))
    stamped = word["stamped"]
    shown = stamped and stamped.is_ready and (stamped.is_pdf or stamped.is_image)
    pages = min(stamped.pages or 1, 4) if shown else 0
    args = [found.code, Tier.UNIT]
    word["url"] = reverse("submissions:stamped_paper", args=args)
    word["pages"] = [
        reverse("submissions:stamped_page", args=[*args, number])
        for number in range(1, pages + 1)
    ]
    return word


def _offers(request: HttpRequest, found: Submission) -> list[submission_rules.Offer]:
    """The acts of this desk from this state, each with what stands against it."""
    actor, at = request.actor, now()
    names = (MoveName.TAKE_BACK, MoveName.RECOMMENDER_RETURN, MoveName.DECLINE)
    offers = submission_rules.offers(found, actor, at, names)
    if found.state_enum == State.STAMPED:
        why_not = list(rules.why_not_recommend(found, actor, at))
        offers.insert(0, submission_rules.offer(MoveName.RECOMMEND, why_not))
    return [
        replace(o, url=reverse(f"recommenders:{o.name}", args=[found.code]),
                needs_comment=o.needs_comment)
        for o in offers
    ]  # fmt: skip


def _open_panel(
    request: HttpRequest,
    found: Submission,
    sheet: ScoreSheet | None,
    form: SheetForm | None,
    scan_errors: list[str],
) -> dict[str, Any]:
    code = found.code
    scan = scans.held(request.session, sheet, by=request.actor)
    why = tuple(
        submission_rules.why_not_use_seal_picture(request.actor, found.campaign)
    )
    place = stamping.StampPlace(
        number=found.revision.number,
        sheet=sheet,
        evidence=_evidence(request.POST),
        print_url=reverse("recommenders:print", args=[code]),
        scan_url=reverse("recommenders:scan", args=[code]),
        **stamping.paper_urls(found, Tier.RECOMMENDER),
        scan=scan,
        scan_pages=stamping.page_urls("recommenders:opinion_scan_page", code, scan),
        outdated=scans.outdated(request.session, sheet),
        picture_refusals=why,
        scan_errors=scan_errors,
    )
    limit = found.campaign.opinion_limit
    return {
        "form": form or _form(found, sheet, None),
        "phrases": PHRASES,
        "place": place,
        "barred": list(why_not_in_person(request.actor)),
        "missing": stamping.missing(sheet, scan, limit, by_picture=not why),
    }


@acting_as(Role.RECOMMENDER)
@require_POST
def print_sheet(request: HttpRequest, code: str) -> HttpResponse:
    """Save and order the body's 成果评分与推荐意见表."""

    def ordered(request: HttpRequest, found: Submission) -> HttpResponse:
        actions.print_sheet(found.pk, by=request.actor, at=now())
        messages.success(request, "意见表正在生成，好了就能打印盖章。")
        return _to_stamp(found)

    return _with_sheet(request, code, ordered)


def _to_stamp(found: Submission) -> HttpResponse:
    return redirect(reverse("recommenders:submission", args=[found.code]) + "#stamp")


@acting_as(Role.RECOMMENDER)
@require_POST
def upload_scan(request: HttpRequest, code: str) -> HttpResponse:
    """Take in the scan of the stamped page; it counts for this print only."""
    found = _found(request, code)
    refuse_if(rules.why_not_score(found, request.actor, now()))
    sheet, form = _own(found), ScanForm(request.POST, request.FILES)
    if sheet is None or sheet.paper is None:
        form.add_error("scan", "请先生成并打印意见表，盖章后再上传。")
    if not form.is_valid():
        errors = [said for several in form.errors.values() for said in several]
        return _page(request, found, scan_errors=errors, status=422)
    upload = form.cleaned_data["scan"]
    scans.keep(request.session, sheet, upload, form.inspected, by=request.actor)
    messages.success(request, "盖章页已上传，请核对后盖章。")
    return _to_stamp(found)


@acting_as(Role.RECOMMENDER)
@require_safe
def opinion_scan_page(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """A page of the scan this person uploaded and has not yet stamped with."""
    sheet = _own(_found(request, code))
    scan = scans.held(request.session, sheet, by=request.actor)
    if scan is None:
        raise Http404
    return serving.page_image(scan, number)


@acting_as(Role.RECOMMENDER)
@require_POST
def seal(request: HttpRequest, code: str) -> HttpResponse:
    """Save, ask every rule but the last look, go on to the confirmation."""

    def asked(request: HttpRequest, found: Submission) -> HttpResponse:
        evidence = _evidence(request.POST)
        refuse_if(_against(request, found, evidence))
        url = reverse("recommenders:confirm", args=[found.code])
        return redirect(f"{url}?evidence={evidence}")

    return _with_sheet(request, code, asked)


def _against(request: HttpRequest, found: Submission, evidence: str) -> list[Any]:
    """Refusals and cautions as if the person had already confirmed."""
    scan = scans.held(request.session, _own(found), by=request.actor)
    return list(
        rules.why_not_stamp(
            found, request.actor, now(), evidence=evidence, scan=scan, confirmed=True
        )
    )


@sensitive_post_parameters("password")
@acting_as(Role.RECOMMENDER)
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, code: str) -> HttpResponse:
    """The stamped page, one look, the password. POST stamps."""
    found = _found(request, code)
    evidence = _evidence(request.POST or request.GET)
    form = _stamp_form(request, evidence)
    if request.method != "POST":
        return _confirm_page(request, found, form, evidence, 200)
    if not form.is_valid():
        return _confirm_page(request, found, form, evidence, 422)
    try:
        _press(request, found, form)
    except Refused as refused:
        attach(form, refused.refusals)
        return _confirm_page(request, found, form, evidence, 409)
    return redirect("recommenders:submission", code)


def _stamp_form(request: HttpRequest, evidence: str) -> StampForm:
    name = request.actor.organisation_name
    look = f"我看过了：印章清楚，是“{name}”，有日期"
    if evidence == Evidence.SEAL_PICTURE:
        look = f"我看过了：用的是“{name}”的印章图样，由我本人加盖"
    data = request.POST if request.method == "POST" else None
    return StampForm(data, user=request.user, look=look, initial={"evidence": evidence})


def _press(request: HttpRequest, found: Submission, form: StampForm) -> None:
    sheet = _own(found)
    evidence = form.cleaned_data["evidence"]
    if _pressed_already(request, sheet):
        return
    scan = scans.held(request.session, sheet, by=request.actor)
    actions.stamp(
        found.pk,
        evidence=evidence,
        scan=scan if evidence == Evidence.SCAN else None,
        confirmed=form.cleaned_data["confirmed"],
        by=request.actor,
        at=now(),
    )
    scans.forget(request.session, sheet)
    messages.success(request, "推荐意见已盖章。")


def _pressed_already(request: HttpRequest, sheet: ScoreSheet | None) -> bool:
    """A second click: the sheet as printed is stamped and no new scan was brought."""
    stamp = submission_rules.live_stamp(sheet)
    new_scan = scans.held(request.session, sheet, by=request.actor)
    return stamp is not None and new_scan is None


def _confirm_page(
    request: HttpRequest, found: Submission, form: StampForm, evidence: str, status: int
) -> HttpResponse:
    sheet = _own(found)
    scan = scans.held(request.session, sheet, by=request.actor)
    context = {
        "submission": found,
        "tag": shows.topic_tag(found),
        "sheet": sheet,
        "total": plain(sheet.total) if sheet else "",
        "form": form,
        "by_picture": evidence == Evidence.SEAL_PICTURE,
        "scan": scan,
        "pages": stamping.page_urls("recommenders:opinion_scan_page", found.code, scan),
        "refused": [
            r for r in _against(request, found, evidence) if r.kind == "refusal"
        ],
        "back_url": reverse("recommenders:submission", args=[found.code]) + "#stamp",
    }
    return render(request, "recommenders/confirm.html", context, status=status)
