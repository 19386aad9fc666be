"""What the portal knows already and a form may take: the unit's and the group's own
facts, this year's registration, the filing of the year before. Pure reading; nothing
here ever takes the place of what was typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from qcportal.accounts.models import Organisation
from qcportal.campaigns.access import recommenders_for
from qcportal.campaigns.definition import FieldDefinition, FormDefinition
from qcportal.campaigns.form_changes import in_words
from submissions import proof
from submissions.models import Submission
from submissions.yearbook import GroupYear

UNIT, REGISTRATION = "单位和班组的登记", "本年度注册登记"
# About one result only: offered from last year, but not ticked beforehand.
OF_ONE_RESULT = frozenset(
    {"title", "topic_type", "summary", "period", "measure", "before", "target", "after"}
)


@dataclass(frozen=True)
class Offer:
    """A field that is empty and could be filled: with what, from where."""

    item: FieldDefinition
    value: Any
    source: str
    ticked: bool

    @property
    def code(self) -> str:
        return self.item.code

    @property
    def text(self) -> str:
        return in_words(self.item, self.value)


def standing_facts(
    form: FormDefinition, group: Organisation, person: str
) -> dict[str, str]:
    """Field code → text, of what unit and group are registered with. ``person``: the
    contact."""
    unit = group.parent
    known = {
        "unit_name": unit.name if unit else "",
        "group_name": group.name,
        "address": unit.address if unit else "",
        "postcode": unit.postcode if unit else "",
        "department": group.department,
        "contact": person,
    }
    return {
        item.code: known[item.means]
        for item in form.by_code.values()
        if item.means in known
    }


def registered(form: FormDefinition, group: Organisation, year: int) -> dict[str, Any]:
    """Field code → rows, of the members registered for that year, if they are."""
    found = (
        GroupYear.objects.filter(group=group, year=year)
        .prefetch_related("members")
        .first()
    )
    members = form.meaning("members")
    if found is None or members is None or not found.standing_members:
        return {}
    return {members.code: proof.member_rows(members, found.standing_members)}


def before(submission: Submission) -> Submission | None:
    """The group's newest filed result of an earlier campaign, in the same kind of
    category first."""
    filed = (
        Submission.objects.filter(group=submission.group, revision__isnull=False)
        .exclude(campaign=submission.campaign)
        .filter(campaign__year__lte=submission.campaign.year)
        .with_people()
    )
    found = list(filed.order_by("-campaign__year", "-revision__filed_at")[:10])
    alike = [one for one in found if one.category.code == submission.category.code]
    return (alike or found or [None])[0]


def offers(submission: Submission, person: str) -> list[Offer]:
    """Every empty field of the draft that something is known for, in the order of the
    form; what is nearer goes first: registered facts, then last year's."""
    form = submission.form.form
    sources: list[tuple[str, Mapping[str, Any]]] = [
        (UNIT, standing_facts(form, submission.group, person)),
        (REGISTRATION, registered(form, submission.group, submission.campaign.year)),
    ]
    last = before(submission)
    if last is not None:
        title = f"{last.campaign.year}年度《{last.title}》"
        sources.append((title, dict(_from(last, form, submission))))
    return [
        offer
        for item in form.by_code.values()
        if not submission.content.get(item.code)
        and (offer := _offer(item, sources)) is not None
    ]


def _offer(
    item: FieldDefinition, sources: list[tuple[str, Mapping[str, Any]]]
) -> Offer | None:
    for source, known in sources:
        if value := known.get(item.code):
            near = source in {UNIT, REGISTRATION}
            return Offer(item, value, source, near or item.means not in OF_ONE_RESULT)
    return None


def _from(
    last: Submission, form: FormDefinition, now: Submission
) -> Iterator[tuple[str, Any]]:
    """The filed content as far as this form has a place for it: the same code, else the
    same meaning."""
    filed = last.filed_revision
    old, content = filed.form.form, filed.content
    for item in form.by_code.values():
        source = old.by_code.get(item.code)
        if source is None and item.means:
            source = old.meaning(item.means)
        if source is None or (source.kind == "rows") != (item.kind == "rows"):
            continue
        value = content.get(source.code)
        if item.kind == "rows":
            yield item.code, _rows(source, item, value or [])
        elif value and _takes(item, value, now):
            yield item.code, value


def _rows(
    source: FieldDefinition, target: FieldDefinition, rows: list[dict[str, str]]
) -> list[dict[str, str]]:
    found = []
    for row in rows:
        line = {column.code: "" for column in target.columns}
        for column in target.columns:
            same = next((c for c in source.columns if c.code == column.code), None)
            same = same or (source.column(column.means) if column.means else None)
            text = str(row.get(same.code, "")) if same else ""
            if text and (not column.choices or column.choice_label(text)):
                line[column.code] = text
        if any(line.values()):
            found.append(line)
    return found


def _takes(item: FieldDefinition, value: str, now: Submission) -> bool:
    if item.kind == "recommender":
        options = recommenders_for(now.campaign, now.unit)
        return value in {str(option.key) for option in options}
    return not item.choices or all(map(item.choice_label, item.ticked(value)))
