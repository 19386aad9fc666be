"""The 成果评分与推荐意见表: its facts and what stands on the page."""

from __future__ import annotations

import io

import pypdfium2
import pytest
from django.utils import timezone

from qcportal.documents import pdf, serving
from qcportal.seals.actions import keep_picture
from submissions import actions, papers
from submissions.models import ScoreSheet, Stamp
from tests.factories import full_marks, png_file, stored

pytestmark = pytest.mark.django_db


def text_of(content: bytes) -> list[str]:
    found = pypdfium2.PdfDocument(content)
    return ["".join(page.get_textpage().get_text_range().split()) for page in found]


def sheet_on(submission, by, at, opinion="同意推荐。") -> ScoreSheet:
    marks = full_marks(actions.rubric_for(submission))
    actions.save_sheet(
        submission.pk, marks=marks, opinion=opinion, version=0, by=by, at=at
    )
    return actions.print_sheet(submission.pk, by=by, at=at)


def test_page_carries_names_marks_opinion_place_and_code(walk, cast, noon):
    filed = walk.filed()
    sheet = sheet_on(filed, cast.unit, noon, "选题好。\n同意推荐。")
    content = pdf.render(papers.OPINION_TEMPLATE, papers.opinion_form(sheet))
    (page,) = text_of(content)
    for words in (
        "2020年成果评分与推荐意见表", "（单位自我评价）", cast.unit.organisation.name,
        filed.group_name, filed.title, "问题解决型", "浦东新区质量协会", "选题好。",
        "（单位盖章）", f"编号{filed.code}第1版核对码{sheet.check_code}",
        "打印后如再修改，本页作废", f"内容摘要{sheet.content_hash[:16]}",
        f"申报表核对码{filed.revision.check_code}", "第1页，共1页",
    ):  # fmt: skip
        assert words in page
    for criterion in sheet.rubric.criteria_list:
        assert criterion.name in page
    assert f"{sheet.total.normalize():f}" in page


def test_foot_stands_on_every_page_of_a_long_opinion(walk, cast, noon):
    filed = walk.filed()
    filed.campaign.opinion_limit = 4000
    filed.campaign.save(update_fields=["opinion_limit"])
    sheet = sheet_on(filed, cast.unit, noon, "\n".join(["数据真实程序完整。" * 8] * 40))
    pages = text_of(pdf.render(papers.OPINION_TEMPLATE, papers.opinion_form(sheet)))
    assert len(pages) > 1
    assert all(sheet.check_code in page for page in pages)


def test_opinion_text_is_not_markup(walk, cast, noon):
    filed = walk.filed()
    sheet = sheet_on(filed, cast.unit, noon, "<b>好</b>&amp;")
    (page,) = text_of(pdf.render(papers.OPINION_TEMPLATE, papers.opinion_form(sheet)))
    assert "<b>好</b>&amp;" in page


def test_seal_picture_has_its_size_and_its_honest_label(walk, cast, campaign, noon):
    campaign.allows_seal_picture = True
    campaign.save(update_fields=["allows_seal_picture"])
    document = stored(png_file("印章.png"), "seal_picture", cast.keeper)
    keep_picture(document, undertaken=True, by=cast.keeper, at=noon)
    filed = walk.filed()
    sheet_on(filed, cast.keeper, noon)
    actions.stamp(
        filed.pk, evidence="seal_picture", scan=None, confirmed=True,
        by=cast.keeper, at=noon,
    )  # fmt: skip
    stamp = Stamp.objects.get()
    facts = papers.sealed_opinion_form(stamp)
    local = timezone.localtime(noon)
    day = f"{local.year}年{local.month}月{local.day}日"
    assert facts["seal"]["label"] == (
        f"印模图像（非可靠电子签名），由方正言于{day}{local:%H:%M}加盖"
    )
    content = pdf.render(papers.OPINION_TEMPLATE, facts)
    (page,) = text_of(content)
    assert facts["seal"]["label"] in page
    assert day in page
    left, bottom, right, top = picture_box(content)
    millimetre = 72 / 25.4
    assert (right - left) / millimetre == pytest.approx(40, abs=0.3)
    assert (top - bottom) / millimetre == pytest.approx(40, abs=0.3)
    assert left > 595 / 2  # at the right of the page, where the stamp belongs
    assert serving.read(document)[:4] == b"\x89PNG"


def picture_box(content: bytes) -> tuple[float, float, float, float]:
    """Where the largest raster picture of page 1 stands, in points."""
    page = pypdfium2.PdfDocument(io.BytesIO(content))[0]
    images = page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE])
    boxes = [image.get_bounds() for image in images]
    return max(boxes, key=lambda box: box[2] - box[0])
