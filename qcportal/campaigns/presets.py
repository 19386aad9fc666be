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
from qcportal.campaigns import definition
from qcportal.campaigns.models import (
    AwardLevel,
    Campaign,
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
    "requires_topic",
    "requires_site_visit", "site_visit_items", "allows_direct", "allows_seal_picture", "amendment_days", "notice_days",
    "judges_per_submission", "drop_from", "decimals", "please_check",
]  # fmt: skip
# What a figure of the statistics may be counted from (recommenders.proposals).
COUNTED_FROM = ("registered_groups", "active_groups", "group_members")
NEEDED = ["code", "year", "name", "headline", "host", "letters", "result_words",
          "certificate_words", "certificate_issuer", "form", "windows", "rubrics"]  # fmt: skip


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
    try:
        definition.parse(raw["form"])
    except definition.DefinitionError as error:
        raise PresetError(f"{path.name}: form.{error}") from error
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
        if "hard" not in rule:
            raise PresetError(f"{name}: quota_rules[{i}]: 缺上限（hard）")
    for i, item in enumerate(raw.get("statistics", []), 1):
        if item.get("counted_from", COUNTED_FROM[0]) not in COUNTED_FROM:
            raise PresetError(
                f"{name}: statistics[{i}]: 不认识的来源 {item['counted_from']}"
            )
    known = {c.code for c in definition.parse(raw["form"]).topic_types}
    for i, rubric in enumerate(raw["rubrics"], 1):
        if rubric["topic_type"] not in known:
            raise PresetError(
                f"{name}: rubrics[{i}]: 申报表里没有课题类型 {rubric['topic_type']}"
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
        published_at=published_at, **given,
    )  # fmt: skip
    _load_times(campaign, preset)
    _load_forms(campaign, raw, published_at)
    _load_lists(campaign, raw)
    return campaign


def _load_times(campaign: Campaign, preset: Preset) -> None:
    for window in preset.raw["windows"]:
        advised = window.get("advised")
        Window.objects.create(
            campaign=campaign, stage=window["stage"], opens_at=preset.at(window["opens"]),
            closes_at=preset.at(window["closes"]),
            advised_at=preset.at(advised) if advised else None,
        )  # fmt: skip
    for order, line in enumerate(preset.raw.get("milestones", []), 1):
        start, end = preset.on(line.get("starts")), preset.on(line.get("ends"))
        Milestone.objects.create(
            campaign=campaign, order=order, title=line["title"], starts_on=start, ends_on=end,
            label=preset.words(line["label"], start=start, end=end),
            note=preset.words(line.get("note", ""), start=start, end=end),
            warns=line.get("warns", False),
        )  # fmt: skip


def _load_forms(
    campaign: Campaign, raw: Mapping[str, Any], published_at: datetime
) -> None:
    FormVersion.objects.create(
        campaign=campaign, version=1, definition=raw["form"], published_at=published_at
    )
    for item in raw["rubrics"]:
        rubric = Rubric.objects.create(
            campaign=campaign, topic_type=item["topic_type"], name=item["name"],
            source=item.get("source", ""), step=Decimal(item.get("step", "0.5")),
        )  # fmt: skip
        Criterion.objects.bulk_create(
            Criterion(rubric=rubric, order=i, **criterion)
            for i, criterion in enumerate(item["criteria"], 1)
        )


def _load_lists(campaign: Campaign, raw: Mapping[str, Any]) -> None:
    for rule in raw.get("quota_rules", []):
        QuotaRule.objects.create(campaign=campaign, **rule)
    for order, item in enumerate(raw.get("check_items", []), 1):
        CheckItem.objects.create(campaign=campaign, order=order, **item)
    for order, level in enumerate(raw.get("award_levels", []), 1):
        AwardLevel.objects.create(campaign=campaign, order=order, **level)
