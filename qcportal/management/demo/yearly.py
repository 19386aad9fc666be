"""The demo's groups in the running year: registrations, topics, dated records, a visit."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone
from PIL import Image, ImageDraw

from qcportal.accounts.actors import Actor
from qcportal.documents.models import Document
from qcportal.management.demo import build, topics
from recommenders import visiting
from submissions import year_actions
from submissions.models import Submission
from submissions.year_rules import local_day
from submissions.yearbook import GroupYear, Topic

# Group, source, how many steps have records, how long ago the last one (days), end.
TOPICS = [
    (0, "chosen", 10, 12, "done"),
    (3, "guided", 10, 20, "done"),
    (5, "instructed", 10, 25, "done"),
    (6, "chosen", 6, 9, ""),
    (7, "chosen", 4, 68, ""),
]
REGISTERED = [0, 1, 3, 5, 6, 7]  # confirmed; 2 waits, 8 was returned
REASON = (
    "上年度统计，本指标在同类岗位中偏差最大，影响正点和客户评价；"
    "车间年度质量目标要求改善，小组有能力测量和改进。"
)
SAID = [
    "收集上年度数据，按帕累托图排序，选定课题，组长说明目标和分工。",
    "现场测量并整理数据，画出趋势图，找到波动最大的时段和部位。",
    "对照标准和同行水平讨论，定下目标值，写进活动计划。",
    "用因果图逐层分析，列出末端原因，分头去现场确认。",
    "逐条测量、试验，确认两项要因，其余排除，数据附后。",
    "针对要因列出对策，按 5W1H 写明谁做、在哪做、做到什么程度。",
    "按对策表实施第一、二项，每天记录数据，未达标的当场调整。",
    "连续统计三周，和活动前对比，指标已经好于目标值。",
    "把有效措施写进作业指导书，经技术部门审批后执行。",
    "总结本次活动的收获和不足，讨论下一个课题。",
]


class Year:
    """Registers groups and their topics through the real actions."""

    def __init__(self, people: build.People, now: datetime) -> None:
        self.people, self.now = people, now
        self.photo = _photo()
        january = timezone.localtime(now).replace(month=1, day=2, hour=9, minute=0)
        morning = timezone.localtime(now - timedelta(days=200)).replace(hour=9)
        self.start = min(max(january, morning), now)
        self.span = now - self.start

    def _afternoon(self, at: datetime) -> datetime:
        """The same day at working hours, never ahead of now."""
        return min(timezone.localtime(at).replace(hour=15, minute=20), self.now)

    def fill(self) -> None:
        rows = {group: self.register(group) for group in REGISTERED}
        self.register(2, confirm=False)
        waiting = self.register(8, confirm=False)
        year_actions.return_year(
            waiting.pk, comment="成员表请补上今年调来的两位，再报来。",
            by=self.people.actor(waiting.unit), at=self.start + self.span * 0.04,
        )  # fmt: skip
        for number, source, steps, ago, end in TOPICS:
            topic = self.topic(rows[number], source)
            self.records(topic, steps, ago)
            if end:
                by = self.people.actor(topic.group_year.group)
                at = self.now - timedelta(days=ago - 1)
                year_actions.finish_topic(topic.pk, by=by, at=max(at, self.start))

    def register(self, number: int, *, confirm: bool = True) -> GroupYear:
        by = self.people.actor(self.people.groups[number])
        row = year_actions.begin_year(by=by, at=self.start)
        content = {
            "kind": "problem", "registered_on": local_day(self.start).isoformat(),
            "adviser": "", "members": self._members(by, number),
        }  # fmt: skip
        year_actions.save_year(row.pk, content, version=0, by=by, at=self.start)
        row = year_actions.send_year(row.pk, by=by, at=self.start + self.span * 0.01)
        if confirm:
            unit = self.people.actor(row.unit)
            at = self._afternoon(self.start + self.span * 0.02)
            row = year_actions.confirm_year(row.pk, by=unit, at=at)
        return row

    @staticmethod
    def _members(by: Actor, seed: int) -> list[dict[str, str]]:
        others = [topics.PEOPLE[(seed * 3 + i) % len(topics.PEOPLE)] for i in range(5)]
        names = list(dict.fromkeys([by.user_name, *others]))
        return [
            {"name": name, "gender": "fm"[(seed + i) % 2], "birth_year": str(1978 + (seed * 5 + i * 4) % 22),
             "education": ("本科", "大专", "高中")[(seed + i) % 3], "post": topics.POSTS[(seed + i) % 6],
             "role": "member" if i else "leader", "joined_on": "", "hours": str(8 + 4 * (i % 4))}
            for i, name in enumerate(names)
        ]  # fmt: skip

    def topic(self, row: GroupYear, source: str) -> Topic:
        """The group's topic of this year's results, with a plan over the span."""
        number = self.people.groups.index(row.group)
        found = next(t for _, t in topics.THIS_YEAR if t.group == number and t.kind == "problem")  # fmt: skip
        by, at = (
            self.people.actor(row.group),
            self._afternoon(self.start + self.span * 0.03),
        )
        made = year_actions.begin_topic(
            row.pk, title=found.title, kind="problem_own", by=by, at=at
        )
        steps = made.procedure.steps
        days = [local_day(self.start + self.span * (0.04 + 0.095 * i)).isoformat()
                for i in range(len(steps) + 1)]  # fmt: skip
        measure, _, rest = found.measure.partition("（")
        facts = {
            "title": found.title, "kind": "problem_own", "source": source,
            "leader": row.leader, "reason": REASON, "measure": measure,
            "unit_of_measure": rest.rstrip("）"), "before": found.before,
            "target": found.target,
            "plan": {s.code: [days[i], days[i + 1]] for i, s in enumerate(steps)},
        }  # fmt: skip
        year_actions.save_topic(made.pk, facts, version=0, by=by, at=at)
        year_actions.send_topic(made.pk, by=by, at=at)
        unit = self.people.actor(row.unit)
        return year_actions.confirm_topic(
            made.pk, by=unit, at=self._afternoon(at + self.span * 0.01)
        )

    def records(self, topic: Topic, count: int, ago: int) -> None:
        by = self.people.actor(topic.group_year.group)
        begun = self.start + self.span * 0.05
        last = max(self.now - timedelta(days=ago), begun)
        members = topic.group_year.standing_members
        for i, step in enumerate(topic.procedure.steps[:count]):
            at = self._afternoon(begun + (last - begun) * (i / max(1, count - 1)))
            late = timedelta(
                days=15 if i == 3 else 0
            )  # one is entered late, and says so
            facts = {
                "step": step.code, "held_on": local_day(at), "place": "班组园地",
                "hours": Decimal("1.5"), "content": SAID[i],
                "attendees": members[: len(members) - (i % 3 == 2)],
            }  # fmt: skip
            photos = [self._store(by)] if i in (1, 7) else []
            entered = min(at + late + timedelta(hours=2), self.now)
            year_actions.add_record(topic.pk, facts, photos, by=by, at=entered)

    def _store(self, by: Actor) -> Document:
        return build.Papers.store(self.photo, "现场（演示）.png", "activity_file", by)


def visit(found: Submission, by: Actor, at: datetime) -> None:
    """The body went and found everything in order but one thing."""
    answers = {i["code"]: ("yes", "") for i in found.campaign.site_visit_items}
    answers["education"] = ("partly", "两位新成员对要因确认的方法还不熟，已当场讲解。")
    visiting.keep_visit(
        found.pk, visited_on=local_day(at), persons=f"{by.user_name}、陶景行",
        answers=answers, conclusion="true", remark="", photos=[], by=by, at=at,
    )  # fmt: skip


def _photo() -> bytes:
    """A drawn board with a run chart: says that it is no real place."""
    image = Image.new("RGB", (960, 720), (226, 234, 236))
    draw = ImageDraw.Draw(image)
    draw.rectangle((90, 70, 870, 590), (255, 255, 255), (120, 140, 146), 6)
    points = [(130 + i * 70, 470 - (i * 37 % 150) - i * 14) for i in range(11)]
    draw.line(points, (15, 78, 90), 8)
    draw.line([(120, 540), (850, 540)], (90, 109, 114), 4)
    draw.text(
        (480, 650), "演示图片，不是真实现场", (58, 79, 84), build.demo_font(40), "mm"
    )
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
