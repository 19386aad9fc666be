"""What all pages of the settings share: whose campaign, the tabs, the check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render

from qcportal.campaigns import access, forwarding, guide
from qcportal.campaigns.chosen import SESSION_KEY
from qcportal.campaigns.models import Campaign
from qcportal.campaigns.settings_forms import BLOCK_FORMS, SettingForm, block_form
from qcportal.clock import now
from qcportal.refusals import Refusal


def own_campaign(request: HttpRequest, code: str) -> Campaign:
    """The campaign, if the actor runs it; it is the one at work on from now on."""
    own = access.run_by(request.actor).select_related("host", "higher__host")
    campaign = get_object_or_404(
        own.prefetch_related("windows", "categories"), code=code
    )
    request.session[SESSION_KEY] = campaign.code
    return campaign


def settings_page(
    request: HttpRequest, template: str, campaign: Campaign, tab: str, *,
    status: int = 200, **context: Any,
) -> HttpResponse:  # fmt: skip
    """A page under a tab, with the steps of setting up and the check beside it."""
    at = context.pop("at", None) or now()
    draft = campaign.published_at is None
    context |= {
        "campaign": campaign, "campaigns": access.run_by(request.actor), "at": at,
        "tabs": guide.tabs(campaign, tab), "tab": tab, "draft": draft,
        "guide": guide.guide(campaign, tab), "to_check": guide.to_check(campaign),
        "ready": guide.readiness(campaign, at) if draft else None,
        "above": _above(campaign),
    }  # fmt: skip
    return render(request, template, context, status=status)


def _above(campaign: Campaign) -> dict[str, Any] | None:
    """What the higher association changed since anybody looked, and which of the own
    times come too late for it; None of a campaign not forwarded."""
    if campaign.higher_id is None:
        return None
    return {
        "changed": forwarding.unseen(campaign).count(),
        "late": forwarding.too_late(campaign) if campaign.published_at else [],
    }


def by_script(request: HttpRequest) -> bool:
    return request.headers.get("X-Requested-With") == "autosave"


def not_saved(errors: Any, *, stale: bool) -> JsonResponse:
    """For autosave.js: 409 where a colleague saved meanwhile, else 422."""
    return JsonResponse({"errors": errors}, status=409 if stale else 422)


def blocks_of(
    campaign: Campaign, tab: str, typed: Mapping[str, SettingForm] | None = None,
    cautions: Sequence[Refusal] = (),
) -> list[dict[str, Any]]:  # fmt: skip
    """The blocks of a tab; those in ``typed`` as they came, with what they bring."""
    typed = typed or {}
    return [
        {
            "key": key, "heading": heading,
            "form": typed.get(key) or block_form(campaign, key),
            "cautions": cautions if key in typed else [],
            "in_columns": key == "scoring",
        }
        for key, (_, heading, place) in BLOCK_FORMS.items()
        if place == tab
    ]  # fmt: skip
