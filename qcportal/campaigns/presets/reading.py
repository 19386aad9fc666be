"""A campaign file as a checked Preset, or PresetError with everything that is wrong.

The file's dates are local; ``shift`` moves all of them by whole days, and the words
that carry dates follow.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.module_loading import import_string

from qcportal.campaigns.models import Campaign
from qcportal.campaigns.presets import contents, places
from qcportal.campaigns.presets.shape import Fault, Rows, Shape
from qcportal.campaigns.stages import ONLINE_STAGES

FOLDER = Path(__file__).parent.parent / "preset_files"
LARGEST = 1_000_000  # bytes; the longest preset here has 60,000
MOST_FAULTS = 50
_LINE = re.compile(r"\(at line (\d+), column (\d+)\)|\(at end of document\)")


class PresetError(ValueError):
    """The file is wrong; ``lines`` says of each fault where and why."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = list(lines)
        super().__init__("\n".join(self.lines))


@dataclass(frozen=True)
class Preset:
    raw: Mapping[str, Any]
    shift: timedelta = timedelta(0)
    name: str = ""

    def at(self, value: datetime) -> datetime:
        """A local instant of the file, shifted, aware."""
        return (value + self.shift).replace(tzinfo=ZoneInfo(settings.TIME_ZONE))

    def on(self, value: date | None) -> date | None:
        return value + self.shift if value else None

    def closings(self) -> list[datetime]:
        """When the online stages close, earliest first."""
        stages = {stage.value for stage in ONLINE_STAGES}
        return sorted(
            self.at(w["closes"]) for w in self.raw["windows"] if w["stage"] in stages
        )

    def closing(self) -> datetime:
        """When the last of the online stages closes."""
        return self.closings()[-1]

    def words(self, text: str, **dates: date | None) -> str:
        """Text with its dates filled in: {start} {end} {start_month} {closing} …"""
        opening = min(self.at(w["opens"]) for w in self.raw["windows"])
        closing = self.closing()
        found = {
            "opening": f"{day_words(opening)} {opening:%H:%M}",
            "closing": f"{day_words(closing)} {closing:%H:%M}",
        }
        for name, value in dates.items():
            if value:
                found[name] = day_words(value)
                found[f"{name}_month"] = f"{value.month}月"
                found[f"{name}_year"] = f"{value.year}年"
        for name, value in found.items():
            text = text.replace("{" + name + "}", value)
        return text

    def opened(self, at: datetime) -> Preset:
        """All dates moved so that the first online stage to close does so at its hour
        on the second day after ``at``: all of them are open."""
        local = at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
        days = (local + timedelta(days=2)) - self.closings()[0].date()
        return replace(self, shift=self.shift + days)


@dataclass(frozen=True)
class Part:
    """A part of the file that another app keeps (the notices): its shape, what it says
    of itself, how it is written and read back. ``load`` runs in the transaction."""

    name: str
    shape: Rows
    disagreements: Callable[[Mapping[str, Any]], Iterator[Fault]]
    load: Callable[[Preset, Campaign], None]
    export: Callable[[Campaign], list[dict[str, Any]]]


@cache
def parts() -> tuple[Part, ...]:
    """The parts of ``settings.CAMPAIGN_PARTS``: campaigns know no app above them."""
    return tuple(import_string(path) for path in settings.CAMPAIGN_PARTS)


def day_words(value: date) -> str:
    """``7月12日``."""
    return f"{value.month}月{value.day}日"


def read(path: Path, *, open_at: datetime | None = None) -> Preset:
    """Parse and check a file; ``open_at`` as in ``Preset.opened``."""
    if path.stat().st_size > LARGEST:
        raise PresetError([_too_large(path.name)])
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise PresetError([f"{path.name}：不是 UTF-8 文本，请另存为 UTF-8"]) from error
    preset = read_text(path.name, text)
    return preset if open_at is None else preset.opened(open_at)


def read_text(name: str, text: str) -> Preset:
    """Parse and check a text; ``name`` stands in front of every fault."""
    if len(text.encode("utf-8", "replace")) > LARGEST:
        raise PresetError([_too_large(name)])
    raw = _parse(name, text)
    found = list(faults(raw))
    if found:
        index = places.lines(text)
        raise PresetError(_said(name, found, index))
    return Preset(raw, name=name)


def faults(raw: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with parsed contents; shape first, then what disagrees."""
    shapes: dict[str, Shape] = {part.name: part.shape for part in parts()}
    shaped = list(contents.whole(shapes).faults(raw, ()))
    if shaped:
        yield from shaped
        return
    yield from contents.disagreements(raw)
    for part in parts():
        yield from part.disagreements(raw)


def _too_large(name: str) -> str:
    return f"{name}：文件太大，最多 {LARGEST // 1_000_000} MB"


def _parse(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise PresetError([f"{name}：括号套得太深，读不了"]) from error
    except ValueError as error:  # TOMLDecodeError, or a number too long for Python
        raise PresetError([_syntax(name, text, str(error))]) from error


def _syntax(name: str, text: str, said: str) -> str:
    found = _LINE.search(said)
    what = _LINE.sub("", said).strip()
    if found is None:
        return f"{name}：不是有效的 TOML（{what}）"
    if found[1] is None:
        return f"{name} 第 {text.count(chr(10)) + 1} 行：文件没写完（{what}）"
    return f"{name} 第 {found[1]} 行第 {found[2]} 个字：不是有效的 TOML（{what}）"


def _said(name: str, found: list[Fault], index: Mapping[places.Path, int]) -> list[str]:
    """``hubei-2023.toml 第 123 行 categories[2].form：…`` in the order of the file."""

    def line(fault: Fault) -> int:
        path = fault.path
        while path not in index:
            path = path[:-1]
        return index[path]

    ordered = sorted(found, key=line)
    lines = []
    for fault in ordered[:MOST_FAULTS]:
        place = places.words(fault.path)
        at = f" {place}" if place else ""
        lines.append(f"{name} 第 {line(fault)} 行{at}：{fault.message}")
    if len(ordered) > MOST_FAULTS:
        lines.append(f"{name}：还有 {len(ordered) - MOST_FAULTS} 处，先改上面这些")
    return lines
