"""A form as data: what its fields are, which of them a filled content breaks.

One definition drives the page, validation, the PDF, the Word file and the Excel
columns. Pure Python over plain JSON; knows neither database nor request. The keys are
described in docs/forms.md.

A definition is ``{"title", "sections": [{"code", "title", "fields": [...]}],
"papers": [...], "print": [[code, ...], ...], "notes": [...]}``. A content is
``{field code: text | list of rows}``; rows are dicts of column code to text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from qcportal.campaigns.fields import (
    CHOOSING,
    DefinitionError,
    FieldDefinition,
    FormDefinition,
    PaperSlot,
    Section,
    row_asks,
)
from qcportal.campaigns.reading import gaps, parse
from qcportal.refusals import Refusal
from qcportal.ui import identity

__all__ = [
    "DefinitionError", "FieldDefinition", "FormDefinition", "PaperSlot", "Section",
    "empty", "faults", "gaps", "length", "limits", "not_kept", "parse",
]  # fmt: skip

MOBILE = re.compile(r"1[3-9]\d{9}")
LANDLINE = re.compile(r"(0\d{2,3}[- ]?)?\d{7,8}(-\d{1,6})?|[48]00-?\d{3}-?\d{4}")
EMAIL = re.compile(r"[^@\s,;<>]{1,64}@[^@\s,;<>]+\.[^@\s,;<>.]{2,}")
POSTCODE = re.compile(r"\d{6}")
NUMBER = re.compile(r"-?\d{1,9}")
DECIMAL = re.compile(r"-?\d{1,9}(\.\d{1,4})?")
YEAR = re.compile(r"(19|20)\d{2}")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def length(text: str) -> int:
    """Characters as the counter on the page counts them: a newline is one."""
    return len(text.replace("\r\n", "\n"))


def faults(form: FormDefinition, content: Mapping[str, Any]) -> Iterator[Refusal]:
    """What keeps ``content`` from being complete, in the order of the form. A field
    whose condition does not hold is not asked.

    Codes: ``missing``, ``too_long``, ``wrong_format``, ``identity_number``,
    ``too_few_rows``, ``too_many_rows``; ``field`` is the field's code (``members.2.name`` in rows).
    """
    for item in form.asked(content):
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
    """What not even a draft keeps: ``identity_number``, whether or not it is asked."""
    for item in form.by_code.values():
        for place, part, value in _texts(item, content.get(item.code)):
            if identity.holds_number(value):
                said = f"{part.label}：{identity.SENTENCE}"
                yield Refusal("identity_number", said, place)


def _texts(
    item: FieldDefinition, value: Any
) -> Iterator[tuple[str, FieldDefinition, str]]:
    """(place, field or column, text) of everything typed in one field."""
    if not isinstance(value, list):
        yield item.code, item, value if isinstance(value, str) else ""
        return
    for number, row in enumerate((r for r in value if isinstance(r, dict)), 1):
        for column in item.columns:
            place = f"{item.code}.{number}.{column.code}"
            yield place, column, str(row.get(column.code, ""))


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
            if not row_asks(item, column, row):
                continue
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
            choosing = item.kind in CHOOSING or item.kind == "recommender"
            verb = "请选择" if choosing else "请填写"
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
    match item.kind:
        case "choice" | "select" | "checks":
            return _choice_fault(item, value)
        case "number" | "decimal" | "year":
            return _number_fault(item, value)
        case "date" if not _is_date(value):
            return f"{item.label}要填日期，例如 2020-03-01"
        case "mobile" if not MOBILE.fullmatch(value):
            return f"{item.label}是 11 位数字，1 开头，现在是 {len(value)} 位"
        case "phone" if not (MOBILE.fullmatch(value) or LANDLINE.fullmatch(value)):
            return f"{item.label}要填电话，例如 021-0000 0000 写成 021-00000000"
        case "email" if len(value) > 254 or not EMAIL.fullmatch(value):
            return f"{item.label}要填邮箱，例如 name@example.cn"
        case "postcode" if not POSTCODE.fullmatch(value):
            return f"{item.label}是 6 位数字，现在是 {len(value)} 位"
    return ""


def _choice_fault(item: FieldDefinition, value: str) -> str:
    ticked = item.ticked(value)
    if not all(item.choice_label(code) for code in ticked):
        return f"{item.label}里没有这个选项，请重新选择"
    if len(ticked) < item.at_least:
        return f"{item.label}至少选 {item.at_least} 项，现在是 {len(ticked)} 项"
    if item.at_most and len(ticked) > item.at_most:
        return f"{item.label}最多选 {item.at_most} 项，现在是 {len(ticked)} 项"
    return ""


def _number_fault(item: FieldDefinition, value: str) -> str:
    pattern, words = {
        "number": (NUMBER, f"要填整数，例如 {item.example or '12'}"),
        "decimal": (DECIMAL, f"要填数字，例如 {item.example or '0.31'}"),
        "year": (YEAR, "要填四位年份，例如 2020"),
    }[item.kind]
    if not pattern.fullmatch(value):
        return f"{item.label}{words}"
    found = Decimal(value)
    low = item.least is not None and found < item.least
    if low or (item.most is not None and found > item.most):
        return f"{item.label}要{item.range_words}"
    return ""


def _is_date(value: str) -> bool:
    if not DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def empty(form: FormDefinition) -> dict[str, Any]:
    """A content with nothing filled."""
    return {f.code: [] if f.kind == "rows" else "" for f in form.by_code.values()}
