"""Who pressed which seal on which bytes. Never draws a seal; keeps what its owner has."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q

from qcportal.accounts.models import Organisation
from qcportal.documents.models import Document


class Evidence(models.TextChoices):
    """The kind of proof a stamped opinion rests on (domain.md §6.4)."""

    SCAN = "scan", "纸质盖章扫描件"
    SEAL_PICTURE = "seal_picture", "印模图像（非可靠电子签名）"
    SIGNATURE = "signature", "数字签名"
    EXCEPTION = "exception", "秘书处确认（无推荐单位盖章）"


class SealPicture(models.Model):
    """An organisation's own seal picture, under custody of its named keeper."""

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="seal_pictures"
    )
    picture = models.ForeignKey(Document, models.PROTECT, related_name="+")
    keeper = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    undertaking = models.TextField("承诺")
    diameter_mm = models.DecimalField(
        "宽，圆章即直径（毫米）", max_digits=4, decimal_places=1, default=40
    )
    # Empty for a round or square seal: as high as it is wide.
    height_mm = models.DecimalField(
        "高（毫米）", max_digits=4, decimal_places=1, null=True, blank=True
    )
    # What the keeper gave; ``picture`` is cut out of it.
    source = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="+"
    )
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(ended_at__isnull=True),
                name="one_live_seal_picture",
            )
        ]

    @property
    def size_mm(self) -> tuple[Decimal, Decimal]:
        """(width, height) of the imprint on paper, in millimetres."""
        return self.diameter_mm, self.height_mm or self.diameter_mm


class ScanReading(models.Model):
    """What was read from an uploaded stamped scan: of which print, which pages.

    ``document`` is what is kept (one PDF, pages in order, upright); refused uploads
    keep the reading alone. ``pages`` is ``[{"file", "page", "turn", "mark"}]`` as they
    came, ``mark`` the printed page number or null where no code was read.
    """

    class Outcome(models.TextChoices):
        MATCHED = "matched", "二维码相符"
        UNREADABLE = "unreadable", "二维码没读到"
        FOREIGN = "foreign", "别的材料"
        OLD = "old", "旧的一版"
        MISSING = "missing", "缺页"

    document = models.OneToOneField(
        Document, models.PROTECT, null=True, blank=True, related_name="scan_reading"
    )
    check_code = models.CharField("应有的核对码", max_length=12, db_index=True)
    outcome = models.CharField("结果", max_length=12, choices=Outcome.choices)
    pages = models.JSONField("逐页", default=list)
    look_reason = models.CharField("请人工核对的原因", max_length=200, blank=True)
    read_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-read_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=["matched", "unreadable"])
                | Q(document__isnull=True),
                name="only_sound_scans_kept",
            )
        ]

    @property
    def needs_look(self) -> bool:
        """No code was read on some page: a person compares every page instead."""
        return self.outcome == self.Outcome.UNREADABLE


class SealAct(models.Model):
    """One deliberate use: who, for whom, what kind of evidence, on which content."""

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="seal_acts"
    )
    # As it was called then: a change of name does not rewrite what was sealed.
    organisation_name = models.CharField(max_length=80, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    by_name = models.CharField(max_length=60)
    at = models.DateTimeField()
    evidence = models.CharField(max_length=16, choices=Evidence.choices)
    content_hash = models.CharField("所盖内容的 SHA-256", max_length=64, db_index=True)
    check_code = models.CharField("核对码", max_length=12, db_index=True)
    paper = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="+"
    )
    picture = models.ForeignKey(SealPicture, models.PROTECT, null=True, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(evidence="seal_picture") | Q(picture__isnull=False),
                name="seal_picture_named",
            ),
            models.CheckConstraint(
                condition=~Q(evidence="scan") | Q(paper__isnull=False), name="scan_kept"
            ),
        ]
