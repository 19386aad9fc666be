"""May it? Questions about registrations, topics and activity records. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from qcportal.accounts.actors import Actor
from qcportal.accounts.roles import CHANNELS, Role
from qcportal.campaigns import definition
from qcportal.documents.fonts import unprintable
from qcportal.refusals import Refusal
from submissions.procedures import REGISTRATION
from submissions.yearbook import ActivityRecord, GroupMember, GroupYear, Topic

IDLE_DAYS = 60  # without a record for so long a topic is warned about
REASON_LIMIT = 500
CONTENT_LIMIT = 1000
MOST_FILES = 9
MOST_TOPICS = 20


def local_day(at: datetime) -> date:
    return timezone.localtime(at).date()


def _group_only(row: GroupYear | Topic, actor: Actor, verb: str) -> Iterator[Refusal]:
    owner = row.group_id if isinstance(row, GroupYear) else row.group_year.group_id
    if actor.role != Role.GROUP or owner != actor.organisation.pk:
        yield Refusal("not_yours", f"“{verb}”由小组自己办理，您现在是{actor.channel}。")


def _unit_only(row: GroupYear | Topic, actor: Actor, verb: str) -> Iterator[Refusal]:
    owner = row.unit_id if isinstance(row, GroupYear) else row.group_year.unit_id
    if actor.role != Role.UNIT or owner != actor.organisation.pk:
        yield Refusal(
            "not_yours",
            f"“{verb}”由{CHANNELS[Role.UNIT]}办理，您现在是{actor.channel}。",
        )


def why_not_register(actor: Actor, year: int, at: datetime) -> Iterator[Refusal]:
    """``not_yours``, ``other_year``: only groups, and only for the running year."""
    if actor.role != Role.GROUP or actor.organisation.parent is None:
        yield Refusal("not_yours", f"注册登记由小组自己办理，您现在是{actor.channel}。")
    elif year != local_day(at).year:
        yield Refusal("other_year", f"现在只能登记 {local_day(at).year} 年度。")


def why_not_write(row: GroupYear | Topic, actor: Actor) -> Iterator[Refusal]:
    """``not_yours``, ``locked``: written by the group until it is sent."""
    yield from _group_only(row, actor, "修改登记")
    if not row.is_open:
        yield Refusal(
            "locked",
            f"这份登记的状态是“{row.get_approval_display()}”，不能直接改。要改请先点“申请变更”。",
        )
    if isinstance(row, Topic) and row.is_over:
        yield Refusal("topic_over", f"这个课题{row.get_phase_display()}，不能再改。")


def why_not_reopen(row: GroupYear | Topic, actor: Actor) -> Iterator[Refusal]:
    """``not_yours``, ``not_sent``, ``topic_over``: changing what was sent or confirmed."""
    yield from _group_only(row, actor, "申请变更")
    if row.is_open:
        yield Refusal("not_sent", "这份登记现在就可以改，不用申请变更。")
    if isinstance(row, Topic) and row.is_over:
        yield Refusal("topic_over", f"这个课题{row.get_phase_display()}，不能再改。")


def year_faults(row: GroupYear) -> Iterator[Refusal]:
    """What a registration lacks before it may be sent."""
    yield from definition.faults(REGISTRATION, year_content(row))
    leaders = [m for m in row.standing_members if m.role == GroupMember.Part.LEADER]
    if row.standing_members and not leaders:
        yield Refusal("leader_missing", "请在成员表里选一位组长。", "members")
    names = "".join(m.name + m.post for m in row.standing_members)
    if strange := unprintable(names):
        yield Refusal(
            "unprintable",
            f"成员表里的“{'、'.join(strange[:5])}”打印不出来，请换一种写法。",
            "members",
        )


def year_content(row: GroupYear) -> dict[str, Any]:
    """The registration as the form's content: field code → text or rows."""
    return {
        "kind": row.kind,
        "registered_on": row.registered_on.isoformat() if row.registered_on else "",
        "adviser": row.adviser,
        "members": [member_row(m) for m in row.standing_members],
    }


def member_row(member: GroupMember) -> dict[str, str]:
    hours = f"{member.hours.normalize():f}" if member.hours is not None else ""
    return {
        "name": member.name, "gender": member.gender,
        "birth_year": str(member.birth_year or ""), "education": member.education,
        "post": member.post, "role": member.role,
        "joined_on": member.joined_on.isoformat() if member.joined_on else "",
        "hours": hours,
    }  # fmt: skip


def typed_faults(content: Mapping[str, Any]) -> Iterator[Refusal]:
    """What cannot even be kept as a draft: wrong formats, two of one name, two leaders.

    Codes: those of ``definition.limits``, ``wrong_date``, ``wrong_year``,
    ``same_name``, ``two_leaders``, ``name_missing``.
    """
    yield from definition.limits(REGISTRATION, content)
    yield from _date_fault(
        content.get("registered_on", ""), "注册日期", "registered_on"
    )
    seen: set[str] = set()
    leaders = 0
    for number, row in enumerate(content.get("members", []), 1):
        place = f"members.{number}"
        name = row.get("name", "")
        if not name:
            yield Refusal(
                "name_missing", f"第 {number} 行没有写姓名。", f"{place}.name"
            )
        if name in seen and name:
            yield Refusal(
                "same_name",
                f"“{name}”写了两次。同名的两位请在姓名后加字区分。",
                f"{place}.name",
            )
        seen.add(name)
        leaders += row.get("role") == GroupMember.Part.LEADER
        yield from _date_fault(
            row.get("joined_on", ""), "参加日期", f"{place}.joined_on"
        )
        yield from _member_number_faults(row, place)
    if leaders > 1:
        yield Refusal(
            "two_leaders", "组长只能有一位，请改成员表里的组内分工。", "members"
        )


def _member_number_faults(row: Mapping[str, str], place: str) -> Iterator[Refusal]:
    born, hours = row.get("birth_year", ""), row.get("hours", "")
    if born and not (born.isascii() and born.isdigit() and 1930 <= int(born) <= 2100):
        yield Refusal(
            "wrong_year", "出生年请填 4 位数字，例如 1986。", f"{place}.birth_year"
        )
    if definition.DECIMAL.fullmatch(hours) and not 0 <= Decimal(hours) <= 9999:
        yield Refusal("wrong_format", "培训学时请填 0 到 9999。", f"{place}.hours")


def _date_fault(text: str, label: str, place: str) -> Iterator[Refusal]:
    if definition.DATE.fullmatch(text) and day_of(text) is None:
        yield Refusal("wrong_date", f"{label}“{text}”不是日历上的日期。", place)


def day_of(text: str) -> date | None:
    """An ISO day, or None for anything that is not on the calendar."""
    try:
        return date.fromisoformat(text) if definition.DATE.fullmatch(text) else None
    except ValueError:
        return None


def why_not_send_year(row: GroupYear, actor: Actor) -> Iterator[Refusal]:
    yield from why_not_write(row, actor)
    yield from year_faults(row)


def why_not_decide(
    row: GroupYear | Topic, actor: Actor, verb: str
) -> Iterator[Refusal]:
    """``not_yours``, ``not_waiting``: the unit confirms or returns what was sent."""
    yield from _unit_only(row, actor, verb)
    if not row.is_sent:
        yield Refusal(
            "not_waiting",
            f"这份登记的状态是“{row.get_approval_display()}”，现在不用办理。请刷新页面看最新情况。",
        )


# --- topics -----------------------------------------------------------------------


def why_not_add_topic(row: GroupYear, actor: Actor, at: datetime) -> Iterator[Refusal]:
    """``year_not_confirmed``, ``other_year``, ``too_many_topics``."""
    yield from _group_only(row, actor, "登记课题")
    if not row.number:
        yield Refusal(
            "year_not_confirmed", "小组注册登记单位还没有确认，确认后就能登记课题。"
        )
    if row.year != local_day(at).year:
        yield Refusal("other_year", f"{row.year} 年度已过，请登记在本年度。")
    if row.topics.count() >= MOST_TOPICS:
        yield Refusal("too_many_topics", f"一年最多登记 {MOST_TOPICS} 个课题。")


def topic_faults(topic: Topic) -> Iterator[Refusal]:
    """What a topic lacks before it may be sent; ``field`` names the form's field."""
    needed = (
        ("title", "课题名称"), ("source", "课题来源"), ("reason", "选题理由"),
        ("measure", "指标"), ("before", "现状值"), ("target", "目标值"),
    )  # fmt: skip
    for name, label in needed:
        if not getattr(topic, name).strip():
            verb = "请选择" if name == "source" else "请填写"
            yield Refusal("missing", f"{verb}{label}。", name)
    if topic.leader is None or topic.leader.left_on is not None:
        yield Refusal("missing", "请选择课题组长。", "leader")
    if topic.before and topic.before == topic.target:
        yield Refusal("target_same", "目标值和现状值一样，请核对。", "target")
    yield from typed_topic_faults(topic)
    yield from plan_faults(topic)


def typed_topic_faults(topic: Topic) -> Iterator[Refusal]:
    """What cannot be kept as a draft: too long, figures that are no figures."""
    over = definition.length(topic.reason) - REASON_LIMIT
    if over > 0:
        yield Refusal(
            "too_long",
            f"选题理由多了 {over} 字，请删减到 {REASON_LIMIT} 字以内。",
            "reason",
        )
    for name, label in (("before", "现状值"), ("target", "目标值")):
        value = getattr(topic, name)
        if value and not definition.DECIMAL.fullmatch(value):
            yield Refusal("wrong_format", f"{label}要填数字，例如 0.31。", name)


def plan_faults(topic: Topic) -> Iterator[Refusal]:
    """``plan_missing``, ``plan_order`` (ends before it begins), ``plan_sequence`` (a
    step begins before the one it follows)."""
    last: date | None = None
    for step in topic.procedure.steps:
        days = topic.planned(step.code)
        place = f"plan-{step.code}-to"
        if days is None:
            yield Refusal("plan_missing", f"“{step.label}”还没有排计划。", place)
            continue
        if days[0] > days[1]:
            yield Refusal("plan_order", f"“{step.label}”的结束早于开始。", place)
        if last and days[0] < last:
            yield Refusal(
                "plan_sequence", f"“{step.label}”早于前一步开始，请核对。", place
            )
        last = days[0]


def why_not_send_topic(topic: Topic, actor: Actor) -> Iterator[Refusal]:
    yield from why_not_write(topic, actor)
    yield from topic_faults(topic)


def why_not_end(topic: Topic, actor: Actor, *, done: bool) -> Iterator[Refusal]:
    """``topic_over``, ``not_confirmed``, ``effect_missing``: a topic is done when its
    effect was checked on record; it may be stopped at any time."""
    yield from _group_only(topic, actor, "完成课题" if done else "停止课题")
    if topic.is_over:
        yield Refusal("topic_over", f"这个课题{topic.get_phase_display()}。")
    elif done and not topic.is_confirmed:
        yield Refusal("not_confirmed", "单位确认课题登记以后，才能标为完成。")
    elif done and "effect" not in {r.step for r in topic.standing_records}:
        yield Refusal(
            "effect_missing", "还没有“效果检查”的活动记录，记上以后再标为完成。"
        )


# --- activity records ---------------------------------------------------------------


def why_not_record(topic: Topic, actor: Actor) -> Iterator[Refusal]:
    """``not_yours``, ``topic_over``, ``topic_not_sent``."""
    yield from _group_only(topic, actor, "记录活动")
    if topic.is_over:
        yield Refusal("topic_over", f"这个课题{topic.get_phase_display()}，不能再记。")
    elif topic.sent_at is None:
        yield Refusal("topic_not_sent", "课题登记还没有报单位，报了以后就能记活动。")


def why_not_correct(record: ActivityRecord, actor: Actor) -> Iterator[Refusal]:
    """``already_corrected`` and what stands against any record."""
    yield from why_not_record(record.topic, actor)
    if ActivityRecord.objects.filter(replaces=record).exists():
        yield Refusal("already_corrected", "这条记录已经更正过，请更正最新的那一条。")


def record_faults(
    topic: Topic, *, step: str, held_on: date, hours: Decimal, content: str,
    attendees: Sequence[GroupMember], files: int, at: datetime,
) -> Iterator[Refusal]:  # fmt: skip
    """What a record lacks; ``field`` names the form's field."""
    if topic.procedure.step(step) is None:
        yield Refusal("step_unknown", "请选择活动步骤。", "step")
    if held_on > local_day(at):
        yield Refusal("day_ahead", "活动日期还没到，请活动以后再记。", "held_on")
    if held_on.year < topic.group_year.year - 2:
        yield Refusal("day_too_old", "活动日期太早，请核对年份。", "held_on")
    if not 0 < hours <= 24:
        yield Refusal("hours_wrong", "时长请填 0.5 到 24 小时。", "hours")
    if not content.strip():
        yield Refusal("missing", "请写活动内容。", "content")
    over = definition.length(content) - CONTENT_LIMIT
    if over > 0:
        yield Refusal(
            "too_long",
            f"活动内容多了 {over} 字，请删减到 {CONTENT_LIMIT} 字以内。",
            "content",
        )
    if not attendees:
        yield Refusal("nobody_there", "请勾选参加的成员。", "attendees")
    strangers = [m.name for m in attendees if not m.belongs_on(held_on)]
    if strangers:
        yield Refusal(
            "not_yet_member",
            f"{'、'.join(strangers)}那天还不是或已经不是登记成员，请核对日期。",
            "attendees",
        )
    if files > MOST_FILES:
        yield Refusal(
            "too_many_files", f"一次最多 {MOST_FILES} 份照片或文件。", "files"
        )


def last_active(topic: Topic) -> date:
    """The day of the last record, else the day the topic was sent (or begun)."""
    records = topic.standing_records
    if records:
        return records[-1].held_on
    return local_day(topic.sent_at or topic.created_at)


def idle_days(topic: Topic, at: datetime) -> int:
    """Days without a record, 0 for topics that are over, not sent or active enough."""
    if topic.is_over or topic.sent_at is None:
        return 0
    days = (local_day(at) - last_active(topic)).days
    return days if days >= IDLE_DAYS else 0


# --- from topic to submission -------------------------------------------------------


def why_not_file_from(topic: Topic, actor: Actor) -> Iterator[Refusal]:
    """``topic_not_yours``, ``topic_not_confirmed``, ``topic_stopped``."""
    if topic.group_year.group_id != actor.organisation.pk:
        yield Refusal("topic_not_yours", "这是另一个小组登记的课题。", "topic")
    elif not topic.confirmed_times:
        yield Refusal(
            "topic_not_confirmed",
            "单位还没有确认这个课题登记，请联系单位经办人。",
            "topic",
        )
    elif topic.phase == Topic.Phase.STOPPED:
        yield Refusal("topic_stopped", "这个课题已停止，不能申报。", "topic")
