"""Actor: a user acting for an organisation at one desk. Built once per request.

Nobody below the faces passes a request or a bare user.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from guardian.shortcuts import get_user_perms

from qcportal.accounts.models import Membership, Organisation, User
from qcportal.accounts.roles import CHANNELS, DUTY_PERMISSIONS, Duty, Role


@dataclass(frozen=True)
class Actor:
    """``user`` acting for ``organisation`` in ``role``, on the seat ``membership``.

    ``stand_in`` is the seat of the association's officer who helps out on somebody
    else's seat; then ``user`` is the officer, and the rights are the seat holder's.
    """

    membership: Membership
    stand_in: Membership | None = None

    @property
    def user(self) -> User:
        """The person who really acts."""
        return (self.stand_in or self.membership).user

    @property
    def holder(self) -> User:
        """The person whose seat it is."""
        return self.membership.user

    @property
    def organisation(self) -> Organisation:
        return self.membership.organisation

    @property
    def role(self) -> Role:
        return self.membership.role

    @property
    def channel(self) -> str:
        return CHANNELS[self.role]

    @cached_property
    def permissions(self) -> frozenset[str]:
        """Object permissions on the organisation, asked of django-guardian. Grants to
        the person only: being a superuser gives no right to act or to seal. Of two
        seats in one organisation only the one sat on counts: rights never add up."""
        granted = frozenset(get_user_perms(self.holder, self.organisation))
        return granted & frozenset(DUTY_PERMISSIONS[Duty(self.membership.duty)])

    def may(self, permission: str) -> bool:
        """True if ``permission`` (e.g. ``seal_for``) was granted for the organisation."""
        return permission in self.permissions

    def holder_may(self, permission: str) -> bool:
        """As ``may``, by any seat the holder has in the organisation."""
        return permission in get_user_perms(self.holder, self.organisation)

    @property
    def user_key(self) -> str:
        return str(self.user.pk)

    @property
    def user_name(self) -> str:
        """``周岚``; on somebody else's seat ``周岚（代 王敏）``."""
        if self.stand_in:
            return f"{self.user.name[:24]}（代 {self.holder.name[:24]}）"
        return self.user.name

    @property
    def organisation_key(self) -> str:
        return str(self.organisation.key)

    @property
    def organisation_name(self) -> str:
        return self.organisation.name


def seats_of(user: User) -> list[Membership]:
    """The seats a user may take now, oldest first: in force *and* permitted."""
    seats = (
        Membership.objects.in_force()
        .filter(user=user)
        .select_related("organisation", "organisation__parent", "user")
    )
    return [seat for seat in seats if _permitted(seat)]


def _permitted(seat: Membership) -> bool:
    if seat.role == Role.JUDGE:
        return True  # what a judge sees is given per campaign and per assignment
    return "act_for" in get_user_perms(seat.user, seat.organisation)


def actor_on(user: User, seat_key: str | None) -> Actor | None:
    """The actor on the chosen seat, the only or first seat if none is chosen, or None
    if the user has no seat (any more)."""
    seats = seats_of(user)
    for seat in seats:
        if str(seat.key) == seat_key:
            return Actor(seat)
    return Actor(seats[0]) if seats else None
