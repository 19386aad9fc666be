"""Workbooks for the tests of imports: the template's titles, filled in."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from qcportal.accounts.names import check_character
from qcportal.imports.columns import TABLES


def code(number: int) -> str:
    """A sound credit code."""
    first = f"91310000MA1F{number:05d}"
    return first + check_character(first)


def book(
    change: Callable[[Workbook], None] | None = None, **rows: list[dict[str, Any]]
) -> SimpleUploadedFile:
    """``rows`` by sheet, each a dict column code → value; ``change`` comes last."""
    made = Workbook()
    made.remove(made.active)
    for table in TABLES:
        tab = made.create_sheet(table.title)
        tab.append([one.title for one in table.columns])
        for row in rows.get(table.code, []):
            tab.append([row.get(one.code) for one in table.columns])
    if change:
        change(made)
    out = io.BytesIO()
    made.save(out)
    return SimpleUploadedFile("名单.xlsx", out.getvalue())


FULL = {
    "units": [
        {"name": "上海临港铸造有限公司", "credit_code": code(1), "recommender": "浦东新区质量协会",
         "industry": "制造业", "region": "浦东新区"},
    ],
    "groups": [{"unit": "上海临港铸造有限公司", "name": "砂型QC小组", "department": "铸造车间"}],
    "people": [
        {"name": "钱思远", "username": "shenpu-qian", "mobile": "13900001111"},
        {"name": "孙立新", "email": "sun@example.com"},
    ],
    "seats": [
        {"person": "13900001111", "unit": code(1), "duty": "管理员"},
        {"person": "sun@example.com", "unit": "上海临港铸造有限公司", "group": "砂型QC小组", "duty": "经办人"},
    ],
}  # fmt: skip
