"""docs/lifecycle.md from the table of moves: ``manage.py lifecycle [--write]``."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from qcportal.accounts.roles import CHANNELS
from qcportal.campaigns.stages import Stage
from submissions.lifecycle import FINAL, HOLDERS, MOVES, PLACED, Move, State

PATH = Path(settings.BASE_DIR) / "docs" / "lifecycle.md"
HEAD = """# The life of a submission

Generated from `submissions/lifecycle.py` by `manage.py lifecycle --write`; do not edit.
"""


def page() -> str:
    """The whole document: states, diagram, moves. Markdown, one newline at the end."""
    return "\n".join(
        [HEAD, "## States", "", *_states(), "", "## Diagram", "", *_diagram(), "",
         "## Moves", "", *_moves(), ""]
    )  # fmt: skip


def _states() -> list[str]:
    lines = [
        "| State | On pages | Who has it | Takes a place | |",
        "|---|---|---|---|---|",
    ]
    for state in State:
        holder = HOLDERS[state]
        lines.append(
            f"| `{state.value}` | {state.label} | {CHANNELS[holder] if holder else '—'}"
            f" | {'yes' if state in PLACED else ''} | {'final' if state in FINAL else ''} |"
        )
    return lines


def _diagram() -> list[str]:
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> draft"]
    for move in MOVES.values():
        lines += [
            f"    {state.value} --> {move.to_state.value}: {move.name.value}"
            for state in _in_order(move)
        ]
    lines += [f"    {state.value} --> [*]" for state in State if state in FINAL]
    return [*lines, "```"]


def _moves() -> list[str]:
    lines = [
        "| Move | On pages | From | To | Who | Window | Reason |",
        "|---|---|---|---|---|---|---|",
    ]
    for move in MOVES.values():
        begins = ", ".join(f"`{state.value}`" for state in _in_order(move))
        lines.append(
            f"| `{move.name.value}` | {move.name.label} | {begins}"
            f" | `{move.to_state.value}` | {CHANNELS[move.role]}"
            f" | {_window(move)} | {'required' if move.needs_comment else ''} |"
        )
    return lines


def _in_order(move: Move) -> list[State]:
    return [state for state in State if state in move.from_states]


def _window(move: Move) -> str:
    if move.amending:
        return "its own deadline"
    return Stage(move.stage).label if move.stage else "—"


class Command(BaseCommand):
    help = "Print docs/lifecycle.md from the table of moves, or write it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--write", action="store_true", help="write the file")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["write"]:
            PATH.write_text(page(), encoding="utf-8")
        else:
            self.stdout.write(page(), ending="")
