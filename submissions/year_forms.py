"""What the pages of the group's own year take in. A draft requires nothing; what is
missing is said by the rules."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.http import Http404

from qcportal.documents import uploads
from qcportal.refusals import Refusal, Refused
from qcportal.ui.forms import ParagraphsField, PortalForm, RadioCards
from submissions import year_rules
from submissions.procedures import KINDS, PROCEDURES
from submissions.yearbook import GroupMember, Topic

FILE_KINDS = ["jpg", "png", "pdf"]
FILE_MOST = 20 * uploads.MIB
DAY = {"type": "date"}


class DayField(forms.DateField):
    """A day by the browser's own picker; ISO in and out."""

    def __init__(self, **given: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs=DAY)
        messages = {"invalid": "请填日期，例如 2020-03-01。", "required": "请填日期。"}
        super().__init__(widget=widget, error_messages=messages, **given)


class SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class FilesField(forms.FileField):
    """Photos or PDFs, several at once; cleaned to [(upload, Inspected)]."""

    def __init__(self, **given: Any) -> None:
        attrs = {
            "accept": "image/jpeg,image/png,.jpg,.jpeg,.png,.pdf", "data-file-check": True,
            "data-types": "jpg jpeg png pdf", "data-most": FILE_MOST,
        }  # fmt: skip
        super().__init__(widget=SeveralFiles(attrs=attrs), required=False, **given)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, list | tuple) else [data] if data else []
        found, said = [], []
        for upload in given:
            try:
                found.append((upload, uploads.inspect(upload, FILE_KINDS, FILE_MOST)))
            except Refused as refused:
                said += [refusal.message for refusal in refused.refusals]
        if said:
            raise forms.ValidationError(said)
        return found


class RefusableForm(PortalForm):
    """Shows refusals at the fields they name."""

    use_required_attribute = False

    def refuse(self, refusals: Iterable[Refusal]) -> None:
        for refusal in refusals:
            name = refusal.field if refusal.field in self.fields else None
            self.add_error(name, refusal.message)


class TopicStartForm(RefusableForm):
    """The first two answers; the plan's steps follow from the kind."""

    title = forms.CharField(
        label="课题名称", max_length=60, error_messages={"required": "请填写课题名称。"}
    )
    kind = forms.ChoiceField(
        label="课题类型", choices=KINDS, error_messages={"required": "请选择课题类型。"},
        widget=RadioCards(notes={
            "problem_own": "小组自己定目标，先做现状调查（10 步）",
            "problem_set": "目标由上级下达，要论证可行性（10 步）",
            "innovation": "研制新产品、新工具、新方法（8 步）",
        }),
    )  # fmt: skip


class TopicForm(RefusableForm):
    """The whole topic, half-filled or not, with two days for every step."""

    title = forms.CharField(label="课题名称", max_length=60, required=False)
    kind = forms.ChoiceField(label="课题类型", choices=KINDS, widget=RadioCards)
    source = forms.ChoiceField(
        label="课题来源", required=False, widget=RadioCards(notes={
            "instructed": "上级下达的目标", "guided": "上级给方向，小组选题",
            "chosen": "小组自己选题",
        }), choices=Topic.Source.choices,
    )  # fmt: skip
    leader = forms.ModelChoiceField(
        queryset=GroupMember.objects.none(), label="课题组长", required=False,
        empty_label="请选择",
    )  # fmt: skip
    reason = ParagraphsField(
        label="选题理由", required=False, max_length=year_rules.REASON_LIMIT,
        widget=forms.Textarea(attrs={"rows": 5}),
    )  # fmt: skip
    measure = forms.CharField(
        label="指标", max_length=30, required=False, help_text="例如 客室车门故障率"
    )
    unit_of_measure = forms.CharField(
        label="单位", max_length=20, required=False, help_text="例如 次/万车公里"
    )
    before = forms.CharField(
        label="现状值", max_length=20, required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )  # fmt: skip
    target = forms.CharField(
        label="目标值", max_length=20, required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )  # fmt: skip
    version = forms.IntegerField(
        min_value=0, max_value=2_000_000_000, widget=forms.HiddenInput
    )

    def __init__(self, topic: Topic, data: Any = None) -> None:
        self.topic = topic
        plan: dict[str, Any] = {}
        for code, days in topic.plan.items():
            plan[f"plan-{code}-from"], plan[f"plan-{code}-to"] = days
        simple = ["title", "kind", "source", "leader", "reason", "measure",
                  "unit_of_measure", "before", "target", "version"]  # fmt: skip
        initial = {name: getattr(topic, name) for name in simple}
        super().__init__(data, initial={**initial, **plan})
        standing = [m.pk for m in topic.group_year.standing_members]
        self.fields["leader"].queryset = GroupMember.objects.filter(pk__in=standing)
        for step in topic.procedure.steps:
            self.fields[f"plan-{step.code}-from"] = DayField(
                label=f"{step.label}开始", required=False
            )
            self.fields[f"plan-{step.code}-to"] = DayField(
                label=f"{step.label}结束", required=False
            )

    @property
    def plan_rows(self) -> list[tuple[str, Any, Any]]:
        return [
            (s.label, self[f"plan-{s.code}-from"], self[f"plan-{s.code}-to"])
            for s in self.topic.procedure.steps
        ]

    @property
    def facts(self) -> dict[str, Any]:
        """What save_topic takes."""
        given = dict(self.cleaned_data)
        given.pop("version")
        plan = {
            step.code: [_iso(given.pop(f"plan-{step.code}-from", None)),
                        _iso(given.pop(f"plan-{step.code}-to", None))]
            for step in self.topic.procedure.steps
        }  # fmt: skip
        kept = {step.code for step in PROCEDURES[given["kind"]].steps}
        given["plan"] = {c: days for c, days in plan.items() if c in kept and any(days)}
        return given


def _iso(day: Any) -> str:
    return day.isoformat() if day else ""


class RecordForm(RefusableForm):
    """One activity, made for a phone: step, day, who, what, photos."""

    step = forms.ChoiceField(label="活动步骤")
    held_on = DayField(label="活动日期")
    hours = forms.DecimalField(
        label="时长（小时）", max_digits=4, decimal_places=1, initial=Decimal(1),
        widget=forms.NumberInput(attrs={"step": "0.5", "min": "0.5", "inputmode": "decimal"}),
        error_messages={"required": "请填时长，例如 1.5。", "invalid": "时长请填数字，例如 1.5。"},
    )  # fmt: skip
    place = forms.CharField(label="地点", max_length=40, required=False)
    attendees = forms.ModelMultipleChoiceField(
        queryset=GroupMember.objects.none(), label="参加的成员",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请勾选参加的成员。"},
    )  # fmt: skip
    content = ParagraphsField(
        label="做了什么，结果怎样", max_length=year_rules.CONTENT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "请写活动内容。"},
    )  # fmt: skip
    files = FilesField(
        label="照片、原始数据",
        help_text="可以现场拍照。JPG、PNG、PDF，一次最多 9 份，每份不超过 20 MB。",
    )
    correction = forms.CharField(
        label="更正原因", max_length=200,
        help_text="原来的记录不会删掉，会和更正原因一起显示。",
        error_messages={"required": "请写明更正的原因。"},
    )  # fmt: skip

    def __init__(
        self, topic: Topic, data: Any = None, files: Any = None, *,
        initial: dict[str, Any], correcting: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(data, files, initial=initial)
        self.fields["step"].choices = [
            (s.code, f"{s.number}. {s.label}") for s in topic.procedure.steps
        ]
        members = topic.group_year.members.all()
        self.fields["attendees"].queryset = GroupMember.objects.filter(
            pk__in=[m.pk for m in members]
        )
        if not correcting:
            del self.fields["correction"]

    @property
    def facts(self) -> dict[str, Any]:
        """What add_record takes."""
        names = ("step", "held_on", "hours", "place", "content", "attendees")
        return {name: self.cleaned_data[name] for name in names}


class TopicChoiceForm(PortalForm):
    """Which registered topic a submission starts from; empty means none."""

    topic = forms.ModelChoiceField(
        queryset=Topic.objects.none(), required=False, to_field_name="key",
        label="从登记的课题开始", empty_label=None,
    )  # fmt: skip

    def __init__(self, topics: Any, data: Any = None) -> None:
        super().__init__(data)
        self.fields["topic"].queryset = topics

    def chosen(self) -> Topic | None:
        """The topic, None if none was asked for; one that is not there is a 404."""
        if not self.is_valid():
            raise Http404
        return self.cleaned_data["topic"]
