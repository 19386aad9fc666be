"""Tables to xlsx and back. Plain data in, bytes out; nothing about awards.

Written row by row (write-only), so that ten thousand rows look like ten. Text stays
text: a cell beginning with "=" is what somebody typed, never a formula.
"""

import io
import logging
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, BinaryIO, Literal

from django.utils import timezone
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.cell_range import CellRange

from qcportal.documents import archives
from qcportal.refusals import Refused, refuse

logger = logging.getLogger(__name__)
SITE = "质量管理小组成果申报推荐平台"
MAX_TEXT = 32_767  # Excel's own limit of characters in a cell
# What XML 1.0 cannot hold: most control characters, halves of pairs, two non-characters.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_TAB_UNFIT = re.compile(r"[\[\]:*?/\\]")
_PAPER = {"A4": 9, "A3": 8}
_LINE = Side(style="thin", color="FF000000")
_BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_CENTRED = Alignment(horizontal="center", vertical="center", wrap_text=True)
_LEFT = Alignment(horizontal="left", vertical="center", wrap_text=True)
_RIGHT = Alignment(horizontal="right", vertical="center")
_HEAD_FILL = PatternFill("solid", fgColor="FFEDF2F2")


@dataclass(frozen=True)
class Column:
    """``width`` in characters of the standard font; equal neighbouring ``group``s
    share one merged head above their own."""

    header: str
    width: float = 12
    kind: Literal["text", "number", "date"] = "text"
    group: str = ""


@dataclass(frozen=True)
class Sheet:
    """One table: rows are sequences in the order of ``columns``."""

    title: str
    columns: list[Column]
    rows: Iterable[Iterable[Any]]
    subtitle: list[str] = field(default_factory=list)
    footer: list[str] = field(default_factory=list)
    landscape: bool = False
    paper: Literal["A4", "A3"] = "A4"


def workbook(*sheets: Sheet) -> bytes:
    """xlsx bytes with one tab per sheet (at least one)."""
    book = Workbook(write_only=True)
    book.properties.creator = book.properties.lastModifiedBy = SITE
    book.properties.title = plain(sheets[0].title)
    try:
        for sheet in sheets:
            _write(book, sheet)
    except BaseException:
        for tab in book.worksheets:
            tab.close()  # or its half-written stream complains at collection
        raise
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read_rows(
    file: BinaryIO, *, max_rows: int = 5_000, max_columns: int = 100
) -> Iterator[list[Any]]:
    """Rows of the first tab as lists: text stripped, numbers and dates as they are.

    Formulas give the value last shown. Blank rows are skipped, blank ends cut. Raises
    Refused: file_broken, zip_bomb …, rows_too_many.
    """
    archives.check(file)
    try:
        book = load_workbook(file, read_only=True, data_only=True)
        tab = book.worksheets[0]
        tab.reset_dimensions()
        rows = tab.iter_rows(
            max_row=max_rows + 1, max_col=max_columns, values_only=True
        )
        for number, row in enumerate(rows, start=1):
            if number > max_rows:
                refuse("rows_too_many", f"表格超过 {max_rows} 行，请分几次导入。")
            values = _trimmed(row)
            if values:
                yield values
    except Refused:
        raise
    except Exception as error:  # noqa: BLE001 - openpyxl stumbles in many ways
        logger.info("workbook not readable: %r", error)
        refuse("file_broken", "表格打不开，请用 Excel 另存为 .xlsx 后再传。")


def plain(text: str) -> str:
    """The text without what a workbook cannot hold, cut at Excel's limit."""
    text = _UNWRITABLE.sub("", text)
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def _trimmed(row: Iterable[Any]) -> list[Any]:
    values = [value.strip() if isinstance(value, str) else value for value in row]
    while values and values[-1] in (None, ""):
        values.pop()
    return values


class _Pen:
    """Cells of one tab; styles are made once and shared, or saving takes minutes."""

    def __init__(self, tab: Any) -> None:
        self.tab = tab
        self.title = self._style(Font(name="宋体", size=18, bold=True), _CENTRED)
        self.line = self._style(Font(name="宋体", size=11), _LEFT)
        head = Font(name="黑体", size=11)
        self.head = self._style(head, _CENTRED, _BOX, fill=_HEAD_FILL)
        body = Font(name="宋体", size=11)
        self.text = self._style(body, _LEFT, _BOX)
        self.number = self._style(body, _RIGHT, _BOX)
        self.day = self._style(body, _CENTRED, _BOX, form="yyyy-mm-dd")
        self.moment = self._style(body, _CENTRED, _BOX, form="yyyy-mm-dd hh:mm")

    def _style(
        self,
        font: Font,
        alignment: Alignment,
        border: Border | None = None,
        fill: PatternFill | None = None,
        form: str = "General",
    ) -> Any:
        cell = WriteOnlyCell(self.tab)
        cell.font, cell.alignment, cell.number_format = font, alignment, form
        if border:
            cell.border = border
        if fill:
            cell.fill = fill
        return cell._style

    def text_cell(self, text: str, style: Any) -> Any:
        text = plain(text)
        cell = WriteOnlyCell(self.tab, text or None)
        if text:
            # After the value: "=1+1" and "#REF!" stay typed text.
            cell.data_type = "s"
        cell._style = style
        return cell

    def cell(self, value: Any, column: Column) -> Any:
        if isinstance(value, bool):
            value = "是" if value else "否"
        if isinstance(value, datetime):
            return self._dated(_local(value), self.moment)
        if isinstance(value, date):
            return self._dated(value, self.day)
        if _is_number(value) and column.kind != "text":
            cell = WriteOnlyCell(self.tab, value)
            cell._style = self.number
            return cell
        style = self.number if column.kind == "number" else self.text
        return self.text_cell("" if value is None else str(value), style)

    def _dated(self, value: date, style: Any) -> Any:
        if value.year < 1900:  # before Excel's calendar
            return self.text_cell(str(value), self.text)
        cell = WriteOnlyCell(self.tab, value)
        cell._style = style
        return cell


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and math.isfinite(value)


def _local(value: datetime) -> datetime:
    return timezone.make_naive(value) if timezone.is_aware(value) else value


def _write(book: Workbook, sheet: Sheet) -> None:
    tab = book.create_sheet(_TAB_UNFIT.sub(" ", plain(sheet.title))[:31].strip("' "))
    pen = _Pen(tab)
    width = len(sheet.columns)
    above = 1 + len(sheet.subtitle)
    heads = _head_rows(sheet.columns)
    _lay_out(tab, sheet, above, len(heads))
    merged: list[tuple[int, int, int, int]] = []
    for number, text in enumerate([sheet.title, *sheet.subtitle], start=1):
        style = pen.title if number == 1 else pen.line
        tab.append([pen.text_cell(text, style)])
        merged.append((1, number, width, number))
    for texts in heads:
        tab.append([pen.text_cell(text, pen.head) for text in texts])
    merged += _head_merges(sheet.columns, above + 1)
    last = above + len(heads)
    for row in sheet.rows:
        pairs = zip(row, sheet.columns, strict=True)
        tab.append([pen.cell(value, column) for value, column in pairs])
        last += 1
    for number, text in enumerate(sheet.footer, start=last + 1):
        tab.append([pen.text_cell(text, pen.line)])
        merged.append((1, number, width, number))
    last += len(sheet.footer)
    tab.print_area = f"A1:{get_column_letter(width)}{last}"
    for left, top, right, bottom in merged:
        if (left, top) != (right, bottom):
            # After the rows are written: write-only tabs have no merge call.
            tab.merged_cells.ranges.add(
                CellRange(min_col=left, min_row=top, max_col=right, max_row=bottom)
            )


def _lay_out(tab: Any, sheet: Sheet, above: int, heads: int) -> None:
    """Everything a write-only tab wants to know before its first row."""
    for number, column in enumerate(sheet.columns, start=1):
        tab.column_dimensions[get_column_letter(number)].width = column.width
    tab.row_dimensions[1].height = 32
    tab.freeze_panes = f"A{above + heads + 1}"
    tab.print_title_rows = f"{above + 1}:{above + heads}"
    tab.page_setup.paperSize = _PAPER[sheet.paper]
    tab.page_setup.orientation = "landscape" if sheet.landscape else "portrait"
    tab.page_setup.fitToWidth, tab.page_setup.fitToHeight = 1, 0
    tab.sheet_properties.pageSetUpPr.fitToPage = True
    tab.print_options.horizontalCentered = True
    tab.oddFooter.center.text = "第 &P 页，共 &N 页"


def _head_rows(columns: list[Column]) -> list[list[str]]:
    """One row of heads, or two when any column has a group."""
    headers = [column.header for column in columns]
    if not any(column.group for column in columns):
        return [headers]
    upper = [column.group or column.header for column in columns]
    lower = [column.header if column.group else "" for column in columns]
    return [upper, lower]


def _head_merges(columns: list[Column], top: int) -> list[tuple[int, int, int, int]]:
    """Ranges (left, top, right, bottom): groups sideways, single heads downwards."""
    if not any(column.group for column in columns):
        return []
    merges = []
    numbered = enumerate(columns, start=1)
    for group, members in groupby(numbered, key=lambda pair: pair[1].group):
        numbers = [number for number, _ in members]
        if group:
            merges.append((numbers[0], top, numbers[-1], top))
        else:
            merges += [(number, top, number, top + 1) for number in numbers]
    return merges
