"""What the group's pages take in: the content of a form, whatever the campaign asks.

A draft may be incomplete, so nothing is required here; what is missing or wrong is
said by the rules and shown at the field by ``ContentForm(refusals=…)``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import QueryDict

from qcportal.accounts import mobiles
from qcportal.accounts.models import Organisation
from qcportal.campaigns.definition import FieldDefinition, FormDefinition, Section
from qcportal.campaigns.fields import When
from qcportal.campaigns.reading import MOST_ROWS
from qcportal.refusals import Refusal
from qcportal.ui.forms import (
    CheckSet,
    ParagraphsField,
    PortalForm,
    RadioCards,
    newlines_once,
)
from submissions import merging
from submissions.merging import Choice, Opened, Typed
from submissions.rules import DIRECT

PER_PAGE = 25
KEY = "KEY"  # of a row; no column is called so, codes are small letters
ROW_KEY = re.compile(r"[0-9a-z]{1,16}")
CHOOSE, SEEN = "choose-", "seen-"  # before the place of a clash
SPARE_ROWS = 2
MOST_STEPS = 22  # the most sections a form may have, papers, and the last look
COUNTED_FROM = 35  # shorter lines show no counter: they are full of them otherwise
INPUTS = {
    "mobile": {"inputmode": "tel", "autocomplete": "tel-national"},
    "postcode": {"inputmode": "numeric", "autocomplete": "postal-code"},
    "phone": {"inputmode": "tel", "autocomplete": "tel"},
    "email": {"type": "email", "autocomplete": "email"},
    "decimal": {"inputmode": "decimal"},
    "number": {"inputmode": "numeric"},
    "year": {"inputmode": "numeric"},
    "date": {"type": "date"},
}
# Share of six columns that a field takes (FieldDefinition.width).
SPANS = {"full": 6, "two-thirds": 4, "half": 3, "third": 2}


class DraftField(forms.CharField):
    """A field of a draft: marked as required or not, never refused for it. The limit
    feeds the counter and is no wall: what is typed is never lost."""

    def validate(self, value: str) -> None:
        """Nothing is required of a draft."""

    def run_validators(self, value: str) -> None:
        """What is too long is said by the rules."""


class DraftParagraphsField(DraftField, ParagraphsField):
    """The same for long text; line ends count once."""


def _field_of(
    item: FieldDefinition, recommenders: Iterable[tuple[str, str]]
) -> forms.Field:
    given: dict[str, Any] = {
        "label": item.label, "required": item.required,
        "help_text": _help(item),
        "max_length": item.limit if item.limit >= COUNTED_FROM else None,
    }  # fmt: skip
    widget = _widget_of(item, recommenders)
    if item.kind == "textarea":
        return DraftParagraphsField(widget=widget, **given)
    return DraftField(widget=widget, **given)


def _help(item: FieldDefinition) -> str:
    """The sentence under a field: its condition, its hint or example, its bounds."""
    example = f"例如 {item.example}" if item.example and not item.group else ""
    said = [item.hint or example]
    if item.range_words:
        said.append(f"{item.range_words}。")
    if item.kind == "checks" and (item.at_least or item.at_most):
        least = f"至少选 {item.at_least} 项" if item.at_least else ""
        most = f"最多选 {item.at_most} 项" if item.at_most else ""
        said.append("，".join(filter(None, [least, most])) + "。")
    if item.when:
        said.insert(0, f"{item.when.words}；不是的话留空，填了也不算。")
    sentences = [f"{text.rstrip('。')}。" for text in said if text]
    return "".join(sentences) if len(sentences) > 1 else "".join(filter(None, said))


def _widget_of(
    item: FieldDefinition, recommenders: Iterable[tuple[str, str]]
) -> forms.Widget:
    own = [(c.code, c.label) for c in item.choices]
    match item.kind:
        case "choice":
            notes = {c.code: c.hint for c in item.choices}
            return RadioCards(choices=own, notes=notes)
        case "checks":
            return CheckSet(choices=own)
        case "select":
            return forms.Select(choices=[("", "请选择"), *own])
        case "recommender":
            return forms.Select(choices=[("", "请选择"), *recommenders])
        case "textarea":
            return forms.Textarea(attrs={"rows": 14 if item.limit > 300 else 5})
    return forms.TextInput(attrs=dict(INPUTS.get(item.kind, {})))


def recommender_choices(
    options: Iterable[Organisation], *, allows_direct: bool
) -> list[tuple[str, str]]:
    """The unit's recommending bodies by key, and perhaps the way without one."""
    choices = [(str(option.key), option.name) for option in options]
    if allows_direct:
        choices.append((DIRECT, "没有推荐单位，申请直接申报"))
    return choices


def read_content(
    definition: FormDefinition, data: QueryDict, kept: Mapping[str, Any]
) -> dict[str, Any]:
    """The content that was sent, field code → text or rows. What the page did not
    send (another step of the form) stays as ``kept``."""
    return {**kept, **read_typed(definition, data).content}


def read_typed(definition: FormDefinition, data: QueryDict) -> Typed:
    """What the page sent of a content, with the keys of its rows; no more than that."""
    found: dict[str, Any] = {}
    keys: dict[str, list[str]] = {}
    for code, item in definition.by_code.items():
        if item.kind == "rows":
            if f"{code}-TOTAL_FORMS" in data:
                rows = _read_rows(item, data)
                found[code] = [row for _, row in rows]
                if any(key for key, _ in rows) or not rows:
                    keys[code] = _own_keys([key for key, _ in rows])
        elif item.kind == "checks" and code in data:
            sent = set(data.getlist(code))
            known = [choice.code for choice in item.choices]
            found[code] = " ".join(choice for choice in known if choice in sent)
        elif code in data:
            found[code] = _as_kept(item, newlines_once(data[code]).strip())
    return Typed(found, keys)


def _own_keys(sent: list[str]) -> list[str]:
    """The keys as sent; a row without one, or with another's, gets its own."""
    found: list[str] = []
    for key in sent:
        good = ROW_KEY.fullmatch(key) and key not in found
        found.append(key if good else merging.new_key())
    return found


def _as_kept(item: FieldDefinition, text: str) -> str:
    """A mobile typed in groups or with +86 is kept as its 11 digits."""
    if item.kind == "mobile" and mobiles.is_mobile(text):
        return mobiles.normalise(text)
    return text


def _read_rows(
    item: FieldDefinition, data: QueryDict
) -> list[tuple[str, dict[str, str]]]:
    """(key, row) in the order of the page; rows with nothing in them are dropped."""
    pattern = re.compile(rf"{re.escape(item.code)}-(\d{{1,3}})-")
    numbers = {int(m[1]) for name in data if (m := pattern.match(name))}
    rows = []
    for number in sorted(numbers)[:MOST_ROWS]:
        row = {
            column.code: _as_kept(
                column,
                newlines_once(
                    data.get(f"{item.code}-{number}-{column.code}", "")
                ).strip(),
            )
            for column in item.columns
        }
        if any(row.values()):
            rows.append((data.get(f"{item.code}-{number}-{KEY}", ""), row))
    return rows


@dataclass(frozen=True)
class Cell:
    """One control of a row."""

    name: str
    label: str
    value: str
    choices: list[tuple[str, str]]
    limit: int
    error: str = ""
    long: bool = False
    when: When | None = None
    when_name: str = ""


@dataclass(frozen=True)
class RowTable:
    """A field of kind ``rows`` as the page draws it: filled rows, spares, a template.
    A row is (name of its key's input, key, cells)."""

    item: FieldDefinition
    rows: list[tuple[str, str, list[Cell]]]
    blank: list[Cell]
    filled: int
    errors: list[str] = field(default_factory=list)
    clashes: list[Any] = field(default_factory=list)

    @property
    def code(self) -> str:
        return self.item.code

    @property
    def blank_key(self) -> str:
        return f"{self.code}-__prefix__-{KEY}"

    @property
    def range_text(self) -> str:
        what = "人" if self.item.means == "members" else "行"
        most = f"，最多 {self.item.at_most} {what}" if self.item.at_most else ""
        least = f"至少 {self.item.at_least} {what}" if self.item.at_least else ""
        return f"{least}{most}".strip("，")


@dataclass(frozen=True)
class Line:
    """Fields that stand side by side under one heading (may be empty)."""

    heading: str
    fields: list[tuple[forms.BoundField, int]]
    table: RowTable | None = None


class ContentForm(PortalForm):
    """A filled content as a page shows it, with what the rules say at each field."""

    use_required_attribute = False

    def __init__(
        self,
        definition: FormDefinition,
        content: Mapping[str, Any],
        recommenders: Iterable[tuple[str, str]],
        refusals: Iterable[Refusal] = (),
        *,
        frozen: bool = False,
        keys: Mapping[str, list[str]] | None = None,
        clashes: Mapping[str, list[Any]] | None = None,
    ) -> None:
        super().__init__(dict(content))
        self.definition, self.content = definition, content
        self.keys, self.clashes = keys or {}, clashes or {}
        self.recommenders = list(recommenders)
        for code, item in definition.by_code.items():
            if item.kind != "rows":
                made = self.fields[code] = _field_of(item, self.recommenders)
                made.when = item.when  # the page folds it while the condition fails
                made.clashes = self.clashes.get(code, [])
                if frozen:
                    chosen = isinstance(
                        made.widget, forms.Select | RadioCards | CheckSet
                    )
                    made.widget.attrs["disabled" if chosen else "readonly"] = True
        self.frozen = frozen
        self.full_clean()
        self.said: dict[str, list[str]] = {}
        for refusal in refusals:
            self._attach(refusal)

    def _attach(self, refusal: Refusal) -> None:
        self.said.setdefault(refusal.field, []).append(refusal.message)
        if refusal.field in self.fields:
            self.fields[refusal.field].misnamed = refusal.code == "name_differs"
            self.add_error(refusal.field, refusal.message)

    def lines(self, section: Section) -> list[Line]:
        """The section's fields in rows of six columns, groups under one heading."""
        lines: list[Line] = []
        for item in section.fields:
            if item.kind == "rows":
                lines.append(Line(item.label, [], self.table(item)))
                continue
            span = SPANS.get(item.width, 6)
            if lines and self._fits(lines[-1], item, span):
                lines[-1].fields.append((self[item.code], span))
            else:
                lines.append(Line(item.group, [(self[item.code], span)]))
        return lines

    @staticmethod
    def _fits(line: Line, item: FieldDefinition, span: int) -> bool:
        if item.group or line.heading:
            return line.table is None and item.group == line.heading
        return not line.table and sum(s for _, s in line.fields) + span <= 6

    def table(self, item: FieldDefinition) -> RowTable:
        """The rows of a field, with spare ones for browsers without scripts."""
        stored = self.content.get(item.code)
        rows = [row for row in stored if isinstance(row, dict)] if stored else []
        wanted = max(len(rows) + SPARE_ROWS, item.at_least)
        count = max(min(wanted, item.at_most or wanted), len(rows))
        keys = merging.standing_keys(self.keys.get(item.code), len(rows))
        keys = [*keys, *(merging.new_key() for _ in range(count - len(rows)))]
        shown = [
            (f"{item.code}-{n}-{KEY}", keys[n],
             self._row(item, n, rows[n] if n < len(rows) else {}))
            for n in range(count)
        ]  # fmt: skip
        blank = [_cell(item, c, "__prefix__", "", "") for c in item.columns]
        return RowTable(
            item, shown, blank, len(rows), self.said.get(item.code, []),
            self.clashes.get(item.code, []),
        )  # fmt: skip

    def _row(
        self, item: FieldDefinition, number: int, row: Mapping[str, Any]
    ) -> list[Cell]:
        return [
            _cell(
                item, column, number, str(row.get(column.code, "")),
                "；".join(self.said.get(f"{item.code}.{number + 1}.{column.code}", [])),
            )
            for column in item.columns
        ]  # fmt: skip


def _cell(
    item: FieldDefinition,
    column: FieldDefinition,
    number: int | str,
    value: str,
    error: str,
) -> Cell:
    when = column.when
    return Cell(
        f"{item.code}-{number}-{column.code}", column.label, value, _options(column),
        column.limit, error, long=column.kind == "textarea", when=when,
        when_name=f"{item.code}-{number}-{when.field}" if when else "",
    )  # fmt: skip


def _options(column: FieldDefinition) -> list[tuple[str, str]]:
    return [(c.code, c.label) for c in column.choices]


@dataclass(frozen=True)
class Asked:
    """``step`` 0: none in particular; ``check``: mark everything that is missing."""

    step: int
    check: bool


class VersionForm(PortalForm):
    """Which version of the draft the page was opened with; junk counts as very old."""

    version = forms.IntegerField(min_value=0, max_value=2_000_000_000, required=False)

    @classmethod
    def read(cls, data: QueryDict) -> int:
        form = cls(data)
        found = form.cleaned_data.get("version") if form.is_valid() else None
        return -1 if found is None else found


class OpenedForm(PortalForm):
    """What the page was opened with (``version``, ``marks``, ``window``) and what was
    chosen at clashes. Junk counts as a page that knows nothing."""

    window = forms.RegexField(r"\A[0-9a-z]{1,32}\Z", required=False)
    marks = forms.CharField(max_length=200_000, required=False)

    @classmethod
    def read(cls, data: QueryDict) -> Opened:
        form = cls(data)
        form.is_valid()
        found = form.cleaned_data
        return Opened(
            VersionForm.read(data),
            _marks(found.get("marks", "")),
            found.get("window", ""),
        )

    @classmethod
    def choices(cls, data: QueryDict) -> dict[str, Choice]:
        """Place → what was chosen there, having seen which words."""
        places = [name for name in data if name.startswith(CHOOSE)]
        return {
            name.removeprefix(CHOOSE): Choice(
                data[name] == "mine", data.get(SEEN + name.removeprefix(CHOOSE), "")
            )
            for name in places
            if data[name] in {"mine", "theirs"}
        }


def _marks(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


class BringForm(PortalForm):
    """A filled Word form, or an Excel sheet of results, to be read into drafts."""

    file = forms.FileField(
        label="填好的文件",
        help_text="Word（.docx）或 Excel（.xlsx），不超过 10 MB。",
        widget=forms.FileInput(attrs={"accept": ".docx,.xlsx"}),
        error_messages={"required": "请选一份 .docx 或 .xlsx。"},
    )


class StepForm(PortalForm):
    """Where on the form the page stands; junk counts as not asked for."""

    step = forms.IntegerField(min_value=1, max_value=MOST_STEPS, required=False)
    check = forms.BooleanField(required=False)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Asked:
        form = cls(data)
        form.is_valid()
        found = form.cleaned_data
        return Asked(found.get("step") or 0, bool(found.get("check")))


@dataclass(frozen=True)
class Filing:
    """The act of filing: names confirmed, the mark of those that were read (None where
    the page sent none), and whether to wait for files on their way."""

    confirmed: bool
    wait: bool
    names: str | None


class FilingForm(PortalForm):
    confirmed = forms.BooleanField(required=False)
    wait = forms.BooleanField(required=False)
    names = forms.CharField(max_length=100, required=False)

    @classmethod
    def read(cls, data: QueryDict) -> Filing:
        form = cls(data)
        form.is_valid()
        found = form.cleaned_data
        names = found.get("names", "") if "names" in data else None
        return Filing(found["confirmed"], found["wait"], names)


def page_of(rows: QuerySet[Any], number: str | None) -> Page[Any]:
    """Page ``number`` of 25 rows; junk and numbers past the end give a real page."""
    return Paginator(rows, PER_PAGE).get_page(number)
