"""The group's own year: its registration, its topics, its dated activity records.

Rows of before a result is filed. Taken in by models.py; imports nothing above it.
"""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import Role
from qcportal.documents.models import Document
from submissions.procedures import KINDS, PROCEDURES, Procedure, ProcedureStep

LATE_DAYS = 7  # a record entered later than this after the day says so


class Approval(models.TextChoices):
    """Where a registration stands between the group and its unit."""

    DRAFT = "draft", "填写中"
    SENT = "sent", "待单位确认"
    RETURNED = "returned", "退回修改"
    CONFIRMED = "confirmed", "单位已确认"


class Registration(models.Model):
    """What the unit confirms, for registrations of groups and of topics alike.

    ``confirmed_times`` counts confirmations: more than one means it was changed and
    confirmed again; what was confirmed each time stands in the trail.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    approval = models.CharField(
        "登记状态", max_length=10, choices=Approval.choices, default=Approval.DRAFT
    )
    version = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField("报送时间", null=True, blank=True)
    decided_at = models.DateTimeField("单位办理时间", null=True, blank=True)
    decided_by_name = models.CharField(max_length=60, blank=True)
    return_reason = models.CharField("退回原因", max_length=500, blank=True)
    confirmed_times = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    saved_at = models.DateTimeField()

    class Meta:
        abstract = True

    @property
    def is_confirmed(self) -> bool:
        return self.approval == Approval.CONFIRMED

    @property
    def is_open(self) -> bool:
        """The group may write it."""
        return self.approval in {Approval.DRAFT, Approval.RETURNED}

    @property
    def is_sent(self) -> bool:
        return self.approval == Approval.SENT


class YearNumber(models.Model):
    """Running numbers of a year under the letters of a unit or its recommending body,
    taken under a row lock: no gap, no double."""

    year = models.PositiveSmallIntegerField()
    letters = models.CharField(max_length=8)
    value = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["year", "letters"], name="year_number_once")
        ]


class GroupYearQuerySet(models.QuerySet["GroupYear"]):
    def visible_to(self, actor: Actor | None) -> GroupYearQuerySet:
        """The group's own; the unit's once they were sent to it."""
        match actor.role if actor else None:
            case Role.GROUP:
                return self.filter(group=actor.organisation)
            case Role.UNIT:
                return self.filter(unit=actor.organisation, sent_at__isnull=False)
        return self.none()


class GroupYear(Registration):
    """注册登记: a group in one calendar year, with its members, renewed every year."""

    class Kind(models.TextChoices):
        PROBLEM = "problem", "问题解决型"
        INNOVATION = "innovation", "创新型"

    group = models.ForeignKey(Organisation, models.PROTECT, related_name="years")
    unit = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField("年度")
    number = models.CharField("注册号", max_length=30, blank=True)
    kind = models.CharField("小组类型", max_length=12, choices=Kind.choices, blank=True)
    registered_on = models.DateField("注册日期", null=True, blank=True)
    adviser = models.CharField("课题顾问、推进者", max_length=20, blank=True)

    objects = GroupYearQuerySet.as_manager()

    class Meta:
        verbose_name = "注册登记"
        verbose_name_plural = "注册登记"
        ordering = ["-year", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["group", "year"], name="group_registers_once_a_year"
            ),
            models.UniqueConstraint(
                fields=["number"],
                condition=~Q(number=""),
                name="registration_number_once",
            ),
            models.CheckConstraint(
                condition=~Q(approval="confirmed") | ~Q(number=""),
                name="confirmed_group_has_a_number",
            ),
            models.CheckConstraint(
                condition=~Q(approval="returned") | ~Q(return_reason=""),
                name="returned_group_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year} {self.group}"

    @property
    def standing_members(self) -> list[GroupMember]:
        """Members who have not left, leader first; from the prefetch if there is one."""
        found = [m for m in self.members.all() if m.left_on is None]
        return sorted(found, key=lambda m: (m.role != GroupMember.Part.LEADER, m.order))

    @property
    def leader(self) -> GroupMember | None:
        first = self.standing_members[:1]
        return first[0] if first and first[0].role == GroupMember.Part.LEADER else None


class GroupMember(models.Model):
    """A registered member. Who leaves keeps the row: records name them."""

    class Part(models.TextChoices):
        LEADER = "leader", "组长"
        MEMBER = "member", "成员"

    group_year = models.ForeignKey(GroupYear, models.CASCADE, related_name="members")
    order = models.PositiveSmallIntegerField()
    name = models.CharField("姓名", max_length=20)
    gender = models.CharField(max_length=1, blank=True)
    birth_year = models.PositiveSmallIntegerField("出生年", null=True, blank=True)
    education = models.CharField("文化程度", max_length=10, blank=True)
    post = models.CharField("岗位或职务", max_length=20, blank=True)
    role = models.CharField("组内分工", max_length=8, choices=Part.choices, blank=True)
    joined_on = models.DateField("参加日期", null=True, blank=True)
    left_on = models.DateField("离开日期", null=True, blank=True)
    hours = models.DecimalField(
        "培训学时", max_digits=6, decimal_places=1, null=True, blank=True
    )

    class Meta:
        verbose_name = "小组成员"
        verbose_name_plural = "小组成员"
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["group_year", "name"], name="member_once_a_year"
            ),
            models.UniqueConstraint(
                fields=["group_year"],
                condition=Q(role="leader", left_on__isnull=True),
                name="one_leader_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def belongs_on(self, day: date) -> bool:
        """A member on that day; without a date of joining, the whole year."""
        began = self.joined_on is None or self.joined_on <= day
        return began and (self.left_on is None or day <= self.left_on)


class TopicQuerySet(models.QuerySet["Topic"]):
    def visible_to(self, actor: Actor | None) -> TopicQuerySet:
        """The group's own; the unit's once they were sent to it."""
        match actor.role if actor else None:
            case Role.GROUP:
                return self.filter(group_year__group=actor.organisation)
            case Role.UNIT:
                return self.filter(
                    group_year__unit=actor.organisation, sent_at__isnull=False
                )
        return self.none()

    def with_records(self) -> TopicQuerySet:
        """Everything a line about a topic shows, in a fixed number of queries."""
        return self.select_related(
            "group_year__group", "group_year__unit", "leader"
        ).prefetch_related("records__attendees", "group_year__members")


class Topic(Registration):
    """课题登记: what a group means to improve, from where to where, by which plan.

    ``plan`` is ``{step code: [from, to]}`` with ISO days, steps of the kind's own
    procedure.
    """

    class Source(models.TextChoices):
        INSTRUCTED = "instructed", "指令性"
        GUIDED = "guided", "指导性"
        CHOSEN = "chosen", "自选"

    class Phase(models.TextChoices):
        REGISTERED = "registered", "已登记，还没开始"
        RUNNING = "running", "进行中"
        DONE = "done", "已完成"
        STOPPED = "stopped", "已停止"

    group_year = models.ForeignKey(GroupYear, models.PROTECT, related_name="topics")
    serial = models.PositiveSmallIntegerField()
    title = models.CharField("课题名称", max_length=60)
    kind = models.CharField("课题类型", max_length=12, choices=KINDS)
    source = models.CharField(
        "课题来源", max_length=12, choices=Source.choices, blank=True
    )
    leader = models.ForeignKey(
        GroupMember, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.TextField("选题理由", blank=True)
    measure = models.CharField("指标", max_length=30, blank=True)
    unit_of_measure = models.CharField("单位", max_length=20, blank=True)
    before = models.CharField("现状值", max_length=20, blank=True)
    target = models.CharField("目标值", max_length=20, blank=True)
    plan = models.JSONField("活动计划", default=dict, blank=True)
    phase = models.CharField(
        "进展", max_length=12, choices=Phase.choices, default=Phase.REGISTERED
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    stop_reason = models.CharField("停止原因", max_length=500, blank=True)
    warned_at = models.DateTimeField("最近提醒", null=True, blank=True)

    objects = TopicQuerySet.as_manager()

    class Meta:
        verbose_name = "课题登记"
        verbose_name_plural = "课题登记"
        ordering = ["-group_year__year", "serial"]
        constraints = [
            models.UniqueConstraint(
                fields=["group_year", "serial"], name="topic_serial_once"
            ),
            models.CheckConstraint(
                condition=~Q(approval="returned") | ~Q(return_reason=""),
                name="returned_topic_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(phase="stopped") | ~Q(stop_reason=""),
                name="stopped_topic_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(phase__in=["done", "stopped"]) | Q(ended_at__isnull=False),
                name="ended_topic_has_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def number(self) -> str:
        """``2020-PD-GR-0007-K01``: the group's number of the year and a serial."""
        return f"{self.group_year.number}-K{self.serial:02d}"

    @property
    def procedure(self) -> Procedure:
        return PROCEDURES[self.kind]

    @property
    def topic_type(self) -> str:
        """What application forms call its kind: ``problem`` or ``innovation``."""
        return self.procedure.topic_type

    @property
    def is_over(self) -> bool:
        return self.phase in {self.Phase.DONE, self.Phase.STOPPED}

    @property
    def standing_records(self) -> list[ActivityRecord]:
        """Records that were not replaced, by day; from the prefetch if there is one."""
        every = list(self.records.all())
        replaced = {record.replaces_id for record in every}
        found = [record for record in every if record.pk not in replaced]
        return sorted(found, key=lambda r: (r.held_on, r.pk))

    def planned(self, step: str) -> tuple[date, date] | None:
        """The planned days of a step, or None where none are set."""
        pair = self.plan.get(step)
        if not pair or not all(pair):
            return None
        return date.fromisoformat(pair[0]), date.fromisoformat(pair[1])


class ActivityRecordQuerySet(models.QuerySet["ActivityRecord"]):
    def visible_to(self, actor: Actor | None) -> ActivityRecordQuerySet:
        return self.filter(topic__in=Topic.objects.visible_to(actor))


class ActivityRecord(models.Model):
    """活动记录: one meeting or act of the group. Append-only; a wrong one is corrected
    by another that ``replaces`` it, and both stay readable.

    ``entered_at`` is the server's time: what was written down late shows it.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    topic = models.ForeignKey(Topic, models.PROTECT, related_name="records")
    step = models.CharField("活动步骤", max_length=20)
    held_on = models.DateField("活动日期")
    place = models.CharField("地点", max_length=40, blank=True)
    hours = models.DecimalField("时长（小时）", max_digits=4, decimal_places=1)
    content = models.TextField("活动内容")
    attendees = models.ManyToManyField(GroupMember, related_name="+")
    expected = models.PositiveSmallIntegerField("应到人数")
    content_hash = models.CharField(max_length=64)
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    correction = models.CharField("更正原因", max_length=200, blank=True)
    entered_at = models.DateTimeField("录入时间")
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    entered_by_name = models.CharField(max_length=60)

    objects = ActivityRecordQuerySet.as_manager()

    class Meta:
        verbose_name = "活动记录"
        verbose_name_plural = "活动记录"
        ordering = ["-held_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(hours__gt=0) & Q(hours__lte=24), name="record_hours_real"
            ),
            models.CheckConstraint(
                condition=Q(replaces__isnull=True) | ~Q(correction=""),
                name="correction_says_why",
            ),
            models.CheckConstraint(
                condition=Q(replaces__isnull=True) | ~Q(replaces=F("pk")),
                name="record_not_its_own_correction",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.held_on} {self.step_label}"

    @property
    def step_found(self) -> ProcedureStep | None:
        return self.topic.procedure.step(self.step)

    @property
    def step_label(self) -> str:
        found = self.step_found
        return found.label if found else self.step

    @property
    def days_late(self) -> int:
        """Days between the act and its entry (0 when within a week)."""
        entered = timezone.localtime(self.entered_at).date()
        late = entered - self.held_on
        return late.days if late > timedelta(days=LATE_DAYS) else 0


class RecordFile(models.Model):
    """A photo or file of a record."""

    record = models.ForeignKey(ActivityRecord, models.PROTECT, related_name="files")
    document = models.ForeignKey(Document, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["record", "document"], name="record_file_once"
            )
        ]


class YearPaperQuerySet(models.QuerySet["YearPaper"]):
    def visible_to(self, actor: Actor | None) -> YearPaperQuerySet:
        """Whoever sees the registration sees its papers."""
        return self.filter(
            Q(group_year__in=GroupYear.objects.visible_to(actor))
            | Q(topic__in=Topic.objects.visible_to(actor))
        )


class YearPaper(models.Model):
    """注册登记表 or 课题登记表: what the unit confirmed, frozen as it was printed. A
    registration that is changed and confirmed again has another one beside it."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    group_year = models.ForeignKey(
        GroupYear, models.PROTECT, null=True, blank=True, related_name="papers"
    )
    topic = models.ForeignKey(
        Topic, models.PROTECT, null=True, blank=True, related_name="papers"
    )
    times = models.PositiveSmallIntegerField("第几次确认")
    facts = models.JSONField("所印内容")
    document = models.OneToOneField(Document, models.PROTECT, related_name="+")
    at = models.DateTimeField("确认时间")

    objects = YearPaperQuerySet.as_manager()

    class Meta:
        verbose_name = "登记表"
        verbose_name_plural = "登记表"
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(group_year__isnull=True) ^ Q(topic__isnull=True),
                name="year_paper_of_one_thing",
            ),
            models.UniqueConstraint(
                fields=["group_year", "times"], name="group_paper_once_a_confirmation"
            ),
            models.UniqueConstraint(
                fields=["topic", "times"], name="topic_paper_once_a_confirmation"
            ),
        ]
