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
    """The dossier of the page; looking at it writes nothing: until the body's first act
    it is an unsaved, empty one. Http404 as ``_campaign_of``."""
    campaign, body = _campaign_of(request), request.actor.organisation
    found = Dossier.objects.filter(campaign=campaign, recommender=body).first()
    found = found or Dossier()
    found.campaign, found.recommender = campaign, body
    return found


def dossier_kept(request: HttpRequest) -> Dossier:
    """As ``dossier_on``, for an act: made if there is none yet."""
    return actions.dossier_of(_campaign_of(request), request.actor.organisation)


def _campaign_of(request: HttpRequest) -> Campaign:
    """That of ``?campaign=<code>`` if the body has to do with it, else its newest.
    Http404 for another's, or while there is none."""
    asked = request.GET.get("campaign", "")
    known = campaigns_of(request.actor)
    if asked:
        known = known.filter(Q(mine=True) | Q(begun=True), code=asked)
    campaign = known.first()
    if campaign is None:
        raise Http404
    return campaign


def here(name: str, request: HttpRequest) -> str:
    """The address of a page of this part, keeping the chosen campaign."""
    asked = request.GET.get("campaign", "")
    return reverse(f"recommenders:{name}") + (
        f"?{urlencode({'campaign': asked})}" if asked else ""
    )
