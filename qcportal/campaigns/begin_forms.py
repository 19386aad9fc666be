"""Forms by which a campaign begins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import QuerySet

from qcportal.campaigns.forms import say_plainly
from qcportal.campaigns.forwarding import MOST_DAYS
from qcportal.campaigns.models import Campaign
from qcportal.ui.forms import PortalForm, RadioCards

MOST_BYTES = 2 * 1024 * 1024


class YearForm(PortalForm):
    year = forms.IntegerField(
        label="哪一年的活动", min_value=2000, max_value=2100,
        help_text="日期跟着年度整周移动，星期几不变",
    )  # fmt: skip


class PresetForm(YearForm):
    preset = forms.ChoiceField(label="预设", widget=RadioCards)
    field_order = ("preset", "year")

    def __init__(self, *args: Any, offered: Iterable[Any], **kwargs: Any) -> None:
        super().__init__(*args, auto_id="id_preset_%s", **kwargs)
        say_plainly(self)
        offered = list(offered)
        field = self.fields["preset"]
        field.widget.notes = {
            one.name: f"{one.host}。{one.brings}。" for one in offered
        }
        field.choices = [(one.name, one.title) for one in offered]


class CloneForm(YearForm):
    source = forms.ModelChoiceField(
        Campaign.objects.none(), label="照着哪个活动", to_field_name="code",
        empty_label=None,
    )  # fmt: skip
    field_order = ("source", "year")

    def __init__(self, *args: Any, own: QuerySet[Campaign], **kwargs: Any) -> None:
        super().__init__(*args, auto_id="id_clone_%s", **kwargs)
        say_plainly(self)
        self.fields["source"].queryset = own.order_by("-year", "-pk")


class ForwardForm(PortalForm):
    higher = forms.ModelChoiceField(
        Campaign.objects.none(), label="转发哪个活动", to_field_name="code",
        empty_label=None,
    )  # fmt: skip
    days = forms.IntegerField(
        label="比上级截止提前几天", min_value=1, max_value=MOST_DAYS,
        help_text="本单位的时间按上级“推荐单位推荐”的截止时间往前提，建好以后还可以改",
    )  # fmt: skip
    name = forms.CharField(
        label="本单位的活动名称", max_length=80, required=False,
        help_text="空着用上级的名称，后面注明由谁转发",
    )  # fmt: skip

    def __init__(self, *args: Any, offered: QuerySet[Campaign], **kwargs: Any) -> None:
        super().__init__(*args, auto_id="id_forward_%s", **kwargs)
        say_plainly(self)
        field = self.fields["higher"]
        field.queryset = offered.order_by("-year", "-pk")
        field.label_from_instance = lambda one: f"{one.name}（{one.host.label}）"


class ImportForm(PortalForm):
    file = forms.FileField(
        label="活动文件（.toml）",
        error_messages={
            "required": "请选择从本平台导出的活动文件。",
            "empty": "这个文件是空的，请重新导出。",
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="id_import_%s", **kwargs)

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if upload.size > MOST_BYTES:
            raise forms.ValidationError("活动文件最大 2 MB，这个文件不对。")
        try:
            self._text = upload.read().decode("utf-8")
        except UnicodeDecodeError:
            raise forms.ValidationError(
                "读不出文字，请选择从本平台导出的 .toml 文件。"
            ) from None
        return upload

    def text(self) -> tuple[str, str]:
        """(name, text) of the file."""
        return self.cleaned_data["file"].name, self._text
