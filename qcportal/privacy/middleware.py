"""Asks at sign-in for the consent to the version in force; until then, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from qcportal.privacy import rules

DUE = "consent_due"
OPEN = ("accounts:sign_out", "people:invitation", "health", "clock")


class Consenting:
    """Whoever was nobody before the request and is somebody after it has just signed
    in, by whatever door: one look then, none on any other request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        before = request.session.get(SESSION_KEY)
        response = self.get_response(request)
        after = request.session.get(SESSION_KEY)
        if after and after != before and rules.due(request.user):
            request.session[DUE] = True
        return response

    def process_view(self, request, view, args, kwargs):
        """To the page that asks. Standing in, the seat holder is not asked anything."""
        if DUE not in request.session or request.stand_in:
            return None
        name = request.resolver_match.view_name
        public = not getattr(view, "login_required", True)
        if public or name in OPEN or name.startswith("privacy:"):
            return None
        onward = request.get_full_path() if request.method == "GET" else ""
        query = f"?{urlencode({'next': onward})}" if onward else ""
        return redirect(reverse("privacy:consent") + query)


consent = Consenting
