"""What the pages of forms show: the outline of a form, and how it will look filled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from qcportal.campaigns import form_editing
from qcportal.campaigns.definition import FormDefinition, parse
from qcportal.campaigns.fields import KINDS, TIERS
from qcportal.campaigns.samples import sample
from qcportal.documents.fonts import unprintable
from qcportal.refusals import Refusal
from submissions import papers
from submissions.forms import ContentForm, Line


@dataclass(frozen=True)
class Entry:
    """A line of the outline: a part, what it is, and whether it is the one at hand."""

    place: str
    label: str
    note: str
    here: bool
    first: bool = False
    last: bool = False
    fields: list[Entry] = field(default_factory=list)


def outline(raw: Mapping[str, Any], place: str) -> list[Entry]:
    """Sections with their fields, in order."""
    sections = raw["sections"]
    return [
        Entry(
            f"section:{section['code']}", section["title"], "", place == f"section:{section['code']}",
            first=i == 0, last=i == len(sections) - 1,
            fields=[
                Entry(f"field:{f['code']}", f["label"], _note(f), place == f"field:{f['code']}",
                      first=i == n == 0, last=i == len(sections) - 1 and n == len(section["fields"]) - 1)
                for n, f in enumerate(section.get("fields", []))
            ],
        )
        for i, section in enumerate(sections)
    ]  # fmt: skip


def papers_outline(raw: Mapping[str, Any], place: str) -> list[Entry]:
    rows = raw.get("papers", [])
    return [
        Entry(f"paper:{p['code']}", p["label"], "必传" if p.get("required", True) else "选传",
              place == f"paper:{p['code']}", first=i == 0, last=i == len(rows) - 1)
        for i, p in enumerate(rows)
    ]  # fmt: skip


def _note(item: Mapping[str, Any]) -> str:
    parts = [KINDS[item.get("kind", "text")]]
    parts.append("必填" if item.get("required", True) else "选填")
    if item.get("when"):
        parts.append("有条件")
    if item.get("seen_by"):
        seen = [words for tier, words in TIERS.items() if tier in item["seen_by"]]
        parts.append(f"{'、'.join(seen) or '只有班组'}能看")
    return " · ".join(parts)


@dataclass(frozen=True)
class PageSection:
    title: str
    lines: list[Line]


@dataclass(frozen=True)
class Preview:
    """The form as if somebody had filled it: the group's page and the printed paper."""

    definition: FormDefinition
    sections: list[PageSection]
    paper: dict[str, Any]
    frozen: bool = True


def preview(raw: Mapping[str, Any], year: int) -> Preview:
    """Of a definition that is right. The paper is drawn by the very template the PDF is
    made from, in the page itself: at once, after every save, with no queue between."""
    form = parse(raw)
    body = "推荐单位样例"
    filled = _with_body(form, sample(form))
    shown = ContentForm(form, filled, [("sample", body)], frozen=True)
    return Preview(
        form,
        [PageSection(s.title, shown.lines(s)) for s in form.sections],
        papers.form_facts(form, filled, recommender=body, year=year),
    )


def _with_body(form: FormDefinition, content: dict[str, Any]) -> dict[str, Any]:
    found = form.meaning("recommender")
    return {**content, found.code: "sample"} if found else content


def strange(raw: Any) -> list[Refusal]:
    """``unprintable``: characters the papers' fonts cannot draw, anywhere in the form."""
    found = "".join(unprintable("".join(_texts(raw))))
    if not found:
        return []
    text = f"“{'、'.join(found[:5])}”打印不出来，请换一种写法。"
    return [Refusal("unprintable", text)]


def _texts(raw: Any) -> Iterator[str]:
    if isinstance(raw, str):
        yield raw
    elif isinstance(raw, Mapping):
        for value in raw.values():
            yield from _texts(value)
    elif isinstance(raw, list):
        for value in raw:
            yield from _texts(value)


def place_of(raw: Mapping[str, Any], asked: str) -> str:
    """The part the page stands on: the one asked for, else the first field."""
    if form_editing.part(raw, asked) is not None:
        return asked
    return "form"
