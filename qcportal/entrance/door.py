"""The one door. Whoever proved who they are goes through ``knock``: allauth's stages
(the second step), then the seat of the chosen channel, the session's row, the trail."""

from __future__ import annotations

from allauth.account.internal.flows.login import (
    get_authentication_records,
    perform_login,
    record_authentication,
)
from allauth.account.models import Login
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from qcportal import clock
from qcportal.accounts.actors import Actor, seats_of
from qcportal.accounts.middleware import SEAT_SESSION_KEY
from qcportal.accounts.models import User
from qcportal.audit.record import record
from qcportal.entrance import sessions
from qcportal.entrance.addresses import address_of
from qcportal.entrance.person import Person

BACKEND = "django.contrib.auth.backends.ModelBackend"
CHANNEL_KEY = "entrance_channel"
SEEN_KEY = "entrance_seen"
FRESH_FOR = 15 * 60  # seconds


def knock(
    request: HttpRequest, user: User, how: str, *, channel: str = "", onward: str = ""
) -> HttpResponse:
    """Let in, or ask for the second step first. ``how``: password, code, invitation;
    ``onward``: a checked path of this site."""
    if request.user.is_authenticated:
        logout(request)
    if not hasattr(user, "backend"):
        user.backend = BACKEND
    request.session[CHANNEL_KEY] = channel
    record_authentication(request, user, method=how)
    return perform_login(request, Login(user=user, redirect_url=onward or None))


def entered(request: HttpRequest, user: User) -> None:
    """After every stage: take the seat of the channel and leave a line in the trail."""
    at = clock.now()
    channel = request.session.pop(CHANNEL_KEY, "")
    seats = seats_of(user)
    chosen = next((seat for seat in seats if seat.role == channel), None)
    if chosen:
        request.session[SEAT_SESSION_KEY] = str(chosen.key)
    request.session[SEEN_KEY] = at.timestamp()
    seat = chosen or (seats[0] if seats else None)
    records = get_authentication_records(request, user)
    how = "+".join(str(one["method"]) for one in records[-2:])
    record(Actor(seat) if seat else Person(user), "signed_in", str(user.pk), at=at,
           address=address_of(request), how=how)  # fmt: skip


def leave(request: HttpRequest) -> None:
    """Sign out: the session ends on the server too."""
    if request.user.is_authenticated:
        by = request.actor or Person(request.user)
        record(by, "signed_out", str(request.user.pk), at=clock.now(),
               address=address_of(request))  # fmt: skip
        sessions.forget(request)
    logout(request)


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person proved who they are within the last 15 minutes."""
    records = get_authentication_records(request, request.user)
    since = clock.now().timestamp() - FRESH_FOR
    return any(float(one.get("at", 0)) > since for one in records)


def confirmed(request: HttpRequest) -> None:
    """The password was right once more."""
    record_authentication(
        request, request.user, method="password", reauthenticated=True
    )
