"""Signing in by channel, choosing the seat, the own account."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from qcportal import clock
from qcportal.accounts.actors import seats_of
from qcportal.accounts.forms import PasswordChangeForm, SignInForm
from qcportal.accounts.middleware import SEAT_SESSION_KEY
from qcportal.accounts.models import User
from qcportal.accounts.roles import Role
from qcportal.accounts.rules import why_not_in_person
from qcportal.audit.record import record
from qcportal.refusals import refuse_if

DESKS = {
    Role.GROUP: "submissions:desk",
    Role.UNIT: "submissions:stamping",
    Role.RECOMMENDER: "recommenders:desk",
    Role.ASSOCIATION: "reviews:overview",
    Role.JUDGE: "reviews:judging",
}
DOORS = [
    (Role.GROUP, "班组", "users-group"),
    (Role.UNIT, "单位", "rubber-stamp"),
    (Role.RECOMMENDER, "推荐单位", "list-numbers"),
]


@login_not_required
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest, channel: str = Role.GROUP) -> HttpResponse:
    """One form for all channels; the channel chooses the seat when one has several."""
    if channel not in Role.values:
        raise Http404
    onward = request.POST.get("next") or request.GET.get("next", "")
    if request.user.is_authenticated and request.method == "GET":
        return redirect("accounts:start")
    form = SignInForm(request, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and form.user:
        login(request, form.user)
        _sit_down(request, form.user, channel)
        return redirect(_safe(request, onward) or "accounts:start")
    facts = {"form": form, "channel": Role(channel), "doors": DOORS, "next": onward,
             "applied": getattr(request, "applied", None)}  # fmt: skip
    return render(request, "accounts/sign_in.html", facts)


def _sit_down(request: HttpRequest, user: User, channel: str) -> None:
    """Take the first seat of the chosen channel, if the user has one there."""
    for seat in seats_of(user):
        if seat.role == channel:
            request.session[SEAT_SESSION_KEY] = str(seat.key)
            return


def _safe(request: HttpRequest, url: str) -> str:
    allowed = url_has_allowed_host_and_scheme(
        url, {request.get_host()}, require_https=request.is_secure()
    )
    return url if allowed else ""


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("home")


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """To the desk of the seat one sits on."""
    if not request.actor:
        return redirect("accounts:no_seat")
    return redirect(DESKS[request.actor.role])


@require_POST
def take_seat(request: HttpRequest) -> HttpResponse:
    """Switch explicitly to another of one's own seats; rights never add up."""
    refuse_if(why_not_in_person(request.actor))
    wanted = request.POST.get("seat", "")
    for seat in seats_of(request.user):
        if str(seat.key) == wanted:
            request.session[SEAT_SESSION_KEY] = wanted
            request.session.cycle_key()
            return redirect("accounts:start")
    raise Http404


@require_safe
def no_seat(request: HttpRequest) -> HttpResponse:
    """Signed in, but not (or no longer) acting for anybody."""
    return render(request, "accounts/no_seat.html", status=403)


@sensitive_post_parameters()
def account(request: HttpRequest) -> HttpResponse:
    """The own account: seats, and a new password."""
    barred = list(why_not_in_person(request.actor))
    if request.method == "POST":
        refuse_if(barred)
    form = PasswordChangeForm(
        request.user, request.POST if request.method == "POST" else None
    )
    if request.method == "POST" and form.is_valid():
        form.save()
        update_session_auth_hash(request, form.user)
        record(
            request.actor or None,
            "password_changed",
            str(request.user.pk),
            at=clock.now(),
        )
        messages.success(request, "密码改好了，下次请用新密码登录。")
        return redirect("accounts:account")
    facts = {"form": form, "seats": seats_of(request.user), "barred": barred}
    return render(request, "accounts/account.html", facts)
