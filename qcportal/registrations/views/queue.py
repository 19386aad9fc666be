"""The queue of applications on the desks that decide, and one of them to decide."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from qcportal.accounts.access import acting_as
from qcportal.accounts.contacts import shown
from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import Role
from qcportal.clock import now
from qcportal.registrations import actions, register, rules, shows
from qcportal.registrations.models import Registration

DECIDERS = (Role.UNIT, Role.RECOMMENDER, Role.ASSOCIATION)
PER_PAGE = 25


@acting_as(*DECIDERS)
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Waiting ones first come first served; ``?all=1`` the decided ones too."""
    rows = Registration.objects.visible_to(request.actor).with_bodies()
    waiting = rows.waiting().count()
    everything = request.GET.get("all") == "1"
    listed = rows.order_by("-state_since", "-pk") if everything else rows.waiting()
    page = Paginator(listed, PER_PAGE).get_page(request.GET.get("page"))
    facts = {"page": page, "rows": [(one, shows.chip(one)) for one in page],
             "waiting": waiting, "everything": everything,
             "may": request.actor.may("manage_members")}  # fmt: skip
    return render(request, "registrations/queue.html", facts)


def _visible(request: HttpRequest, code: str) -> Registration:
    rows = Registration.objects.visible_to(request.actor).with_bodies()
    return get_object_or_404(rows, code=code)


@acting_as(*DECIDERS)
@require_safe
def review(request: HttpRequest, code: str) -> HttpResponse:
    """Everything that was given, what it resembles, and the buttons."""
    found, actor = _visible(request, code), request.actor
    facts = {
        "registration": found, "chip": shows.chip(found), "holder": shows.holder(found),
        "facts": shows.public_facts(found), "events": shows.events(found),
        "mobile": shown(found.mobile, rules.may_see_mobile(found, actor)),
        "likes": _likes(found), "acts": _acts(found, actor),
    }  # fmt: skip
    return render(request, "registrations/review.html", facts)


def _likes(found: Registration) -> list[Organisation]:
    """Organisations on the register that may be the same one."""
    if found.unit_first:
        return register.like_names(Role.UNIT, found.unit_name)
    if found.joins is None and found.channel != Role.GROUP:
        made = found.made_id
        return register.like_names(found.channel, found.organisation_name, made)
    return []


def _acts(found: Registration, actor: Any) -> list[shows.Act]:
    def url(name: str) -> str:
        return reverse(f"accounts:registration_{name}", args=[found.code])

    no = list(rules.why_not_decide(found, actor))
    if found.unit_first:
        refusals = rules.why_not_approve_unit(found, actor, None)
        first = shows.offer("登记这家单位", "primary", refusals, url("approve_unit"))
    else:
        refusals = rules.why_not_approve(found, actor)
        first = shows.offer("通过并开通", "primary", refusals, url("approve"))
    return [
        first,
        shows.offer("退回修改", "back", no, url("return"), asks=True),
        shows.offer("不通过", "back", no, url("refuse"), asks=True),
    ]


@acting_as(*DECIDERS)
@require_POST
def approve_unit(request: HttpRequest, code: str) -> HttpResponse:
    """Takes the proposed unit up; with ``unit`` it is the one already registered."""
    found, existing = _visible(request, code), None
    if request.POST.get("unit"):
        try:
            existing = get_object_or_404(
                Organisation, key=request.POST["unit"], tier=Role.UNIT
            )
        except ValidationError:
            raise Http404 from None
    unit = actions.approve_unit(found.pk, existing, by=request.actor, at=now())
    messages.success(request, f"单位“{unit.name}”已核对，接着核对小组。")
    return redirect("accounts:registration_review", found.code)


@acting_as(*DECIDERS)
@require_POST
def approve(request: HttpRequest, code: str) -> HttpResponse:
    found = _visible(request, code)
    made = actions.approve(found.pk, by=request.actor, at=now())
    messages.success(
        request, f"{made.person}的账号已开通，可以代表“{made.wanted}”办理。"
    )
    return redirect("accounts:registrations")


@acting_as(*DECIDERS)
@require_POST
def give_back(request: HttpRequest, code: str) -> HttpResponse:
    found = _visible(request, code)
    reason = request.POST.get("comment", "")
    actions.give_back(found.pk, reason, by=request.actor, at=now())
    messages.success(request, "已退回，申请人改好后会再送来。")
    return redirect("accounts:registrations")


@acting_as(*DECIDERS)
@require_POST
def say_no(request: HttpRequest, code: str) -> HttpResponse:
    found = _visible(request, code)
    reason = request.POST.get("comment", "")
    actions.say_no(found.pk, reason, by=request.actor, at=now())
    messages.success(request, "已办结（未通过），申请人会看到原因。")
    return redirect("accounts:registrations")
