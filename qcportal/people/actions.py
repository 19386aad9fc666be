"""The only writers of invitations, duties and stand-ins.

Everything about an organisation's members happens under the organisation's lock.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from qcportal.accounts import actions as account_actions
from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Membership, Organisation, User
from qcportal.accounts.roles import Duty, Role
from qcportal.audit.record import record
from qcportal.campaigns import actions as campaign_actions
from qcportal.campaigns.models import Campaign
from qcportal.entrance import actions as entrance_actions
from qcportal.entrance import sessions
from qcportal.inbox import mailing
from qcportal.inbox.actions import tell
from qcportal.people import letters, rules
from qcportal.people.models import (
    STAND_IN_FOR,
    VALID_FOR,
    Invitation,
    StandIn,
    digest,
)
from qcportal.privacy import actions as privacy
from qcportal.privacy.models import ConsentText
from qcportal.refusals import refuse, refuse_if
from qcportal.seals.actions import end_picture_of


def locked(organisation_id: int) -> Organisation:
    """The row, held until the transaction ends."""
    return Organisation.objects.select_for_update().get(pk=organisation_id)


def _seat(seat_id: int) -> Membership:
    found = Membership.objects.get(pk=seat_id)
    locked(found.organisation_id)
    return Membership.objects.select_related("user", "organisation").get(pk=seat_id)


# --- invitations ------------------------------------------------------------------


@transaction.atomic
def invite(
    organisation_id: int, *, name: str, duty: str, email: str = "",
    campaign: Campaign | None = None, overseen: bool = False, by: Actor, at: datetime,
) -> Invitation:  # fmt: skip
    """Keep a seat for whoever gets the link, for 14 days. The same invitation that is
    still open is given again instead of a second one. Raises Refused."""
    organisation = locked(organisation_id)
    refuse_if(rules.why_not_invite(organisation, duty, campaign, by, overseen=overseen))
    given = {"duty": duty, "name": name, "email": email, "campaign": campaign}
    known = organisation.invitations.open().filter(expires_at__gt=at, **given).first()
    if known:
        return known
    made = Invitation(
        organisation=organisation, by=by.membership, by_name=by.user_name,
        created_at=at, expires_at=at + VALID_FOR, **given,
    )  # fmt: skip
    made.token_hash = digest(made.token)
    made.mail = _mail(made, at)
    made.save()
    record(by, "member_invited", str(organisation.key), at=at,
           campaign=campaign.code if campaign else "", duty=duty, name=name)  # fmt: skip
    return made


def _mail(invitation: Invitation, at: datetime) -> mailing.Mail | None:
    if not invitation.email:
        return None
    subject, text = letters.invitation(invitation)
    return mailing.order(invitation.email, subject, text, at=at)


def _invitation(invitation_id: int) -> Invitation:
    found = Invitation.objects.get(pk=invitation_id)
    locked(found.organisation_id)
    return Invitation.objects.select_related(
        "organisation", "campaign", "by__user", "by__organisation"
    ).get(pk=invitation_id)


@transaction.atomic
def revoke(
    invitation_id: int, *, overseen: bool = False, by: Actor, at: datetime
) -> None:
    """The link opens nothing any more. A second click changes nothing."""
    invitation = _invitation(invitation_id)
    if invitation.revoked_at:
        return
    refuse_if(rules.why_not_touch(invitation, by, overseen=overseen))
    invitation.revoked_at = at
    invitation.save(update_fields=["revoked_at"])
    record(by, "invitation_revoked", str(invitation.organisation.key), at=at,
           duty=invitation.duty, name=invitation.name)  # fmt: skip


@transaction.atomic
def renew(
    invitation_id: int, *, overseen: bool = False, by: Actor, at: datetime
) -> Invitation:
    """A new link for another 14 days; the older one is dead from now on."""
    invitation = _invitation(invitation_id)
    refuse_if(rules.why_not_touch(invitation, by, overseen=overseen))
    invitation.round += 1
    invitation.token_hash = digest(invitation.token)
    invitation.expires_at = at + VALID_FOR
    invitation.mail = _mail(invitation, at)
    invitation.save(update_fields=["round", "token_hash", "expires_at", "mail"])
    record(by, "invitation_renewed", str(invitation.organisation.key), at=at,
           duty=invitation.duty, name=invitation.name)  # fmt: skip
    return invitation


@transaction.atomic
def accept_as_new(
    invitation_id: int, *, username: str, name: str, password: str, at: datetime,
    address: str = "",
) -> Membership:  # fmt: skip
    """Make the account, with the consent given on the same page, and take the seat.
    Raises Refused (``username_taken`` …)."""
    invitation = _invitation(invitation_id)
    refuse_if(rules.why_not_accept(invitation, at))
    taken = "这个用户名已经有人用了，请换一个。"
    if User.objects.filter(username__iexact=username).exists():
        refuse("username_taken", taken, "username")
    user = User(username=username, name=name, email=invitation.email)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        refuse("username_taken", taken, "username")
    text = ConsentText.objects.in_force()
    if text is not None:
        privacy.agree(user, text.version, by=None, at=at, address=address)
    return _accept(invitation, user, at)


@transaction.atomic
def accept_as(invitation_id: int, user: User, *, at: datetime) -> Membership:
    """Take the seat with an existing account. A second click answers with the seat of
    the first. Raises Refused."""
    invitation = _invitation(invitation_id)
    if invitation.accepted_by_id == user.pk:
        return _seat_from(invitation, user)
    refuse_if(rules.why_not_accept(invitation, at))
    return _accept(invitation, user, at)


def _seat_from(invitation: Invitation, user: User) -> Membership:
    seat = Membership.objects.filter(
        user=user, organisation=invitation.organisation, duty=invitation.duty,
        ended_at__isnull=True,
    ).first()  # fmt: skip
    if seat is None:
        refuse_if(rules.closed(invitation))
        refuse("seat_ended", "这项职责已经停用。")
    return seat


def _accept(invitation: Invitation, user: User, at: datetime) -> Membership:
    inviter = Actor(invitation.by)
    seat = account_actions.grant_seat(
        user, invitation.organisation, Duty(invitation.duty), by=inviter, at=at
    )
    if invitation.campaign:
        judge = invitation.duty == Duty.JUDGE
        let = campaign_actions.let_judge if judge else campaign_actions.let_run
        let(invitation.campaign, user, by=inviter, at=at)
    invitation.accepted_at, invitation.accepted_by = at, user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    record(Actor(seat), "invitation_accepted", str(invitation.organisation.key), at=at,
           duty=invitation.duty)  # fmt: skip
    tell(invitation.organisation, f"{user.name}接受了邀请",
         f"现在是{Duty(invitation.duty).label}。", at=at, icon="user-plus", tone="ok")  # fmt: skip
    return seat


# --- seats --------------------------------------------------------------------------


@transaction.atomic
def change_duty(
    seat_id: int, duty: str, *, overseen: bool = False, by: Actor, at: datetime
) -> Membership:
    """The seat ends, one with the new duty begins; rights follow at once."""
    seat = _seat(seat_id)
    refuse_if(rules.why_not_change_duty(seat, duty, by, overseen=overseen))
    new = account_actions.grant_seat(
        seat.user, seat.organisation, Duty(duty), by=by, at=at
    )
    _leave(seat, reason=f"改任{Duty(duty).label}", by=by, at=at)
    tell(seat.organisation, f"{seat.user.name}改任{Duty(duty).label}",
         f"{by.user_name}办理。", at=at, icon="user-check")  # fmt: skip
    return new


@transaction.atomic
def end_member(
    seat_id: int, *, reason: str, overseen: bool = False, by: Actor, at: datetime
) -> None:
    """The person no longer acts here in this duty. Nothing of theirs is deleted."""
    seat = _seat(seat_id)
    refuse_if(rules.why_not_end(seat, reason, by, overseen=overseen))
    _leave(seat, reason=reason.strip()[:200], by=by, at=at)
    tell(seat.organisation, f"{seat.user.name}的{seat.get_duty_display()}职责已停用",
         f"{by.user_name}办理。", at=at, icon="user-off")  # fmt: skip


def _leave(seat: Membership, *, reason: str, by: Actor, at: datetime) -> None:
    """End the seat with everything that hangs on it: the person's own seal picture,
    campaigns of the association, stand-ins."""
    account_actions.end_seat(seat, by=by, at=at, reason=reason)
    if not Actor(seat).holder_may("seal_for"):
        end_picture_of(seat.user, seat.organisation, by=by, at=at)
    if seat.organisation.tier == Role.ASSOCIATION:
        _leave_campaigns(seat, by=by, at=at)
    for running in StandIn.objects.running().filter(seat=seat):
        end_stand_in(running.pk, at=at)
    if not Membership.objects.filter(user=seat.user, ended_at__isnull=True).exists():
        sessions.end_all(seat.user)


def _leave_campaigns(seat: Membership, *, by: Actor, at: datetime) -> None:
    left = Membership.objects.filter(
        user=seat.user, organisation=seat.organisation, ended_at__isnull=True
    )
    judges = left.filter(duty=Duty.JUDGE).exists()
    works = left.exclude(duty__in=[Duty.JUDGE, Duty.RECOMMENDING]).exists()
    for campaign in Campaign.objects.filter(host=seat.organisation):
        if not works and seat.user.has_perm("campaigns.run_campaign", campaign):
            campaign_actions.stop_running(campaign, seat.user, by=by, at=at)
        if not judges and seat.user.has_perm("campaigns.judge_campaign", campaign):
            campaign_actions.stop_judging(campaign, seat.user, by=by, at=at)


@transaction.atomic
def hand_over(
    seat_id: int, successor: Membership | None, *, overseen: bool = False, by: Actor,
    at: datetime,
) -> User:  # fmt: skip
    """交接: every duty the person has here moves to a colleague, who is returned; both
    are told by mail, and the desk by a message."""
    seat = _seat(seat_id)
    refuse_if(rules.why_not_hand_over(seat, successor, by, overseen=overseen))
    heir = _heir(successor)
    held = Membership.objects.filter(
        user=seat.user, organisation=seat.organisation, ended_at__isnull=True
    ).exclude(duty=Duty.JUDGE)
    moving = list(held.select_related("user", "organisation"))
    for one in moving:
        account_actions.grant_seat(
            heir, seat.organisation, Duty(one.duty), by=by, at=at
        )
    for one in moving:
        _leave(one, reason=f"交接给{heir.name}", by=by, at=at)
    duties = "、".join(one.get_duty_display() for one in moving)
    record(by, "duties_handed_on", str(seat.organisation.key), at=at,
           old_user=seat.user_id, user=heir.pk, name=heir.name)  # fmt: skip
    _tell_both(seat, heir, duties, by, at)
    return heir


def _heir(successor: Membership | None) -> User:
    """The successor's account, once the rule has found it in order."""
    if successor is None:
        raise ValueError("no successor")
    return successor.user


def _tell_both(
    seat: Membership, heir: User, duties: str, by: Actor, at: datetime
) -> None:
    tell(seat.organisation, f"{seat.user.name}的工作交接给了{heir.name}",
         f"职责：{duties}。{by.user_name}办理。", at=at, icon="arrows-exchange")  # fmt: skip
    subject, text = letters.handed_over(
        seat.organisation.name, seat.user.name, heir.name, duties
    )
    for person in (seat.user, heir):
        if person.email:
            mailing.order(person.email, subject, text, at=at)


@transaction.atomic
def drop_second_factor(
    seat_id: int, *, reason: str, overseen: bool = False, by: Actor, at: datetime
) -> None:
    """For a member whose phone is gone: signing in takes the password alone, until the
    second step is set up anew. Raises Refused."""
    seat = _seat(seat_id)
    refuse_if(rules.why_not_touch_member(seat, by, overseen=overseen))
    entrance_actions.drop_second_factor(seat, reason, overseen=overseen, by=by, at=at)


@transaction.atomic
def set_approval(
    organisation_id: int, wanted: bool, *, overseen: bool = False, by: Actor,
    at: datetime,
) -> None:  # fmt: skip
    """Whether what is handed over needs an approver. Setting it again changes nothing."""
    organisation = locked(organisation_id)
    refuse_if(rules.why_not_set_approval(organisation, wanted, by, overseen=overseen))
    if organisation.needs_approval == wanted:
        return
    organisation.needs_approval = wanted
    organisation.save(update_fields=["needs_approval"])
    record(by, "approval_set", str(organisation.key), at=at, wanted=wanted)


# --- standing in ----------------------------------------------------------------------


@transaction.atomic
def begin_stand_in(
    seat: Membership, campaign: Campaign, *, reason: str, by: Actor, at: datetime
) -> StandIn:
    """The officer takes the seat for half an hour; one still running ends."""
    Membership.objects.select_for_update().get(pk=by.membership.pk)
    refuse_if(rules.why_not_stand_in(seat, campaign, reason, by))
    for running in StandIn.objects.running().filter(officer=by.membership):
        end_stand_in(running.pk, at=at)
    made = StandIn.objects.create(
        officer=by.membership, seat=seat, campaign=campaign, reason=reason.strip()[:200],
        began_at=at, ends_at=at + STAND_IN_FOR,
    )  # fmt: skip
    record(Actor(seat, stand_in=by.membership), "stand_in_began",
           str(seat.organisation.key), at=at, campaign=campaign.code,
           reason=made.reason)  # fmt: skip
    return made


@transaction.atomic
def end_stand_in(stand_in_id: int, *, at: datetime) -> None:
    """By a click or because the time is over; ended once."""
    found = StandIn.objects.select_for_update().get(pk=stand_in_id)
    if found.ended_at:
        return
    found.ended_at = min(at, found.ends_at)
    found.save(update_fields=["ended_at"])
    acting = Actor(found.seat, stand_in=found.officer)
    minutes = int((found.ended_at - found.began_at).total_seconds() // 60)
    record(acting, "stand_in_ended", str(found.seat.organisation.key),
           at=found.ended_at, campaign=found.campaign.code, minutes=minutes)  # fmt: skip


def end_overdue_stand_ins(*, at: datetime) -> int:
    """Those nobody ended before their time was over; how many."""
    due = StandIn.objects.running().filter(ends_at__lte=at)
    ids = list(due.values_list("pk", flat=True))
    for pk in ids:
        end_stand_in(pk, at=at)
    return len(ids)


def note_act(found: StandIn, view: str, path: str, *, at: datetime) -> None:
    """One line for every form an officer sent from somebody else's seat."""
    record(Actor(found.seat, stand_in=found.officer), "stood_in", view, at=at,
           campaign=found.campaign.code, path=path[:200])  # fmt: skip
