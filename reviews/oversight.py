"""Which organisations belong to the campaigns an officer runs."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import Role
from qcportal.campaigns import access
from qcportal.campaigns.models import Campaign
from qcportal.people.rules import managed
from recommenders.models import Dossier
from submissions.models import Submission


def organisations_of(actor: Actor) -> QuerySet[Organisation]:
    """Everybody who files, stamps or recommends in the actor's campaigns, the units
    under those recommending bodies, and all groups of those units; for a manager also
    whom the association took up itself. Never another association's line; of
    associations only one it took up, until that has a manager of its own."""
    filed = Submission.objects.visible_to(actor).order_by()
    bodies = Q(pk__in=Dossier.objects.visible_to(actor).values("recommender"))
    bodies |= Q(pk__in=filed.filter(recommender__isnull=False).values("recommender"))
    known = Organisation.objects.filter(bodies, tier=Role.RECOMMENDER).order_by()
    units = Organisation.objects.filter(
        Q(pk__in=filed.values("unit")) | Q(affiliations_above__recommender__in=known),
        tier=Role.UNIT,
    ).order_by()
    return Organisation.objects.filter(
        Q(pk__in=known.values("pk"))
        | Q(pk__in=units.values("pk"))
        | Q(tier=Role.GROUP, parent__in=units.values("pk"))
        | Q(pk__in=filed.values("group"))
        | _taken_up(actor)
    ).exclude(tier=Role.ASSOCIATION, pk__in=managed())


def _taken_up(actor: Actor) -> Q:
    if actor.role != Role.ASSOCIATION or not actor.may("manage_members"):
        return Q(pk__in=())
    return Q(registrar=actor.organisation)


def campaign_for(actor: Actor, organisation: Organisation) -> Campaign | None:
    """The newest of the actor's campaigns, under which helping ``organisation`` is
    put on record; the one it has a result in comes first."""
    own = access.run_by(actor)
    here = Submission.objects.visible_to(actor).filter(
        Q(group=organisation) | Q(unit=organisation) | Q(recommender=organisation)
    )
    return own.filter(pk__in=here.order_by().values("campaign")).first() or own.first()
