"""The public face of a year: notices and the files that hang on them."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from qcportal.campaigns.models import Campaign, Category
from qcportal.documents.models import Document


class NoticeQuerySet(models.QuerySet["Notice"]):
    def public_at(self, at: datetime) -> NoticeQuerySet:
        """What anybody may read: its time has come, and its campaign is published."""
        return self.filter(published_at__lte=at, campaign__published_at__isnull=False)


class Notice(models.Model):
    """Publication date and the date under the signature are two things (domain.md §0)."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="notices")
    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField("标题", max_length=120)
    body = models.TextField("正文")
    signed_by = models.CharField("落款", max_length=120, blank=True)
    signed_on = models.DateField("落款日期", null=True, blank=True)
    published_at = models.DateTimeField("发布时间")
    pinned = models.BooleanField("置顶", default=False)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-pinned", "-published_at", "-pk"]


class NoticeAttachment(models.Model):
    """A numbered attachment. The number belongs to the notice, not to the form."""

    class Audience(models.TextChoices):
        FILERS = "filers", "班组和单位用"
        RECOMMENDERS = "recommenders", "推荐单位用"

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="attachments")
    order = models.PositiveSmallIntegerField()
    number = models.CharField("附件号", max_length=12)
    title = models.CharField("名称", max_length=100)
    audience = models.CharField(max_length=16, choices=Audience.choices)
    # What the file is made from, when the portal makes it: a blank form needs nothing
    # more, a text carries its paragraphs.
    kind = models.CharField(max_length=16, default="upload")
    paragraphs = models.JSONField(default=list, blank=True)
    category = models.ForeignKey(
        Category,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="空白申报表取哪一类的表；空着取第一类",
    )
    document = models.ForeignKey(Document, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "order"], name="attachment_order_once"
            )
        ]
