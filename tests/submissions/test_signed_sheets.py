"""Stamping by one's own certificate: the print comes back signed, and nothing else did."""

from __future__ import annotations

import re

import pypdfium2
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.html import strip_tags

from qcportal.audit.models import TrailEntry
from qcportal.documents import serving
from qcportal.documents.models import Document
from qcportal.signatures.models import SignedCopy
from recommenders import actions as recommending
from reviews import rules as reviewing
from submissions import actions, rules, tasks
from submissions.models import Revision, ScoreSheet, Stamp, Tier
from tests.factories import PASSWORD, full_marks, pdf_file
from tests.qcportal.signatures import signed

pytestmark = pytest.mark.django_db
UNIT = "上海申浦轨道车辆维修有限公司"
BODY = "浦东新区质量协会"


@pytest.fixture
def signing_dir(settings, tmp_path):
    issued = signed.leaf("文件章", "上海市质量协会")
    settings.SIGNING_DIR = str(signed.keep(tmp_path / "signing", issued))
    settings.TRUSTED_CERTIFICATES_DIR = str(
        signed.trust(tmp_path / "roots", "可信机构")
    )


def printed(found, by, verbs=actions, tier=Tier.UNIT):
    """The sheet scored and its paper made as the worker makes it."""
    marks = full_marks(actions.rubric_for(found))
    at = found.saved_at
    verbs.save_sheet(
        found.pk, marks=marks, opinion="同意推荐。", version=0, by=by, at=at
    )
    verbs.print_sheet(found.pk, by=by, at=at)
    sheet = rules.sheet_of(found, tier)
    tasks.render_opinion_form(sheet.paper_id)
    sheet.paper.refresh_from_db()
    assert sheet.paper.is_ready, sheet.paper.error
    return sheet


def company(name=UNIT, by="可信机构", **given):
    return signed.leaf("公章", name, by=by, **given)


def url(found, name="stamp_signed"):
    return reverse(f"submissions:{name}", args=[found.code])


def send(client, found, content, name="意见表.pdf"):
    file = SimpleUploadedFile(name, content, "application/pdf")
    return client.post(url(found), {"signed": file})


def words(answer):
    return strip_tags(answer.content.decode())


SURE = {"evidence": "signature", "confirmed": "on", "password": PASSWORD}


def test_the_unit_stamps_with_its_own_certificate(walk, cast, client_of, signing_dir, client):  # fmt: skip
    found = walk.filed()
    sheet, desk = printed(found, cast.unit), client_of(cast.unit)
    assert "用数字证书签名" in words(desk.get(url(found, "stamp")))
    page = desk.get(url(found))
    assert "下载意见表" in words(page)
    content = signed.sign(serving.read(sheet.paper), company(), "Unit")
    answer = send(desk, found, content)
    assert (answer.status_code, answer.url) == (302, url(found))
    text = words(desk.get(url(found)))
    assert f"{UNIT} · 公章" in text
    assert "除了签名，内容和平台生成的一个字节都不差。" in text
    confirm = desk.get(url(found, "stamp_confirm") + "?evidence=signature")
    assert f"我看过了：签名的是“{UNIT}”，签的是这一版意见表" in words(confirm)
    assert desk.post(url(found, "stamp_confirm"), SURE).status_code == 302

    stamp, copy = Stamp.objects.get(), SignedCopy.objects.get()
    assert (stamp.scan, stamp.act.paper) == (copy.document, copy.document)
    assert (stamp.act.evidence, stamp.act.content_hash) == ("signature", sheet.content_hash)  # fmt: skip
    assert (copy.issued, copy.state, len(copy.read)) == (sheet.paper, "valid", 1)
    assert stamp.signature_words == f"{UNIT} · 公章，有效"
    assert serving.read(copy.document) == content
    entry = TrailEntry.objects.get(what="signed_copy_kept")
    assert entry.data["signer"] == copy.read[0].fingerprint
    # Later desks read the signature, the public compares the file.
    assert stamp.signature_words in words(desk.get(url(found, "stamp")))
    seen = client_of(cast.recommender).get(reverse("recommenders:submission", args=[found.code]))  # fmt: skip
    assert stamp.signature_words in words(seen)
    assert "数字签名" in reviewing._stamped(sheet).words
    assert stamp.signature_words in reviewing._stamped(sheet).words
    compared = client.post("/verify/", {"file": SimpleUploadedFile("a.pdf", content)})
    found_there = compared.context["compared"]
    assert (found_there.outcome, found_there.paper) == ("same", "带数字签名的意见表")
    assert [one.organisation for one in found_there.signatures] == [
        "上海市质量协会",
        UNIT,
    ]


def test_the_public_sees_signatures_added_to_what_was_issued(walk, cast, client, signing_dir):  # fmt: skip
    """Three in a row, before anything was uploaded: the paper is as issued."""
    sheet = printed(walk.filed(), cast.unit)
    content = serving.read(sheet.paper)
    for name, field in ((UNIT, "Unit"), (BODY, "Recommender"), ("上海市质量协会", "Association")):  # fmt: skip
        content = signed.sign(content, company(name), field)
    answer = client.post("/verify/", {"file": SimpleUploadedFile("a.pdf", content)})
    compared = answer.context["compared"]
    assert (compared.outcome, compared.paper) == ("signed", "成果评分与推荐意见表")
    assert [(s.organisation, s.state_words) for s in compared.signatures] == [
        ("上海市质量协会", "有效"), (UNIT, "有效"), (BODY, "有效"), ("上海市质量协会", "有效"),
    ]  # fmt: skip
    assert "与签发时一致，后来加了签名" in words(answer)


def test_the_recommending_body_does_the_same(walk, cast, client_of, signing_dir):
    found = walk.stamped()
    sheet = printed(found, cast.recommender, recommending, Tier.RECOMMENDER)
    desk = client_of(cast.recommender)
    there = reverse("recommenders:signed", args=[found.code])
    content = signed.sign(serving.read(sheet.paper), company(BODY), "Recommender")
    file = SimpleUploadedFile("意见表.pdf", content, "application/pdf")
    assert desk.post(there, {"signed": file}).status_code == 302
    confirm = reverse("recommenders:confirm", args=[found.code])
    assert desk.post(confirm, SURE).status_code == 302
    stamp = Stamp.objects.get(sheet=sheet)
    assert stamp.signature_words == f"{BODY} · 公章，有效"
    again = desk.get(confirm)
    assert again.url == reverse("recommenders:submission", args=[found.code])


def test_an_unknown_issuer_and_another_name_are_said_and_stand(walk, cast, client_of, signing_dir):  # fmt: skip
    """As with a scan, whether to believe it is for the next reader; he reads why."""
    found = walk.filed()
    sheet, desk = printed(found, cast.unit), client_of(cast.unit)
    other = company("别的公司", by="没听说过的机构")
    send(desk, found, signed.sign(serving.read(sheet.paper), other, "Unit"))
    text = words(desk.get(url(found, "stamp_confirm") + "?evidence=signature"))
    assert "签名无法验证：证书由“没听说过的机构”签发" in text
    assert f"证书上的名称是“别的公司 · 公章”，和“{UNIT}”不一样，请核对。" in text
    desk.post(url(found, "stamp_confirm"), SURE)
    assert "无法验证（证书由“没听说过的机构”签发" in Stamp.objects.get().signature_words


def spoiled(content):
    at = content.rindex(b"/Contents <") + 900
    return content[:at] + (b"0" if content[at : at + 1] != b"0" else b"1") + content[at + 1 :]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda issued: issued, "文件里还没有您的数字签名，请签好再上传。"),
        (lambda issued: pdf_file().read(), "这不是本页生成的那份 PDF"),
        (
            lambda issued: signed.sign(
                pdf_file().read(), company(), "X", box=(9, 9, 99, 99)
            ),
            "这不是本页生成的那份 PDF",
        ),
        (
            lambda issued: signed.sign(issued, company(), "Own", box=(0, 0, 590, 800)),
            "除了签名，文件里还有别的改动",
        ),
        (
            lambda issued: signed.sign(
                issued,
                company(at=signed.NOW - signed.timedelta(days=90), days=9),
                "Unit",
            ),
            "签名无效：签名时证书不在有效期内。",
        ),
        (lambda issued: b"%PDF-1.7\nbroken", "文件不完整或已损坏"),
    ],
    ids=[
        "unsigned",
        "another file",
        "another file signed",
        "covered",
        "ended",
        "broken",
    ],
)
def test_what_is_not_our_print_signed_is_refused(walk, cast, client_of, signing_dir, make, sentence):  # fmt: skip
    found = walk.filed()
    sheet, desk = printed(found, cast.unit), client_of(cast.unit)
    files = Document.objects.count()
    answer = send(desk, found, make(serving.read(sheet.paper)))
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert Document.objects.count() == files
    assert not SignedCopy.objects.exists()  # fmt: skip


def test_an_older_print_signed_does_not_count(walk, cast, client_of, signing_dir):
    found = walk.filed()
    sheet, desk = printed(found, cast.unit), client_of(cast.unit)
    content = signed.sign(serving.read(sheet.paper), company(), "Unit")
    send(desk, found, content)
    actions.save_sheet(found.pk, marks=sheet.marks, opinion="改过的意见。", version=1, by=cast.unit, at=walk.at)  # fmt: skip
    actions.print_sheet(found.pk, by=cast.unit, at=walk.at)
    newer = ScoreSheet.objects.get()
    tasks.render_opinion_form(newer.paper_id)
    page = words(desk.get(url(found)))
    assert "除了签名，内容和平台生成的一个字节都不差。" not in page
    text = words(desk.get(url(found, "stamp_confirm") + "?evidence=signature"))
    assert "还没有上传签好名的意见表。" in text
    assert desk.post(url(found, "stamp_confirm"), SURE).status_code == 409
    assert "这不是本页生成的那份 PDF" in words(send(desk, found, content))
    assert not Stamp.objects.exists()


def test_another_persons_upload_is_not_ones_own(walk, cast, client_of, signing_dir):
    """The keeper of the same unit stamps with what he uploaded himself."""
    found = walk.filed()
    sheet, desk = printed(found, cast.unit), client_of(cast.unit)
    send(desk, found, signed.sign(serving.read(sheet.paper), company(), "Unit"))
    assert client_of(cast.keeper).post(url(found, "stamp_confirm"), SURE).status_code == 409  # fmt: skip
    assert client_of(cast.other_unit).get(url(found)).status_code == 404
    assert client_of(cast.group).get(url(found)).status_code == 403


def test_before_the_paper_is_made_nothing_can_be_signed(walk, cast, client_of):
    found, desk = walk.filed(), client_of(cast.unit)
    assert "还没有生成意见表" in words(desk.get(url(found)))
    answer = send(desk, found, pdf_file().read())
    assert (answer.status_code, "请先生成意见表，签名后再上传。" in words(answer)) == (
        422,
        True,
    )
    assert "请先选择签好名的 PDF。" in words(desk.post(url(found), {}))


def test_a_stamped_result_takes_no_more_signatures(walk, cast, client_of):
    found, desk = walk.stamped(), client_of(cast.unit)
    assert "现在不能签名盖章。" in words(desk.get(url(found)))
    assert send(desk, found, pdf_file().read()).status_code in {302, 409}
    assert not SignedCopy.objects.exists()


# --- the receipt ----------------------------------------------------------------------


def test_a_filing_has_its_receipt(walk, cast, client_of, client, signing_dir):
    found = walk.filed()
    revision = Revision.objects.get()
    tasks.render_receipt(revision.receipt_id)
    revision.receipt.refresh_from_db()
    assert revision.receipt.is_ready, revision.receipt.error
    assert revision.receipt.signed_by == "文件章"
    answer = client_of(cast.group).get(
        reverse("submissions:receipt", args=[found.code])
    )
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content)
    text = pages(content)
    for said in (found.code, "第1版", revision.check_code, revision.content_hash, "收件回执",
                 "本文件带数字签名：文件章", *(one["sha256"] for one in revision.papers)):  # fmt: skip
        assert said in text
    compared = client.post("/verify/", {"file": SimpleUploadedFile("a.pdf", content)})
    assert compared.context["compared"].paper == "收件回执"
    assert compared.context["compared"].outcome == "same"


def pages(content):
    opened = pypdfium2.PdfDocument(content)
    try:
        return re.sub(r"\s", "", "".join(one.get_textpage().get_text_bounded() for one in opened))  # fmt: skip
    finally:
        opened.close()


def test_a_receipt_is_made_without_a_key_and_says_nothing_of_one(walk):
    walk.filed()
    receipt = Revision.objects.get().receipt
    tasks.render_receipt(receipt.pk)
    receipt.refresh_from_db()
    assert (receipt.signed_at, receipt.signed_by, receipt.signed_with) == (None, "", "")
    assert "数字签名" not in pages(serving.read(receipt))
