"""Workbooks open with their look, and typed text stays text in the file itself."""

import io
import re
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from openpyxl import Workbook, load_workbook

from qcportal.documents import excel
from qcportal.documents.excel import Column, Sheet
from qcportal.refusals import Refused
from tests.qcportal.documents import specimens

TRICKS = [
    "=1+1",
    '=HYPERLINK("http://x","y")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    "#REF!",
    "#N/A",
    "#DIV/0!",
    "'=1",
    "{=1}",
    "1e5",
    "007",
    "TRUE",
    "2026-07-01",
    "<b>&amp;</b>",
]
SUMMARY = Sheet(
    title="质量管理小组成果推荐汇总表",
    subtitle=["推荐单位：某某质量协会", "年度：2026"],
    columns=[
        Column("序号", 6, "number"),
        Column("小组名称", 20),
        Column("姓名", 10, group="联系人"),
        Column("电话", 14, group="联系人"),
        Column("申报日期", 12, "date"),
    ],
    rows=[
        [1, "匠心磨削", "周某某", "021-0000 0000", date(2026, 7, 1)],
        [2, "启明", None, "", datetime(2026, 7, 1, 3, 30, tzinfo=UTC)],
    ],
    footer=["填表人：　　　　联系电话："],
    landscape=True,
    paper="A3",
)


def opened(content):
    return load_workbook(io.BytesIO(content)).worksheets[0]


def part(content, name="xl/worksheets/sheet1.xml"):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name).decode("utf-8")


def test_the_summary_reads_as_designed():
    tab = opened(excel.workbook(SUMMARY))
    day = datetime(2026, 7, 1)  # noqa: DTZ001 - cells hold local time
    assert [[cell.value for cell in row] for row in tab.iter_rows()] == [
        ["质量管理小组成果推荐汇总表", None, None, None, None],
        ["推荐单位：某某质量协会", None, None, None, None],
        ["年度：2026", None, None, None, None],
        ["序号", "小组名称", "联系人", None, "申报日期"],
        [None, None, "姓名", "电话", None],
        [1, "匠心磨削", "周某某", "021-0000 0000", day],
        [2, "启明", None, None, day.replace(hour=11, minute=30)],
        ["填表人：　　　　联系电话：", None, None, None, None],
    ]
    assert sorted(str(one) for one in tab.merged_cells.ranges) == [
        "A1:E1",
        "A2:E2",
        "A3:E3",
        "A4:A5",
        "A8:E8",
        "B4:B5",
        "C4:D4",
        "E4:E5",
    ]


def test_the_summary_prints_as_designed():
    tab = opened(excel.workbook(SUMMARY))
    assert (
        tab.freeze_panes,
        tab.print_title_rows,
        tab.print_area,
        tab.page_setup.orientation,
        tab.page_setup.paperSize,
        tab.page_setup.fitToWidth,
        tab.page_setup.fitToHeight,
        tab.sheet_properties.pageSetUpPr.fitToPage,
        tab.oddFooter.center.text,
        [tab.column_dimensions[letter].width for letter in "ABCDE"],
    ) == (
        "A6",
        "$4:$5",
        "'质量管理小组成果推荐汇总表'!$A$1:$E$8",
        "landscape",
        8,
        1,
        0,
        True,
        "第 &P 页，共 &N 页",
        [6, 20, 10, 14, 12],
    )


def test_every_cell_of_the_table_has_its_lines():
    tab = opened(excel.workbook(SUMMARY))
    sides = {
        (cell.border.left.style, cell.border.bottom.style)
        for row in tab["A6:E7"]
        for cell in row
    }
    assert sides == {("thin", "thin")}
    assert [tab[one].alignment.wrap_text for one in ("A4", "B6", "A8")] == [True] * 3


@pytest.mark.parametrize("kind", ["text", "number", "date"])
def test_typed_formulas_stay_text(kind):
    sheet = Sheet("=1+1", [Column("=2", 9, kind)], [[text] for text in TRICKS])
    content = excel.workbook(sheet)
    raw = part(content)
    assert re.findall(r"<f\b|t=\"e\"|t=\"b\"", raw) == []
    assert set(re.findall(r'<c r="\w+" s="\d+" t="(\w+)"', raw)) == {"inlineStr"}
    values = [row[0] for row in opened(content).iter_rows(min_row=3, values_only=True)]
    assert values == TRICKS


@pytest.mark.parametrize(
    ("value", "kind", "read"),
    [
        (3, "number", 3),
        (Decimal("87.50"), "number", 87.5),
        (3, "text", "3"),
        (float("nan"), "number", "nan"),
        (float("inf"), "number", "inf"),
        (True, "number", "是"),
        (False, "text", "否"),
        (None, "number", None),
        ("—", "number", "—"),
        ("a\x00b\x0bc\x1fd\ufffe", "text", "abcd"),
        ("\ud800x", "text", "x"),
        ("吴䶮😀", "text", "吴䶮😀"),
        (date(1899, 12, 31), "date", "1899-12-31"),
        ("字" * 40_000, "text", "字" * 32_766 + "…"),
    ],
)
def test_values_arrive_as_they_should(value, kind, read):
    content = excel.workbook(Sheet("表", [Column("列", 9, kind)], [[value]]))
    assert opened(content)["A3"].value == read


def test_the_maker_is_the_portal_not_a_person():
    book = load_workbook(io.BytesIO(excel.workbook(SUMMARY)))
    assert (
        book.properties.creator,
        book.properties.lastModifiedBy,
        book.properties.title,
    ) == (excel.SITE, excel.SITE, "质量管理小组成果推荐汇总表")


def test_tab_names_are_made_fit():
    titles = ["a/b[c]:d*?", "很长" * 30, "'quoted'"]
    sheets = [Sheet(title, [Column("列")], []) for title in titles]
    book = load_workbook(io.BytesIO(excel.workbook(*sheets)))
    assert book.sheetnames == ["a b c  d", ("很长" * 30)[:31], "quoted"]


def test_a_row_of_the_wrong_length_is_noticed():
    with pytest.raises(ValueError, match="zip"):
        excel.workbook(Sheet("表", [Column("一"), Column("二")], [["只有一个"]]))


def test_what_is_written_is_read_back():
    rows = list(excel.read_rows(io.BytesIO(excel.workbook(SUMMARY))))
    day = datetime(2026, 7, 1)  # noqa: DTZ001 - cells hold local time
    assert rows[5] == [1, "匠心磨削", "周某某", "021-0000 0000", day]
    assert len(rows) == 8


def test_blank_rows_and_ends_are_left_out():
    book = Workbook()
    for row in (["  a ", None, ""], [None, " "], [1, None, "b "]):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    assert list(excel.read_rows(out)) == [["a"], [1, None, "b"]]


def test_too_many_rows_are_refused():
    content = excel.workbook(Sheet("表", [Column("列")], [[n] for n in range(10)]))
    with pytest.raises(Refused) as refused:
        list(excel.read_rows(io.BytesIO(content), max_rows=11))
    assert refused.value.codes == ["rows_too_many"]
    assert len(list(excel.read_rows(io.BytesIO(content), max_rows=12))) == 12


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_broken"),
        (b"not a workbook", "file_broken"),
        (specimens.packed({"a.txt": b"x"}), "file_broken"),
        (specimens.office("docx"), "file_broken"),
        (
            specimens.office("xlsx", body="<!DOCTYPE a [<!ENTITY b 'c'>]>"),
            "file_broken",
        ),
        (specimens.packed({"z": b"\0" * (30 * 1024 * 1024)}), "zip_bomb"),
        (specimens.encrypted_zip(), "file_encrypted"),
    ],
)
def test_hostile_tables_are_refused(content, code):
    with pytest.raises(Refused) as refused:
        list(excel.read_rows(io.BytesIO(content)))
    assert refused.value.codes == [code]


def test_ten_thousand_rows_keep_the_look_of_ten():
    columns = [Column(f"列{n}", 10) for n in range(3)]
    many = Sheet("表", columns, ([n, "文", "字"] for n in range(10_000)))
    few = Sheet("表", columns, [[9_999, "文", "字"]])
    last_of_many = opened(excel.workbook(many))[10_002]
    last_of_few = opened(excel.workbook(few))[3]
    looks = [
        [(cell.value, cell.font.name, cell.border.left.style) for cell in row]
        for row in (last_of_many, last_of_few)
    ]
    assert looks[0] == looks[1]
