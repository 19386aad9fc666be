"""When and by which rules: campaigns, windows, forms, rubrics, quotas, awards.

Everything a notice lays down is a row here. Knows nothing of what is filed.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import cached_property

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from qcportal.accounts.models import MemberClass, Organisation, RecommenderClass
from qcportal.campaigns import definition
from qcportal.campaigns.stages import Stage
from qcportal.campaigns.standing import Standing as Standing  # a table of this app


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def public(self) -> CampaignQuerySet:
        return self.filter(published_at__isnull=False)

    def newest(self) -> Campaign | None:
        """The campaign the home page speaks of."""
        return self.public().order_by("-year", "-pk").first()


class Campaign(models.Model):
    """One year of one activity, as its notice lays it down."""

    code = models.SlugField("代码", max_length=60, unique=True)
    year = models.PositiveSmallIntegerField("年度")
    name = models.CharField("活动名称", max_length=80)
    headline = models.CharField("首页标题", max_length=80)
    lead = models.CharField("首页说明", max_length=200, blank=True)
    host = models.ForeignKey(
        Organisation, models.PROTECT, related_name="campaigns", verbose_name="主办单位"
    )
    co_hosts = models.JSONField(
        "联合主办单位", default=list, blank=True, help_text="全称，按通知落款的顺序"
    )
    document_number = models.CharField("文号", max_length=60, blank=True)
    document_number_key = models.CharField(
        max_length=60, blank=True, editable=False, db_index=True,
        help_text="统一括号和空白后的文号，供检索",
    )  # fmt: skip
    higher = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="forwarded_as",
        verbose_name="转发自",
        help_text="上级协会的活动；本活动是它的转发",
    )
    letters = models.CharField("编号字母", max_length=8)
    result_words = models.CharField(
        "成果名称", max_length=60, help_text="例如：上海市质量管理小组活动优秀成果"
    )
    certificate_pattern = models.CharField(
        "证书编号规则", max_length=60, default="{letters}{year}-{level}-{serial:04d}"
    )
    certificate_words = models.CharField("证书正文", max_length=200)
    certificate_issuer = models.CharField("证书落款", max_length=80)
    no_fee_words = models.CharField("不收费承诺", max_length=200, blank=True)
    contact = models.JSONField("联系方式", default=dict, blank=True)
    statistics = models.JSONField("活动统计表项目", default=list, blank=True)
    summary_points = models.JSONField("活动总结要点", default=list, blank=True)
    opinion_limit = models.PositiveSmallIntegerField("推荐意见字数上限", default=200)
    needs_dossier = models.BooleanField("推荐前须交总结和统计表", default=False)
    site_visit_items = models.JSONField("现场核查项目", default=list, blank=True)
    allows_seal_picture = models.BooleanField("接受印章图样", default=False)
    amendment_days = models.PositiveSmallIntegerField("补正期限（天）", default=3)
    notice_days = models.PositiveSmallIntegerField("公示期（工作日）", default=5)
    judges_per_submission = models.PositiveSmallIntegerField("每份专家数", default=3)
    drop_from = models.PositiveSmallIntegerField(
        "去掉最高最低分的起点人数", default=0, help_text="0 表示不去掉"
    )
    decimals = models.PositiveSmallIntegerField("得分小数位", default=2)
    tie_order = models.JSONField(
        "同分排序", default=list, blank=True,
        help_text="评审项目代码，先比前面的；都相同再比推荐顺序",
    )  # fmt: skip
    grace_seconds = models.PositiveSmallIntegerField(
        "关闭前已发出的请求宽限（秒）", default=120
    )
    upload_grace_minutes = models.PositiveSmallIntegerField(
        "关闭前已开始的上传宽限（分钟）", default=10
    )
    please_check = models.JSONField("请核对的设定", default=list, blank=True)
    published_at = models.DateTimeField("发布时间", null=True, blank=True)
    ended_at = models.DateTimeField("办结时间", null=True, blank=True)
    # What took a place before stays, also above the number (docs/decisions/0014).
    places_changed_at = models.DateTimeField("名额规定改动时间", null=True, blank=True)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = "活动"
        verbose_name_plural = "活动"
        ordering = ["-year", "-pk"]
        permissions = [
            ("run_campaign", "办理本活动（秘书处）"),
            ("judge_campaign", "评审本活动（专家）"),
        ]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def windows_by_stage(self) -> dict[tuple[str, int | None], Window]:
        """(stage, category id, or None for all categories) → window."""
        return {(w.stage, w.category_id): w for w in self.windows.all()}

    @cached_property
    def categories_in_order(self) -> list[Category]:
        return list(self.categories.all())

    @cached_property
    def standing_grants(self) -> list[QuotaGrant]:
        """Places given beyond the rules and not taken back."""
        return [g for g in self.quota_grants.all() if g.ended_at is None]

    @cached_property
    def member_classes(self) -> dict[int, MemberClass]:
        """Organisation → its class and standing with the host in this year."""
        rows = MemberClass.objects.filter(association_id=self.host_id, year=self.year)
        return {row.organisation_id: row for row in rows}

    @cached_property
    def standing_extensions(self) -> list[Extension]:
        """Extensions in force, read once for a whole page."""
        return [e for e in self.extensions.all() if e.ended_at is None]

    @cached_property
    def classes_by_right(self) -> dict[int, str]:
        """Associations with the right to recommend here → the class they count as."""
        rows = self.recommending_rights.all()
        return {row.organisation_id: row.recommender_class for row in rows}

    def window(self, stage: Stage, category: Category | None = None) -> Window | None:
        """A category's own window, else the one for all. Without a category: the one
        for all, else the category's window that closes last."""
        found = self.windows_by_stage
        if category is not None and (stage, category.pk) in found:
            return found[stage, category.pk]
        if (stage, None) in found or category is not None:
            return found.get((stage, None))
        own = [window for (named, _), window in found.items() if named == stage]
        return max(own, key=lambda window: window.closes_at, default=None)


class Category(models.Model):
    """What may be filed under a campaign (成果、信得过班组、品牌故事 …): its own form,
    rubrics, places and way up the chain."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="categories")
    order = models.PositiveSmallIntegerField(default=1)
    code = models.SlugField("代码", max_length=30)
    name = models.CharField("类别名称", max_length=40)
    lead = models.CharField("一句话说明", max_length=120, blank=True)
    result_words = models.CharField(
        "称号用语", max_length=60, blank=True, help_text="空着用活动的"
    )
    certificate_words = models.CharField("证书正文", max_length=200, blank=True)
    certificate_pattern = models.CharField("证书编号规则", max_length=60, blank=True)
    # The way up (渠道安排).
    needs_unit_stamp = models.BooleanField("须单位盖章", default=True)
    needs_recommender = models.BooleanField("须推荐单位推荐", default=True)
    allows_direct = models.BooleanField("会员单位可申请直接申报", default=False)
    requires_topic = models.BooleanField("须有已登记的课题", default=False)
    requires_site_visit = models.BooleanField("推荐前须现场核查", default=False)
    has_contest = models.BooleanField("有发表赛", default=False)

    class Meta:
        verbose_name = "类别"
        verbose_name_plural = "类别"
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "code"], name="category_code_once"
            ),
            models.CheckConstraint(
                condition=Q(needs_recommender=True) | Q(allows_direct=False),
                name="direct_only_beside_recommending",
            ),
            models.CheckConstraint(
                condition=Q(needs_recommender=True) | Q(requires_site_visit=False),
                name="site_visit_needs_a_recommender",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def newest_form(self) -> FormVersion | None:
        """The published form drafts begin on now."""
        published = self.forms.filter(published_at__isnull=False)
        return published.order_by("-version").first()

    @property
    def form_being_written(self) -> FormVersion | None:
        """The one unpublished form, if somebody has begun one."""
        return self.forms.filter(published_at__isnull=True).first()

    @cached_property
    def levels(self) -> list[AwardLevel]:
        """Its own prizes, else the campaign's, highest first."""
        return list(self.award_levels.all()) or list(
            self.campaign.award_levels.filter(category__isnull=True)
        )

    def certificate_sentence(self, title: str) -> str:
        """The words of its certificate about a result of that title."""
        words = self.certificate_words or self.campaign.certificate_words
        return words.format(
            title=title, year=self.campaign.year, result=self.title_words
        )

    @property
    def title_words(self) -> str:
        """What a result of this category is honoured as."""
        return self.result_words or self.campaign.result_words


class CampaignUserObjectPermission(UserObjectPermissionBase):
    content_object = models.ForeignKey(Campaign, models.CASCADE)


class CampaignGroupObjectPermission(GroupObjectPermissionBase):
    content_object = models.ForeignKey(Campaign, models.CASCADE)


class RecommendingRight(models.Model):
    """An association may recommend in a higher one's campaign. Ordinary recommending
    bodies need no row; ``recommender_class`` is the class its places are counted by."""

    campaign = models.ForeignKey(
        Campaign, models.CASCADE, related_name="recommending_rights"
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="recommending_rights"
    )
    recommender_class = models.CharField(
        "推荐单位类别", max_length=16, choices=RecommenderClass.choices, blank=True
    )

    class Meta:
        verbose_name = "推荐授权"
        verbose_name_plural = "推荐授权"
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "organisation"], name="recommending_right_once"
            )
        ]


class Window(models.Model):
    """When a stage is open: half-open, the closing instant is closed. Stored in UTC."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="windows")
    stage = models.CharField("环节", max_length=16, choices=Stage.choices)
    category = models.ForeignKey(
        Category,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="windows",
        help_text="空着对所有类别有效；某类别另有时间的，它自己的说了算",
    )
    opens_at = models.DateTimeField("开放")
    closes_at = models.DateTimeField("关闭")
    advised_at = models.DateTimeField(
        "建议办完时间",
        null=True,
        blank=True,
        help_text="给后面的环节留出时间；过了仍可办理",
    )

    class Meta:
        verbose_name = "窗口"
        verbose_name_plural = "窗口"
        ordering = ["closes_at", "pk"]
        constraints = [
            # Two conditions instead of nulls_distinct, which SQLite has not.
            models.UniqueConstraint(
                fields=["campaign", "stage"],
                condition=Q(category__isnull=True),
                name="one_window_per_stage",
            ),
            models.UniqueConstraint(
                fields=["category", "stage"], name="one_window_per_category_and_stage"
            ),
            models.CheckConstraint(
                condition=Q(opens_at__lt=F("closes_at")),
                name="window_opens_before_closing",
            ),
            models.CheckConstraint(
                condition=Q(stage__in=[s.value for s in Stage]),
                name="window_stage_known",
            ),
        ]

    def is_open(self, at: datetime) -> bool:
        return self.opens_at <= at < self.closes_at


class WindowChange(models.Model):
    """Every change of a window: from, to, why, who. Append-only."""

    window = models.ForeignKey(Window, models.CASCADE, related_name="changes")
    old_opens_at = models.DateTimeField()
    old_closes_at = models.DateTimeField()
    new_opens_at = models.DateTimeField()
    new_closes_at = models.DateTimeField()
    reason = models.CharField("原因", max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-pk"]


class SettingCheck(models.Model):
    """One line of ``please_check`` ticked off: somebody compared it with the notice.
    Taken back by removing the row; the trail keeps both."""

    campaign = models.ForeignKey(
        Campaign, models.CASCADE, related_name="setting_checks"
    )
    text = models.CharField("设定", max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = "核对过的设定"
        verbose_name_plural = "核对过的设定"
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "text"], name="setting_checked_once"
            )
        ]


class ExtensionQuerySet(models.QuerySet["Extension"]):
    def in_force(self) -> ExtensionQuerySet:
        return self.filter(ended_at__isnull=True)


class Extension(models.Model):
    """A later closing for one organisation or one record, with its reason. An
    organisation's covers what it and those under it do in that stage. Ended, never
    deleted. ``record`` is a 受理编号: this app knows no submissions."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="extensions")
    stage = models.CharField("环节", max_length=16, choices=Stage.choices)
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="给哪家单位",
    )
    record = models.CharField("给哪一项（受理编号）", max_length=24, blank=True)
    closes_at = models.DateTimeField("延到")
    reason = models.CharField("原因", max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ended_at = models.DateTimeField("撤销时间", null=True, blank=True)

    objects = ExtensionQuerySet.as_manager()

    class Meta:
        verbose_name = "单独延期"
        verbose_name_plural = "单独延期"
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(organisation__isnull=True) & ~Q(record=""))
                | (Q(organisation__isnull=False) & Q(record="")),
                name="extension_for_one",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="extension_says_why"),
        ]


class Milestone(models.Model):
    """One line of the notice's timetable; some have no day yet (``label`` says so)."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="milestones")
    order = models.PositiveSmallIntegerField()
    phase = models.CharField("阶段", max_length=60, blank=True)
    title = models.CharField("环节", max_length=60)
    label = models.CharField("公开文字", max_length=60)
    note = models.CharField("说明", max_length=120, blank=True)
    warns = models.BooleanField("说明用红字", default=False)
    on_home = models.BooleanField("在首页显示", default=True)
    starts_on = models.DateField("开始", null=True, blank=True)
    ends_on = models.DateField("结束", null=True, blank=True)

    class Meta:
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "order"], name="milestone_order_once"
            ),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True)
                | Q(ends_on__isnull=True)
                | Q(starts_on__lte=F("ends_on")),
                name="milestone_starts_before_end",
            ),
        ]


class FormVersion(models.Model):
    """A form as versioned data (see definition.py). A published version is frozen."""

    category = models.ForeignKey(Category, models.PROTECT, related_name="forms")
    version = models.PositiveSmallIntegerField()
    definition = models.JSONField()
    published_at = models.DateTimeField(null=True, blank=True)
    # While it is written: how often it was saved (a page opened before saves nothing),
    # when and by whom last. Of a published one: why it was published.
    edition = models.PositiveIntegerField("保存次数", default=0)
    saved_at = models.DateTimeField("最近保存", null=True, blank=True)
    saved_by_name = models.CharField("最近保存的人", max_length=60, blank=True)
    reason = models.CharField("发布原因", max_length=200, blank=True)

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["category", "version"], name="form_version_once"
            ),
            models.UniqueConstraint(
                fields=["category"],
                condition=Q(published_at__isnull=True),
                name="one_form_being_written",
            ),
        ]

    @cached_property
    def form(self) -> definition.FormDefinition:
        return definition.parse(self.definition)


class Rubric(models.Model):
    """Criteria with points for one topic type of a category (empty: for all of it),
    used by every tier that scores. A published version is frozen."""

    category = models.ForeignKey(Category, models.PROTECT, related_name="rubrics")
    topic_type = models.CharField("课题类型", max_length=30, blank=True)
    version = models.PositiveSmallIntegerField(default=1)
    published_at = models.DateTimeField(null=True, blank=True)
    is_placeholder = models.BooleanField("占位，待替换", default=False)
    name = models.CharField("名称", max_length=60)
    source = models.CharField("依据", max_length=120, blank=True)
    step = models.DecimalField(
        "评分最小单位", max_digits=4, decimal_places=2, default=Decimal("0.5")
    )
    own_total = models.BooleanField("满分不是 100", default=False)
    # While it is written: how often it was saved (a page opened before saves nothing),
    # when and by whom last. Of a published one: why it was published.
    edition = models.PositiveIntegerField("保存次数", default=0)
    saved_at = models.DateTimeField("最近保存", null=True, blank=True)
    saved_by_name = models.CharField("最近保存的人", max_length=60, blank=True)
    reason = models.CharField("发布原因", max_length=200, blank=True)

    class Meta:
        ordering = ["category", "topic_type", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["category", "topic_type", "version"], name="rubric_version_once"
            ),
            models.UniqueConstraint(
                fields=["category", "topic_type"],
                condition=Q(published_at__isnull=True),
                name="one_rubric_being_written",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def criteria_list(self) -> list[Criterion]:
        return list(self.criteria.all())

    @property
    def points(self) -> Decimal:
        return sum((criterion.points for criterion in self.criteria_list), Decimal(0))

    @property
    def step_words(self) -> str:
        """``0.5``, ``1``: without idle zeros."""
        return f"{self.step.normalize():f}"


class Criterion(models.Model):
    rubric = models.ForeignKey(Rubric, models.PROTECT, related_name="criteria")
    order = models.PositiveSmallIntegerField()
    code = models.SlugField(max_length=30)
    name = models.CharField("项目", max_length=40)
    points = models.DecimalField("满分", max_digits=5, decimal_places=1)
    hint = models.CharField("要点", max_length=300, blank=True)

    class Meta:
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(
                fields=["rubric", "code"], name="criterion_code_once"
            ),
            models.CheckConstraint(
                condition=Q(points__gt=0), name="criterion_has_points"
            ),
        ]


class QuotaRule(models.Model):
    """How many results may go up. Nullable columns narrow whom the rule covers.

    ``subject`` RECOMMENDER counts all results of one recommending body, UNIT those of
    one unit within one recommending body (Shanghai 2020 三.3), UNIT_REGION those of one
    unit through the bodies of one region, UNIT_OVERALL those of one unit through
    whichever body. ``recommender`` beats ``recommender_class`` beats ``region`` (of the
    body) beats none. Up to ``soft`` is free, from there a caution; ``hard`` is a
    refusal, empty means no limit (工会、妇联、科协可直接推荐, Hubei 2023). ``reserve``
    more may stand on the reserve list (候补).
    """

    class Subject(models.TextChoices):
        RECOMMENDER = "recommender", "每个推荐单位"
        UNIT = "unit", "推荐单位内每家单位"
        UNIT_REGION = "unit_region", "每家单位在一个地区（不论由谁推荐）"
        UNIT_OVERALL = "unit_overall", "每家单位（不论由谁推荐）"

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="quota_rules")
    subject = models.CharField("对象", max_length=16, choices=Subject.choices)
    recommender_class = models.CharField(
        max_length=16, choices=RecommenderClass.choices, blank=True
    )
    region = models.CharField(
        "推荐单位所在地区", max_length=40, blank=True, help_text="空着对所有地区有效"
    )
    recommender = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+"
    )
    category = models.ForeignKey(
        Category, models.CASCADE, null=True, blank=True, related_name="quota_rules"
    )
    topic_type = models.CharField("课题类型", max_length=30, blank=True)
    soft = models.PositiveSmallIntegerField("提醒线", null=True, blank=True)
    hard = models.PositiveSmallIntegerField("上限", null=True, blank=True)
    reserve = models.PositiveSmallIntegerField("候补", default=0)
    needs_good_standing = models.BooleanField("须会籍正常", default=False)

    class Meta:
        ordering = ["subject", "category", "topic_type", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "campaign",
                    "subject",
                    "recommender_class",
                    "region",
                    "recommender",
                    "category",
                    "topic_type",
                ],
                nulls_distinct=False,
                name="quota_rule_once",
            ),
            models.CheckConstraint(
                condition=Q(
                    subject__in=["recommender", "unit", "unit_region", "unit_overall"]
                ),
                name="quota_subject_known",
            ),
            models.CheckConstraint(
                condition=Q(soft__isnull=True)
                | Q(hard__isnull=False, soft__lte=F("hard")),
                name="quota_soft_below_hard",
            ),
        ]


class QuotaGrant(models.Model):
    """Places given to (or taken from) one recommending body beyond the rules, with the
    reason. Taken back, never deleted."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="quota_grants")
    recommender = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name="推荐单位"
    )
    category = models.ForeignKey(
        Category, models.CASCADE, null=True, blank=True, related_name="+"
    )
    topic_type = models.CharField("课题类型", max_length=30, blank=True)
    extra = models.SmallIntegerField("增减名额")
    reason = models.CharField("原因", max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ended_at = models.DateTimeField("收回时间", null=True, blank=True)

    class Meta:
        verbose_name = "单独调整的名额"
        verbose_name_plural = "单独调整的名额"
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(extra=0) & ~Q(reason=""), name="grant_changes_with_reason"
            )
        ]


class CheckItem(models.Model):
    """One line of the formal check. ``automatic`` names a question the portal answers."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="check_items")
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="+"
    )
    order = models.PositiveSmallIntegerField()
    text = models.CharField("核对内容", max_length=80)
    hint = models.CharField("提示", max_length=120, blank=True)
    automatic = models.SlugField(max_length=30, blank=True)

    class Meta:
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "order"], name="check_item_order_once"
            )
        ]


class AwardLevel(models.Model):
    """A prize of the campaign, highest first; a category with prizes of its own uses
    those only. ``style`` is how pages colour it."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="award_levels")
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="award_levels"
    )
    order = models.PositiveSmallIntegerField()
    code = models.SlugField("编号用代码", max_length=8)
    name = models.CharField("名称", max_length=20)
    style = models.CharField(max_length=8, default="gold")

    class Meta:
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "order"],
                condition=Q(category__isnull=True),
                name="award_order_once",
            ),
            models.UniqueConstraint(
                fields=["campaign", "code"],
                condition=Q(category__isnull=True),
                name="award_code_once",
            ),
            models.UniqueConstraint(
                fields=["category", "order"], name="award_order_once_in_category"
            ),
            models.UniqueConstraint(
                fields=["category", "code"], name="award_code_once_in_category"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class HigherChange(models.Model):
    """One thing a higher association changed in a campaign that a lower one forwarded;
    stays marked (上级已改) until the lower secretariat has looked at it. ``key`` names
    the event, so that it is told once; ``subject`` what of the campaign it touched (a
    stage, a category's code, a title)."""

    class What(models.TextChoices):
        WINDOW = "window", "时间"
        MILESTONE = "milestone", "主要节点"
        NOTICE = "notice", "通知"
        FORM = "form", "申报表"

    campaign = models.ForeignKey(
        Campaign,
        models.CASCADE,
        related_name="higher_changes",
        verbose_name="转发的活动",
    )
    key = models.CharField(max_length=80)
    what = models.CharField("改了什么", max_length=12, choices=What)
    subject = models.CharField(max_length=120, blank=True)
    words = models.CharField("说明", max_length=300)
    at = models.DateTimeField("什么时候")
    seen_at = models.DateTimeField("看过的时间", null=True, blank=True)
    seen_by_name = models.CharField("谁看过", max_length=60, blank=True)

    class Meta:
        verbose_name = "上级的改动"
        verbose_name_plural = "上级的改动"
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "key"], name="higher_change_told_once"
            )
        ]


class Counter(models.Model):
    """Running numbers of a campaign, taken under a row lock: no gap, no double."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="counters")
    name = models.CharField(max_length=40)
    value = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "name"], name="counter_once")
        ]
