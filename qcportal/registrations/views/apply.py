"""Applying for an account, in public: find the organisation, fill one form, follow it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import CHANNELS, Role
from qcportal.accounts.rules import why_not_in_person
from qcportal.clock import now
from qcportal.privacy import words
from qcportal.privacy.models import ConsentText
from qcportal.refusals import Refused, refuse_if
from qcportal.registrations import actions, register, rules, shows, texts
from qcportal.registrations.forms import ApplicationForm
from qcportal.registrations.models import Registration

OPEN = (Role.GROUP, Role.UNIT, Role.RECOMMENDER)
DOORS = [
    (Role.GROUP, "班组", "users-group"),
    (Role.UNIT, "单位", "rubber-stamp"),
    (Role.RECOMMENDER, "推荐单位", "list-numbers"),
]
POSTS_AN_HOUR = 30


def too_many(request: HttpRequest) -> bool:
    """More than 30 posts of applications from one address within the hour."""
    key = f"register:{request.META.get('REMOTE_ADDR', '')}"
    cache.add(key, 0, 3600)
    try:
        return cache.incr(key) > POSTS_AN_HOUR
    except ValueError:  # the hour ended between the two
        return False


@login_not_required
@never_cache
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "POST"])
def register_page(request: HttpRequest, channel: str) -> HttpResponse:
    """Search first; then the form for what was found or is proposed."""
    if channel not in Role.values:
        raise Http404
    if channel not in OPEN:
        return render(request, "accounts/register.html", {"channel": Role(channel)})
    joins, unit = (
        _chosen(request, channel, "joins"),
        _chosen(request, Role.UNIT, "unit"),
    )
    case = _case(request, channel, joins, unit)
    if not case:
        return render(
            request, "registrations/search.html", _search_facts(request, channel)
        )
    posted = request.method == "POST"
    if posted and too_many(request):
        return render(request, "errors/429.html", status=429)
    if posted:
        refuse_if(why_not_in_person(request.actor))
    user = request.user if request.user.is_authenticated else None
    form = ApplicationForm(
        request.POST if posted else None, case=case, initial=_typed(request, case),
        user=user,
    )  # fmt: skip
    offer = None
    if posted and form.is_valid():
        try:
            made = actions.apply(
                form.application(channel, joins, unit),
                at=now(),
                address=address_of(request),
            )
        except Refused as refused:
            offer = _attach(form, refused, channel, unit)
        else:
            return redirect("accounts:registration", made.code)
    facts = {**_page(channel), "form": form, "case": case, "joins": joins, "unit": unit,
             "offer": offer}  # fmt: skip
    return render(
        request, "registrations/form.html", facts, status=422 if form.errors else 200
    )


def address_of(request: HttpRequest) -> str:
    return request.META.get("REMOTE_ADDR", "")


def _chosen(request: HttpRequest, tier: str, name: str) -> Organisation | None:
    """The organisation the address names; what names nothing is 404."""
    key = request.GET.get(name, "")
    if not key:
        return None
    rows = Organisation.objects.in_use().filter(tier=tier).select_related("parent")
    try:
        return get_object_or_404(rows, key=key)
    except ValidationError:
        raise Http404 from None


def _case(
    request: HttpRequest,
    channel: str,
    joins: Organisation | None,
    unit: Organisation | None,
) -> str:
    if joins is not None:
        return "joins"
    if channel == Role.GROUP and unit is not None:
        return "group"
    if request.GET.get("new") == "1":
        return "group_unit" if channel == Role.GROUP else channel
    return ""


def _typed(request: HttpRequest, case: str) -> dict[str, str]:
    """What was searched for is not typed twice."""
    words = request.GET.get("q", "").strip()[:80]
    return {"unit_name" if case == "group_unit" else "organisation_name": words}


def _page(channel: str) -> dict[str, Any]:
    text = ConsentText.objects.in_force()
    return {
        "channel": Role(channel), "channel_words": CHANNELS[Role(channel)], "doors": DOORS,
        "undertaking": texts.UNDERTAKING if channel == Role.UNIT else (),
        "consent": texts.CONSENT, "consent_parts": words.parts(text.body) if text else [],
    }  # fmt: skip


def _search_facts(request: HttpRequest, channel: str) -> dict[str, Any]:
    words = request.GET.get("q", "").strip()[:80]
    tier = Role.UNIT if channel == Role.GROUP else Role(channel)
    here = reverse("accounts:register", args=[channel])
    name = "unit" if channel == Role.GROUP else "joins"
    found = register.search(tier, words)
    return {
        **_page(channel), "q": words, "tier": tier,
        "found": [(o, f"{here}?{urlencode({name: o.key})}") for o in found],
        "new_url": f"{here}?{urlencode({'new': 1, 'q': words})}",
    }  # fmt: skip


def _attach(
    form: ApplicationForm, refused: Refused, channel: str, unit: Organisation | None
) -> tuple[Organisation, str] | None:
    """Puts the refusals at their fields; answers the organisation to join instead."""
    given = dict(form.cleaned_data)  # add_error takes the refused ones out
    for one in refused.refusals:
        form.add_error(one.field if one.field in form.fields else None, one.message)
    if not {"name_registered", "code_registered"} & set(refused.codes):
        return None
    found = register.coded(given.get("credit_code", ""))
    if found is None and channel == Role.GROUP and unit is not None:
        found = register.same_name(Role.GROUP, given.get("organisation_name", ""), unit)
    elif found is None:
        tier = Role.UNIT if channel == Role.GROUP else channel
        name = given.get("unit_name") or given.get("organisation_name", "")
        found = register.same_name(tier, name, None)
    if found is None or not found.is_active:
        return None
    under = channel == Role.GROUP and found.tier == Role.UNIT
    if not under and found.tier != channel:
        return None
    here = reverse("accounts:register", args=[channel])
    return found, f"{here}?{urlencode({'unit' if under else 'joins': found.key})}"


def _by_code(code: str) -> Registration:
    return get_object_or_404(Registration.objects.with_bodies(), code=code.upper())


@login_not_required
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """The box on the search page: a typed code leads to its page, a mistyped one back
    to the box with what was typed."""
    code = request.GET.get("code", "").strip().upper()[:16]
    if Registration.objects.filter(code=code).exists():
        return redirect("accounts:registration", code)
    facts = {**_search_facts(request, Role.GROUP), "code": code, "no_such_code": True}
    return render(request, "registrations/search.html", facts, status=404)


@login_not_required
@never_cache
@require_safe
def status(request: HttpRequest, code: str) -> HttpResponse:
    """Where an application stands; whoever has the code reads it. No numbers."""
    found = _by_code(code)
    facts = {
        "registration": found, "chip": shows.chip(found), "holder": shows.holder(found),
        "events": shows.events(found), "facts": shows.public_facts(found),
        "reason": shows.last_reason(found),
        "withdraw": shows.offer("撤回申请", "line", rules.why_not_withdraw(found),
                                reverse("accounts:registration_withdraw", args=[found.code])),
    }  # fmt: skip
    return render(request, "registrations/status.html", facts)


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest, code: str) -> HttpResponse:
    """The returned form again, filled; the password stays as it was."""
    found = _by_code(code)
    if list(rules.why_not_correct(found)):
        return redirect("accounts:registration", found.code)
    posted = request.method == "POST"
    if posted and too_many(request):
        return render(request, "errors/429.html", status=429)
    case = shows.case(found)
    form = ApplicationForm(
        request.POST if posted else None,
        case=case,
        own=found,
        initial=shows.given(found),
        user=found.user,
    )
    offer = None
    if posted and form.is_valid():
        given = form.application(found.channel, found.joins, found.unit)
        try:
            actions.correct(found.pk, given, at=now(), address=address_of(request))
        except Refused as refused:
            offer = _attach(form, refused, found.channel, found.unit)
        else:
            return redirect("accounts:registration", found.code)
    facts = {**_page(found.channel), "form": form, "case": case, "joins": found.joins,
             "unit": found.unit, "own": found, "offer": offer,
             "reason": shows.last_reason(found)}  # fmt: skip
    return render(
        request, "registrations/form.html", facts, status=422 if form.errors else 200
    )


@login_not_required
@require_POST
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    found = _by_code(code)
    actions.withdraw(found.pk, at=now())
    return redirect("accounts:registration", found.code)
