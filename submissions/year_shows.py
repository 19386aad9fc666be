"""How registrations, topics and records are shown: chips, rail, rates, lines. No act."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from django.urls import reverse

from qcportal.accounts.roles import Role
from qcportal.documents.models import Document
from submissions import year_rules
from submissions.procedures import ProcedureStep
from submissions.rules import Offer
from submissions.year_rules import local_day
from submissions.yearbook import ActivityRecord, Approval, GroupYear, Topic

NUMERALS = "一二三四五六七八九十"
CHIPS = {
    Approval.DRAFT: ("draft", "填写中"),
    Approval.SENT: ("wait", "待单位确认"),
    Approval.RETURNED: ("back", "退回修改"),
    Approval.CONFIRMED: ("ok", "单位已确认"),
}
PHASES = {
    Topic.Phase.REGISTERED: ("todo", "还没开始"),
    Topic.Phase.RUNNING: ("run", "进行中"),
    Topic.Phase.DONE: ("ok", "已完成"),
    Topic.Phase.STOPPED: ("end", "已停止"),
}


def chip(row: GroupYear | Topic | None, role: Role) -> tuple[str, str]:
    """(kind, words) of where a registration stands, as ``role`` reads it."""
    if row is None:
        return "todo", "还没有登记"
    if row.is_sent and role == Role.UNIT:
        return "mine", "待您确认"
    return CHIPS[Approval(row.approval)]


def phase_chip(topic: Topic) -> tuple[str, str]:
    return PHASES[Topic.Phase(topic.phase)]


@dataclass(frozen=True)
class StepLine:
    """One step of the rail: plan against what was done."""

    number: int
    label: str
    plan: str
    done: str
    state: str
    url: str = ""

    @property
    def numeral(self) -> str:
        return NUMERALS[self.number - 1]

    @property
    def note(self) -> str:
        return "，".join(filter(None, [self.plan, self.done]))


def steps(topic: Topic, at: datetime) -> list[StepLine]:
    """The procedure's steps: done when a later one has records (or all is done), now
    where the last record stands, missing when the plan is over and nothing was done."""
    held: dict[str, list[ActivityRecord]] = {}
    for record in topic.standing_records:
        held.setdefault(record.step, []).append(record)
    numbers = [s.number for s in topic.procedure.steps if s.code in held]
    reached = max(numbers, default=0)
    return [
        _step_line(topic, step, held.get(step.code, []), reached, local_day(at))
        for step in topic.procedure.steps
    ]


def _step_line(
    topic: Topic, step: ProcedureStep, held: list[ActivityRecord], reached: int,
    today: date,
) -> StepLine:  # fmt: skip
    days = topic.planned(step.code)
    plan = f"计划 {_short(days[0])}–{_short(days[1])}" if days else "没排计划"
    done = f"记了 {len(held)} 次，最近 {_short(held[-1].held_on)}" if held else ""
    finished = topic.phase == Topic.Phase.DONE
    if held and (step.number < reached or finished):
        state = "done"
    elif held:
        state = "now"
    elif days and days[1] < today and not topic.is_over:
        state, done = "missing", f"过了计划 {(today - days[1]).days} 天，还没有记录"
    else:
        state = "later"
    url = f"#step-{step.code}" if held else ""
    return StepLine(step.number, step.label, plan, done, state, url)


def _short(day: date) -> str:
    return f"{day.month}月{day.day}日"


@dataclass(frozen=True)
class Progress:
    """Steps begun and steps that should be over by plan, of how many; both in %."""

    done: int
    due: int
    steps: int

    @property
    def percent(self) -> int:
        return round(100 * self.done / self.steps)

    @property
    def text(self) -> str:
        behind = self.due - self.done
        tail = f"，比计划慢 {behind} 步" if behind > 0 else ""
        return f"做到 {self.done} / {self.steps} 步{tail}"

    @property
    def behind(self) -> bool:
        return self.due > self.done


def progress(topic: Topic, at: datetime) -> Progress:
    """How far the records have come against the plan."""
    today = local_day(at)
    held = {record.step for record in topic.standing_records}
    every = topic.procedure.steps
    done = max((s.number for s in every if s.code in held), default=0)
    due = [s for s in every if (days := topic.planned(s.code)) and days[1] < today]
    return Progress(done, len(due), len(every))


def attendance(topic: Topic) -> int | None:
    """Heads present of heads expected over all records, in whole %; None without any."""
    records = topic.standing_records
    expected = sum(record.expected for record in records)
    present = sum(len(record.attendees.all()) for record in records)
    return min(100, round(100 * present / expected)) if expected else None


@dataclass(frozen=True)
class RecordLine:
    """One record of the timeline with its pictures; ``old`` were corrected since."""

    record: ActivityRecord
    present: list[str]
    late: str
    pictures: list[tuple[str, str, str]] = field(default_factory=list)
    papers: list[tuple[str, str]] = field(default_factory=list)
    old: bool = False
    correct_url: str = ""


def timeline(topic: Topic, *, may_correct: bool) -> list[RecordLine]:
    """Every record, newest day first; replaced ones after those that replaced them."""
    every = list(
        topic.records.select_related("topic__group_year").prefetch_related(
            "attendees", "files__document"
        )
    )
    replaced = {record.replaces_id for record in every}
    lines = [_record_line(r, r.pk in replaced, may_correct) for r in every]
    return sorted(lines, key=lambda line: (line.old, -line.record.held_on.toordinal()))


def _record_line(record: ActivityRecord, old: bool, may_correct: bool) -> RecordLine:
    pictures, papers = [], []
    for kept in record.files.all():
        args = [record.key, kept.document.key]
        url = reverse("submissions:record_file", args=args)
        if kept.document.is_image:
            page = reverse("submissions:record_picture", args=args)
            pictures.append((url, page, kept.document.title))
        else:
            papers.append((url, kept.document.title))
    correct = reverse("submissions:record_correct", args=[record.key])
    return RecordLine(
        record,
        [member.name for member in record.attendees.all()],
        late_words(record.days_late),
        pictures,
        papers,
        old,
        correct if may_correct and not old else "",
    )


def late_words(days: int) -> str:
    """``补记，晚 12 天``; empty when entered within a week."""
    return f"补记，活动后 {days} 天才录入" if days else ""


def next_step(topic: Topic) -> str:
    """The code a new record most likely belongs to: the last one's step."""
    records = topic.standing_records
    return records[-1].step if records else topic.procedure.steps[0].code


@dataclass(frozen=True)
class TopicLine:
    """A topic in a list."""

    topic: Topic
    chip: tuple[str, str]
    phase: tuple[str, str]
    progress: Progress
    attendance: int | None
    records: int
    idle: int
    next: str


def topic_line(topic: Topic, role: Role, at: datetime) -> TopicLine:
    """Everything a list says about a topic that came ``with_records()``."""
    return TopicLine(
        topic, chip(topic, role), phase_chip(topic), progress(topic, at),
        attendance(topic), len(topic.standing_records), year_rules.idle_days(topic, at),
        _next_words(topic),
    )  # fmt: skip


def _next_words(topic: Topic) -> str:
    """What the group should do next with the topic, in a sentence."""
    if topic.is_open:
        return "单位退回，改好再报" if topic.return_reason else "还没有报单位，填好就报"
    if topic.is_over:
        return topic.stop_reason or "可以用它填报成果"
    held = {record.step for record in topic.standing_records}
    reached = [s.number for s in topic.procedure.steps if s.code in held]
    last = max(reached, default=0)
    following = next((s for s in topic.procedure.steps if s.number > last), None)
    if following is None:
        return "步骤都有记录了，可以标为完成"
    days = topic.planned(following.code)
    return f"下一步：{following.label}" + (
        f"（计划 {_short(days[0])} 开始）" if days else ""
    )


def offer(name: str, label: str, refusals: list, url: str, kind: str = "line",
          *, needs_comment: bool = False) -> Offer:  # fmt: skip
    """An act of these pages, ready for ``move_button``."""
    return Offer(name, label, tuple(refusals), needs_comment, kind, url)


def pages_of(document: Document) -> int:
    """How many pictures a file is shown as."""
    return 1 if document.is_image else min(document.pages or 0, 20)
