"""Forms of signing in and changing the password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import PasswordChangeForm as DjangoPasswordChangeForm
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from qcportal.accounts.models import User
from qcportal.ui.forms import PortalForm

TRIES, LOCKED_FOR = 5, 10 * 60


class SignInForm(PortalForm):
    """User name and password. After five wrong tries the name waits ten minutes; the
    answer is the same whether or not such a user exists."""

    username = forms.CharField(
        label="用户名",
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}),
    )  # fmt: skip
    password = forms.CharField(
        label="密码", strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )  # fmt: skip

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.user: User | None = None

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.errors:
            return given
        key = f"sign-in:{given['username'].strip().lower()}"
        if cache.get(key, 0) >= TRIES:
            raise ValidationError(
                "输错次数太多，请 10 分钟后再试，或打帮助电话。", code="locked"
            )
        self.user = authenticate(
            self.request, username=given["username"].strip(), password=given["password"]
        )
        if self.user is None:
            cache.set(key, cache.get(key, 0) + 1, LOCKED_FOR)
            raise ValidationError("用户名或密码不对，请再核对一遍。", code="wrong")
        cache.delete(key)
        return given


class PasswordChangeForm(DjangoPasswordChangeForm):
    error_messages = {
        **DjangoPasswordChangeForm.error_messages,
        "password_incorrect": "原密码不对，请再输一遍。",
        "password_mismatch": "两次输入的新密码不一样。",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in [
            ("old_password", "原密码"),
            ("new_password1", "新密码"),
            ("new_password2", "再输一遍新密码"),
        ]:
            self.fields[name].label = label
            self.fields[name].help_text = ""
        self.fields["new_password1"].help_text = "至少 10 位，不要用太常见的。"
