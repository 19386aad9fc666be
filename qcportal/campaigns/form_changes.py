"""What differs between two versions of a form, in words; and a content taken along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from qcportal.campaigns.fields import (
    CHOOSING,
    KINDS,
    MOST_FILES,
    TIERS,
    FieldDefinition,
    FormDefinition,
    PaperSlot,
)

EDGES = (
    ("limit", "字数上限"), ("at_least", "至少"), ("at_most", "至多"),
    ("least", "下限"), ("most", "上限"),
)  # fmt: skip


@dataclass(frozen=True)
class Change:
    """``kind`` is added, removed, renamed, limits or other; ``field`` its code."""

    kind: str
    field: str
    text: str


def changes(old: FormDefinition, new: FormDefinition) -> list[Change]:
    """Added, removed, then what changed field by field, papers and the paper's words."""
    found = [
        Change("added", code, f"新增“{item.label}”（{_needed(item.required)}）")
        for code, item in new.by_code.items()
        if code not in old.by_code
    ]
    found += [
        Change("removed", code, f"去掉“{item.label}”")
        for code, item in old.by_code.items()
        if code not in new.by_code
    ]
    for code, item in new.by_code.items():
        if code in old.by_code:
            found += _field(old.by_code[code], item)
    return [*found, *_papers(old, new), *_words(old, new)]


def _needed(required: bool) -> str:
    return "必填" if required else "选填"


def _figure(value: Any) -> str:
    return str(value) if value else "不限"


def _field(old: FieldDefinition, new: FieldDefinition) -> Iterator[Change]:
    code = new.code
    if old.label != new.label:
        yield Change("renamed", code, f"“{old.label}”改名为“{new.label}”")
    label = f"“{new.label}”"
    if old.kind != new.kind:
        text = f"{label}由{KINDS[old.kind]}改为{KINDS[new.kind]}"
        yield Change("limits", code, text)
    if old.required != new.required:
        yield Change("limits", code, f"{label}改为{_needed(new.required)}")
    for name, words in EDGES:
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            text = f"{label}{words}由 {_figure(before)} 改为 {_figure(after)}"
            yield Change("limits", code, text)
    yield from _choices(old, new, label)
    if (old.when and old.when.words) != (new.when and new.when.words):
        words = f"只在{new.when.words}" if new.when else "不再有填写条件"
        yield Change("other", code, f"{label}{words}")
    if set(old.seen_by) != set(new.seen_by):
        tiers = [words for tier, words in TIERS.items() if new.seen(tier)]
        yield Change("other", code, f"{label}改为{'、'.join(tiers) or '只有班组'}能看")
    if old.hint != new.hint or old.example != new.example:
        yield Change("other", code, f"{label}的填写说明有改动")
    yield from _columns(old, new, label)


def _choices(
    old: FieldDefinition, new: FieldDefinition, label: str
) -> Iterator[Change]:
    before = {c.code: c.label for c in old.choices}
    after = {c.code: c.label for c in new.choices}
    for code, words in after.items():
        if code not in before:
            yield Change("limits", new.code, f"{label}新增选项“{words}”")
        elif before[code] != words:
            text = f"{label}的选项“{before[code]}”改为“{words}”"
            yield Change("renamed", new.code, text)
    for code, words in before.items():
        if code not in after:
            yield Change("limits", new.code, f"{label}去掉选项“{words}”")


def _columns(
    old: FieldDefinition, new: FieldDefinition, label: str
) -> Iterator[Change]:
    before = {c.code: c for c in old.columns}
    after = {c.code: c for c in new.columns}
    for code, column in after.items():
        if code not in before:
            yield Change("added", new.code, f"{label}新增一列“{column.label}”")
        else:
            for one in _field(before[code], column):
                yield Change(one.kind, new.code, f"{label}的列{one.text}")
    for code, column in before.items():
        if code not in after:
            yield Change("removed", new.code, f"{label}去掉一列“{column.label}”")


def _papers(old: FormDefinition, new: FormDefinition) -> Iterator[Change]:
    before = {slot.code: slot for slot in old.papers}
    after = {slot.code: slot for slot in new.papers}
    for code, slot in after.items():
        if code not in before:
            text = f"新增材料“{slot.label}”（{_needed(slot.required)}）"
            yield Change("added", code, text)
        elif before[code] != slot:
            yield Change("limits", code, f"材料“{slot.label}”改为{_asks(slot)}")
    for code, slot in before.items():
        if code not in after:
            yield Change("removed", code, f"不再要材料“{slot.label}”")


def _asks(slot: PaperSlot) -> str:
    kinds = "、".join(extension.upper() for extension in slot.extensions)
    several = "可以传多份" if slot.most == MOST_FILES else f"最多 {slot.most} 份"
    many = several if slot.many else "一份"
    must = "必传" if slot.required else "选传"
    return f"{must}，{many}，{kinds}，每份不超过 {slot.max_mb} MB"


def _words(old: FormDefinition, new: FormDefinition) -> Iterator[Change]:
    if old.title != new.title:
        yield Change("renamed", "title", f"表名改为“{new.title}”")
    if old.notes != new.notes:
        yield Change("other", "notes", "表下的注有改动")
    if old.layout != new.layout and set(old.by_code) == set(new.by_code):
        yield Change("other", "print", "打印的版面有改动")


# --- a content taken along ------------------------------------------------------------


@dataclass(frozen=True)
class Left:
    """Something filled that the new version has no place for, in words."""

    label: str
    text: str


def carry(
    old: FormDefinition, new: FormDefinition, content: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Left]]:
    """The content on the new version, by field code, and what does not fit in it. A
    text that is too long now, or breaks another limit, is carried: the page says so."""
    kept: dict[str, Any] = {
        code: [] if item.kind == "rows" else "" for code, item in new.by_code.items()
    }
    left: list[Left] = []
    for code, item in old.by_code.items():
        value = content.get(code)
        if not value or (item.kind == "recommender" and code not in new.by_code):
            continue
        target = new.by_code.get(code)
        if target is None or (target.kind == "rows") != (item.kind == "rows"):
            left.append(Left(item.label, in_words(item, value)))
        elif item.kind == "rows":
            kept[code], gone = _carry_rows(item, target, value)
            left += gone
        elif _takes(item, target, value):
            kept[code] = value
        else:
            left.append(Left(item.label, in_words(item, value)))
    return kept, left


def _takes(old: FieldDefinition, new: FieldDefinition, value: Any) -> bool:
    """Whether the new field can hold the old value: words go into words, a choice into
    a field that has it, a recommending body only into its own kind."""
    if "recommender" in {old.kind, new.kind}:
        return old.kind == new.kind
    if new.kind in CHOOSING:
        codes = old.ticked(value)
        fits = all(new.choice_label(code) for code in codes)
        return fits and (new.kind == "checks" or len(codes) == 1)
    return old.kind not in CHOOSING


def _carry_rows(
    old: FieldDefinition, new: FieldDefinition, rows: list[Any]
) -> tuple[list[dict[str, str]], list[Left]]:
    before = {column.code: column for column in old.columns}
    kept, left = [], []
    for number, row in enumerate((r for r in rows if isinstance(r, dict)), 1):
        line = {column.code: "" for column in new.columns}
        for code, column in before.items():
            value = str(row.get(code, ""))
            target = next((c for c in new.columns if c.code == code), None)
            if target and value and _takes(column, target, value):
                line[code] = value
            elif value:
                place = f"{old.label}第 {number} 行的{column.label}"
                left.append(Left(place, column.said(value)))
        if any(line.values()):
            kept.append(line)
    return kept, left


def in_words(item: FieldDefinition, value: Any) -> str:
    """A stored value as people read it; rows one per line."""
    if not isinstance(value, list):
        return item.said(value)
    return "\n".join(
        "　".join(column.said(str(row.get(column.code, ""))) for column in item.columns)
        for row in value
        if isinstance(row, dict)
    )
