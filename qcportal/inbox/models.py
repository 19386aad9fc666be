"""What people are told. A message is addressed to an organisation's desk."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from qcportal.accounts.actors import Actor
from qcportal.accounts.encryption import EncryptedField
from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import Role


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, actor: Actor) -> MessageQuerySet:
        """Those of the actor's organisation; a judge's are addressed to the person."""
        if actor.role == Role.JUDGE:
            return self.filter(person=actor.user)
        return self.filter(organisation=actor.organisation, person__isnull=True)

    def unread(self) -> MessageQuerySet:
        return self.filter(read_at__isnull=True)


class Message(models.Model):
    class Kind(models.TextChoices):
        TODO = "todo", "要我办的"
        PROGRESS = "progress", "进度"
        NEWS = "news", "通知公告"

    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="messages"
    )
    person = models.ForeignKey(
        "accounts.User", models.CASCADE, null=True, blank=True, related_name="messages"
    )
    kind = models.CharField(max_length=12, choices=Kind.choices)
    icon = models.CharField(max_length=30, default="bell")
    tone = models.CharField(max_length=8, default="info")
    title = models.CharField(max_length=140)
    body = models.CharField(max_length=300, blank=True)
    link = models.CharField(max_length=200, blank=True)
    link_label = models.CharField(max_length=12, blank=True)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["organisation", "read_at"])]


class MailQuerySet(models.QuerySet["Mail"]):
    def waiting(self) -> MailQuerySet:
        return self.filter(sent_at__isnull=True, given_up_at__isnull=True)


class Mail(models.Model):
    """An e-mail to be sent: the row is the outbox, the broker carries only ids.

    ``key`` becomes the Message-ID, so that a mail server may recognise a repetition.
    The text may carry a secret link: it is wiped once sent or given up.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    to = models.EmailField()
    subject = models.CharField(max_length=140)
    body = models.TextField(blank=True)
    ordered_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        verbose_name = "邮件"
        verbose_name_plural = "邮件"
        ordering = ["-ordered_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(given_up_at__isnull=True),
                name="mail_sent_or_given_up",
            )
        ]

    @property
    def words(self) -> str:
        if self.sent_at:
            return "邮件已发出"
        return "邮件发不出去" if self.given_up_at else "邮件正在发"


class TextQuerySet(models.QuerySet["Text"]):
    def waiting(self) -> TextQuerySet:
        return self.filter(sent_at__isnull=True, given_up_at__isnull=True)


class Text(models.Model):
    """A text message to be sent: the row is the outbox, the broker carries only ids.

    Number and text are encrypted while it waits and wiped afterwards; ``shown`` is the
    number masked, for whoever looks why nothing came.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    to = EncryptedField(bound_to="inbox.Text.to", blank=True)
    shown = models.CharField("手机", max_length=20, blank=True)
    body = EncryptedField(bound_to="inbox.Text.body", blank=True)
    ordered_at = models.DateTimeField(db_index=True)
    expires_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=200, blank=True)

    objects = TextQuerySet.as_manager()

    class Meta:
        verbose_name = "短信"
        verbose_name_plural = "短信"
        ordering = ["-ordered_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(given_up_at__isnull=True),
                name="text_sent_or_given_up",
            )
        ]
