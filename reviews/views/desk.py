"""活动总览: how far the campaign is, who has what, whom to remind."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns import access
from qcportal.clock import now
from reviews import desk_shows, figures
from reviews.campaign_choice import campaign_of, campaigns_of
from reviews.category_choice import asked_category, links

PER_PAGE = 25


@acting_as(Role.ASSOCIATION)
def overview(request: HttpRequest) -> HttpResponse:
    """The desk; an HTMX request gets the numbers alone."""
    campaign, at = campaign_of(request), now()
    window = figures.current_window(campaign, at)
    category = asked_category(campaign, request.GET)
    states = figures.by_state(campaign, category)
    context = {
        "category": category,
        "categories": links(campaign, category, every="全部类别"),
        "campaign": campaign,
        "campaigns": campaigns_of(request),
        "at": at,
        "live": figures.is_last_day(window, at),
        "begun": states.total(),
        "begun_text": f"{states.total()} 项",
        "settings_url": reverse("campaigns:settings", args=[campaign.code]),
        "funnel": [(s.label, s.count, s.rest) for s in figures.stage_counts(states)],
        "holders": figures.by_holder(states),
        "chart": window
        and desk_shows.chart(figures.arrivals(campaign, window, at), at),
        "watch": desk_shows.watch_lines(figures.watch(campaign, at), campaign),
        **_bodies(request, campaign),
    }
    part = request.headers.get("HX-Request") == "true"
    return render(request, f"reviews/{'_overview' if part else 'desk'}.html", context)


def _bodies(request: HttpRequest, campaign: Any) -> dict[str, Any]:
    """A page of 各推荐单位, perhaps only those that lack something."""
    lack = request.GET.get("lack", "")
    found = figures.lacking(figures.recommenders(campaign), lack)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return {
        "page": page,
        "rows": figures.recommender_rows(campaign, list(page.object_list)),
        "lack": lack if lack in figures.LACKS else "",
        "lacks": figures.LACKS,
    }


@acting_as(Role.ASSOCIATION)
def unfinished(request: HttpRequest, code: str) -> HttpResponse:
    """What closing the online windows now would strand: a fragment for the settings."""
    campaign = get_object_or_404(access.run_by(request.actor), code=code)
    found = figures.unfinished(campaign)
    return render(
        request,
        "reviews/desk_unfinished.html",
        {"found": found, "total": sum(count for _, count in found)},
    )
