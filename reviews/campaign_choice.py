"""Which of its campaigns the association is looking at: ``?campaign=``, remembered."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from qcportal.campaigns import access
from qcportal.campaigns.models import Campaign

SESSION_KEY = "campaign"


def campaigns_of(request: HttpRequest) -> list[Campaign]:
    """The campaigns the actor runs, newest first (none for anybody else)."""
    if not request.actor:
        return []
    return list(access.run_by(request.actor).select_related("host"))


def campaign_of(request: HttpRequest) -> Campaign:
    """The campaign of the page, only ever one the actor runs.

    ``?campaign=<code>`` chooses and is remembered in the session; one the actor does
    not run is Http404. Without a choice: the remembered one, else the newest. Http404
    if the actor runs none.
    """
    own = {campaign.code: campaign for campaign in campaigns_of(request)}
    asked = request.GET.get("campaign", "")
    if asked:
        if asked not in own:
            raise Http404
        request.session[SESSION_KEY] = asked
        return own[asked]
    # A right taken back meanwhile: the remembered campaign is quietly forgotten.
    remembered = own.get(request.session.get(SESSION_KEY, ""))
    chosen = remembered or next(iter(own.values()), None)
    if chosen is None:
        raise Http404
    return chosen
