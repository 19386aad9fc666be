"""A form as data: what its fields are, which of them a filled content breaks.

One definition drives the page, validation, the PDF and the Excel columns. Pure
Python over plain JSON; knows neither database nor request.

A definition is ``{"title", "sections": [{"code", "title", "fields": [...]}],
"papers": [...], "print": [[code, ...], ...], "notes": [...]}``. A content is
``{field code: text | list of rows}``; rows are dicts of column code to text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from qcportal.refusals import Refusal
from qcportal.ui import identity

KINDS = {
    "text",
    "textarea",
    "choice",
    "select",
    "mobile",
    "postcode",
    "decimal",
    "date",
    "rows",
    "recommender",
}
# What a field means to the portal, whatever the campaign calls it.
MEANINGS = {
    "unit_name",
    "group_name",
    "person",
    "title",
    "topic_type",
    "recommender",
    "contact",
    "mobile",
    "period",
    "members",
    "summary",
    "measure",
    "before",
    "target",
    "after",
    "address",
    "postcode",
    "department",
}
MOBILE = re.compile(r"1[3-9]\d{9}")
POSTCODE = re.compile(r"\d{6}")
DECIMAL = re.compile(r"-?\d{1,9}(\.\d{1,4})?")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class DefinitionError(ValueError):
    """The definition itself is wrong; the message names the place."""


@dataclass(frozen=True)
class Choice:
    code: str
    label: str
    hint: str = ""


@dataclass(frozen=True)
class FieldDefinition:
    """One field. ``limit`` counts characters; ``means`` ties it to the portal."""

    code: str
    label: str
    kind: str = "text"
    required: bool = True
    limit: int = 0
    hint: str = ""
    example: str = ""
    means: str = ""
    on_certificate: bool = False
    width: str = "full"
    group: str = ""
    choices: tuple[Choice, ...] = ()
    columns: tuple[FieldDefinition, ...] = ()
    at_least: int = 0
    at_most: int = 0

    def choice_label(self, code: str) -> str:
        return next((c.label for c in self.choices if c.code == code), "")


@dataclass(frozen=True)
class Section:
    code: str
    title: str
    fields: tuple[FieldDefinition, ...]


@dataclass(frozen=True)
class PaperSlot:
    """One kind of paper to upload: what it is, which files, how large (MB)."""

    code: str
    label: str
    required: bool
    extensions: tuple[str, ...]
    max_mb: int
    hint: str = ""
    many: bool = False

    @property
    def max_bytes(self) -> int:
        return self.max_mb * 1024 * 1024

    @property
    def accept(self) -> str:
        return ",".join(f".{extension}" for extension in self.extensions)


@dataclass(frozen=True)
class FormDefinition:
    title: str
    sections: tuple[Section, ...]
    papers: tuple[PaperSlot, ...]
    layout: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    heading: str = ""
    by_code: Mapping[str, FieldDefinition] = field(default_factory=dict)

    def meaning(self, means: str) -> FieldDefinition | None:
        """The field that carries a meaning (e.g. ``title``), if the form has one."""
        return next((f for f in self.by_code.values() if f.means == means), None)

    def value(self, content: Mapping[str, Any], means: str) -> str:
        """The filled text of the field with that meaning, or an empty string."""
        found = self.meaning(means)
        value = content.get(found.code, "") if found else ""
        return value if isinstance(value, str) else ""

    def honoured(self, content: Mapping[str, Any]) -> str:
        """Whom the certificate honours: the group, else the person."""
        return self.value(content, "group_name") or self.value(content, "person")

    def slot(self, code: str) -> PaperSlot | None:
        return next((slot for slot in self.papers if slot.code == code), None)

    @property
    def topic_types(self) -> tuple[Choice, ...]:
        found = self.meaning("topic_type")
        return found.choices if found else ()


def parse(raw: Mapping[str, Any]) -> FormDefinition:
    """The definition as objects, or DefinitionError naming the place."""
    sections = tuple(
        _section(item, i) for i, item in enumerate(raw.get("sections", []))
    )
    if not sections:
        raise DefinitionError("sections: 至少要有一节")
    by_code: dict[str, FieldDefinition] = {}
    for section in sections:
        for item in section.fields:
            if item.code in by_code:
                raise DefinitionError(f"sections.{section.code}: 字段 {item.code} 重复")
            by_code[item.code] = item
    layout = tuple(tuple(row) for row in raw.get("print", [])) or tuple(
        (code,) for code in by_code
    )
    for row in layout:
        for code in row:
            if code not in by_code:
                raise DefinitionError(f"print: 没有字段 {code}")
    return FormDefinition(
        title=_needed(raw, "title", "form"),
        heading=raw.get("heading", ""),
        sections=sections,
        papers=tuple(_paper(item, i) for i, item in enumerate(raw.get("papers", []))),
        layout=layout,
        notes=tuple(raw.get("notes", [])),
        by_code=by_code,
    )


def _needed(raw: Mapping[str, Any], key: str, place: str) -> Any:
    if not raw.get(key):
        raise DefinitionError(f"{place}: 缺 {key}")
    return raw[key]


def _section(raw: Mapping[str, Any], index: int) -> Section:
    place = f"sections[{index + 1}]"
    fields = tuple(
        _field(item, f"{place}.fields[{i + 1}]")
        for i, item in enumerate(raw.get("fields", []))
    )
    return Section(_needed(raw, "code", place), _needed(raw, "title", place), fields)


def _field(raw: Mapping[str, Any], place: str) -> FieldDefinition:
    kind = raw.get("kind", "text")
    if kind not in KINDS:
        raise DefinitionError(f"{place}: 不认识的类型 {kind}")
    means = raw.get("means", "")
    if means and means not in MEANINGS:
        raise DefinitionError(f"{place}: 不认识的含义 {means}")
    choices = tuple(Choice(**choice) for choice in raw.get("choices", []))
    if kind in {"choice", "select"} and not choices:
        raise DefinitionError(f"{place}: 选择题没有选项")
    columns = tuple(
        _field(item, f"{place}.columns[{i + 1}]")
        for i, item in enumerate(raw.get("columns", []))
    )
    if kind == "rows" and not columns:
        raise DefinitionError(f"{place}: 表格没有列")
    return FieldDefinition(
        code=_needed(raw, "code", place),
        label=_needed(raw, "label", place),
        kind=kind,
        required=raw.get("required", True),
        limit=raw.get("limit", 0),
        hint=raw.get("hint", ""),
        example=raw.get("example", ""),
        means=means,
        on_certificate=raw.get("on_certificate", False),
        width=raw.get("width", "full"),
        group=raw.get("group", ""),
        choices=choices,
        columns=columns,
        at_least=raw.get("at_least", 0),
        at_most=raw.get("at_most", 0),
    )


def _paper(raw: Mapping[str, Any], index: int) -> PaperSlot:
    place = f"papers[{index + 1}]"
    return PaperSlot(
        code=_needed(raw, "code", place),
        label=_needed(raw, "label", place),
        required=raw.get("required", True),
        extensions=tuple(_needed(raw, "extensions", place)),
        max_mb=_needed(raw, "max_mb", place),
        hint=raw.get("hint", ""),
        many=raw.get("many", False),
    )


def length(text: str) -> int:
    """Characters as the counter on the page counts them: a newline is one."""
    return len(text.replace("\r\n", "\n"))


def faults(form: FormDefinition, content: Mapping[str, Any]) -> Iterator[Refusal]:
    """What keeps ``content`` from being complete, in the order of the form.

    Codes: ``missing``, ``too_long``, ``wrong_format``, ``identity_number``,
    ``too_few_rows``, ``too_many_rows``; ``field`` is the field's code (``members.2.name`` in rows).
    """
    for item in form.by_code.values():
        value = content.get(item.code)
        if item.kind == "rows":
            yield from _row_faults(item, value if isinstance(value, list) else [])
        else:
            yield from _fault(item, value if isinstance(value, str) else "", item.code)


def limits(form: FormDefinition, content: Mapping[str, Any]) -> Iterator[Refusal]:
    """Only the faults of what *is* filled (a draft may be incomplete)."""
    return (
        fault
        for fault in faults(form, content)
        if fault.code not in {"missing", "too_few_rows"}
    )


def not_kept(form: FormDefinition, content: Mapping[str, Any]) -> Iterator[Refusal]:
    """What not even a draft keeps: ``identity_number``."""
    return (f for f in faults(form, content) if f.code == "identity_number")


def _row_faults(item: FieldDefinition, rows: list[Any]) -> Iterator[Refusal]:
    filled = [row for row in rows if isinstance(row, dict) and any(row.values())]
    if item.required and len(filled) < max(1, item.at_least):
        yield Refusal(
            "too_few_rows" if filled else "missing",
            f"{item.label}至少要填 {max(1, item.at_least)} 行，现在是 {len(filled)} 行",
            item.code,
        )
    if item.at_most and len(filled) > item.at_most:
        yield Refusal(
            "too_many_rows",
            f"{item.label}最多 {item.at_most} 行，现在是 {len(filled)} 行",
            item.code,
        )
    for number, row in enumerate(filled, 1):
        for column in item.columns:
            for fault in _fault(column, str(row.get(column.code, "")), ""):
                yield Refusal(
                    fault.code,
                    f"{item.label}第 {number} 行：{fault.message}",
                    f"{item.code}.{number}.{column.code}",
                )


def _fault(item: FieldDefinition, value: str, place: str) -> Iterator[Refusal]:
    value = value.strip()
    if not value:
        if item.required:
            verb = (
                "请选择"
                if item.kind in {"choice", "select", "recommender"}
                else "请填写"
            )
            example = f"，例如 {item.example}" if item.example else ""
            yield Refusal("missing", f"{verb}{item.label}{example}", place)
        return
    if identity.holds_number(value):
        yield Refusal("identity_number", f"{item.label}：{identity.SENTENCE}", place)
    if item.limit and length(value) > item.limit:
        over = length(value) - item.limit
        yield Refusal(
            "too_long",
            f"{item.label}多了 {over} 字，请删减到 {item.limit} 字以内",
            place,
        )
    if message := _format_fault(item, value):
        yield Refusal("wrong_format", message, place)


def _format_fault(item: FieldDefinition, value: str) -> str:
    if item.kind == "mobile" and not MOBILE.fullmatch(value):
        return f"{item.label}是 11 位数字，1 开头，现在是 {len(value)} 位"
    if item.kind == "postcode" and not POSTCODE.fullmatch(value):
        return f"{item.label}是 6 位数字，现在是 {len(value)} 位"
    if item.kind == "decimal" and not DECIMAL.fullmatch(value):
        return f"{item.label}要填数字，例如 {item.example or '0.31'}"
    if item.kind == "date" and not DATE.fullmatch(value):
        return f"{item.label}要填日期，例如 2020-03-01"
    if item.kind in {"choice", "select"} and not item.choice_label(value):
        return f"{item.label}里没有这个选项，请重新选择"
    return ""


def empty(form: FormDefinition) -> dict[str, Any]:
    """A content with nothing filled."""
    return {f.code: [] if f.kind == "rows" else "" for f in form.by_code.values()}


def filled_count(section: Section, content: Mapping[str, Any]) -> tuple[int, int]:
    """(filled, needed) of a section's required fields."""
    needed = [item for item in section.fields if item.required]
    return sum(bool(content.get(item.code)) for item in needed), len(needed)
