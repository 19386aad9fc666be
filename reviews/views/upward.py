"""上报事项 of a forwarded campaign."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns.views.forwarding import forwarded_campaign
from qcportal.campaigns.views.pages import settings_page
from qcportal.clock import now
from reviews.upward import upward


@acting_as(Role.ASSOCIATION)
@require_safe
def due(request: HttpRequest, code: str) -> HttpResponse:
    """What is due upward and when, and how far each is."""
    campaign, at = forwarded_campaign(request, code), now()
    return settings_page(
        request, "campaigns/upward.html", campaign, "upward", at=at,
        upward=upward(campaign, at),
    )  # fmt: skip
