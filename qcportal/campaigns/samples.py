"""Made-up forms and contents: the barest form, and a form as if somebody filled it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qcportal.campaigns.fields import FieldDefinition, FormDefinition, row_asks

WORDS = "这里是填写的样例文字，正式填报时由班组填写。"
PLAIN = {
    "number": "12", "decimal": "0.31", "year": "2020", "date": "2020-03-01",
    "mobile": "13800000000", "phone": "021-00000000", "email": "name@example.cn",
    "postcode": "200000", "recommender": "",
}  # fmt: skip


def starter(category: str, *, needs_recommender: bool = True) -> dict[str, Any]:
    """The barest form that can be filed and honoured."""
    body = {"code": "recommender", "label": "推荐单位", "kind": "recommender",
            "means": "recommender"}  # fmt: skip
    means = {"means": "unit_name", "on_certificate": True}
    return {
        "title": f"{{year}}年{category}申报表",
        "sections": [
            {
                "code": "basic",
                "title": "基本信息",
                "fields": [
                    {"code": "unit_name", "label": "企业名称", "limit": 40, **means},
                    {"code": "group_name", "label": "小组名称", "limit": 40,
                     "means": "group_name", "on_certificate": True},
                    {"code": "title", "label": "课题名称", "limit": 35,
                     "means": "title", "on_certificate": True},
                    *([body] if needs_recommender else []),
                ],
            }
        ],
        "papers": [],
        "notes": [],
    }  # fmt: skip


def sample(form: FormDefinition, choice: int = 0) -> dict[str, Any]:
    """A content that breaks nothing, every field filled that its conditions ask for.
    ``choice`` picks which of the choices is taken (counted round)."""
    found: dict[str, Any] = {}
    for code, item in form.by_code.items():
        if item.kind == "rows":
            rows = max(item.at_least, 1)
            found[code] = [_row(item, n, choice) for n in range(1, rows + 1)]
        else:
            found[code] = _text(item, choice)
    return form.in_force(found)


def _row(item: FieldDefinition, number: int, choice: int) -> Mapping[str, str]:
    row: dict[str, str] = {}
    for column in item.columns:
        asked = row_asks(item, column, row)
        row[column.code] = _text(column, choice, str(number)) if asked else ""
    return row


def _text(item: FieldDefinition, choice: int, number: str = "") -> str:
    if item.choices:
        count = max(item.at_least, 1) if item.kind == "checks" else 1
        codes = [c.code for c in item.choices]
        first = choice % len(codes)
        return " ".join((codes[first:] + codes[:first])[:count])
    if item.kind in {"number", "decimal", "year"}:
        return _number(item)
    if item.kind in PLAIN:
        return PLAIN[item.kind]
    text = item.example or (WORDS if item.kind == "textarea" else f"{item.label}样例")
    return f"{text}{number}"[: item.limit or None]


def _number(item: FieldDefinition) -> str:
    """The example or a usual figure, if it lies within the bounds; else a bound."""
    least, most = item.least, item.most
    for text in (item.example, PLAIN[item.kind]):
        try:
            figure = float(text)
        except ValueError:
            continue
        if (least is None or figure >= least) and (most is None or figure <= most):
            return text
    bound = least if least is not None else most
    return f"{bound:f}" if bound is not None else PLAIN[item.kind]
