"""Forms of the settings pages: a block, a line, a category, an extension each.

They parse and clean; settings_rules decide. ``version`` is the fingerprint of what the
form showed. A published campaign asks for a reason, and for a tick where it hurts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django import forms
from django.forms.models import fields_for_model

from qcportal.accounts.models import Organisation
from qcportal.campaigns import rubric_shows
from qcportal.campaigns import settings_rules as rules
from qcportal.campaigns.forms import (
    ConfirmedForm,
    MomentField,
    ReasonField,
    say_plainly,
)
from qcportal.campaigns.models import (
    AwardLevel,
    Campaign,
    Category,
    CheckItem,
    Milestone,
)
from qcportal.campaigns.stages import Stage
from qcportal.refusals import Refusal
from qcportal.ui.forms import ParagraphsField, PortalForm

STYLES = [
    ("gold", "金色"), ("silver", "银色"), ("bronze", "铜色"), ("plain", "不着色"),
]  # fmt: skip
MOST_HOSTS = 12


class SettingForm(ConfirmedForm):
    """``version`` hidden; ``reason`` and ``confirmed`` go where they are not asked."""

    version = forms.CharField(max_length=16, widget=forms.HiddenInput, required=False)
    reason = ReasonField()
    meta: ClassVar[tuple[str, ...]] = ("version", "reason", "confirmed")

    def __init__(
        self, *args: Any, campaign: Campaign, prefix_id: str, seen: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, auto_id=f"id_{prefix_id}_%s", **kwargs)
        self.campaign, self.seen = campaign, seen
        self.initial["version"] = seen
        self.asks_tick = False
        if campaign.published_at is None:
            del self.fields["reason"]
            self.fields["confirmed"].widget = forms.HiddenInput()
        say_plainly(self)

    @property
    def shown(self) -> list[forms.BoundField]:
        """The setting's own fields, without version, reason and tick."""
        return [bound for bound in self if bound.name not in self.meta]

    def values(self) -> dict[str, Any]:
        """Cleaned values by model field."""
        return {k: v for k, v in self.cleaned_data.items() if k not in self.meta}

    @property
    def said(self) -> dict[str, Any]:
        """What every act is given besides the values."""
        return {
            "seen": self.cleaned_data.get("version", ""),
            "reason": self.cleaned_data.get("reason", ""),
        }

    def refuse(self, refusals: Iterable[Refusal]) -> None:
        """Each refusal at its field; a stale form is good for another save."""
        for refusal in refusals:
            field = refusal.field if refusal.field in self.fields else None
            if refusal.code == "not_confirmed":
                self.asks_tick = True
            if refusal.code == "stale_version":
                self.data = {**self.data.dict(), "version": self.seen}
            self.add_error(field, refusal.message)


def _own(model: Any, *names: str, **given: Any) -> dict[str, forms.Field]:
    """The model's own form fields, with its labels and limits."""
    return fields_for_model(model, fields=names, **given)


def _number(label: str, least: int, most: int, **given: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=least, max_value=most, **given)


# --- blocks -------------------------------------------------------------------------


class NamingForm(SettingForm):
    year = _number("年度", 2000, 2100)

    locals().update(
        _own(
            Campaign, "name", "headline", "lead", "document_number", "letters",
            "result_words",
        )
    )  # fmt: skip
    field_order = (
        "name", "year", "headline", "lead", "document_number", "letters", "result_words",
    )  # fmt: skip


class HostsForm(SettingForm):
    co_hosts = ParagraphsField(
        label="联合主办单位", required=False, max_length=1200,
        help_text="一行一家，写全称，按通知落款的顺序；没有就空着",
        widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["co_hosts"] = "\n".join(self.initial.get("co_hosts") or [])

    def clean_co_hosts(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["co_hosts"].split("\n")]
        names = [line for line in lines if line]
        if len(names) > MOST_HOSTS:
            raise forms.ValidationError(f"联合主办单位最多 {MOST_HOSTS} 家。")
        if any(len(name) > 120 for name in names):
            raise forms.ValidationError("每家单位的名称请写在 120 字以内，一行一家。")
        if len(set(names)) < len(names):
            raise forms.ValidationError("有一家单位写了两遍。")
        return names


CONTACT = {
    "phone": ("联系电话", 60), "email": ("电子邮箱", 120), "address": ("地址", 120),
    "postcode": ("邮编", 10), "hours": ("办公时间", 60),
}  # fmt: skip


class ContactForm(SettingForm):
    locals().update(
        {
            name: forms.CharField(label=label, max_length=most, required=False)
            for name, (label, most) in CONTACT.items()
        }
    )
    email = forms.EmailField(label="电子邮箱", max_length=120, required=False)
    no_fee_words = ParagraphsField(
        label="不收费承诺", max_length=200, required=False,
        help_text="在首页、推荐工作台和帮助里公开",
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = self.campaign.contact
        self.initial.update({name: known.get(name, "") for name in CONTACT})

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        contact = dict(self.campaign.contact)
        for name in CONTACT:
            if data.get(name) or name in contact:
                contact[name] = data.get(name, "")
        return {"contact": contact, "no_fee_words": data.get("no_fee_words", "")}


class ConditionsForm(SettingForm):
    locals().update(_own(Campaign, "needs_dossier", "allows_seal_picture"))
    opinion_limit = _number("推荐意见字数上限", 20, 2000)
    amendment_days = _number("补正期限（天）", 1, 60)
    grace_seconds = _number(
        "关闭前已发出的请求宽限（秒）", 0, 600, help_text="不公开；网慢的不吃亏"
    )
    upload_grace_minutes = _number(
        "关闭前已开始的上传宽限（分钟）", 0, 60, help_text="不公开"
    )


class PublicityForm(SettingForm):
    notice_days = _number(
        "公示期（工作日）", 0, 60, help_text="面向社会公示多少个工作日"
    )


class CertificateForm(SettingForm):
    locals().update(
        _own(
            Campaign, "certificate_words", "certificate_issuer", "certificate_pattern",
            widgets={"certificate_words": forms.Textarea(attrs={"rows": 3})},
            help_texts={
                "certificate_words": "{title} 是题目，{year} 是年度；后面接奖项名称",
                "certificate_pattern": "{letters} 编号字母，{year} 年度，{category} 类别代码，{level} 奖项代码，{serial:04d} 四位流水号",
            },
        )
    )  # fmt: skip


MOST_JUDGES = 15
LEAST_TIES = 3
DROPS = [(0, "不去掉"), *((n, f"满 {n} 位起各去一个") for n in range(3, MOST_JUDGES + 1))]  # fmt: skip


class ScoringForm(SettingForm):
    """How a judge's totals become a score, and equal scores an order."""

    judges_per_submission = _number(
        "每项成果几位专家", 1, MOST_JUDGES, help_text="自动分配时每项配足这么多位"
    )
    drop_from = forms.TypedChoiceField(
        label="去掉最高分和最低分", coerce=int, choices=DROPS,
        help_text="按实际交了评分、没有回避的专家数算；不满的取平均",
    )  # fmt: skip
    decimals = _number(
        "得分保留几位小数", 0, 4, help_text="四舍五入，名次按保留后的分排"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        order = self.campaign.tie_order
        now = self.initial.get("drop_from")
        if now not in dict(DROPS):  # of a file: fewer than three are never dropped
            self.fields["drop_from"].choices = [(now, f"满 {now} 位起"), *DROPS]
        self.names = rubric_shows.criterion_names(self.campaign)
        names = dict(self.names)
        names |= {
            code: f"{code}（现在的评审表里没有）" for code in order if code not in names
        }
        choices = [("", "不再比"), *names.items()]
        for n in range(1, max(LEAST_TIES, len(order)) + 1):
            label = "同分先比" if n == 1 else f"同分第 {n} 个比"
            self.fields[f"tie_{n}"] = forms.ChoiceField(
                label=label, choices=choices, required=False,
                help_text="都不选：同分就是同名次" if n == 1 else "",
            )  # fmt: skip
            self.initial[f"tie_{n}"] = order[n - 1] if n <= len(order) else ""
        self.order_fields([n for n in self.fields if n not in self.meta])
        say_plainly(self)

    @property
    def ties(self) -> list[str]:
        return [name for name in self.fields if name.startswith("tie_")]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        chosen: list[str] = []
        for name in self.ties:
            code = data.get(name, "")
            if code and code in chosen:
                self.add_error(name, "这一项前面已经比过了。")
            chosen.append(code)
        return data

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        order = [data[name] for name in self.ties if data.get(name)]
        own = ("judges_per_submission", "drop_from", "decimals")
        given = {name: data[name] for name in own if name in data}
        return {**given, "tie_order": order}


BLOCK_FORMS: Mapping[str, tuple[type[SettingForm], str, str]] = {
    # block: (form, heading, tab)
    "naming": (NamingForm, "名称和编号", "profile"),
    "hosts": (HostsForm, "主办单位", "profile"),
    "contact": (ContactForm, "联系方式和不收费承诺", "profile"),
    "conditions": (ConditionsForm, "办理条件", "profile"),
    "publicity": (PublicityForm, "公示", "honours"),
    "certificate": (CertificateForm, "证书", "honours"),
    "scoring": (ScoringForm, "打分和排名", "rubrics"),
}


def block_form(campaign: Campaign, block: str, data: Any = None) -> SettingForm:
    form, _, _ = BLOCK_FORMS[block]
    initial = {name: getattr(campaign, name) for name in rules.BLOCKS[block]}
    return form(
        data, campaign=campaign, prefix_id=block, initial=initial,
        seen=rules.block_seen(campaign, block),
    )  # fmt: skip


# --- lines --------------------------------------------------------------------------


class OfCategoryForm(SettingForm):
    """A line that may belong to one category only."""

    category = forms.ModelChoiceField(
        Category.objects.none(), label="类别", required=False, empty_label="全部类别"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = self.campaign.categories.order_by("order", "pk")
        self.fields["category"].queryset = found
        if found.count() <= 1:
            self.fields["category"].widget = forms.HiddenInput()


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, help_text="没定就空着",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "请填日期，例如 2020-07-12"},
    )  # fmt: skip


class MilestoneForm(SettingForm):
    locals().update(
        _own(
            Milestone, "title", "phase", "note", "warns", "on_home",
            help_texts={
                "phase": "通知分几个阶段的才填，例如：第一阶段",
                "note": "写在环节下面的小字",
            },
        )
    )  # fmt: skip
    starts_on = _day("开始")
    ends_on = _day("结束")
    label = forms.CharField(
        label="公开文字", max_length=60, required=False,
        help_text="空着按日期写，没有日期的写“另行通知”",
    )  # fmt: skip
    field_order = (
        "title", "phase", "starts_on", "ends_on", "label", "note", "warns", "on_home",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not data.get("label"):
            data["label"] = day_words(data.get("starts_on"), data.get("ends_on"))
        return data


def day_words(start: Any, end: Any) -> str:
    """``6月28日–7月12日``, ``7月20日前``, ``8月11日起``, ``另行通知``."""
    first = f"{start.month}月{start.day}日" if start else ""
    last = f"{end.month}月{end.day}日" if end else ""
    if start and end:
        return first if start == end else f"{first}–{last}"
    return f"{first}起" if start else f"{last}前" if end else "另行通知"


class AwardForm(OfCategoryForm):
    locals().update(_own(AwardLevel, "name", "code"))
    style = forms.ChoiceField(label="颜色", choices=STYLES)
    field_order = ("name", "code", "style", "category")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = "写进证书编号，例如 1"


class CheckForm(OfCategoryForm):
    locals().update(_own(CheckItem, "text", "hint"))
    automatic = forms.ChoiceField(
        label="谁来判断", choices=list(rules.AUTOMATIC.items()), required=False
    )
    field_order = ("text", "hint", "automatic", "category")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = self.initial.get("automatic", "")
        if now and now not in rules.AUTOMATIC:  # of a preset that knows more
            self.fields["automatic"].choices = [
                *rules.AUTOMATIC.items(), (now, f"自动：{now}"),
            ]  # fmt: skip


LINE_FORMS: Mapping[str, type[SettingForm]] = {
    "milestones": MilestoneForm, "awards": AwardForm, "checks": CheckForm,
}  # fmt: skip


def line_form(
    campaign: Campaign, kind: str, row: Any, seen: str, data: Any = None
) -> SettingForm:
    """The form of a line; ``row`` None for a new one."""
    fields = rules.LINES[kind].fields
    initial = {name: getattr(row, name) for name in fields} if row else {}
    if row is None and kind == "milestones":
        initial = {"on_home": True}
    return LINE_FORMS[kind](
        data, campaign=campaign, prefix_id=kind, seen=seen, initial=initial
    )


class RemoveForm(SettingForm):
    """Nothing but reason and tick."""


# --- categories ---------------------------------------------------------------------


class CategoryForm(SettingForm):
    locals().update(
        _own(
            Category, *rules.CATEGORY_FIELDS,
            widgets={"certificate_words": forms.Textarea(attrs={"rows": 2})},
            help_texts={
                "certificate_words": "空着用活动的",
                "certificate_pattern": "空着用活动的",
                "lead": "申报人选类别时看到",
            },
        )
    )  # fmt: skip

    @property
    def words(self) -> list[forms.BoundField]:
        return [self[name] for name in rules.CATEGORY_WORDS]

    @property
    def way(self) -> list[forms.BoundField]:
        return [self[name] for name in rules.CATEGORY_WAY]


class NewCategoryForm(CategoryForm):
    like = forms.ModelChoiceField(
        Category.objects.none(), label="申报表和评审表照着哪一类", empty_label=None,
        to_field_name="code", help_text="复制过来再改，两类以后互不影响",
    )  # fmt: skip
    meta = (*SettingForm.meta, "like")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["like"].queryset = self.campaign.categories.order_by("order", "pk")


def category_form(
    campaign: Campaign, category: Category | None, data: Any = None
) -> CategoryForm:
    if category is None:
        first = {"needs_unit_stamp": True, "needs_recommender": True}
        return NewCategoryForm(
            data, campaign=campaign, prefix_id="category", initial=first,
            seen=rules.categories_seen(campaign),
        )  # fmt: skip
    initial = {name: getattr(category, name) for name in rules.CATEGORY_FIELDS}
    return CategoryForm(
        data, campaign=campaign, prefix_id="category", initial=initial,
        seen=rules.category_seen(category),
    )  # fmt: skip


# --- times --------------------------------------------------------------------------


class ExtensionForm(PortalForm):
    """A later closing for one organisation (its full name) or one record."""

    stage = forms.ChoiceField(label="环节", choices=Stage.choices)
    whom = forms.CharField(
        label="给谁", max_length=120,
        help_text="单位、小组、推荐单位的全称，或者受理编号（例如 2020-SQC-0001）",
    )  # fmt: skip
    closes_at = MomentField(label="延到")
    reason = ReasonField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say_plainly(self)

    def target(self) -> tuple[Organisation | None, str]:
        """(organisation, ""), (None, record), or ValidationError at ``whom``."""
        text = self.cleaned_data["whom"].strip()
        found = list(Organisation.objects.in_use().filter(name=text)[:2])
        if len(found) == 1:
            return found[0], ""
        if found:
            raise forms.ValidationError("有几家叫这个名字，请改填受理编号。")
        if not any(c.isdigit() for c in text) or len(text) > 24:
            raise forms.ValidationError(
                "没有找到这家单位，请填登记的全称，或者受理编号。"
            )
        return None, text.upper()


class EndingForm(ConfirmedForm):
    """办结, 重新打开, 撤销: a reason, and a tick where something would be left."""

    reason = ReasonField()
    field_order = ("reason", "confirmed")
