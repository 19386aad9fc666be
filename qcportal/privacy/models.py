"""What people agree to about their personal data, and who agreed to which words."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class ConsentTextQuerySet(models.QuerySet["ConsentText"]):
    def in_force(self) -> ConsentText | None:
        """The newest version; None on a portal that published none yet."""
        return self.order_by("-version").first()


class ConsentText(models.Model):
    """One version of the 个人信息处理同意书. Published, it is never edited: changed words
    are a new version."""

    class Kind(models.TextChoices):
        PERSONAL = "personal", "个人信息处理同意书"

    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.PERSONAL)
    version = models.PositiveSmallIntegerField("版本")
    body = models.TextField("正文")
    changes = models.CharField("改了什么", max_length=300, blank=True)
    published_at = models.DateTimeField("发布时间")
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True,
        related_name="+",
    )  # fmt: skip
    published_by_name = models.CharField(max_length=120, blank=True)

    objects = ConsentTextQuerySet.as_manager()

    class Meta:
        verbose_name = "同意书"
        verbose_name_plural = "同意书"
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "version"], name="consent_version_once"
            ),
            models.CheckConstraint(condition=~Q(body=""), name="consent_has_words"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}第 {self.version} 版"


class Consent(models.Model):
    """A person agreed to one version. ``application`` is the code of an application for
    an account, while there is no account; ``user`` follows when it is opened."""

    text = models.ForeignKey(ConsentText, models.PROTECT, related_name="consents")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True,
        related_name="consents",
    )  # fmt: skip
    application = models.CharField("查询码", max_length=16, blank=True)
    at = models.DateTimeField("同意时间")
    address = models.GenericIPAddressField("网络地址", null=True, blank=True)
    withdrawal_asked_at = models.DateTimeField("要求撤回", null=True, blank=True)

    class Meta:
        verbose_name = "同意"
        verbose_name_plural = "同意"
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "text"], name="consent_once"),
            models.UniqueConstraint(
                fields=["application", "text"],
                condition=~Q(application=""),
                name="consent_once_per_application",
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=False) | ~Q(application=""),
                name="consent_of_somebody",
            ),
        ]
