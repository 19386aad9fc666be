"""The page behind an invitation's link: works before an account exists."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from qcportal.accounts.middleware import SEAT_SESSION_KEY
from qcportal.accounts.models import Membership, User
from qcportal.accounts.rules import why_not_in_person
from qcportal.clock import now
from qcportal.entrance import door, sessions
from qcportal.people import actions, rules
from qcportal.people.forms import NewAccountForm
from qcportal.people.models import Invitation
from qcportal.privacy.models import ConsentText
from qcportal.refusals import Refused, refuse_if


def _found(token: str) -> Invitation | None:
    rows = Invitation.objects.with_token(token)
    return rows.select_related("organisation", "campaign").first()


@never_cache
@login_not_required
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """What one is invited to. GET changes nothing; POST joins with the account signed
    in, or with a new one."""
    found = _found(token)
    if found is None:
        return render(request, "people/invitation_unknown.html", status=404)
    if request.method == "POST" and request.user.is_authenticated:
        return _join(request, found)
    if request.method == "POST":
        return _begin(request, found)
    return _page(request, found, _form(initial={"name": found.name}))


def _form(*args: Any, **kwargs: Any) -> NewAccountForm:
    return NewAccountForm(*args, consent=ConsentText.objects.in_force(), **kwargs)


def _page(
    request: HttpRequest, found: Invitation, form: NewAccountForm, status: int = 200
) -> HttpResponse:
    closed = list(rules.why_not_accept(found, now()))
    user: User | AnonymousUser = request.user
    mine = user.is_authenticated and found.accepted_by_id == user.pk
    context: dict[str, Any] = {
        "invitation": found,
        "organisation": found.organisation,
        "form": form,
        "closed": closed,
        "consent": ConsentText.objects.in_force() if "agreed" in form.fields else None,
        "mine": mine,
        "barred": list(why_not_in_person(request.actor)),
    }
    gone = 410 if closed and not mine else status
    return render(request, "people/invitation.html", context, status=gone)


def _join(request: HttpRequest, found: Invitation) -> HttpResponse:
    refuse_if(why_not_in_person(request.actor))
    try:
        seat = actions.accept_as(found.pk, request.user, at=now())
    except Refused:
        return _page(request, _found_again(found), _form())
    sessions.renew_key(request)
    return _seated(request, seat)


def _begin(request: HttpRequest, found: Invitation) -> HttpResponse:
    form = _form(request.POST)
    if list(rules.why_not_accept(found, now())) or not form.is_valid():
        return _page(request, found, form, 422)
    given = {name: form.cleaned_data[name] for name in ("username", "name", "password")}
    try:
        seat = actions.accept_as_new(
            found.pk, **given, at=now(), address=request.META.get("REMOTE_ADDR", "")
        )
    except Refused as no:
        form.refuse(no.refusals)
        return _page(request, _found_again(found), form, 409)
    door.knock(request, seat.user, "invitation")
    return _seated(request, seat)


def _found_again(found: Invitation) -> Invitation:
    """As it stands after the other of two clicks was first."""
    rows = Invitation.objects.select_related("organisation", "campaign")
    return rows.get(pk=found.pk)


def _seated(request: HttpRequest, seat: Membership) -> HttpResponse:
    request.session[SEAT_SESSION_KEY] = str(seat.key)
    messages.success(
        request,
        f"您现在是{seat.organisation.label}的{seat.get_duty_display()}，可以办理了。",
    )
    return redirect("accounts:start")
