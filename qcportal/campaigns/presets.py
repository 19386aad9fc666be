"""A campaign from a readable file: checked whole, then written whole.

``read`` gives a Preset or PresetError naming file and place; ``load`` writes it. The
file's dates are local; ``shift`` moves all of them by whole days, and the words that
carry dates follow.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import Role
from qcportal.campaigns import definition, wording
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
from qcportal.campaigns.stages import ONLINE_STAGES, Stage

FOLDER = Path(__file__).parent / "preset_files"
CAMPAIGN_FIELDS = [
    "year", "name", "headline", "lead", "document_number", "letters", "result_words",
    "certificate_pattern", "certificate_words", "certificate_issuer", "no_fee_words",
    "contact", "statistics", "summary_points", "opinion_limit", "needs_dossier",
    "site_visit_items", "allows_seal_picture", "amendment_days", "notice_days",
    "judges_per_submission", "drop_from", "decimals", "tie_order", "grace_seconds",
    "upload_grace_minutes", "please_check",
]  # fmt: skip
CATEGORY_FIELDS = [
    "code", "name", "lead", "result_words", "certificate_words", "certificate_pattern",
    "needs_unit_stamp", "needs_recommender", "allows_direct", "requires_topic",
    "requires_site_visit", "has_contest",
]  # fmt: skip
# What a figure of the statistics may be counted from (recommenders.proposals).
COUNTED_FROM = ("registered_groups", "active_groups", "group_members")
NEEDED = ["code", "year", "name", "headline", "host", "letters", "result_words",
          "certificate_words", "certificate_issuer", "categories", "windows"]  # fmt: skip


class PresetError(ValueError):
    """The file is wrong; the message says where and why."""


@dataclass(frozen=True)
class Preset:
    raw: Mapping[str, Any]
    shift: timedelta = timedelta(0)

    def at(self, value: datetime) -> datetime:
        """A local instant of the file, shifted, aware."""
        return (value + self.shift).replace(tzinfo=ZoneInfo(settings.TIME_ZONE))

    def on(self, value: date | None) -> date | None:
        return value + self.shift if value else None

    def closing(self) -> datetime:
        """When the last of the online stages closes."""
        stages = {stage.value for stage in ONLINE_STAGES}
        return max(
            self.at(w["closes"]) for w in self.raw["windows"] if w["stage"] in stages
        )

    def words(self, text: str, **dates: date | None) -> str:
        """Text with its dates filled in: {start} {end} {start_month} {closing} …"""
        opening = min(self.at(w["opens"]) for w in self.raw["windows"])
        closing = self.closing()
        found = {
            "opening": f"{_day(opening)} {opening:%H:%M}",
            "closing": f"{_day(closing)} {closing:%H:%M}",
        }
        for name, value in dates.items():
            if value:
                found[name] = _day(value)
                found[f"{name}_month"] = f"{value.month}月"
        for name, value in found.items():
            text = text.replace("{" + name + "}", value)
        return text


def _day(value: date) -> str:
    return f"{value.month}月{value.day}日"


def read(path: Path, *, open_at: datetime | None = None) -> Preset:
    """Parse and check a file. With ``open_at`` all dates move so that the online
    window closes at its hour on the second day after it."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise PresetError(f"{path.name}: {error}") from error
    for key in NEEDED:
        if not raw.get(key):
            raise PresetError(f"{path.name}: 缺 {key}")
    for i, category in enumerate(raw["categories"], 1):
        _check_category(f"{path.name}: categories[{i}]", category)
    _check(path.name, raw)
    preset = Preset(raw)
    if open_at is None:
        return preset
    local = open_at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    days = (local + timedelta(days=2)) - preset.closing().date()
    return Preset(raw, days)


def _check(name: str, raw: Mapping[str, Any]) -> None:
    stages = {stage.value for stage in Stage}
    for i, window in enumerate(raw["windows"], 1):
        if window.get("stage") not in stages:
            raise PresetError(
                f"{name}: windows[{i}]: 不认识的环节 {window.get('stage')}"
            )
        if window["opens"] >= window["closes"]:
            raise PresetError(f"{name}: windows[{i}]: 关闭时间要晚于开放时间")
    for i, rule in enumerate(raw.get("quota_rules", []), 1):
        if rule.get("subject") not in QuotaRule.Subject.values:
            raise PresetError(f"{name}: quota_rules[{i}]: 没有写清名额给谁（subject）")
        if "hard" not in rule and not rule.get("unlimited"):
            raise PresetError(
                f"{name}: quota_rules[{i}]: 缺上限（hard）；不限的写 unlimited = true"
            )
    for i, item in enumerate(raw.get("statistics", []), 1):
        if item.get("counted_from", COUNTED_FROM[0]) not in COUNTED_FROM:
            raise PresetError(
                f"{name}: statistics[{i}]: 不认识的来源 {item['counted_from']}"
            )
    known = {category["code"] for category in raw["categories"]}
    for table in ("windows", "quota_rules", "award_levels", "check_items"):
        for i, row in enumerate(raw.get(table, []), 1):
            if row.get("category", "") not in known | {""}:
                raise PresetError(f"{name}: {table}[{i}]: 没有类别 {row['category']}")


def _check_category(place: str, category: Mapping[str, Any]) -> None:
    for key in ("code", "name", "form", "rubrics"):
        if not category.get(key):
            raise PresetError(f"{place}: 缺 {key}")
    try:
        form = definition.parse(category["form"])
    except definition.DefinitionError as error:
        raise PresetError(f"{place}: form.{error}") from error
    known = {choice.code for choice in form.topic_types} or {""}
    for i, rubric in enumerate(category["rubrics"], 1):
        if rubric.get("topic_type", "") not in known | {""}:
            raise PresetError(
                f"{place}: rubrics[{i}]: 申报表里没有课题类型 {rubric['topic_type']}"
            )


@transaction.atomic
def load(preset: Preset, *, published_at: datetime) -> Campaign:
    """Write a new campaign with everything in it. An existing code is PresetError."""
    raw = preset.raw
    if Campaign.objects.filter(code=raw["code"]).exists():
        raise PresetError(f"活动 {raw['code']} 已经有了，不会重复导入")
    host, _ = Organisation.objects.get_or_create(
        tier=Role.ASSOCIATION, name=raw["host"], parent=None,
        defaults={"short_name": raw.get("host_short", ""), "letters": raw["letters"]},
    )  # fmt: skip
    given = {name: raw[name] for name in CAMPAIGN_FIELDS if name in raw}
    campaign = Campaign.objects.create(
        code=raw["code"], host=host, co_hosts=raw.get("co_hosts", []),
        document_number_key=wording.number_key(raw.get("document_number", "")),
        published_at=published_at, **given,
    )  # fmt: skip
    categories = {
        item["code"]: _load_category(campaign, order, item, published_at)
        for order, item in enumerate(raw["categories"], 1)
    }
    _load_times(campaign, preset, categories)
    _load_lists(campaign, raw, categories)
    return campaign


def _load_times(
    campaign: Campaign, preset: Preset, categories: Mapping[str, Category]
) -> None:
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
        Milestone.objects.create(
            campaign=campaign, order=order, title=line["title"],
            phase=line.get("phase", ""), starts_on=start, ends_on=end,
            label=preset.words(line["label"], start=start, end=end),
            note=preset.words(line.get("note", ""), start=start, end=end),
            warns=line.get("warns", False),
        )  # fmt: skip


def _load_category(
    campaign: Campaign, order: int, raw: Mapping[str, Any], published_at: datetime
) -> Category:
    given = {name: raw[name] for name in CATEGORY_FIELDS if name in raw}
    category = Category.objects.create(campaign=campaign, order=order, **given)
    FormVersion.objects.create(
        category=category, version=1, definition=raw["form"], published_at=published_at
    )
    for item in raw["rubrics"]:
        rubric = Rubric.objects.create(
            category=category, topic_type=item.get("topic_type", ""), name=item["name"],
            source=item.get("source", ""), step=Decimal(item.get("step", "0.5")),
            is_placeholder=item.get("is_placeholder", False), published_at=published_at,
        )  # fmt: skip
        Criterion.objects.bulk_create(
            Criterion(rubric=rubric, order=i, **criterion)
            for i, criterion in enumerate(item["criteria"], 1)
        )
    return category


def _load_lists(
    campaign: Campaign, raw: Mapping[str, Any], categories: Mapping[str, Category]
) -> None:
    def own(row: Mapping[str, Any]) -> dict[str, Any]:
        return {**row, "category": categories.get(row.get("category", ""))}

    for rule in raw.get("quota_rules", []):
        given = {k: v for k, v in own(rule).items() if k != "unlimited"}
        QuotaRule.objects.create(campaign=campaign, **given)
    for order, item in enumerate(raw.get("check_items", []), 1):
        CheckItem.objects.create(campaign=campaign, order=order, **own(item))
    for order, level in enumerate(raw.get("award_levels", []), 1):
        AwardLevel.objects.create(campaign=campaign, order=order, **own(level))
