"""Which account a row means. Asked in chunks of 500, answered from memory.

Somebody the importer does not manage is a stranger: nothing here lets a page tell a
stranger's mobile or mailbox from one nobody has.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Iterator

from django.db.models.functions import Lower

from qcportal.accounts import mobiles
from qcportal.accounts.models import User
from qcportal.imports.reading import Read, Row
from qcportal.imports.rules import Desk
from qcportal.registrations import register

Key = tuple[str, str]
CHUNK = 500
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def keys_of_text(text: str) -> list[Key]:
    """How a reference may be meant, the surest first."""
    plain = text.strip().lower()
    found: list[Key] = [("username", plain)]
    if mobiles.is_mobile(text):
        found.append(("mobile", mobiles.normalise(text)))
    if "@" in plain:
        found.append(("email", plain))
    return found


def keys_of_row(row: Row) -> list[Key]:
    """By what a row of people is told from another. A mailbox may be an office's: it
    tells people apart only where there is nothing else."""
    found = [("username", row.get("username").lower()), ("mobile", row.get("mobile"))]
    found = [key for key in found if key[1]]
    return found or [("email", row.get("email").lower())]


def new_username() -> str:
    """``u-k7qm2pxd94``: for those who did not choose one."""
    return "u-" + "".join(secrets.choice(ALPHABET) for _ in range(10))


class Persons:
    def __init__(self, read: Read, desk: Desk) -> None:
        self.rows = read.rows.get("people", [])
        asked = [row.get("person") for row in read.rows.get("seats", [])]
        wanted: dict[str, set[str]] = {
            "username": set(),
            "mobile": set(),
            "email": set(),
        }
        own = [key for row in self.rows for key in _all_keys(row)]
        for kind, text in [*own, *(k for one in asked for k in keys_of_text(one))]:
            wanted[kind].add(text)
        self._accounts = dict(_accounts(wanted))
        self.known = desk.knows(one.pk for one in self._accounts.values())
        names = [row.get("username") for row in self.rows if row.get("username")]
        self.taken = register.usernames_taken(names)
        self.used = _typed(read, "seats", ("person",))
        self.typed = _typed(read, "people", ("username", "mobile", "email"))
        self.shared = {
            key
            for key, times in Counter(own).items()
            if key[0] == "email" and times > 1
        }
        self.found: dict[Key, User] = {}
        self._called: dict[int, str] = {}  # by id(): as the file names a person

    def account(self, key: Key) -> User | None:
        return self._accounts.get(key)

    def acquainted(self, one: User | None) -> bool:
        """Whether the importer manages this person."""
        return one is not None and one.pk in self.known

    def meant(self, row: Row) -> User | None:
        """The account of a row, if there is one, whoever it belongs to."""
        for key in keys_of_row(row):
            if (one := self.account(key)) is not None:
                return one
        return None

    def settle(self, row: Row, person: User) -> None:
        """From now on references to the row mean ``person``."""
        self._called[id(person)] = row.get("name")
        for key in _all_keys(row):
            if key not in self.shared:
                self.found.setdefault(key, person)

    def referred(self, text: str) -> User | None:
        """Whom a reference names: somebody of the file, or one the importer manages."""
        for key in keys_of_text(text):
            if key in self.found:
                return self.found[key]
            if key not in self.typed and self.acquainted(self.account(key)):
                return self.account(key)
        return None

    def called(self, one: User) -> str:
        """As the sheet calls somebody: a stranger's own name is not told."""
        return self._called.get(id(one), "") or one.name

    def is_used(self, row: Row) -> bool:
        return any(key in self.used for key in _all_keys(row))


def _all_keys(row: Row) -> list[Key]:
    kinds = ("username", "mobile", "email")
    return [(kind, row.get(kind).lower()) for kind in kinds if row.get(kind)]


def _typed(read: Read, sheet: str, codes: Iterable[str]) -> set[Key]:
    """What stands in the sheet, faulty rows included."""
    return {
        key
        for _, cells in read.typed.get(sheet, [])
        for code in codes
        if cells.get(code)
        for key in keys_of_text(cells[code])
    }


def _accounts(wanted: dict[str, set[str]]) -> Iterator[tuple[Key, User]]:
    """Accounts by what names them; of several with one mailbox the oldest."""
    rows = User.objects.only("username", "name", "email", "mobile_index").order_by(
        "-pk"
    )
    lower = rows.annotate(name_key=Lower("username"), mail_key=Lower("email"))
    indices = {mobiles.index(number): number for number in wanted["mobile"]}
    for part in _chunks(wanted["username"]):
        for one in lower.filter(name_key__in=part):
            yield ("username", one.name_key), one
    for part in _chunks(set(indices)):
        for one in rows.filter(mobile_index__in=part):
            yield ("mobile", indices[one.mobile_index or ""]), one
    for part in _chunks(wanted["email"]):
        for one in lower.filter(mail_key__in=part):
            yield ("email", one.mail_key), one


def _chunks(texts: set[str]) -> Iterator[list[str]]:
    listed = sorted(texts)
    for start in range(0, len(listed), CHUNK):
        yield listed[start : start + CHUNK]
