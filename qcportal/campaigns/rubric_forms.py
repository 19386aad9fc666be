"""Forms of the rubric editor and of how marks become a score. They parse and clean;
the rules decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms

from qcportal.campaigns.forms import ConfirmedForm, ReasonField
from qcportal.campaigns.models import Category, Rubric
from qcportal.campaigns.rubric_rules import MOST_CRITERIA, OWN, scopes
from qcportal.campaigns.scoring import plain
from qcportal.refusals import Refusal
from qcportal.ui.forms import ParagraphsField, PortalForm

ROWS = "rows"


class PointsField(forms.DecimalField):
    def __init__(self, label: str, **kwargs: Any) -> None:
        wrong = {
            "required": f"请填{label}", "invalid": f"{label}要填数字，例如 20 或 8.5",
            "max_decimal_places": f"{label}的小数位太多了",
            "max_digits": f"{label}太大了", "max_whole_digits": f"{label}太大了",
            "min_value": f"{label}要大于 0", "max_value": f"{label}太大了",
        }  # fmt: skip
        super().__init__(label=label, error_messages=wrong, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return plain(value) if isinstance(value, Decimal) else value


class RubricForm(PortalForm):
    """Everything of a rubric but its criteria. ``version`` is the edition shown."""

    use_required_attribute = False

    name = forms.CharField(
        label="名称", max_length=60, error_messages={"required": "请填评审表的名称"}
    )
    source = forms.CharField(
        label="依据", max_length=120, required=False,
        help_text="例如：参照 T/CAQ 10201-2020 附录B",
    )  # fmt: skip
    step = PointsField(
        "评分最小单位", max_digits=4, decimal_places=2, min_value=Decimal("0.01"),
        max_value=10, help_text="打分每一档差多少，例如 0.5",
    )  # fmt: skip
    own_total = forms.BooleanField(
        label="满分不是 100，通知就是这样定的", required=False,
        help_text="勾了以后，发布时会记在“请核对”里",
    )  # fmt: skip
    is_placeholder = forms.BooleanField(
        label="占位，待替换", required=False,
        help_text="还没拿到正式评审表时先占着位置；有占位表的活动不能发布",
    )  # fmt: skip
    version = forms.IntegerField(
        min_value=0, max_value=2_000_000_000, widget=forms.HiddenInput
    )

    def __init__(self, data: Any = None, *, rubric: Rubric) -> None:
        initial = {name: getattr(rubric, name) for name in OWN}
        initial["version"] = rubric.edition
        super().__init__(data, initial=initial)

    def own(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in OWN}


class CriterionForm(PortalForm):
    code = forms.CharField(max_length=30, required=False, widget=forms.HiddenInput)
    name = forms.CharField(
        label="项目", max_length=40, error_messages={"required": "请填项目名称"}
    )
    points = PointsField("满分", max_digits=5, decimal_places=1, min_value=Decimal("0.1"))  # fmt: skip
    hint = ParagraphsField(
        label="要点", max_length=300, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip


class BaseCriteria(forms.BaseFormSet):
    """The criteria as typed, in their order; rows left empty do not count."""

    def initial_form_count(self) -> int:
        return 0 if self.is_bound else super().initial_form_count()

    def rows(self) -> list[dict[str, Any]]:
        return [one.cleaned_data for one in self.forms if one.has_changed()]


def criteria(
    rows: Sequence[Mapping[str, Any]], data: Any = None, spare: int = 0
) -> Any:
    """``spare``: empty rows to type in without scripts."""
    made = forms.formset_factory(
        CriterionForm, formset=BaseCriteria, extra=spare, max_num=MOST_CRITERIA,
        absolute_max=MOST_CRITERIA + 5, validate_max=True,
    )  # fmt: skip
    words = {
        "too_many_forms": f"评审项目最多 {MOST_CRITERIA} 项。",
        "missing_management_form": "页面没有传完整，请重新打开再改。",
    }
    if data is not None:
        return made(data, prefix=ROWS, error_messages=words)
    return made(initial=list(rows), prefix=ROWS, error_messages=words)


class PublishRubricForm(ConfirmedForm):
    reason = ReasonField()
    version = forms.IntegerField(
        min_value=0, max_value=2_000_000_000, widget=forms.HiddenInput
    )

    def __init__(self, data: Any = None, *, rubric: Rubric, asks_tick: bool) -> None:
        """``asks_tick``: somebody is touched, and whoever publishes has to say so."""
        super().__init__(data, initial={"version": rubric.edition})
        running = rubric.category.campaign.published_at is not None
        self.fields["reason"].label = "为什么改"
        self.fields["reason"].error_messages["required"] = (
            "活动已经发布，请写明为什么改评审表，会记入操作日志。"
        )
        self.fields["confirmed"].required = running and asks_tick
        self.fields["confirmed"].error_messages["required"] = "请看过提醒，再勾选确认。"
        if not running:
            del self.fields["reason"]
        if not self.fields["confirmed"].required:
            self.fields["confirmed"].widget = forms.HiddenInput()

    def refuse(self, refusals: Iterable[Refusal]) -> list[Refusal]:
        """Each refusal at its field; those without one are given back."""
        rest = []
        for refusal in refusals:
            if refusal.field in self.fields:
                self.add_error(refusal.field, refusal.message)
            else:
                rest.append(refusal)
        return rest


EMPTY = "empty"


class BeginRubricForm(PortalForm):
    """For which topic type, and a copy of what: the number of a rubric, or nothing."""

    topic_type = forms.ChoiceField(label="适用", required=False)
    like = forms.ChoiceField(label="照着", required=False)

    def __init__(
        self, data: Any = None, *, category: Category, sources: Sequence[Rubric],
        scope: str | None = None,
    ) -> None:  # fmt: skip
        """``sources``: what may be copied, the best first; ``scope``: the type is
        settled."""
        self.category, known = category, scopes(category)
        super().__init__(data, auto_id=f"begin_{category.code}_{scope or 'new'}_%s")
        self.sources = {str(one.pk): one for one in sources}
        self.fields["topic_type"].choices = list(known.items())
        self.fields["like"].choices = [
            *((key, _source_words(one)) for key, one in self.sources.items()),
            (EMPTY, "空白，从头写"),
        ]
        if scope is not None:
            self.fields["topic_type"].choices = [(scope, known.get(scope, scope))]
            self.fields["topic_type"].widget = forms.HiddenInput()
            self.initial["topic_type"] = scope
        for field in self.fields.values():
            field.error_messages["invalid_choice"] = f"请重新选择{field.label}。"

    @property
    def source(self) -> Rubric | None:
        return self.sources.get(self.cleaned_data.get("like", ""))


def _source_words(rubric: Rubric) -> str:
    state = f"第 {rubric.version} 版"
    return f"{rubric.category.name} · {rubric.name}（{state}）"
