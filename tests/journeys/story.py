"""What is typed on the way, and how the papers that come out are read."""

from __future__ import annotations

import io
import re
from typing import Any

import openpyxl
import pypdfium2

TITLE = "降低列车客室车门故障率"
UNIT = "上海申浦轨道车辆维修有限公司"
GROUP = "启明星QC小组"
BODY = "浦东新区质量协会"
OPINION = "选题来自现场实际，数据真实，程序完整，同意推荐。"
REMARK = "现状调查分层清楚，建议补充要因确认的测量数据。"

FIELDS = {
    "title": TITLE,
    "topic_type": "problem",
    "industry": "transport",
    "period": "2019年3月至2020年5月",
    "mobile": "13800006207",
    "summary": "小组成立于2016年3月，现有成员3人。\n按PDCA程序开展活动，锁定两项要因，制定并实施对策。",
    "measure": "故障率（次/万车公里）",
    "before": "0.82",
    "target": "0.40",
    "after": "0.31",
}
MEMBERS = [
    {"name": "顾晓岚", "gender": "f", "post": "车门工班长", "part": "组长，全面负责"},
    {"name": "陈立群", "gender": "m", "post": "检修工程师", "part": "技术指导"},
    {"name": "吴䶮", "gender": "m", "post": "质量员", "part": "数据统计"},
]
OWN_MARKS = ["13.5", "27", "18", "18", "4.5", "9"]
BODY_MARKS = ["13", "26.5", "17.5", "18", "4.5", "8.5"]
JUDGE_MARKS = [
    ["13", "27", "18", "18", "4.5", "9"],
    ["13.5", "26", "17", "18.5", "4", "8.5"],
    ["14", "27.5", "18.5", "19", "5", "9.5"],
]
CRITERIA = ["topic", "causes", "measures", "effect", "report", "features"]
PAPERS = {  # what the button says → the end of the file's name
    "评审汇总表": "评审汇总表.xlsx",
    "推荐汇总表 Excel": "推荐汇总表.xlsx",
    "推荐汇总表 PDF": "推荐汇总表.pdf",
    "推荐表": "推荐表.pdf",
}
# 89.5, 87.5, 93.5: three sheets, none dropped (the Shanghai preset drops from five).
SCORE = "90.17"
FIGURES = {
    "companies": "214", "employees": "86,400", "registered_ever": "12800",
    "registered": "1286", "active": "1200", "members": "9800", "results": "430",
    "benefit": "5230.5", "trained": "640", "suggestions": "2100", "promoters": "88",
}  # fmt: skip


def member_fields() -> dict[str, str]:
    return {
        f"members-{number}-{name}": text
        for number, row in enumerate(MEMBERS)
        for name, text in row.items()
    }


def marks(values: list[str]) -> dict[str, str]:
    return {f"mark-{c}": v for c, v in zip(CRITERIA, values, strict=True)}


def pdf_pages(data: bytes) -> list[str]:
    """The text of each page, without blanks (a PDF keeps none that can be trusted)."""
    assert data.startswith(b"%PDF-"), data[:40]
    document = pypdfium2.PdfDocument(data)
    try:
        return [
            re.sub(r"\s", "", page.get_textpage().get_text_range()) for page in document
        ]
    finally:
        document.close()


def assert_printed(data: bytes, *texts: str, every_page: tuple[str, ...] = ()) -> None:
    """All ``texts`` stand somewhere in the PDF, ``every_page`` on each of its pages."""
    pages = pdf_pages(data)
    whole = "".join(pages)
    for text in texts:
        assert re.sub(r"\s", "", text) in whole, f"{text} not in {whole}"
    for number, page in enumerate(pages, 1):
        for text in every_page:
            assert text in page, f"page {number}: {text} not in {page}"


def sheet_facts(data: bytes) -> dict[str, Any]:
    """What one sees of the only sheet: cells, merged ranges, what repeats in print."""
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    return {
        "title": sheet["A1"].value,
        "merged": {str(r) for r in sheet.merged_cells.ranges},
        "rows": [list(row) for row in sheet.iter_rows(values_only=True)],
        "print_rows": sheet.print_title_rows,
        "landscape": sheet.page_setup.orientation == "landscape",
    }


def assert_summary_sheet(data: bytes) -> None:
    """The 推荐汇总表: title over all columns, a head of two lines that repeats."""
    facts = sheet_facts(data)
    head = next(i for i, row in enumerate(facts["rows"]) if row[0] == "序号")
    listed = facts["rows"][head + 2]
    assert facts["title"] == "2020年上海市质量管理小组成果推荐汇总表"
    assert any(r.startswith("A1:") for r in facts["merged"])
    assert [c for c in facts["rows"][head] if c] == [
        "序号", "受理编号", "成果", "得分", "推荐顺序", "联系方式", "备注",
    ]  # fmt: skip
    assert listed[:9] == [
        1, "2020-SQC-0001", UNIT, GROUP, TITLE, "问题解决型", 90, 88, 1,
    ]  # fmt: skip
    assert (facts["print_rows"], facts["landscape"]) == (
        f"${head + 1}:${head + 2}",
        True,
    )
