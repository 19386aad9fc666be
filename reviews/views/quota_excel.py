"""谁有多少名额 as an Excel file."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns import quota_shows
from qcportal.campaigns.quota_forms import PreviewFilters
from qcportal.campaigns.views.pages import own_campaign
from qcportal.clock import now
from qcportal.documents import excel
from qcportal.documents.models import CONTENT_TYPES
from reviews.quota_desk import places_sheet


@acting_as(Role.ASSOCIATION)
@require_safe
def places_excel(request: HttpRequest, code: str) -> HttpResponse:
    """All bodies the filter of the page leaves, without pages."""
    campaign, at = own_campaign(request, code), now()
    asked = PreviewFilters(request.GET).chosen
    bodies = quota_shows.chosen_bodies(
        campaign, words=asked.get("q", ""), kind=asked.get("kind", "")
    )
    rows = quota_shows.body_lines(campaign, bodies, at)
    book = excel.workbook(places_sheet(campaign, rows, at))
    answer = HttpResponse(book, content_type=CONTENT_TYPES["xlsx"])
    title = f"{campaign.name}_名额_{timezone.localtime(at):%Y%m%d}.xlsx"
    answer["Content-Disposition"] = (
        content_disposition_header(True, title) or "attachment"
    )
    return answer
