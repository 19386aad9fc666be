"""Sets ``request.actor`` to the seat an officer stands in on, while it lasts."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import SimpleLazyObject

from qcportal import clock
from qcportal.accounts.actors import Actor, seats_of
from qcportal.campaigns import access
from qcportal.people import actions
from qcportal.people.models import StandIn

SESSION_KEY = "stand_in"
SAFE = ("GET", "HEAD", "OPTIONS")
OVER = "代办已经结束，您现在是自己的身份。刚才没有提交的内容没有保存。"


class StandingIn:
    """Asked anew on every request: both seats, the officer's right to the campaign,
    the half hour. Whatever fails ends the stand-in and says so."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.stand_in = None
        key = request.session.get(SESSION_KEY)
        if not key or not request.user.is_authenticated:
            return self.get_response(request)
        found, at = _running(request, key), clock.now()
        if found is None or at >= found.ends_at or not _still_right(request, found):
            return _over(request, found)
        request.stand_in = found
        acting = Actor(found.seat, stand_in=found.officer)
        request.actor = SimpleLazyObject(lambda: acting)
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """Leave a line for whatever is sent; signing out ends it."""
        found = request.stand_in
        if found is None or request.method in SAFE:
            return
        name = request.resolver_match.view_name
        if name == "accounts:sign_out":
            actions.end_stand_in(found.pk, at=clock.now())
        elif name != "people:end_stand_in":
            actions.note_act(found, name, request.path, at=clock.now())


def _running(request: HttpRequest, key: str) -> StandIn | None:
    rows = StandIn.objects.running().filter(key=key, officer__user=request.user)
    return rows.select_related(
        "officer__user", "officer__organisation", "campaign", "seat__user",
        "seat__organisation__parent",
    ).first()  # fmt: skip


def _still_right(request: HttpRequest, found: StandIn) -> bool:
    officer = Actor(found.officer)
    return (
        found.officer in seats_of(request.user)
        and found.seat in seats_of(found.seat.user)
        and access.run_by(officer).filter(pk=found.campaign_id).exists()
    )


def _over(request: HttpRequest, found: StandIn | None) -> HttpResponse:
    if found:
        actions.end_stand_in(found.pk, at=clock.now())
    del request.session[SESSION_KEY]
    # A script in the page must not swallow the sentence: it is for the next page.
    fetched = request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate"
    messages.warning(request, OVER)
    return HttpResponse(status=409) if fetched else redirect("accounts:start")


stand_in = StandingIn
