"""注册登记表 and 课题登记表: frozen with the confirmation, for the group and its unit."""

from __future__ import annotations

import pytest
from django.urls import reverse

from qcportal.documents import pdf
from submissions import papers, year_actions
from submissions.yearbook import YearPaper
from tests import printed
from tests.factories import make
from tests.submissions import yearly

pytestmark = pytest.mark.django_db


@pytest.fixture
def year(cast, noon):
    return yearly.confirmed_year(cast.group, cast.unit, noon)


@pytest.fixture
def topic(year, cast, noon):
    return yearly.confirmed_topic(year, cast.group, cast.unit, noon)


def said(paper):
    """Label → what stands beside it, of the papers' plain cells."""
    return {
        cell["label"]: cell["text"]
        for row in paper.facts["rows"]
        for cell in row
        if cell["kind"] == "text"
    }


def test_the_unit_s_confirmation_orders_the_registration_form(year, cast):
    paper = year.papers.get()
    assert (paper.times, paper.document.status) == (1, "WAITING")
    make(paper.document)
    assert (paper.document.status, paper.document.pages) == ("READY", 1)
    assert paper.document.title == f"{year.number}_启明星QC小组_质量管理小组注册登记表.pdf"  # fmt: skip
    assert said(paper) == {
        "小组名称": "启明星QC小组", "注册号": year.number,
        "所属单位": "上海申浦轨道车辆维修有限公司",
        "班组（部门）": year.group.department, "组长": "顾晓岚", "小组人数": "3",
        "注册日期": said(paper)["注册日期"], "课题顾问、推进者": "",
    }  # fmt: skip
    members = paper.facts["rows"][-2][0]
    assert members["columns"] == ["姓名", "性别", "出生年", "文化程度", "岗位或职务",
                                  "组内分工", "参加日期", "培训学时"]  # fmt: skip
    assert [row[0] for row in members["rows"]] == [
        m.name for m in year.standing_members
    ]
    opinion = paper.facts["rows"][-1][0]["paragraphs"][0]
    assert opinion.startswith(
        f"同意登记。{year.unit.name}经办人{cast.unit.user.name}于"
    )


def test_the_topic_form_prints_the_plan_of_its_own_procedure(topic):
    paper = topic.papers.get()
    page = "".join(printed.text_of(pdf.render(papers.FORM_TEMPLATE, paper.facts)))
    for words in (
        "质量管理小组课题登记表", topic.title, topic.number, "0.82", "0.40",
        "故障率（次/万车公里）", "车门故障影响正点。", "单位盖章", "活动计划",
        *(step.label for step in topic.procedure.steps),
    ):  # fmt: skip
        assert "".join(words.split()) in page
    kinds = next(
        c for row in paper.facts["rows"] for c in row if c["label"] == "课题类型"
    )
    assert [c["label"] for c in kinds["choices"] if c["chosen"]] == [
        "问题解决型，自定目标"
    ]


def test_a_change_confirmed_again_leaves_the_first_paper_as_it_was(year, cast, noon):
    first = year.papers.get()
    before = first.facts
    year_actions.reopen_year(year.pk, comment="换组长", by=cast.group, at=noon)
    row = type(year).objects.get(pk=year.pk)
    changed = yearly.content(noon, adviser="钱工")
    year_actions.save_year(row.pk, changed, version=row.version, by=cast.group, at=noon)
    year_actions.send_year(row.pk, by=cast.group, at=noon)
    year_actions.confirm_year(row.pk, by=cast.unit, at=noon)
    year_actions.confirm_year(row.pk, by=cast.unit, at=noon)  # the second click
    second, kept = row.papers.all()
    assert (kept.pk, kept.facts, kept.times) == (first.pk, before, 1)
    assert (second.times, said(second)["课题顾问、推进者"]) == (2, "钱工")
    assert second.facts["revision"] == "第 2 次确认"


def test_group_and_unit_read_it_and_their_neighbours_do_not(
    year, topic, cast, client_of
):
    for paper in YearPaper.objects.select_related("document"):
        make(paper.document)
        urls = [
            reverse(f"submissions:{name}", args=[paper.key])
            for name in ("year_paper", "year_paper_status")
        ]
        for actor in (cast.group, cast.unit):
            assert [client_of(actor).get(url).status_code for url in urls] == [200, 200]
        for actor in (cast.other_group, cast.other_unit, cast.second_group):
            assert [client_of(actor).get(url).status_code for url in urls] == [404, 404]
    page = client_of(cast.unit).get(reverse("submissions:unit_year", args=[year.key]))
    assert year.papers.get().document.title in page.content.decode()


def test_a_paper_that_did_not_come_out_is_made_again(year, cast, client_of):
    paper = year.papers.get()
    type(paper.document).objects.filter(pk=paper.document_id).update(status="FAILED")
    client = client_of(cast.unit)
    url = reverse("submissions:year_paper_retry", args=[paper.key])
    assert client_of(cast.other_unit).post(url).status_code == 404
    assert client.get(url).status_code == 405
    assert client.post(url).status_code == 302
    paper.document.refresh_from_db()
    assert paper.document.status == "WAITING"
