"""Forms of the campaign's settings: they parse and clean, the rules decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from qcportal.campaigns.models import Window
from qcportal.ui.forms import PortalForm

LOCAL = "%Y-%m-%dT%H:%M"


class MomentField(forms.DateTimeField):
    """A moment to the minute in the portal's zone, by the browser's own control."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL)

    def __init__(self, **kwargs: Any) -> None:
        wrong = "请填日期和时间，例如 2020-07-12 22:00"
        formats = [LOCAL, "%Y-%m-%d %H:%M"]
        messages = {"invalid": wrong, "required": wrong}
        super().__init__(input_formats=formats, error_messages=messages, **kwargs)


class ReasonField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        messages = {
            "required": "请写明原因，会记入操作日志",
            "max_length": "原因请写在 200 字以内",
        }
        super().__init__(
            label="原因", max_length=200, error_messages=messages, **kwargs
        )


class ConfirmedForm(PortalForm):
    """A tick that is asked for only once the consequence was shown."""

    confirmed = forms.BooleanField(label="我看过上面的提醒，就这样改", required=False)


class WindowForm(ConfirmedForm):
    """One stage: when it opens, when it closes, why it is changed."""

    opens_at = MomentField(label="开放")
    closes_at = MomentField(label="关闭")
    reason = ReasonField()
    field_order = ("opens_at", "closes_at", "reason", "confirmed")

    def __init__(self, *args: Any, window: Window, **kwargs: Any) -> None:
        initial = {
            "opens_at": timezone.localtime(window.opens_at),
            "closes_at": timezone.localtime(window.closes_at),
        }
        super().__init__(
            *args, initial=initial, auto_id=f"id_{window.stage}_%s", **kwargs
        )


class ExtendForm(ConfirmedForm):
    """All online stages at once: one new closing."""

    closes_at = MomentField(label="都改到这个时间关闭")
    reason = ReasonField()
    field_order = ("closes_at", "reason", "confirmed")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="id_all_%s", **kwargs)
