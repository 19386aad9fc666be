"""A checked Preset becomes rows: a new campaign, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import Role
from qcportal.campaigns import wording
from qcportal.campaigns.models import (
    AwardLevel,
    Campaign,
    Category,
    CheckItem,
    Criterion,
    FormVersion,
    Milestone,
    QuotaRule,
    Rubric,
    Window,
)
from qcportal.campaigns.presets.contents import (
    CAMPAIGN_FIELDS,
    CAMPAIGN_LISTS,
    CATEGORY_FIELDS,
    CRITERION_FIELDS,
    MILESTONE_FIELDS,
    RUBRIC_FIELDS,
)
from qcportal.campaigns.presets.reading import Preset, PresetError, parts

Categories = Mapping[str, Category]


@transaction.atomic
def load(
    preset: Preset,
    *,
    host: Organisation | None = None,
    code: str = "",
    published_at: datetime | None = None,
    at: datetime | None = None,
) -> Campaign:
    """Write a new campaign with everything in it, or raise PresetError.

    Without ``published_at`` it is being set up: nobody sees it. Its forms and rubrics
    are published, and so frozen, at ``published_at`` or ``at``; with neither they are
    still being written. ``host`` and ``code`` take the place of the file's.
    """
    raw = {**preset.raw, "code": code or preset.raw["code"]}
    missing = list(_missing(preset, raw))
    if missing:
        raise PresetError(missing)
    frozen_at = published_at or at
    campaign = _campaign(raw, host or _host(raw), published_at)
    categories = {
        item["code"]: _load_category(campaign, order, item, frozen_at)
        for order, item in enumerate(raw["categories"], 1)
    }
    _load_times(campaign, preset, categories)
    _load_lists(campaign, raw, categories)
    for part in parts():
        part.load(preset, campaign)
    return campaign


def _missing(preset: Preset, raw: Mapping[str, Any]) -> Iterator[str]:
    """What the portal has or lacks that keeps the file from being loaded."""
    name = preset.name or raw["code"]
    if Campaign.objects.filter(code=raw["code"]).exists():
        yield f"{name}：活动 {raw['code']} 已经有了，不会重复导入；要再开一个，请换一个代码"
    for i, rule in enumerate(raw.get("quota_rules", []), 1):
        body = rule.get("recommender", "")
        if body and _body(body) is None:
            yield f"{name} quota_rules[{i}].recommender：系统里没有推荐单位“{body}”，请先登记"


def _body(name: str) -> Organisation | None:
    tiers = [Role.RECOMMENDER, Role.ASSOCIATION]
    return Organisation.objects.filter(tier__in=tiers, name=name).first()


def _host(raw: Mapping[str, Any]) -> Organisation:
    host, _ = Organisation.objects.get_or_create(
        tier=Role.ASSOCIATION, name=raw["host"], parent=None,
        defaults={"short_name": raw.get("host_short", ""), "letters": raw["letters"]},
    )  # fmt: skip
    return host


def _campaign(
    raw: Mapping[str, Any], host: Organisation, published_at: datetime | None
) -> Campaign:
    given = {
        name: raw[name] for name in CAMPAIGN_FIELDS + CAMPAIGN_LISTS if name in raw
    }
    higher = Campaign.objects.public().filter(code=raw.get("forwards", "")).first()
    return Campaign.objects.create(
        code=raw["code"], host=host, higher=higher, published_at=published_at,
        document_number_key=wording.number_key(raw.get("document_number", "")), **given,
    )  # fmt: skip


def _load_times(campaign: Campaign, preset: Preset, categories: Categories) -> None:
    for window in preset.raw["windows"]:
        advised = window.get("advised")
        Window.objects.create(
            campaign=campaign, stage=window["stage"], opens_at=preset.at(window["opens"]),
            closes_at=preset.at(window["closes"]),
            category=categories.get(window.get("category", "")),
            advised_at=preset.at(advised) if advised else None,
        )  # fmt: skip
    for order, line in enumerate(preset.raw.get("milestones", []), 1):
        start, end = preset.on(line.get("starts")), preset.on(line.get("ends"))
        given = {name: line[name] for name in MILESTONE_FIELDS if name in line}
        for name in ("label", "note"):
            given[name] = preset.words(given.get(name, ""), start=start, end=end)
        Milestone.objects.create(
            campaign=campaign, order=order, starts_on=start, ends_on=end, **given
        )


def _load_category(
    campaign: Campaign, order: int, raw: Mapping[str, Any], frozen_at: datetime | None
) -> Category:
    given = {name: raw[name] for name in CATEGORY_FIELDS if name in raw}
    category = Category.objects.create(campaign=campaign, order=order, **given)
    FormVersion.objects.create(
        category=category, version=1, definition=raw["form"], published_at=frozen_at
    )
    for item in raw["rubrics"]:
        given = {name: item[name] for name in RUBRIC_FIELDS if name in item}
        if "step" in given:
            given["step"] = Decimal(str(given["step"]))
        rubric = Rubric.objects.create(
            category=category, published_at=frozen_at, **given
        )
        Criterion.objects.bulk_create(
            _criterion(rubric, order, row)
            for order, row in enumerate(item["criteria"], 1)
        )
    return category


def _criterion(rubric: Rubric, order: int, row: Mapping[str, Any]) -> Criterion:
    given = {name: row[name] for name in CRITERION_FIELDS if name in row}
    given["points"] = Decimal(str(given["points"]))
    return Criterion(rubric=rubric, order=order, **given)


def _load_lists(
    campaign: Campaign, raw: Mapping[str, Any], categories: Categories
) -> None:
    def own(row: Mapping[str, Any]) -> dict[str, Any]:
        return {**row, "category": categories.get(row.get("category", ""))}

    for rule in raw.get("quota_rules", []):
        given = {k: v for k, v in own(rule).items() if k != "unlimited"}
        if "recommender" in given:
            given["recommender"] = _body(given["recommender"])
        QuotaRule.objects.create(campaign=campaign, **given)
    for order, item in enumerate(raw.get("check_items", []), 1):
        CheckItem.objects.create(campaign=campaign, order=order, **own(item))
    for order, level in enumerate(raw.get("award_levels", []), 1):
        AwardLevel.objects.create(campaign=campaign, order=order, **own(level))
