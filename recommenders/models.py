"""The recommending body's year: its dossier, its candidates, its standing."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from qcportal.accounts.actors import Actor
from qcportal.accounts.encryption import PrivateJSONField
from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import Role
from qcportal.campaigns import access
from qcportal.campaigns.models import Campaign, Category
from qcportal.documents.models import Document
from qcportal.seals.models import SealAct
from submissions.models import ScoreSheet, Stamp, Submission, Tier


class DossierQuerySet(models.QuerySet["Dossier"]):
    def visible_to(self, actor: Actor | None) -> DossierQuerySet:
        match actor.role if actor else None:
            case Role.RECOMMENDER:
                return self.filter(recommender=actor.organisation)
            case Role.ASSOCIATION:
                return self.filter(campaign__in=access.run_by(actor))
        return self.none()


class Dossier(models.Model):
    """What one recommending body hands in for one campaign: summary, statistics, the
    stamped 推荐表. The row is also the lock under which its places are counted."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="dossiers")
    recommender = models.ForeignKey(
        Organisation, models.PROTECT, related_name="dossiers"
    )
    summary = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="+"
    )
    summary_at = models.DateTimeField(null=True, blank=True)
    statistics = models.JSONField(default=dict, blank=True)
    statistics_version = models.PositiveIntegerField(default=0)
    statistics_saved_at = models.DateTimeField(null=True, blank=True)
    statistics_done_at = models.DateTimeField(null=True, blank=True)

    objects = DossierQuerySet.as_manager()

    class Meta:
        verbose_name = "推荐材料"
        verbose_name_plural = "推荐材料"
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "recommender"], name="one_dossier_per_recommender"
            )
        ]


class Candidate(models.Model):
    """A submission on a recommending body's bench: its rank there within its category,
    and since when it takes a place (``recommended_at``; empty = it does not)."""

    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="candidates")
    submission = models.OneToOneField(
        Submission, models.PROTECT, related_name="candidate"
    )
    # The submission's, copied down: ranks are given within a category.
    category = models.ForeignKey(Category, models.PROTECT, related_name="+")
    rank = models.PositiveIntegerField("名次", null=True, blank=True)
    recommended_at = models.DateTimeField("推荐时间", null=True, blank=True)
    recommended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        ordering = [F("rank").asc(nulls_last=True), "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["dossier", "category", "rank"], name="one_candidate_per_rank"
            ),
            models.CheckConstraint(
                condition=Q(recommended_at__isnull=True) | Q(rank__isnull=False),
                name="recommended_means_ranked",
            ),
        ]


def bench(actor: Actor, dossier: Dossier) -> QuerySet[Submission]:
    """Everything on the desk of a recommending body in one campaign, with what its list
    shows: ``rank`` and the totals ``own_score`` and ``panel_score`` (complete sheets of
    the revision that counts, else None) and ``opinion_stamped``. Candidates or not."""
    totals = ScoreSheet.objects.filter(revision=OuterRef("revision"), complete=True)
    ranks = Candidate.objects.filter(dossier_id=dossier.pk, submission=OuterRef("pk"))
    stamps = Stamp.objects.filter(
        sheet__revision=OuterRef("revision"),
        sheet__tier=Tier.RECOMMENDER,
        voided_at__isnull=True,
    )
    return (
        Submission.objects.visible_to(actor)
        .filter(campaign=dossier.campaign)
        .with_people()
        .annotate(
            rank=Subquery(ranks.values("rank")[:1]),
            own_score=Subquery(totals.filter(tier=Tier.UNIT).values("total")[:1]),
            panel_score=Subquery(
                totals.filter(tier=Tier.RECOMMENDER).values("total")[:1]
            ),
            opinion_stamped=Exists(stamps),
        )
    )


class Paper(models.Model):
    """A sheet made from the list of recommended results: 推荐表, 推荐汇总表, 评审汇总表.

    ``list_hash`` says from which list; when the list changes the paper shows it is old.
    """

    class Kind(models.TextChoices):
        TABLE = "table", "推荐表（盖章 PDF）"
        SUMMARY = "summary", "推荐汇总表（Excel）"
        SUMMARY_PDF = "summary_pdf", "推荐汇总表（PDF）"
        REVIEW = "review", "评审汇总表（Excel）"

    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="papers")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    document = models.ForeignKey(Document, models.PROTECT, related_name="+")
    facts = PrivateJSONField("所列内容", bound_to="recommenders.Paper.facts")
    list_hash = models.CharField(max_length=64)
    check_code = models.CharField(max_length=12)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-made_at", "-pk"]


class TableStamp(models.Model):
    """The recommending body's seal on its 推荐表; void once the list changes."""

    paper = models.ForeignKey(Paper, models.PROTECT, related_name="stamps")
    act = models.OneToOneField(SealAct, models.PROTECT, related_name="+")
    scan = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="+"
    )
    sealed = models.ForeignKey(
        Document,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="用印章图样时：带章的推荐表",
    )
    at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["paper"],
                condition=Q(voided_at__isnull=True),
                name="one_live_table_stamp",
            )
        ]


class Handover(models.Model):
    """One act of handing results to the association: which, when, on which stamp."""

    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="handovers")
    stamp = models.ForeignKey(TableStamp, models.PROTECT, related_name="+")
    codes = models.JSONField("受理编号")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-at", "-pk"]


class SiteVisitQuerySet(models.QuerySet["SiteVisit"]):
    def visible_to(self, actor: Actor | None) -> SiteVisitQuerySet:
        """The body's own, and the association's of the campaigns it runs."""
        match actor.role if actor else None:
            case Role.RECOMMENDER:
                return self.filter(recommender=actor.organisation)
            case Role.ASSOCIATION:
                return self.filter(submission__campaign__in=access.run_by(actor))
        return self.none()


class SiteVisit(models.Model):
    """现场核查: the body went, looked and says what it found (Hubei 2023 二).

    Append-only: a later visit counts instead of an earlier one, both stay readable.
    ``findings`` is ``[{"code", "label", "answer", "note"}]`` by the campaign's items.
    """

    class Conclusion(models.TextChoices):
        TRUE = "true", "情况属实，可以推荐"
        MENDED = "mended", "基本属实，整改后可以推荐"
        FALSE = "false", "情况不实，不能推荐"

    class Answer(models.TextChoices):
        YES = "yes", "符合"
        PARTLY = "partly", "部分符合"
        NO = "no", "不符合"

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    submission = models.ForeignKey(
        Submission, models.PROTECT, related_name="site_visits"
    )
    recommender = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    visited_on = models.DateField("核查日期")
    persons = models.CharField("核查人员", max_length=100)
    findings = models.JSONField("核查项目")
    conclusion = models.CharField("结论", max_length=8, choices=Conclusion.choices)
    remark = models.TextField("说明", blank=True)
    at = models.DateTimeField("录入时间")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=60)

    objects = SiteVisitQuerySet.as_manager()

    class Meta:
        verbose_name = "现场核查"
        verbose_name_plural = "现场核查"
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(conclusion="true") | ~Q(remark=""),
                name="doubtful_visit_says_why",
            )
        ]


class VisitPhoto(models.Model):
    """A photo taken on site."""

    visit = models.ForeignKey(SiteVisit, models.PROTECT, related_name="photos")
    document = models.ForeignKey(Document, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["visit", "document"], name="visit_photo_once"
            )
        ]
