"""The secretariat among the members of its campaigns' organisations."""

from __future__ import annotations

from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.clock import now
from qcportal.people.views import standing
from qcportal.people.views.members import Scope, View
from qcportal.refusals import Refused
from qcportal.registrations.rules import why_not_keep_register
from reviews import founding
from reviews.founding_forms import FoundingForm
from reviews.oversight import campaign_for, organisations_of


def overseen(view: View) -> View:
    """The view on an organisation of the campaigns the actor runs; others are 404."""

    @acting_as(Role.ASSOCIATION)
    @wraps(view)
    def on_theirs(
        request: HttpRequest, organisation: UUID, **kwargs: Any
    ) -> HttpResponse:
        known = organisations_of(request.actor).select_related("parent")
        found = get_object_or_404(known, key=organisation)
        return view(request, Scope(found, overseen=True), **kwargs)

    return on_theirs


@acting_as(Role.ASSOCIATION)
@require_http_methods(["GET", "HEAD", "POST"])
def found(request: HttpRequest) -> HttpResponse:
    """Takes an association or a recommending body up and invites its first manager."""
    form = FoundingForm(request.POST or None, actor=request.actor)
    barred = list(why_not_keep_register(request.actor))
    if request.method == "POST" and form.is_valid():
        given, campaigns, manager, email = form.founding()
        try:
            made = founding.found(given, campaigns, manager=manager, email=email,
                                  by=request.actor, at=now())  # fmt: skip
        except Refused as no:
            form.refuse(no.refusals)
        else:
            messages.success(request, f"已登记“{given.name}”，请把邀请发给{manager}。")
            return redirect("overseen:members", made.organisation.key)
    facts = {"form": form, "barred": barred}
    status = 422 if form.errors else 200
    return render(request, "reviews/organisation_new.html", facts, status=status)


@overseen
def stand_in(request: HttpRequest, scope: Scope, key: UUID) -> HttpResponse:
    """Look from the member's seat; on record under one of the actor's campaigns."""
    campaign = campaign_for(request.actor, scope.organisation)
    if campaign is None:
        raise Http404
    return standing.stand_in(request, scope, campaign, key)
