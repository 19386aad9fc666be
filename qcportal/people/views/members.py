"""人员: members, duties, invitations of one organisation.

Every page takes a ``Scope``: the own organisation, or one of the campaigns the
secretariat runs (reviews.views.people finds those).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from qcportal.accounts.access import acting_as
from qcportal.accounts.models import Membership, Organisation
from qcportal.accounts.roles import Role
from qcportal.campaigns import access
from qcportal.clock import now
from qcportal.entrance import second_factor
from qcportal.entrance.forms import RefusableForm
from qcportal.people import actions, letters, rules
from qcportal.people.forms import (
    NOTES,
    DutyForm,
    EndForm,
    FactorForm,
    HandOverForm,
    InviteForm,
)
from qcportal.people.models import Invitation
from qcportal.refusals import Refused

PER_PAGE = 25


@dataclass(frozen=True)
class Scope:
    """Whose members, and under which addresses."""

    organisation: Organisation
    overseen: bool = False

    def url(self, name: str, *args: Any) -> str:
        if self.overseen:
            return reverse(f"overseen:{name}", args=[self.organisation.key, *args])
        return reverse(f"people:{name}", args=args)

    def seats(self) -> QuerySet[Membership]:
        rows = Membership.objects.in_force().filter(organisation=self.organisation)
        return rows.select_related("user", "organisation")


View = Callable[..., HttpResponse]


def own(view: View) -> View:
    """The view on the actor's own organisation, for every desk but a judge's."""

    @acting_as(Role.GROUP, Role.UNIT, Role.RECOMMENDER, Role.ASSOCIATION)
    @wraps(view)
    def on_own(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return view(request, Scope(request.actor.organisation), **kwargs)

    return on_own


def _against(scope: Scope, request: HttpRequest) -> list[Any]:
    return list(
        rules.why_not_manage(scope.organisation, request.actor, overseen=scope.overseen)
    )


@require_safe
def members(request: HttpRequest, scope: Scope) -> HttpResponse:
    return _page(request, scope, _invite_form(request, scope, None))


def _invite_form(request: HttpRequest, scope: Scope, data: Any) -> InviteForm:
    campaigns = access.run_by(request.actor)
    first = scope.overseen and scope.organisation.tier == Role.ASSOCIATION
    return InviteForm(
        data, organisation=scope.organisation, campaigns=campaigns, first=first
    )


def _page(
    request: HttpRequest, scope: Scope, form: InviteForm, status: int = 200
) -> HttpResponse:
    barred, at = _against(scope, request), now()
    page = Paginator(scope.seats(), PER_PAGE).get_page(request.GET.get("page"))
    waiting = Invitation.objects.none()
    if not barred:
        waiting = scope.organisation.invitations.open().select_related(
            "mail", "campaign"
        )
    asked = Paginator(waiting, PER_PAGE).get_page(request.GET.get("invitations"))
    context = {
        "scope": scope,
        "organisation": scope.organisation,
        "page": page,
        "seats": [(s, NOTES.get(s.duty, ""), scope.url("member", s.key)) for s in page],
        "barred": barred,
        "asked": asked,
        "invitations": [_shown(one, scope, at) for one in asked],
        "form": form,
        "invite_url": scope.url("invite"),
        "approval_url": scope.url("approval"),
        # By name: imports stand above members.
        "import_url": reverse("imports:list")
        if not scope.overseen and scope.organisation.tier != Role.GROUP
        else "",
        "approvable": scope.organisation.tier in {Role.UNIT, Role.RECOMMENDER},
    }
    return render(request, "people/members.html", context, status=status)


def _shown(invitation: Invitation, scope: Scope, at: Any) -> dict[str, Any]:
    return {
        "it": invitation,
        "expired": invitation.expired(at),
        "link": letters.link(invitation),
        "revoke_url": scope.url("revoke", invitation.key),
        "renew_url": scope.url("renew", invitation.key),
    }


@require_POST
def invite(request: HttpRequest, scope: Scope) -> HttpResponse:
    form = _invite_form(request, scope, request.POST)
    if not form.is_valid():
        return _page(request, scope, form, status=422)
    try:
        made = actions.invite(
            scope.organisation.pk, **form.cleaned_data, overseen=scope.overseen,
            by=request.actor, at=now(),
        )  # fmt: skip
    except Refused as no:
        form.refuse(no.refusals)
        return _page(request, scope, form, status=409)
    sent = f"邮件会发到 {made.email}。" if made.email else "请把链接复制给他。"
    messages.success(request, f"已邀请{made.name}，{sent}")
    return redirect(scope.url("members") + "#invitations")


def _invitation(scope: Scope, key: UUID) -> Invitation:
    return get_object_or_404(scope.organisation.invitations, key=key)


@require_POST
def revoke(request: HttpRequest, scope: Scope, key: UUID) -> HttpResponse:
    found = _invitation(scope, key)
    actions.revoke(found.pk, overseen=scope.overseen, by=request.actor, at=now())
    messages.success(request, f"给{found.name}的邀请已撤回，链接打不开了。")
    return redirect(scope.url("members") + "#invitations")


@require_POST
def renew(request: HttpRequest, scope: Scope, key: UUID) -> HttpResponse:
    found = _invitation(scope, key)
    actions.renew(found.pk, overseen=scope.overseen, by=request.actor, at=now())
    sent = "新链接会发到他的邮箱。" if found.email else "请把新链接复制给他。"
    messages.success(request, f"已重新邀请{found.name}，原来的链接作废。{sent}")
    return redirect(scope.url("members") + "#invitations")


# --- one member ---------------------------------------------------------------------


def _seat(scope: Scope, key: UUID) -> Membership:
    return get_object_or_404(scope.seats(), key=key)


@require_safe
def member(request: HttpRequest, scope: Scope, key: UUID) -> HttpResponse:
    return _member_page(request, scope, _seat(scope, key))


def _member_page(
    request: HttpRequest, scope: Scope, seat: Membership,
    given: RefusableForm | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    forms = {
        "duty_form": DutyForm(seat=seat),
        "hand_over_form": HandOverForm(seat=seat),
        "end_form": EndForm(),
        "factor_form": FactorForm(),
    }
    if given:
        forms[f"{given.prefix}_form"] = given
    context = {
        "scope": scope,
        "seat": seat,
        "barred": _against(scope, request),
        "judges": seat.role == Role.JUDGE,
        "last": not scope.overseen and seat.duty == "manager"
        and not rules.managers_but(seat),
        "colleagues": forms["hand_over_form"].fields["successor"].queryset.exists(),
        "members_url": scope.url("members"),
        "duty_url": scope.url("duty", seat.key),
        "hand_over_url": scope.url("hand_over", seat.key),
        "end_url": scope.url("end", seat.key),
        "factor_on": second_factor.is_on(seat.user),
        "factor_url": scope.url("second_factor", seat.key),
        "stand_in_url": scope.url("stand_in", seat.key)
        if scope.overseen and rules.helpable(seat)
        else "",
        **forms,
    }  # fmt: skip
    return render(request, "people/member.html", context, status=status)


def _carried_out(
    request: HttpRequest, scope: Scope, seat: Membership, form: RefusableForm,
    act: Callable[[], str],
) -> HttpResponse:  # fmt: skip
    """Do it and go back to the list; what was refused is said beside what was typed."""
    if not form.is_valid():
        return _member_page(request, scope, seat, form, 422)
    try:
        said = act()
    except Refused as no:
        form.refuse(no.refusals)
        return _member_page(request, scope, seat, form, 409)
    messages.success(request, said)
    left = not scope.overseen and not Membership.objects.in_force().filter(
        pk=request.actor.membership.pk
    )
    return redirect("accounts:start" if left else scope.url("members"))


@require_POST
def duty(request: HttpRequest, scope: Scope, key: UUID) -> HttpResponse:
    seat = _seat(scope, key)
    form = DutyForm(request.POST, seat=seat)

    def act() -> str:
        new = actions.change_duty(
            seat.pk, form.cleaned_data["duty"], overseen=scope.overseen,
            by=request.actor, at=now(),
        )  # fmt: skip
        return f"{seat.user.name}改任{new.get_duty_display()}，马上生效。"

    return _carried_out(request, scope, seat, form, act)


@require_POST
def hand_over(request: HttpRequest, scope: Scope, key: UUID) -> HttpResponse:
    seat = _seat(scope, key)
    form = HandOverForm(request.POST, seat=seat)

    def act() -> str:
        heir = actions.hand_over(
            seat.pk, form.cleaned_data["successor"], overseen=scope.overseen,
            by=request.actor, at=now(),
        )  # fmt: skip
        return f"{seat.user.name}的工作已交接给{heir.name}。"

    return _carried_out(request, scope, seat, form, act)


@require_POST
def end(request: HttpRequest, scope: Scope, key: UUID) -> HttpResponse:
    seat = _seat(scope, key)
    form = EndForm(request.POST)

    def act() -> str:
        actions.end_member(
            seat.pk, reason=form.cleaned_data["reason"], overseen=scope.overseen,
            by=request.actor, at=now(),
        )  # fmt: skip
        return f"{seat.user.name}的{seat.get_duty_display()}职责已停用，记录都保留。"

    return _carried_out(request, scope, seat, form, act)


@require_POST
def drop_second_factor(request: HttpRequest, scope: Scope, key: UUID) -> HttpResponse:
    seat = _seat(scope, key)
    form = FactorForm(request.POST)

    def act() -> str:
        actions.drop_second_factor(
            seat.pk, reason=form.cleaned_data["reason"], overseen=scope.overseen,
            by=request.actor, at=now(),
        )  # fmt: skip
        return f"{seat.user.name}的两步验证已清除，他已在所有设备上退出。"

    return _carried_out(request, scope, seat, form, act)


@require_POST
def approval(request: HttpRequest, scope: Scope) -> HttpResponse:
    wanted = request.POST.get("wanted") == "1"
    actions.set_approval(
        scope.organisation.pk, wanted, overseen=scope.overseen, by=request.actor,
        at=now(),
    )  # fmt: skip
    messages.success(
        request,
        "送出前要审核人或管理员确认，马上生效。" if wanted else "不再要求审核人确认。",
    )
    return redirect(scope.url("members"))
