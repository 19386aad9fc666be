"""Which of its campaigns the association is looking at: ``?campaign=``, remembered."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from qcportal.campaigns import access
from qcportal.campaigns.chosen import SESSION_KEY
from qcportal.campaigns.models import Campaign


def campaigns_of(request: HttpRequest) -> list[Campaign]:
    """The campaigns the actor runs, newest first (none for anybody else)."""
    if not request.actor:
        return []
    if not hasattr(request, "campaigns_run"):  # the page and its frame both ask
        request.campaigns_run = list(
            access.run_by(request.actor).select_related("host")
        )
    return request.campaigns_run


def campaign_of(request: HttpRequest) -> Campaign:
    """The campaign of the page, only ever one the actor runs.

    ``?campaign=<code>`` chooses and is remembered in the session; one the actor does
    not run is Http404. Without a choice: the remembered one, else the newest. Http404
    if the actor runs none.
    """
    own = {campaign.code: campaign for campaign in campaigns_of(request)}
    asked = request.GET.get("campaign", "")
    if asked in own:
        request.session[SESSION_KEY] = asked
        return own[asked]
    if asked and not hasattr(request, "campaign_refused"):
        # The page that says 404 has a frame too, and the frame asks once more.
        request.campaign_refused = True
        raise Http404
    # A right taken back meanwhile: the remembered campaign is quietly forgotten.
    remembered = own.get(request.session.get(SESSION_KEY, ""))
    chosen = remembered or next(iter(own.values()), None)
    if chosen is None:
        raise Http404
    return chosen
