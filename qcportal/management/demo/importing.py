"""The demo's import: a small workbook of the secretariat with three faults, checked,
nothing written. What the faults are stands in the sheet as a person would make them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from qcportal.imports import actions, template
from qcportal.management.demo.build import People
from qcportal.management.demo.registering import credit_code

FOUNDRY, PACKING = "上海临港砂型铸造有限公司", "上海金桥包装机械有限公司"
ROWS: dict[str, list[dict[str, Any]]] = {
    "units": [
        {"tier": "单位", "name": FOUNDRY, "credit_code": credit_code(9201), "recommender": "浦东新区质量协会",
         "industry": "制造业", "region": "浦东新区", "address": "上海市浦东新区临港大道2号", "postcode": "201306"},
        {"tier": "单位", "name": PACKING, "credit_code": credit_code(9202), "recommender": "浦东新区质协",
         "industry": "制造业", "region": "浦东新区"},
    ],
    "groups": [
        {"unit": FOUNDRY, "name": "砂型QC小组", "department": "铸造车间"},
        {"unit": FOUNDRY, "name": "熔炼QC小组", "department": "熔炼车间"},
    ],
    "people": [
        {"name": "钱立夏", "username": "qian-lixia", "email": "qian.lixia@example.com"},
        {"name": "孙冬至", "mobile": "1390000111"},
        {"name": "温如玉", "email": "wen.ruyu@example.com"},
    ],
    "seats": [
        {"person": "qian-lixia", "unit": FOUNDRY, "duty": "管理员"},
        {"person": "wen.ruyu@example.com", "unit": FOUNDRY, "group": "砂型QC小组", "duty": "经办人"},
        {"person": "wen.ruyu@example.com", "unit": FOUNDRY, "group": "熔炼QC小组", "duty": "审核人"},
    ],
}  # fmt: skip


def fill(people: People, now: datetime) -> None:
    """Call when the register is filled: the units hang under its bodies."""
    numbered = {code: list(enumerate(rows, start=2)) for code, rows in ROWS.items()}
    book = SimpleUploadedFile("浦东新区新报单位.xlsx", template.marked(numbered, {}))
    made = actions.begin(book, by=people.officers[0], at=now - timedelta(hours=2))
    actions.check(made.pk, at=now - timedelta(hours=2))
