"""How often one address may use the public pages of this part."""

from __future__ import annotations

from django.core.cache import cache
from django.http import HttpRequest

POSTS_AN_HOUR = 10
MISSES_AN_HOUR = 30


def _counted(name: str, request: HttpRequest, step: int) -> int:
    key = f"conduct:{name}:{request.META.get('REMOTE_ADDR', '')}"
    cache.add(key, 0, 3600)
    try:
        return cache.incr(key, step)
    except ValueError:  # the hour ended between the two
        return step


def too_many_posts(request: HttpRequest) -> bool:
    """More than ten things sent from one address within the hour."""
    return _counted("post", request, 1) > POSTS_AN_HOUR


def too_many_misses(request: HttpRequest) -> bool:
    """Thirty receipts that name nothing: somebody is guessing."""
    return _counted("miss", request, 0) >= MISSES_AN_HOUR


def missed(request: HttpRequest) -> None:
    _counted("miss", request, 1)
