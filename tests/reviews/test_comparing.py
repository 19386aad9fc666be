"""The public question on a PDF in hand: as issued, changed since, or not ours; and what
its signatures say. Whole answers, one file after the other."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django.utils.html import strip_tags

from qcportal.documents import making, serving
from qcportal.documents.models import Document
from qcportal.signatures import reading
from reviews import comparing, tasks
from reviews.models import Publication
from tests.factories import pdf_file, png_file
from tests.qcportal.signatures import signed
from tests.qcportal.signatures.signed import NOW

pytestmark = pytest.mark.django_db
ASSOCIATION = "某市质量协会"
HOST = "上海市质量协会"


@pytest.fixture
def signing_dir(settings, tmp_path):
    issued = signed.leaf(f"{ASSOCIATION}文件章", ASSOCIATION)
    settings.SIGNING_DIR = str(signed.keep(tmp_path / "signing", issued))
    return tmp_path / "signing"


def publish(campaign, cast):
    """A list as the worker makes it, signed where a key is set up."""
    document = making.order("result_list", "名单.pdf", tasks.render_result_list.name)
    Publication.objects.create(
        campaign=campaign, kind="results", title="2020年成果名单", opens_at=NOW,
        by=cast.association.user, pdf=document,
    )  # fmt: skip
    tasks.render_result_list(document.pk)
    document.refresh_from_db()
    assert document.is_ready, document.error
    return document


@pytest.fixture
def issued(campaign, cast, signing_dir):
    return publish(campaign, cast)


def files():
    return Document.objects.count()


def ask(client, content, name="名单.pdf"):
    """(heading, sentence, facts in words, signatures in words) of the page."""
    file, before = SimpleUploadedFile(name, content, "application/pdf"), files()
    answer = client.post("/verify/", {"file": file})
    assert answer.status_code == 200, strip_tags(answer.content.decode())
    assert files() == before  # nothing was stored
    assert answer.headers["X-Robots-Tag"] == "noindex"
    return answer.context["compared"], "".join(
        strip_tags(answer.content.decode()).split()
    )


def shown(compared):
    return [(s.organisation, s.state_words, s.own) for s in compared.signatures]


def flip(content, at):
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def resaved(content, *, page=False):
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as opened:
        if page:
            opened.add_blank_page()
        else:
            del opened.Root["/AcroForm"]
            del opened.Root["/Perms"]
        opened.save(out)
    return out.getvalue()


def test_the_file_as_issued(client, issued):
    compared, text = ask(client, serving.read(issued))
    assert compared.outcome == "same"
    assert (compared.paper, compared.organisation) == ("公布的名单", HOST)
    assert compared.at == issued.ready_at
    assert shown(compared) == [(ASSOCIATION, "有效", True)]
    assert "与签发时一致和平台签发的原件一个字节都不差。" in text
    assert re.search(rf"文件里的数字签名{ASSOCIATION}有效平台签发\d{{4}}年", text)
    assert issued.signed_by == f"{ASSOCIATION}文件章"


def test_a_paper_issued_without_a_key_is_known_too(client, campaign, cast):
    document = publish(campaign, cast)
    assert (document.signed_at, document.signed_by) == (None, "")
    compared, text = ask(client, serving.read(document))
    assert (compared.outcome, shown(compared)) == ("same", [])
    assert "文件里的数字签名没有数字签名。" in text


def test_a_flipped_byte(client, issued):
    content = serving.read(issued)
    compared, text = ask(client, flip(content, content.index(b"stream") + 30))
    assert (compared.outcome, compared.stripped) == ("changed", False)
    assert shown(compared) == [(ASSOCIATION, "无效", True)]
    assert (
        "签发后被改动平台签发过这个文件，但现在的内容和签发时不一样，请不要采信。"
        in text
    )
    assert "无效平台签发" in text
    assert "签名之后，文件里签过的内容被改动过。" in text


def test_a_page_added(client, issued):
    compared, _ = ask(client, resaved(serving.read(issued), page=True))
    assert (compared.outcome, compared.paper) == ("changed", "公布的名单")
    assert "有效" not in [one.state_words for one in compared.signatures]


def test_the_signature_stripped(client, issued):
    compared, text = ask(client, resaved(serving.read(issued)))
    assert (compared.outcome, compared.stripped, shown(compared)) == (
        "changed",
        True,
        [],
    )
    assert "平台签发时带数字签名，现在没有了，内容也不再是签发时的。" in text


def test_somebody_signed_over_a_closed_paper(client, issued):
    company = signed.leaf("公章", "某公司")
    over = signed.sign(serving.read(issued), company, "Own", box=(9, 9, 99, 99), anyhow=True)  # fmt: skip
    compared, _ = ask(client, over)
    assert compared.outcome == "changed"
    assert shown(compared) == [(ASSOCIATION, "无效", True), ("某公司", "有效", False)]


def test_another_portals_paper(client, issued):
    """Signed soundly, by somebody nobody here knows."""
    stranger = signed.leaf("文件章", "别处协会", by="别处机构")
    content = signed.sign(pdf_file().read(), stranger, "Own", box=(9, 9, 99, 99))
    compared, text = ask(client, content)
    assert (compared.outcome, compared.paper) == ("foreign", "")
    assert shown(compared) == [("别处协会", "无法验证", False)]
    assert "不是本平台签发" in text
    assert "证书由“别处机构”签发，不在本平台信任的名单里。" in text


def test_a_person_signed(client):
    """No name of a person goes on the page."""
    person = signed.leaf("张三丰", "", by="别处机构")
    content = signed.sign(pdf_file().read(), person, "Own", box=(9, 9, 99, 99))
    compared, text = ask(client, content)
    assert shown(compared) == [("证书上没有单位名称", "无法验证", False)]
    assert "张三丰" not in text


def test_our_certificate_on_something_we_did_not_issue(client, issued, signing_dir):
    """Somebody got hold of the key: the file is still none of the portal's."""
    key = (signing_dir / "key.pem").read_bytes()
    stolen = signed.loaded((signing_dir / "cert.pem").read_bytes(), key)
    content = signed.sign(pdf_file().read(), stolen, "Own", box=(9, 9, 99, 99))
    compared, text = ask(client, content)
    assert (compared.outcome, compared.paper, compared.misused) == ("foreign", "", True)
    assert "文件里有平台证书的签名，但平台没有签发过这个文件" in text


def test_our_certificate_has_ended_since(issued, settings):
    """The row says when it was signed, so the paper does not go bad with the years."""
    content = serving.read(issued)
    late = timezone.now() + timedelta(days=3000)
    roots = [signed.root(signed.ROOT).certificate_pem]
    report = reading.look(content, roots, late)
    assert [one.code for one in report.signatures] == ["expired"]
    compared = comparing.compare(report, issued.sha256)
    assert shown(compared) == [(ASSOCIATION, "有效", True)]
    assert re.fullmatch(
        r"证书已于\d+年\d+月\d+日到期；平台的记录说明是到期前签的。",
        compared.signatures[0].reason,
    )
    Document.objects.update(signed_at=late)
    assert shown(comparing.compare(report, issued.sha256))[0][1] == "无法验证"


def test_a_file_that_is_nobodys(client, issued):
    compared, text = ask(client, pdf_file().read())
    assert (compared.outcome, shown(compared)) == ("foreign", [])
    assert (
        "重新扫描、打印成 PDF 或用别的软件另存过的，也会这样。".replace(" ", "") in text
    )


def encrypted():
    out = io.BytesIO()
    with pikepdf.open(pdf_file()) as opened:
        opened.save(out, encryption=pikepdf.Encryption(owner="a", user="b"))
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("证书.pdf", png_file().read(), "扩展名是 .pdf，内容却是PNG 图片"),
        ("证书.png", png_file().read(), "这里可以上传：PDF"),
        ("证书.pdf", encrypted(), "PDF 设了密码，请取消密码后再上传。"),
        ("证书.pdf", b"%PDF-1.7\nnothing", "文件不完整或已损坏"),
        ("证书.pdf", b"%PDF-1.7" + b"0" * 21 * 1024 * 1024, "“证书.pdf”超过 20 MB"),
    ],
    ids=["picture as pdf", "picture", "encrypted", "broken", "too large"],
)
def test_what_cannot_be_compared_is_said_beside_the_field(
    client, name, content, sentence
):
    answer = client.post("/verify/", {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 422
    assert sentence in strip_tags(answer.content.decode())
    assert Document.objects.count() == 0


def test_nothing_chosen(client):
    answer = client.post("/verify/", {})
    assert answer.status_code == 422
    assert "请先选一个 PDF 文件。" in answer.content.decode()


def test_ten_a_minute(client):
    for _ in range(10):
        assert client.post("/verify/", {}).status_code == 422
    assert client.post("/verify/", {}).status_code == 429


def test_a_key_that_fails_leaves_no_unsigned_paper(campaign, cast, signing_dir):
    """The row waits and is made again; once the key is there, it is signed, once."""
    key = (signing_dir / "key.pem").read_bytes()
    (signing_dir / "key.pem").write_bytes(signed.leaf("x", "y").key_pem())
    document = making.order("result_list", "名单.pdf", tasks.render_result_list.name)
    Publication.objects.create(
        campaign=campaign, kind="results", title="2020年成果名单", opens_at=NOW,
        by=cast.association.user, pdf=document,
    )  # fmt: skip
    tasks.render_result_list(document.pk)
    document.refresh_from_db()
    assert (document.status, document.file.name) == ("WAITING", "")
    assert "签名用的私钥或证书读不出来" in document.error
    (signing_dir / "key.pem").write_bytes(key)
    tasks.render_result_list(document.pk)
    document.refresh_from_db()
    first = (document.sha256, document.signed_at, document.file.name)
    assert document.is_ready
    assert document.signed_by == f"{ASSOCIATION}文件章"
    tasks.render_result_list(document.pk)  # delivered twice
    document.refresh_from_db()
    assert (document.sha256, document.signed_at, document.file.name) == first
