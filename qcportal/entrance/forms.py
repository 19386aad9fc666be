"""Forms of the door. They parse and clean; limits and codes are asked by the views."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.contrib.auth.forms import PasswordChangeForm as DjangoPasswordChangeForm
from django.core.exceptions import ValidationError

from qcportal.accounts import mobiles
from qcportal.accounts.models import User
from qcportal.entrance.captcha import PictureField
from qcportal.refusals import Refusal
from qcportal.ui.forms import PortalForm

NAME = "用户名、手机号或邮箱"
DIGITS = {"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True}


class RefusableForm(PortalForm):
    """A form that can show why the act was refused, at the field it belongs to."""

    def refuse(self, refusals: list[Refusal]) -> None:
        for refusal in refusals:
            field = refusal.field if refusal.field in self.fields else None
            self.add_error(field, refusal.message)


def _name_field(**more: Any) -> forms.CharField:
    attrs = {
        "autocomplete": "username",
        "autocapitalize": "none",
        "spellcheck": "false",
    }
    return forms.CharField(
        label=NAME, widget=forms.TextInput(attrs={**attrs, **more}),
        error_messages={"required": f"请填写{NAME}。"},
    )  # fmt: skip


class SignInForm(RefusableForm):
    username = _name_field(autofocus=True)
    password = forms.CharField(
        label="密码", strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "请填写密码。"},
    )  # fmt: skip

    def ask_picture(self) -> None:
        self.fields["captcha"] = PictureField()


class WhoForm(RefusableForm):
    """Whom a code is for."""

    username = _name_field(autofocus=True)

    def ask_picture(self) -> None:
        self.fields["captcha"] = PictureField()


class CodeForm(RefusableForm):
    code = forms.CharField(
        label="验证码", max_length=12, help_text="6 位数字，5 分钟内有效。",
        widget=forms.TextInput(attrs=DIGITS),
        error_messages={"required": "请输入 6 位验证码。", "max_length": "验证码是 6 位数字。"},
    )  # fmt: skip


class PasswordPair(RefusableForm):
    """A password chosen anew, typed twice."""

    password = forms.CharField(
        label="密码", strip=False, max_length=200, help_text="至少 10 位，不要用太常见的。",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "请设一个密码。"},
    )  # fmt: skip
    again = forms.CharField(
        label="再输一遍密码", strip=False, max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "请再输一遍密码。"},
    )  # fmt: skip

    def whose(self, given: dict[str, Any]) -> User | None:
        """Whose password it will be, as far as that may be known here."""
        return None

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        password = given.get("password")
        if password and given.get("again") and password != given["again"]:
            self.add_error("again", "两次输入的密码不一样。")
        if password:
            try:
                password_validation.validate_password(password, self.whose(given))
            except ValidationError as error:
                self.add_error("password", error)
        return given


class NewPasswordForm(CodeForm, PasswordPair):
    """The code and, in the same step, the new password: what is wrong with the
    password is said before a try of the code is used up."""

    field_order = ("code", "password", "again")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = "新密码"
        self.fields["again"].label = "再输一遍新密码"


class SecondStepForm(RefusableForm):
    code = forms.CharField(
        label="验证码", max_length=19,
        help_text="验证器应用上的 6 位数字；手机不在身边，输一个备用码。",
        widget=forms.TextInput(attrs=DIGITS),
        error_messages={"required": "请输入验证码。", "max_length": "请输入 6 位数字，或 8 位备用码。"},
    )  # fmt: skip


class ConfirmedForm(RefusableForm):
    """Asks for the password once more unless it was given a short while ago."""

    def __init__(self, *args: Any, fresh: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not fresh:
            self.fields["current_password"] = forms.CharField(
                label="登录密码", strip=False, max_length=200,
                help_text="再输一遍登录密码，确认是您本人。",
                widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
                error_messages={"required": "请再输一遍登录密码。"},
            )  # fmt: skip


class NameForm(RefusableForm):
    name = forms.CharField(
        label="姓名", max_length=19, error_messages={"required": "请填写姓名。"},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )  # fmt: skip


class MobileForm(ConfirmedForm):
    mobile = forms.CharField(
        label="新手机号", max_length=19, help_text="11 位数字，验证码会发到这个号码。",
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        error_messages={"required": "请填写新手机号。", "max_length": "手机号是 11 位数字。"},
    )  # fmt: skip

    def clean_mobile(self) -> str:
        return mobiles.clean(self.cleaned_data["mobile"])


class EmailForm(ConfirmedForm):
    email = forms.EmailField(
        label="新邮箱", max_length=100, help_text="验证码会发到这个邮箱。",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": "请填写新邮箱。", "invalid": "邮箱的写法不对，例如 wang@example.com。"},
    )  # fmt: skip


class SwitchOnForm(ConfirmedForm):
    code = forms.CharField(
        label="应用上显示的 6 位数字", max_length=12,
        widget=forms.TextInput(attrs={**DIGITS, "autofocus": False}),
        error_messages={"required": "请输入应用上显示的 6 位数字。", "max_length": "请输入 6 位数字。"},
    )  # fmt: skip


class PasswordChangeForm(DjangoPasswordChangeForm):
    error_messages = {
        **DjangoPasswordChangeForm.error_messages,
        "password_incorrect": "原密码不对，请再输一遍。",
        "password_mismatch": "两次输入的新密码不一样。",
    }

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        for name, label in [
            ("old_password", "原密码"),
            ("new_password1", "新密码"),
            ("new_password2", "再输一遍新密码"),
        ]:
            self.fields[name].label = label
            self.fields[name].help_text = ""
        del self.fields["old_password"].widget.attrs["autofocus"]
        self.fields["new_password1"].help_text = "至少 10 位，不要用太常见的。"
