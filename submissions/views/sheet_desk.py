"""The one way of a score sheet over a desk: score, print, take in the scan, stamp.

The unit and the recommending body walk it alike. A desk says what is its own (rules,
actions, addresses, words, the page around the panel); the order of things, what is
kept of a refused form and what a second click answers stand here once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import wraps
from typing import Any, ClassVar

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from qcportal.campaigns.deadlines import judged
from qcportal.documents import serving
from qcportal.documents.models import Document
from qcportal.refusals import Refusal, Refused, refuse_if
from qcportal.seals.models import Evidence
from qcportal.seals.reading import ask_for_look
from qcportal.signatures import rules as signature_rules
from qcportal.signatures.models import SignedCopy
from submissions import actions, rules, scans, shows, stamping
from submissions.models import ScoreSheet, Submission, Tier
from submissions.score_forms import (
    PHRASES,
    EvidenceForm,
    LookForm,
    ScanForm,
    SheetForm,
    StampForm,
    attach,
    plain,
)


def posts_only(page: str) -> Callable[..., Any]:
    """An act's address opened as a page (reloaded, kept) leads to ``page`` itself."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, code: str) -> HttpResponse:
            if request.method == "POST":
                return view(request, code)
            return redirect(page, code)

        return guarded

    return decorate


def evidence_of(data: Mapping[str, Any]) -> str:
    """The chosen way of stamping; what names none counts as a scan."""
    form = EvidenceForm(data)
    return form.cleaned_data["evidence"] if form.is_valid() else Evidence.SCAN


class SheetDesk(ABC):
    """One tier's desk. Its views are thin: they say who may enter and call these.

    ``acts`` is the module with ``save_sheet``, ``print_sheet`` and ``stamp``, ``asks``
    the one with ``why_not_score`` and ``why_not_stamp``; ``*_url`` are names of routes.
    """

    tier: ClassVar[Tier]
    acts: ClassVar[Any]
    asks: ClassVar[Any]
    page_url: ClassVar[str]
    print_url: ClassVar[str]
    scan_url: ClassVar[str]
    scan_page_url: ClassVar[str]
    signed_url: ClassVar[str]
    confirm_url: ClassVar[str]
    confirm_template: ClassVar[str]
    scan_kept: ClassVar[str]
    stamped_before: ClassVar[str]

    # --- what a desk says of itself ------------------------------------------------

    @abstractmethod
    def page(
        self,
        request: HttpRequest,
        found: Submission,
        *,
        form: SheetForm | None = None,
        scan_errors: Sequence[str] = (),
        status: int = 200,
    ) -> HttpResponse:
        """The whole page; ``form`` and ``scan_errors`` are what was refused just now."""

    @abstractmethod
    def has_form(self, request: HttpRequest, found: Submission) -> bool:
        """Whether the page still carries the sheet's form, so that it can keep words."""

    @abstractmethod
    def is_stamped(self, request: HttpRequest, found: Submission) -> bool:
        """Whether the stamp asked for stands already: the answer to a second click."""

    @abstractmethod
    def stamped_words(self, found: Submission) -> str:
        """What is said once the stamp stands."""

    @abstractmethod
    def owner_name(self, request: HttpRequest, found: Submission) -> str:
        """Whose name the seal has to carry."""

    def confirm_facts(self, found: Submission) -> dict[str, Any]:
        """What else the confirmation shows."""
        return {}

    # --- reading -------------------------------------------------------------------

    def found(self, request: HttpRequest, code: str) -> Submission:
        rows = Submission.objects.visible_to(request.actor).with_people()
        return get_object_or_404(rows, code=code)

    def sheet(self, found: Submission) -> ScoreSheet | None:
        return rules.sheet_of(found, self.tier)

    def scan(self, request: HttpRequest, found: Submission) -> Document | None:
        return scans.held(request.session, self.sheet(found), by=request.actor)

    def signed(self, request: HttpRequest, found: Submission) -> SignedCopy | None:
        """The print as this person uploaded it with digital signatures."""
        sheet = self.sheet(found)
        return signature_rules.held(sheet.paper if sheet else None, by=request.actor)

    def proof(
        self, request: HttpRequest, found: Submission, evidence: str
    ) -> Document | None:
        """The file the chosen way of stamping rests on."""
        if evidence == Evidence.SIGNATURE:
            copy = self.signed(request, found)
            return copy.document if copy else None
        return self.scan(request, found)

    def form(self, found: Submission, data: Mapping[str, Any] | None) -> SheetForm:
        sheet = self.sheet(found)
        rubric = sheet.rubric if sheet else actions.rubric_for(found)
        limit = found.campaign.opinion_limit
        return SheetForm(data, rubric=rubric, opinion_limit=limit, sheet=sheet)

    def against(
        self, request: HttpRequest, found: Submission, evidence: str
    ) -> list[Refusal]:
        """Refusals and cautions as if the person had already confirmed."""
        scan = self.proof(request, found, evidence)
        return list(
            self.asks.why_not_stamp(
                found, request.actor, judged(request, found.campaign),
                evidence=evidence, scan=scan, confirmed=True,
            )
        )  # fmt: skip

    def panel(
        self,
        request: HttpRequest,
        found: Submission,
        form: SheetForm | None,
        scan_errors: Sequence[str],
    ) -> dict[str, Any]:
        """What the open panel shows: the form and the place of the stamp."""
        sheet, code = self.sheet(found), found.code
        scan = self.scan(request, found)
        why = tuple(rules.why_not_use_seal_picture(request.actor, found.campaign))
        place = stamping.StampPlace(
            number=found.revision.number,
            sheet=sheet,
            evidence=evidence_of(request.POST),
            print_url=reverse(self.print_url, args=[code]),
            scan_url=reverse(self.scan_url, args=[code]),
            **stamping.paper_urls(found, self.tier),
            scan=scan,
            scan_pages=stamping.page_urls(self.scan_page_url, code, scan),
            outdated=scans.outdated(request.session, sheet),
            picture_refusals=why,
            scan_errors=scan_errors,
            signed_url=reverse(self.signed_url, args=[code]),
            signed=self.signed(request, found),
        )
        limit = found.campaign.opinion_limit
        return {
            "form": form or self.form(found, None),
            "phrases": PHRASES,
            "place": place,
            "missing": stamping.missing(sheet, scan, limit, by_picture=not why),
        }

    # --- scoring and printing ------------------------------------------------------

    def show(self, request: HttpRequest, code: str) -> HttpResponse:
        """The page; POST saves the sheet."""
        if request.method != "POST":
            return self.page(request, self.found(request, code))
        if request.headers.get("X-Requested-With") == "autosave":
            return self._autosaved(request, code)
        return self._with_sheet(request, code, self._saved)

    def _autosaved(self, request: HttpRequest, code: str) -> JsonResponse:
        """JSON for autosave.js: 409 for an older version or a desk that lost it."""
        found = self.found(request, code)
        form = self.form(found, request.POST)
        if not form.is_valid():
            return JsonResponse({"errors": form.errors}, status=422)
        try:
            sheet = self._save(request, found, form)
        except Refused as refused:
            said = [refusal.message for refusal in refused.refusals]
            return JsonResponse({"refusals": said}, status=409)
        saved_at = sheet.saved_at.isoformat()
        return JsonResponse({"version": sheet.version, "saved_at": saved_at})

    def _save(
        self, request: HttpRequest, found: Submission, form: SheetForm
    ) -> ScoreSheet:
        at = judged(request, found.campaign)
        return self.acts.save_sheet(found.pk, **form.typed, by=request.actor, at=at)

    def _with_sheet(
        self,
        request: HttpRequest,
        code: str,
        then: Callable[[HttpRequest, Submission], HttpResponse],
    ) -> HttpResponse:
        """Save what was typed, then go on; what is refused is said at its field."""
        found = self.found(request, code)
        if not self.has_form(request, found):
            at = judged(request, found.campaign)
            refuse_if(self.asks.why_not_score(found, request.actor, at))
        form = self.form(found, request.POST)
        if not form.is_valid():
            return self.page(request, found, form=form, status=422)
        try:
            self._save(request, found, form)
            return then(request, found)
        except Refused as refused:
            found = self.found(request, code)
            if not self.has_form(request, found):  # it was taken away meanwhile
                raise
            form.refuse(refused.refusals, self.sheet(found))
            return self.page(request, found, form=form, status=409)

    def _saved(self, request: HttpRequest, found: Submission) -> HttpResponse:
        messages.success(request, "已保存。")
        return redirect(self.page_url, found.code)

    def print_sheet(self, request: HttpRequest, code: str) -> HttpResponse:
        """Save and order the 成果评分与推荐意见表."""

        def ordered(request: HttpRequest, found: Submission) -> HttpResponse:
            at = judged(request, found.campaign)
            self.acts.print_sheet(found.pk, by=request.actor, at=at)
            messages.success(request, "意见表正在生成，好了就能打印盖章。")
            return redirect(self._back(found))

        return self._with_sheet(request, code, ordered)

    def _back(self, found: Submission) -> str:
        return reverse(self.page_url, args=[found.code]) + "#stamp"

    # --- the scan ------------------------------------------------------------------

    def take_scan(self, request: HttpRequest, code: str) -> HttpResponse:
        """Take in the scan of the stamped pages; it counts for this print only. With
        ``look_reason`` instead: ask the next tier to compare what could not be read."""
        found = self.found(request, code)
        at = judged(request, found.campaign)
        closed = list(self.asks.why_not_score(found, request.actor, at))
        if not self.has_form(request, found):
            refuse_if(closed)
        if "look_reason" in request.POST:
            return self._ask_for_look(request, found)
        sheet, form = self.sheet(found), ScanForm(request.POST, request.FILES)
        attach(form, closed)
        if sheet is None or sheet.paper is None:
            form.add_error("scan", "请先生成并打印意见表，盖章后再上传。")
        if form.is_valid():
            self._keep_scan(request, sheet, form, at)
        if not form.is_valid():
            errors = [said for several in form.errors.values() for said in several]
            return self.page(request, found, scan_errors=errors, status=422)
        return redirect(self._back(found))

    def _keep_scan(
        self, request: HttpRequest, sheet: ScoreSheet, form: ScanForm, at: datetime
    ) -> None:
        """Read and keep; what is refused becomes the field's error."""
        files = form.cleaned_data["scan"]
        try:
            match = scans.keep(request.session, sheet, files, by=request.actor, at=at)
        except Refused as refused:
            attach(form, refused.refusals)
            return
        say = messages.warning if match.unread or match.doubled else messages.success
        say(request, stamping.scan_words(match, self.scan_kept))

    def _ask_for_look(self, request: HttpRequest, found: Submission) -> HttpResponse:
        scan, form = self.scan(request, found), LookForm(request.POST)
        if scan is None or not form.is_valid():
            raise Http404
        try:
            ask_for_look(scan, form.cleaned_data["look_reason"], by=request.actor)
        except Refused as refused:
            errors = [refusal.message for refusal in refused.refusals]
            return self.page(request, found, scan_errors=errors, status=422)
        messages.success(request, "已写明原因，下一级会逐页人工核对。")
        return redirect(self._back(found))

    def scan_page(self, request: HttpRequest, code: str, number: int) -> HttpResponse:
        """A page of the scan this person uploaded and has not yet stamped with."""
        scan = self.scan(request, self.found(request, code))
        if scan is None:
            raise Http404
        return serving.page_image(scan, number)

    # --- the stamp -----------------------------------------------------------------

    def seal(self, request: HttpRequest, code: str) -> HttpResponse:
        """Save, ask every rule but the last look, go on to the confirmation."""

        def asked(request: HttpRequest, found: Submission) -> HttpResponse:
            evidence = evidence_of(request.POST)
            refuse_if(self.against(request, found, evidence))
            url = reverse(self.confirm_url, args=[found.code])
            return redirect(f"{url}?evidence={evidence}")

        return self._with_sheet(request, code, asked)

    def confirm(self, request: HttpRequest, code: str) -> HttpResponse:
        """The stamped page, what it is for, one look, the password. POST stamps."""
        found = self.found(request, code)
        if self.is_stamped(request, found):
            return self._stamped_before(request, code)
        form = self._stamp_form(request, found)
        if request.method != "POST":
            return self._confirm_page(request, found, form, 200)
        if not form.is_valid():
            return self._confirm_page(request, found, form, 422)
        try:
            self._press(request, found, form)
        except Refused as refused:
            found = self.found(request, code)
            if self.is_stamped(request, found):  # the other of two clicks was first
                return self._stamped_before(request, code)
            attach(form, refused.refusals)
            return self._confirm_page(request, found, form, 409)
        return redirect(self.page_url, code)

    def _stamped_before(self, request: HttpRequest, code: str) -> HttpResponse:
        messages.info(request, self.stamped_before)
        return redirect(self.page_url, code)

    def _stamp_form(self, request: HttpRequest, found: Submission) -> StampForm:
        name = self.owner_name(request, found)
        look = f"我看过了：印章清楚，是“{name}”，有日期"
        evidence = evidence_of(request.POST or request.GET)
        if evidence == Evidence.SEAL_PICTURE:
            look = f"我看过了：用的是“{name}”的印章图样，由我本人加盖"
        elif evidence == Evidence.SIGNATURE:
            look = f"我看过了：签名的是“{name}”，签的是这一版意见表"
        data = request.POST if request.method == "POST" else None
        return StampForm(
            data, user=request.user, look=look, initial={"evidence": evidence}
        )

    def _press(self, request: HttpRequest, found: Submission, form: StampForm) -> None:
        evidence = form.cleaned_data["evidence"]
        by_picture = evidence == Evidence.SEAL_PICTURE
        scan = None if by_picture else self.proof(request, found, evidence)
        stamp = self.acts.stamp(
            found.pk,
            evidence=evidence,
            scan=scan,
            confirmed=form.cleaned_data["confirmed"],
            by=request.actor,
            at=judged(request, found.campaign),
        )
        scans.forget(request.session, stamp.sheet)
        messages.success(request, self.stamped_words(found))

    def _confirm_page(
        self, request: HttpRequest, found: Submission, form: StampForm, status: int
    ) -> HttpResponse:
        sheet, scan = self.sheet(found), self.scan(request, found)
        evidence = evidence_of(request.POST or request.GET)
        answer = self.against(request, found, evidence)
        context = {
            "submission": found,
            "tag": shows.topic_tag(found),
            "sheet": sheet,
            "scan": scan,
            "total": plain(sheet.total) if sheet else "",
            "form": form,
            "by_picture": evidence == Evidence.SEAL_PICTURE,
            "signed": self.signed(request, found)
            if evidence == Evidence.SIGNATURE
            else None,
            "signed_url": reverse(self.signed_url, args=[found.code]),
            "by_signature": evidence == Evidence.SIGNATURE,
            "pages": stamping.page_urls(self.scan_page_url, found.code, scan),
            "refused": [r for r in answer if r.kind == "refusal"],
            "cautions": [r for r in answer if r.kind == "caution"],
            "back_url": self._back(found),
            **self.confirm_facts(found),
        }
        return render(request, self.confirm_template, context, status=status)
