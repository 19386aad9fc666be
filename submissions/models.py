"""What is filed: submissions, frozen revisions, papers, scores, stamps, steps."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping

from django.conf import settings
from django.db import models
from django.db.models import Q

from qcportal.accounts import mobiles
from qcportal.accounts.actors import Actor
from qcportal.accounts.encryption import BlindIndexField, PrivateJSONField
from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import Role
from qcportal.campaigns import access
from qcportal.campaigns.models import Campaign, Category, FormVersion, Rubric
from qcportal.documents.models import Document
from qcportal.seals.models import Evidence, SealAct
from submissions.arrivals import PendingFiling
from submissions.lifecycle import HOLDERS, STAMPABLE, MoveName, Reach, State
from submissions.merging import Held
from submissions.yearbook import ActivityRecord, Topic


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def visible_to(self, actor: Actor | None) -> SubmissionQuerySet:
        """The rows an actor may know of. Every view, export and download starts here.

        A tier sees what once reached it; a judge sees assignments, not submissions.
        """
        match actor.role if actor else None:
            case Role.GROUP:
                return self.filter(group=actor.organisation)
            case Role.UNIT:
                return self.filter(unit=actor.organisation, reach__gte=Reach.UNIT)
            case Role.RECOMMENDER:
                return self.filter(
                    recommender=actor.organisation, reach__gte=Reach.RECOMMENDER
                )
            case Role.ASSOCIATION:
                return self.filter(campaign__in=access.run_by(actor))
        return self.none()

    def held_by(self, role: Role) -> SubmissionQuerySet:
        return self.filter(
            state__in=[s for s, holder in HOLDERS.items() if holder == role]
        )

    def filtered(self, filters: Mapping[str, str]) -> SubmissionQuerySet:
        """By the declared filters only: ``state``, ``category`` (code), ``recommender``
        (key), ``unit`` (key), ``topic_type``, ``q`` (code, title, group or unit name, or
        the contact's whole mobile number). Others, and values that name nothing, are
        ignored."""
        found = self
        if filters.get("category"):
            found = found.filter(category__code=filters["category"])
        if filters.get("state") in State.values:
            found = found.filter(state=filters["state"])
        if filters.get("topic_type"):
            found = found.filter(topic_type=filters["topic_type"])
        for name in ("recommender", "unit"):
            key = _uuid(filters.get(name, ""))
            if key:
                found = found.filter(**{f"{name}__key": key})
        words = filters.get("q", "").strip()
        if mobiles.is_mobile(words):
            found = found.filter(mobile_index=mobiles.index(words))
        elif words:
            found = found.filter(
                Q(code__icontains=words)
                | Q(title__icontains=words)
                | Q(group_name__icontains=words)
                | Q(unit_name__icontains=words)
            )
        return found

    def with_people(self) -> SubmissionQuerySet:
        """Everything a list row shows, in one query."""
        return self.select_related(
            "campaign",
            "category",
            "group",
            "unit",
            "recommender",
            "form",
            "revision",
            "topic__group_year",
        )


class Submission(models.Model):
    """One result of one group in one campaign: the record that travels up the chain.

    ``content`` is the working copy, written only while the group holds it; what others
    read is ``revision``, the frozen copy. ``title``, ``group_name``, ``unit_name`` and
    ``topic_type`` mirror the content's fields of that meaning, for lists and search.
    """

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="submissions")
    category = models.ForeignKey(
        Category, models.PROTECT, related_name="submissions", verbose_name="类别"
    )
    form = models.ForeignKey(FormVersion, models.PROTECT, related_name="+")
    code = models.CharField("受理编号", max_length=24, unique=True)
    group = models.ForeignKey(Organisation, models.PROTECT, related_name="submissions")
    unit = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    recommender = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+"
    )
    topic = models.ForeignKey(
        Topic, models.PROTECT, null=True, blank=True, related_name="submissions"
    )
    title = models.CharField("课题名称", max_length=200, blank=True)
    group_name = models.CharField("小组名称", max_length=200, blank=True)
    unit_name = models.CharField("企业名称", max_length=200, blank=True)
    topic_type = models.CharField("课题类型", max_length=30, blank=True)
    content = PrivateJSONField(default=dict, bound_to="submissions.Submission.content")
    # By it a result is found by the whole number of its contact.
    mobile_index = BlindIndexField(
        "联系人手机号索引", of="contact_mobile", db_index=True
    )
    version = models.PositiveIntegerField("草稿版本", default=0)
    # Field code → a key per row of ``content``: by it two windows know the same row.
    row_keys = models.JSONField("行的记号", default=dict, blank=True)
    # What a newer form had no place for, [{"label", "text"}]: readable until it is filed.
    left_over = PrivateJSONField(
        "新版表里放不下的",
        default=list,
        blank=True,
        bound_to="submissions.Submission.left_over",
    )
    state = models.CharField(
        "状态",
        max_length=20,
        choices=State.choices,
        default=State.DRAFT,
        editable=False,
    )
    reach = models.PositiveSmallIntegerField(default=Reach.GROUP, editable=False)
    state_since = models.DateTimeField("到手时间")
    due_at = models.DateTimeField("补正期限", null=True, blank=True)
    # Copied down when the results are published, so that lists need not look up.
    award = models.CharField("奖项", max_length=20, blank=True)
    award_style = models.CharField(max_length=8, blank=True)
    certificate_number = models.CharField("证书编号", max_length=40, blank=True)
    revision = models.ForeignKey(
        "Revision", models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField("开始填写")
    saved_at = models.DateTimeField("最近保存")

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = "成果"
        verbose_name_plural = "成果"
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["campaign", "state"]),
            models.Index(fields=["recommender", "state"]),
            models.Index(fields=["unit", "state"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in State]),
                name="submission_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "withdrawn"])
                | Q(revision__isnull=False),
                name="filed_means_frozen",
            ),
            models.CheckConstraint(
                condition=~Q(
                    state__in=["stamped", "recommended", "reserved", "not_recommended"]
                )
                | Q(recommender__isnull=False),
                name="recommending_needs_a_recommender",
            ),
            models.CheckConstraint(
                condition=~Q(state="amendment_asked") | Q(due_at__isnull=False),
                name="amendment_has_a_deadline",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def held(self) -> Held:
        """The working copy with the keys of its rows."""
        return Held(self.content, self.row_keys)

    @property
    def state_enum(self) -> State:
        return State(self.state)

    @property
    def holder(self) -> Role | None:
        return HOLDERS[self.state_enum]

    @property
    def contact_mobile(self) -> str:
        """The contact's number in the working copy, as it is indexed."""
        return mobiles.normalise(self.form.form.value(self.content, "mobile"))

    @property
    def filed_revision(self) -> Revision:
        """The revision that counts; ValueError before the first filing."""
        if self.revision is None:
            raise ValueError(f"{self.code} was never filed")
        return self.revision

    @property
    def waiting_filing(self) -> PendingFiling | None:
        """The filing in time that waits for files; None where nothing waits."""
        return self.pending_filings.filter(status=PendingFiling.Status.WAITING).first()

    @property
    def stampable(self) -> bool:
        return self.state_enum in STAMPABLE

    @property
    def topic_type_label(self) -> str:
        found = self.form.form.meaning("topic_type")
        return found.choice_label(self.topic_type) if found else ""


class FieldEdit(models.Model):
    """Who wrote a place of the working copy last (``submissions.merging``), and when:
    said beside a field that two people changed. Not the words themselves; gone once
    the draft is filed. ``window`` is one opening of the page."""

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="edits")
    place = models.CharField("位置", max_length=120)
    version = models.PositiveIntegerField("草稿版本")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=60)
    window = models.CharField(max_length=32, blank=True)

    class Meta:
        verbose_name = "改动"
        verbose_name_plural = "改动"
        ordering = ["-version", "place"]
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "place"], name="one_edit_per_place"
            )
        ]


class DraftPreview(models.Model):
    """A draft as it would print, drawn on demand: one per submission, of ``version``.
    The file is dropped after a while; it proves nothing."""

    submission = models.OneToOneField(
        Submission, models.CASCADE, related_name="preview"
    )
    document = models.ForeignKey(Document, models.PROTECT, related_name="+")
    version = models.PositiveIntegerField("草稿版本")
    at = models.DateTimeField()

    class Meta:
        verbose_name = "草稿预览"
        verbose_name_plural = "草稿预览"


class Revision(models.Model):
    """What was filed: content and attachments frozen, with a hash over both.

    ``check_code`` is printed on every page; ``content_hash`` is SHA-256 (hex) over
    canonical JSON of content and attachment digests.
    """

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="revisions")
    number = models.PositiveSmallIntegerField("版次")
    form = models.ForeignKey(FormVersion, models.PROTECT, related_name="+")
    content = PrivateJSONField(bound_to="submissions.Revision.content")
    papers = models.JSONField("附件摘要", default=list)
    activity = PrivateJSONField(
        "活动记录（平台）",
        default=dict,
        blank=True,
        bound_to="submissions.Revision.activity",
    )
    # What the group read word by word and ticked, [{"label", "text"}]: as it is printed.
    confirmed = PrivateJSONField(
        "逐字核对过的",
        default=list,
        blank=True,
        bound_to="submissions.Revision.confirmed",
    )
    recommender_name = models.CharField(max_length=80, blank=True)
    content_hash = models.CharField(max_length=64)
    check_code = models.CharField("核对码", max_length=12, unique=True)
    filed_at = models.DateTimeField("提交时间")
    # Where the group filed in time and its files came in after it.
    completed_at = models.DateTimeField("文件收全", null=True, blank=True)
    filed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    filed_by_name = models.CharField(max_length=60)
    document = models.ForeignKey(Document, models.PROTECT, related_name="+")
    receipt = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="收件回执",
    )  # fmt: skip

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "number"], name="revision_number_once"
            )
        ]


class Attachment(models.Model):
    """An uploaded paper in a slot of the form. Replaced ones stay, marked removed."""

    submission = models.ForeignKey(
        Submission, models.PROTECT, related_name="attachments"
    )
    slot = models.CharField("材料", max_length=40)
    document = models.ForeignKey(Document, models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    removed_at = models.DateTimeField(null=True, blank=True)
    position = models.PositiveIntegerField("顺序", default=0)

    class Meta:
        ordering = ["slot", "position", "pk"]


class FrozenAttachment(models.Model):
    """Which file stood in which slot when a revision was filed."""

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="attachments")
    slot = models.CharField(max_length=40)
    document = models.ForeignKey(Document, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["revision", "document"], name="frozen_once")
        ]


class FrozenRecord(models.Model):
    """Which activity record a revision carries as proof; its words are frozen in
    ``Revision.activity``."""

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="records")
    record = models.ForeignKey(ActivityRecord, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["revision", "record"], name="record_frozen_once"
            )
        ]


class Tier(models.TextChoices):
    """Who scores and stamps: the two opinions of the 成果评分与推荐意见表."""

    UNIT = "unit", "单位"
    RECOMMENDER = "recommender", "推荐单位"


class ScoreSheet(models.Model):
    """Marks and opinion of one tier on one revision; the paper to be stamped.

    Open until it is stamped. ``paper`` is printed from exactly what ``content_hash``
    covers; saving anything else afterwards unsets it, so an old print shows itself.
    """

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="sheets")
    tier = models.CharField(max_length=12, choices=Tier.choices)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    # As printed: a unit renamed or merged later does not rewrite its papers.
    organisation_name = models.CharField(max_length=80, blank=True)
    rubric = models.ForeignKey(Rubric, models.PROTECT, related_name="+")
    marks = models.JSONField("评分", default=dict)
    total = models.DecimalField("合计", max_digits=6, decimal_places=2, default=0)
    complete = models.BooleanField("评完", default=False)
    opinion = models.TextField("推荐意见", blank=True)
    version = models.PositiveIntegerField(default=0)
    content_hash = models.CharField(max_length=64, blank=True)
    check_code = models.CharField("核对码", max_length=12, blank=True)
    paper = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="+"
    )
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    saved_by_name = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["revision", "tier"], name="one_sheet_per_tier"
            ),
            models.CheckConstraint(
                condition=Q(tier__in=["unit", "recommender"]), name="sheet_tier_known"
            ),
        ]


class ReplacedPrint(models.Model):
    """A print that no longer counts: its sheet was changed afterwards. Kept so that a
    scan of it is told from a foreign one."""

    sheet = models.ForeignKey(ScoreSheet, models.PROTECT, related_name="replaced")
    check_code = models.CharField("核对码", max_length=12, db_index=True)
    content_hash = models.CharField(max_length=64)
    at = models.DateTimeField("作废时间")

    class Meta:
        ordering = ["-at", "-pk"]


class Stamp(models.Model):
    """A tier stands behind a sheet: ink scan, own seal picture or signature."""

    sheet = models.ForeignKey(ScoreSheet, models.PROTECT, related_name="stamps")
    act = models.OneToOneField(SealAct, models.PROTECT, related_name="+")
    scan = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="+"
    )
    paper = models.ForeignKey(
        Document,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="用印章图样时：带章的意见表",
    )
    at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)
    void_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["sheet"],
                condition=Q(voided_at__isnull=True),
                name="one_live_stamp",
            )
        ]

    @property
    def signature_words(self) -> str:
        """What the digital signature behind it said; empty for other proofs."""
        if self.act.evidence != Evidence.SIGNATURE or self.scan is None:
            return ""
        return self.scan.signed_copy.words


class StampLook(models.Model):
    """The next tier held a stamp against the data: three points, and each page whose
    code no machine could read. Append-only; the newest of an organisation counts."""

    stamp = models.ForeignKey(Stamp, models.PROTECT, related_name="looks")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    role = models.CharField(max_length=16, choices=Role.choices)
    name_matches = models.BooleanField("公章名称与单位全称一致")
    legible = models.BooleanField("印章清晰")
    dated = models.BooleanField("有日期")
    pages = models.JSONField("人工核对过的页", default=list, blank=True)
    remark = models.CharField("说明", max_length=200, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=60)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(name_matches=True, legible=True, dated=True)
                | ~Q(remark=""),
                name="faulty_stamp_says_why",
            )
        ]

    @property
    def sound(self) -> bool:
        return self.name_matches and self.legible and self.dated


class Step(models.Model):
    """One move of one submission: who, for whom, from, to, when, why. Append-only."""

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="steps")
    move = models.CharField("动作", max_length=24, choices=MoveName.choices)
    from_state = models.CharField(max_length=20, choices=State.choices)
    to_state = models.CharField(max_length=20, choices=State.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=60)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    role = models.CharField(max_length=16, choices=Role.choices)
    revision = models.ForeignKey(Revision, models.PROTECT, null=True, related_name="+")
    comment = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(
                    move__in=[
                        "unit_return", "recommender_return", "refuse_direct",
                        "ask_amendment", "set_aside", "decline", "withdraw",
                        "allow_direct", "unstamp", "take_over", "choose_anew",
                        "close_barred",
                    ]
                ) | ~Q(comment=""),
                name="saying_no_needs_a_reason",
            )
        ]  # fmt: skip

    @property
    def move_label(self) -> str:
        return MoveName(self.move).label


class Reminder(models.Model):
    """A nudge from one tier to the one that has the submission now."""

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="reminders")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at"]


def new_check_code() -> str:
    """A code to be read aloud and typed: 8 characters of Crockford's base 32."""
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    code = "".join(secrets.choice(alphabet) for _ in range(8))
    return f"{code[:4]}-{code[4:]}"
