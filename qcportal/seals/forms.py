"""Depositing a seal picture: the photo, the size, the keeper's undertaking."""

from typing import Any

from django import forms

from qcportal.documents import uploads
from qcportal.refusals import Refused
from qcportal.seals import imprinting
from qcportal.ui.forms import PortalForm

EXTENSIONS = ["png", "jpg"]
MAX_BYTES = 15 * uploads.MIB


class PictureForm(PortalForm):
    """A photo or scan of the imprint on white paper, PNG or JPG up to 15 MB, and how
    large the seal is on paper."""

    picture = forms.FileField(
        label="盖在白纸上的印迹",
        help_text="把章盖在白纸上，拍照或扫描。PNG 或 JPG，不超过 15 MB；背景会自动去掉。",
        widget=forms.FileInput(
            attrs={
                "accept": ".png,.jpg,.jpeg",
                "data-file-check": "",
                "data-types": "png jpg jpeg",
                "data-most": MAX_BYTES,
            }
        ),
        error_messages={
            "required": "请先选择印迹的照片或扫描件。",
            "empty": "选的文件是空的，请换一份。",
        },
    )
    width_mm = forms.DecimalField(
        label="直径（毫米）", min_value=20, max_value=60, decimal_places=1,
        initial=40, help_text="用尺量外圈。常见 38 到 45 毫米；椭圆或方章填宽度。",
        error_messages={
            "required": "请量一量章的直径，填毫米数。",
            "invalid": "请填毫米数，例如 42。",
            "min_value": "请核对：章的直径在 20 到 60 毫米之间。",
            "max_value": "请核对：章的直径在 20 到 60 毫米之间。",
            "max_decimal_places": "最多填一位小数，例如 40.5。",
        },
    )  # fmt: skip
    height_mm = forms.DecimalField(
        label="高度（毫米）", min_value=10, max_value=60, decimal_places=1, required=False,
        help_text="圆章不用填；椭圆或方章填高度。",
        error_messages={
            "invalid": "请填毫米数，例如 30。",
            "min_value": "请核对：高度在 10 到 60 毫米之间。",
            "max_value": "请核对：高度在 10 到 60 毫米之间。",
            "max_decimal_places": "最多填一位小数，例如 30.5。",
        },
    )  # fmt: skip

    def clean_picture(self) -> Any:
        upload = self.cleaned_data["picture"]
        try:
            self.inspected = uploads.inspect(upload, EXTENSIONS, MAX_BYTES)
        except Refused as refused:
            raise forms.ValidationError([r.message for r in refused.refusals]) from None
        return upload

    def clean(self) -> dict[str, Any]:
        """Lifts the imprint: ``self.imprint``."""
        if self.errors:
            return self.cleaned_data
        try:
            self.imprint = imprinting.lift(self.cleaned_data["picture"])
            imprinting.check_shape(
                self.imprint,
                self.cleaned_data["width_mm"],
                self.cleaned_data["height_mm"],
            )
        except Refused as refused:
            for refusal in refused.refusals:
                self.add_error(refusal.field, refusal.message)
        return self.cleaned_data


class UndertakingForm(PortalForm):
    """The keeper's word for the picture that was cut."""

    undertaken = forms.BooleanField(
        label="我看过了，并作以上承诺",
        error_messages={"required": "请先看过承诺并勾选。"},
    )
