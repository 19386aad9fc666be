"""The one writer of new rows on the register, of their facts and of who hangs where.

For one organisation or for thousands: the rules were asked by the caller, who holds
the locks. Every line of the trail carries the caller's ``marks``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Affiliation, Organisation
from qcportal.audit.record import record_many

BATCH = 500
FACTS = (
    "short_name", "credit_code", "industry", "region", "address", "postcode", "department",
)  # fmt: skip


def enter(
    organisations: Sequence[Organisation], *, by: Actor, at: datetime, **marks: Any
) -> list[Organisation]:
    """Take new organisations up; parents must be stored already."""
    made = Organisation.objects.bulk_create(organisations, batch_size=BATCH)
    record_many(
        by, "organisation_registered",
        [(str(one.key), {"name": one.name, **marks}) for one in made], at=at,
    )  # fmt: skip
    return made


def hang(
    pairs: Iterable[tuple[Organisation, Organisation]],
    *,
    by: Actor,
    at: datetime,
    **marks: Any,
) -> None:
    """Put units under recommending bodies; a pair that stands already stays."""
    wanted = {(unit.pk, body.pk): (unit, body) for unit, body in pairs}
    units = sorted({unit for unit, _ in wanted})
    for start in range(0, len(units), BATCH):
        held = Affiliation.objects.filter(unit__in=units[start : start + BATCH])
        for pair in held.values_list("unit", "recommender"):
            wanted.pop(pair, None)
    Affiliation.objects.bulk_create(
        [Affiliation(unit=unit, recommender=body) for unit, body in wanted.values()],
        batch_size=BATCH,
    )
    record_many(
        by, "affiliation_made",
        [(str(u.key), {"name": u.name, "to": b.name, **marks}) for u, b in wanted.values()],
        at=at,
    )  # fmt: skip


def keep(
    changed: Sequence[tuple[Organisation, Sequence[str]]],
    *,
    by: Actor,
    at: datetime,
    **marks: Any,
) -> None:
    """Store the named fields of ``FACTS``, already set on the organisations."""
    fields = sorted({name for _, names in changed for name in names})
    if not fields:
        return
    rows = [one for one, _ in changed]
    Organisation.objects.bulk_update(rows, fields, batch_size=BATCH)
    record_many(
        by, "organisation_edited",
        [(str(one.key), {"name": one.name, "fields": list(names), **marks})
         for one, names in changed], at=at,
    )  # fmt: skip
