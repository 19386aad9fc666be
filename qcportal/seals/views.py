"""印章和经办人: who acts for the organisation, and its own seal picture."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from qcportal.accounts.access import acting_as
from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Membership
from qcportal.accounts.roles import DUTY_PERMISSIONS, Duty, Role
from qcportal.accounts.rules import why_not_in_person
from qcportal.campaigns.models import Campaign
from qcportal.clock import now
from qcportal.documents import serving
from qcportal.documents.models import Document
from qcportal.refusals import refuse_if
from qcportal.seals import actions, drafts
from qcportal.seals.forms import PictureForm, UndertakingForm
from qcportal.seals.models import SealAct, SealPicture

DUTY_WORDS = {
    Duty.CLERK: "填写、评分、写意见，盖章用纸质扫描件",
    Duty.APPROVER: "还能在送出前确认",
    Duty.SEAL_KEEPER: "还能上传和使用印章图样",
    Duty.MANAGER: "还能送出前确认、使用印章图样、管理人员",
}
RECENT_ACTS = 20


def live_picture(actor: Actor) -> SealPicture | None:
    """The picture in use by the actor's organisation."""
    rows = SealPicture.objects.filter(
        organisation=actor.organisation, ended_at__isnull=True
    )
    return rows.select_related("picture", "keeper").first()


@acting_as(Role.UNIT, Role.RECOMMENDER)
@require_http_methods(["GET", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """Staff, picture, latest uses. POST cuts the imprint out of a photo and leads to
    its preview."""
    posted = request.method == "POST"
    if posted:
        refuse_if(actions.why_not_keep(request.actor))
    form = PictureForm(request.POST, request.FILES) if posted else PictureForm()
    if posted and form.is_valid():
        drafts.keep(
            request.session, form.cleaned_data["picture"], form.inspected, form.imprint,
            width_mm=form.cleaned_data["width_mm"],
            height_mm=form.cleaned_data["height_mm"], by=request.actor,
        )  # fmt: skip
        return redirect("seals:draft")
    status = 422 if form.errors else 200
    return render(request, "seals/overview.html", _facts(request, form), status=status)


@acting_as(Role.UNIT, Role.RECOMMENDER)
@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest) -> HttpResponse:
    """The cut imprint on white and on grey, in true size; POST with the undertaking
    keeps it."""
    by, found = request.actor, drafts.held(request.session, by=request.actor)
    if found is None:
        return redirect("seals:overview")
    form = UndertakingForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        actions.keep_picture(
            found.picture, undertaken=form.cleaned_data["undertaken"], by=by, at=now(),
            source=found.source, width_mm=found.width_mm, height_mm=found.height_mm,
        )  # fmt: skip
        drafts.forget(request.session)
        messages.success(request, "印章图样已存好，只有本单位的人看得到。")
        return redirect("seals:overview")
    context = {
        "draft": found, "form": form, "undertaking": actions.UNDERTAKING,
        "picture": live_picture(by),
    }  # fmt: skip
    status = 422 if request.method == "POST" else 200
    return render(request, "seals/draft.html", context, status=status)


@acting_as(Role.UNIT, Role.RECOMMENDER)
@require_GET
def draft_picture(request: HttpRequest) -> HttpResponse:
    """The cut imprint, to the person who cut it only, kept in no cache."""
    found = drafts.held(request.session, by=request.actor)
    if found is None:
        raise Http404
    return _never_cached(found.picture)


def _never_cached(document: Document) -> HttpResponse:
    response = serving.respond(document, as_attachment=False)
    response["Cache-Control"] = "no-store, private"
    return response


def _facts(request: HttpRequest, form: PictureForm) -> dict[str, Any]:
    actor = request.actor
    seats = (
        Membership.objects.in_force()
        .filter(organisation=actor.organisation)
        .select_related("user")
    )
    campaign, kept = Campaign.objects.newest(), live_picture(actor)
    return {
        "staff": [
            (seat, DUTY_WORDS.get(seat.duty, ""), "seal_for" in DUTY_PERMISSIONS[Duty(seat.duty)])
            for seat in seats
        ],
        "picture": kept,
        "may_keep": actor.may("seal_for") and not actor.stand_in,
        "barred": list(why_not_in_person(actor)),
        "accepted": bool(campaign and campaign.allows_seal_picture),
        "shown": drafts.shown_size(*kept.size_mm) if kept else (0, 0),
        "form": form,
        "acts": SealAct.objects.filter(organisation=actor.organisation).order_by("-at")[
            :RECENT_ACTS
        ],
    }  # fmt: skip


@acting_as(Role.UNIT, Role.RECOMMENDER)
@require_GET
def picture(request: HttpRequest) -> HttpResponse:
    """The organisation's own picture, to its own members only, kept in no cache."""
    found = live_picture(request.actor)
    if found is None:
        raise Http404
    return _never_cached(found.picture)


@acting_as(Role.UNIT, Role.RECOMMENDER)
@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """No further use of the picture; papers already sealed stay as they are."""
    actions.end_picture(by=request.actor, at=now())
    messages.success(request, "印章图样已停用，盖过的文件不受影响。")
    return redirect("seals:overview")
