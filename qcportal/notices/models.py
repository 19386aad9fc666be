"""The public face of a year: notices and the files that hang on them.

A notice is a draft until ``published_at`` is set; until that hour it may still be
edited, from then on it is frozen: corrected by a new notice, or withdrawn with a reason.
"""

from __future__ import annotations

from datetime import datetime

from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from qcportal.campaigns.models import Campaign, Category
from qcportal.documents.models import Document

LONGEST_BODY = 20_000  # characters; the longest notice of the seeds has 2,400
MOST_SIGNATURES = 12
LONGEST_SIGNATURE = 60
MOST_ATTACHMENTS = 60


class NoticeQuerySet(models.QuerySet["Notice"]):
    def readable_at(self, at: datetime) -> NoticeQuerySet:
        """What has a public page: its hour has come, and its campaign is published.
        A withdrawn one keeps its page, which says so."""
        return self.filter(published_at__lte=at, campaign__published_at__isnull=False)

    def public_at(self, at: datetime) -> NoticeQuerySet:
        """What is in force: readable, and not withdrawn."""
        return self.readable_at(at).filter(withdrawn_at__isnull=True)


class Notice(models.Model):
    """Publication date and the date under the signature are two things (domain.md §0)."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="notices")
    slug = models.SlugField(max_length=60, unique=True)
    is_main = models.BooleanField(
        "活动通知", default=False, help_text="布置整个活动的那一份，一个活动一份"
    )
    title = models.CharField("标题", max_length=120)
    document_number = models.CharField("文号", max_length=60, blank=True)
    document_number_key = models.CharField(
        max_length=60, blank=True, editable=False, db_index=True,
        help_text="统一括号和空白后的文号，供检索",
    )  # fmt: skip
    addressees = models.CharField("主送单位", max_length=300, blank=True)
    body = models.TextField("正文", validators=[MaxLengthValidator(LONGEST_BODY)])
    signatures = models.JSONField(
        "落款单位", default=list, blank=True, help_text="全称，与公章一致，按落款的顺序"
    )
    signed_on = models.DateField("落款日期", null=True, blank=True)
    published_at = models.DateTimeField("发布时间", null=True, blank=True)
    pinned = models.BooleanField("置顶", default=False)
    corrects = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="corrections",
        verbose_name="更正哪份通知",
    )  # fmt: skip
    withdrawn_at = models.DateTimeField("撤回时间", null=True, blank=True)
    withdrawn_reason = models.CharField("撤回原因", max_length=200, blank=True)
    # The notice itself as a paper, made once it is public.
    paper = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="+"
    )
    # Two clerks at once: a save against another version is refused.
    version = models.PositiveIntegerField(default=1)
    saved_at = models.DateTimeField("最近保存", null=True, blank=True)
    saved_by_name = models.CharField("最近保存人", max_length=40, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-pinned", "-published_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign"],
                condition=Q(is_main=True, withdrawn_at__isnull=True),
                name="notice_one_main",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True)
                | (Q(published_at__isnull=False) & ~Q(withdrawn_reason="")),
                name="notice_withdrawn_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(corrects__isnull=True) | ~Q(corrects=F("id")),
                name="notice_not_its_own_correction",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def signed_by(self) -> str:
        """The signatures in one line, as lists of notices say them."""
        return "、".join(self.signatures)


class NoticeAttachmentQuerySet(models.QuerySet["NoticeAttachment"]):
    def made_as(self, document: Document) -> NoticeAttachment:
        """The attachment a file is being made for. A correction shares the files of the
        notice it corrects: any of them says what the file is made from."""
        found = self.filter(Q(document=document) | Q(word=document)).select_related(
            "notice__campaign"
        )
        return found.order_by("pk")[0]

    def with_files(self, at: datetime) -> NoticeAttachmentQuerySet:
        """With what a line of downloads reads; ``link_open``: the notice it stands for
        has a page."""
        page = Notice.objects.readable_at(at).filter(pk=OuterRef("link"))
        found = self.select_related("document", "word", "link", "notice")
        return found.annotate(link_open=Exists(page))

    def offered_at(self, at: datetime) -> NoticeAttachmentQuerySet:
        """What hangs on a notice in force, the newest of each number: not what a
        correction in force brings anew."""
        public = Notice.objects.public_at(at)
        anew = NoticeAttachment.objects.filter(
            notice__in=public,
            notice__corrects=OuterRef("notice"),
            number=OuterRef("number"),
        )
        found = self.filter(~Exists(anew), notice__in=public).with_files(at)
        return found.order_by("audience", "notice__published_at", "notice", "order")


class NoticeAttachment(models.Model):
    """A numbered attachment. The number belongs to the notice, not to the form."""

    class Audience(models.TextChoices):
        FILERS = "filers", "班组和单位用"
        RECOMMENDERS = "recommenders", "推荐单位用"

    class Kind(models.TextChoices):
        """What the file is made from, when the portal makes it."""

        UPLOAD = "upload", "上传的文件"
        TEXT = "text", "写在这里的文字"
        FORM = "form", "空白申报表（PDF 和 Word）"
        SUMMARY = "summary", "活动总结的要求"
        STATISTICS = "statistics", "空白活动统计表"
        TABLE = "table", "空白推荐表"
        REVIEW = "review", "空白评审汇总表"
        NOTICE = "notice", "另一份通知"

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="attachments")
    order = models.PositiveSmallIntegerField()
    number = models.CharField("附件号", max_length=12)
    title = models.CharField("名称", max_length=100)
    audience = models.CharField("给谁用", max_length=16, choices=Audience)
    kind = models.CharField("内容", max_length=16, choices=Kind, default=Kind.UPLOAD)
    paragraphs = models.JSONField("文字", default=list, blank=True)
    category = models.ForeignKey(
        Category,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="类别",
        help_text="空白申报表取哪一类的表；空着取第一类",
    )
    # Nothing for another notice, and for an upload that is still to come.
    document = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="+"
    )
    # A blank form hangs out twice under one number: to print, and to fill in as Word.
    word = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="+"
    )
    link = models.ForeignKey(
        Notice, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="哪份通知",
    )  # fmt: skip

    objects = NoticeAttachmentQuerySet.as_manager()

    class Meta:
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "order"], name="attachment_order_once"
            ),
            models.UniqueConstraint(
                fields=["notice", "number"], name="attachment_number_once"
            ),
        ]

    @property
    def files(self) -> list[Document]:
        """Its files, the one to print first."""
        return [found for found in (self.document, self.word) if found]
