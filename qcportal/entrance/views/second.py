"""两步验证: setting it up, recovery codes, another phone, turning it off."""

from __future__ import annotations

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from qcportal import clock
from qcportal.accounts.actors import seats_of
from qcportal.documents.pdf import qr_data_uri
from qcportal.entrance import actions, door, rules, second_factor, trying
from qcportal.entrance.addresses import address_of
from qcportal.entrance.forms import ConfirmedForm, SwitchOnForm
from qcportal.entrance.views.own import by, in_person
from qcportal.refusals import Refused

SECRET_KEY = "entrance_secret"  # noqa: S105 - the name of a session entry
SHOWN_KEY = "entrance_codes"


def _secret(request: HttpRequest) -> str:
    """The secret offered in this session, encrypted there; kept over reloads, so that
    the picture already scanned stays right."""
    kept = request.session.get(SECRET_KEY)
    if kept is None:
        kept = request.session[SECRET_KEY] = get_adapter().encrypt(
            generate_totp_secret()
        )
    return get_adapter().decrypt(kept)


@never_cache
@in_person
@sensitive_post_parameters()
def second_factor_page(request: HttpRequest) -> HttpResponse:
    """How it stands; POST turns it on, or moves it to another phone."""
    form = SwitchOnForm(
        request.POST if request.method == "POST" else None, fresh=door.is_fresh(request)
    )
    if request.method == "POST" and form.is_valid() and trying.confirm(request, form):
        try:
            actions.switch_on(
                request.user, _secret(request), form.cleaned_data["code"],
                by=by(request), at=clock.now(), address=address_of(request),
                session_key=request.session.session_key,
            )  # fmt: skip
        except Refused as no:
            form.refuse(no.refusals)
        else:
            return _on(request)
    return _page(request, form=form)


def _on(request: HttpRequest) -> HttpResponse:
    request.session.pop(SECRET_KEY, None)
    request.session[SHOWN_KEY] = clock.now().timestamp()
    messages.success(request, "两步验证设置好了，其他设备已退出。")
    return redirect("accounts:recovery_codes")


def _page(request: HttpRequest, *, status: int = 200, **given: Any) -> HttpResponse:
    seated = bool(request.actor)  # also finds out whether the seat waits for this page
    on, fresh = second_factor.is_on(request.user), door.is_fresh(request)
    setting_up = not on or "phone" in request.GET or given["form"].is_bound
    forms = {
        "form": SwitchOnForm(fresh=fresh),
        "off_form": ConfirmedForm(fresh=fresh, auto_id="off_%s"),
        "renew_form": ConfirmedForm(fresh=fresh, auto_id="renew_%s"),
        **given,
    }
    facts = {
        "on": on,
        "setting_up": setting_up,
        "left": len(second_factor.codes_left(request.user)) if on else 0,
        "against_off": list(rules.why_not_switch_off(request.user)),
        "due": None if seated else request.second_factor_due,
        "others": _other_seats(request),
        "required": settings.REQUIRE_SECOND_FACTOR,
        **(_picture(request) if setting_up else {}),
        **forms,
    }
    return render(request, "entrance/second_factor.html", facts, status=status)


def _picture(request: HttpRequest) -> dict[str, str]:
    secret = _secret(request)
    url = get_adapter().build_totp_url(request.user, secret)
    spaced = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    return {"qr": qr_data_uri(url), "secret": spaced, "otp_url": url}


def _other_seats(request: HttpRequest) -> list[Any]:
    """Seats that can be taken without it."""
    due = request.second_factor_due
    if request.actor or due is None:
        return []
    return [
        seat
        for seat in seats_of(request.user)
        if not list(rules.why_second_factor_due(seat))
    ]


@never_cache
@in_person
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Shown once, in the session they were made in, until the person has copied them."""
    shown = request.session.get(SHOWN_KEY, 0)
    if request.method == "POST":
        request.session.pop(SHOWN_KEY, None)
        return redirect("accounts:start")
    if clock.now().timestamp() - shown > door.FRESH_FOR:
        return redirect("accounts:second_factor")
    facts = {"codes": second_factor.codes_left(request.user)}
    return render(request, "entrance/recovery_codes.html", facts)


@require_POST
@in_person
@sensitive_post_parameters()
def renew_codes(request: HttpRequest) -> HttpResponse:
    fresh = door.is_fresh(request)
    form = ConfirmedForm(request.POST, fresh=fresh, auto_id="renew_%s")
    if not (form.is_valid() and trying.confirm(request, form)):
        return _page(
            request, form=SwitchOnForm(fresh=fresh), renew_form=form, status=422
        )
    actions.renew_recovery_codes(request.user, by=by(request), at=clock.now())
    request.session[SHOWN_KEY] = clock.now().timestamp()
    messages.success(request, "备用码换好了，原来的都作废。")
    return redirect("accounts:recovery_codes")


@require_POST
@in_person
@sensitive_post_parameters()
def switch_off(request: HttpRequest) -> HttpResponse:
    fresh = door.is_fresh(request)
    form = ConfirmedForm(request.POST, fresh=fresh, auto_id="off_%s")
    if not (form.is_valid() and trying.confirm(request, form)):
        return _page(request, form=SwitchOnForm(fresh=fresh), off_form=form, status=422)
    actions.switch_off(
        request.user, by=by(request), at=clock.now(), address=address_of(request)
    )
    messages.success(request, "两步验证已关闭。")
    return redirect("accounts:second_factor")
