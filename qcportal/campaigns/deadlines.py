"""By which instant a posted act is judged: what began before the bell still counts.

Hidden grace: pages never speak of it. A request that began while the window was open
and was done a little after (slow line, long upload, a queue of workers) is judged by
its beginning; whoever begins after the bell is late.
"""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest

from qcportal import clock
from qcportal.campaigns.models import Campaign


def judged(request: HttpRequest, campaign: Campaign | None) -> datetime:
    """The instant for this request's act under the campaign's grace: the longer one
    where files came with it. Without a campaign there is no grace."""
    if campaign is None:
        return clock.now()
    seconds = campaign.grace_seconds
    if request.FILES:
        seconds = max(seconds, campaign.upload_grace_minutes * 60)
    return clock.judged(request, seconds)
