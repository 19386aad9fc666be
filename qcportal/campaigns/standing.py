"""Loss of the right to recommend, laid down by an association."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q

from qcportal.accounts.models import Organisation


class StandingQuerySet(models.QuerySet["Standing"]):
    def in_force(self, at: datetime) -> StandingQuerySet:
        return self.filter(begins_at__lte=at).filter(
            Q(ends_at__isnull=True) | Q(ends_at__gt=at)
        )

    def with_association(self, association: Organisation) -> StandingQuerySet:
        """What the association laid down; a row of nobody holds everywhere."""
        return self.filter(Q(association=association) | Q(association__isnull=True))


class Standing(models.Model):
    """A loss of the right to recommend: a fact with dates and a reason, not a flag
    (Shanghai 2020 三.4: charging fees costs the right). It holds in the campaigns of
    the association that laid it down; half-open, as windows are."""

    class Kind(models.TextChoices):
        SUSPENDED = "suspended", "暂停推荐资格"
        STRUCK_OFF = "struck_off", "取消推荐资格"

    recommender = models.ForeignKey(
        Organisation, models.PROTECT, related_name="standings"
    )
    association = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="哪家协会定的；空着在所有活动里都有效",
    )
    kind = models.CharField(max_length=12, choices=Kind.choices)
    reason = models.CharField(max_length=200)
    case = models.CharField("案件编号", max_length=16, blank=True)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField("恢复原因", max_length=200, blank=True)

    objects = StandingQuerySet.as_manager()

    class Meta:
        verbose_name = "推荐资格"
        verbose_name_plural = "推荐资格"
        ordering = ["-begins_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True)
                | Q(ends_at__gte=models.F("begins_at")),
                name="standing_begins_before_end",
            )
        ]
