"""汇总表和盖章: the papers of the list, the seal on the 推荐表, the handover."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.audit.record import record
from qcportal.campaigns.deadlines import judged
from qcportal.clock import now
from qcportal.documents import making, serving
from qcportal.refusals import Refused
from qcportal.seals.models import Evidence
from qcportal.seals.reading import ask_for_look
from recommenders import actions, rules, shows, table_scans
from recommenders import papers as facts
from recommenders.models import Dossier, Handover, Paper
from recommenders.season import dossier_kept, dossier_on, here
from submissions import rules as submission_rules
from submissions.score_forms import LookForm, ScanForm, StampForm, attach
from submissions.stamping import scan_words

LOOK = "我看过了盖章页：推荐单位名称、名单、核对码和印章都对"


@acting_as(Role.RECOMMENDER)
@require_safe
def papers(request: HttpRequest) -> HttpResponse:
    return _page(request, dossier_on(request), ScanForm())


def _page(
    request: HttpRequest, dossier: Dossier, form: ScanForm, status: int = 200
) -> HttpResponse:
    actor, at = request.actor, now()
    candidates = rules.recommended(dossier)
    listed = facts.rows(candidates)
    shown = shows.papers_shown(dossier, actor, at, listed)
    table = shown[Paper.Kind.TABLE].paper
    refusals = list(rules.why_not_submit(dossier, table, listed, candidates, actor, at))
    context = {
        "dossier": dossier,
        "campaign": dossier.campaign,
        "listed": listed,
        "shown": shown,
        "stamp": rules.live_table_stamp(table),
        "scan": table_scans.held(request.session, table, by=actor),
        "scan_form": form,
        "picture_refusals": list(
            submission_rules.why_not_use_seal_picture(actor, dossier.campaign)
        ),
        "ready": shows.readiness(dossier),
        "handover": shows.handover_offer(refusals),
        "handed": list(Handover.objects.filter(dossier_id=dossier.pk)),
        "preview": shows.preview(dossier, listed, at),
        "query": f"?campaign={dossier.campaign.code}" if "campaign" in request.GET else "",
    }  # fmt: skip
    return render(request, "recommenders/papers.html", context, status=status)


@acting_as(Role.RECOMMENDER)
@require_POST
def make_paper(request: HttpRequest, kind: str) -> HttpResponse:
    if kind not in Paper.Kind.values:
        raise Http404
    dossier = dossier_kept(request)
    at = judged(request, dossier.campaign)
    actions.make_paper(dossier.pk, kind, by=request.actor, at=at)
    return redirect(here("papers", request))


def _paper(request: HttpRequest, check_code: str) -> Paper:
    """A paper of a dossier the actor may know of; 404 for everything else."""
    visible = Dossier.objects.visible_to(request.actor)
    known = Paper.objects.filter(dossier__in=visible)
    return get_object_or_404(
        known.select_related("document", "dossier__campaign"), check_code=check_code
    )


@acting_as(Role.RECOMMENDER, Role.ASSOCIATION)
@require_safe
def download(request: HttpRequest, check_code: str) -> HttpResponse:
    paper = _paper(request, check_code)
    response = serving.respond(paper.document, as_attachment="view" not in request.GET)
    record(request.actor, "document_read", paper.check_code, at=now(),
           campaign=paper.dossier.campaign.code, kind=paper.kind)  # fmt: skip
    return response


@acting_as(Role.RECOMMENDER, Role.ASSOCIATION)
@require_safe
def paper_status(request: HttpRequest, check_code: str) -> HttpResponse:
    """The paper's line alone, for the page that waits for it."""
    paper = _paper(request, check_code)
    return render(request, "recommenders/_paper_file.html", {"paper": paper})


@acting_as(Role.RECOMMENDER)
@require_POST
def retry(request: HttpRequest, check_code: str) -> HttpResponse:
    making.retry(_paper(request, check_code).document, request.actor.user)
    return redirect(here("papers", request))


# --- the seal ---------------------------------------------------------------------


def _table(request: HttpRequest) -> tuple[Dossier, Paper]:
    """The dossier and its newest 推荐表; back with the reason while there is none."""
    dossier = dossier_on(request)
    paper = actions.newest_paper(dossier, Paper.Kind.TABLE)
    if paper is None:
        raise Refused(rules.table_faults(None, []))
    return dossier, paper


@acting_as(Role.RECOMMENDER)
def upload_scan(request: HttpRequest) -> HttpResponse:
    """Take in the stamped 推荐表; it counts once the confirmation is pressed."""
    if request.method != "POST":  # the address of a refused upload, opened anew
        return redirect(here("papers", request))
    dossier, paper = _table(request)
    if "look_reason" in request.POST:
        return _ask_for_look(request, dossier, paper)
    form = ScanForm(request.POST, request.FILES)
    if form.is_valid():
        _keep_scan(request, paper, form, judged(request, dossier.campaign))
    if not form.is_valid():
        return _page(request, dossier, form, status=422)
    scan = table_scans.held(request.session, paper, by=request.actor)
    unread = scan is not None and scan.scan_reading.needs_look
    return redirect(here("papers" if unread else "confirm_table", request))


def _keep_scan(
    request: HttpRequest, paper: Paper, form: ScanForm, at: datetime
) -> None:
    """Read and keep; what is refused becomes the field's error."""
    files = form.cleaned_data["scan"]
    try:
        match = table_scans.keep(request.session, paper, files, by=request.actor, at=at)
    except Refused as refused:
        attach(form, refused.refusals)
        return
    say = messages.warning if match.unread or match.doubled else messages.success
    say(request, scan_words(match, "请核对后盖章。"))


def _ask_for_look(request: HttpRequest, dossier: Dossier, paper: Paper) -> HttpResponse:
    scan = table_scans.held(request.session, paper, by=request.actor)
    form = LookForm(request.POST)
    if scan is None or not form.is_valid():
        raise Http404
    ask_for_look(scan, form.cleaned_data["look_reason"], by=request.actor)
    messages.success(request, "已写明原因，秘书处会逐页人工核对。")
    return redirect(here("papers", request))


@acting_as(Role.RECOMMENDER)
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_table(request: HttpRequest) -> HttpResponse:
    """The stamped table once more, one tick, the password; then the seal stands."""
    dossier, paper = _table(request)
    scan = table_scans.held(request.session, paper, by=request.actor)
    chosen = request.POST.get("evidence") or request.GET.get("evidence") or "scan"
    evidence = chosen if chosen in {Evidence.SCAN, Evidence.SEAL_PICTURE} else "scan"
    form = StampForm(
        request.POST or None, user=request.actor.user, look=LOOK,
        initial={"evidence": evidence},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            return _pressed(request, dossier, paper, form, scan)
        except Refused as no:
            attach(form, no.refusals)
    return _confirmation(request, dossier, paper, form, scan, evidence)


def _pressed(
    request: HttpRequest, dossier: Dossier, paper: Paper, form: StampForm, scan: Any
) -> HttpResponse:
    stamped = form.cleaned_data["evidence"]
    actions.stamp_table(
        dossier.pk, evidence=stamped, scan=scan if stamped == Evidence.SCAN else None,
        confirmed=form.cleaned_data["confirmed"], by=request.actor,
        at=judged(request, dossier.campaign),
    )  # fmt: skip
    table_scans.forget(request.session, paper)
    messages.success(request, "推荐表已盖章，可以提交秘书处了。")
    return redirect(here("papers", request))


def _confirmation(
    request: HttpRequest, dossier: Dossier, paper: Paper, form: StampForm,
    scan: Any, evidence: str,
) -> HttpResponse:  # fmt: skip
    listed = facts.current_rows(dossier)
    refusals = rules.why_not_stamp_table(
        dossier, paper, listed, request.actor, now(),
        evidence=evidence, scan=scan, confirmed=True,
    )  # fmt: skip
    pages = min(scan.pages or 1, 20) if scan else 0
    context = {
        "dossier": dossier,
        "paper": paper,
        "form": form,
        "scan": scan,
        "by_picture": evidence == Evidence.SEAL_PICTURE,
        "picture": submission_rules.live_seal_picture(request.actor.organisation),
        "pages": [
            reverse("recommenders:scan_page", args=[n]) for n in range(1, pages + 1)
        ],
        "preview": shows.preview(dossier, listed, paper.made_at),
        "refusals": list(refusals),
        "back": here("papers", request),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "recommenders/confirm_table.html", context, status=status)


@acting_as(Role.RECOMMENDER)
@require_safe
def scan_page(request: HttpRequest, number: int) -> HttpResponse:
    """A page of the scan this person has just uploaded."""
    _, paper = _table(request)
    scan = table_scans.held(request.session, paper, by=request.actor)
    if scan is None:
        raise Http404
    return serving.page_image(scan, number, dpi=100)


# --- the handover -------------------------------------------------------------------


@acting_as(Role.RECOMMENDER)
@require_POST
def submit(request: HttpRequest) -> HttpResponse:
    dossier = dossier_kept(request)
    at = judged(request, dossier.campaign)
    handover = actions.submit(dossier.pk, by=request.actor, at=at)
    messages.success(
        request,
        f"已提交秘书处 {len(handover.codes)} 项。秘书处核对材料后，会通知班组和单位。",
    )
    return redirect(here("papers", request))
