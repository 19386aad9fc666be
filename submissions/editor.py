"""What the form's page shows: steps, slots, what is missing and where. Reads only."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from qcportal.accounts.models import Organisation
from qcportal.campaigns.access import recommenders_for
from qcportal.campaigns.definition import FormDefinition, PaperSlot, Section
from qcportal.campaigns.form_changes import changes
from qcportal.campaigns.models import Category
from qcportal.refusals import Refusal
from qcportal.ui.words import numeral
from submissions import papers, rules
from submissions.forms import ContentForm, Line, recommender_choices
from submissions.lifecycle import State
from submissions.merging import Merged, marks_of
from submissions.models import Attachment, Submission
from submissions.together import ClashShown

# Said only when asked for (核对并提交): an empty draft is not full of mistakes.
NOT_YET = frozenset({"missing", "too_few_rows", "paper_missing"})
FILE_ICONS = {
    "pdf": "file-type-pdf", "docx": "file-type-docx", "zip": "file-zip",
    "jpg": "photo", "png": "photo",
}  # fmt: skip


@dataclass(frozen=True)
class StepMark:
    """One of the steps in the rail; ``state`` is done, now, missing or later."""

    number: int
    label: str
    note: str
    url: str
    state: str

    @property
    def numeral(self) -> str:
        return numeral(self.number)


@dataclass(frozen=True)
class Lack:
    """Something against filing, with the way to its place."""

    message: str
    url: str
    field: str


@dataclass(frozen=True)
class SectionShown:
    """A section with its lines and how much of it is filled."""

    number: int
    title: str
    code: str
    meta: str
    lines: list[Line]

    @property
    def heading(self) -> str:
        return f"{numeral(self.number)}、{self.title}"


@dataclass(frozen=True)
class SlotShown:
    """A paper slot with the files standing in it and what was wrong with the last."""

    slot: PaperSlot
    files: list[Attachment]
    errors: list[str] = field(default_factory=list)
    awaited: bool = False

    @property
    def input_name(self) -> str:
        return slot_input(self.slot)

    @property
    def types(self) -> str:
        return " ".join(
            (*self.slot.extensions, "jpeg")
            if "jpg" in self.slot.extensions
            else self.slot.extensions
        )

    @property
    def limits(self) -> str:
        kinds = "、".join(extension.upper() for extension in self.slot.extensions)
        number = f"，最多 {self.slot.most_files} 份" if self.slot.many else ""
        return f"{kinds}{number}，每份不超过 {self.slot.max_mb} MB"

    @property
    def merged(self) -> set[int]:
        """Files that were merged here and may be taken apart."""
        return {
            one.pk
            for one in self.files
            if one.document.is_pdf and len(one.document.picture_sources.all()) > 1
        }

    @property
    def mergeable(self) -> int:
        """How many pictures could be one PDF; 0 where there is nothing to merge."""
        ready = [f for f in self.files if f.document.is_image and f.document.is_ready]
        return len(ready) if self.slot.merge and len(ready) > 1 else 0

    @property
    def icon_name(self) -> str:
        if self.slot.is_film:
            return "player-play"
        return "photo" if self.slot.extensions[0] in {"jpg", "png"} else "file-text"


def slot_input(slot: PaperSlot) -> str:
    """Name of the slot's file input."""
    return f"paper-{slot.code}"


def options_of(submission: Submission) -> list[tuple[str, str]]:
    """The choices of the recommender field for this unit."""
    return body_options(submission.category, submission.unit)


def body_options(category: Category, unit: Organisation) -> list[tuple[str, str]]:
    """The bodies a unit's result may go to in a category, by key."""
    bodies = recommenders_for(category.campaign, unit)
    return recommender_choices(bodies, allows_direct=category.allows_direct)


class Editor:
    """Everything the page of one submission shows; ``content`` may be what was typed
    and not kept. With ``check`` all that is missing is marked."""

    def __init__(
        self,
        submission: Submission,
        *,
        step: int = 0,
        check: bool = False,
        frozen: bool = False,
        slot_errors: Mapping[str, list[str]] | None = None,
        merged: Merged | None = None,
        clashes: Mapping[str, list[ClashShown]] | None = None,
        awaited: Collection[str] = (),
    ) -> None:
        self.submission, self.frozen, self.check = submission, frozen, check
        self.definition: FormDefinition = submission.form.form
        self.shown = merged.shown if merged else submission.held
        self.content, self.clashes = self.shown.content, clashes or {}
        held = submission.held
        self.marks = merged.marks if merged else marks_of(self.definition, held)
        self.asked_step = step
        self.slot_errors, self.awaited = slot_errors or {}, awaited
        self.all_faults = list(rules.incomplete(submission, awaited))
        self.count = len(self.definition.sections) + 2

    @property
    def marks_text(self) -> str:
        """What the page was opened with, as it carries it along."""
        return json.dumps(self.marks, separators=(",", ":"))

    @property
    def window(self) -> str:
        """The mark of this opening of the page."""
        return secrets.token_hex(8)

    @property
    def step(self) -> int:
        """The step a phone shows: 1 to count."""
        return min(max(self.asked_step, 1), self.count)

    @property
    def step_title(self) -> str:
        return f"第{numeral(self.step)}步，共{numeral(self.count)}步"

    @property
    def previous(self) -> int:
        return self.step - 1

    @property
    def following(self) -> int:
        return self.step + 1 if self.step < self.count else 0

    @property
    def papers_number(self) -> int:
        return self.count - 1

    @property
    def papers_heading(self) -> str:
        return f"{numeral(self.count - 1)}、上传材料"

    @property
    def review_heading(self) -> str:
        return f"{numeral(self.count)}、核对并提交"

    @property
    def form(self) -> ContentForm:
        faults = [f for f in self.all_faults if self.check or f.code not in NOT_YET]
        return ContentForm(
            self.definition, self.content, options_of(self.submission),
            faults, frozen=self.frozen, keys=self.shown.keys, clashes=self.clashes,
        )  # fmt: skip

    @property
    def sections(self) -> list[SectionShown]:
        form = self.form
        return [
            SectionShown(n, s.title, s.code, self._meta(s), form.lines(s))
            for n, s in enumerate(self.definition.sections, 1)
        ]

    def _faults_of(self, section: Section) -> list[Refusal]:
        codes = {item.code for item in section.fields}
        return [f for f in self.all_faults if f.field.split(".")[0] in codes]

    def _meta(self, section: Section) -> str:
        wrong = len({f.field for f in self._faults_of(section)})
        asks = self.definition.asks
        needed = sum(i.required and asks(i, self.content) for i in section.fields)
        return f"还差 {wrong} 项" if wrong else f"{needed} 项必填，都填好了"

    @property
    def slots(self) -> list[SlotShown]:
        standing = rules.current_attachments(self.submission)
        return [
            SlotShown(
                slot,
                standing.get(slot.code, []),
                self._slot_errors(slot),
                slot.code in self.awaited,
            )
            for slot in self.definition.papers
        ]

    def _slot_errors(self, slot: PaperSlot) -> list[str]:
        said = [
            f.message
            for f in self.all_faults
            if self.check and f.field == slot_input(slot)
        ]
        return [*self.slot_errors.get(slot.code, []), *said]

    @property
    def papers_meta(self) -> str:
        missing = sum(f.code == "paper_missing" for f in self.all_faults)
        return f"还差 {missing} 份" if missing else "必传的都传好了"

    @property
    def lacks(self) -> list[Lack]:
        """What stands against filing, in the order of the form, with links."""
        return [Lack(f.message, self.link(f), f.field) for f in self.all_faults]

    @property
    def lack_text(self) -> str:
        """``还差 2 项没填、1 份材料没传``; empty when all is there."""
        missing = sum(f.code == "paper_missing" for f in self.all_faults)
        fields = len(self.all_faults) - missing
        parts = [f"{fields} 项没填好"] * bool(fields)
        parts += [f"{missing} 份材料没传"] * bool(missing)
        return f"还差 {'、'.join(parts)}" if parts else ""

    def link(self, fault: Refusal) -> str:
        """The address of the place a fault speaks of, from any page."""
        base = reverse("submissions:edit", args=[self.submission.code])
        code = fault.field.split(".")[0]
        number = self._step_of(code)
        return f"{base}?step={number}&check=1#field-{code}"

    def _step_of(self, code: str) -> int:
        for number, section in enumerate(self.definition.sections, 1):
            if any(item.code == code for item in section.fields):
                return number
        return self.papers_number

    @property
    def steps(self) -> list[StepMark]:
        marks = [
            self._mark(n, s.title, self._faults_of(s), self._touched(s))
            for n, s in enumerate(self.definition.sections, 1)
        ]
        lacking = [f for f in self.all_faults if f.code == "paper_missing"]
        touched = any(shown.files for shown in self.slots)
        marks.append(self._mark(self.papers_number, "上传材料", lacking, touched))
        state = "now" if self.asked_step == self.count else "later"
        note = "" if self.all_faults else "可以提交"
        marks.append(
            StepMark(self.count, "核对并提交", note, self._step_url(self.count), state)
        )
        return marks

    def _touched(self, section: Section) -> bool:
        return any(self.content.get(item.code) for item in section.fields)

    def _mark(
        self, number: int, label: str, faults: Iterable[Refusal], touched: bool
    ) -> StepMark:
        wrong = len({f.field for f in faults})
        state = "done" if not wrong else "missing" if touched or self.check else "later"
        note = f"还差 {wrong} 项" if wrong else "填好了"
        if number == self.papers_number:
            note = f"还差 {wrong} 份" if wrong else "传好了"
        if number == self.asked_step and state != "done":
            state = "now"
        return StepMark(number, label, note, self._step_url(number), state)

    def _step_url(self, number: int) -> str:
        return f"?step={number}#step-{number}"

    @property
    def paper(self) -> dict[str, Any]:
        """Facts of the form as it would print now."""
        return papers.draft_form(self.submission)

    @property
    def newer_form(self) -> list[str]:
        """What the newest published form changed against this draft's, in words; empty
        where the draft is on it or is amended."""
        newest = self.submission.category.newest_form
        own = self.submission.form
        if newest is None or newest.version <= own.version or self.frozen:
            return []
        if self.submission.state_enum == State.AMENDMENT_ASKED:
            return []
        said = [change.text for change in changes(self.definition, newest.form)]
        return said or ["只改了说明文字"]
