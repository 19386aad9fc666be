"""Forms of 名额: the table of numbers, one rule, one single adjustment, the filter.

They parse and clean; quota_rules and quotas decide. A body is found by its name: the
full one, the short one, or any part that only one body has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django import forms

from qcportal.accounts.models import Organisation, RecommenderClass
from qcportal.campaigns import quotas
from qcportal.campaigns.forms import ReasonField, say_plainly
from qcportal.campaigns.models import Campaign, Category, QuotaRule
from qcportal.campaigns.quota_rules import FIELDS, MOST_PLACES, Cell
from qcportal.campaigns.settings_forms import OfCategoryForm, SettingForm
from qcportal.campaigns.shows import type_labels
from qcportal.refusals import Refusal
from qcportal.ui.forms import PortalForm, RadioCards

MOST_SAID = 5
WHOLE = f"请填 0 到 {MOST_PLACES} 的整数。"
SUBJECTS = {
    QuotaRule.Subject.RECOMMENDER: ("推荐单位的名额", "一家推荐单位一共能推荐多少项"),
    QuotaRule.Subject.UNIT: (
        "每家单位的名额", "一家推荐单位里，每家单位最多几项",
    ),
    QuotaRule.Subject.UNIT_REGION: (
        "每家单位在一个地区的名额", "不论由本地区哪家推荐单位推荐，合在一起算",
    ),
    QuotaRule.Subject.UNIT_OVERALL: (
        "每家单位的总名额", "不论由哪家推荐单位推荐，合在一起算",
    ),
}  # fmt: skip
CLASSES = [("", "所有推荐单位"), *RecommenderClass.choices]


class PlacesField(forms.IntegerField):
    """A number of places: whole, 0 to 9999, or empty."""

    def __init__(self, **kwargs: Any) -> None:
        wrong = dict.fromkeys(("invalid", "min_value", "max_value"), WHOLE)
        super().__init__(
            min_value=0, max_value=MOST_PLACES, error_messages=wrong, required=False,
            widget=forms.NumberInput(attrs={"inputmode": "numeric"}), **kwargs,
        )  # fmt: skip


class TableForm(SettingForm):
    """All numbers of the page. One that was not sent stays as it is."""

    def __init__(
        self, *args: Any, numbers: Iterable[tuple[Cell, QuotaRule | None]],
        labels: dict[str, str], **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.numbers = list(numbers)
        for cell, rule in self.numbers:
            self.fields[cell.name] = PlacesField(label=labels[cell.name])
            self.initial[cell.name] = rule.hard if rule else None
        self.order_fields([cell.name for cell, _ in self.numbers])

    def cells(self) -> dict[Cell, int | None]:
        """What was typed, by cell."""
        return {
            cell: self.cleaned_data.get(cell.name)
            for cell, _ in self.numbers
            if cell.name in self.data
        }


class BodyField(forms.CharField):
    """The name of a recommending body. ``bodies``: among whom it is looked for."""

    bodies: Collection[Organisation] = ()

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", "推荐单位")
        kwargs.setdefault("help_text", "写全称、简称，或者名称里的几个字")
        attrs = {"list": "bodies", "autocomplete": "off"}
        super().__init__(max_length=80, widget=forms.TextInput(attrs=attrs), **kwargs)

    def clean(self, value: Any) -> Any:
        words = super().clean(value)
        if not words:
            return None
        exact = [b for b in self.bodies if words in (b.name, b.short_name)]
        found = exact or [b for b in self.bodies if words in b.name]
        if len(found) == 1:
            return found[0]
        if not found:
            raise forms.ValidationError(
                f"本活动的推荐单位里没有“{words}”，请核对名称。"
            )
        said = "、".join(body.name for body in found[:MOST_SAID])
        raise forms.ValidationError(
            f"“{words}”有 {len(found)} 家：{said}{' 等' if len(found) > MOST_SAID else ''}。请写全称。"
        )


class RuleForm(OfCategoryForm):
    """One rule: whom it is for, what it counts, how many it gives."""

    subject = forms.ChoiceField(
        label="管什么", choices=[(key, words) for key, (words, _) in SUBJECTS.items()],
        widget=RadioCards(notes={key: note for key, (_, note) in SUBJECTS.items()}),
    )  # fmt: skip
    recommender_class = forms.ChoiceField(
        label="哪一类推荐单位", choices=CLASSES, required=False
    )
    recommender = BodyField(
        label="只管一家推荐单位", required=False,
        help_text="写全称、简称，或者名称里的几个字；指定了一家就不用选类别",
    )  # fmt: skip
    region = forms.CharField(
        label="推荐单位所在地区", max_length=40, required=False,
        help_text="空着对所有地区有效",
        widget=forms.TextInput(attrs={"list": "regions", "autocomplete": "off"}),
    )  # fmt: skip
    topic_type = forms.ChoiceField(label="课题类型", required=False)
    hard = PlacesField(label="名额", help_text="最多几项；填 0 就是不能推荐")
    unlimited = forms.BooleanField(
        label="不限（让它不受更宽的规定约束）", required=False
    )
    soft = PlacesField(label="提醒线", help_text="到了这个数开始提醒，仍可推荐")
    reserve = PlacesField(label="候补", help_text="名额满了，还可以排几项等递补")
    needs_good_standing = forms.BooleanField(
        label="须会籍正常，不正常的没有名额", required=False
    )
    field_order = (
        "subject", "recommender_class", "recommender", "region", "category",
        "topic_type", "hard", "unlimited", "soft", "reserve", "needs_good_standing",
    )  # fmt: skip

    def __init__(
        self, *args: Any, bodies: Collection[Organisation], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["recommender"].bodies = bodies
        types = type_labels(self.campaign)
        now = self.initial.get("topic_type", "")
        if now and now not in types:  # of a file that knew more types than the form
            types[now] = now
        self.fields["topic_type"].choices = [("", "全部类型"), *types.items()]
        for name in ("subject", "recommender_class", "topic_type"):
            words = f"请重新选择{self.fields[name].label}。"
            self.fields[name].error_messages["invalid_choice"] = words
        self.fields["subject"].error_messages["required"] = "请选这条规定管什么。"

    def clean_region(self) -> str:
        return self.cleaned_data["region"].strip()


def rule_form(
    campaign: Campaign, rule: QuotaRule | None, seen: str,
    bodies: Collection[Organisation], data: Any = None,
) -> RuleForm:  # fmt: skip
    """The form of a rule; ``rule`` None for a new one. ``seen``: all rules'."""
    initial: dict[str, Any] = {}
    if rule is not None:
        initial = {name: getattr(rule, name) for name in FIELDS}
        initial["recommender"] = rule.recommender.name if rule.recommender else ""
        initial["unlimited"] = rule.hard is None
        initial["reserve"] = rule.reserve or None
    return RuleForm(
        data, campaign=campaign, prefix_id="rule", seen=seen, bodies=bodies,
        initial=initial,
    )  # fmt: skip


class GrantForm(PortalForm):
    """Places beyond the rules for one body."""

    recommender = BodyField()
    category = forms.ModelChoiceField(
        Category.objects.none(), label="类别", required=False, empty_label="全部类别"
    )
    topic_type = forms.ChoiceField(label="课题类型", required=False)
    extra = forms.IntegerField(
        label="增减几个", help_text="增加填 2，减少填 -2",
        error_messages={"invalid": "增减几个要填整数，例如 2 或 -2。"},
    )  # fmt: skip
    reason = ReasonField()
    version = forms.CharField(max_length=16, widget=forms.HiddenInput, required=False)

    def __init__(
        self, *args: Any, campaign: Campaign, seen: str,
        bodies: Collection[Organisation], **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.seen = seen
        self.initial["version"] = seen
        self.fields["recommender"].bodies = bodies
        found = campaign.categories.order_by("order", "pk")
        self.fields["category"].queryset = found
        if found.count() <= 1:
            self.fields["category"].widget = forms.HiddenInput()
        types = type_labels(campaign)
        self.fields["topic_type"].choices = [("", "全部类型"), *types.items()]
        say_plainly(self)
        self.fields["extra"].error_messages["invalid"] = "请填整数，例如 2 或 -2。"
        self.fields["reason"].help_text = "这家推荐单位会看到"

    @property
    def shown(self) -> list[forms.BoundField]:
        return [bound for bound in self if bound.name != "version"]

    def refuse(self, refusals: Iterable[Refusal]) -> None:
        """Each refusal at its field; a stale form is good for another try."""
        for refusal in refusals:
            field = refusal.field if refusal.field in self.fields else None
            if refusal.code == "stale_version":
                self.data = {**self.data.dict(), "version": self.seen}
            self.add_error(field, refusal.message)


class GrantEndForm(PortalForm):
    reason = ReasonField()

    def refuse(self, refusals: Iterable[Refusal]) -> None:
        for refusal in refusals:
            field = "reason" if refusal.field == "reason" else None
            self.add_error(field, refusal.message)


class PreviewFilters(PortalForm):
    """Which bodies the preview lists; junk filters nothing."""

    q = forms.CharField(label="推荐单位名称", max_length=80, required=False)
    kind = forms.ChoiceField(
        label="类别", choices=[("", "所有类别"), *RecommenderClass.choices],
        required=False,
    )  # fmt: skip

    @property
    def chosen(self) -> dict[str, str]:
        """Filters that are set and make sense."""
        self.is_valid()
        return {k: v for k, v in self.cleaned_data.items() if v}


def body_names(campaign: Campaign) -> list[Organisation]:
    """All bodies that may recommend, for names and regions to choose from."""
    return list(quotas.bodies_in(campaign))
