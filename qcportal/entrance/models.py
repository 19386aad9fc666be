"""What the door keeps: how often something was tried, and codes on their way.

Second factors and sessions are allauth's own rows (allauth.mfa, allauth.usersessions).
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.crypto import constant_time_compare, salted_hmac

from qcportal.accounts.encryption import EncryptedField

TRIES = 3
DIGITS = 6


class Tally(models.Model):
    """How often something happened under a key. The key is a keyed hash: the table
    names neither people nor addresses. Forgotten after ``until_at``."""

    key = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField()
    until_at = models.DateTimeField(db_index=True)


class Code(models.Model):
    """Six digits somebody was sent. The row keeps a keyed hash of them.

    A row without ``user`` is for a name nobody has: it answers like any other and is
    never right. ``digest`` is empty until the worker has made and sent the digits.
    """

    class Purpose(models.TextChoices):
        SIGN_IN = "sign_in", "登录"
        RESET = "reset", "重设密码"
        MOBILE = "mobile", "换手机号"
        EMAIL = "email", "换邮箱"

    class Way(models.TextChoices):
        MOBILE = "mobile", "短信"
        EMAIL = "email", "邮件"

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    purpose = models.CharField(max_length=8, choices=Purpose.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True,
        related_name="codes",
    )  # fmt: skip
    way = models.CharField(max_length=8, choices=Way.choices, blank=True)
    # A new number or address, not yet the person's; empty: the one on record.
    to = EncryptedField(bound_to="entrance.Code.to", blank=True)
    digest = models.CharField(max_length=64, blank=True)
    ordered_at = models.DateTimeField(db_index=True)
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)
    voided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "验证码"
        verbose_name_plural = "验证码"

    def digest_of(self, digits: str) -> str:
        return salted_hmac(
            "entrance.code", f"{self.key}:{digits}", algorithm="sha256"
        ).hexdigest()

    def is_right(self, digits: str) -> bool:
        """In constant time; never for a row that was not sent or is void."""
        live = bool(self.digest and self.user_id and not self.voided_at)
        expected = self.digest or self.digest_of("")
        return constant_time_compare(self.digest_of(digits), expected) and live

    def over(self, at: datetime) -> bool:
        """Out of time, used, or tried too often: the same for every row."""
        spent = self.tries >= TRIES or self.used_at is not None
        return spent or at >= self.expires_at
