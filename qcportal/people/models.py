"""Invitations to a seat, and officers standing in on somebody else's seat."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac

from qcportal.accounts.models import Membership, Organisation
from qcportal.accounts.roles import Duty
from qcportal.campaigns.models import Campaign
from qcportal.inbox.models import Mail

VALID_FOR = timedelta(days=14)
STAND_IN_FOR = timedelta(minutes=30)


def digest(token: str) -> str:
    """SHA-256 (hex) of a link's secret: all that the database keeps of it."""
    return hashlib.sha256(token.encode()).hexdigest()


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> InvitationQuerySet:
        """Neither accepted nor revoked; it may have expired."""
        return self.filter(accepted_at__isnull=True, revoked_at__isnull=True)

    def with_token(self, token: str) -> InvitationQuerySet:
        return self.filter(token_hash=digest(token))


class Invitation(models.Model):
    """A seat kept for somebody who holds the link.

    ``campaign`` is for the association's people: a judge joins its pool, an officer
    may run it. The link's secret is derived from the site's key and ``round``; sending
    again begins a new round, and the older link is dead.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="invitations"
    )
    duty = models.CharField("职责", max_length=16, choices=Duty.choices)
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, null=True, blank=True, related_name="invitations"
    )
    name = models.CharField("姓名", max_length=40)
    email = models.EmailField("电子邮箱", blank=True)
    round = models.PositiveSmallIntegerField(default=1)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    mail = models.ForeignKey(
        Mail, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=60)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True,
        related_name="+",
    )  # fmt: skip
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = "邀请"
        verbose_name_plural = "邀请"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(duty="judge") | Q(campaign__isnull=False),
                name="judge_is_invited_to_a_campaign",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(revoked_at__isnull=True),
                name="invitation_accepted_or_revoked",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True, accepted_by__isnull=True)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="invitation_accepted_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.organisation.label}"

    @property
    def token(self) -> str:
        """The link's secret (64 hex digits) of this round."""
        words = f"{self.key}:{self.round}"
        return salted_hmac("people.invitation", words, algorithm="sha256").hexdigest()

    def expired(self, at: datetime) -> bool:
        return at >= self.expires_at


class StandInQuerySet(models.QuerySet["StandIn"]):
    def running(self) -> StandInQuerySet:
        return self.filter(ended_at__isnull=True)


class StandIn(models.Model):
    """An officer of the association on somebody else's seat: why, since when, until
    when. It ends by a click, at ``ends_at``, or with either of the two seats."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    officer = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    seat = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="+")
    reason = models.CharField("原因", max_length=200)
    began_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = StandInQuerySet.as_manager()

    class Meta:
        verbose_name = "代办"
        verbose_name_plural = "代办"
        ordering = ["-began_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["officer"],
                condition=Q(ended_at__isnull=True),
                name="one_stand_in_at_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""), name="stand_in_has_a_reason"
            ),
        ]
