"""The dry run: what it shows, what it refuses, what it never tells."""

from __future__ import annotations

import pytest

from qcportal.accounts.models import Organisation, User
from qcportal.accounts.roles import Duty
from qcportal.imports import actions
from qcportal.imports.models import Import, Line
from qcportal.imports.reading import read
from tests import factories
from tests.qcportal.imports.books import FULL, book, code


def told(plan) -> list[tuple[str, str]]:
    """``单位!C2`` or ``单位 第 2 行`` with the kind and sentence."""
    return [
        (Line(table=t.place.table, row=t.place.row, letter=t.place.letter).place, f"{t.kind}: {t.sentence}")
        for t in plan.told
    ]  # fmt: skip


def faults(plan) -> list[tuple[str, str]]:
    return [(w, s.removeprefix("fault: ")) for w, s in told(plan) if s.startswith("fault")]


def plan_for(actor, **rows):
    return actions.plan_of(read(book(**rows)), actor)


def test_everything_new_in_one_file(cast):
    assert told(plan_for(cast.association, **FULL)) == [
        ("单位 第 2 行", "add: 登记单位，推荐单位：浦东新区质量协会"),
        ("小组 第 2 行", "add: 登记小组，所在单位：上海临港铸造有限公司"),
        ("人员 第 2 行", "join: 将按手机号 139****1111加入；已有账号的用原账号"),
        ("人员 第 3 行", "join: 将按邮箱加入；已有账号的用原账号"),
        ("职务 第 2 行", "add: 在上海临港铸造有限公司任管理员"),
        ("职务 第 3 行", "add: 在上海临港铸造有限公司 砂型QC小组任经办人"),
    ]
