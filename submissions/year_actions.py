"""The only writers of registrations, topics and activity records.

Lock order: the year's number → registration → topic. Nothing here touches a submission.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Organisation
from qcportal.audit.record import record
from qcportal.documents import making
from qcportal.documents.models import Document
from qcportal.refusals import refuse, refuse_if
from submissions import year_notices, year_papers, year_rules
from submissions.year_rules import day_of, local_day
from submissions.yearbook import (
    ActivityRecord,
    Approval,
    GroupMember,
    GroupYear,
    RecordFile,
    Topic,
    YearNumber,
    YearPaper,
)

STALE = (
    "另一个窗口或另一位同事刚刚改过这份登记，您这里的改动没有盖掉它。请先看看最新内容。"
)
WARN_AGAIN_DAYS = 7


def locked_year(year_id: int) -> GroupYear:
    GroupYear.objects.select_for_update().get(pk=year_id)
    return GroupYear.objects.select_related("group", "unit").get(pk=year_id)


def locked_topic(topic_id: int) -> Topic:
    Topic.objects.select_for_update().get(pk=topic_id)
    return Topic.objects.with_records().get(pk=topic_id)


# --- registration of the group ------------------------------------------------------


@transaction.atomic
def begin_year(*, by: Actor, at: datetime) -> GroupYear:
    """This year's registration of the group, begun once; the members of the newest
    earlier year are copied. A second call answers with the first's row."""
    year = local_day(at).year
    refuse_if(year_rules.why_not_register(by, year, at))
    group, unit = by.organisation, by.organisation.parent
    if unit is None:
        refuse("not_yours", "小组还没有所属单位，请联系单位管理员。")
    row, made = GroupYear.objects.get_or_create(
        group=group, year=year,
        defaults={"unit": unit, "created_at": at, "saved_at": at},
    )  # fmt: skip
    earlier = GroupYear.objects.filter(group=group, year__lt=year).first()
    if made and earlier:
        row.kind, row.adviser = earlier.kind, earlier.adviser
        row.save(update_fields=["kind", "adviser"])
        kept = [year_rules.member_row(m) for m in earlier.standing_members]
        _write_members(row, kept, local_day(at))
    return row


@transaction.atomic
def save_year(
    year_id: int, content: Mapping[str, Any], *, version: int, by: Actor, at: datetime
) -> GroupYear:
    """Keep what was typed, half-filled or not; ``content`` as year_rules.year_content.

    Raises Refused for what no column can hold and for an older ``version``.
    """
    row = locked_year(year_id)
    refuse_if(year_rules.why_not_write(row, by))
    refuse_if(year_rules.typed_faults(content))
    if version != row.version:
        refuse("stale_version", STALE)
    row.kind, row.adviser = content["kind"], content["adviser"]
    row.registered_on = day_of(content["registered_on"])
    row.version += 1
    row.saved_at = at
    row.save(update_fields=["kind", "adviser", "registered_on", "version", "saved_at"])
    _write_members(row, content["members"], local_day(at))
    return row


def _write_members(
    row: GroupYear, typed: Sequence[Mapping[str, str]], today: date
) -> None:
    """Rows by name: who is no longer listed has left (and is forgotten where no record
    speaks of them)."""
    known = {m.name: m for m in row.members.all()}
    row.members.update(role=GroupMember.Part.MEMBER)  # two leaders never meet
    names = [typed_row["name"] for typed_row in typed]
    for name, member in known.items():
        if name not in names:
            _let_go(member, today)
    for order, given in enumerate(typed, 1):
        GroupMember.objects.update_or_create(
            group_year=row, name=given["name"],
            defaults={
                "order": order, "gender": given["gender"], "post": given["post"],
                "birth_year": int(given["birth_year"]) if given["birth_year"] else None,
                "education": given["education"], "role": given["role"],
                "joined_on": day_of(given["joined_on"]), "left_on": None,
                "hours": Decimal(given["hours"]) if given["hours"] else None,
            },
        )  # fmt: skip


def _let_go(member: GroupMember, today: date) -> None:
    named = ActivityRecord.objects.filter(attendees=member).exists()
    leads = Topic.objects.filter(leader=member).exists()
    if not named and not leads:
        member.delete()
    elif member.left_on is None:
        member.left_on = today
        member.save(update_fields=["left_on"])


@transaction.atomic
def send_year(year_id: int, *, by: Actor, at: datetime) -> GroupYear:
    """Hand the registration to the unit. A second click changes nothing."""
    row = locked_year(year_id)
    if row.is_sent and row.group_id == by.organisation.pk:
        return row
    refuse_if(year_rules.why_not_send_year(row, by))
    _send(row, at)
    record(by, "year_sent", _about(row), at=at)
    year_notices.sent(row, at)
    return row


@transaction.atomic
def reopen_year(year_id: int, *, comment: str, by: Actor, at: datetime) -> None:
    """Change what was sent or confirmed: with a reason, and the unit confirms anew."""
    row = locked_year(year_id)
    refuse_if(year_rules.why_not_reopen(row, by))
    _reopen(row, comment, by, at)


@transaction.atomic
def confirm_year(year_id: int, *, by: Actor, at: datetime) -> GroupYear:
    """The unit confirms; the first time the number is drawn. Again changes nothing."""
    row = locked_year(year_id)
    if row.is_confirmed and row.unit_id == by.organisation.pk:
        return row
    refuse_if(year_rules.why_not_decide(row, by, "确认登记"))
    refuse_if(year_rules.year_faults(row))
    if not row.number:
        row.number = _next_number(row)
        row.save(update_fields=["number"])
    members = len(row.standing_members)
    _confirm(row, {"members": members, "kind": row.kind}, by, at)
    facts = year_papers.registration_form(row, by.user_name, at)
    _order_paper(facts, row.group, by, at, group_year=row)
    return row


def _order_paper(
    facts: dict[str, Any], group: Organisation, by: Actor, at: datetime,
    **of: GroupYear | Topic,
) -> None:  # fmt: skip
    """The paper of this confirmation: what it says is frozen, the file is made later."""
    name = year_papers.title(facts, group)
    (row,) = of.values()
    YearPaper.objects.create(
        times=row.confirmed_times, facts=facts, at=at, **of,
        document=making.order("year_form", name, maker=year_papers.MAKER, by=by.user),
    )  # fmt: skip


@transaction.atomic
def return_year(year_id: int, *, comment: str, by: Actor, at: datetime) -> None:
    row = locked_year(year_id)
    refuse_if(year_rules.why_not_decide(row, by, "退回登记"))
    _return(row, comment, by, at)


def _next_number(row: GroupYear) -> str:
    """``2020-PD-GR-0007``: the unit's own letters, else those of its recommending body."""
    letters = row.unit.letters or next(
        (
            o.letters
            for o in Organisation.objects.recommenders_of(row.unit)
            if o.letters
        ),
        "QC",
    )
    YearNumber.objects.get_or_create(year=row.year, letters=letters)
    counter = YearNumber.objects.select_for_update().get(year=row.year, letters=letters)
    counter.value += 1
    counter.save(update_fields=["value"])
    return f"{row.year}-{letters}-GR-{counter.value:04d}"


# --- what group and topic have in common ----------------------------------------------


def _about(row: GroupYear | Topic) -> str:
    if isinstance(row, Topic):
        return row.number
    return row.number or f"{row.year} {row.group.name}"[:120]


def _send(row: GroupYear | Topic, at: datetime) -> None:
    row.approval, row.sent_at = Approval.SENT, at
    row.save(update_fields=["approval", "sent_at"])


def _reopen(row: GroupYear | Topic, comment: str, by: Actor, at: datetime) -> None:
    if not comment.strip():
        refuse("comment_missing", "请写明要改什么、为什么，单位会看到。", "comment")
    row.approval = Approval.DRAFT
    row.save(update_fields=["approval"])
    record(by, "year_reopened", _about(row), at=at, reason=comment.strip())
    year_notices.reopened(row, comment.strip(), at)


def _confirm(
    row: GroupYear | Topic, facts: Mapping[str, Any], by: Actor, at: datetime
) -> None:
    row.approval, row.decided_at = Approval.CONFIRMED, at
    row.decided_by_name, row.return_reason = by.user_name, ""
    row.confirmed_times += 1
    row.save(update_fields=["approval", "decided_at", "decided_by_name",
                            "return_reason", "confirmed_times"])  # fmt: skip
    record(by, "year_confirmed", _about(row), at=at, **facts)
    year_notices.decided(row, at)


def _return(row: GroupYear | Topic, comment: str, by: Actor, at: datetime) -> None:
    if not comment.strip():
        refuse("comment_missing", "请写明原因，小组会看到。", "comment")
    row.approval, row.decided_at = Approval.RETURNED, at
    row.decided_by_name, row.return_reason = by.user_name, comment.strip()[:500]
    row.save(
        update_fields=["approval", "decided_at", "decided_by_name", "return_reason"]
    )
    record(by, "year_returned", _about(row), at=at, reason=row.return_reason)
    year_notices.decided(row, at)


# --- topics -------------------------------------------------------------------------


@transaction.atomic
def begin_topic(
    year_id: int, *, title: str, kind: str, by: Actor, at: datetime
) -> Topic:
    """A new topic of the group's year, still to be filled in and sent."""
    row = locked_year(year_id)
    refuse_if(year_rules.why_not_add_topic(row, by, at))
    last = row.topics.aggregate(last=Max("serial"))["last"] or 0
    return Topic.objects.create(
        group_year=row, serial=last + 1, title=title, kind=kind, leader=row.leader,
        created_at=at, saved_at=at,
    )  # fmt: skip


@transaction.atomic
def save_topic(
    topic_id: int, facts: Mapping[str, Any], *, version: int, by: Actor, at: datetime
) -> Topic:
    """Keep what was typed. ``facts``: title, kind, source, leader (GroupMember or None),
    reason, measure, unit_of_measure, before, target, plan."""
    topic = locked_topic(topic_id)
    refuse_if(year_rules.why_not_write(topic, by))
    if version != topic.version:
        refuse("stale_version", STALE)
    names = ["title", "kind", "source", "leader", "reason", "measure",
             "unit_of_measure", "before", "target", "plan"]  # fmt: skip
    for name in names:
        setattr(topic, name, facts[name])
    refuse_if(year_rules.typed_topic_faults(topic))
    if topic.leader and topic.leader.group_year_id != topic.group_year_id:
        refuse("not_a_member", "课题组长要从本组成员里选。", "leader")
    if topic.records.exists() and Topic.objects.get(pk=topic_id).kind != topic.kind:
        refuse("kind_fixed", "已经有活动记录，课题类型不能再换。", "kind")
    topic.version += 1
    topic.saved_at = at
    topic.save(update_fields=[*names, "version", "saved_at"])
    return topic


@transaction.atomic
def send_topic(topic_id: int, *, by: Actor, at: datetime) -> Topic:
    """Hand the topic to the unit. A second click changes nothing."""
    topic = locked_topic(topic_id)
    if topic.is_sent and topic.group_year.group_id == by.organisation.pk:
        return topic
    refuse_if(year_rules.why_not_send_topic(topic, by))
    _send(topic, at)
    record(by, "year_sent", _about(topic), at=at)
    year_notices.sent(topic, at)
    return topic


@transaction.atomic
def reopen_topic(topic_id: int, *, comment: str, by: Actor, at: datetime) -> None:
    topic = locked_topic(topic_id)
    refuse_if(year_rules.why_not_reopen(topic, by))
    _reopen(topic, comment, by, at)


@transaction.atomic
def confirm_topic(topic_id: int, *, by: Actor, at: datetime) -> Topic:
    """The unit confirms the topic; what it confirmed stands in the trail."""
    topic = locked_topic(topic_id)
    if topic.is_confirmed and topic.group_year.unit_id == by.organisation.pk:
        return topic
    refuse_if(year_rules.why_not_decide(topic, by, "确认登记"))
    facts = {
        "title": topic.title, "kind": topic.kind, "measure": topic.measure,
        "before": topic.before, "target": topic.target, "plan": topic.plan,
    }  # fmt: skip
    _confirm(topic, facts, by, at)
    _order_paper(
        year_papers.topic_form(topic, by.user_name, at), topic.group_year.group,
        by, at, topic=topic,
    )  # fmt: skip
    return topic


@transaction.atomic
def return_topic(topic_id: int, *, comment: str, by: Actor, at: datetime) -> None:
    topic = locked_topic(topic_id)
    refuse_if(year_rules.why_not_decide(topic, by, "退回登记"))
    _return(topic, comment, by, at)


@transaction.atomic
def finish_topic(topic_id: int, *, by: Actor, at: datetime) -> None:
    topic = locked_topic(topic_id)
    refuse_if(year_rules.why_not_end(topic, by, done=True))
    topic.phase, topic.ended_at = Topic.Phase.DONE, at
    topic.save(update_fields=["phase", "ended_at"])
    record(by, "topic_ended", _about(topic), at=at)


@transaction.atomic
def stop_topic(topic_id: int, *, comment: str, by: Actor, at: datetime) -> None:
    """Give a topic up, with a reason; its records stay readable."""
    topic = locked_topic(topic_id)
    refuse_if(year_rules.why_not_end(topic, by, done=False))
    if not comment.strip():
        refuse("comment_missing", "请写明停止的原因，单位会看到。", "comment")
    topic.phase, topic.ended_at = Topic.Phase.STOPPED, at
    topic.stop_reason = comment.strip()[:500]
    topic.save(update_fields=["phase", "ended_at", "stop_reason"])
    record(by, "topic_ended", _about(topic), at=at, reason=topic.stop_reason)


# --- activity records ---------------------------------------------------------------


@transaction.atomic
def add_record(
    topic_id: int, facts: Mapping[str, Any], documents: Sequence[Document], *,
    by: Actor, at: datetime,
) -> ActivityRecord:  # fmt: skip
    """Write down one activity. ``facts``: step, held_on, place, hours, content,
    attendees (GroupMembers). The first one sets the topic running."""
    topic = locked_topic(topic_id)
    refuse_if(year_rules.why_not_record(topic, by))
    made = _keep_record(topic, facts, documents, by=by, at=at)
    if topic.phase == Topic.Phase.REGISTERED:
        topic.phase = Topic.Phase.RUNNING
        topic.save(update_fields=["phase"])
    record(by, "activity_recorded", _about(topic), at=at, held_on=str(made.held_on))
    return made


@transaction.atomic
def correct_record(
    record_id: int, facts: Mapping[str, Any], documents: Sequence[Document], *,
    correction: str, by: Actor, at: datetime,
) -> ActivityRecord:  # fmt: skip
    """Add the right record in place of a wrong one; files of the old one go along."""
    old = ActivityRecord.objects.get(pk=record_id)
    topic = locked_topic(old.topic_id)
    refuse_if(year_rules.why_not_correct(old, by))
    if not correction.strip():
        refuse(
            "comment_missing", "请写明更正的原因，会和原记录一起显示。", "correction"
        )
    kept = [file.document for file in old.files.select_related("document")]
    made = _keep_record(
        topic, facts, [*kept, *documents], by=by, at=at, replaces=old,
        correction=correction.strip()[:200],
    )  # fmt: skip
    record(by, "activity_corrected", _about(topic), at=at, reason=made.correction)
    return made


def _keep_record(
    topic: Topic, facts: Mapping[str, Any], documents: Sequence[Document], *,
    by: Actor, at: datetime, replaces: ActivityRecord | None = None,
    correction: str = "",
) -> ActivityRecord:  # fmt: skip
    there = list(facts["attendees"])
    refuse_if(
        year_rules.record_faults(
            topic, step=facts["step"], held_on=facts["held_on"], hours=facts["hours"],
            content=facts["content"], attendees=there, files=len(documents), at=at,
        )
    )  # fmt: skip
    if any(m.group_year_id != topic.group_year_id for m in there):
        refuse("not_a_member", "参加人要从本组登记成员里选。", "attendees")
    expected = [
        m for m in topic.group_year.members.all() if m.belongs_on(facts["held_on"])
    ]
    made = ActivityRecord.objects.create(
        topic=topic, step=facts["step"], held_on=facts["held_on"],
        place=facts["place"].strip(), hours=facts["hours"],
        content=facts["content"].strip(), expected=len(expected),
        content_hash=_digest(topic, facts, documents, at),
        replaces=replaces, correction=correction, entered_at=at, entered_by=by.user,
        entered_by_name=by.user_name,
    )  # fmt: skip
    made.attendees.set(there)
    RecordFile.objects.bulk_create(
        RecordFile(record=made, document=document) for document in documents
    )
    return made


def _digest(
    topic: Topic, facts: Mapping[str, Any], documents: Sequence[Document], at: datetime
) -> str:
    """SHA-256 (hex) over canonical JSON of everything the record says."""
    said = {
        "topic": str(topic.key), "step": facts["step"], "held_on": str(facts["held_on"]),
        "place": facts["place"].strip(), "hours": str(facts["hours"]),
        "content": facts["content"].strip(), "entered_at": at.isoformat(),
        "attendees": sorted(m.name for m in facts["attendees"]),
        "files": [document.sha256 for document in documents],
    }  # fmt: skip
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


# --- the clock ----------------------------------------------------------------------


def warn_idle(*, at: datetime) -> int:
    """Tell group and unit of every topic without a record for 60 days, once a week
    while it lasts. Returns how many topics; a second run on the same day tells nobody."""
    over = (Topic.Phase.DONE, Topic.Phase.STOPPED)
    waiting = Topic.objects.filter(sent_at__isnull=False).exclude(phase__in=over)
    count = 0
    for topic_id in list(waiting.values_list("pk", flat=True)):
        count += _warn(topic_id, at)
    return count


@transaction.atomic
def _warn(topic_id: int, at: datetime) -> bool:
    topic = locked_topic(topic_id)
    days = year_rules.idle_days(topic, at)
    told = topic.warned_at
    if not days or (told and (at - told).days < WARN_AGAIN_DAYS):
        return False
    topic.warned_at = at
    topic.save(update_fields=["warned_at"])
    year_notices.idle(topic, days, at)
    return True
