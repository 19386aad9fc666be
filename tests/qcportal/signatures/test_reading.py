"""What is said of a signature: valid, not provable, or broken, and why."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pikepdf
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from qcportal.signatures import authority, examining, keys, reading, signing
from tests.qcportal.signatures import signed
from tests.qcportal.signatures.signed import NOW

PLACES = (signing.UNIT, signing.RECOMMENDER, signing.ASSOCIATION)
COMPANY = ("公章", "某公司")


def look(content, *roots, at=NOW):
    return reading.look(
        content, [signed.root(one).certificate_pem for one in roots], at
    )


def said(content, *roots, at=NOW):
    return [(one.state, one.code) for one in look(content, *roots, at=at).signatures]


@pytest.fixture
def issued(plain_paper, signing_dir):
    return signing.finish(plain_paper, keys.key_for(), at=NOW, places=PLACES).content


def flip(content, at):
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def append(content):
    """Another program adds text to the first page, after the signature."""
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    page = writer.root["/Pages"]["/Kids"][0]
    stream = generic.StreamObject(stream_data=b"BT /F1 12 Tf 9 9 Td (x) Tj ET")
    page["/Contents"] = generic.ArrayObject(
        [page.raw_get("/Contents"), writer.add_object(stream)]
    )
    writer.mark_update(page.container_ref)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def add_page(content):
    """Opened and saved by another program with a page more."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as opened:
        opened.add_blank_page()
        opened.save(out)
    return out.getvalue()


def test_the_issuer_decides_what_is_proved(issued):
    content = signed.sign(issued, signed.leaf(*COMPANY, by="可信机构"), "Unit")
    assert said(content, signed.ROOT, "可信机构") == [("valid", ""), ("valid", "")]
    assert said(content, signed.ROOT) == [("valid", ""), ("unknown", "unknown_issuer")]
    last = look(content, signed.ROOT).signatures[-1]
    assert last.reason == "证书由“可信机构”签发，不在本平台信任的名单里。"
    assert (last.signer, last.issuer, last.timestamped) == (
        "某公司 · 公章",
        "可信机构",
        False,
    )
    assert abs(last.moment - timezone.now()) < timedelta(minutes=5)


def test_a_flipped_byte_breaks_it(issued):
    at = issued.index(b"stream") + 40
    assert said(flip(issued, at), signed.ROOT) == [("invalid", "changed")]


def test_what_is_added_afterwards_breaks_it(issued):
    report = look(append(issued), signed.ROOT)
    assert [(s.state, s.code) for s in report.signatures] == [("invalid", "added")]
    first = next(r for r in report.revisions if r.length == len(issued))
    assert not first.only_signed


def test_a_page_added_by_another_program(issued):
    report = look(add_page(issued), signed.ROOT)
    assert report.identifier == "paper-1"  # what other programs keep
    assert [one.state for one in report.signatures] != ["valid"]


def test_signing_covers_nothing_but_itself(issued):
    """A later signature may stand in its own place, as long as it hides no words."""
    company = signed.leaf(*COMPANY)
    small = look(signed.sign(issued, company, "Own", box=(9, 9, 199, 99)), signed.ROOT)
    large = look(signed.sign(issued, company, "Own", box=(9, 9, 500, 700)), signed.ROOT)
    assert [one.state for one in small.signatures] == ["valid", "valid"]

    def only(report):
        return next(r.only_signed for r in report.revisions if r.length == len(issued))

    assert (only(small), only(large)) == (True, False)


def test_text_under_a_later_signature_is_seen(issued):
    """Changed first, signed then: the signer's is sound, the paper is not the same."""
    report = look(
        signed.sign(append(issued), signed.leaf(*COMPANY), "Unit"), signed.ROOT
    )
    assert [(s.field, s.state) for s in report.signatures] == [
        ("Portal", "invalid"), ("Unit", "valid"),
    ]  # fmt: skip
    assert not any(r.only_signed for r in report.revisions if r.length == len(issued))


def test_a_certificate_that_has_ended(issued):
    """It was good when it signed; nothing but its own word says when that was."""
    short = signed.leaf(*COMPANY, days=2)
    content = signed.sign(issued, short, "Unit")
    assert said(content, signed.ROOT)[1] == ("valid", "")
    late = NOW + timedelta(days=30)
    last = look(content, signed.ROOT, at=late).signatures[1]
    assert (last.state, last.code) == ("unknown", "expired")
    assert last.expired_since == (NOW + timedelta(days=2)).isoformat(timespec="seconds")


def test_a_certificate_that_had_ended_before(issued):
    old = signed.leaf(*COMPANY, at=NOW - timedelta(days=30), days=5)
    content = signed.sign(issued, old, "Unit")
    assert said(content, signed.ROOT)[1] == ("invalid", "out_of_date")


def test_a_revoked_certificate(issued):
    company, above = signed.leaf(*COMPANY), signed.root(signed.ROOT)
    content = signed.sign(issued, company, "Unit")
    revoked = signed.revoked(above, company)
    report = reading.look(content, [above.certificate_pem, revoked], NOW)
    assert [(s.state, s.code) for s in report.signatures] == [
        ("valid", ""), ("invalid", "revoked"),
    ]  # fmt: skip


def test_an_algorithm_nobody_here_knows(issued):
    """Sounds like SM2: the object identifier of the key is none of the known ones."""
    content = signed.sign(issued, signed.leaf(*COMPANY), "Unit")
    cut = content.rindex(b"/Contents")
    known, odd = b"2a8648ce3d0201", b"2a811ccf55013d"
    tail = content[cut:].replace(known, odd).replace(known.upper(), odd.upper())
    report = look(content[:cut] + tail, signed.ROOT)
    assert report.signatures[1].state != "valid"
    assert report.signatures[1].reason


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 nothing", b"\x89PNG"])
def test_what_is_no_pdf_is_broken(content):
    assert look(content) == reading.Report(broken=True)


def test_a_report_survives_the_way_from_the_child(issued):
    report = look(issued, signed.ROOT)
    assert reading.from_json(json.loads(json.dumps(report.as_json()))) == report


def test_the_child_says_the_same(issued, settings, trusted):
    """Read in a process of its own, the portal's and the trusted certificates at hand."""
    content = signed.sign(issued, signed.leaf(*COMPANY, by="可信机构"), "Unit")
    upload = SimpleUploadedFile("表.pdf", content)
    settings.INSPECT_UPLOADS_APART = True
    report = examining.examine(upload, "表.pdf", NOW)
    settings.INSPECT_UPLOADS_APART = False
    assert report == examining.examine(upload, "表.pdf", NOW)
    assert [one.state for one in report.signatures] == ["valid", "valid"]
    assert upload.tell() == 0


def test_a_trusted_file_that_is_none_is_left_out(issued, trusted):
    (trusted / "gone.pem").symlink_to(trusted / "nowhere.pem")
    (trusted / "odd.pem").write_text("nothing")
    assert keys.trusted() == [
        signed.root(signed.ROOT).certificate.public_bytes(serialization.Encoding.DER),
        signed.root("可信机构").certificate_pem,
    ]


def test_the_portals_own_papers_are_known_whatever_its_key_is_kept_in(
    plain_paper, settings, tmp_path
):
    own, above = signed.leaf(*COMPANY), signed.root(signed.ROOT)
    packed = pkcs12.serialize_key_and_certificates(
        b"x", own.key, own.certificate, [above.certificate],
        serialization.NoEncryption(),
    )  # fmt: skip
    (tmp_path / "signer.p12").write_bytes(packed)
    settings.SIGNING_DIR = str(tmp_path)
    made = signing.finish(plain_paper, keys.key_for(), at=NOW)
    report = examining.examine(SimpleUploadedFile("a.pdf", made.content), "a.pdf", NOW)
    assert [one.state for one in report.signatures] == ["valid"]


def test_names_of_the_demo_say_what_they_are(tmp_path):
    authority.demo(tmp_path / "signing")
    key = keys._load(tmp_path / "signing", (0, 0, 0, 0, 0), "")
    assert isinstance(signed.leaf(*COMPANY).key, ec.EllipticCurvePrivateKey)
    assert "演示证书" in key.name
    assert "没有效力" in key.organisation
