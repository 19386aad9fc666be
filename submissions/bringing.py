"""A filled Word form or a row of Excel understood against a form's definition: what each
field would become, what stayed unread and why. Pure reading; nothing is written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from qcportal.accounts import mobiles
from qcportal.campaigns.definition import FieldDefinition, FormDefinition
from qcportal.campaigns.form_changes import in_words
from qcportal.documents import word_reading
from qcportal.documents.word_reading import Read, key_of
from submissions import columns

MOST_RESULTS = 20  # rows of one workbook
_DAY = re.compile(r"(\d{4})[年./-](\d{1,2})[月./-](\d{1,2})日?")
_ABOVE = re.compile(r"^([^：:]{2,20})[：:]\s*(\S.*)$")
_INDEX = {"序号", "no", "编号"}


@dataclass(frozen=True)
class Understood:
    """A field the file says something about. ``same``: it stands there already."""

    item: FieldDefinition
    value: Any
    before: Any
    ticked: bool

    @property
    def code(self) -> str:
        return self.item.code

    @property
    def text(self) -> str:
        return in_words(self.item, self.value)

    @property
    def stands(self) -> str:
        return in_words(self.item, self.before) if self.before else ""

    @property
    def same(self) -> bool:
        return bool(self.value == self.before)


@dataclass(frozen=True)
class Unread:
    """Something of the file that has no place in the form, with the reason."""

    label: str
    text: str
    why: str


@dataclass
class Brought:
    """What was understood of one file (or one row), in the order of the form."""

    content: dict[str, Any] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)

    def against(
        self, form: FormDefinition, stored: Mapping[str, Any]
    ) -> list[Understood]:
        """Every field with words of its own; ticked beforehand where nothing stands."""
        return [
            Understood(item, value, stored.get(code), not stored.get(code))
            for code, item in form.by_code.items()
            if (value := self.content.get(code))
        ]


def from_word(
    form: FormDefinition, read: Read, options: Sequence[tuple[str, str]]
) -> Brought:
    """``options``: the recommending bodies that may be chosen, (key, name)."""
    reader = _Reader(form, options)
    for lines in read.tables:
        reader.table(lines)
    for text in read.paragraphs:
        reader.above(text)
    return reader.found


class _Reader:
    """Walks the tables once; every field takes the first words that stand for it."""

    def __init__(
        self, form: FormDefinition, options: Sequence[tuple[str, str]]
    ) -> None:
        self.form, self.options, self.found = form, options, Brought()
        self.by_label = _labels(form)
        self.waiting: FieldDefinition | None = None  # a label over its large space
        self.rows: FieldDefinition | None = None
        self.heads: list[FieldDefinition | None] = []

    def table(self, lines: Sequence[Sequence[Sequence[str]]]) -> None:
        self.waiting = self.rows = None
        for cells in lines:
            if self.rows is not None and self._line_of_rows(cells):
                continue
            self._line(cells)

    def above(self, text: str) -> None:
        """``推荐单位：浦东新区质量协会`` above the table, or the form's own heading."""
        match = _ABOVE.match(text.strip())
        if not match:
            return
        item = self.by_label.get(key_of(match[1]))
        if item is None and key_of(match[1]) == key_of(self.form.heading or "推荐单位"):
            item = self.form.meaning("recommender")
        if item is not None and item.code not in self.found.content:
            self._take(item, [match[2]])

    def _line(self, cells: Sequence[Sequence[str]]) -> None:
        if self.waiting is not None and len(cells) == 1:
            self._take(self.waiting, cells[0])
            self.waiting = None
            return
        index = 0
        while index < len(cells):
            item = self._item(cells[index])
            if item is None:
                self._strange(cells, index)
                index += 1
            elif item.kind == "rows":
                self.rows, self.heads = item, []
                rest = cells[index + 1 :]
                if rest:  # the label stands beside the head
                    self._line_of_rows(rest)
                return
            elif index + 1 < len(cells):
                self._take(item, cells[index + 1])
                index += 2
            else:
                self.waiting = item
                index += 1

    def _item(self, cell: Sequence[str]) -> FieldDefinition | None:
        for text in (next(iter(cell), ""), "".join(cell)):
            if (found := self.by_label.get(key_of(text))) is not None:
                return found
        return None

    def _strange(self, cells: Sequence[Sequence[str]], index: int) -> None:
        """A label the form does not have, with what stands beside it."""
        label = "".join(cells[index]).strip()
        beside = "".join(cells[index + 1]).strip() if index + 1 < len(cells) else ""
        if (
            label
            and beside
            and len(label) <= 30
            and self._item(cells[index + 1]) is None
        ):
            why = "这张表里没有这一栏"
            self.found.unread.append(Unread(label, beside[:200], why))

    def _line_of_rows(self, cells: Sequence[Sequence[str]]) -> bool:
        """The head, then lines, of a table in the form; False where it is over."""
        rows = self.rows
        if rows is None:
            return False
        texts = ["\n".join(p for p in cell if p.strip()).strip() for cell in cells]
        if not self.heads:
            by_label = {key_of(c.label): c for c in rows.columns}
            self.heads = [
                by_label.get(key_of(cell[0] if cell else "")) for cell in cells
            ]
            known = [head for head in self.heads if head is not None]
            self._strange_heads(rows, texts)
            return bool(known)
        if len(cells) != len(self.heads):
            self.rows = None
            return False
        line = {column.code: "" for column in rows.columns}
        for head, text in zip(self.heads, texts, strict=True):
            if head is not None:
                line[head.code] = self._value(head, text.split("\n"), rows.label)
        if any(line.values()):
            self.found.content.setdefault(rows.code, []).append(line)
        return True

    def _strange_heads(self, rows: FieldDefinition, texts: Sequence[str]) -> None:
        for head, text in zip(self.heads, texts, strict=True):
            if head is None and text and key_of(text) not in _INDEX:
                why = f"“{rows.label}”里没有这一列"
                self.found.unread.append(Unread(text, "", why))

    def _take(self, item: FieldDefinition, cell: Sequence[str]) -> None:
        if item.code in self.found.content:
            return
        value = self._value(item, cell, item.label)
        if value:
            self.found.content[item.code] = value

    def _value(self, item: FieldDefinition, cell: Sequence[str], label: str) -> str:
        """Text as the field keeps it; what names no choice is reported."""
        lines = [line.strip() for part in cell for line in part.split("\n")]
        text = "\n".join(line for line in lines if line).strip()
        if item.choices:
            return self._chosen(item, text, label)
        if item.kind == "recommender":
            return self._body(item, text)
        return kept(item, text)

    def _chosen(self, item: FieldDefinition, text: str, label: str) -> str:
        codes = {choice.label: choice.code for choice in item.choices}
        found = word_reading.ticked(text, list(codes))
        if len(found) > 1 and item.kind != "checks":
            why = f"只能选一个，文件里勾了 {len(found)} 个"
            self.found.unread.append(Unread(label, "、".join(found), why))
            return ""
        if not found and _says_something(text, codes):
            why = f"没有这个选项，可以选：{'、'.join(codes)}"
            self.found.unread.append(Unread(label, text[:200], why))
        return " ".join(codes[one] for one in found)

    def _body(self, item: FieldDefinition, text: str) -> str:
        for key, name in self.options:
            if key_of(name) == key_of(text):
                return key
        if text.strip("_　 "):
            why = "不是本单位可选的推荐单位，请在申报表里选"
            self.found.unread.append(Unread(item.label, text[:200], why))
        return ""


def _labels(form: FormDefinition) -> dict[str, FieldDefinition]:
    """Label → field; a label two fields share names neither."""
    found: dict[str, FieldDefinition] = {}
    doubled: set[str] = set()
    for item in form.by_code.values():
        key = key_of(item.label)
        if key in found:
            doubled.add(key)
        found[key] = item
    return {key: item for key, item in found.items() if key and key not in doubled}


def _says_something(text: str, labels: Iterable[str]) -> bool:
    """Whether more stands there than the empty boxes of the choices."""
    rest = text
    for label in sorted(labels, key=len, reverse=True):
        rest = rest.replace(label, "")
    return any(character.isalnum() for character in rest)


def kept(item: FieldDefinition, text: str) -> str:
    """A text as the form keeps it: days as 2020-07-12, a mobile as its 11 digits, one
    line where the field has one."""
    if item.kind == "mobile" and mobiles.is_mobile(text):
        return mobiles.normalise(text)
    if item.kind == "date" and (day := _DAY.fullmatch(text.strip())):
        try:
            return date(*map(int, day.groups())).isoformat()
        except ValueError:
            return text
    if item.kind != "textarea":
        return " ".join(text.split("\n"))
    return text


def from_rows(
    form: FormDefinition,
    rows: Sequence[Sequence[Any]],
    options: Sequence[tuple[str, str]],
) -> list[Brought]:
    """Every filled row under the heads of ``columns.columns_of``; the heads may stand on
    one of the first lines."""
    wanted = set(columns.headers(form, "group"))
    for number, row in enumerate(rows[:5]):
        heads = [str(cell or "").strip() for cell in row]
        if len(wanted & set(heads)) >= 2:
            below = rows[number + 1 : number + 1 + MOST_RESULTS]
            return [_from_row(form, heads, one, options) for one in below]
    return []


def _from_row(
    form: FormDefinition,
    heads: Sequence[str],
    row: Sequence[Any],
    options: Sequence[tuple[str, str]],
) -> Brought:
    found = Brought(columns.content_of(form, heads, row))
    known = set(columns.headers(form, "group"))
    for head, cell in zip(heads, row, strict=False):
        if head and head not in known and str(cell or "").strip():
            found.unread.append(Unread(head, str(cell)[:200], "这张表里没有这一栏"))
    for code, value in list(found.content.items()):
        item = form.by_code[code]
        found.content[code] = _settled(item, value, options, found)
    return found


def _settled(
    item: FieldDefinition,
    value: Any,
    options: Sequence[tuple[str, str]],
    found: Brought,
) -> Any:
    """A cell's text as the field keeps it; what it cannot be is reported."""
    if item.kind == "rows":
        return [
            {c.code: _settled(c, str(r.get(c.code, "")), options, found) for c in item.columns}
            for r in value
        ]  # fmt: skip
    if item.kind == "recommender":
        key = next((k for k, name in options if key_of(name) == key_of(value)), "")
        if value and not key:
            why = "不是本单位可选的推荐单位，请在申报表里选"
            found.unread.append(Unread(item.label, value[:200], why))
        return key
    if item.choices:
        codes = {c.code for c in item.choices}
        strange = [one for one in item.ticked(value) if one not in codes]
        if strange:
            why = f"没有这个选项，可以选：{'、'.join(c.label for c in item.choices)}"
            found.unread.append(Unread(item.label, " ".join(strange)[:200], why))
        return "" if strange else value
    return kept(item, value)


def changed(
    stored: Mapping[str, Any], brought: Brought, codes: Iterable[str]
) -> dict[str, Any]:
    """The draft's content with the chosen fields of the file in it."""
    chosen = set(codes)
    taken = {c: v for c, v in brought.content.items() if c in chosen and v}
    return {**stored, **taken}


def labels(form: FormDefinition, codes: Iterable[str]) -> Iterator[str]:
    return (form.by_code[code].label for code in codes if code in form.by_code)
