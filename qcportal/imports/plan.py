"""The dry run: what a workbook would do to the register and its people as they are now.

Asks the register's and the members' own rules, row by row, against an index read once.
Writes nothing; ``actions`` carries a plan out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Affiliation, Organisation, User
from qcportal.imports.columns import TABLES
from qcportal.imports.models import Line
from qcportal.imports.persons import Persons
from qcportal.imports.reading import Place, Read, Row, Said
from qcportal.imports.rules import Desk
from qcportal.registrations.register import Index

ORDER = {one.code: number for number, one in enumerate(TABLES, start=1)}
Kind = Line.Kind


@dataclass
class Told:
    """One line of the dry run."""

    place: Place
    kind: Kind
    name: str = ""
    sentence: str = ""
    changes: list[list[str]] = field(default_factory=list)


@dataclass
class Plan:
    """Lines to show, and what to write. Organisations and people that are not stored
    yet have no number; groups and seats point at the same objects."""

    told: list[Told] = field(default_factory=list)
    tops: list[Organisation] = field(default_factory=list)
    groups: list[Organisation] = field(default_factory=list)
    changed: list[tuple[Organisation, list[str]]] = field(default_factory=list)
    hangs: list[tuple[Organisation, Organisation]] = field(default_factory=list)
    people: list[User] = field(default_factory=list)
    seats: list[tuple[User, Organisation, str]] = field(default_factory=list)

    @property
    def faults(self) -> int:
        return sum(one.kind == Kind.FAULT for one in self.told)

    @property
    def counts(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for one in self.told:
            found[one.kind] = found.get(one.kind, 0) + 1
        return found

    def touched(self) -> set[int]:
        """The numbers of stored organisations the plan writes to."""
        named = [one for one, _ in self.changed] + [one.parent for one in self.groups]
        named += [one for pair in self.hangs for one in pair]
        named += [one for _, one, _ in self.seats]
        return {one.pk for one in named if one is not None and one.pk is not None}


@dataclass
class Work:
    """What the builders of the four sheets share."""

    read: Read
    actor: Actor
    desk: Desk
    index: Index
    persons: Persons
    hung: set[tuple[int, int]]
    plan: Plan = field(default_factory=Plan)
    parents: dict[UUID, Organisation] = field(default_factory=dict)  # group → unit
    seen: dict[object, Row] = field(default_factory=dict)
    failed: set[object] = field(default_factory=set)

    def rows(self, code: str) -> list[Row]:
        return self.read.rows.get(code, [])

    def fault(self, row: Row, column: str, sentence: str, name: str = "") -> None:
        self.plan.told.append(Told(row.at(column), Kind.FAULT, name, sentence))

    def tell(
        self, row: Row, kind: Kind, name: str, sentence: str = "",
        changes: list[list[str]] | None = None,
    ) -> None:  # fmt: skip
        self.plan.told.append(Told(row.at(), kind, name, sentence, changes or []))

    def repeated(self, key: object, row: Row, name: str) -> bool:
        """The same thing on an earlier row: told, as a fault if the two differ."""
        first = self.seen.setdefault(key, row)
        if first is row:
            return False
        differing = [
            one.code
            for one in row.table.columns
            if row.get(one.code) and first.get(one.code) not in ("", row.get(one.code))
        ]
        if differing or set(row.cells) - set(first.cells):
            column = (differing or sorted(set(row.cells) - set(first.cells)))[0]
            title = row.table.column(column).title
            self.fault(row, column, f"和第 {first.number} 行是同一条，“{title}”却不一样，请核对后只留一行。", name)  # fmt: skip
        else:
            self.tell(row, Kind.SAME, name, f"和第 {first.number} 行相同，只算一次")
        return True


Builder = Callable[[Work], None]


def work_on(read: Read, actor: Actor) -> Work:
    """Everything the builders ask, read in a fixed number of queries per 500 rows."""
    desk = Desk(actor)
    hung = set(Affiliation.objects.values_list("unit", "recommender"))
    return Work(read, actor, desk, Index(), Persons(read, desk), hung)


def finish(work: Work) -> Plan:
    """The lines in the order of the sheets, with what the reading said."""
    plan = work.plan
    plan.told += [_told(one) for one in work.read.said]
    plan.told.sort(
        key=lambda one: (ORDER.get(one.place.table, 0), one.place.row, one.place.letter)
    )
    return plan


def _told(one: Said) -> Told:
    return Told(one.place, Kind.FAULT if one.bad else Kind.NOTE, "", one.sentence)


def faults_by_row(lines: Iterator[Line]) -> dict[str, dict[int, dict[str, str]]]:
    """For the marked file: sheet → row → column → sentences."""
    found: dict[str, dict[int, dict[str, str]]] = {}
    for line in lines:
        row = found.setdefault(line.table, {}).setdefault(line.row, {})
        said = f"{line.place}：{line.sentence}"
        row[line.column] = f"{row[line.column]}\n{said}" if line.column in row else said
    return found
