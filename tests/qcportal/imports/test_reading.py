"""Workbooks as people really send them."""

from __future__ import annotations

import io
from datetime import date

import pytest
from openpyxl import Workbook, load_workbook

from qcportal.imports import template
from qcportal.imports.columns import TABLES
from qcportal.imports.models import Line
from qcportal.imports.reading import read
from qcportal.refusals import Refused
from tests.qcportal.imports.books import book, code

PERSON = {"name": "钱思远", "mobile": "13900001111"}


def said(found) -> list[tuple[str, str]]:
    return [
        (Line(table=o.place.table, row=o.place.row, letter=o.place.letter).place, o.sentence)
        for o in found.said
    ]  # fmt: skip


def test_cells_are_cleaned_and_widths_do_not_matter():
    found = read(book(
        units=[{"tier": " 单位 ", "name": "　上海(临港)铸造  有限公司 \u200b", "credit_code": code(1).lower().replace("9131", "９１３１ ")}],
        people=[{"name": "钱思远", "mobile": 13900001111.0, "email": "ｑｉａｎ@example.com "}],
    ))  # fmt: skip
    assert said(found) == []
    assert found.rows["units"][0].cells == {
        "tier": "单位", "name": "上海(临港)铸造 有限公司", "credit_code": code(1),
    }  # fmt: skip
    assert found.rows["people"][0].cells == {
        "name": "钱思远", "mobile": "13900001111", "email": "qian@example.com",
    }  # fmt: skip


def test_numbers_that_lost_their_digits_are_told():
    found = read(book(
        units=[{"name": "上海新厂", "credit_code": 9.1310000123e17}, {"name": "上海二厂", "credit_code": "9.1E+17"}],
        people=[{"name": "钱思远", "mobile": "1.39E+10"}, {"name": date(2020, 1, 2), "mobile": "#N/A"}, {"name": True}],
    ))  # fmt: skip
    assert said(found) == [
        ("单位!C2", "“统一社会信用代码”被当成了数字，后面几位已经丢失，请把这一列设成文本再重新填。"),
        ("单位!C3", "这一格是 9.1E+17，代码被当成了数字，请把这一列设成文本再重新填。"),
        ("人员!C2", "这一格是 1.39E+10，请把这一列设成文本，再填 11 位手机号。"),
        ("人员!A3", "“姓名”变成了日期，请把这一格设成文本再填。"),
        ("人员!C3", "这一格是 #N/A，公式没有算出结果，请改成文字。"),
        ("人员!A4", "“姓名”填了是或否，请写文字。"),
    ]  # fmt: skip


def test_hidden_rows_merged_cells_and_unsolved_formulas_are_told():
    def spoil(made: Workbook) -> None:
        made["人员"].row_dimensions[2].hidden = True
        made["人员"].merge_cells("A3:A4")
        made["人员"]["C3"] = "=B3"

    found = read(book(spoil, people=[PERSON, PERSON, PERSON]))
    assert said(found) == [
        ("人员!A3", "A3:A4 是合并的单元格，请取消合并，每一行都填。"),
        ("人员 第 2 行", "这一行是隐藏的，请取消隐藏，或者删掉这一行。"),
        ("人员!C3", "这一格是公式，还没有算出结果，请复制后“选择性粘贴”成数值。"),
        ("人员!A4", "“姓名”没有填。"),
    ]


def test_columns_may_change_places_and_be_too_many_but_not_too_few():
    def turn(made: Workbook) -> None:
        tab = made["人员"]
        tab.delete_rows(1, 5)
        tab.append(["单位人员名单"])
        tab.append(["手机", "备注", " 姓　名* ", "姓名"])
        tab.append(["13900001111", "组长", "钱思远"])
        made["职务"].delete_cols(4)
        made["小组"]["B1"] = "组名"
        made.create_sheet("旧名单")

    found = read(book(turn, people=[PERSON], seats=[{"person": "13900001111"}]))
    assert found.rows["people"][0].cells == PERSON
    assert found.rows["people"][0].at("mobile").letter == "A"
    assert [(place, text) for place, text in said(found)] == [
        ("", "“旧名单”这张表不认识，没有读。"),
        ("小组 第 1 行", "第 1 行没有找到列名“小组全称”，请照模板写列名。"),
        ("人员!B2", "“备注”这一列不认识，没有读。"),
        ("人员!D2", "列名“姓名”出现了两次，请只留一列。"),
        ("职务 第 1 行", "缺少“职责”这一列，请照模板补上。"),
    ]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda b: [b.remove(b[t.title]) for t in TABLES[1:]] and setattr(b["单位"], "title", "名单"), "no_sheets"),
        (lambda b: None, "no_rows"),
        (lambda b: [b["人员"].append(["钱", "", "13900001111"]) for _ in range(5001)], "rows_too_many"),
    ],
)  # fmt: skip
def test_whole_files_that_cannot_be_read(change, word):
    with pytest.raises(Refused) as no:
        read(book(change))
    assert no.value.codes == [word]


def test_broken_bytes_are_refused():
    with pytest.raises(Refused) as no:
        read(io.BytesIO(b"PK\x03\x04 nothing"))
    assert no.value.codes == ["file_broken"]


def test_the_template_has_all_columns_and_reads_as_empty():
    made = load_workbook(io.BytesIO(template.template()))
    assert made.sheetnames == ["填写说明", "单位", "小组", "人员", "职务", "选项"]
    for table in TABLES:
        titles = [cell.value for cell in made[table.title][1]]
        assert titles == [one.title for one in table.columns]
    with pytest.raises(Refused) as no:
        read(io.BytesIO(template.template()))
    assert no.value.codes == ["no_rows"]


def test_every_example_of_the_table_is_sound():
    rows = {
        table.code: [{c.code: c.example for c in table.columns}] for table in TABLES
    }
    assert said(read(book(**rows))) == []


def test_the_marked_file_goes_in_again_and_holds_no_formula():
    rows = {"people": [(5, {"name": "=1+1", "mobile": "13900001111"})]}
    faults = {"people": {5: {"name": "人员!A5：请核对"}}}
    content = template.marked(rows, faults)
    tab = load_workbook(io.BytesIO(content))["人员"]
    assert [cell.value for cell in tab[2]] == [
        "=1+1", None, "13900001111", None, "人员!A5：请核对",
    ]  # fmt: skip
    assert tab["A2"].data_type == "s"
    assert tab["A2"].fill.fgColor.rgb == "FFFCE0DC"
    again = read(io.BytesIO(content))
    assert again.rows["people"][0].cells == {"name": "=1+1", "mobile": "13900001111"}
    assert again.said == []
