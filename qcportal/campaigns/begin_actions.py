"""How a campaign begins: from a preset or an exported file, or as last year's."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from qcportal.accounts.actors import Actor
from qcportal.audit.record import record
from qcportal.campaigns import access, presets
from qcportal.campaigns import settings_rules as rules
from qcportal.campaigns.actions import let_run
from qcportal.campaigns.higher_changes import know_notices
from qcportal.campaigns.models import Campaign
from qcportal.campaigns.presets.cloning import moved
from qcportal.refusals import refuse, refuse_if


@transaction.atomic
def begin_from(
    preset: presets.Preset, *, year: int | None = None, by: Actor, at: datetime
) -> Campaign:
    """A campaign of the clerk's association, being set up; the clerk may run it. With
    another ``year`` all dates move as a clone's do. The code is the preset's, or the
    next free one. PresetError when it cannot be loaded."""
    refuse_if(rules.why_not_begin(by))
    if year is not None and year != preset.raw["year"]:
        preset = replace(preset, raw=moved(preset.raw, year))
    campaign = presets.load(
        preset, host=by.organisation, code=free_code(preset.raw["code"]), at=at
    )
    let_run(campaign, by.user, by=by, at=at)
    know_notices(campaign, at)
    record(by, "campaign_begun", campaign.code, at=at, campaign=campaign.code,
           name=campaign.name, source=preset.raw["code"])  # fmt: skip
    return campaign


def free_code(code: str) -> str:
    """``shanghai-2020``, else ``shanghai-2020-2``, ``-3`` …"""
    taken = set(
        Campaign.objects.filter(code__startswith=code[:50]).values_list(
            "code", flat=True
        )
    )
    numbered = (f"{code[:50]}-{n}" for n in range(2, 10000))
    return code if code not in taken else next(c for c in numbered if c not in taken)


@transaction.atomic
def begin_like(source: Campaign, *, year: int, by: Actor, at: datetime) -> Campaign:
    """Another year of one of the own campaigns, being set up."""
    refuse_if(rules.why_not_begin(by))
    if not access.run_by(by).filter(pk=source.pk).exists():
        refuse("not_yours", "只能照着自己办理的活动再开一届。", "source")
    campaign = presets.clone(source, year=year, by=by, at=at)
    let_run(campaign, by.user, by=by, at=at)
    record(by, "campaign_begun", campaign.code, at=at, campaign=campaign.code,
           name=campaign.name, source=source.code)  # fmt: skip
    return campaign
