"""How an import and its lines look: chips, figures, sentences."""

from __future__ import annotations

from qcportal.imports.models import Import, Line

KINDS = {
    Line.Kind.FAULT: "bad", Line.Kind.ADD: "ok", Line.Kind.CHANGE: "wait",
    Line.Kind.JOIN: "ok", Line.Kind.SAME: "end", Line.Kind.NOTE: "todo",
}  # fmt: skip
CHIPS = {
    Import.Status.READING: "run", Import.Status.UNREADABLE: "bad",
    Import.Status.CHECKED: "mine", Import.Status.APPLYING: "run",
    Import.Status.APPLIED: "ok",
}  # fmt: skip
FIGURES = (Line.Kind.FAULT, Line.Kind.ADD, Line.Kind.CHANGE, Line.Kind.JOIN, Line.Kind.SAME)  # fmt: skip


def chip(found: Import) -> tuple[str, str]:
    """Kind and text of the badge."""
    if found.status == Import.Status.CHECKED and found.faults:
        return "bad", f"要改 {found.faults} 处"
    if found.status == Import.Status.CHECKED and found.changes:
        return "mine", "可以导入"
    if found.status == Import.Status.CHECKED:
        return "end", "没有变化"
    return CHIPS[Import.Status(found.status)], found.get_status_display()


def figures(found: Import) -> list[tuple[str, str, int]]:
    """Kind, label and number of each figure over the lines."""
    return [(kind.value, str(kind.label), found.count(kind)) for kind in FIGURES]


def line(one: Line) -> tuple[Line, str, str]:
    """The line with the kind and text of its chip."""
    kind = Line.Kind(one.kind)
    return one, KINDS[kind], str(kind.label)
