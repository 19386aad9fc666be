"""Which campaigns an actor runs or judges, asked of django-guardian."""

from django.db.models import QuerySet
from guardian.shortcuts import get_objects_for_user

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Affiliation, Organisation, User
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


def recommenders_for(campaign: Campaign, unit: Organisation) -> QuerySet[Organisation]:
    """The bodies a unit may choose in a campaign: the recommending bodies it hangs
    under, and any body above it, at whatever height, with a right in this campaign."""
    named = set(campaign.classes_by_right)
    direct = Organisation.objects.recommenders_of(unit)
    if not named:
        return direct
    wanted = set(direct.values_list("pk", flat=True)) | (above(unit) & named)
    return Organisation.objects.in_use().filter(pk__in=wanted)


def above(lower: Organisation) -> set[int]:
    """Everybody over it, one query a height; a circle ends the climb."""
    found: set[int] = set()
    level = {lower.pk}
    while level:
        rows = Affiliation.objects.filter(unit__in=level)
        level = set(rows.values_list("recommender", flat=True)) - found
        found |= level
    return found


def class_in(campaign: Campaign, recommender: Organisation) -> str:
    """The class a body's places are counted by: its right's, else its member class with
    the host in this year, else its own."""
    member = campaign.member_classes.get(recommender.pk)
    return (
        campaign.classes_by_right.get(recommender.pk, "")
        or (member.kind if member else "")
        or recommender.recommender_class
    )


def in_good_standing(campaign: Campaign, recommender: Organisation) -> bool:
    """Whether the host says so for this year (Hubei 2023 三.4: 履行了会员义务)."""
    member = campaign.member_classes.get(recommender.pk)
    return member is not None and member.in_good_standing
