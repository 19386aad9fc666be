"""One change of a form at a time, over its plain definition. Pure; nothing is kept.

A *place* names the part: ``form``, ``section:code``, ``field:code``, ``paper:code``.
Every function gives a changed copy; what it makes is judged by ``reading.parse``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from qcportal.campaigns.fields import CHOOSING, DESKS, NUMERIC

Raw = dict[str, Any]
NEW_CHOICES = [{"code": "a", "label": "选项一"}, {"code": "b", "label": "选项二"}]
NEW_COLUMNS = [{"code": "name", "label": "名称"}]
NEW_PAPER = {"label": "新的材料", "extensions": ["pdf", "docx"], "max_mb": 20}


def split(place: str) -> tuple[str, str]:
    """(what, code)."""
    what, _, code = place.partition(":")
    return what, code


def part(raw: Mapping[str, Any], place: str) -> Raw | None:
    """The part at the place, as it stands; None where there is none."""
    what, code = split(place)
    if what == "form" and not code:
        return dict(raw)
    found = _home(raw, what, code)
    return found[0][found[1]] if found else None


def _home(raw: Mapping[str, Any], what: str, code: str) -> tuple[list[Raw], int] | None:
    """The list the part stands in, and where."""
    lists: Iterator[list[Raw]] = iter(())
    if what == "section":
        lists = iter([raw["sections"]])
    elif what == "paper":
        lists = iter([raw.get("papers", [])])
    elif what == "field":
        lists = (section.get("fields", []) for section in raw["sections"])
    for rows in lists:
        for index, row in enumerate(rows):
            if row.get("code") == code:
                return rows, index
    return None


def put(raw: Mapping[str, Any], place: str, values: Mapping[str, Any]) -> Raw:
    """The definition with the part's keys replaced; a value of None takes a key away.
    A kind that needs choices or columns gets the first ones."""
    changed = deepcopy(dict(raw))
    target = changed if place == "form" else part(changed, place)
    if target is None:
        return changed
    for key, value in values.items():
        if value is None:
            target.pop(key, None)
        else:
            target[key] = value
    if split(place)[0] == "field":
        _complete(target)
        _tidy_print(changed)
    return changed


def _complete(item: Raw) -> None:
    kind = item.get("kind", "text")
    if kind in CHOOSING and not item.get("choices"):
        item["choices"] = deepcopy(NEW_CHOICES)
    if kind not in CHOOSING:
        item.pop("choices", None)
    if kind == "rows" and not item.get("columns"):
        item["columns"] = deepcopy(NEW_COLUMNS)
    if kind != "rows":
        item.pop("columns", None)
    gone = [] if kind in NUMERIC else ["least", "most"]
    gone += [] if kind in {"rows", "checks"} else ["at_least", "at_most"]
    for key in gone:
        item.pop(key, None)


def _fields(raw: Mapping[str, Any]) -> dict[str, Raw]:
    return {f["code"]: f for s in raw["sections"] for f in s.get("fields", [])}


def _printable(item: Mapping[str, Any]) -> bool:
    seen = item.get("seen_by") or DESKS
    return set(DESKS) <= set(seen) and item.get("kind") != "recommender"


def _alone(item: Mapping[str, Any]) -> bool:
    return item.get("kind") in {"rows", "textarea"}


def _tidy_print(raw: Raw) -> None:
    """Rows of the paper without what is gone or not for every desk; long fields alone."""
    if not raw.get("print"):
        return
    fields, rows = _fields(raw), []
    for row in raw["print"]:
        kept = [c for c in row if c in fields and _printable(fields[c])]
        long = [c for c in kept if _alone(fields[c])]
        rows.append([c for c in kept if c not in long])
        rows += [[code] for code in long]
    raw["print"] = [row for row in rows if row]


def _fresh(taken: set[str], stem: str) -> str:
    number = len(taken) + 1
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"


def add_section(raw: Mapping[str, Any], title: str) -> tuple[Raw, str]:
    """A section at the end; (definition, its place)."""
    changed = deepcopy(dict(raw))
    code = _fresh({s["code"] for s in changed["sections"]}, "s")
    changed["sections"].append({"code": code, "title": title, "fields": []})
    return changed, f"section:{code}"


def add_field(
    raw: Mapping[str, Any], section: str, label: str, kind: str
) -> tuple[Raw, str]:
    """An optional field at the end of a section, on a row of its own on the paper."""
    changed = deepcopy(dict(raw))
    home = part(changed, f"section:{section}") or changed["sections"][-1]
    code = _fresh(set(_fields(changed)), "f")
    item: Raw = {"code": code, "label": label, "kind": kind, "required": False}
    if kind == "recommender":
        item["means"] = "recommender"
    _complete(item)
    home.setdefault("fields", []).append(item)
    if changed.get("print") and _printable(item):
        changed["print"].append([code])
    return changed, f"field:{code}"


def add_paper(raw: Mapping[str, Any]) -> tuple[Raw, str]:
    """A paper to upload at the end of the list."""
    changed = deepcopy(dict(raw))
    papers = changed.setdefault("papers", [])
    code = _fresh({paper["code"] for paper in papers}, "p")
    papers.append({"code": code, **deepcopy(NEW_PAPER)})
    return changed, f"paper:{code}"


def move(raw: Mapping[str, Any], place: str, step: int) -> Raw:
    """The part one place up (-1) or down (1); a field at the edge of its section goes
    into the next one."""
    changed = deepcopy(dict(raw))
    what, code = split(place)
    found = _home(changed, what, code)
    if found is None:
        return changed
    rows, index = found
    if 0 <= index + step < len(rows):
        rows[index], rows[index + step] = rows[index + step], rows[index]
    elif what == "field":
        _over_the_edge(changed, rows, index, step)
    return changed


def _over_the_edge(raw: Raw, rows: list[Raw], index: int, step: int) -> None:
    sections = raw["sections"]
    here = next(i for i, s in enumerate(sections) if s.get("fields") is rows)
    if 0 <= here + step < len(sections):
        neighbour = sections[here + step].setdefault("fields", [])
        item = rows.pop(index)
        neighbour.insert(0 if step > 0 else len(neighbour), item)


def remove(raw: Mapping[str, Any], place: str) -> Raw:
    """The definition without the part, and without its place on the paper."""
    changed = deepcopy(dict(raw))
    found = _home(changed, *split(place))
    if found:
        del found[0][found[1]]
        _tidy_print(changed)
    return changed


def choices_from(lines: str, before: list[Mapping[str, Any]]) -> list[Raw]:
    """Choices from lines ``文字 | 说明``. A choice keeps its code by its words, or by its
    line where only the words of that line changed, so that what was filled stays."""
    typed = [_choice(line) for line in lines.splitlines() if line.strip()]
    old = {str(c.get("label")): str(c.get("code")) for c in before}
    labels = {choice["label"] for choice in typed}
    codes = [old.get(choice["label"], "") for choice in typed]
    for index, code in enumerate(codes):
        at = before[index] if len(typed) == len(before) else {}
        if not code and at and at.get("label") not in labels:
            codes[index] = str(at.get("code"))
    taken = set(old.values()) | set(codes)
    for index, code in enumerate(codes):
        if not code:
            codes[index] = _fresh(taken, "c")
            taken.add(codes[index])
    return [{"code": c, **choice} for c, choice in zip(codes, typed, strict=True)]


def _choice(line: str) -> Raw:
    label, _, hint = (piece.strip() for piece in line.replace("｜", "|").partition("|"))
    return {"label": label, "hint": hint} if hint else {"label": label}


def choices_said(choices: list[Mapping[str, Any]]) -> str:
    """The lines ``choices_from`` reads."""
    return "\n".join(
        f"{c.get('label', '')} | {c['hint']}"
        if c.get("hint")
        else str(c.get("label", ""))
        for c in choices
    )


def print_from(lines: str, raw: Mapping[str, Any]) -> list[list[str]]:
    """Rows of the paper from lines ``标签 | 标签``; a code stands for a label too. Words
    that name no field stay, and are refused by the reader."""
    codes = {str(f.get("label")): code for code, f in reversed(_fields(raw).items())}
    return [
        [codes.get(p.strip(), p.strip()) for p in line.replace("｜", "|").split("|")]
        for line in lines.splitlines()
        if line.strip()
    ]


def print_said(raw: Mapping[str, Any]) -> str:
    """The lines ``print_from`` reads; a label used twice stands as its code."""
    fields = _fields(raw)
    labels = [f.get("label") for f in fields.values()]
    rows = raw.get("print") or [[c] for c, f in fields.items() if _printable(f)]

    def said(code: str) -> str:
        label = str(fields[code].get("label")) if code in fields else code
        return label if labels.count(label) == 1 else code

    return "\n".join(" | ".join(said(code) for code in row) for row in rows)
