"""The seat one sits on: where it leads, switching it, having none."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from qcportal.accounts.actors import seats_of
from qcportal.accounts.middleware import SEAT_SESSION_KEY
from qcportal.accounts.roles import Role
from qcportal.accounts.rules import why_not_in_person
from qcportal.refusals import refuse_if

DESKS = {
    Role.GROUP: "submissions:desk",
    Role.UNIT: "submissions:stamping",
    Role.RECOMMENDER: "recommenders:desk",
    Role.ASSOCIATION: "reviews:overview",
    Role.JUDGE: "reviews:judging",
}


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """To the desk of the seat one sits on."""
    if not request.actor:
        return redirect("accounts:no_seat")
    return redirect(DESKS[request.actor.role])


@require_POST
def take_seat(request: HttpRequest) -> HttpResponse:
    """Switch explicitly to another of one's own seats; rights never add up."""
    refuse_if(why_not_in_person(request.actor))
    wanted = request.POST.get("seat", "")
    for seat in seats_of(request.user):
        if str(seat.key) == wanted:
            request.session[SEAT_SESSION_KEY] = wanted
            request.session.cycle_key()
            return redirect("accounts:start")
    raise Http404


@require_safe
def no_seat(request: HttpRequest) -> HttpResponse:
    """Signed in, but not (or no longer) acting for anybody; or not before the second
    step is set up."""
    if not request.actor and request.second_factor_due:
        return redirect("accounts:second_factor")
    return render(request, "accounts/no_seat.html", status=403)
