"""Forms of checks, judging, awards and the public pages: they parse, they decide nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms

from qcportal.campaigns.models import AwardLevel, CheckItem, Rubric
from qcportal.documents import uploads
from qcportal.refusals import Refused
from qcportal.ui.forms import ParagraphsField, PortalForm, YesNo
from reviews.rules import Finding

NONE = "none"
MOMENT = "%Y-%m-%dT%H:%M"


class Filters(PortalForm):
    """Filters in the URL: what is not understood counts as not asked for."""

    def chosen(self) -> dict[str, Any]:
        """The cleaned values that were given and understood."""
        self.is_valid()
        return {k: v for k, v in self.cleaned_data.items() if v not in ("", None)}


class CheckFilter(Filters):
    KINDS = [("back", "补正回来"), ("direct", "直接申报")]

    q = forms.CharField(required=False, max_length=60, label="搜企业、小组、课题或编号")
    kind = forms.ChoiceField(required=False, choices=KINDS)
    category = forms.SlugField(required=False, max_length=30)
    recommender = forms.UUIDField(required=False)

    def query(self) -> dict[str, str]:
        """The filters as they stand in the URL."""
        return {k: str(v) for k, v in self.chosen().items()}


class CheckForm(PortalForm):
    """Per item 符合 or 不符 with a note; a comment for the group."""

    comment = ParagraphsField(label="还要告诉班组的话", required=False, max_length=500)

    def __init__(
        self,
        items: Sequence[CheckItem],
        findings: Mapping[str, Finding],
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.items, self.findings = items, findings
        self.fields["comment"].widget.attrs["rows"] = 2
        for item in items:
            self.fields[f"fits-{item.pk}"] = forms.ChoiceField(
                label=item.text, required=False, choices=[("yes", "符合"), ("no", "不符")],
                widget=YesNo,
            )  # fmt: skip
            self.fields[f"note-{item.pk}"] = forms.CharField(
                label=f"{item.text}：说明", required=False, max_length=200,
                widget=forms.Textarea(attrs={"rows": 2, "placeholder": "哪里不符，要怎么补正"}),
            )  # fmt: skip

    def rows(self) -> list[dict[str, Any]]:
        """Number, item, finding and the two bound fields of each line."""
        return [
            {
                "number": number,
                "item": item,
                "finding": self.findings.get(item.automatic),
                "fits": self[f"fits-{item.pk}"],
                "note": self[f"note-{item.pk}"],
            }
            for number, item in enumerate(self.items, 1)
        ]

    def answers(self) -> dict[int, tuple[bool, str]]:
        """Item id → (fits, note), of the items that have an answer."""
        found = {}
        for item in self.items:
            fits = self.cleaned_data.get(f"fits-{item.pk}", "")
            if fits:
                note = self.cleaned_data.get(f"note-{item.pk}", "")
                found[item.pk] = (fits == "yes", note)
        return found


class NeededInTheEnd(ParagraphsField):
    """Asked for when the sheet is handed in; until then it may stay empty."""

    def validate(self, value: str) -> None:
        """Nothing here: rules.why_not_hand_in asks."""


class MarkForm(PortalForm):
    """Marks as typed (the rubric judges them), two remarks, the version opened."""

    use_required_attribute = False

    remark = NeededInTheEnd(label="评语（给班组）", max_length=1000)
    panel_remark = ParagraphsField(label="给评审组的话", required=False, max_length=500)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, rubric: Rubric, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.codes = [c.code for c in rubric.criteria_list]
        self.fields["remark"].widget.attrs |= {
            "rows": 4,
            "placeholder": "例如：现状调查分层清楚；建议补充要因确认的测量数据",
        }
        self.fields["panel_remark"].widget.attrs["rows"] = 2
        for code in self.codes:
            self.fields[f"mark-{code}"] = forms.CharField(required=False, max_length=10)

    def marks(self) -> dict[str, str]:
        return {c: self.cleaned_data.get(f"mark-{c}", "") for c in self.codes}

    def typed(self) -> dict[str, str]:
        """What stands in the marks now, bound or not."""
        return {c: str(self[f"mark-{c}"].value() or "") for c in self.codes}


class CountsForm(PortalForm):
    """How many results get each award, highest first."""

    def __init__(self, levels: Sequence[AwardLevel], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.levels = levels
        for level in levels:
            self.fields[f"n-{level.code}"] = forms.IntegerField(
                label=level.name, required=False, min_value=0, max_value=9999,
            )  # fmt: skip

    def counts(self) -> list[tuple[AwardLevel, int]] | None:
        """(level, number) for the cut, or None while nothing sensible is typed."""
        if not self.is_valid():
            return None
        found = [(lv, self.cleaned_data.get(f"n-{lv.code}") or 0) for lv in self.levels]
        return found if any(number for _, number in found) else None


class AwardsForm(PortalForm):
    """The award chosen for each result of the page; unchanged ones are left out."""

    def __init__(
        self, levels: Iterable[AwardLevel], ids: Mapping[str, int], *args: Any, **kwargs: Any
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.by_code, self.ids = {level.code: level for level in levels}, ids
        choices = [("", "未定"), *((c, lv.name) for c, lv in self.by_code.items())]
        for code in ids:
            self.fields[f"level-{code}"] = forms.ChoiceField(
                required=False, choices=[*choices, (NONE, "不评奖")]
            )

    def choices(self, now: Mapping[int, str]) -> dict[int, AwardLevel | None]:
        """Result id → level or None (no award), where it differs from ``now``."""
        found = {}
        for code, pk in self.ids.items():
            value = self.cleaned_data.get(f"level-{code}", "")
            if value and value != now.get(pk, ""):
                found[pk] = self.by_code.get(value)
        return found


class AnnounceForm(PortalForm):
    closes_at = forms.DateTimeField(
        label="公示截止",
        input_formats=[MOMENT],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
        help_text="按工作日算好的，没有算节假日和调休，请核对。",
        error_messages={
            "required": "请填写公示截止时间。",
            "invalid": "时间要写到分钟，例如 2020-12-11 17:00。",
        },
    )


class ReasonForm(PortalForm):
    comment = ParagraphsField(required=False, max_length=200)

    def reason(self) -> str:
        """The reason as typed, at most as long as it may be; "" if there is none."""
        self.is_valid()
        return str(self.data.get("comment", "")).strip()[:200]


class ResultFilter(Filters):
    campaign = forms.SlugField(required=False, max_length=60)
    category = forms.CharField(required=False, max_length=30)
    award = forms.CharField(required=False, max_length=8)
    recommender = forms.CharField(required=False, max_length=80)
    type = forms.CharField(required=False, max_length=30)
    q = forms.CharField(required=False, max_length=60)


class CaseFilter(Filters):
    year = forms.IntegerField(required=False, min_value=1978, max_value=2999)
    category = forms.CharField(required=False, max_length=40)
    type = forms.CharField(required=False, max_length=30)
    industry = forms.CharField(required=False, max_length=40)
    q = forms.CharField(required=False, max_length=60)


class ListFilter(Filters):
    q = forms.CharField(required=False, max_length=60)


class PdfForm(PortalForm):
    """A file to compare; read once, never kept."""

    MOST = 20 * uploads.MIB

    file = forms.FileField(
        label="选一个 PDF 文件",
        widget=forms.FileInput(
            attrs={
                "accept": ".pdf",
                "data-file-check": "",
                "data-types": "pdf",
                "data-most": MOST,
            }
        ),
        error_messages={
            "required": "请先选一个 PDF 文件。",
            "empty": "这个文件是空的，请重新选。",
        },
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        try:
            self.inspected = uploads.inspect(file, ["pdf"], self.MOST)
        except Refused as refused:
            raise forms.ValidationError([r.message for r in refused.refusals]) from None
        return file
