"""A filled-in workbook → rows of clean text, with every fault of its cells.

Knows no database. Whole files that cannot be read are refused with one sentence; a
fault of a cell never stops the reading of the others.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, time
from typing import IO, Any, BinaryIO
from xml.parsers import expat

from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from openpyxl import load_workbook
from openpyxl.cell.cell import ERROR_CODES

from qcportal.accounts import mobiles
from qcportal.accounts.names import clean_code, code_fault
from qcportal.documents import archives
from qcportal.imports.columns import (
    FAULTS_TITLE,
    GUIDE,
    MAX_ROWS,
    TABLES,
    Column,
    Table,
    letters,
)
from qcportal.imports.template import LISTS
from qcportal.refusals import Refused, refuse

logger = logging.getLogger(__name__)

MAX_COLUMNS = 60
HEAD_WITHIN = 5  # rows looked through for the titles
BLANKS_AT_MOST = 2_000  # empty rows between filled ones before the reading ends
EXACT = 10**15  # Excel keeps 15 digits of a number
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_POWER = re.compile(r"\d(\.\d+)?E\+?\d+", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """A cell (``C17``), a row (letter "") or a sheet (row 0)."""

    table: str
    row: int = 0
    letter: str = ""
    column: str = ""


@dataclass(frozen=True)
class Said:
    """A sentence about a place. ``bad``: it stands against the import."""

    place: Place
    sentence: str
    bad: bool = True


@dataclass
class Row:
    """One line of a sheet; ``cells`` by column code, empty ones left out."""

    table: Table
    number: int
    cells: dict[str, str]
    places: dict[str, str]

    def get(self, code: str) -> str:
        return self.cells.get(code, "")

    def at(self, code: str = "") -> Place:
        return Place(self.table.code, self.number, self.places.get(code, ""), code)


@dataclass
class Read:
    """``rows`` by sheet; ``typed`` are the cells as people typed them, for the marked
    file; ``said`` are faults and notes in the order of the sheets."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    typed: dict[str, list[tuple[int, dict[str, str]]]] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)

    @property
    def said_against(self) -> bool:
        return any(one.bad for one in self.said)


def read(file: BinaryIO) -> Read:
    """Raises Refused: file_broken, zip_bomb …, no_sheets, rows_too_many, no_rows."""
    archives.check(file)
    found = Read()
    try:
        book = load_workbook(file, read_only=True, data_only=True)
        _name_sheets(book.sheetnames, found)
        for table in TABLES:
            tab = _tab(book, table)
            if tab is not None:
                _read_tab(tab, table, found)
            if sum(len(rows) for rows in found.typed.values()) > MAX_ROWS:
                refuse(
                    "rows_too_many",
                    f"四张表合起来超过 {MAX_ROWS} 行，请分成几个文件导入。",
                )
    except Refused:
        raise
    except Exception as error:  # noqa: BLE001 - openpyxl stumbles in many ways
        logger.info("workbook not readable: %r", error)
        refuse("file_broken", "表格打不开，请用 Excel 另存为 .xlsx 后再传。")
    if not any(found.typed.values()) and not found.said_against:
        refuse("no_rows", "四张表里都没有内容，请从第 2 行起填好再传。")
    return found


def _plain_title(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _tab(book: Any, table: Table) -> Any:
    wanted = [n for n in book.sheetnames if _plain_title(n) == table.title]
    tab = book[wanted[0]] if wanted else None
    return tab if hasattr(tab, "iter_rows") else None


def _name_sheets(names: list[str], found: Read) -> None:
    known = {one.title for one in TABLES}
    plain = [_plain_title(one) for one in names]
    if not known & set(plain):
        listed = "、".join(f"“{one.title}”" for one in TABLES)
        refuse(
            "no_sheets",
            f"没有找到{listed}中的任何一张表。请下载模板，把内容填进模板再传。",
        )
    for name, same in zip(names, plain, strict=True):
        if same not in known and same not in {GUIDE, LISTS}:
            found.said.append(
                Said(Place("book"), f"“{name}”这张表不认识，没有读。", bad=False)
            )


# --- one sheet ------------------------------------------------------------------------


@dataclass
class _Layout:
    """What openpyxl does not tell while streaming."""

    hidden: set[int] = field(default_factory=set)
    merged: list[str] = field(default_factory=list)
    unsolved: set[str] = field(default_factory=set)  # formulas without a value


def _read_tab(tab: Any, table: Table, found: Read) -> None:
    with tab._get_source() as source:
        layout = _layout(source)
    tab.reset_dimensions()
    rows = _numbered(tab)
    heads = _find_head(rows, table)
    if heads is None:
        first = "、".join(f"“{one.title}”" for one in table.columns if one.required)
        sentence = f"第 1 行没有找到列名{first}，请照模板写列名。"
        found.said.append(Said(Place(table.code, 1), sentence))
        found.typed[table.code] = []
        return
    places = _places(heads, table, found)
    _merged(layout, heads[0], table, found)
    for number, values in rows:
        _read_row(number, values, table, places, layout, found)
        if len(found.typed.get(table.code, ())) > MAX_ROWS:
            return


def _numbered(tab: Any) -> Iterator[tuple[int, list[Any]]]:
    """Filled rows only; a long tail of formatted empty rows is not walked."""
    blanks = 0
    for number, row in enumerate(
        tab.iter_rows(max_col=MAX_COLUMNS, values_only=True), start=1
    ):
        values = list(row)
        if all(value is None or not str(value).strip() for value in values):
            blanks += 1
            if blanks > BLANKS_AT_MOST:
                return
            continue
        blanks = 0
        yield number, values


def _find_head(
    rows: Iterator[tuple[int, list[Any]]], table: Table
) -> tuple[int, list[str]] | None:
    """The row of titles: it names a required column and two in all."""
    known = {one.title for one in table.columns}
    must = {one.title for one in table.columns if one.required}
    for number, values in rows:
        titles = [_plain_title(str(value or "")).rstrip("*") for value in values]
        if set(titles) & must and len(set(titles) & known) > 1:
            return number, titles
        if number >= HEAD_WITHIN:
            break
    return None


def _places(heads: tuple[int, list[str]], table: Table, found: Read) -> dict[str, int]:
    """Column code → its index in the person's own sheet."""
    row, titles = heads
    codes = {one.title: one for one in table.columns}
    places: dict[str, int] = {}
    for index, title in enumerate(titles):
        place = Place(table.code, row, letters(index + 1))
        if title in codes and codes[title].code in places:
            found.said.append(Said(place, f"列名“{title}”出现了两次，请只留一列。"))
        elif title in codes:
            places[codes[title].code] = index
        elif title and title != FAULTS_TITLE:
            sentence = f"“{title}”这一列不认识，没有读。"
            found.said.append(Said(place, sentence, bad=False))
    for column in table.columns:
        if column.required and column.code not in places:
            sentence = f"缺少“{column.title}”这一列，请照模板补上。"
            found.said.append(Said(Place(table.code, row), sentence))
    return places


def _merged(layout: _Layout, head: int, table: Table, found: Read) -> None:
    for area in layout.merged:
        match = _REFERENCE.findall(area)
        if match and int(match[-1][1]) > head:
            letter, number = match[0]
            sentence = f"{area} 是合并的单元格，请取消合并，每一行都填。"
            found.said.append(Said(Place(table.code, int(number), letter), sentence))


def _read_row(
    number: int, values: list[Any], table: Table, places: dict[str, int],
    layout: _Layout, found: Read,
) -> None:  # fmt: skip
    cells: dict[str, str] = {}
    typed: dict[str, str] = {}
    said: list[Said] = []
    for column in table.columns:
        index = places.get(column.code)
        if index is None:
            continue
        letter = letters(index + 1)
        value = values[index] if index < len(values) else None
        place = Place(table.code, number, letter, column.code)
        if f"{letter}{number}" in layout.unsolved:
            sentence = "这一格是公式，还没有算出结果，请复制后“选择性粘贴”成数值。"
            said.append(Said(place, sentence))
            continue
        typed[column.code] = _shown(value)
        try:
            text = clean(value, column)
        except Refused as no:
            said += [Said(place, one.message) for one in no.refusals]
            continue
        if text:
            cells[column.code] = text
        elif column.required:
            said.append(Said(place, f"“{column.title}”没有填。"))
    if not any(typed.values()) and not said:
        return  # only columns that are not read
    if not any(typed.values()) and all("没有填" in one.sentence for one in said):
        return
    if number in layout.hidden:
        sentence = "这一行是隐藏的，请取消隐藏，或者删掉这一行。"
        said.insert(0, Said(Place(table.code, number), sentence))
    found.typed.setdefault(table.code, []).append((number, typed))
    found.said += said
    if not said:
        own = {code: letters(index + 1) for code, index in places.items()}
        found.rows.setdefault(table.code, []).append(Row(table, number, cells, own))


# --- one cell -------------------------------------------------------------------------


def clean(value: Any, column: Column) -> str:
    """The cell as the portal keeps it. Raises Refused with a sentence."""
    text = _text(value, column)
    if not text:
        return ""
    text = _CLEANERS.get(column.kind, _name)(text, column)
    if len(text) > column.most:
        refuse(
            "too_long",
            f"“{column.title}”最多 {column.most} 个字，现在是 {len(text)} 个。",
        )
    return text


def _shown(value: Any) -> str:
    """As it stood in the sheet, for the marked file; numbers without a power of ten."""
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        value = int(value)
    return "" if value is None else _visible(str(value))


def _text(value: Any, column: Column) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        refuse("not_text", f"“{column.title}”填了是或否，请写文字。")
    if isinstance(value, date | time):
        refuse("not_text", f"“{column.title}”变成了日期，请把这一格设成文本再填。")
    if isinstance(value, int | float):
        return _number(value, column)
    text = _visible(str(value))
    if text in ERROR_CODES:
        refuse("formula_error", f"这一格是 {text}，公式没有算出结果，请改成文字。")
    return text


def _number(value: float, column: Column) -> str:
    if value != value or abs(value) >= EXACT:
        refuse(
            "digits_lost",
            f"“{column.title}”被当成了数字，后面几位已经丢失，请把这一列设成文本再重新填。",
        )
    text = str(int(value)) if float(value).is_integer() else str(value)
    # A postcode typed as a number has lost its leading zero.
    return text.zfill(6) if column.kind == "postcode" and len(text) == 5 else text


def _visible(text: str) -> str:
    """Without control and invisible characters, blanks at the ends cut, runs of blanks
    made one."""
    kept = (
        " "
        if unicodedata.category(one) in {"Zs", "Zl", "Zp"} or one in "\t\r\n"
        else one
        for one in text
        if one in "\t\r\n"
        or unicodedata.category(one) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
    return " ".join("".join(kept).split())


def _narrow(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _name(text: str, column: Column) -> str:
    return text


def _code(text: str, column: Column) -> str:
    code = clean_code(text)
    if _POWER.fullmatch(code):
        refuse(
            "digits_lost",
            f"这一格是 {text}，代码被当成了数字，请把这一列设成文本再重新填。",
        )
    fault = code_fault(code)
    if fault:
        refuse("code_wrong", fault)
    return code


def _mobile(text: str, column: Column) -> str:
    if _POWER.fullmatch(_narrow(text)):
        refuse(
            "digits_lost",
            f"这一格是 {_narrow(text)}，请把这一列设成文本，再填 11 位手机号。",
        )
    try:
        return mobiles.clean(text)
    except ValidationError as wrong:
        refuse("mobile_wrong", wrong.messages[0])


def _email(text: str, column: Column) -> str:
    email = _narrow(text)
    try:
        validate_email(email)
    except ValidationError:
        refuse(
            "email_wrong", f"邮箱“{email[:60]}”不完整，请核对，例如 lin@example.com。"
        )
    return email


def _username(text: str, column: Column) -> str:
    name = _narrow(text)
    if not 4 <= len(name) <= 40:
        refuse("username_wrong", f"用户名 4 到 40 个字符，现在是 {len(name)} 个。")
    try:
        UnicodeUsernameValidator()(name)
    except ValidationError:
        refuse("username_wrong", "用户名只能有字母、数字和 @ . + - _，请核对。")
    return name


def _postcode(text: str, column: Column) -> str:
    code = _narrow(text)
    if not re.fullmatch(r"[0-9]{6}", code):
        refuse("postcode_wrong", "邮编是 6 位数字，请核对。")
    return code


def _choice(text: str, column: Column) -> str:  # noqa: RET503 - refuse never returns
    said = "".join(_narrow(text).split())
    alike = [one for one in column.choices if "".join(_narrow(one).split()) == said]
    if alike:
        return alike[0]
    few = "、".join(column.choices[:6]) + ("……" if len(column.choices) > 6 else "")
    refuse("not_listed", f"“{text[:40]}”不在可选的里面，请从下拉里选：{few}。")


def _person(text: str, column: Column) -> str:
    return _narrow(text)


_CLEANERS: dict[str, Callable[[str, Column], str]] = {
    "code": _code, "mobile": _mobile, "email": _email, "username": _username,
    "postcode": _postcode, "choice": _choice, "person": _person,
}  # fmt: skip


# --- hidden rows, merged cells, formulas ------------------------------------------------


def _layout(source: IO[bytes]) -> _Layout:
    """One pass over the sheet's XML that keeps nothing but these three."""
    found = _Layout()
    now = {"cell": "", "formula": False, "value": False, "in": False}
    parser = expat.ParserCreate()
    row = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal row
        name = name.rpartition(":")[2]
        if name == "row":
            row = int(attributes.get("r", row + 1))
            if attributes.get("hidden") in {"1", "true"}:
                found.hidden.add(row)
        elif name == "c":
            now.update(cell=attributes.get("r", ""), formula=False, value=False)
        elif name == "f":
            now["formula"] = True
        elif name in {"v", "is"}:
            now["in"] = True
        elif name == "mergeCell" and len(found.merged) < MAX_ROWS:
            found.merged.append(attributes.get("ref", ""))

    def text(_: str) -> None:
        now["value"] = now["value"] or now["in"]

    def end(name: str) -> None:
        name = name.rpartition(":")[2]
        now["in"] = now["in"] and name not in {"v", "is"}
        ends = name == "c" and now["formula"] and not now["value"]
        if ends and len(found.unsolved) < MAX_ROWS * 10:
            found.unsolved.add(str(now["cell"]))

    def no_types(*_: Any) -> None:
        raise ValueError("a document type has no place in a sheet")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = no_types
    parser.ParseFile(source)
    return found
