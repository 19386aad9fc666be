"""The only writers of people and seats. A seat and its object permissions are
granted and revoked together, and every grant stands in the trail."""

from datetime import datetime

from django.db import transaction
from guardian.shortcuts import assign_perm, remove_perm

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Membership, Organisation, User
from qcportal.accounts.roles import DUTY_PERMISSIONS, Duty
from qcportal.audit.record import record


@transaction.atomic
def grant_seat(
    user: User,
    organisation: Organisation,
    duty: Duty,
    *,
    by: Actor | None,
    at: datetime,
) -> Membership:
    """Seat ``user`` at ``organisation`` with ``duty``; the same seat twice is one."""
    seat, created = Membership.objects.get_or_create(
        user=user,
        organisation=organisation,
        duty=duty,
        ended_at=None,
        defaults={"began_at": at},
    )
    if created:
        for permission in DUTY_PERMISSIONS[duty]:
            assign_perm(permission, user, organisation)
        record(
            by, "seat_granted", str(organisation.key), at=at, user=user.pk, duty=duty
        )
    return seat


@transaction.atomic
def end_seat(
    seat: Membership, *, by: Actor | None, at: datetime, reason: str = ""
) -> None:
    """End the seat; permissions no other live seat of the user grants are revoked."""
    seat.ended_at = at
    seat.save(update_fields=["ended_at"])
    others = Membership.objects.filter(
        user=seat.user, organisation=seat.organisation, ended_at__isnull=True
    )
    kept = {p for other in others for p in DUTY_PERMISSIONS[Duty(other.duty)]}
    for permission in set(DUTY_PERMISSIONS[Duty(seat.duty)]) - kept:
        remove_perm(permission, seat.user, seat.organisation)
    record(
        by,
        "seat_ended",
        str(seat.organisation.key),
        at=at,
        user=seat.user_id,
        duty=seat.duty,
        **({"reason": reason} if reason else {}),
    )
