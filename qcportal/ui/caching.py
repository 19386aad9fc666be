"""Public pages may be kept for a minute by browsers and proxies, for strangers only."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers

MOST_SECONDS = 60


def public_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Says so in the headers when nobody is known (no cookie came, none is set) and the
    page carries no token of a form. ``request.fresh_for`` (seconds) shortens the minute,
    so that nothing outlives a deadline."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        patch_vary_headers(response, ("Cookie",))
        if _may_be_kept(request, response):
            seconds = min(MOST_SECONDS, getattr(request, "fresh_for", MOST_SECONDS))
            patch_cache_control(response, public=True, max_age=max(0, int(seconds)))
        return response

    return answered


def _may_be_kept(request: HttpRequest, response: HttpResponse) -> bool:
    return (
        request.method in ("GET", "HEAD")
        and response.status_code == 200
        and not request.COOKIES
        and not response.cookies
        and "CSRF_COOKIE" not in request.META
    )
