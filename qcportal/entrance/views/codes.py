"""Signing in by a code, and a new password by a code. The same pages, the same answers
and the same work whether or not anybody is meant."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from qcportal import clock
from qcportal.accounts import mobiles
from qcportal.entrance import actions, codes, door, limits, trying
from qcportal.entrance.addresses import address_of
from qcportal.entrance.forms import CodeForm, NewPasswordForm, WhoForm
from qcportal.entrance.models import Code
from qcportal.entrance.names import Meant, find
from qcportal.entrance.person import Person
from qcportal.entrance.views.sign_in import onward_of, safe
from qcportal.inbox import texting
from qcportal.refusals import Refused

SESSION_KEY = "entrance_code"
Purpose = Code.Purpose


@never_cache
@login_not_required
def code(request: HttpRequest) -> HttpResponse:
    return _ask(request, Purpose.SIGN_IN, "entrance/code.html", "accounts:code_enter")


@never_cache
@login_not_required
def reset(request: HttpRequest) -> HttpResponse:
    return _ask(request, Purpose.RESET, "entrance/reset.html", "accounts:reset_enter")


def _ask(request: HttpRequest, purpose: str, page: str, onward: str) -> HttpResponse:
    """Whom the code is for; POST orders it."""
    at, address = clock.now(), address_of(request)
    typed = request.GET.get("username", "")[:150]
    form = WhoForm(
        request.POST if request.method == "POST" else None, initial={"username": typed}
    )
    if limits.count(limits.CODE_HERE, address, at) >= limits.CAPTCHA_FROM:
        form.ask_picture()
    if request.method == "POST" and form.is_valid():
        meant = find(form.cleaned_data["username"])
        try:
            trying.count_code(meant.subject, address, at=at)
        except Refused as no:
            form.refuse(no.refusals)
        else:
            made = codes.order(purpose, meant.user, at=at, way=_way(meant))
            request.session[SESSION_KEY] = {
                "key": str(made.key), "purpose": purpose, "typed": meant.text,
                "next": safe(request, onward_of(request)),
            }  # fmt: skip
            return redirect(onward)
    facts = {
        "form": form,
        "next": onward_of(request),
        "texts": texting.available(at=at),
    }
    return render(request, page, facts)


def _way(meant: Meant) -> str:
    """An address was typed: to the mailbox; else by text message where possible."""
    mail = "@" in meant.text and not mobiles.is_mobile(meant.text)
    return Code.Way.EMAIL if mail else Code.Way.MOBILE


def _ordered(request: HttpRequest, purpose: str) -> dict[str, Any] | None:
    kept = request.session.get(SESSION_KEY)
    return kept if kept and kept.get("purpose") == purpose else None


@never_cache
@login_not_required
@sensitive_post_parameters("code")
def code_enter(request: HttpRequest) -> HttpResponse:
    kept = _ordered(request, Purpose.SIGN_IN)
    if kept is None:
        return redirect("accounts:code")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        at = clock.now()
        try:
            used = codes.use(
                kept["key"], Purpose.SIGN_IN, form.cleaned_data["code"], at=at
            )
        except Refused as no:
            form.refuse(no.refusals)
        else:
            user = actions.prove_by(used, at=at)
            request.session.pop(SESSION_KEY, None)
            limits.clear(limits.WRONG, f"user:{user.pk}")
            if user.is_active:
                return door.knock(request, user, "code", onward=kept["next"])
            return redirect("accounts:sign_in")
    return _entering(request, "entrance/code_enter.html", form, kept)


@never_cache
@login_not_required
@sensitive_post_parameters()
def reset_enter(request: HttpRequest) -> HttpResponse:
    kept = _ordered(request, Purpose.RESET)
    if kept is None:
        return redirect("accounts:reset")
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        at, given = clock.now(), form.cleaned_data
        try:
            used = codes.use(kept["key"], Purpose.RESET, given["code"], at=at)
        except Refused as no:
            form.refuse(no.refusals)
        else:
            _reset(request, used, given["password"])
            messages.success(request, "密码重设好了，其他设备已退出，请用新密码登录。")
            return redirect("accounts:sign_in")
    return _entering(request, "entrance/reset_enter.html", form, kept)


def _reset(request: HttpRequest, used: Code, password: str) -> None:
    user, at = used.user, clock.now()
    actions.reset_password(
        used, password, by=Person(user), at=at, address=address_of(request)
    )
    request.session.pop(SESSION_KEY, None)
    limits.clear(limits.WRONG, f"user:{user.pk}")


def _entering(
    request: HttpRequest, page: str, form: CodeForm, kept: dict[str, Any]
) -> HttpResponse:
    facts = {"form": form, "typed": kept["typed"], "next": kept["next"],
             "texts": texting.available(at=clock.now())}  # fmt: skip
    return render(request, page, facts)
