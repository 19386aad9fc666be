"""账号和安全: the own name, number, mailbox and password."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from qcportal import clock
from qcportal.accounts.actors import Actor, seats_of
from qcportal.accounts.rules import why_not_in_person
from qcportal.entrance import (
    actions,
    codes,
    door,
    limits,
    second_factor,
    sessions,
    trying,
)
from qcportal.entrance.addresses import address_of
from qcportal.entrance.forms import (
    CodeForm,
    EmailForm,
    MobileForm,
    NameForm,
    PasswordChangeForm,
)
from qcportal.entrance.models import Code
from qcportal.entrance.person import Person
from qcportal.inbox import texting
from qcportal.refusals import Refused, refuse_if

SESSION_KEY = "entrance_new"
Purpose = Code.Purpose
View = Callable[..., HttpResponse]


def by(request: HttpRequest) -> Actor | Person:
    return request.actor if request.actor else Person(request.user)


def in_person(view: View) -> View:
    """Nobody who stands in minds the account: the pages are the officer's own, but what
    is changed here must not be changed by the way."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        refuse_if(why_not_in_person(request.actor))
        return view(request, *args, **kwargs)

    return guarded


@sensitive_post_parameters()
def account(request: HttpRequest) -> HttpResponse:
    """The own account: what is on record, seats, and a new password."""
    barred = list(why_not_in_person(request.actor))
    posted = request.method == "POST"
    if posted:
        refuse_if(barred)
    form = PasswordChangeForm(request.user, request.POST if posted else None)
    if posted and _old_one_right(request, form):
        ended = _change(request, form)
        left = f"其他 {ended} 处登录已退出，" if ended else ""
        messages.success(request, f"密码改好了，{left}下次请用新密码登录。")
        return redirect("accounts:account")
    at = clock.now()
    facts = {
        "form": form,
        "seats": seats_of(request.user),
        "barred": barred,
        "factor_on": second_factor.is_on(request.user),
        "open_sessions": sessions.open_ones(request.user, at=at).count(),
        "texts": texting.available(at=at),
    }
    return render(request, "accounts/account.html", facts)


def _old_one_right(request: HttpRequest, form: PasswordChangeForm) -> bool:
    """The form is in order; a wrong old password counts as a wrong try of the name."""
    try:
        trying.again(
            request, request.user, request.POST.get("old_password", ""), at=clock.now()
        )
    except Refused as no:
        form.is_valid()
        form.add_error("old_password", no.refusals[0].message)
    return form.is_valid()


def _change(request: HttpRequest, form: PasswordChangeForm) -> int:
    form.save()
    old = request.session.session_key
    update_session_auth_hash(request, form.user)
    sessions.follow(old, request)
    return actions.password_changed(
        form.user, by=by(request), at=clock.now(), address=address_of(request),
        session_key=request.session.session_key,
    )  # fmt: skip


@in_person
def name(request: HttpRequest) -> HttpResponse:
    posted = request.POST if request.method == "POST" else None
    form = NameForm(posted, initial={"name": request.user.name})
    if posted is not None and form.is_valid():
        actions.change_name(
            request.user, form.cleaned_data["name"], by=by(request), at=clock.now()
        )
        messages.success(request, "姓名改好了。已经报送和打印的材料保留原来的写法。")
        return redirect("accounts:account")
    return render(request, "entrance/name.html", {"form": form})


# --- number and mailbox ------------------------------------------------------------------


@in_person
@sensitive_post_parameters()
def mobile(request: HttpRequest) -> HttpResponse:
    form = MobileForm(
        request.POST if request.method == "POST" else None, fresh=door.is_fresh(request)
    )
    return _new(request, form, "mobile", Purpose.MOBILE, "entrance/mobile.html")


@in_person
@sensitive_post_parameters()
def email(request: HttpRequest) -> HttpResponse:
    form = EmailForm(
        request.POST if request.method == "POST" else None, fresh=door.is_fresh(request)
    )
    return _new(request, form, "email", Purpose.EMAIL, "entrance/email.html")


def _new(
    request: HttpRequest, form: MobileForm | EmailForm, field: str, purpose: str,
    page: str,
) -> HttpResponse:  # fmt: skip
    at = clock.now()
    shut = field == "mobile" and not texting.available(at=at)
    given = request.method == "POST" and not shut and form.is_valid()
    if (
        given
        and trying.confirm(request, form)
        and _order(request, form, field, purpose)
    ):
        return redirect(f"accounts:{field}_enter")
    return render(request, page, {"form": form, "shut": shut})


def _order(
    request: HttpRequest, form: MobileForm | EmailForm, field: str, purpose: str
) -> bool:
    to, at = form.cleaned_data[field], clock.now()
    try:
        trying.count_code(f"to:{to.casefold()}", address_of(request), at=at)
    except Refused as no:
        form.add_error(field, no.refusals[0].message)
        return False
    made = codes.order(purpose, request.user, at=at, way=field, to=to)
    request.session[SESSION_KEY] = {"key": str(made.key), "purpose": purpose}
    return True


@in_person
def mobile_enter(request: HttpRequest) -> HttpResponse:
    said = "手机号换好了，以后可以用它登录。"
    return _enter(request, "mobile", Purpose.MOBILE, actions.change_mobile, said)


@in_person
def email_enter(request: HttpRequest) -> HttpResponse:
    said = "邮箱换好了，以后可以用它登录，也用来收通知。"
    return _enter(request, "email", Purpose.EMAIL, actions.change_email, said)


def _enter(
    request: HttpRequest, field: str, purpose: str, act: Callable[..., None], said: str
) -> HttpResponse:
    kept = request.session.get(SESSION_KEY)
    mine = Code.objects.filter(user=request.user, purpose=purpose)
    sent = mine.filter(key=kept["key"]).first() if kept else None
    if sent is None:
        return redirect(f"accounts:{field}")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        at = clock.now()
        try:
            used = codes.use(str(sent.key), purpose, form.cleaned_data["code"], at=at)
            act(used, by=by(request), at=at, address=address_of(request))
        except Refused as no:
            form.refuse(no.refusals)
        else:
            request.session.pop(SESSION_KEY, None)
            limits.clear(limits.CODE_SOON, f"to:{sent.to.casefold()}")
            messages.success(request, said)
            return redirect("accounts:account")
    facts = {"form": form, "to": sent.to, "again": f"accounts:{field}"}
    return render(request, "entrance/enter.html", facts)
