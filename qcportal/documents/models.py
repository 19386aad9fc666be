"""A document is a row first and a file later. It never knows who owns it.

Owners (a revision, a stamp, a publication …) point here with PROTECT keys and decide
who may read; making.py and uploads.py are the only writers.
"""

import uuid
from datetime import datetime
from pathlib import PurePosixPath

from django.conf import settings
from django.db import models
from django.utils import timezone

CONTENT_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "jpg": "image/jpeg",
    "png": "image/png",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "zip": "application/zip",
}


def stored_name(document: "Document", filename: str) -> str:
    """A random path in the storage; says nothing about owner, title or date."""
    name = uuid.uuid4().hex
    return f"documents/{name[:2]}/{name}.{document.extension}"


class DocumentQuerySet(models.QuerySet["Document"]):
    def forgotten(
        self, *, sent_before: datetime, beating_before: datetime
    ) -> "DocumentQuerySet":
        """Rows to be sent again: waiting unheard, or made by a maker gone silent."""
        waiting = models.Q(
            status=Document.Status.WAITING, ordered_at__lt=sent_before
        ) & (models.Q(sent_at=None) | models.Q(sent_at__lt=sent_before))
        silent = models.Q(
            status=Document.Status.MAKING, started_at__lt=beating_before
        ) & (models.Q(sent_at=None) | models.Q(sent_at__lt=sent_before))
        return self.filter(waiting | silent)


class Document(models.Model):
    """A file the portal made or was given, or is about to make."""

    class Status(models.TextChoices):
        WAITING = "WAITING", "等待生成"
        MAKING = "MAKING", "正在生成"
        READY = "READY", "可以下载"
        FAILED = "FAILED", "没有生成成功"
        EXPIRED = "EXPIRED", "已过保存期"

    class Origin(models.TextChoices):
        MADE = "MADE", "平台生成"
        UPLOADED = "UPLOADED", "用户上传"

    key = models.UUIDField("公开标识", default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField("类别", max_length=40, db_index=True)
    # The file name users see; its extension says what the file is.
    title = models.CharField("文件名", max_length=200)
    status = models.CharField(
        "状态", max_length=10, choices=Status, default=Status.WAITING
    )
    origin = models.CharField("来源", max_length=10, choices=Origin)
    maker = models.CharField("生成任务", max_length=100, blank=True)
    file = models.FileField("存放位置", upload_to=stored_name, blank=True)
    content_type = models.CharField("内容类型", max_length=100, blank=True)
    sha256 = models.CharField("摘要", max_length=64, blank=True, db_index=True)
    size = models.PositiveBigIntegerField("大小（字节）", default=0)
    pages = models.PositiveIntegerField("页数", null=True, blank=True)
    # The portal's own signature in the file; empty: it carries none of ours.
    signed_at = models.DateTimeField("签名时间", null=True, blank=True)
    signed_by = models.CharField("签名证书", max_length=120, blank=True)
    signed_with = models.CharField("证书摘要", max_length=64, blank=True)
    # Counted when a maker takes the row, so that a killed maker counts too; also the
    # token by which a maker that was overtaken finds out.
    attempts = models.PositiveSmallIntegerField("生成次数", default=0)
    error = models.TextField("原因（工作人员可见）", blank=True)
    progress = models.PositiveSmallIntegerField("进度（%）", default=0)
    progress_text = models.CharField("进度说明", max_length=100, blank=True)
    ordered_at = models.DateTimeField("登记时间", default=timezone.now)
    ordered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="登记人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    sent_at = models.DateTimeField("送出时间", null=True, blank=True)
    started_at = models.DateTimeField("最近动静", null=True, blank=True)
    ready_at = models.DateTimeField("完成时间", null=True, blank=True)
    expires_at = models.DateTimeField("保存到", null=True, blank=True)
    # The same as PDF, for reading in the page (reading.py).
    reading = models.ForeignKey(
        "self",
        verbose_name="阅读用的 PDF",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = "文件"
        verbose_name_plural = "文件"
        ordering = ["-ordered_at", "-id"]
        indexes = [models.Index(fields=["status", "sent_at"], name="document_queue")]
        constraints = [
            models.CheckConstraint(
                name="document_status_known",
                condition=models.Q(
                    status__in=["WAITING", "MAKING", "READY", "FAILED", "EXPIRED"]
                ),
            ),
            models.CheckConstraint(
                name="document_origin_known",
                condition=models.Q(origin__in=["MADE", "UPLOADED"]),
            ),
            models.CheckConstraint(
                name="document_ready_has_file",
                condition=~models.Q(status="READY")
                | (~models.Q(file="") & ~models.Q(sha256="")),
            ),
            models.CheckConstraint(
                name="document_made_has_maker",
                condition=~models.Q(origin="MADE") | ~models.Q(maker=""),
            ),
            models.CheckConstraint(
                name="document_progress_percent",
                condition=models.Q(progress__lte=100),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_waiting(self) -> bool:
        """Ordered or being made: the page asks again in a while."""
        return self.status in {self.Status.WAITING, self.Status.MAKING}

    @property
    def is_ready(self) -> bool:
        return self.status == self.Status.READY

    @property
    def is_failed(self) -> bool:
        return self.status == self.Status.FAILED

    @property
    def is_expired(self) -> bool:
        return self.status == self.Status.EXPIRED

    @property
    def extension(self) -> str:
        """Lower case, without the dot: "pdf"; "jpeg" is told as "jpg"."""
        extension = PurePosixPath(self.title).suffix.lstrip(".").lower()
        return "jpg" if extension == "jpeg" else extension

    @property
    def is_pdf(self) -> bool:
        return self.content_type == CONTENT_TYPES["pdf"]

    @property
    def is_image(self) -> bool:
        return self.content_type in {CONTENT_TYPES["jpg"], CONTENT_TYPES["png"]}

    @property
    def size_text(self) -> str:
        """For people: 86 KB, 18.6 MB; bytes below one KB."""
        if self.size < 1024:
            return f"{self.size} B"
        if self.size < 1024 * 1024:
            return f"{self.size / 1024:.0f} KB"
        return f"{self.size / 1024 / 1024:.1f} MB"


class Upload(models.Model):
    """A file on its way here in pieces: what was declared, how far it has come.

    ``name``, ``size`` (bytes) and ``sha256`` (hex) are the sender's words before the
    first byte; the joined file is held against them. It does not know its owner either;
    resumable.py is the only writer.
    """

    class Status(models.TextChoices):
        OPEN = "OPEN", "还没传完"
        RECEIVED = "RECEIVED", "传完了，正在核对"
        TAKEN = "TAKEN", "已收下"
        REFUSED = "REFUSED", "没有收下"
        DROPPED = "DROPPED", "不要了"

    key = models.UUIDField("公开标识", default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField("文件名", max_length=200)
    size = models.PositiveBigIntegerField("大小（字节）")
    sha256 = models.CharField("声明的摘要", max_length=64)
    offset = models.PositiveBigIntegerField("已收到（字节）", default=0)
    status = models.CharField(
        "状态", max_length=10, choices=Status, default=Status.OPEN
    )
    reason = models.TextField("没有收下的原因", blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    begun_at = models.DateTimeField("开始")
    expires_at = models.DateTimeField("没传完的留到")
    received_at = models.DateTimeField("收全", null=True, blank=True)
    settled_at = models.DateTimeField("了结", null=True, blank=True)
    # Who is looking at it: counted when taken up, so that a killed worker counts too.
    attempts = models.PositiveSmallIntegerField("核对次数", default=0)
    looked_at = models.DateTimeField("最近一次核对", null=True, blank=True)

    class Meta:
        verbose_name = "续传文件"
        verbose_name_plural = "续传文件"
        ordering = ["begun_at", "pk"]
        indexes = [
            models.Index(fields=["status", "expires_at"], name="upload_queue"),
            models.Index(fields=["by", "status"], name="upload_quota"),
        ]
        constraints = [
            models.CheckConstraint(
                name="upload_status_known",
                condition=models.Q(
                    status__in=["OPEN", "RECEIVED", "TAKEN", "REFUSED", "DROPPED"]
                ),
            ),
            models.CheckConstraint(
                name="upload_within_its_size",
                condition=models.Q(offset__lte=models.F("size"), size__gt=0),
            ),
            models.CheckConstraint(
                name="upload_received_is_whole",
                condition=~models.Q(status__in=["RECEIVED", "TAKEN"])
                | models.Q(offset=models.F("size"), received_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN

    @property
    def is_received(self) -> bool:
        return self.status == self.Status.RECEIVED

    @property
    def is_taken(self) -> bool:
        return self.status == self.Status.TAKEN

    @property
    def is_refused(self) -> bool:
        return self.status == self.Status.REFUSED

    @property
    def percent(self) -> int:
        """0–100, whole; 100 only when every byte is here."""
        return self.offset * 100 // self.size


class UploadPart(models.Model):
    """A piece of an upload in the storage: bytes ``start`` to ``start + size``."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="parts")
    start = models.PositiveBigIntegerField()
    size = models.PositiveIntegerField()
    stored = models.CharField(max_length=120)

    class Meta:
        ordering = ["start"]
        constraints = [
            models.UniqueConstraint(fields=["upload", "start"], name="upload_part_once")
        ]
