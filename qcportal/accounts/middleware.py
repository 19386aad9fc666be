"""Puts ``request.actor`` on every request: who acts, for whom. None if nobody does."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from qcportal.accounts import actors

SEAT_SESSION_KEY = "seat"


def _actor_of(request: HttpRequest) -> actors.Actor | None:
    if not request.user.is_authenticated:
        return None
    return actors.actor_on(request.user, request.session.get(SEAT_SESSION_KEY))


def actor(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware; the actor is resolved only when somebody asks for it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.actor = SimpleLazyObject(lambda: _actor_of(request))
        return get_response(request)

    return middleware
