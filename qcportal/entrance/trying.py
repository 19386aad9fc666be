"""Passwords and codes under their limits. Every try is counted before it is looked at,
so that many at once are no more than many one by one."""

from __future__ import annotations

from datetime import datetime
from typing import NoReturn

from django.contrib.auth import authenticate
from django.http import HttpRequest

from qcportal import clock
from qcportal.accounts.models import User
from qcportal.audit.record import record
from qcportal.entrance import door, limits
from qcportal.entrance.addresses import address_of
from qcportal.entrance.forms import ConfirmedForm
from qcportal.entrance.limits import Limit
from qcportal.entrance.names import Meant
from qcportal.entrance.person import Person
from qcportal.refusals import Refused, refuse

LOCKED = "输错次数太多，请 10 分钟后再试；急用可以用验证码登录，或打帮助电话。"


def needs_picture(subject: str, address: str, at: datetime) -> bool:
    """Whether so much went wrong for this name or from this address that a picture has
    to be read first."""
    tried = limits.count(limits.WRONG, subject, at)
    here = limits.count(limits.WRONG_HERE, address, at)
    return max(tried, here) >= limits.CAPTCHA_FROM


def password(request: HttpRequest, meant: Meant, typed: str, *, at: datetime) -> User:
    """Who signs in. Raises Refused: ``locked``, ``wrong``."""
    _begin(request, limits.WRONG, meant.subject, meant.user, at)
    name = meant.user.username if meant.user else meant.text
    user = authenticate(request, username=name, password=typed)
    # An applicant's own name and password are right too, and let nobody in.
    if user or getattr(request, "applied", None):
        _right(request, limits.WRONG, meant.subject)
    if not isinstance(user, User):
        refuse("wrong", "用户名或密码不对，请再核对一遍。")
    return user


def second_step(request: HttpRequest, user: User, at: datetime) -> None:
    """Count one try of the second step. Raises Refused ``locked``."""
    _begin(request, limits.WRONG_SECOND, f"user:{user.pk}", user, at)


def second_step_right(request: HttpRequest, user: User) -> None:
    _right(request, limits.WRONG_SECOND, f"user:{user.pk}")


def again(request: HttpRequest, user: User, typed: str, *, at: datetime) -> bool:
    """Whether it is the password of the person signed in. Raises Refused ``locked``."""
    subject = f"user:{user.pk}"
    _begin(request, limits.WRONG, subject, user, at)
    if not user.check_password(typed):
        return False
    _right(request, limits.WRONG, subject)
    return True


def confirm(request: HttpRequest, form: ConfirmedForm) -> bool:
    """Whether the person gave the password again where the form asks for it; what is
    wrong stands at the field."""
    if "current_password" not in form.fields:
        return True
    typed = form.cleaned_data["current_password"]
    try:
        if again(request, request.user, typed, at=clock.now()):
            door.confirmed(request)
            return True
    except Refused as no:
        form.add_error("current_password", no.refusals[0].message)
        return False
    form.add_error("current_password", "密码不对，请再输一遍。")
    return False


def _begin(
    request: HttpRequest, limit: Limit, subject: str, user: User | None, at: datetime
) -> None:
    address = address_of(request)
    if limits.reached(limit, subject, at) or limits.reached(
        limits.WRONG_HERE, address, at
    ):
        _locked()
    tried = limits.add(limit, subject, at)
    here = limits.add(limits.WRONG_HERE, address, at)
    if tried == limit.most or here == limits.WRONG_HERE.most:
        by, about = (Person(user), str(user.pk)) if user else (None, "")
        record(by, "sign_in_refused", about, at=at, address=address)
    if tried > limit.most or here > limits.WRONG_HERE.most:
        _locked()


def _right(request: HttpRequest, limit: Limit, subject: str) -> None:
    limits.clear(limit, subject)
    limits.take_back(limits.WRONG_HERE, address_of(request))


def _locked() -> NoReturn:
    refuse("locked", LOCKED)


def count_code(subject: str, address: str, *, at: datetime) -> None:
    """One more code. Raises Refused: ``code_soon``, ``code_day``, ``code_here``."""
    if limits.add(limits.CODE_SOON, subject, at) > limits.CODE_SOON.most:
        refuse("code_soon", "1 分钟内只能取一次验证码，请过一会儿再取。", "username")
    if limits.add(limits.CODE_DAY, subject, at) > limits.CODE_DAY.most:
        refuse(
            "code_day",
            "今天取验证码的次数太多了，请明天再取，或打帮助电话。",
            "username",
        )
    if limits.add(limits.CODE_HERE, address, at) > limits.CODE_HERE.most:
        refuse("code_here", "这里取验证码的次数太多了，请 1 小时后再取。", "username")
