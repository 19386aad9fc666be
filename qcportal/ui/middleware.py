"""Small guards around every view; named in settings.MIDDLEWARE."""

import re
from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme

from qcportal import clock
from qcportal.refusals import Refused

# Line ends and tabs are people's; NUL and the other control characters are not.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?")
ENCODED_CONTROL = re.compile(r"%(?:0[0-8bcef]|1[0-9a-f]|7f)", re.IGNORECASE)
PERMISSIONS_POLICY = (
    "camera=(self), microphone=(), geolocation=(), payment=(), usb=(), "
    "browsing-topics=(), interest-cohort=()"
)


def has_control_characters(request):
    """Whether the path or the query holds a control character.

    Bodies are looked at in process_view, on the one parse that everybody shares, so
    files are never read twice.
    """
    query = request.META.get("QUERY_STRING", "")
    return bool(
        CONTROL.search(request.path_info)
        or CONTROL.search(query)
        or ENCODED_CONTROL.search(query)
    )


class ClientAddress:
    """Behind the own proxy, REMOTE_ADDR is the proxy; limits count people's addresses.

    Only the last entry of X-Forwarded-For is believed: the one our proxy wrote. What
    stands before it is the client's to invent.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
        if settings.BEHIND_PROXY and forwarded:
            request.META["REMOTE_ADDR"] = forwarded.rpartition(",")[2].strip()
        return self.get_response(request)


class BeganAt:
    """When the request began, by the clock that judges deadlines; before its body is
    read. Behind the own proxy, which takes a whole upload before it passes it on, the
    time it took there (X-Request-Time, seconds) is counted back. Acts only: reading a
    page asks the database nothing."""

    LONGEST = 3600.0

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.method == "POST":
            request.began_at = clock.now() - timedelta(seconds=self.waited(request))
        return self.get_response(request)

    @classmethod
    def waited(cls, request):
        """Seconds the proxy held the request; 0 for words that are no such number."""
        text = request.META.get("HTTP_X_REQUEST_TIME", "")
        if not settings.BEHIND_PROXY or not SECONDS.fullmatch(text):
            return 0.0
        return min(float(text), cls.LONGEST)


class RefuseControlCharacters:
    """400 in Chinese for NUL and its like; they would be a database error later."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if has_control_characters(request):
            return self.answer(request)
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """Look at the posted text. request.POST is parsed once for all."""
        if request.method not in ("POST", "PUT", "PATCH"):
            return None
        for name, values in request.POST.lists():
            if any(CONTROL.search(text) for text in (name, *values)):
                return self.answer(request)
        return None

    @staticmethod
    def answer(request):
        return render(request, "errors/400.html", status=400)


class LookOnlyOnce:
    """A script that sent a file and was redirected gets no page: the window goes there
    itself, and what is said once (已收到) waits for it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        sent_a_file = request.headers.get("X-Requested-With") == "upload"
        if request.method == "GET" and sent_a_file:
            return HttpResponse(status=204)
        return self.get_response(request)


class PrivatePages:
    """Pages of a signed-in person stay out of every cache; policy on all pages."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            response.headers["Cache-Control"] = "no-store, private"
            patch_vary_headers(response, ("Cookie",))
        return response


class Refuse:
    """An act that was refused is an answer, never a server error."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        """422 fragment for HTMX, else notes on the page the person came from."""
        if not isinstance(exception, Refused):
            return None
        if request.headers.get("HX-Request") == "true":
            context = {"refusals": exception.refusals}
            return render(request, "ui/_refused.html", context, status=422)
        came_from = safe_referer(request)
        if came_from and hasattr(request, "_messages"):
            for refusal in exception.refusals:
                messages.error(request, refusal.message, extra_tags=refusal.code)
            return HttpResponseRedirect(came_from)
        context = {"refusals": exception.refusals}
        return render(request, "errors/409.html", context, status=409)


def safe_referer(request):
    """The page the person came from if it is ours; a GET never goes to itself."""
    referer = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(
        referer, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    if not referer or not ours:
        return ""
    if request.method in ("GET", "HEAD") and referer == request.build_absolute_uri():
        return ""
    return referer


began_at = BeganAt
client_address = ClientAddress
refuse_control_characters = RefuseControlCharacters
look_only_once = LookOnlyOnce
private_pages = PrivatePages
refused = Refuse
