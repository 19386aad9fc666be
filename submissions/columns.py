"""A form as columns of a table: written to Excel, and read back from it.

Every field is one column; a table of rows is one column for each line and column of
it (成员 1 姓名, 成员 1 岗位 …), so that one result stays one row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qcportal.campaigns.definition import FieldDefinition, FormDefinition
from qcportal.documents.excel import Column

ROWS_SHOWN = 10  # of a table without a limit of its own
KINDS = {"number": "number", "decimal": "number"}
WIDTHS = {"textarea": 60, "text": 24, "recommender": 24, "rows": 16}


@dataclass(frozen=True)
class Place:
    """Where a column's value stands: a field, or the cell ``column`` of line ``row``."""

    item: FieldDefinition
    row: int = 0
    column: FieldDefinition | None = None

    @property
    def asked(self) -> FieldDefinition:
        return self.column or self.item

    @property
    def header(self) -> str:
        if self.column is None:
            return self.item.label
        return f"{self.item.label} {self.row} {self.column.label}"


def places(form: FormDefinition, tier: str) -> Iterator[Place]:
    """What ``tier`` may read, in the order of the form."""
    for item in form.by_code.values():
        if not item.seen(tier):
            continue
        if item.kind != "rows":
            yield Place(item)
            continue
        for row in range(1, (item.at_most or ROWS_SHOWN) + 1):
            for column in item.columns:
                yield Place(item, row, column)


def headers(form: FormDefinition, tier: str = "association") -> list[str]:
    """The heads of the columns, each once: a label used twice carries its code."""
    found: list[str] = []
    for place in places(form, tier):
        head = place.header
        found.append(head if head not in found else f"{head}（{place.item.code}）")
    return found


def columns_of(form: FormDefinition, tier: str = "association") -> list[Column]:
    """The columns of a form for one tier, grouped by its sections."""
    section = {f.code: s.title for s in form.sections for f in s.fields}
    return [
        Column(
            head, WIDTHS.get(place.asked.kind, 12),
            "number" if place.asked.kind in KINDS else "text",
            group=section[place.item.code],
        )
        for head, place in zip(headers(form, tier), places(form, tier), strict=True)
    ]  # fmt: skip


def cells_of(
    form: FormDefinition,
    content: Mapping[str, Any],
    tier: str = "association",
    *,
    recommender: str = "",
) -> list[str]:
    """One row under ``columns_of``: labels instead of codes, nothing that no condition
    asks for."""
    counted = form.in_force(content)
    return [_cell(place, counted, recommender) for place in places(form, tier)]


def _cell(place: Place, content: Mapping[str, Any], recommender: str) -> str:
    value = content.get(place.item.code)
    if place.column is None:
        if place.item.kind == "recommender":
            return recommender
        return place.item.said(value)
    rows = value if isinstance(value, list) else []
    if place.row > len(rows):
        return ""
    return place.column.said(str(rows[place.row - 1].get(place.column.code, "")))


def content_of(
    form: FormDefinition, heads: Sequence[str], cells: Sequence[Any]
) -> dict[str, Any]:
    """The content a row says, by the headers of ``columns_of``: labels become codes,
    words that name no choice stay as they are (the form then says so), columns that
    name no field are left out."""
    said = dict(zip(heads, (_plain(cell) for cell in cells), strict=False))
    found: dict[str, Any] = {
        code: [] if item.kind == "rows" else "" for code, item in form.by_code.items()
    }
    lines: dict[tuple[str, int], dict[str, str]] = {}
    for head, place in zip(headers(form, "group"), places(form, "group"), strict=True):
        text = said.get(head, "")
        value = _code(place.asked, text)
        if place.column is None:
            found[place.item.code] = value
        else:
            line = lines.setdefault((place.item.code, place.row), {})
            line[place.column.code] = value
    for (code, _), line in lines.items():
        if any(line.values()):
            found[code].append(line)
    return found


def _plain(cell: Any) -> str:
    """A cell of a workbook as the text somebody would have typed."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if hasattr(cell, "strftime"):
        return f"{cell:%Y-%m-%d}"
    return str(cell).strip()


def _code(item: FieldDefinition, text: str) -> str:
    if not item.choices:
        return text
    codes = {c.label: c.code for c in item.choices}
    if item.kind != "checks":
        return codes.get(text, text)
    ticked = [codes.get(part.strip(), part.strip()) for part in text.split("、")]
    return " ".join(code for code in ticked if code)
