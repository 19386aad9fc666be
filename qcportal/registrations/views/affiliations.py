"""隶属关系: under which recommending bodies a unit hangs; asking and answering."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from qcportal.accounts.access import acting_as
from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Affiliation
from qcportal.accounts.roles import Role
from qcportal.clock import now
from qcportal.refusals import Refused
from qcportal.registrations import actions, register, rules, shows
from qcportal.registrations.forms import AffiliationForm
from qcportal.registrations.models import AffiliationRequest

DESKS = (Role.UNIT, Role.RECOMMENDER, Role.ASSOCIATION)
SHOWN = 50


def affiliations_of(actor: Actor) -> QuerySet[Affiliation]:
    """The links the actor's desk may end: the unit's own, or all of the register."""
    rows = Affiliation.objects.select_related("unit", "recommender")
    if actor.role == Role.UNIT:
        return rows.filter(unit=actor.organisation)
    if actor.role == Role.ASSOCIATION:
        return rows.filter(unit__in=register.of_desk(actor))
    return rows.none()


@acting_as(*DESKS)
@require_http_methods(["GET", "POST"])
def affiliations(request: HttpRequest) -> HttpResponse:
    """The unit's bodies and questions; for a body or the association, what is asked."""
    actor, posted = request.actor, request.method == "POST"
    asks = actor.role == Role.UNIT
    form = AffiliationForm(request.POST if posted and asks else None) if asks else None
    if form is not None and posted and form.is_valid():
        given = form.cleaned_data
        try:
            actions.ask_affiliation(
                given["recommender"], given["note"], by=actor, at=now()
            )
        except Refused as refused:
            for one in refused.refusals:
                form.add_error(one.field or None, one.message)
        else:
            messages.success(request, "申请已送出，对方同意后就能选它推荐。")
            return redirect("accounts:affiliations")
    status = 422 if form is not None and form.errors else 200
    return render(
        request, "registrations/affiliations.html", _facts(actor, form), status=status
    )


def _facts(actor: Actor, form: AffiliationForm | None) -> dict[str, Any]:
    asked = AffiliationRequest.objects.visible_to(actor)
    rows = asked.select_related("unit", "recommender")[:SHOWN]
    own = affiliations_of(actor) if actor.role == Role.UNIT else []
    return {
        "form": form,
        "own": [(one, _end(one, actor)) for one in own],
        "asked": [(one, _answers(one, actor)) for one in rows],
        "import_url": reverse("imports:list") if actor.may("manage_members") else "",
    }


def _end(one: Affiliation, actor: Actor) -> shows.Act:
    url = reverse("accounts:affiliation_end", args=[one.pk])
    return shows.offer("解除", "back", rules.why_not_end_affiliation(one, actor), url)


def _answers(asked: AffiliationRequest, actor: Actor) -> list[shows.Act]:
    if asked.status != AffiliationRequest.State.WAITING:
        return []
    why = list(rules.why_not_answer_affiliation(asked, actor))
    names = [("withdraw", "撤回", "line", False)]
    if actor.role != Role.UNIT:
        names = [
            ("agree", "同意", "primary", False),
            ("decline", "不同意", "back", True),
        ]
    return [
        shows.offer(label, kind, why, reverse(f"accounts:affiliation_{n}", args=[asked.pk]), asks=asks)
        for n, label, kind, asks in names
    ]  # fmt: skip


def _asked(request: HttpRequest, number: int) -> AffiliationRequest:
    rows = AffiliationRequest.objects.visible_to(request.actor)
    return get_object_or_404(rows, pk=number)


@acting_as(Role.RECOMMENDER, Role.ASSOCIATION)
@require_POST
def agree(request: HttpRequest, number: int) -> HttpResponse:
    asked = _asked(request, number)
    actions.answer_affiliation(asked.pk, "", yes=True, by=request.actor, at=now())
    messages.success(request, "已同意，这家单位现在可以选它推荐。")
    return redirect("accounts:affiliations")


@acting_as(Role.RECOMMENDER, Role.ASSOCIATION)
@require_POST
def decline(request: HttpRequest, number: int) -> HttpResponse:
    asked, reason = _asked(request, number), request.POST.get("comment", "")
    actions.answer_affiliation(asked.pk, reason, yes=False, by=request.actor, at=now())
    messages.success(request, "已答复不同意，对方看得到原因。")
    return redirect("accounts:affiliations")


@acting_as(Role.UNIT)
@require_POST
def withdraw(request: HttpRequest, number: int) -> HttpResponse:
    asked = _asked(request, number)
    actions.withdraw_affiliation(asked.pk, by=request.actor, at=now())
    messages.success(request, "申请已撤回。")
    return redirect("accounts:affiliations")


@acting_as(Role.UNIT, Role.ASSOCIATION)
@require_POST
def end(request: HttpRequest, number: int) -> HttpResponse:
    found = get_object_or_404(affiliations_of(request.actor), pk=number)
    actions.end_affiliation(found.pk, by=request.actor, at=now())
    messages.success(request, "隶属关系已解除，已报的成果不受影响。")
    if request.actor.role == Role.ASSOCIATION:
        return redirect("accounts:organisation_page", found.unit.key)
    return redirect("accounts:affiliations")
