"""Which campaigns an actor runs or judges, asked of django-guardian."""

from django.db.models import QuerySet
from guardian.shortcuts import get_objects_for_user

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import User
from qcportal.campaigns.models import Campaign


def _permitted(user: User, permission: str) -> QuerySet[Campaign]:
    # guardian lists objects of disabled users and honours global grants unless told
    # otherwise: a right here is always a grant on the campaign itself.
    if not user.is_active:
        return Campaign.objects.none()
    return get_objects_for_user(
        user,
        f"campaigns.{permission}",
        accept_global_perms=False,
        with_superuser=False,
    )


def run_by(actor: Actor) -> QuerySet[Campaign]:
    """Campaigns of the actor's association that the actor may run."""
    return _permitted(actor.user, "run_campaign").filter(host=actor.organisation)


def judged_by(actor: Actor) -> QuerySet[Campaign]:
    """Campaigns in whose pool of judges the actor is."""
    return _permitted(actor.user, "judge_campaign").filter(host=actor.organisation)
