"""Depositing a seal picture: the file and the keeper's undertaking."""

from typing import Any

from django import forms

from qcportal.documents import uploads
from qcportal.refusals import Refused
from qcportal.ui.forms import PortalForm

EXTENSIONS = ["png", "jpg"]
MAX_BYTES = 5 * uploads.MIB


class PictureForm(PortalForm):
    """PNG or JPG up to 5 MB, with the undertaking ticked."""

    picture = forms.FileField(
        label="印章图样",
        help_text="PNG（背景透明最好）或 JPG，不超过 5 MB，四边裁到印章边缘。",
        widget=forms.FileInput(
            attrs={
                "accept": ".png,.jpg,.jpeg",
                "data-file-check": "",
                "data-types": "png jpg jpeg",
                "data-most": MAX_BYTES,
            }
        ),
        error_messages={
            "required": "请先选择印章图样。",
            "empty": "选的文件是空的，请换一份。",
        },
    )
    undertaken = forms.BooleanField(
        label="我看过了，并作以上承诺",
        error_messages={"required": "请先看过承诺并勾选。"},
    )

    def clean_picture(self) -> Any:
        upload = self.cleaned_data["picture"]
        try:
            self.inspected = uploads.inspect(upload, EXTENSIONS, MAX_BYTES)
        except Refused as refused:
            raise forms.ValidationError([r.message for r in refused.refusals]) from None
        return upload
