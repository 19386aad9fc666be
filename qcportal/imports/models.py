"""An uploaded workbook, what it would change, and whether it did. A row first: the
tasks take its id, may run twice, and a lost message is swept up."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Membership, Organisation
from qcportal.accounts.roles import Role
from qcportal.documents.models import Document
from qcportal.imports.columns import BY_CODE

KEPT_FOR = timedelta(days=30)  # the uploaded file holds personal data
MAX_ATTEMPTS = 3
RESEND_AFTER = timedelta(seconds=30)  # a message nobody took
SILENT_AFTER = timedelta(minutes=5)  # longer than a task may run
IMPORTERS = (Role.UNIT, Role.RECOMMENDER, Role.ASSOCIATION)


class ImportQuerySet(models.QuerySet["Import"]):
    def visible_to(self, actor: Actor | None) -> ImportQuerySet:
        """The own organisation's, for those who manage its members."""
        if not actor or not actor.may("manage_members"):
            return self.none()
        if actor.role not in IMPORTERS:
            return self.none()
        return self.filter(organisation=actor.organisation)

    def forgotten(self, at: datetime) -> ImportQuerySet:
        """Whose message was lost, or whose worker is gone."""
        under_way = Q(status__in=[Import.Status.READING, Import.Status.APPLYING])
        lost = Q(started_at__isnull=True, sent_at__lt=at - RESEND_AFTER)
        silent = Q(started_at__lt=at - SILENT_AFTER, sent_at__lt=at - SILENT_AFTER)
        return self.filter(under_way & (lost | silent))


class Import(models.Model):
    class Status(models.TextChoices):
        READING = "reading", "正在预检"
        UNREADABLE = "unreadable", "没有读成"
        CHECKED = "checked", "预检完成"
        APPLYING = "applying", "正在导入"
        APPLIED = "applied", "已导入"

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    by_name = models.CharField("谁上传的", max_length=60)
    uploaded_at = models.DateTimeField("上传时间")
    upload = models.ForeignKey(Document, models.PROTECT, related_name="+")
    marked = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="+"
    )
    status = models.CharField(
        max_length=12, choices=Status.choices, default=Status.READING
    )
    rows = models.PositiveIntegerField("行数", default=0)
    counts = models.JSONField("各有几条", default=dict)
    reason = models.CharField("没有读成的原因", max_length=300, blank=True)
    checked_at = models.DateTimeField("预检时间", null=True, blank=True)
    moved = models.PositiveIntegerField("预检后有变化的条数", default=0)
    applied_by = models.ForeignKey(
        Membership, models.PROTECT, null=True, blank=True, related_name="+"
    )
    applied_by_name = models.CharField("谁导入的", max_length=60, blank=True)
    applied_at = models.DateTimeField("导入时间", null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = "批量导入"
        verbose_name_plural = "批量导入"
        ordering = ["-uploaded_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="applied") | Q(applied_at__isnull=False),
                name="import_applied_has_a_time",
            )
        ]

    @property
    def is_under_way(self) -> bool:
        return self.status in {self.Status.READING, self.Status.APPLYING}

    @property
    def is_applied(self) -> bool:
        return self.status == self.Status.APPLIED

    def count(self, kind: str) -> int:
        return int(self.counts.get(kind, 0))

    @property
    def faults(self) -> int:
        return self.count(Line.Kind.FAULT)

    @property
    def changes(self) -> int:
        """What applying would write."""
        kinds = (Line.Kind.ADD, Line.Kind.CHANGE, Line.Kind.JOIN)
        return sum(self.count(kind) for kind in kinds)


class Line(models.Model):
    """What the dry run says about one row, or about one faulty cell of it."""

    class Kind(models.TextChoices):
        FAULT = "fault", "要改"
        ADD = "add", "新增"
        CHANGE = "change", "更改"
        JOIN = "join", "加入"
        SAME = "same", "不变"
        NOTE = "note", "提示"

    imported = models.ForeignKey(Import, models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField()
    table = models.CharField(max_length=10)
    row = models.PositiveIntegerField()
    letter = models.CharField(max_length=3, blank=True)
    column = models.CharField(max_length=20, blank=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=200, blank=True)
    sentence = models.CharField(max_length=300, blank=True)
    changes = models.JSONField(default=list)  # [[title, from, to]]
    moved = models.BooleanField(default=False)

    class Meta:
        verbose_name = "导入明细"
        verbose_name_plural = "导入明细"
        ordering = ["imported", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["imported", "number"], name="import_line_once"
            )
        ]

    @property
    def sheet(self) -> str:
        return BY_CODE[self.table].title if self.table in BY_CODE else ""

    @property
    def place(self) -> str:
        """``单位!C17``, ``单位 第 17 行``, ``单位``; "" for the whole file."""
        if self.letter:
            return f"{self.sheet}!{self.letter}{self.row}"
        return f"{self.sheet} 第 {self.row} 行" if self.row else self.sheet
