"""Forms of imports: they parse and clean, the actions decide."""

from __future__ import annotations

from typing import Any

from django import forms

from qcportal.imports.columns import TABLES
from qcportal.imports.models import Line
from qcportal.ui.forms import PortalForm


class UploadForm(PortalForm):
    file = forms.FileField(
        label="填好的表格",
        help_text="Excel（.xlsx），不超过 10 MB，四张表合起来最多 5000 行",
        error_messages={"required": "请选择填好的表格。"},
        widget=forms.FileInput(
            attrs={"accept": ".xlsx", "data-types": "xlsx", "data-most": "10485760"}
        ),
    )


class LineFilters(PortalForm):
    """Values that name nothing are left out, never an error page."""

    sheet = forms.ChoiceField(
        label="表", required=False,
        choices=[("", "全部表"), *((one.code, one.title) for one in TABLES)],
    )  # fmt: skip
    kind = forms.ChoiceField(
        label="类别", required=False,
        choices=[("", "全部类别"), *Line.Kind.choices, ("moved", "有变化")],
    )  # fmt: skip

    @property
    def filters(self) -> dict[str, Any]:
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
