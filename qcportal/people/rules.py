"""May it? Questions about members, invitations and standing in. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Membership, Organisation
from qcportal.accounts.roles import Duty, Role
from qcportal.accounts.rules import why_not_in_person
from qcportal.campaigns import access
from qcportal.campaigns.models import Campaign
from qcportal.campaigns.rules import moment
from qcportal.people.models import Invitation
from qcportal.refusals import Refusal

# Whose seat an officer may take to help.
HELPED = frozenset({Role.GROUP, Role.UNIT, Role.RECOMMENDER})
DUTIES: dict[str, tuple[Duty, ...]] = {
    Role.GROUP: (Duty.CLERK, Duty.MANAGER),
    Role.UNIT: (Duty.CLERK, Duty.APPROVER, Duty.SEAL_KEEPER, Duty.MANAGER),
    Role.RECOMMENDER: (Duty.CLERK, Duty.APPROVER, Duty.SEAL_KEEPER, Duty.MANAGER),
    Role.ASSOCIATION: (Duty.CLERK, Duty.MANAGER, Duty.JUDGE, Duty.RECOMMENDING),
}
REASON_AT_LEAST = 4


def duties_of(organisation: Organisation) -> tuple[Duty, ...]:
    """The duties an organisation of this tier gives out."""
    return DUTIES[organisation.tier]


def why_not_manage(
    organisation: Organisation, actor: Actor, *, overseen: bool = False
) -> Iterator[Refusal]:
    """``standing_in``, ``not_manager``. ``overseen``: the caller found the organisation
    among those of the campaigns the actor runs, so the secretariat may."""
    yield from why_not_in_person(actor)
    in_force = Membership.objects.in_force().filter(pk=actor.membership.pk).exists()
    if overseen:
        may = actor.role == Role.ASSOCIATION
        if organisation.tier == Role.ASSOCIATION:
            own = organisation.registrar_id == actor.organisation.pk
            may = may and own and organisation.pk not in managed()
    else:
        own = organisation.pk == actor.organisation.pk and actor.role != Role.JUDGE
        may = own and actor.may("manage_members")
    if not may or not in_force:
        yield Refusal(
            "not_manager",
            "人员由本单位的管理员管理。请本单位管理员办，没有管理员请打秘书处电话。",
        )


def managed() -> set[int]:
    """Associations with a manager in force: they look after their people themselves."""
    seats = Membership.objects.in_force().filter(
        organisation__tier=Role.ASSOCIATION, duty=Duty.MANAGER
    )
    return set(seats.values_list("organisation", flat=True))


def why_not_invite(
    organisation: Organisation,
    duty: str,
    campaign: Campaign | None,
    actor: Actor,
    *,
    overseen: bool = False,
) -> Iterator[Refusal]:
    """``duty_unknown``, ``manager_first``, ``campaign_missing``, ``campaign_unneeded``,
    ``campaign_not_yours``."""
    yield from why_not_manage(organisation, actor, overseen=overseen)
    if duty not in duties_of(organisation):
        yield Refusal("duty_unknown", "请选择职责。", "duty")
    if overseen and organisation.tier == Role.ASSOCIATION and duty != Duty.MANAGER:
        yield Refusal("manager_first", "请先邀请它的管理员，其他人由他邀请。", "duty")
    if duty == Duty.RECOMMENDING and campaign:
        yield Refusal(
            "campaign_unneeded",
            "推荐经办人不办理本协会的活动，这里请不要选。",
            "campaign",
        )
    if duty == Duty.JUDGE and campaign is None:
        yield Refusal("campaign_missing", "请选择评审哪个活动。", "campaign")
    hosted = access.run_by(actor).filter(host=organisation)
    if campaign and not hosted.filter(pk=campaign.pk).exists():
        yield Refusal(
            "campaign_not_yours", "您不办理这个活动，请重新选择。", "campaign"
        )


def why_not_touch(
    invitation: Invitation, actor: Actor, *, overseen: bool = False
) -> Iterator[Refusal]:
    """Revoking and sending again: ``invitation_used``, ``invitation_revoked``."""
    yield from why_not_manage(invitation.organisation, actor, overseen=overseen)
    yield from closed(invitation)


def closed(invitation: Invitation) -> Iterator[Refusal]:
    if invitation.accepted_at:
        yield Refusal(
            "invitation_used",
            f"这个邀请 {moment(invitation.accepted_at)} 已经用过了，一个邀请只能用一次。"
            "如果是您本人接受的，请直接登录。",
        )
    if invitation.revoked_at:
        yield Refusal(
            "invitation_revoked",
            f"这个邀请已经撤回。需要的话，请{invitation.organisation.label}的管理员再发一次。",
        )


def why_not_accept(invitation: Invitation, at: datetime) -> Iterator[Refusal]:
    """``invitation_used``, ``invitation_revoked``, ``invitation_expired``,
    ``organisation_ended``."""
    yield from closed(invitation)
    if invitation.expired(at):
        yield Refusal(
            "invitation_expired",
            f"这个邀请 {moment(invitation.expires_at)} 过期了。请{invitation.organisation.label}的管理员再发一次。",
        )
    if not invitation.organisation.is_active:
        yield Refusal(
            "organisation_ended",
            f"{invitation.organisation.label}已经停用，请打秘书处电话。",
        )


def managers_but(seat: Membership) -> int:
    """How many other persons manage the seat's organisation."""
    return (
        Membership.objects.in_force()
        .filter(organisation=seat.organisation_id, duty=Duty.MANAGER)
        .exclude(user=seat.user_id)
        .count()
    )


def _last_manager(seat: Membership, overseen: bool) -> Iterator[Refusal]:
    if seat.duty == Duty.MANAGER and not overseen and not managers_but(seat):
        yield Refusal(
            "last_manager",
            f"{seat.user.name}是最后一位管理员。请先请另一位同事当管理员，或把工作交接给他。",
        )


def _in_force(seat: Membership) -> Iterator[Refusal]:
    if seat.ended_at:
        yield Refusal("seat_ended", f"{seat.user.name}的这项职责已经停用，请刷新页面。")


def why_not_touch_member(
    seat: Membership, actor: Actor, *, overseen: bool = False
) -> Iterator[Refusal]:
    """``not_manager``, ``seat_ended``: what does not depend on the act."""
    yield from why_not_manage(seat.organisation, actor, overseen=overseen)
    yield from _in_force(seat)


def why_not_change_duty(
    seat: Membership, duty: str, actor: Actor, *, overseen: bool = False
) -> Iterator[Refusal]:
    """``last_manager``, ``duty_held``, ``duty_unknown``, ``judge_stays``."""
    yield from why_not_touch_member(seat, actor, overseen=overseen)
    if duty == Duty.JUDGE or seat.duty == Duty.JUDGE:
        yield Refusal("judge_stays", "评审专家请另外邀请，不能和其他职责互换。", "duty")
    elif duty not in duties_of(seat.organisation):
        yield Refusal("duty_unknown", "请选择职责。", "duty")
    elif _holds(seat, duty):
        yield Refusal(
            "duty_held", f"{seat.user.name}已经是{Duty(duty).label}。", "duty"
        )
    yield from _last_manager(seat, overseen)


def _holds(seat: Membership, duty: str) -> bool:
    rows = Membership.objects.filter(
        user=seat.user_id, organisation=seat.organisation_id, ended_at__isnull=True
    )
    return rows.filter(duty=duty).exists()


def why_not_end(
    seat: Membership, reason: str, actor: Actor, *, overseen: bool = False
) -> Iterator[Refusal]:
    """``last_manager``, ``reason_missing``, ``seat_ended``."""
    yield from why_not_touch_member(seat, actor, overseen=overseen)
    if not reason.strip():
        yield Refusal("reason_missing", "请写明原因，会记入操作日志。", "reason")
    yield from _last_manager(seat, overseen)


def why_not_hand_over(
    seat: Membership,
    successor: Membership | None,
    actor: Actor,
    *,
    overseen: bool = False,
) -> Iterator[Refusal]:
    """``successor_missing``, ``judge_stays``: to a colleague who is in force."""
    yield from why_not_touch_member(seat, actor, overseen=overseen)
    if seat.duty == Duty.JUDGE:
        yield Refusal("judge_stays", "评审专家的工作不能交接，请停用后另外邀请。")
    if (
        successor is None
        or successor.ended_at
        or not successor.user.is_active
        or successor.duty == Duty.JUDGE
        or successor.user_id == seat.user_id
        or successor.organisation_id != seat.organisation_id
    ):
        yield Refusal(
            "successor_missing",
            "请选择接手的同事。还没有账号，请先邀请他。",
            "successor",
        )


def why_not_set_approval(
    organisation: Organisation, wanted: bool, actor: Actor, *, overseen: bool = False
) -> Iterator[Refusal]:
    """``nobody_approves``: somebody must be left who may hand over."""
    yield from why_not_manage(organisation, actor, overseen=overseen)
    if organisation.tier not in {Role.UNIT, Role.RECOMMENDER}:
        yield Refusal("approval_unneeded", "只有单位和推荐单位可以要求审核人确认。")
    approving = Membership.objects.in_force().filter(
        organisation=organisation, duty__in=[Duty.APPROVER, Duty.MANAGER]
    )
    if wanted and not approving.exists():
        yield Refusal("nobody_approves", "还没有审核人或管理员，请先邀请一位。")


def helpable(seat: Membership) -> bool:
    """Whether an officer may ever take this seat: a group's, unit's or recommending
    body's, of nobody who also sits at an association."""
    elsewhere = Membership.objects.filter(
        user=seat.user_id, ended_at__isnull=True, organisation__tier=Role.ASSOCIATION
    )
    return seat.role in HELPED and not elsewhere.exists()


def why_not_stand_in(
    seat: Membership, campaign: Campaign, reason: str, actor: Actor
) -> Iterator[Refusal]:
    """``not_yours``, ``not_helpable``, ``seat_ended``, ``reason_missing``. The caller
    found the seat's organisation in ``campaign``."""
    yield from why_not_in_person(actor)
    runs = access.run_by(actor).filter(pk=campaign.pk).exists()
    if actor.role != Role.ASSOCIATION or not runs:
        yield Refusal("not_yours", "只有办理本活动的秘书处人员能代办。")
    if not helpable(seat):
        yield Refusal("not_helpable", "不能代秘书处人员和评审专家办理。")
    if not Membership.objects.in_force().filter(pk=seat.pk).exists():
        yield Refusal("seat_ended", f"{seat.user.name}的这个身份已经停用。")
    if len(reason.strip()) < REASON_AT_LEAST:
        yield Refusal(
            "reason_missing",
            "请写明为什么要代办，会记入操作日志，对方能查到。",
            "reason",
        )
