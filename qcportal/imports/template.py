"""The workbook to fill in, and the person's own sheets with the faults marked.

Both follow columns.TABLES; every text is stored as text, so nothing becomes a formula.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.datavalidation import DataValidation

from qcportal.documents.excel import SITE, plain
from qcportal.imports.columns import (
    FAULTS_TITLE,
    GUIDE,
    GUIDES,
    MAX_ROWS,
    TABLES,
    Column,
    Table,
    letters,
)

LISTS = "选项"  # a hidden sheet: choices too long for a validation of their own
_BODY = Font(name="宋体", size=11)
_HEAD = Font(name="黑体", size=11)
_WRAP = Alignment(vertical="top", wrap_text=True)
_CENTRED = Alignment(horizontal="center", vertical="center", wrap_text=True)
_LINE = Side(style="thin", color="FFB8C4C4")
_BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_HEAD_FILL = PatternFill("solid", fgColor="FFEDF2F2")
_MUST_FILL = PatternFill("solid", fgColor="FFFBE9D7")
_BAD_FILL = PatternFill("solid", fgColor="FFFCE0DC")

Rows = Mapping[str, Sequence[tuple[int, Mapping[str, str]]]]
Faults = Mapping[str, Mapping[int, Mapping[str, str]]]


class _Pen:
    """Cells of one sheet; styles are made once and shared."""

    def __init__(self, tab: Any) -> None:
        self.tab = tab
        self.body = self._style(_BODY, _WRAP)
        self.bad = self._style(_BODY, _WRAP, _BAD_FILL)
        self.head = self._style(_HEAD, _CENTRED, _HEAD_FILL)
        self.must = self._style(_HEAD, _CENTRED, _MUST_FILL)

    def _style(
        self, font: Font, align: Alignment, fill: PatternFill | None = None
    ) -> Any:
        cell = WriteOnlyCell(self.tab)
        cell.font, cell.alignment, cell.border = font, align, _BOX
        cell.number_format = "@"
        if fill:
            cell.fill = fill
        return cell._style

    def text(self, text: str, style: Any) -> Any:
        text = plain(text)
        cell = WriteOnlyCell(self.tab, text or None)
        if text:
            cell.data_type = "s"  # after the value: "=1+1" stays what was typed
        cell._style = style
        return cell


def template() -> bytes:
    """xlsx: the guide and four empty sheets, 300 rows of each ready to be typed in."""
    return _book({}, {}, blank=300)


def marked(rows: Rows, faults: Faults) -> bytes:
    """xlsx: the rows as they were read, faulty cells coloured, the sentences in a last
    column. ``rows``: sheet → [(row, cells)]; ``faults``: sheet → row → column code →
    sentence ("" for the whole row). Goes in again once corrected."""
    return _book(rows, faults, blank=0)


def _book(rows: Rows, faults: Faults, *, blank: int) -> bytes:
    book = Workbook(write_only=True)
    book.properties.creator = book.properties.lastModifiedBy = SITE
    book.properties.title = "批量导入"
    if blank:
        _guide(book)
    for table in TABLES:
        _sheet(book, table, rows.get(table.code, ()), faults.get(table.code), blank)
    _choices(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _guide(book: Workbook) -> None:
    tab = book.create_sheet(GUIDE)
    for letter, width in zip("ABCDE", (10, 20, 8, 30, 58), strict=True):
        tab.column_dimensions[letter].width = width
    pen = _Pen(tab)
    for number, line in enumerate(GUIDES, start=1):
        tab.append([pen.text(f"{number}", pen.body), pen.text(line, pen.body)])
    tab.append([])
    heads = ("表", "列", "必填", "例子", "说明")
    tab.append([pen.text(one, pen.head) for one in heads])
    for table in TABLES:
        for column in table.columns:
            must = "必填" if column.required else ""
            line = (table.title, column.title, must, column.example, column.note)
            tab.append([pen.text(one, pen.body) for one in line])


def _sheet(
    book: Workbook, table: Table, rows: Iterable[tuple[int, Mapping[str, str]]],
    faults: Mapping[int, Mapping[str, str]] | None, blank: int,
) -> None:  # fmt: skip
    tab = book.create_sheet(table.title)
    pen = _Pen(tab)
    titles = [one.title for one in table.columns]
    for number, column in enumerate(table.columns, start=1):
        tab.column_dimensions[letters(number)].width = column.width
        _offer(tab, column, letters(number))
    if faults is not None:
        tab.column_dimensions[letters(len(titles) + 1)].width = 60
    tab.freeze_panes = "A2"
    heads = [_head(pen, one) for one in table.columns]
    if faults is not None:
        heads.append(pen.text(FAULTS_TITLE, pen.head))
    tab.append(heads)
    for number, cells in rows:
        bad = (faults or {}).get(number, {})
        line = [
            pen.text(cells.get(one.code, ""), pen.bad if one.code in bad else pen.body)
            for one in table.columns
        ]
        if faults is not None:
            line.append(pen.text("\n".join(bad.values()), pen.bad if bad else pen.body))
        tab.append(line)
    for _ in range(blank):
        tab.append([pen.text("", pen.body) for _ in titles])


def _head(pen: _Pen, column: Column) -> Any:
    cell = pen.text(column.title, pen.must if column.required else pen.head)
    note = "；".join(filter(None, ["必填" if column.required else "", column.note]))
    if note:
        cell.comment = Comment(note, SITE, height=60, width=220)
    return cell


def _offer(tab: Any, column: Column, letter: str) -> None:
    """A drop-down for columns with choices."""
    if not column.choices:
        return
    listed = '"' + ",".join(column.choices) + '"'
    if len(listed) > 255 or any("," in one for one in column.choices):
        place = letters(_listed().index(column) + 1)
        listed = f"{LISTS}!${place}$1:${place}${len(column.choices)}"
    offer = DataValidation(type="list", formula1=listed, allow_blank=True)
    offer.error = "请从下拉里选"
    offer.add(f"{letter}2:{letter}{MAX_ROWS + 1}")
    tab.data_validations.append(offer)


def _listed() -> list[Column]:
    return [one for table in TABLES for one in table.columns if one.choices]


def _choices(book: Workbook) -> None:
    tab = book.create_sheet(LISTS)
    tab.sheet_state = "hidden"
    pen = _Pen(tab)
    longest = max(len(one.choices) for one in _listed())
    for number in range(longest):
        tab.append(
            [
                pen.text(
                    one.choices[number] if number < len(one.choices) else "", pen.body
                )
                for one in _listed()
            ]
        )
