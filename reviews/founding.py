"""A new association or recommending body, with its rights and its first manager."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from qcportal.accounts.actors import Actor
from qcportal.accounts.roles import Duty
from qcportal.campaigns.actions import let_recommend
from qcportal.campaigns.models import Campaign
from qcportal.people.actions import invite
from qcportal.people.models import Invitation
from qcportal.registrations import founding
from qcportal.registrations.founding import Founding, Kind


@transaction.atomic
def found(
    given: Founding, campaigns: Iterable[Campaign], *, manager: str, email: str,
    by: Actor, at: datetime,
) -> Invitation:  # fmt: skip
    """All of it or nothing: the row, its place in the chain, the right to recommend in
    ``campaigns`` (a lower association's only), a manager's seat by invitation."""
    made = founding.found(given, by=by, at=at)
    for campaign in campaigns if given.kind == Kind.BELOW else ():
        let_recommend(campaign, made, given.recommender_class, by=by, at=at)
    return invite(
        made.pk, name=manager, duty=Duty.MANAGER, email=email, overseen=True,
        by=by, at=at,
    )  # fmt: skip
