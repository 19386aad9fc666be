"""What a submission takes from a registered topic: facts for its form, dated records as
proof. Pure reading of the topic; used when a draft begins and when it is frozen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from qcportal.campaigns.definition import FieldDefinition, FormDefinition
from submissions.yearbook import ActivityRecord, GroupMember, Topic


def known_facts(form: FormDefinition, topic: Topic) -> dict[str, Any]:
    """Field code → text or rows, for the fields whose meaning the topic knows."""
    known: dict[str, Any] = {
        "title": topic.title, "topic_type": topic.topic_type, "period": period(topic),
        "measure": measure(topic), "before": topic.before, "target": topic.target,
    }  # fmt: skip
    found = {
        item.code: known[item.means]
        for item in form.by_code.values()
        if item.means in known and _fits(item, known[item.means])
    }
    members = form.meaning("members")
    if members:
        standing = topic.group_year.standing_members
        found[members.code] = member_rows(members, standing)
    return found


def member_rows(
    table: FieldDefinition, members: Sequence[GroupMember]
) -> list[dict[str, str]]:
    """Registered members as rows of a form's table."""
    return [_cells(table, _row(member)) for member in members]


def _fits(item: FieldDefinition, text: str) -> bool:
    """A question of this campaign may not know the topic's answer."""
    return not item.choices or bool(item.choice_label(text))


def _cells(table: FieldDefinition, known: dict[str, str]) -> dict[str, str]:
    """One member as a row of the form's table, by what its columns mean."""
    return {
        column.code: known.get(column.means, "")
        if _fits(column, known.get(column.means, ""))
        else ""
        for column in table.columns
    }


def _row(member: GroupMember) -> dict[str, str]:
    part = GroupMember.Part(member.role).label if member.role else ""
    return {
        "name": member.name, "gender": member.gender, "post": member.post,
        "part": part if member.role == GroupMember.Part.LEADER else "",
    }  # fmt: skip


def measure(topic: Topic) -> str:
    """``故障率（次/万车公里）``."""
    unit = topic.unit_of_measure
    return f"{topic.measure}（{unit}）"[:30] if unit else topic.measure


def period(topic: Topic) -> str:
    """``2020年3月至2020年9月``: from the first planned or recorded day to the last."""
    days = [d for step in topic.procedure.steps for d in topic.planned(step.code) or ()]
    held = [record.held_on for record in topic.standing_records]
    if not days and not held:
        return ""
    first, last = min([*days, *held]), max([*days, *held])
    return f"{first.year}年{first.month}月至{last.year}年{last.month}月"


def frozen(topic: Topic, records: Sequence[ActivityRecord]) -> dict[str, Any]:
    """The topic and its records as plain JSON; names of people only under
    ``attendees`` and ``entered_by``, so that a reader without names can leave them out."""
    return {
        "number": topic.number,
        "title": topic.title,
        "kind": topic.procedure.label,
        "confirmed_at": _moment(topic.decided_at) if topic.is_confirmed else "",
        "records": [_frozen_record(record) for record in records],
    }


def _frozen_record(record: ActivityRecord) -> dict[str, Any]:
    files = [file.document for file in record.files.select_related("document")]
    return {
        "key": str(record.key), "held_on": record.held_on.isoformat(),
        "step": record.step_label, "place": record.place,
        "hours": f"{record.hours.normalize():f}", "content": record.content,
        "attendees": [member.name for member in record.attendees.all()],
        "expected": record.expected, "entered_at": _moment(record.entered_at),
        "entered_by": record.entered_by_name, "days_late": record.days_late,
        "correction": record.correction, "content_hash": record.content_hash,
        "files": [{"key": str(d.key), "title": d.title, "sha256": d.sha256} for d in files],
    }  # fmt: skip


def _moment(at: Any) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")
