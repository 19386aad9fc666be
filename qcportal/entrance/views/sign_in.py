"""Signing in by channel, the second step, signing out."""

from __future__ import annotations

from allauth.account.stages import LoginStage, LoginStageController
from allauth.mfa.base.internal.flows import post_authentication
from captcha.models import CaptchaStore
from captcha.views import captcha_image
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from qcportal import clock
from qcportal.accounts.roles import Role
from qcportal.entrance import door, second_factor, trying
from qcportal.entrance.adapter import SecondStep
from qcportal.entrance.addresses import address_of
from qcportal.entrance.forms import SecondStepForm, SignInForm
from qcportal.entrance.names import Meant, find
from qcportal.refusals import Refused

DOORS = [
    (Role.GROUP, "班组", "users-group"),
    (Role.UNIT, "单位", "rubber-stamp"),
    (Role.RECOMMENDER, "推荐单位", "list-numbers"),
]


def onward_of(request: HttpRequest) -> str:
    """Where to afterwards, as given; ``safe`` looks at it."""
    return request.POST.get("next") or request.GET.get("next", "")


def safe(request: HttpRequest, url: str) -> str:
    """The address if it is one of this site, else nothing."""
    allowed = url_has_allowed_host_and_scheme(
        url, {request.get_host()}, require_https=request.is_secure()
    )
    return url if allowed else ""


@never_cache
@login_not_required
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest, channel: str = Role.GROUP) -> HttpResponse:
    """One form for all channels; the channel chooses the seat when one has several."""
    if channel not in Role.values:
        raise Http404
    if request.user.is_authenticated and request.method == "GET":
        return redirect("accounts:start")
    if request.method != "POST":
        return _page(request, SignInForm(), channel, Meant("", None))
    meant = find(request.POST.get("username", ""))
    form, at = SignInForm(request.POST), clock.now()
    if trying.needs_picture(meant.subject, address_of(request), at):
        form.ask_picture()
    if form.is_valid():
        try:
            user = trying.password(request, meant, form.cleaned_data["password"], at=at)
        except Refused as no:
            form.refuse(no.refusals)
        else:
            onward = safe(request, onward_of(request))
            return door.knock(request, user, "password", channel=channel, onward=onward)
    return _page(request, form, channel, meant)


def _page(
    request: HttpRequest, form: SignInForm, channel: str, meant: Meant
) -> HttpResponse:
    pictured = "captcha" in form.fields
    if not pictured and trying.needs_picture(
        meant.subject, address_of(request), clock.now()
    ):
        form.ask_picture()
    facts = {"form": form, "channel": Role(channel), "doors": DOORS,
             "next": onward_of(request), "applied": getattr(request, "applied", None)}  # fmt: skip
    return render(request, "accounts/sign_in.html", facts)


@login_not_required
@require_safe
def captcha(request: HttpRequest, key: str) -> HttpResponse:
    """The picture behind a key, for as long as it is of use."""
    if not CaptchaStore.objects.filter(hashkey=key, expiration__gt=clock.now()):
        raise Http404
    return captcha_image(request, key, scale=1)


@never_cache
@login_not_required
@sensitive_post_parameters("code")
def second_step(request: HttpRequest) -> HttpResponse:
    """After the password: the digits of the app, or a recovery code."""
    if request.user.is_authenticated:
        return redirect("accounts:start")
    stage = LoginStageController.enter(request, SecondStep.key)
    if stage is None or not stage.login.user.is_active:
        return redirect("accounts:sign_in")
    form = SecondStepForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        answer = _stepped(request, stage, form)
        if answer:
            return answer
    return render(request, "entrance/second_step.html", {"form": form})


def _stepped(
    request: HttpRequest, stage: LoginStage, form: SecondStepForm
) -> HttpResponse | None:
    user, at = stage.login.user, clock.now()
    try:
        trying.second_step(request, user, at)
    except Refused as no:
        form.refuse(no.refusals)
        return None
    found = second_factor.check(user, form.cleaned_data["code"], at=at)
    if found is None:
        form.add_error("code", "验证码不对或已经用过。请看手机上现在的数字，再输一遍。")
        return None
    trying.second_step_right(request, user)
    found.user = user
    post_authentication(request, found)
    return stage.exit()


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    door.leave(request)
    return redirect("home")
