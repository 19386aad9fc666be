"""Questions about signing in. Read only."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings

from qcportal.accounts.actors import Actor, seats_of
from qcportal.accounts.models import Membership, User
from qcportal.accounts.roles import DUTY_PERMISSIONS, Duty, Role
from qcportal.entrance import second_factor
from qcportal.refusals import Refusal

# Groups have no seal, judges no desk.
WITHOUT = frozenset({Role.GROUP, Role.JUDGE})


def weighty(seat: Membership) -> bool:
    """A seat of the association, or one with the seal."""
    sealing = "seal_for" in DUTY_PERMISSIONS[Duty(seat.duty)]
    return seat.role == Role.ASSOCIATION or (sealing and seat.role not in WITHOUT)


def why_second_factor_due(seat: Membership) -> Iterator[Refusal]:
    """``second_factor_due``: this seat is not given without it."""
    if not settings.REQUIRE_SECOND_FACTOR or not weighty(seat):
        return
    if not second_factor.is_on(seat.user):
        yield Refusal(
            "second_factor_due",
            f"{seat.organisation.label}的{seat.get_duty_display()}要先设置两步验证，才能办理。",
        )


def why_not_switch_off(user: User) -> Iterator[Refusal]:
    """``second_factor_needed``: as long as one of the person's seats asks for it."""
    if not settings.REQUIRE_SECOND_FACTOR:
        return
    for seat in seats_of(user):
        if weighty(seat):
            yield Refusal(
                "second_factor_needed",
                f"您是{seat.organisation.label}的{seat.get_duty_display()}，两步验证不能关。换手机请按“换一台手机”。",
            )
            return


def why_not_drop_second_factor(
    seat: Membership, reason: str, actor: Actor, *, overseen: bool = False
) -> Iterator[Refusal]:
    """``own_factor``, ``reason_missing``, ``no_factor``, ``factor_elsewhere``. Whether
    the actor manages the person's organisation is the caller's question."""
    if seat.user_id == actor.user.pk:
        yield Refusal("own_factor", "自己的两步验证请在“账号和安全”里换。")
    if not reason.strip():
        yield Refusal("reason_missing", "请写明原因，会记入操作日志。", "reason")
    if not second_factor.is_on(seat.user):
        yield Refusal("no_factor", f"{seat.user.name}没有设置两步验证，不用清除。")
    others = [
        other
        for other in seats_of(seat.user)
        if other.organisation_id != seat.organisation_id and weighty(other)
    ]
    above = [other for other in others if other.role == Role.ASSOCIATION]
    if above or (others and not overseen):
        yield Refusal(
            "factor_elsewhere",
            f"{seat.user.name}在{(above or others)[0].organisation.label}也有要两步验证的身份，请由那里办。",
        )
