"""The third way of stamping: the print, signed with the organisation's own certificate.

One page for both desks (``sheet_desk.SheetDesk``): download, sign elsewhere, upload; what
was read of the signatures is shown before the confirmation.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from qcportal.campaigns.deadlines import judged
from qcportal.refusals import Refused, refuse_if
from qcportal.signatures import actions, examining
from qcportal.signatures import rules as signature_rules
from submissions import stamping
from submissions.models import ScoreSheet, Submission, Tier
from submissions.score_forms import SignedForm, attach
from submissions.views.sheet_desk import SheetDesk

LABELS = {Tier.UNIT: "单位盖章", Tier.RECOMMENDER: "推荐单位盖章"}


def show(desk: SheetDesk, request: HttpRequest, code: str) -> HttpResponse:
    """The page; POST takes the signed PDF and says what is wrong with it beside it."""
    found = desk.found(request, code)
    if request.method != "POST":
        return _page(desk, request, found, SignedForm())
    refuse_if(
        desk.asks.why_not_score(found, request.actor, judged(request, found.campaign))
    )
    form, sheet = SignedForm(request.POST, request.FILES), desk.sheet(found)
    if sheet is None or sheet.paper is None or not sheet.paper.is_ready:
        form.add_error("signed", "请先生成意见表，签名后再上传。")
    if not form.is_valid():
        return _page(desk, request, found, form, status=422)
    try:
        _keep(request, sheet, form)
    except Refused as refused:
        attach(form, refused.refusals)
        return _page(desk, request, found, form, status=422)
    messages.success(request, "签名已核对，请看过下面读到的签名，再确认盖章。")
    return redirect(desk.signed_url, code)


def _keep(request: HttpRequest, sheet: ScoreSheet, form: SignedForm) -> None:
    upload, at = (
        form.cleaned_data["signed"],
        judged(request, sheet.revision.submission.campaign),
    )
    report = examining.examine(upload, form.inspected.name, at)
    actions.keep(sheet.paper, upload, form.inspected, report, by=request.actor, at=at)


def _page(
    desk: SheetDesk,
    request: HttpRequest,
    found: Submission,
    form: SignedForm,
    *,
    status: int = 200,
) -> HttpResponse:
    at, signed = judged(request, found.campaign), desk.signed(request, found)
    name = desk.owner_name(request, found)
    context = {
        "submission": found,
        "sheet": desk.sheet(found),
        "signed": signed,
        "cautions": list(signature_rules.cautions(signed, name)) if signed else [],
        "closed": list(desk.asks.why_not_score(found, request.actor, at)),
        "form": form,
        "stamp_label": LABELS[desk.tier],
        "back_url": reverse(desk.page_url, args=[found.code]) + "#stamp",
        "confirm_url": reverse(desk.confirm_url, args=[found.code]),
        **stamping.paper_urls(found, desk.tier),
    }
    return render(request, "submissions/stamping/signed.html", context, status=status)
