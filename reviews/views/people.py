"""The secretariat among the members of its campaigns' organisations."""

from __future__ import annotations

from functools import wraps
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.people.views import standing
from qcportal.people.views.members import Scope, View
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


@overseen
def stand_in(request: HttpRequest, scope: Scope, key: UUID) -> HttpResponse:
    """Look from the member's seat; on record under one of the actor's campaigns."""
    campaign = campaign_for(request.actor, scope.organisation)
    if campaign is None:
        raise Http404
    return standing.stand_in(request, scope, campaign, key)
