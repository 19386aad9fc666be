"""The only writers of people and seats. A seat and its object permissions are
granted and revoked together, and every grant stands in the trail."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Permission
from django.db import transaction
from guardian.shortcuts import remove_perm

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import (
    Membership,
    Organisation,
    OrganisationUserObjectPermission,
    User,
)
from qcportal.accounts.roles import DUTY_PERMISSIONS, Duty
from qcportal.audit.record import record, record_many

BATCH = 500


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
        _let_in([seat], by=by, at=at)
    return seat


@transaction.atomic
def grant_seats(
    wanted: Sequence[tuple[User, Organisation, str]],
    *,
    by: Actor | None,
    at: datetime,
    **marks: Any,
) -> list[Membership]:
    """Many seats at once, of stored people and organisations; the new ones come back.

    A seat already held stays as it is. ``marks`` are added to each line of the trail.
    """
    held = _live_seats({user.pk for user, _, _ in wanted})
    new = {
        (user.pk, organisation.pk, duty): Membership(
            user=user, organisation=organisation, duty=duty, began_at=at
        )
        for user, organisation, duty in wanted
        if (user.pk, organisation.pk, duty) not in held
    }
    made = Membership.objects.bulk_create(new.values(), batch_size=BATCH)
    _let_in(made, by=by, at=at, **marks)
    return made


def _live_seats(people: set[int]) -> set[tuple[int, int, str]]:
    found: set[tuple[int, int, str]] = set()
    ids = sorted(people)
    for start in range(0, len(ids), BATCH):
        rows = Membership.objects.filter(
            user__in=ids[start : start + BATCH], ended_at__isnull=True
        )
        found.update(rows.values_list("user", "organisation", "duty"))
    return found


def _let_in(
    seats: Iterable[Membership], *, by: Actor | None, at: datetime, **marks: Any
) -> None:
    """The object permissions of new seats, and their lines in the trail."""
    seats = list(seats)
    ids = dict(
        Permission.objects.filter(
            content_type__app_label="accounts", content_type__model="organisation"
        ).values_list("codename", "pk")
    )
    OrganisationUserObjectPermission.objects.bulk_create(
        [
            OrganisationUserObjectPermission(
                permission_id=ids[name],
                user=seat.user,
                content_object=seat.organisation,
            )
            for seat in seats
            for name in DUTY_PERMISSIONS[Duty(seat.duty)]
        ],
        batch_size=BATCH,
        ignore_conflicts=True,  # granted by another of the person's seats
    )
    record_many(
        by,
        "seat_granted",
        [
            (
                str(seat.organisation.key),
                {"user": seat.user_id, "duty": seat.duty, **marks},
            )
            for seat in seats
        ],
        at=at,
    )


@transaction.atomic
def open_accounts(people: list[User]) -> list[User]:
    """New accounts without a usable password: their holders come in by a code or by
    setting one. Raises IntegrityError when a user name or mobile was taken meanwhile."""
    for person in people:
        person.set_unusable_password()
    return User.objects.bulk_create(people, batch_size=BATCH)


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
