"""How organisations come onto the register: applications, affiliations, merges."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from qcportal.accounts.actors import Actor
from qcportal.accounts.encryption import BlindIndexField, EncryptedField
from qcportal.accounts.models import Organisation, RecommenderClass
from qcportal.accounts.roles import Role

# Read aloud and typed by hand: no character that looks like another.
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_code() -> str:
    """``K7QM-2PXD-94TF``: the public code of an application, 59 bits."""
    drawn = "".join(secrets.choice(CODE_ALPHABET) for _ in range(12))
    return f"{drawn[:4]}-{drawn[4:8]}-{drawn[8:]}"


class RegistrationState(models.TextChoices):
    WAITING = "waiting", "等待核对"
    RETURNED = "returned", "退回修改"
    APPROVED = "approved", "已开通"
    REFUSED = "refused", "未通过"
    WITHDRAWN = "withdrawn", "已撤回"


OPEN_STATES = (RegistrationState.WAITING, RegistrationState.RETURNED)


class RegistrationQuerySet(models.QuerySet["Registration"]):
    def visible_to(self, actor: Actor | None) -> RegistrationQuerySet:
        """Those the actor's desk has a say in; only for those who manage members."""
        if not actor or not actor.may("manage_members"):
            return self.none()
        own = actor.organisation
        match actor.role:
            case Role.UNIT:
                return self.filter(
                    Q(channel=Role.GROUP, unit=own) | Q(channel=Role.UNIT, joins=own)
                )
            case Role.RECOMMENDER:
                return self.filter(Q(recommender=own) | Q(joins=own))
            case Role.ASSOCIATION:
                return self.filter(association=own)
        return self.none()

    def waiting(self) -> RegistrationQuerySet:
        return self.filter(status=RegistrationState.WAITING)

    def with_bodies(self) -> RegistrationQuerySet:
        return self.select_related("unit", "recommender", "joins", "association")


class Registration(models.Model):
    """One person's application for an account, or, with ``has_account``, for a seat
    under the account the person has; in one channel.

    ``joins`` is an organisation on the register; otherwise ``organisation_name`` is
    proposed. A group names its ``unit``, or proposes one (``unit_name``): that is
    decided first. ``credit_code`` to ``industry`` describe the proposed unit or body.
    """

    code = models.CharField("查询码", max_length=16, unique=True, default=new_code)
    channel = models.CharField("通道", max_length=16, choices=Role.choices)
    status = models.CharField(
        max_length=12,
        choices=RegistrationState.choices,
        default=RegistrationState.WAITING,
    )
    association = models.ForeignKey(
        Organisation, models.PROTECT, related_name="registrations_kept"
    )
    person = models.CharField("姓名", max_length=40)
    username = models.CharField("用户名", max_length=150)
    password = models.CharField(max_length=128, blank=True)
    email = models.EmailField("邮箱", blank=True)
    mobile = EncryptedField(
        "手机", bound_to="registrations.Registration.mobile", blank=True, default=""
    )
    mobile_index = BlindIndexField("手机号索引", of="mobile", db_index=True)
    joins = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+"
    )
    organisation_name = models.CharField("全称", max_length=80, blank=True)
    department = models.CharField("主管部门", max_length=40, blank=True)
    unit = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+"
    )
    unit_name = models.CharField("所在单位全称", max_length=80, blank=True)
    credit_code = models.CharField("统一社会信用代码", max_length=18, blank=True)
    address = models.CharField("通信地址", max_length=100, blank=True)
    postcode = models.CharField("邮编", max_length=6, blank=True)
    region = models.CharField("地区", max_length=40, blank=True)
    industry = models.CharField("行业", max_length=40, blank=True)
    recommender = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+"
    )
    recommender_class = models.CharField(
        "推荐单位类别", max_length=16, choices=RecommenderClass.choices, blank=True
    )
    undertaking_version = models.CharField(max_length=20, blank=True)
    consent_version = models.CharField(max_length=20)
    applied_at = models.DateTimeField("申请时间")
    state_since = models.DateTimeField()
    decided_by_name = models.CharField("谁办的", max_length=120, blank=True)
    made = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+"
    )
    # Who applied signed in, from the start; else the account made on approval.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True
    )
    has_account = models.BooleanField("已有账号", default=False)

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = "注册申请"
        verbose_name_plural = "注册申请"
        ordering = ["state_since", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(channel__in=["group", "unit", "recommender"]),
                name="registration_channel_known",
            ),
            models.UniqueConstraint(
                Lower("username"),
                condition=Q(status__in=["waiting", "returned"], has_account=False),
                name="one_open_registration_per_username",
            ),
            models.UniqueConstraint(
                fields=["user", "joins"],
                condition=Q(status__in=["waiting", "returned"], has_account=True),
                name="one_open_registration_per_account",
            ),
            models.CheckConstraint(
                condition=Q(has_account=False) | Q(user__isnull=False),
                name="registration_account_named",
            ),
        ]

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATES

    @property
    def unit_first(self) -> bool:
        """A group's unit is proposed and not decided yet."""
        return self.channel == Role.GROUP and self.unit_id is None

    @property
    def wanted(self) -> str:
        """The name of what the applicant wants to act for."""
        return self.joins.name if self.joins else self.organisation_name


class RegistrationStep(models.Model):
    """One move of an application, with who did it and why."""

    registration = models.ForeignKey(Registration, models.CASCADE, related_name="steps")
    what = models.CharField(max_length=20)
    at = models.DateTimeField()
    by_organisation = models.CharField(max_length=80, blank=True)
    by_name = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = "申请记录"
        verbose_name_plural = "申请记录"
        ordering = ["at", "pk"]


class AffiliationRequestQuerySet(models.QuerySet["AffiliationRequest"]):
    def visible_to(self, actor: Actor | None) -> AffiliationRequestQuerySet:
        match actor.role if actor else None:
            case Role.UNIT:
                return self.filter(unit=actor.organisation)
            case Role.RECOMMENDER:
                return self.filter(recommender=actor.organisation)
            case Role.ASSOCIATION:
                return self.filter(association=actor.organisation)
        return self.none()


class AffiliationRequest(models.Model):
    """A unit asks to hang under one more recommending body; that body says yes or no."""

    class State(models.TextChoices):
        WAITING = "waiting", "等待确认"
        APPROVED = "approved", "已同意"
        REFUSED = "refused", "未同意"
        WITHDRAWN = "withdrawn", "已撤回"

    unit = models.ForeignKey(
        Organisation, models.PROTECT, related_name="affiliations_asked"
    )
    recommender = models.ForeignKey(
        Organisation, models.PROTECT, related_name="affiliations_wanted"
    )
    association = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    status = models.CharField(
        max_length=12, choices=State.choices, default=State.WAITING
    )
    note = models.CharField("说明", max_length=200, blank=True)
    asked_at = models.DateTimeField()
    asked_by_name = models.CharField(max_length=60)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by_name = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=200, blank=True)

    objects = AffiliationRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "隶属申请"
        verbose_name_plural = "隶属申请"
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "recommender"],
                condition=Q(status="waiting"),
                name="one_waiting_affiliation_request",
            )
        ]


class Merge(models.Model):
    """Two rows of the same unit made one. ``moved`` lists every row that moved, as
    ``[{model, field, pks}]``; by it the merge is undone."""

    source = models.ForeignKey(Organisation, models.PROTECT, related_name="merged_away")
    target = models.ForeignKey(Organisation, models.PROTECT, related_name="merged_in")
    moved = models.JSONField(default=list)
    kept = models.JSONField(default=dict, help_text="target's facts before the merge")
    reason = models.CharField("原因", max_length=200)
    at = models.DateTimeField()
    by_name = models.CharField(max_length=60)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by_name = models.CharField(max_length=60, blank=True)

    class Meta:
        verbose_name = "合并"
        verbose_name_plural = "合并"
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["source"],
                condition=Q(undone_at__isnull=True),
                name="merged_away_once",
            )
        ]
