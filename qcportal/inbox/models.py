"""What people are told. A message is addressed to an organisation's desk."""

from __future__ import annotations

from django.db import models

from qcportal.accounts.actors import Actor
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
