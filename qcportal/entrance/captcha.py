"""The picture to be read after several wrong tries; made here, no outside service."""

from __future__ import annotations

from typing import Any

from captcha.fields import CaptchaField, CaptchaTextInput
from captcha.models import CaptchaStore
from django.urls import reverse


class Picture(CaptchaTextInput):
    """The package's widget, at our address and drawn by our template."""

    template_name = "entrance/captcha.html"
    use_fieldset = False  # one box, so one label

    def fetch_captcha_store(
        self, name: str, value: Any, attrs: Any = None, generator: Any = None
    ) -> None:
        self._key = CaptchaStore.generate_key(generator)
        self._value = [self._key, ""]
        self.id_ = self.build_attrs(attrs).get("id")

    def image_url(self) -> str:
        return reverse("accounts:captcha", args=[self._key])


class PictureField(CaptchaField):
    def __init__(self) -> None:
        said = "图里的字没有对上，请照新的图再输一遍。"
        super().__init__(
            label="图里的字母",
            widget=Picture(),
            error_messages={"invalid": said, "required": "请输入图里的字母。"},
        )
