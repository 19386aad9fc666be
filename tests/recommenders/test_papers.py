"""What the sheets of the recommended list say, as facts, as workbooks and as PDFs."""

import io

import pypdfium2
import pytest
from openpyxl import load_workbook

from qcportal.documents import excel, pdf
from recommenders import actions, papers, rules
from recommenders.models import Paper

pytestmark = pytest.mark.django_db


@pytest.fixture
def dossier(campaign, cast):
    return actions.dossier_of(campaign, cast.recommender.organisation)


@pytest.fixture
def listed(walk):
    """One recommended result, as the papers list it."""
    found = walk.recommended()
    return {
        "rank": 1,
        "code": found.code,
        "unit_name": "上海申浦轨道车辆维修有限公司",
        "group_name": "启明星QC小组",
        "title": "降低列车客室车门故障率",
        "topic_type": "问题解决型",
        "own_score": "90.00",
        "score": "86.50",
        "contact": "顾晓岚",
        "mobile": "13800006207",
    }


def paper_of(dossier, walk, rows, kind=Paper.Kind.TABLE):
    return Paper(
        dossier=dossier, kind=kind, facts=rows, check_code="ABCD-2345", made_at=walk.at
    )


def pages_of(content):
    opened = pypdfium2.PdfDocument(content)
    return [page.get_textpage().get_text_range() for page in opened]


def opened(sheet):
    book = load_workbook(io.BytesIO(excel.workbook(sheet)))
    return book.active


def merged(tab):
    return {str(found) for found in tab.merged_cells.ranges}


def test_rows_are_what_was_filed_and_scored(dossier, listed):
    assert papers.current_rows(dossier) == [listed]


def test_rows_follow_the_rank(walk, cast, dossier, listed):
    second = walk.recommended(
        cast.second_group, title="第二项", topic_type="innovation"
    )
    actions.rank(
        dossier.pk, [second.code, listed["code"]], by=cast.recommender, at=walk.at
    )
    found = [(r["rank"], r["title"]) for r in papers.current_rows(dossier)]
    assert found == [(1, "第二项"), (2, "降低列车客室车门故障率")]


def test_list_hash_sees_every_cell(listed):
    whole = rules.list_hash([listed])
    for name in listed:
        assert rules.list_hash([{**listed, name: "x"}]) != whole, name
    assert rules.list_hash([dict(reversed(listed.items()))]) == whole


def test_table_facts(walk, dossier, listed):
    facts = papers.recommendation_table(paper_of(dossier, walk, [listed]))
    assert facts["title"] == "2020年上海市质量管理小组成果推荐表"
    assert facts["recommender"] == "浦东新区质量协会"
    assert facts["opinion"].endswith("未向企业和小组收取任何费用。")
    assert facts["rows"] == [listed]
    assert (facts["code"], facts["revision"], facts["check_code"]) == (
        "shanghai-2020-PD",
        "推荐表",
        "ABCD-2345",
    )


@pytest.mark.parametrize(
    ("template", "make"),
    [
        (papers.TABLE_TEMPLATE, papers.recommendation_table),
        (papers.SUMMARY_TEMPLATE, papers.summary_table),
    ],
)
def test_long_list_repeats_its_head_and_its_foot(walk, dossier, listed, template, make):
    rows = [
        {**listed, "rank": n, "title": f"降低第{n}号线车门夹层异物故障次数"}
        for n in range(1, 61)
    ]
    content = pdf.render(template, make(paper_of(dossier, walk, rows)))
    pages = pages_of(content)
    assert len(pages) > 1
    for number, text in enumerate(pages, 1):
        assert "企业名称" in text, number
        assert "课题类型" in text.replace("\r\n", ""), number
        assert "核对码 ABCD-2345" in text, number
        assert f"第 {number} 页，共 {len(pages)} 页" in text, number
    whole = "".join(pages).replace("\r\n", "")
    assert [n for n in range(1, 61) if f"第{n}号线" not in whole] == []


def test_the_seal_place_stands_once_at_the_end(walk, dossier, listed):
    rows = [{**listed, "rank": n} for n in range(1, 61)]
    content = pdf.render(
        papers.TABLE_TEMPLATE,
        papers.recommendation_table(paper_of(dossier, walk, rows)),
    )
    pages = pages_of(content)
    holding = [n for n, text in enumerate(pages, 1) if "（推荐单位盖章）" in text]
    assert holding == [len(pages)]
    assert "未向企业和小组收取任何费用" in pages[-1]
    with_place = pypdfium2.PdfDocument(content)[len(pages) - 1]
    assert with_place.get_width() > with_place.get_height()


def test_summary_workbook(walk, dossier, listed):
    tab = opened(papers.summary_sheet(paper_of(dossier, walk, [listed])))
    cells = [[cell.value for cell in row] for row in tab.iter_rows()]
    assert cells[0][0] == "2020年上海市质量管理小组成果推荐汇总表"
    assert cells[1][0] == "推荐单位（盖章）：浦东新区质量协会"
    assert cells[5] == [
        1, listed["code"], "上海申浦轨道车辆维修有限公司", "启明星QC小组",
        "降低列车客室车门故障率", "问题解决型", 90, 86.5, 1, "顾晓岚", "13800006207", None,
    ]  # fmt: skip
    assert {"C4:F4", "G4:H4", "J4:K4", "A4:A5", "L4:L5"} <= merged(tab)
    assert tab.print_title_rows == "$4:$5"
    assert tab.page_setup.orientation == "landscape"


def test_review_workbook(walk, dossier, listed):
    tab = opened(papers.review_sheet(paper_of(dossier, walk, [listed])))
    cells = [[cell.value for cell in row] for row in tab.iter_rows()]
    assert cells[0][0] == "2020年上海市质量管理小组成果评审汇总表"
    assert cells[4] == [
        1, "上海申浦轨道车辆维修有限公司", "启明星QC小组", "降低列车客室车门故障率",
        "问题解决型", 90, 86.5, 1, None,
    ]  # fmt: skip
    assert tab.print_title_rows == "$4:$4"


@pytest.mark.parametrize("make", [papers.summary_sheet, papers.review_sheet])
@pytest.mark.parametrize("typed", ["=1+1", "+86", "@SUM(A1)", "-2"])
def test_what_was_typed_never_becomes_a_formula(walk, dossier, listed, make, typed):
    row = {**listed, "title": typed, "group_name": typed, "contact": typed}
    tab = opened(make(paper_of(dossier, walk, [row])))
    kinds = {cell.data_type for line in tab.iter_rows() for cell in line}
    texts = {cell.value for line in tab.iter_rows() for cell in line}
    assert "f" not in kinds
    assert typed in texts


def test_rare_names_are_printed(walk, dossier, listed):
    row = {**listed, "contact": "吴䶮堃", "group_name": "玥喆买买提·阿不都QC小组"}
    content = pdf.render(
        papers.SUMMARY_TEMPLATE, papers.summary_table(paper_of(dossier, walk, [row]))
    )
    whole = "".join(pages_of(content)).replace("\r\n", "")
    for name in ("䶮", "堃", "玥喆买买提·阿不都"):
        assert name in whole
