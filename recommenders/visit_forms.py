"""What the page of a visit on site takes in; made for a phone."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator

from qcportal.campaigns.models import Campaign
from qcportal.ui.forms import ParagraphsField, RadioCards
from recommenders.models import SiteVisit
from submissions.year_forms import DayField, FilesField, RefusableForm

# A validator instead of max_length: short notes on a phone need no counter each.
_AT_MOST_200 = MaxLengthValidator(200, "请写在 200 字以内。")


class VisitForm(RefusableForm):
    """Day, persons, an answer per item of the campaign, conclusion, photos."""

    visited_on = DayField(label="核查日期")
    persons = forms.CharField(
        label="核查人员", validators=[MaxLengthValidator(100, "请写在 100 字以内。")], help_text="写姓名，几位用顿号隔开。",
        error_messages={"required": "请写核查人员的姓名。"},
    )  # fmt: skip
    conclusion = forms.ChoiceField(
        label="结论", choices=SiteVisit.Conclusion.choices, widget=RadioCards,
        error_messages={"required": "请选择结论。"},
    )  # fmt: skip
    remark = ParagraphsField(
        label="说明", max_length=500, required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="要整改或情况不实的，请写清楚。",
    )  # fmt: skip
    photos = FilesField(
        label="现场照片",
        help_text="可以现场拍。JPG、PNG，一次最多 12 张，每张不超过 20 MB。",
    )

    def __init__(self, campaign: Campaign, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items = campaign.site_visit_items
        for item in self.items:
            self.fields[f"item-{item['code']}"] = forms.ChoiceField(
                label=item["label"], choices=SiteVisit.Answer.choices,
                help_text=item.get("hint", ""), widget=RadioCards,
                error_messages={"required": f"请选择“{item['label']}”是否符合。"},
            )  # fmt: skip
            self.fields[f"item-{item['code']}-note"] = forms.CharField(
                label="看到了什么", required=False, validators=[_AT_MOST_200]
            )

    @property
    def rows(self) -> list[tuple[Any, Any]]:
        """(answer, note) of every item, bound, in the campaign's order."""
        return [
            (self[f"item-{i['code']}"], self[f"item-{i['code']}-note"])
            for i in self.items
        ]

    @property
    def facts(self) -> dict[str, Any]:
        """What keep_visit takes, photos apart."""
        given = self.cleaned_data
        answers = {
            i["code"]: (given[f"item-{i['code']}"], given[f"item-{i['code']}-note"])
            for i in self.items
        }
        names = ("visited_on", "persons", "conclusion", "remark")
        return {"answers": answers, **{name: given[name] for name in names}}
