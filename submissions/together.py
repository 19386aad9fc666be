"""Several people on one draft: what the page says of the others. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.template.loader import render_to_string

from qcportal.accounts.actors import Actor
from qcportal.campaigns.definition import FieldDefinition, FormDefinition
from qcportal.ui.words import local, moment_text
from submissions.forms import CHOOSE, SEEN
from submissions.merging import Clash, Held, Merged, Row, Typed
from submissions.models import FieldEdit, Submission

AT_WORK = timedelta(minutes=3)  # who wrote so lately is said to be writing


@dataclass(frozen=True)
class ClashShown:
    """A place two changed, as the page puts it: who, when, to what; two buttons."""

    clash: Clash
    where: str
    did: str
    theirs: str
    mine: str

    @property
    def choose_name(self) -> str:
        return CHOOSE + self.clash.place

    @property
    def seen_name(self) -> str:
        return SEEN + self.clash.place

    @property
    def is_row(self) -> bool:
        return bool(self.clash.key)


def clashes_shown(
    submission: Submission, merged: Merged, by: Actor, at: datetime
) -> dict[str, list[ClashShown]]:
    """Field code → its clashes, in words."""
    if not merged.clashes:
        return {}
    edits = {edit.place: edit for edit in submission.edits.all()}
    found: dict[str, list[ClashShown]] = {}
    for clash in merged.clashes:
        shown = _shown(submission.form.form, merged, clash, edits, by, at)
        found.setdefault(clash.code, []).append(shown)
    return found


def _shown(
    form: FormDefinition,
    merged: Merged,
    clash: Clash,
    edits: Mapping[str, FieldEdit],
    by: Actor,
    at: datetime,
) -> ClashShown:
    item = form.by_code[clash.code]
    last = _last_edit(clash, edits)
    did = f"{_who(last, by, at)}{_act(clash)}"
    theirs, mine = _words(item, clash, clash.theirs), _words(item, clash, clash.mine)
    return ClashShown(clash, _where(item, merged.shown, clash), did, theirs, mine)


def _last_edit(clash: Clash, edits: Mapping[str, FieldEdit]) -> FieldEdit | None:
    """Who wrote the place last; of a whole row, whoever wrote in it last."""
    if clash.key and not clash.column:
        inside = [
            edit for place, edit in edits.items()
            if place == clash.place or place.startswith(f"{clash.place}.")
        ]  # fmt: skip
        return max(inside, key=lambda edit: edit.version, default=None)
    return edits.get(clash.place) or edits.get(f"{clash.code}.{clash.key}")


def _who(edit: FieldEdit | None, by: Actor, at: datetime) -> str:
    if edit is None:
        return "另一个窗口"
    name = "您在另一个窗口" if edit.by_id == by.user.pk else edit.by_name
    today = local(edit.at).date() == local(at).date()
    clock = f"{local(edit.at):%H:%M}" if today else moment_text(edit.at, at)
    return f"{name} {clock} "


def _act(clash: Clash) -> str:
    if clash.theirs is None:
        return "删掉了这一行，您在里面改过"
    if clash.mine is None:
        return "改过这一行，您把它删掉了"
    return "也改了这一项" if clash.theirs else "把这一项清空了"


def _words(item: FieldDefinition, clash: Clash, value: str | Row | None) -> str:
    if value is None:
        return "删掉这一行"
    if isinstance(value, dict):
        said = [column.said(value.get(column.code, "")) for column in item.columns]
        return "　".join(filter(None, said))
    column = next((c for c in item.columns if c.code == clash.column), item)
    return column.said(value) or "（空）"


def _where(item: FieldDefinition, shown: Held, clash: Clash) -> str:
    if not clash.key:
        return item.label
    keys = list(shown.rows(item.code))
    row = f"第 {keys.index(clash.key) + 1} 行" if clash.key in keys else "一行"
    label = next((c.label for c in item.columns if c.code == clash.column), "")
    return f"{item.label}{row}{label}"


def writing(submission: Submission, window: str, by: Actor, at: datetime) -> str:
    """``周岚正在填“课题名称”``: who else wrote within the last minutes; else empty."""
    since = at - AT_WORK
    lately = submission.edits.filter(at__gte=since).exclude(window__in=["", window])
    found: dict[str, str] = {}
    for edit in lately.order_by("-version", "place"):
        name = "您在另一个窗口" if edit.by_id == by.user.pk else edit.by_name
        item = submission.form.form.by_code.get(edit.place.split(".")[0])
        if item is not None:
            found.setdefault(name, f"{name}正在填“{item.label}”")
    return "，".join(list(found.values())[:3])


def answer(
    submission: Submission,
    merged: Merged,
    typed: Typed,
    *,
    window: str,
    by: Actor,
    at: datetime,
) -> dict[str, Any]:
    """What a save by script is told: the marks to carry on, what stands otherwise than
    it was sent (``fields``: code → text, ``rows``: code → [[key, row], …]), the boxes of
    clashes by field code, and who else is writing."""
    form, shown = submission.form.form, merged.shown
    fields: dict[str, str] = {}
    rows: dict[str, list[Any]] = {}
    for code, sent in typed.content.items():
        if form.by_code[code].kind == "rows":
            held = shown.rows(code)
            if held != dict(zip(typed.keys.get(code, []), sent, strict=False)):
                rows[code] = [[key, row] for key, row in held.items()]
        elif shown.content.get(code, "") != sent:
            fields[code] = shown.content.get(code, "")
    boxes = clashes_shown(submission, merged, by, at)
    return {
        "version": submission.version,
        "saved_at": submission.saved_at,
        "marks": merged.marks,
        "fields": fields,
        "rows": rows,
        "clashes": {code: _boxes(found) for code, found in boxes.items()},
        "others": writing(submission, window, by, at),
    }


def _boxes(found: list[ClashShown]) -> str:
    return render_to_string("submissions/_clashes.html", {"clashes": found})
