"""Two windows on one draft: whose words stand, field by field. Pure; knows no rows of
the database.

A page carries *marks* of what it was opened with, so that the server needs no older
copies: what differs from its mark was changed on the page, what the store holds
otherwise than the mark was changed elsewhere. Only what both changed is a **clash**,
and a clash is never stored: it waits for a choice.

Marks are ``{code: mark}``, for a table ``{code: [[key, {column: mark}], …]}``; a mark
is the first 12 hexadecimal digits of SHA-256, of nothing the empty text. A *place* is
``title``, ``members.<key>.name`` (a cell) or ``members.<key>`` (a whole row).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from qcportal.campaigns.definition import FieldDefinition, FormDefinition

Row = dict[str, str]
GONE = "-"  # the mark of a row that is not there any more
MARK_LENGTH = 12


@dataclass(frozen=True)
class Held:
    """A content and the keys of its rows (field code → a key per row)."""

    content: Mapping[str, Any]
    keys: Mapping[str, list[str]]

    def rows(self, code: str) -> dict[str, Row]:
        """Key → row, in order; rows whose keys were lost are counted through."""
        rows = [r for r in self.content.get(code) or [] if isinstance(r, dict)]
        return dict(
            zip(standing_keys(self.keys.get(code), len(rows)), rows, strict=True)
        )


@dataclass(frozen=True)
class Typed(Held):
    """What a page sent; fields it did not send are not in ``content``."""


@dataclass(frozen=True)
class Opened:
    """What a page was opened with: the version, the marks of its fields (None where it
    sent none) and the mark of the window."""

    version: int
    marks: Mapping[str, Any] | None = None
    window: str = ""


@dataclass(frozen=True)
class Choice:
    """What a person chose at a clash: ``mine`` or theirs, having seen ``seen``."""

    mine: bool
    seen: str


@dataclass(frozen=True)
class Clash:
    """A place both changed. Of a whole row ``mine`` or ``theirs`` is None: removed."""

    place: str
    code: str
    mine: str | Row | None
    theirs: str | Row | None
    key: str = ""
    column: str = ""

    @property
    def seen(self) -> str:
        return mark_of(self.theirs)


@dataclass
class Merged:
    """``stored`` is what may be written, ``shown`` the same with one's own words where
    they clash, ``marks`` what the page is to carry from now on."""

    stored: Held
    shown: Held
    marks: dict[str, Any]
    clashes: list[Clash] = field(default_factory=list)


def new_key() -> str:
    return secrets.token_hex(4)


def standing_keys(keys: list[str] | None, count: int) -> list[str]:
    """The keys of ``count`` rows; rows from before there were keys are numbered."""
    if keys is not None and len(keys) == count:
        return keys
    return [f"r{number}" for number in range(1, count + 1)]


def mark_of(value: str | Row | None) -> str:
    if value is None:
        return GONE
    if isinstance(value, dict):
        value = "\x1f".join(f"{c}\x1e{value[c]}" for c in sorted(value) if value[c])
    if not value:
        return ""
    return hashlib.sha256(value.encode()).hexdigest()[:MARK_LENGTH]


def _row_marks(row: Row) -> dict[str, str]:
    return {column: mark_of(text) for column, text in row.items() if text}


def marks_of(form: FormDefinition, held: Held) -> dict[str, Any]:
    """The marks of everything a content holds."""
    found: dict[str, Any] = {}
    for code, item in form.by_code.items():
        if item.kind == "rows":
            rows = held.rows(code).items()
            found[code] = [[key, _row_marks(row)] for key, row in rows]
        else:
            found[code] = mark_of(_text(held.content.get(code)))
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def merge(
    form: FormDefinition,
    stored: Held,
    typed: Typed,
    marks: Mapping[str, Any],
    *,
    own: Collection[str] = (),
    choices: Mapping[str, Choice] | None = None,
) -> Merged:
    """Bring what a page typed together with what is stored. ``own`` are places that
    this very window wrote last: its answer was lost on the way, and that is no clash."""
    return _Merger(form, stored, typed, marks, own, choices or {}).merge()


def unmerged(
    form: FormDefinition, stored: Held, typed: Typed, opened: Opened
) -> Merged:
    """What a page shows whose words were refused as a whole: as they were typed, with
    what it was opened with."""
    shown = Held({**stored.content, **typed.content}, {**stored.keys, **typed.keys})
    marks = opened.marks if opened.marks is not None else marks_of(form, stored)
    return Merged(stored, shown, dict(marks))


class _Merger:
    def __init__(
        self, form: FormDefinition, stored: Held, typed: Typed,
        marks: Mapping[str, Any], own: Collection[str], choices: Mapping[str, Choice],
    ) -> None:  # fmt: skip
        self.form, self.stored, self.typed = form, stored, typed
        self.marks, self.own, self.choices = marks, own, choices
        self.clashes: list[Clash] = []

    def merge(self) -> Merged:
        content, keys = dict(self.stored.content), dict(self.stored.keys)
        shown, shown_keys = dict(content), dict(keys)
        for code, item in self.form.by_code.items():
            if code not in self.typed.content:
                continue
            if item.kind == "rows":
                table = _Table(self, item)
                content[code], keys[code] = _parted(table.rows)
                shown[code], shown_keys[code] = _parted(table.shown)
            else:
                content[code], shown[code] = self._field(code)
        held = Held(content, keys)
        marks = marks_of(self.form, held)
        self._keep_marks(marks)
        return Merged(held, Held(shown, shown_keys), marks, self.clashes)

    def _field(self, code: str) -> tuple[str, str]:
        """(what is stored from now on, what the page shows)."""
        theirs = _text(self.stored.content.get(code))
        mine = _text(self.typed.content[code])
        mark = self.marks.get(code)
        if self.decide(code, theirs, mine, mark if isinstance(mark, str) else ""):
            return mine, mine
        if self._clashes(code):
            return theirs, mine
        return theirs, theirs

    def _clashes(self, place: str) -> bool:
        return any(clash.place == place for clash in self.clashes)

    def decide(
        self, place: str, theirs: str, mine: str, mark: str,
        *, code: str = "", key: str = "", column: str = "",
    ) -> bool:  # fmt: skip
        """Whether the typed text stands; a clash is noted."""
        if mine == theirs or mark_of(mine) == mark:
            return False
        choice = self.choices.get(place)
        if choice and not choice.mine:
            return False
        if mark_of(theirs) == mark or place in self.own:
            return True
        if choice and choice.seen == mark_of(theirs):
            return True
        self.clashes.append(Clash(place, code or place, mine, theirs, key, column))
        return False

    def _keep_marks(self, marks: dict[str, Any]) -> None:
        """Where a choice is awaited the page goes on carrying what it was opened with."""
        for clash in self.clashes:
            if not clash.key:
                marks[clash.code] = self.marks.get(clash.code) or ""
                continue
            rows = dict(marks[clash.code])
            before = dict(_pairs(self.marks.get(clash.code))).get(clash.key, {})
            if not clash.column:
                rows[clash.key] = before
            else:
                own = {
                    **rows.get(clash.key, {}),
                    clash.column: before.get(clash.column, ""),
                }
                rows[clash.key] = own
            marks[clash.code] = [[key, row] for key, row in rows.items()]


def _pairs(marks: Any) -> Iterator[tuple[str, dict[str, str]]]:
    """The marks of a table; what is no such thing is left out."""
    for pair in marks if isinstance(marks, list) else []:
        if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[1], dict):
            yield str(pair[0]), pair[1]


def _parted(rows: Mapping[str, Row]) -> tuple[list[Row], list[str]]:
    return list(rows.values()), list(rows)


class _Table:
    """The rows of one field: cell by cell where both have the row; added rows stay,
    removed rows go, unless the other side wrote in them."""

    def __init__(self, merger: _Merger, item: FieldDefinition) -> None:
        self.merger, self.item = merger, item
        self.theirs = merger.stored.rows(item.code)
        self.mine = self._typed()
        self.marks = dict(_pairs(merger.marks.get(item.code)))
        rows: dict[str, Row] = {}
        shown: dict[str, Row] = {}
        for key in self._order():
            kept, seen = self._row(key)
            if kept is not None and any(kept.values()):
                rows[key] = kept
            if seen is not None and any(seen.values()):
                shown[key] = seen
        self.rows, self.shown = rows, shown

    def _typed(self) -> dict[str, Row]:
        """The rows of the page; without keys, those that are still the same are found."""
        if self.item.code in self.merger.typed.keys:
            return self.merger.typed.rows(self.item.code)
        rows = self.merger.typed.content[self.item.code]
        return dict(zip(_aligned(self.theirs, rows), rows, strict=True))

    def _row(self, key: str) -> tuple[Row | None, Row | None]:
        mine, theirs = self.mine.get(key), self.theirs.get(key)
        if mine is not None and theirs is not None:
            return self._cells(key, mine, theirs)
        if mine is not None:
            return self._mine_alone(key, mine)
        return self._theirs_alone(key, theirs or {})

    def _cells(self, key: str, mine: Row, theirs: Row) -> tuple[Row, Row]:
        kept, seen, marks = dict(theirs), dict(theirs), self.marks.get(key, {})
        for column in (c.code for c in self.item.columns):
            place = f"{self.item.code}.{key}.{column}"
            text = mine.get(column, "")
            count = len(self.merger.clashes)
            if self.merger.decide(
                place, theirs.get(column, ""), text, marks.get(column, ""),
                code=self.item.code, key=key, column=column,
            ):  # fmt: skip
                kept[column] = seen[column] = text
            elif len(self.merger.clashes) > count:
                seen[column] = text
        return kept, seen

    def _mine_alone(self, key: str, mine: Row) -> tuple[Row | None, Row | None]:
        """New on this page; or removed elsewhere, which stands unless written in here."""
        if key not in self.marks:
            return mine, mine
        if _row_marks(mine) == _held_marks(self.marks[key]):
            return None, None
        choice = self.merger.choices.get(f"{self.item.code}.{key}")
        if choice:
            return (mine, mine) if choice.mine else (None, None)
        self._clash(key, mine, None)
        return None, mine

    def _theirs_alone(self, key: str, theirs: Row) -> tuple[Row | None, Row | None]:
        """Added elsewhere; or removed on this page, unless written in elsewhere."""
        if key not in self.marks:
            return theirs, theirs
        choice = self.merger.choices.get(f"{self.item.code}.{key}")
        untouched = _row_marks(theirs) == _held_marks(self.marks[key])
        agreed = choice and choice.mine and choice.seen == mark_of(theirs)
        if untouched or agreed or self._own_row(key):
            return None, None
        if choice and not choice.mine:
            return theirs, theirs
        self._clash(key, None, theirs)
        return theirs, None

    def _own_row(self, key: str) -> bool:
        """Whether all that was written in it since was written by this window."""
        before, now = _held_marks(self.marks[key]), _row_marks(self.theirs[key])
        changed = {c for c in before.keys() | now.keys() if before.get(c) != now.get(c)}
        return all(
            f"{self.item.code}.{key}.{column}" in self.merger.own for column in changed
        )

    def _clash(self, key: str, mine: Row | None, theirs: Row | None) -> None:
        code = self.item.code
        self.merger.clashes.append(Clash(f"{code}.{key}", code, mine, theirs, key))

    def _order(self) -> list[str]:
        """Of all rows: as stored, unless they were put in another order here."""
        mine, theirs = list(self.mine), list(self.theirs)
        both = [key for key in self.marks if key in self.mine and key in self.theirs]
        moved = [key for key in mine if key in both] != both
        return _woven(mine, theirs) if moved else _woven(theirs, mine)


def _held_marks(marks: Mapping[str, str]) -> dict[str, str]:
    return {column: mark for column, mark in marks.items() if mark}


def _woven(first: list[str], second: list[str]) -> list[str]:
    """``first`` with the rest of ``second`` put in behind what they stand behind."""
    found, before = list(first), ""
    for key in second:
        if key not in found:
            at = found.index(before) + 1 if before else 0
            found.insert(at, key)
        before = key
    return found


# --- keys and places ------------------------------------------------------------------


def aligned(form: FormDefinition, before: Held, content: Mapping[str, Any]) -> Held:
    """``content`` with keys: a row that was there keeps its own, for whoever writes a
    whole content (an import, a newer form)."""
    keys: dict[str, list[str]] = {}
    for code, item in form.by_code.items():
        if item.kind == "rows":
            keys[code] = _aligned(before.rows(code), content.get(code) or [])
    return Held(content, keys)


def _aligned(before: Mapping[str, Row], rows: list[Row]) -> list[str]:
    old, now = [mark_of(r) for r in before.values()], [mark_of(r) for r in rows]
    own, found = list(before), [new_key() for _ in rows]
    blocks = SequenceMatcher(None, old, now, autojunk=False).get_opcodes()
    for tag, start, end, at, to in blocks:
        if tag == "equal" or (tag == "replace" and end - start == to - at):
            found[at:to] = own[start:end]
    return found


def changed_places(form: FormDefinition, before: Held, after: Held) -> list[str]:
    """Every place that differs: fields, cells, rows added or removed."""
    found: list[str] = []
    for code, item in form.by_code.items():
        if item.kind != "rows":
            if _text(before.content.get(code)) != _text(after.content.get(code)):
                found.append(code)
            continue
        old, new = before.rows(code), after.rows(code)
        found += [
            f"{code}.{key}" for key in [*old, *new] if (key in old) != (key in new)
        ]
        found += [
            f"{code}.{key}.{column.code}"
            for key in old if key in new
            for column in item.columns
            if old[key].get(column.code, "") != new[key].get(column.code, "")
        ]  # fmt: skip
    return found
