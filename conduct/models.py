"""Complaints and what came of them: cases, their steps, their files.

Who complains stands in a table of its own that nothing on the body's side joins.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import Role
from qcportal.campaigns.models import Campaign
from qcportal.documents.models import Document

# Read aloud and typed by hand: no character that looks like another.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def _drawn(count: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(count))


def new_code() -> str:
    """``AJ-7K2M4QXD``: how the association and the body call a case."""
    return f"AJ-{_drawn(8)}"


def new_receipt() -> str:
    """``K7QM-2PXD-94TF-WXYZ``: the complainant's own key, 78 bits; only its hash is
    kept, so no page, list or copy of the books can give it away."""
    drawn = _drawn(16)
    return "-".join(drawn[i : i + 4] for i in range(0, 16, 4))


def receipt_of(typed: str) -> str:
    """A receipt as we write it: case, blanks and dashes do not count."""
    kept = "".join(c for c in typed.upper() if c in ALPHABET)[:32]
    return "-".join(kept[i : i + 4] for i in range(0, len(kept), 4))


def receipt_hash(typed: str) -> str:
    """SHA-256 (hex) of a receipt, however it was typed."""
    return hashlib.sha256(receipt_of(typed).encode()).hexdigest()


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, actor: Actor | None) -> CaseQuerySet:
        """The association's managers see its cases, another officer those given to
        him; a body sees those it was asked about, and never through this: see
        ``put_to``."""
        if not actor or actor.role != Role.ASSOCIATION:
            return self.none()
        own = self.filter(association=actor.organisation)
        if actor.may("manage_members"):
            return own
        return own.filter(handler=actor.user)

    def put_to(self, actor: Actor | None) -> CaseQuerySet:
        """Cases in which the actor's organisation was asked to answer."""
        if not actor or actor.role not in (Role.RECOMMENDER, Role.UNIT):
            return self.none()
        return self.filter(body=actor.organisation, asked_at__isnull=False)

    def open(self) -> CaseQuerySet:
        return self.exclude(state__in=Case.CLOSED)


class Case(models.Model):
    """Something said of a body, or found out by the association itself."""

    class Kind(models.TextChoices):
        FEE = "fee", "收费"
        QUOTA = "quota", "名额分配不公"
        FRAUD = "fraud", "材料造假"
        OTHER = "other", "其他"

    class Origin(models.TextChoices):
        COMPLAINT = "complaint", "收到反映"
        OWN = "own", "主动发现"

    class State(models.TextChoices):
        RECEIVED = "received", "已收到，等待受理"
        HANDLING = "handling", "正在核实"
        HEARING = "hearing", "等对方说明情况"
        CONCLUDED = "concluded", "已办结"
        DISMISSED = "dismissed", "不予受理"

    class Finding(models.TextChoices):
        UPHELD = "upheld", "情况属实"
        PARTLY = "partly", "部分属实"
        NOT_UPHELD = "not_upheld", "没有查实"

    CLOSED = (State.CONCLUDED, State.DISMISSED)

    code = models.CharField("案件编号", max_length=16, unique=True, default=new_code)
    receipt_hash = models.CharField(max_length=64, blank=True, db_index=True)
    association = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, null=True, blank=True, related_name="+"
    )
    origin = models.CharField("来源", max_length=12, choices=Origin.choices)
    kind = models.CharField("类别", max_length=8, choices=Kind.choices)
    body = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="涉及单位",
    )  # fmt: skip
    body_name = models.CharField("涉及单位（所写）", max_length=80, blank=True)
    text = models.TextField("内容")
    state = models.CharField("状态", max_length=10, choices=State.choices)
    handler = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True,
        related_name="+", verbose_name="承办人",
    )  # fmt: skip
    handler_name = models.CharField(max_length=60, blank=True)
    version = models.PositiveIntegerField(default=0)
    received_at = models.DateTimeField("收到时间")
    # What the body is asked, in the handler's words; never the complaint itself.
    question = models.TextField("请对方说明的事", blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField("说明期限", null=True, blank=True)
    finding = models.CharField(
        "认定", max_length=12, choices=Finding.choices, blank=True
    )
    conclusion = models.TextField("处理结论", blank=True)
    closed_at = models.DateTimeField("办结时间", null=True, blank=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = "案件"
        verbose_name_plural = "案件"
        ordering = ["-received_at", "-pk"]
        indexes = [models.Index(fields=["association", "state"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "received",
                        "handling",
                        "hearing",
                        "concluded",
                        "dismissed",
                    ]
                ),
                name="case_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="hearing")
                | Q(due_at__isnull=False, body__isnull=False),
                name="hearing_has_a_body_and_a_deadline",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["concluded", "dismissed"])
                | (Q(closed_at__isnull=False) & ~Q(conclusion="")),
                name="closed_case_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(state="concluded") | ~Q(finding=""),
                name="concluded_case_has_a_finding",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def about(self) -> str:
        """The body as the ledger names it."""
        return self.body.name if self.body else self.body_name

    @property
    def is_closed(self) -> bool:
        return self.state in self.CLOSED


class Complainant(models.Model):
    """Who complains, as far as told. Read by the association's case handlers on one
    page that leaves a line in the trail; by nobody and nothing else."""

    case = models.OneToOneField(Case, models.PROTECT, related_name="complainant")
    name = models.CharField("称呼", max_length=40, blank=True)
    phone = models.CharField("电话", max_length=30, blank=True)
    email = models.EmailField("邮箱", blank=True)


class CaseStep(models.Model):
    """One act in a case. Append-only. ``by_name`` is the association's or the body's
    person, never the complainant."""

    class What(models.TextChoices):
        RECEIVED = "received", "收到反映"
        OPENED = "opened", "登记案件"
        ADDED = "added", "反映人补充"
        ACCEPTED = "accepted", "受理"
        TRANSFERRED = "transferred", "转交承办人"
        NAMED = "named", "确定涉及单位"
        NOTED = "noted", "内部记录"
        ASKED = "asked", "请对方说明情况"
        EXTENDED = "extended", "延长说明期限"
        ANSWERED = "answered", "对方作出说明"
        CONCLUDED = "concluded", "作出结论"
        DISMISSED = "dismissed", "不予受理"
        REOPENED = "reopened", "重新办理"
        RIGHT_LOST = "right_lost", "停止推荐资格"
        RIGHT_RESTORED = "right_restored", "恢复推荐资格"

    case = models.ForeignKey(Case, models.PROTECT, related_name="steps")
    what = models.CharField(max_length=16, choices=What.choices)
    comment = models.TextField(blank=True)
    by_name = models.CharField(max_length=60, blank=True)
    organisation_name = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-pk"]


class CaseFile(models.Model):
    """A file of a case, under a number instead of its own name: names tell."""

    class Side(models.TextChoices):
        COMPLAINANT = "complainant", "反映人"
        BODY = "body", "涉及单位"
        ASSOCIATION = "association", "秘书处"

    case = models.ForeignKey(Case, models.PROTECT, related_name="files")
    side = models.CharField(max_length=12, choices=Side.choices)
    document = models.ForeignKey(Document, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]


class PendingDecision(models.Model):
    """What became of one pending result when its body lost the right."""

    class Choice(models.TextChoices):
        STAY = "stay", "原推荐有效"
        DIRECT = "direct", "转为直接申报，由秘书处办"
        ANEW = "anew", "退回另选推荐单位"
        CLOSE = "close", "不再办理"

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="decisions")
    submission = models.ForeignKey(
        "submissions.Submission", models.PROTECT, related_name="+"
    )
    choice = models.CharField(max_length=8, choices=Choice.choices)
    was = models.CharField("原状态", max_length=20)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
