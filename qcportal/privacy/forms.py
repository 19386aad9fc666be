"""Forms of the consent. They parse and clean; rules decide."""

from __future__ import annotations

from typing import Any

from django import forms

from qcportal.ui.forms import ParagraphsField, PortalForm


class AgreeForm(PortalForm):
    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    agreed = forms.BooleanField(
        label="我已看过，同意", error_messages={"required": "请看过并勾选同意，再继续。"}
    )  # fmt: skip


class PublishForm(PortalForm):
    body = ParagraphsField(
        label="正文", max_length=20000, widget=forms.Textarea(attrs={"rows": 24}),
        help_text="“一、”“二、”开头的一行是小标题，其余每行一段。请先由协会的法律顾问核对。",
        error_messages={"required": "请写正文。", "max_length": "正文请写在 20000 字以内。"},
    )  # fmt: skip
    changes = forms.CharField(
        label="改了什么", max_length=300, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="一两句话，登录时给大家看。例如：写明了保存多久。",
        error_messages={"max_length": "请写在 300 字以内。"},
    )  # fmt: skip
    after = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, first: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not first:
            self.fields["changes"].required = True
            self.fields["changes"].error_messages["required"] = "请写一句改了什么。"


class WithdrawForm(PortalForm):
    reason = forms.CharField(
        label="想怎么办（可以不写）", max_length=200, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="例如：请停用账号，删去我的手机和邮箱。",
        error_messages={"max_length": "请写在 200 字以内。"},
    )  # fmt: skip
