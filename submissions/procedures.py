"""The registration form and the steps of each procedure, read from yearbook.toml.

Pure: knows neither database nor request.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from qcportal.campaigns import definition

FILE = Path(__file__).with_name("yearbook.toml")


@dataclass(frozen=True)
class ProcedureStep:
    """One step of a procedure; ``number`` from 1 in the procedure's own order."""

    code: str
    label: str
    number: int


@dataclass(frozen=True)
class Procedure:
    """A kind of topic with its steps; ``topic_type`` is what application forms call it."""

    kind: str
    label: str
    topic_type: str
    steps: tuple[ProcedureStep, ...]

    def step(self, code: str) -> ProcedureStep | None:
        return next((step for step in self.steps if step.code == code), None)


_RAW = tomllib.loads(FILE.read_text(encoding="utf-8"))
REGISTRATION = definition.parse(_RAW["registration"])
PROCEDURES: dict[str, Procedure] = {
    raw["kind"]: Procedure(
        raw["kind"],
        raw["label"],
        raw["topic_type"],
        tuple(
            ProcedureStep(step["code"], step["label"], number)
            for number, step in enumerate(raw["steps"], 1)
        ),
    )
    for raw in _RAW["procedures"]
}
KINDS = [(one.kind, one.label) for one in PROCEDURES.values()]
