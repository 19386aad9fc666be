"""Asked on every request: is the second step due, and when was this session seen."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from qcportal import clock
from qcportal.accounts.actors import Actor
from qcportal.entrance import rules, sessions
from qcportal.entrance.door import SEEN_KEY

EVERY = 5 * 60  # seconds
View = Callable[[HttpRequest], HttpResponse]


def second_factor_first(get_response: View) -> View:
    """No actor on a seat that asks for the second step and has none. The other seats of
    the person are as they were."""

    def given(request: HttpRequest, actor: Actor | None) -> Actor | None:
        if not actor:
            return None
        if list(rules.why_second_factor_due(actor.membership)):
            request.second_factor_due = actor.membership
            return None
        return actor

    def middleware(request: HttpRequest) -> HttpResponse:
        request.second_factor_due = None
        actor = request.actor
        request.actor = SimpleLazyObject(lambda: given(request, actor))
        return get_response(request)

    return middleware


def last_seen(get_response: View) -> View:
    """Every five minutes the session's row learns that it is in use."""

    def middleware(request: HttpRequest) -> HttpResponse:
        seen = request.session.get(SEEN_KEY)
        if seen and time.time() - seen > EVERY and request.user.is_authenticated:
            request.session[SEEN_KEY] = time.time()
            sessions.seen(request, at=clock.now())
        return get_response(request)

    return middleware
