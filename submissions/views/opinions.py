"""The printed sheets and stamped pages of both tiers, for every desk that may read.

The unit reads its own; the recommending body and the association read both.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.audit.record import record
from qcportal.campaigns.deadlines import judged
from qcportal.clock import now
from qcportal.documents import making, serving
from qcportal.documents.models import Document
from qcportal.refusals import Refused
from submissions import actions, looking, rules
from submissions.models import ScoreSheet, Stamp, Submission, Tier
from submissions.notices import desk_path
from submissions.score_forms import LookAtStampForm, attach

READERS = (Role.UNIT, Role.RECOMMENDER, Role.ASSOCIATION)


def _sheet(request: HttpRequest, code: str, tier: str) -> ScoreSheet:
    rows = Submission.objects.visible_to(request.actor).with_people()
    submission = get_object_or_404(rows, code=code)
    sheet = rules.sheet_of(submission, tier) if tier in Tier.values else None
    hidden = request.actor.role == Role.UNIT and tier != Tier.UNIT
    if sheet is None or hidden:
        raise Http404
    return sheet


def _paper(request: HttpRequest, code: str, tier: str) -> Document:
    paper = _sheet(request, code, tier).paper
    if paper is None:
        raise Http404
    return paper


def _stamped(request: HttpRequest, code: str, tier: str) -> Document:
    stamp = rules.live_stamp(_sheet(request, code, tier))
    shown = (stamp.paper or stamp.scan) if stamp else None
    if shown is None:
        raise Http404
    return shown


def _handed_out(request: HttpRequest, code: str, document: Document) -> HttpResponse:
    shown = request.GET.get("view") == "1"
    response = serving.respond(document, as_attachment=not shown)
    campaign = Submission.objects.values_list("campaign__code", flat=True).get(
        code=code
    )
    record(request.actor, "file_downloaded", code, at=now(), campaign=campaign,
           document=str(document.key))  # fmt: skip
    return response


def _state(request: HttpRequest, document: Document, *names: str) -> HttpResponse:
    """The document component again, for polling. ``names``: download, status."""
    args = [*request.resolver_match.kwargs.values()]
    download, status = (reverse(f"submissions:{name}", args=args) for name in names)
    context = {"doc": document, "url": download, "status_url": status}
    return render(request, "submissions/stamping/_document.html", context)


@acting_as(*READERS)
@require_GET
def opinion_paper(request: HttpRequest, code: str, tier: str) -> HttpResponse:
    """The 成果评分与推荐意见表 as printed for stamping; ``?view=1`` inline."""
    return _handed_out(request, code, _paper(request, code, tier))


@acting_as(*READERS)
@require_GET
def opinion_status(request: HttpRequest, code: str, tier: str) -> HttpResponse:
    paper = _paper(request, code, tier)
    return _state(request, paper, "opinion_paper", "opinion_status")


@acting_as(Role.UNIT, Role.RECOMMENDER)
@require_POST
def opinion_retry(request: HttpRequest, code: str, tier: str) -> HttpResponse:
    """Have a paper made again that could not be made; only by the tier it belongs to."""
    if tier != request.actor.role:
        raise Http404
    making.retry(_paper(request, code, tier), request.user)
    submission = Submission.objects.get(code=code)
    return redirect(desk_path(submission, request.actor.role) + "#stamp")


@acting_as(*READERS)
@require_GET
def stamped_paper(request: HttpRequest, code: str, tier: str) -> HttpResponse:
    """The stamped page: the scan of ink, or the paper with the kept picture."""
    return _handed_out(request, code, _stamped(request, code, tier))


@acting_as(*READERS)
@require_GET
def stamped_status(request: HttpRequest, code: str, tier: str) -> HttpResponse:
    paper = _stamped(request, code, tier)
    return _state(request, paper, "stamped_paper", "stamped_status")


@acting_as(*READERS)
@require_GET
def stamped_page(
    request: HttpRequest, code: str, tier: str, number: int
) -> HttpResponse:
    """A page of the stamped paper as a picture."""
    return serving.page_image(_stamped(request, code, tier), number)


@acting_as(Role.RECOMMENDER, Role.ASSOCIATION)
@require_http_methods(["GET", "HEAD", "POST"])
def look(request: HttpRequest, code: str, tier: str) -> HttpResponse:
    """The stamp of the tier before beside the data: three points to be confirmed."""
    sheet = _sheet(request, code, tier)
    submission = sheet.revision.submission
    stamp = rules.live_stamp(sheet)
    if stamp is None or stamp != rules.stamp_before(submission, request.actor):
        raise Http404
    form = LookAtStampForm(
        request.POST if request.method == "POST" else None, name=stamp.act.organisation_name,
        pages=rules.pages_to_compare(stamp), initial=_looked(stamp, request),
    )  # fmt: skip
    if (
        request.method == "POST"
        and form.is_valid()
        and _look_kept(request, sheet, form)
    ):
        return redirect(desk_path(submission, request.actor.role))
    status = 422 if request.method == "POST" else 200
    return _look_page(request, sheet, stamp, form, status)


def _looked(stamp: Stamp, request: HttpRequest) -> dict[str, Any]:
    """What this desk answered before."""
    last = rules.last_look(stamp, request.actor.organisation.pk)
    if last is None:
        return {}
    points = {
        name: "yes" if getattr(last, name) else "no" for name in rules.STAMP_POINTS
    }
    return {**points, "pages": last.pages, "remark": last.remark}


def _look_kept(request: HttpRequest, sheet: ScoreSheet, form: LookAtStampForm) -> bool:
    """Whether the answers were taken; refusals go to their fields."""
    submission = sheet.revision.submission
    try:
        look = actions.look_at_stamp(
            submission.pk, sheet.tier, **form.typed, by=request.actor,
            at=judged(request, submission.campaign),
        )  # fmt: skip
    except Refused as refused:
        attach(form, refused.refusals)
        return False
    if look.sound:
        messages.success(request, "盖章页已核对。")
    else:
        messages.warning(request, "已记下不符的地方。请退回，让对方重新盖章。")
    return True


def _look_page(
    request: HttpRequest, sheet: ScoreSheet, stamp: Stamp, form: LookAtStampForm,
    status: int,
) -> HttpResponse:  # fmt: skip
    submission = sheet.revision.submission
    context = {
        "submission": submission,
        "sheet": sheet,
        "stamp": stamp,
        "form": form,
        "card": looking.look_card(submission, request.actor),
        "tabs": looking.look_tabs(submission, stamp),
        "back": desk_path(submission, request.actor.role),
    }
    return render(request, "submissions/stamping/look.html", context, status=status)
