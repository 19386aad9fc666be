"""The printed 申报表: its facts, and what stands on the pages."""

from __future__ import annotations

import io

import pypdfium2
import pytest
from PIL import Image

from qcportal.documents import pdf
from submissions import papers

pytestmark = pytest.mark.django_db

NAMES = ["吴䶮", "王堃", "李玥", "陈喆", "买买提·阿不都"]
SENTENCE = "小组按程序开展活动，逐项确认要因并制定对策。"


def text_of(content: bytes) -> list[str]:
    """The words of each page, line ends removed."""
    document = pypdfium2.PdfDocument(content)
    pages = [page.get_textpage().get_text_bounded() for page in document]
    return ["".join(page.split()) for page in pages]


def printed(submission) -> bytes:
    return pdf.render(
        papers.FORM_TEMPLATE, papers.application_form(submission.revision)
    )


def test_the_facts_follow_the_layout_of_the_definition(walk):
    filed = walk.filed()
    facts = papers.application_form(filed.revision)
    assert facts["title"] == "2020年上海市质量管理小组成果申报表"
    assert [[cell["code"] for cell in row] for row in facts["rows"]] == [
        list(row) for row in filed.form.form.layout
    ]
    topic = next(c for row in facts["rows"] for c in row if c["code"] == "topic_type")
    assert topic["choices"] == [
        {"label": "问题解决型", "chosen": True},
        {"label": "创新型", "chosen": False},
    ]
    members = next(c for row in facts["rows"] for c in row if c["code"] == "members")
    assert members["columns"] == ["姓名", "性别", "岗位", "组内分工"]
    assert members["rows"][0] == ["顾晓岚", "女", "车门工班长", "组长，全面负责"]


def test_every_value_and_rare_name_is_printed(walk):
    rows = [
        {"name": name, "gender": "m", "post": "检修工", "part": "实施"}
        for name in NAMES
    ]
    filed = walk.filed(members=rows)
    page = text_of(printed(filed))[0]
    for words in (
        *NAMES, "上海申浦轨道车辆维修有限公司", "降低列车客室车门故障率", "交通运输",
        "13800006207", "0.31", "推荐单位：浦东新区质量协会", "序号姓名性别岗位组内分工",
    ):  # fmt: skip
        assert words in page
    assert "单位盖章" in "".join(text_of(printed(filed)))


def test_a_long_text_runs_over_pages_under_its_own_label(walk):
    text = "\n".join([SENTENCE * 6] * 12)[:1500]
    filed = walk.filed(summary=text)
    pages = text_of(printed(filed))
    label = "QC小组简介和主要活动过程及效果"
    running = [page for page in pages if SENTENCE[:8] in page]
    assert len(running) >= 2
    assert [label in page for page in running] == [True] * len(running)
    assert (
        sum(page.count("逐项确认要因") for page in pages)
        >= text.count("逐项确认要因") - 2
    )
    assert ["单位盖章" in page for page in pages].count(True) == 1


def test_every_foot_binds_the_page_to_the_revision(walk):
    filed = walk.filed(summary="\n".join([SENTENCE * 6] * 10)[:1500])
    revision = filed.revision
    pages = text_of(printed(filed))
    for number, page in enumerate(pages, 1):
        assert f"编号{filed.code}" in page
        assert "第1版" in page
        assert f"核对码{revision.check_code}" in page
        assert f"内容摘要{revision.content_hash[:16]}" in page
        assert "打印后如再修改，本页作废" in page
        assert f"第{number}页，共{len(pages)}页" in page


def test_the_pages_are_not_blank(walk):
    for picture in pdf.to_images(printed(walk.filed()), 40):
        shades = Image.open(io.BytesIO(picture)).convert("L").histogram()
        assert sum(shades[:128]) > 300


def test_a_draft_prints_without_code_or_hash(walk):
    facts = papers.draft_form(walk.draft())
    assert {"code", "check_code", "content_hash", "qr"} & facts.keys() == set()
    page = text_of(pdf.render(papers.FORM_TEMPLATE, facts))[0]
    assert "核对码" not in page


def test_a_blank_form_has_room_for_members(walk):
    form = walk.draft().form.form
    facts = papers.form_facts(form, {}, recommender="", year=2020)
    page = "".join(text_of(pdf.render(papers.FORM_TEMPLATE, facts)))
    assert "小组成员名单" in page
    assert "序号姓名性别岗位组内分工12345" in page
