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


def say_plainly(form: forms.Form) -> None:
    """The commonest mistakes in the portal's own words."""
    for field in form.fields.values():
        if isinstance(field, MomentField | ReasonField | forms.DateField):
            continue  # say it themselves
        field.error_messages["required"] = f"请填{field.label}。"
        field.error_messages["invalid_choice"] = f"请重新选择{field.label}。"
        if isinstance(field, forms.IntegerField):
            field.error_messages["invalid"] = f"{field.label}要填整数。"


class ConfirmedForm(PortalForm):
    """A tick that is asked for only once the consequence was shown."""

    confirmed = forms.BooleanField(label="我看过上面的提醒，就这样改", required=False)


class WindowForm(ConfirmedForm):
    """One stage: when it opens, when it closes, why it is changed."""

    opens_at = MomentField(label="开放")
    closes_at = MomentField(label="关闭")
    advised_at = MomentField(
        label="建议办完时间",
        required=False,
        help_text="给后面的环节留时间，过了仍可办；可以空着",
    )
    reason = ReasonField()
    seen = forms.DateTimeField(required=False, widget=forms.HiddenInput)
    field_order = ("opens_at", "closes_at", "advised_at", "reason", "confirmed")

    def __init__(self, *args: Any, window: Window, **kwargs: Any) -> None:
        """``window`` may be one that is only being planned (not saved yet)."""
        initial: dict[str, Any] = {}
        for name in ("opens_at", "closes_at", "advised_at"):
            value = getattr(window, name)
            initial[name] = timezone.localtime(value) if value else None
        if window.pk:
            local = timezone.localtime(window.closes_at)
            initial["seen"] = f"{local:%Y-%m-%d %H:%M}"
        place = f"{window.stage}_{window.category_id or 'all'}"
        super().__init__(*args, initial=initial, auto_id=f"id_{place}_%s", **kwargs)
        if window.campaign.published_at is None:
            self.fields["reason"].required = False
            self.fields["reason"].widget = forms.HiddenInput()


class ExtendForm(ConfirmedForm):
    """All online stages at once: one new closing."""

    closes_at = MomentField(label="都改到这个时间关闭")
    reason = ReasonField()
    field_order = ("closes_at", "reason", "confirmed")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="id_all_%s", **kwargs)
