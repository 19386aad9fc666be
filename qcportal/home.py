"""The roof's own pages: health, the frame around every page, the home page."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's token is gone (long pause, cookies off): say so, keep the page."""
    return render(request, "errors/csrf.html", status=403)


def page_frame(request: HttpRequest) -> dict[str, Any]:
    return {}
