"""Next year's campaign from this year's: everything but what happened.

All dates move by whole weeks, the number nearest to the years between, so that every
day keeps its weekday and every span its length. Only a first or last day of a month
stays one: "12月" is still all of December. Words that name a moved day follow it, and
so does the year. The document number is left out: the new notice has its own.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from qcportal.accounts.actors import Actor
from qcportal.audit.record import record
from qcportal.campaigns.models import Campaign
from qcportal.campaigns.presets.exporting import contents_of
from qcportal.campaigns.presets.loading import load
from qcportal.campaigns.presets.reading import Preset, day_words
from qcportal.refusals import refuse

# Said of one year only.
LEFT_OUT = ("document_number", "forwards")
# Texts in which a year or a day may be named.
_CODED = {"code", "slug", "stage", "category", "topic_type", "kind", "means"}


@transaction.atomic
def clone(campaign: Campaign, *, year: int, by: Actor, at: datetime) -> Campaign:
    """A campaign being set up for ``year``; Refused ``same_year``, ``code_taken``.
    Newest published forms and rubrics become its first versions. Extensions, granted
    places and rights to recommend belong to the old year and stay there."""
    if year == campaign.year or not 1990 <= year <= 2200:
        refuse("same_year", "请填另一个年度，例如下一年。", "year")
    raw = moved(contents_of(campaign), year)
    if Campaign.objects.filter(code=raw["code"]).exists():
        refuse("code_taken", f"{year} 年的活动（{raw['code']}）已经有了。", "year")
    found = load(Preset(raw), host=campaign.host, at=at)
    record(by, "campaign_cloned", found.code, at=at, campaign=found.code,
           source=campaign.code)  # fmt: skip
    return found


def weeks_between(first: date, years: int) -> timedelta:
    """The whole weeks nearest to ``years`` from ``first``."""
    day = min(first.day, calendar.monthrange(first.year + years, first.month)[1])
    days = (first.replace(year=first.year + years, day=day) - first).days
    return timedelta(weeks=round(days / 7))


def moved(raw: Mapping[str, Any], year: int) -> dict[str, Any]:
    """The contents of a file, dated and worded for ``year``."""
    years = year - raw["year"]
    shift = weeks_between(min(w["opens"] for w in raw["windows"]).date(), years)
    kept = {key: value for key, value in raw.items() if key not in LEFT_OUT}
    swaps = _swaps(kept, years, shift)
    out: dict[str, Any] = _moved("", kept, years, shift, swaps)
    return {**out, "code": next_code(raw["code"], raw["year"], year), "year": year}


def next_code(code: str, old: int, new: int) -> str:
    """``shanghai-2018`` → ``shanghai-2019``; a code without its year gets one."""
    if str(old) in code:
        return code.replace(str(old), str(new))
    return f"{code[:55]}-{new}"


def _swaps(raw: Mapping[str, Any], years: int, shift: timedelta) -> dict[str, str]:
    """Words of days and years → the new words."""
    year = raw["year"]
    swaps = {f"{y}年": f"{y + years}年" for y in range(year - 1, year + 3)}
    days = [w[k] for w in raw["windows"] for k in ("opens", "closes") if k in w]
    days += [
        m[k] for m in raw.get("milestones", []) for k in ("starts", "ends") if k in m
    ]
    for found in days:
        swaps[day_words(found)] = day_words(_later(found, years, shift))
    return swaps


def _later(value: Any, years: int, shift: timedelta) -> Any:
    if isinstance(value, datetime):
        return value + shift
    last = calendar.monthrange(value.year, value.month)[1]
    if value.day not in (1, last):
        return value + shift
    target = calendar.monthrange(value.year + years, value.month)[1]
    return value.replace(year=value.year + years, day=1 if value.day == 1 else target)


def _moved(
    key: str, value: Any, years: int, shift: timedelta, swaps: Mapping[str, str]
) -> Any:
    if isinstance(value, dict):
        out = {
            k: _moved(k, v, years, shift, swaps)
            for k, v in value.items()
            if k not in LEFT_OUT
        }
        return _in_order(out, value, shift)
    if isinstance(value, list):
        return [_moved(key, item, years, shift, swaps) for item in value]
    if isinstance(value, date):
        return _later(value, years, shift)
    if isinstance(value, str) and key not in _CODED:
        return _reworded(value, swaps)
    return value


def _in_order(
    out: dict[str, Any], old: Mapping[str, Any], shift: timedelta
) -> dict[str, Any]:
    """A span whose end stayed in its month while its beginning did not moves whole."""
    if {"starts", "ends"} <= out.keys() and out["starts"] > out["ends"]:
        out |= {name: old[name] + shift for name in ("starts", "ends")}
    return out


def _reworded(text: str, swaps: Mapping[str, str]) -> str:
    """All at once: a new word is never taken for an old one."""
    longest_first = sorted(swaps, key=len, reverse=True)
    pattern = r"(?<!\d)(" + "|".join(map(re.escape, longest_first)) + ")"
    return re.sub(pattern, lambda found: swaps[found[1]], text)
