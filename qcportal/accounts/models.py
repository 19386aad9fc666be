"""Who: people, organisations, and who acts for whom. Knows no campaign."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from qcportal.accounts.encryption import BlindIndexField, EncryptedField
from qcportal.accounts.roles import Duty, Role


class User(AbstractUser):
    """A person. ``name`` is how the portal addresses them."""

    first_name = None
    last_name = None
    name = models.CharField("姓名", max_length=40)
    mobile = EncryptedField(
        "手机", bound_to="accounts.User.mobile", blank=True, default=""
    )
    mobile_index = BlindIndexField("手机号索引", of="mobile", unique=True)
    mobile_verified_at = models.DateTimeField("手机号核实于", null=True, blank=True)

    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = "用户"
        verbose_name_plural = "用户"

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


class RecommenderClass(models.TextChoices):
    """Classes of recommending bodies as the notices name them (domain.md §4.1)."""

    DISTRICT = "district", "区、市州质量协会"
    INDUSTRY = "industry", "行业质量协会"
    CORPORATION = "corporation", "集团公司"
    LARGE_MEMBER = "large_member", "大型团体会员"
    COUNCIL = "council", "理事单位"
    MEMBER = "member", "会员单位"
    UNION = "union", "工会"
    WOMEN = "women", "妇联"
    SCIENCE = "science", "科协"
    YOUTH = "youth", "团委"


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def in_use(self) -> OrganisationQuerySet:
        return self.filter(is_active=True)

    def recommenders_of(self, unit: Organisation) -> OrganisationQuerySet:
        """The recommending bodies a unit hangs under. Which of them, and of the
        associations above them, it may choose in a campaign: campaigns.access."""
        return self.in_use().filter(
            tier=Role.RECOMMENDER, affiliations_below__unit=unit
        )


class Organisation(models.Model):
    """A group, unit, recommending body or association.

    ``name`` is the legal name exactly as on the seal; certificates print it.
    ``letters`` is a short Latin code used in record numbers (e.g. ``PD``).
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    tier = models.CharField("层级", max_length=16, choices=Role.choices)
    recommender_class = models.CharField(
        "推荐单位类别", max_length=16, choices=RecommenderClass.choices, blank=True
    )
    name = models.CharField("全称（与公章一致）", max_length=80)
    short_name = models.CharField("简称", max_length=40, blank=True)
    letters = models.CharField("字母代码", max_length=8, blank=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    department = models.CharField("主管部门", max_length=40, blank=True)
    industry = models.CharField("行业", max_length=40, blank=True)
    region = models.CharField("地区", max_length=40, blank=True)
    address = models.CharField("通信地址", max_length=100, blank=True)
    postcode = models.CharField("邮编", max_length=6, blank=True)
    credit_code = models.CharField(
        "统一社会信用代码", max_length=18, blank=True, help_text="GB 32100-2015"
    )
    former_names = models.JSONField(
        "曾用名", default=list, blank=True, help_text="[{name, until}]，最早的在前"
    )
    registrar = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="registered",
        verbose_name="登记协会",
        help_text="哪家协会的秘书处管这条登记；空着归主办最新活动的协会",
    )
    is_active = models.BooleanField("在用", default=True)
    # Off: whoever acts also hands over. On: that takes the permission approve_for.
    needs_approval = models.BooleanField("送出前要审核人确认", default=False)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = "单位"
        verbose_name_plural = "单位"
        ordering = ["name"]
        permissions = [
            ("act_for", "代表本单位办理"),
            ("approve_for", "确认送出本单位的材料"),
            ("seal_for", "使用本单位印章"),
            ("manage_members", "管理本单位人员"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(tier__in=["group", "unit", "recommender", "association"]),
                name="organisation_tier_known",
            ),
            models.CheckConstraint(
                condition=~Q(tier="group") | Q(parent__isnull=False),
                name="group_belongs_to_a_unit",
            ),
            models.UniqueConstraint(
                fields=["tier", "name", "parent"], name="organisation_name_once"
            ),
            models.UniqueConstraint(
                fields=["tier", "name"],
                condition=Q(parent__isnull=True),
                name="organisation_name_once_at_the_top",
            ),
            models.UniqueConstraint(
                fields=["credit_code"],
                condition=~Q(credit_code=""),
                name="credit_code_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        return self.short_name or self.name


class OrganisationUserObjectPermission(UserObjectPermissionBase):
    """Direct foreign key: grants die with the organisation (no orphan rows)."""

    content_object = models.ForeignKey(Organisation, models.CASCADE)


class OrganisationGroupObjectPermission(GroupObjectPermissionBase):
    content_object = models.ForeignKey(Organisation, models.CASCADE)


class Affiliation(models.Model):
    """A unit hangs under a recommending body; it may hang under several."""

    unit = models.ForeignKey(
        Organisation, models.PROTECT, related_name="affiliations_above"
    )
    recommender = models.ForeignKey(
        Organisation, models.PROTECT, related_name="affiliations_below"
    )

    class Meta:
        verbose_name = "隶属关系"
        verbose_name_plural = "隶属关系"
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "recommender"], name="affiliation_once"
            )
        ]


class MemberClass(models.Model):
    """An organisation's class and standing with an association in one year."""

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="member_classes"
    )
    association = models.ForeignKey(
        Organisation, models.PROTECT, related_name="member_classes_given"
    )
    year = models.PositiveSmallIntegerField("年度")
    kind = models.CharField("会员类别", max_length=16, choices=RecommenderClass.choices)
    in_good_standing = models.BooleanField("会籍正常", default=True)
    note = models.CharField("备注", max_length=100, blank=True)

    class Meta:
        verbose_name = "会员类别"
        verbose_name_plural = "会员类别"
        ordering = ["-year", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "association", "year"],
                name="one_member_class_a_year",
            )
        ]


class MembershipQuerySet(models.QuerySet["Membership"]):
    def in_force(self) -> MembershipQuerySet:
        return self.filter(
            ended_at__isnull=True, organisation__is_active=True, user__is_active=True
        )


class Membership(models.Model):
    """A person's seat: the organisation and the duty. Ended, never deleted.

    The seat names the desk; django-guardian's object permissions, granted and
    revoked together with it, say what its holder may do.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships"
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="memberships"
    )
    duty = models.CharField("职责", max_length=16, choices=Duty.choices)
    began_at = models.DateTimeField("开始")
    ended_at = models.DateTimeField("结束", null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = "人员"
        verbose_name_plural = "人员"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation", "duty"],
                condition=Q(ended_at__isnull=True),
                name="one_live_seat_per_duty",
            )
        ]

    @property
    def role(self) -> Role:
        if self.duty == Duty.JUDGE:
            return Role.JUDGE
        if self.duty == Duty.RECOMMENDING:
            return Role.RECOMMENDER
        return Role(self.organisation.tier)
