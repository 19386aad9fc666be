"""Who has how many places, as Excel. Up here because tables are written by documents."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from qcportal.campaigns.models import Campaign
from qcportal.campaigns.quota_shows import BodyLine
from qcportal.campaigns.rules import moment
from qcportal.documents.excel import Column, Sheet


def places_sheet(campaign: Campaign, rows: Iterable[BodyLine], at: datetime) -> Sheet:
    """One line per body and rule; a body without a limit has one line."""
    columns = [
        Column("推荐单位类别", 18), Column("推荐单位", 32), Column("地区", 12),
        Column("名额项目", 18), Column("名额", 8, "number"), Column("候补", 8, "number"),
        Column("提醒线", 8, "number"), Column("单独调整", 30),
        Column("已推荐", 8, "number"), Column("还剩", 8, "number"),
        Column("超出", 8, "number"), Column("合计名额", 10, "number"),
        Column("每家单位最多", 30), Column("会籍和资格", 24),
    ]  # fmt: skip
    found = [cells for row in rows for cells in _sheet_rows(row)]
    return Sheet(
        f"{campaign.name} 名额", columns, found,
        subtitle=[f"按 {moment(at)} 的名额规定和会籍"], landscape=True,
    )  # fmt: skip


def _sheet_rows(row: BodyLine) -> Iterable[list[Any]]:
    whose = [row.kind, row.body.name, row.body.region]
    rest = [
        "不限" if row.total is None else row.total, "、".join(row.units),
        row.standing[1] if row.standing else "",
    ]  # fmt: skip
    if not row.lines:
        yield [*whose, "推荐名额", "不限", None, None, "", row.used, None, None, *rest]
    for line in row.lines:
        grants = "；".join(f"{g.extra:+d} {g.reason}" for g in line.grants)
        yield [
            *whose, line.label, line.places, line.reserve or None, line.soft, grants,
            line.used, line.left, line.over or None, *rest,
        ]  # fmt: skip
