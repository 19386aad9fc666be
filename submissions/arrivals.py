"""Files on their way into a slot, and filings that wait for them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Membership
from qcportal.documents.models import Document, Upload

UNFINISHED = (Upload.Status.OPEN, Upload.Status.RECEIVED)


class PendingFiling(models.Model):
    """The group filed in time and named files that are still on their way.

    The submission stays with the group, locked, until every named file is taken in:
    then it is filed as of ``at``. Otherwise the filing lapses and the draft stays.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", "等文件传完"
        FILED = "filed", "已提交"
        LAPSED = "lapsed", "没有办成"
        CANCELLED = "cancelled", "已取消"

    submission = models.ForeignKey(
        "submissions.Submission", models.PROTECT, related_name="pending_filings"
    )
    status = models.CharField(
        "状态", max_length=10, choices=Status, default=Status.WAITING
    )
    seat = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    stand_in = models.ForeignKey(
        Membership, models.PROTECT, null=True, blank=True, related_name="+"
    )
    by_name = models.CharField(max_length=60)
    at = models.DateTimeField("提交的时刻")
    deadline = models.DateTimeField("文件最晚传完")
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField("没有办成的原因", blank=True)

    class Meta:
        verbose_name = "等文件的提交"
        verbose_name_plural = "等文件的提交"
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["submission"],
                condition=Q(status="waiting"),
                name="one_filing_waits",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "filed", "lapsed", "cancelled"]),
                name="pending_filing_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="waiting") | Q(ended_at__isnull=False),
                name="pending_filing_ends_at",
            ),
            models.CheckConstraint(
                condition=~Q(status="lapsed") | ~Q(reason=""),
                name="pending_filing_says_why",
            ),
        ]

    @property
    def actor(self) -> Actor:
        """Who filed, on the seat they sat on."""
        return Actor(self.seat, self.stand_in)

    @property
    def is_waiting(self) -> bool:
        return self.status == self.Status.WAITING

    @property
    def is_lapsed(self) -> bool:
        return self.status == self.Status.LAPSED


class SlotUploadQuerySet(models.QuerySet["SlotUpload"]):
    def unfinished(self) -> SlotUploadQuerySet:
        """On their way, or here and not looked at yet."""
        return self.filter(upload__status__in=UNFINISHED)

    def shown(self) -> SlotUploadQuerySet:
        """What the page speaks of: unfinished, and refused ones nobody put away."""
        speaking = (*UNFINISHED, Upload.Status.REFUSED)
        return self.filter(upload__status__in=speaking, put_away_at__isnull=True)


class SlotUpload(models.Model):
    """A file declared for a slot of a submission; ``attachment`` once it stands there."""

    submission = models.ForeignKey(
        "submissions.Submission", models.PROTECT, related_name="slot_uploads"
    )
    slot = models.CharField("材料", max_length=40)
    upload = models.OneToOneField(Upload, models.PROTECT, related_name="+")
    seat = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    stand_in = models.ForeignKey(
        Membership, models.PROTECT, null=True, blank=True, related_name="+"
    )
    filing = models.ForeignKey(
        PendingFiling, models.PROTECT, null=True, blank=True, related_name="awaited"
    )
    attachment = models.OneToOneField(
        "submissions.Attachment",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    put_away_at = models.DateTimeField(null=True, blank=True)

    objects = SlotUploadQuerySet.as_manager()

    class Meta:
        verbose_name = "正在上传的材料"
        verbose_name_plural = "正在上传的材料"
        ordering = ["slot", "pk"]

    @property
    def actor(self) -> Actor:
        return Actor(self.seat, self.stand_in)


class PictureSource(models.Model):
    """A picture that a made file is made of: a turned picture of one, a merged PDF of
    several, in their order. ``turn`` is to the right, in degrees."""

    made = models.ForeignKey(Document, models.PROTECT, related_name="picture_sources")
    source = models.ForeignKey(Document, models.PROTECT, related_name="+")
    position = models.PositiveIntegerField()
    turn = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "图片来源"
        verbose_name_plural = "图片来源"
        ordering = ["made", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["made", "position"], name="picture_position_once"
            ),
            models.CheckConstraint(
                condition=Q(turn__in=[0, 90, 180, 270]), name="picture_turned_squarely"
            ),
        ]
