"""The consent: what it says, agreeing to it, one's own record, a new version."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_safe

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.accounts.rules import why_not_in_person
from qcportal.clock import now
from qcportal.privacy import actions, rules, words
from qcportal.privacy.forms import AgreeForm, PublishForm, WithdrawForm
from qcportal.privacy.middleware import DUE
from qcportal.privacy.models import Consent, ConsentText
from qcportal.refusals import Refused, refuse_if

GET_POST = ["GET", "HEAD", "POST"]
VERSIONS_SHOWN = 25


@login_not_required
@require_safe
def text(request: HttpRequest, version: int | None = None) -> HttpResponse:
    """The version in force, or an earlier one; anybody reads them."""
    newest = ConsentText.objects.in_force()
    shown = newest
    if version is not None:
        shown = get_object_or_404(ConsentText, version=min(version, 32767))
    past = ConsentText.objects.defer("body")[:VERSIONS_SHOWN]
    facts = {
        "text": shown, "newest": newest, "versions": past,
        "parts": words.parts(shown.body) if shown else [],
        "publishes": rules.may_publish(request.actor or None),
    }  # fmt: skip
    return render(request, "privacy/text.html", facts)


@require_http_methods(GET_POST)
def consent(request: HttpRequest) -> HttpResponse:
    """Asked at sign-in: the words, what is new in them, a tick; or signing out."""
    refuse_if(why_not_in_person(request.actor))
    found = rules.due(request.user)
    if found is None:
        request.session.pop(DUE, None)
        return redirect(_onward(request))
    form = AgreeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _agreed(request, form):
        messages.success(request, "谢谢，已经记下您的同意。")
        return redirect(_onward(request))
    before = rules.agreed_before(request.user)
    facts = {
        "text": found, "parts": words.parts(found.body), "before": before, "form": form,
        "differences": words.differences(before.body, found.body) if before else [],
        "next": request.POST.get("next") or request.GET.get("next", ""),
    }  # fmt: skip
    status = 422 if form.errors else 200
    return render(request, "privacy/consent.html", facts, status=status)


def _agreed(request: HttpRequest, form: AgreeForm) -> bool:
    try:
        actions.agree(
            request.user, form.cleaned_data["version"], by=request.actor or None,
            at=now(), address=request.META.get("REMOTE_ADDR", ""),
        )  # fmt: skip
    except Refused as no:
        form.add_error("agreed", no.refusals[0].message)
        return False
    request.session.pop(DUE, None)
    return True


def _onward(request: HttpRequest) -> str:
    url = request.POST.get("next") or request.GET.get("next", "")
    allowed = url_has_allowed_host_and_scheme(
        url, {request.get_host()}, require_https=request.is_secure()
    )
    return url if allowed else "accounts:start"


@require_http_methods(GET_POST)
def mine(request: HttpRequest) -> HttpResponse:
    """What one agreed to and when; how to withdraw."""
    refuse_if(why_not_in_person(request.actor))
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        actions.ask_withdrawal(
            request.user, form.cleaned_data["reason"], by=request.actor or None, at=now()
        )  # fmt: skip
        messages.success(
            request, "已经送到秘书处，他们会联系您。办好以前账号照常使用。"
        )
        return redirect("privacy:mine")
    status = 422 if form.errors else 200
    return render(request, "privacy/mine.html", _mine(request, form), status=status)


def _mine(request: HttpRequest, form: WithdrawForm) -> dict[str, Any]:
    own = Consent.objects.filter(user=request.user).select_related("text")
    consents = list(own[:VERSIONS_SHOWN])
    return {
        "consents": consents, "form": form,
        "closed": list(rules.why_not_withdraw(request.user, "")),
    }  # fmt: skip


@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """What one agreed to, word for word, as a text file."""
    refuse_if(why_not_in_person(request.actor))
    own = Consent.objects.filter(user=request.user).select_related("text")
    if not own:
        raise Http404
    said = [f"{request.user.name}（用户名 {request.user.username}）同意过的内容", ""]
    for one in own:
        at = timezone.localtime(one.at)
        said += [f"{one.text}　{at:%Y-%m-%d %H:%M} 同意", "", one.text.body, "", ""]
    answer = HttpResponse("\ufeff" + "\r\n".join(said), "text/plain; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="consent.txt"'
    return answer


@acting_as(Role.ASSOCIATION)
@require_http_methods(GET_POST)
def publish(request: HttpRequest) -> HttpResponse:
    """A new version: write, look at it and at what changes, publish."""
    if not rules.may_publish(request.actor):
        raise Http404
    last = ConsentText.objects.in_force()
    initial = {
        "body": last.body if last else words.FIRST,
        "after": last.version if last else 0,
    }
    posted = request.method == "POST"
    form = PublishForm(
        request.POST if posted else None, first=last is None, initial=initial
    )
    looked = False
    if posted and form.is_valid():
        looked = True
        if "publish" in request.POST and _published(request, form):
            return redirect("privacy:text")
    body = form.cleaned_data.get("body", "") if posted else ""
    facts = {
        "form": form, "last": last, "looked": looked and not form.errors,
        "parts": words.parts(body),
        "differences": words.differences(last.body if last else "", body) if body else [],
    }  # fmt: skip
    return render(
        request, "privacy/publish.html", facts, status=422 if form.errors else 200
    )


def _published(request: HttpRequest, form: PublishForm) -> bool:
    given = form.cleaned_data
    try:
        made = actions.publish(
            given["body"], given["changes"], after=given["after"], by=request.actor,
            at=now(),
        )  # fmt: skip
    except Refused as no:
        for one in no.refusals:
            form.add_error(one.field or None, one.message)
        return False
    messages.success(
        request, f"第 {made.version} 版已经发布，大家下次登录时会请他们再看一遍。"
    )
    return True
