"""So many tries a minute from one address. Counts in the shared cache; a cache that is
away stops nobody."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from redis.exceptions import RedisError

MINUTE = 60


def _tries(name: str, request: HttpRequest) -> int:
    # REMOTE_ADDR alone: forwarded headers are the client's to write, the proxy in front
    # sets the address it trusts.
    address = request.META.get("REMOTE_ADDR", "")
    key = f"tries:{name}:{address}:{int(time.time()) // MINUTE}"
    try:
        cache.add(key, 0, 2 * MINUTE)
        return cache.incr(key)
    except (RedisError, OSError, ValueError):
        return 0


def a_minute(most: int, name: str) -> Callable[..., Any]:
    """At most ``most`` answers a minute for each address; then the page that says so."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if _tries(name, request) > most:
                response = render(request, "errors/429.html", status=429)
                response.headers["Retry-After"] = str(MINUTE)
                return response
            return view(request, *args, **kwargs)

        return limited

    return decorate
