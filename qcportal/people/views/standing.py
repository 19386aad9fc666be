"""代办: taking somebody's seat to help, and giving it back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns.models import Campaign
from qcportal.clock import now
from qcportal.people import actions, rules
from qcportal.people.forms import StandInForm
from qcportal.people.middleware import SESSION_KEY
from qcportal.people.models import STAND_IN_FOR
from qcportal.people.views.members import Scope
from qcportal.refusals import Refused


@require_http_methods(["GET", "HEAD", "POST"])
def stand_in(
    request: HttpRequest, scope: Scope, campaign: Campaign, key: UUID
) -> HttpResponse:
    """What one may and may not do there, the reason; POST takes the seat."""
    seat = get_object_or_404(scope.seats(), key=key)
    if not rules.helpable(seat):
        raise Http404
    form = StandInForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            begun = actions.begin_stand_in(
                seat, campaign, reason=form.cleaned_data["reason"], by=request.actor,
                at=now(),
            )  # fmt: skip
            request.session[SESSION_KEY] = str(begun.key)
            return redirect("accounts:start")
        except Refused as no:
            form.refuse(no.refusals)
    if request.method == "POST":
        status = 422
    context = {
        "seat": seat,
        "form": form,
        "minutes": int(STAND_IN_FOR.total_seconds() // 60),
        "back_url": scope.url("member", seat.key),
    }
    return render(request, "people/stand_in.html", context, status=status)


@acting_as(*rules.HELPED, Role.ASSOCIATION)
@require_POST
def end_stand_in(request: HttpRequest) -> HttpResponse:
    """Back to the own seat. Without a stand-in it changes nothing."""
    if request.stand_in:
        actions.end_stand_in(request.stand_in.pk, at=now())
        del request.session[SESSION_KEY]
        messages.success(request, "代办已结束，您现在是自己的身份。")
    return redirect("accounts:start")
