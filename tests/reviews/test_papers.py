"""The certificate and the list as PDF: every word on it, on one page, in order."""

from __future__ import annotations

from types import SimpleNamespace

import pypdfium2
import pytest

from qcportal.documents import pdf
from reviews import papers

FACTS = {
    "number": "SQC2020-1-0092", "unit_name": "上海申浦轨道车辆维修有限公司",
    "group_name": "启明星QC小组", "title": "降低列车客室车门故障率", "level": "一等奖",
    "words": "你小组的成果《降低列车客室车门故障率》，在2020年上海市质量管理小组活动中被评为",
    "issuer": "上海市质量协会", "issued": "二〇二〇年十二月",
    "verify_code": "7F3K-92QD-AAAA-BBBB",
    "qr": pdf.qr_data_uri("https://example.cn/verify/7F3K-92QD-AAAA-BBBB/"),
}  # fmt: skip


def text_of(content: bytes) -> str:
    found = pypdfium2.PdfDocument(content)
    return "".join(page.get_textpage().get_text_bounded() for page in found)


def flat(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {
            "unit_name": "上海" + "长名称" * 12 + "有限公司",
            "group_name": "勇于" + "攀登" * 16 + "QC小组",
            "words": "你小组的成果《" + "降低故障率" * 8 + "》，在2020年上海市质量管理小组活动中被评为",
        },
        {"unit_name": "䶮堃玥喆（上海）有限公司", "group_name": "买买提·阿不都QC小组"},
    ],
)  # fmt: skip
def test_a_certificate_holds_all_its_words_on_one_page(changes):
    facts = {**FACTS, **changes}

    content = pdf.render(papers.CERTIFICATE_TEMPLATE, facts)

    assert pdf.page_count(content) == 1
    text = flat(text_of(content))
    for name in ("unit_name", "group_name", "words", "level", "issuer", "issued", "number", "verify_code"):  # fmt: skip
        assert flat(facts[name]) in text, name


def bottom_of(content: bytes, words: str) -> float:
    page = pypdfium2.PdfDocument(content)[0]
    found = page.get_textpage().search(words).get_next()
    assert found, words
    return page.get_textpage().get_charbox(found[0])[1]


def test_long_names_do_not_run_into_the_foot():
    facts = {
        **FACTS,
        "unit_name": "上海" + "长" * 34 + "有限公司",
        "group_name": "攀" * 34 + "QC小组",
        "words": "你小组的成果《"
        + "题" * 40
        + "》，在2020年上海市质量管理小组活动中被评为",
    }

    content = pdf.render(papers.CERTIFICATE_TEMPLATE, facts)

    assert bottom_of(content, "一等奖") > bottom_of(content, "上海市质量协会") + 20


def test_the_list_repeats_its_head_and_keeps_its_order():
    entries = [
        SimpleNamespace(order=i, title=f"降低第{i}号故障率", group_name="启明星QC小组", unit_name="上海申浦轨道车辆维修有限公司")
        for i in range(1, 91)
    ]  # fmt: skip
    facts = {
        "title": "2020年上海市质量管理小组活动优秀成果", "issuer": "上海市质量协会",
        "groups": [{"level": "一等奖", "entries": entries[:60]}, {"level": "二等奖", "entries": entries[60:]}],
        "date": "2020年12月18日", "note": "同一奖项内排名不分先后。",
    }  # fmt: skip

    content = pdf.render(papers.LIST_TEMPLATE, facts)

    document = pypdfium2.PdfDocument(content)
    pages = [page.get_textpage().get_text_bounded() for page in document]
    assert len(pages) >= 3
    assert all("课题名称" in page for page in pages)
    text = flat("".join(pages))
    places = [text.index(f"降低第{i}号故障率") for i in range(1, 91)]
    assert places == sorted(places)
    assert "一等奖（60项）" in text
    assert "二等奖（30项）" in text


@pytest.mark.parametrize(
    ("year", "month", "words"),
    [(2020, 12, "二〇二〇年十二月"), (2021, 1, "二〇二一年一月"), (2020, 10, "二〇二〇年十月"), (2019, 11, "二〇一九年十一月")],
)  # fmt: skip
def test_chinese_month(year, month, words):
    assert papers.chinese_month(year, month) == words
