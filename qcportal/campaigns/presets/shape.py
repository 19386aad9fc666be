"""What may stand where in a campaign file: kinds, limits, known names.

A shape looks at plain parsed data and reports ``Fault`` (path, sentence); it never
raises. Limits of columns come from the models, the shape of a form from the
dataclasses of ``definition``: what they learn, files may say.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.db import models

from qcportal.campaigns import definition
from qcportal.campaigns.presets.places import Path

LONGEST_TEXT = 20_000
MOST_ROWS = 500
SLUG = re.compile(r"[-a-zA-Z0-9_]+")
# Breaks what prints and stores: everything below a blank but line end and tab.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Fault:
    path: Path
    message: str


class Shape:
    def faults(self, value: Any, path: Path) -> Iterator[Fault]:
        raise NotImplementedError


class Anything(Shape):
    def faults(self, value: Any, path: Path) -> Iterator[Fault]:
        return iter(())


@dataclass(frozen=True)
class Text(Shape):
    limit: int = LONGEST_TEXT
    choices: tuple[str, ...] = ()
    slug: bool = False
    blank: bool = True

    def faults(self, value: Any, path: Path) -> Iterator[Fault]:
        if not isinstance(value, str):
            yield Fault(path, f"要写文字，加引号，现在是{kind(value)}")
            return
        if not value.strip() and not self.blank:
            yield Fault(path, "不能空着")
        if len(value) > self.limit:
            yield Fault(path, f"最多 {self.limit} 字，现在是 {len(value)} 字")
        if CONTROL.search(value):
            yield Fault(path, "有看不见的控制字符，请删掉")
        if self.slug and value and not SLUG.fullmatch(value):
            yield Fault(path, f"“{value[:30]}”只能用英文字母、数字、- 和 _")
        if self.choices and value not in self.choices and (value or not self.blank):
            known = "、".join(c for c in self.choices if c)
            yield Fault(path, f"不认识“{value[:30]}”，可以写 {known}")


@dataclass(frozen=True)
class Whole(Shape):
    least: int = 0
    most: int = 32_767

    def faults(self, value: Any, path: Path) -> Iterator[Fault]:
        if not isinstance(value, int) or isinstance(value, bool):
            yield Fault(path, f"要写整数，现在是{kind(value)}")
        elif not self.least <= value <= self.most:
            yield Fault(path, f"要在 {self.least} 到 {self.most} 之间")


@dataclass(frozen=True)
class Number(Shape):
    """A decimal: a number, or a number in quotes."""

    above: Decimal | None = None
    most: Decimal = Decimal(10_000)
    places: int = 4

    def faults(self, value: Any, path: Path) -> Iterator[Fault]:
        number = _decimal(value)
        if number is None:
            yield Fault(path, f"要写数字，现在是{kind(value)}")
        elif self.above is not None and number <= self.above:
            yield Fault(path, f"要大于 {self.above}")
        elif number > self.most:
            yield Fault(path, f"最多 {self.most}")
        elif number != round(number, self.places):
            yield Fault(path, f"最多 {self.places} 位小数")


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = str(value)
    if not re.fullmatch(r"-?\d{1,9}(\.\d{1,9})?", text):
        return None
    return Decimal(text)


class Flag(Shape):
    def faults(self, value: Any, path: Path) -> Iterator[Fault]:
        if not isinstance(value, bool):
            yield Fault(path, f"要写 true 或 false，现在是{kind(value)}")


class Instant(Shape):
    """A local date and time; the zone is the portal's and is not written."""

    def faults(self, value: Any, path: Path) -> Iterator[Fault]:
        if not isinstance(value, datetime):
            yield Fault(
                path, f"要写日期和时间，例如 2020-07-12T22:00:00，现在是{kind(value)}"
            )
        elif value.tzinfo is not None:
            yield Fault(path, "写当地时间就可以，不要带时区")
        elif not 1990 <= value.year <= 2200:
            yield Fault(path, "年份不对")


class Day(Shape):
    def faults(self, value: Any, path: Path) -> Iterator[Fault]:
        if not isinstance(value, date) or isinstance(value, datetime):
            yield Fault(path, f"要写日期，例如 2020-07-12，现在是{kind(value)}")
        elif not 1990 <= value.year <= 2200:
            yield Fault(path, "年份不对")


@dataclass(frozen=True)
class Rows(Shape):
    of: Shape
    least: int = 0
    most: int = MOST_ROWS

    def faults(self, value: Any, path: Path) -> Iterator[Fault]:
        if not isinstance(value, list):
            yield Fault(path, f"要写成一列，加 [ ]，现在是{kind(value)}")
            return
        if len(value) < self.least:
            yield Fault(path, f"至少要有 {self.least} 项")
        if len(value) > self.most:
            yield Fault(path, f"最多 {self.most} 项，现在是 {len(value)} 项")
            return
        for i, item in enumerate(value):
            yield from self.of.faults(item, (*path, i))


@dataclass(frozen=True)
class Table(Shape):
    """Named values. Unknown names are faults, so is a needed one that is missing."""

    of: Mapping[str, Shape]
    needed: tuple[str, ...] = ()

    def faults(self, value: Any, path: Path) -> Iterator[Fault]:
        if not isinstance(value, dict):
            yield Fault(path, f"要写成“名称 = 内容”，现在是{kind(value)}")
            return
        yield from self.unknown(value, path)
        for name in self.needed:
            if value.get(name) in (None, "", []):
                yield Fault(path, f"缺 {name}")
        for name, shape in self.of.items():
            if name in value:
                yield from shape.faults(value[name], (*path, name))

    def unknown(self, value: Mapping[str, Any], path: Path) -> Iterator[Fault]:
        known = sorted(self.of)
        for name in value:
            if name not in self.of:
                near = [k for k in known if k[:3] == name[:3]]
                hint = f"，是不是 {near[0]}" if near else ""
                yield Fault((*path, name), f"不认识的名称 {name[:40]}{hint}")


@dataclass(frozen=True)
class Shaped(Shape):
    """A dataclass of ``definition`` as it is written in a file."""

    of: type

    def faults(self, value: Any, path: Path) -> Iterator[Fault]:
        yield from _table_of(self.of).faults(value, path)


# Written in a file as in Python; of others ``definition.parse`` knows the writing.
_AS_WRITTEN = {"FormDefinition", "Section", "FieldDefinition", "Choice", "PaperSlot"}
# Computed, or written under another name, or optional in a file though not in Python.
_NOT_WRITTEN = {"by_code"}
_WRITTEN_AS = {"layout": "print"}
_OPTIONAL = {"required", "papers", "layout", "notes"}


@cache
def _table_of(found: type) -> Table:
    hints = typing.get_type_hints(found)
    shapes, needed = {}, []
    for item in fields(found):
        if item.name in _NOT_WRITTEN:
            continue
        name = _WRITTEN_AS.get(item.name, item.name)
        shapes[name] = _shape_of(hints[item.name])
        plain = item.default is MISSING and item.default_factory is MISSING
        if plain and item.name not in _OPTIONAL:
            needed.append(name)
    return Table(shapes, tuple(needed))


def _shape_of(hint: Any) -> Shape:
    simple: dict[Any, Callable[[], Shape]] = {
        str: Text, bool: Flag, int: lambda: Whole(0, 100_000), Decimal: Number,
    }  # fmt: skip
    if hint in simple:
        return simple[hint]()
    if is_dataclass(hint) and hint.__name__ in _AS_WRITTEN:
        return Shaped(hint)
    inner = [a for a in typing.get_args(hint) if a not in (Ellipsis, type(None))]
    if typing.get_origin(hint) is tuple and len(inner) == 1:
        return Rows(_shape_of(inner[0]))
    if len(inner) == 1 and typing.get_origin(hint) is not tuple:
        return _shape_of(inner[0])  # X | None
    return Anything()


FORM = Shaped(definition.FormDefinition)


def column(model: type[models.Model], name: str) -> Shape:
    """The shape of what a model's column takes."""
    found: Any = model._meta.get_field(name)
    choices = tuple(value for value, _ in found.flatchoices)
    if isinstance(found, models.SlugField):
        return Text(found.max_length, choices, slug=True, blank=found.blank)
    if isinstance(found, models.CharField):
        return Text(found.max_length, choices, blank=found.blank)
    if isinstance(found, models.TextField):
        return Text(blank=found.blank)
    if isinstance(found, models.BooleanField):
        return Flag()
    if isinstance(found, models.DecimalField):
        whole = found.max_digits - found.decimal_places
        return Number(Decimal(0), Decimal(10**whole - 1), found.decimal_places)
    if isinstance(found, models.PositiveSmallIntegerField):
        return Whole()
    if isinstance(found, models.SmallIntegerField):
        return Whole(-32_768)
    if isinstance(found, models.DateTimeField):
        return Instant()
    if isinstance(found, models.DateField):
        return Day()
    return Anything()


def columns(model: type[models.Model], names: list[str]) -> dict[str, Shape]:
    return {name: column(model, name) for name in names}


def kind(value: Any) -> str:
    """What a parsed value is, in words."""
    if isinstance(value, bool):
        return " true 或 false"
    if isinstance(value, int | float):
        return "数字"
    if isinstance(value, str):
        return "文字"
    if isinstance(value, datetime):
        return "日期时间"
    if isinstance(value, date):
        return "日期"
    return {list: "一列", dict: "一组名称"}.get(type(value), "别的东西")
