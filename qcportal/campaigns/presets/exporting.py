"""A campaign as the contents of a file: what ``loading`` reads, nothing that happened."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils import timezone

from qcportal.campaigns.models import Campaign, Category, QuotaRule, Rubric, Window
from qcportal.campaigns.presets import contents
from qcportal.campaigns.presets.reading import parts
from qcportal.campaigns.presets.writing import toml


def export(campaign: Campaign) -> str:
    """The campaign as a TOML text. Newest published form and rubrics (or those being
    written, if none is published yet); no extensions, grants or rights."""
    return toml(contents_of(campaign))


def contents_of(campaign: Campaign) -> dict[str, Any]:
    """The same as plain data, as ``tomllib`` would give it."""
    raw: dict[str, Any] = {"code": campaign.code}
    raw |= _columns(campaign, contents.CAMPAIGN_FIELDS)
    raw |= {"host": campaign.host.name, "host_short": campaign.host.short_name}
    if campaign.higher:
        raw["forwards"] = campaign.higher.code
    raw |= {name: getattr(campaign, name) for name in contents.CAMPAIGN_LISTS}
    raw["windows"] = [_window(window) for window in campaign.windows.all()]
    raw["milestones"] = [_milestone(line) for line in campaign.milestones.all()]
    for name, names in (
        ("award_levels", contents.AWARD_FIELDS),
        ("check_items", contents.CHECK_FIELDS),
    ):
        rows = (
            getattr(campaign, name).select_related("category").order_by("order", "pk")
        )
        raw[name] = [_own(row, _columns(row, names)) for row in rows]
    rules = campaign.quota_rules.select_related("category", "recommender")
    raw["quota_rules"] = [_quota(rule) for rule in rules.order_by("pk")]
    raw["categories"] = [_category(found) for found in campaign.categories.all()]
    raw |= {part.name: part.export(campaign) for part in parts()}
    return {key: value for key, value in raw.items() if value not in ("", [], {})}


def _columns(row: models.Model, names: Iterable[str]) -> dict[str, Any]:
    """Columns that differ from their default, so that the file stays short."""
    found = {}
    for name in names:
        value = getattr(row, name)
        field: Any = row._meta.get_field(name)
        if value is None or (field.has_default() and value == field.get_default()):
            continue
        if value == "" and field.blank:
            continue
        found[name] = number(value) if isinstance(value, Decimal) else value
    return found


def number(value: Decimal) -> int | str:
    """Whole numbers plain, others in quotes: a float would lose what was typed."""
    return (
        int(value) if value == value.to_integral_value() else f"{value.normalize():f}"
    )


def _own(row: Any, raw: dict[str, Any]) -> dict[str, Any]:
    return raw | ({"category": row.category.code} if row.category else {})


def _window(window: Window) -> dict[str, Any]:
    raw: dict[str, Any] = {"stage": window.stage}
    if window.category:
        raw["category"] = window.category.code
    for name, at in (
        ("opens", window.opens_at),
        ("closes", window.closes_at),
        ("advised", window.advised_at),
    ):
        if at:
            raw[name] = timezone.make_naive(at)
    return raw


def _milestone(line: Any) -> dict[str, Any]:
    raw = _columns(line, contents.MILESTONE_FIELDS)
    days = {"starts": line.starts_on, "ends": line.ends_on}
    return raw | {name: day for name, day in days.items() if day}


def _quota(rule: QuotaRule) -> dict[str, Any]:
    raw = _own(rule, _columns(rule, contents.QUOTA_FIELDS))
    if rule.recommender:
        raw["recommender"] = rule.recommender.name
    if rule.hard is None:
        raw["unlimited"] = True
    return raw


def _category(category: Category) -> dict[str, Any]:
    raw = _columns(category, contents.CATEGORY_FIELDS)
    form = category.newest_form or category.forms.order_by("-version").first()
    if form:
        raw["form"] = form.definition
    raw["rubrics"] = [_rubric(rubric) for rubric in newest_rubrics(category)]
    return raw


def newest_rubrics(category: Category) -> list[Rubric]:
    """Of each topic type the newest published, else the one being written, if it has
    any criteria yet: a file holds no empty table."""
    found: dict[str, Rubric] = {}
    for rubric in category.rubrics.prefetch_related("criteria").order_by("version"):
        known = found.get(rubric.topic_type)
        if rubric.published_at or known is None or known.published_at is None:
            found[rubric.topic_type] = rubric
    kept = (one for one in found.values() if one.criteria_list)
    return sorted(kept, key=lambda rubric: rubric.pk)


def _rubric(rubric: Rubric) -> dict[str, Any]:
    raw = _columns(rubric, contents.RUBRIC_FIELDS)
    raw["criteria"] = [
        _columns(criterion, contents.CRITERION_FIELDS)
        for criterion in rubric.criteria_list
    ]
    return raw
