"""Which campaign, and with it which dossier, a recommending body's page speaks of."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from qcportal.accounts.actors import Actor
from qcportal.campaigns.models import Campaign
from recommenders import actions
from recommenders.models import Dossier
from submissions.models import Submission


def campaigns_of(actor: Actor) -> QuerySet[Campaign]:
    """The campaigns a recommending body has to do with, newest first; of one year, the
    one it received something in first."""
    received = Submission.objects.visible_to(actor).filter(campaign=OuterRef("pk"))
    begun = Dossier.objects.visible_to(actor).filter(campaign=OuterRef("pk"))
    return (
        Campaign.objects.public()
        .annotate(mine=Exists(received), begun=Exists(begun))
        .order_by("-year", "-mine", "-begun", "-pk")
    )


def dossier_on(request: HttpRequest) -> Dossier:
    """The dossier of the page: of ``?campaign=<code>`` if the body has to do with that
    campaign, else of its newest. Http404 for another's, or while there is none."""
    asked = request.GET.get("campaign", "")
    known = campaigns_of(request.actor)
    if asked:
        known = known.filter(Q(mine=True) | Q(begun=True), code=asked)
    campaign = known.first()
    if campaign is None:
        raise Http404
    return actions.dossier_of(campaign, request.actor.organisation)


def here(name: str, request: HttpRequest) -> str:
    """The address of a page of this part, keeping the chosen campaign."""
    asked = request.GET.get("campaign", "")
    return reverse(f"recommenders:{name}") + (
        f"?{urlencode({'campaign': asked})}" if asked else ""
    )
