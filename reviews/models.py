"""What the association does: checks, judging, decisions, publication, certificates."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q

from qcportal.accounts.actors import Actor
from qcportal.accounts.encryption import PrivateJSONField
from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import Role
from qcportal.campaigns import access
from qcportal.campaigns.models import AwardLevel, Campaign, CheckItem, Rubric
from qcportal.documents.models import Document
from submissions.models import Revision, Submission


class Check(models.Model):
    """The formal check of one revision: an answer per item, a verdict at the end."""

    class Verdict(models.TextChoices):
        OPEN = "", "核对中"
        PASSED = "passed", "通过"
        AMENDMENT = "amendment", "退回补正"
        SET_ASIDE = "set_aside", "不通过"

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="checks")
    revision = models.OneToOneField(
        Revision, models.PROTECT, related_name="formal_check"
    )
    verdict = models.CharField(max_length=12, choices=Verdict.choices, blank=True)
    comment = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict__in=["", "passed"]) | ~Q(comment=""),
                name="check_says_why_not",
            )
        ]


class CheckAnswer(models.Model):
    check_of = models.ForeignKey(Check, models.CASCADE, related_name="answers")
    item = models.ForeignKey(CheckItem, models.PROTECT, related_name="+")
    fits = models.BooleanField("符合")
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["item__order"]
        constraints = [
            models.UniqueConstraint(
                fields=["check_of", "item"], name="one_answer_per_item"
            )
        ]


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def visible_to(self, actor: Actor | None) -> AssignmentQuerySet:
        """A judge sees the own assignments, the association those it made."""
        match actor.role if actor else None:
            case Role.JUDGE:
                return self.filter(
                    judge=actor.user, submission__campaign__in=access.judged_by(actor)
                )
            case Role.ASSOCIATION:
                return self.filter(submission__campaign__in=access.run_by(actor))
        return self.none()

    def counting(self) -> AssignmentQuerySet:
        """Handed-in sheets that go into the score."""
        return self.filter(submitted_at__isnull=False, recused_at__isnull=True)


class Assignment(models.Model):
    """One judge, one submission: the marks, the remarks, or the recusal. The only table
    that ties a judge to a score; nothing on the applicants' side joins it."""

    key = models.CharField(max_length=16, unique=True)
    submission = models.ForeignKey(
        Submission, models.PROTECT, related_name="assignments"
    )
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="+")
    judge = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    rubric = models.ForeignKey(Rubric, models.PROTECT, related_name="+")
    marks = models.JSONField(default=dict)
    total = models.DecimalField(max_digits=6, decimal_places=2, default=0)
    remark = models.TextField("评语（给班组）", blank=True)
    panel_remark = models.TextField("给评审组的话", blank=True)
    version = models.PositiveIntegerField(default=0)
    assigned_at = models.DateTimeField()
    saved_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    recused_at = models.DateTimeField(null=True, blank=True)
    recusal = models.CharField("回避原因", max_length=200, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "judge"], name="a_judge_scores_a_submission_once"
            ),
            models.CheckConstraint(
                condition=Q(recused_at__isnull=True) | ~Q(recusal=""),
                name="recusal_says_why",
            ),
        ]

    @property
    def counts(self) -> bool:
        """As ``counting``, of a row already read."""
        return self.submitted_at is not None and self.recused_at is None

    @property
    def is_open(self) -> bool:
        """Still to be handed in."""
        return self.submitted_at is None and self.recused_at is None


class Decision(models.Model):
    """The award of one submission, or that it has none. Secret until released."""

    submission = models.OneToOneField(
        Submission, models.PROTECT, related_name="decision"
    )
    level = models.ForeignKey(
        AwardLevel, models.PROTECT, null=True, blank=True, related_name="+"
    )
    score = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    sheets = models.JSONField("所计分数", default=list)
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )


class Publication(models.Model):
    """A frozen list shown to the public: the notice (公示) and the final list (公布).

    A correction is a new publication naming the one it replaces.
    """

    class Kind(models.TextChoices):
        NOTICE = "notice", "公示"
        RESULTS = "results", "公布"

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="publications")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    title = models.CharField(max_length=120)
    opens_at = models.DateTimeField("开始")
    closes_at = models.DateTimeField("公示截止", null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    pdf = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="+"
    )
    excel = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-opens_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="notice") | Q(closes_at__isnull=False),
                name="a_notice_ends",
            ),
            models.UniqueConstraint(
                fields=["campaign", "kind"],
                condition=Q(replaces__isnull=True),
                name="one_first_publication_per_kind",
            ),
        ]


class PublicationEntry(models.Model):
    """One line of a published list: copied, never joined."""

    publication = models.ForeignKey(Publication, models.PROTECT, related_name="entries")
    order = models.PositiveIntegerField("序号")
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="+")
    category_code = models.CharField("类别代码", max_length=30, blank=True)
    category_name = models.CharField("类别", max_length=40, blank=True)
    level_code = models.CharField(max_length=8)
    level_name = models.CharField(max_length=20)
    level_style = models.CharField(max_length=8)
    title = models.CharField("课题名称", max_length=200)
    group_name = models.CharField("小组名称", max_length=200)
    unit_name = models.CharField("企业名称", max_length=200)
    recommender_name = models.CharField("推荐单位", max_length=80, blank=True)
    topic_type = models.CharField(max_length=30)
    topic_type_label = models.CharField("课题类型", max_length=30)
    industry = models.CharField("行业", max_length=40, blank=True)
    measure = models.JSONField("改进前后", default=dict, blank=True)

    class Meta:
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(
                fields=["publication", "order"], name="entry_order_once"
            ),
            models.UniqueConstraint(
                fields=["publication", "submission"], name="entry_submission_once"
            ),
        ]


class Certificate(models.Model):
    """What a published entry earned: number, code to verify by, frozen words, file."""

    number = models.CharField("证书编号", max_length=40, unique=True)
    verify_code = models.CharField("查验码", max_length=20, unique=True)
    entry = models.OneToOneField(
        PublicationEntry, models.PROTECT, related_name="certificate"
    )
    facts = models.JSONField("证书内容")
    document = models.ForeignKey(Document, models.PROTECT, related_name="+")
    issued_at = models.DateTimeField("颁发")
    revoked_at = models.DateTimeField("撤销", null=True, blank=True)
    revoke_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True) | ~Q(revoke_reason=""),
                name="revoking_says_why",
            )
        ]


class Export(models.Model):
    """A list somebody had made: bound to who asked, for whom, until when (T04)."""

    key = models.CharField(max_length=16, unique=True)
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="exports")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    title = models.CharField(max_length=100)
    filters = PrivateJSONField(default=dict, bound_to="reviews.Export.filters")
    rows = models.PositiveIntegerField(default=0)
    document = models.ForeignKey(Document, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["-asked_at", "-pk"]


CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_key() -> str:
    """80 random bits, for paths that must not be guessed or counted."""
    return "".join(secrets.choice(CROCKFORD) for _ in range(16))


def check_character(code: str) -> str:
    """The last character of a verify code: weighted sum over the alphabet."""
    weighted = sum((i + 1) * CROCKFORD.index(c) for i, c in enumerate(code))
    return CROCKFORD[weighted % 31]


def new_verify_code() -> str:
    """75 random bits and a check character, ``XXXX-XXXX-XXXX-XXXX``."""
    body = "".join(secrets.choice(CROCKFORD) for _ in range(15))
    code = body + check_character(body)
    return "-".join(code[i : i + 4] for i in range(0, 16, 4))
