"""Papers are signed once, provably, with the key that is set up; or they say nothing."""

import io
import socket
import stat
import threading
from datetime import timedelta

import pikepdf
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import pkcs12
from pyhanko.sign.general import SigningError

from qcportal.documents import pdf
from qcportal.signatures import authority, checks, keys, reading, signing
from tests.qcportal.signatures import signed
from tests.qcportal.signatures.signed import NOW

PLACES = (signing.UNIT, signing.RECOMMENDER, signing.ASSOCIATION)


def read(content, *roots, at=NOW):
    return reading.look(content, [signed.root(one).certificate_pem for one in roots], at)  # fmt: skip


def stood(report):
    return [(one.field, one.state, one.code) for one in report.signatures]


def test_a_paper_is_certified_by_the_association(plain_paper, signing_dir):
    made = signing.finish(plain_paper, keys.key_for(), at=NOW)
    report = read(made.content, "测试根证书")
    assert stood(report) == [("Portal", "valid", "")]
    assert report.signatures[0].signer == "某市质量协会 · 某市质量协会文件章"
    assert report.identifier == "paper-1"
    assert made.signed_at == NOW
    assert made.signed_by == "某市质量协会文件章"
    assert made.signed_with == keys.key_for().fingerprint
    assert report.revisions[-1].length == len(made.content)


def test_without_a_key_the_paper_stays_as_it_is(plain_paper):
    made = signing.finish(plain_paper, keys.key_for(), at=NOW)
    assert (made.content, made.signed_at, made.signed_by) == (plain_paper, None, "")


def test_three_signatures_in_a_row_stay_valid(plain_paper, signing_dir):
    content = signing.finish(plain_paper, keys.key_for(), at=NOW, places=PLACES).content
    for name, field in (("某公司", "Unit"), ("某区质协", "Recommender"), ("某市质量协会", "Association")):  # fmt: skip
        content = signed.sign(content, signed.leaf("公章", name), field)
    assert stood(read(content, "测试根证书")) == [
        ("Portal", "valid", ""), ("Unit", "valid", ""),
        ("Recommender", "valid", ""), ("Association", "valid", ""),
    ]  # fmt: skip


@pytest.mark.parametrize("streams", ["disable", "preserve", "generate"])
def test_papers_that_went_through_another_program_first(
    plain_paper, signing_dir, streams
):
    """Marks are put on the pages before signing; the file's ID comes through."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(plain_paper)) as opened:
        opened.save(out, object_stream_mode=pikepdf.ObjectStreamMode[streams])
    made = signing.finish(out.getvalue(), keys.key_for(), at=NOW, places=PLACES)
    company = signed.leaf("公章", "某公司")
    report = read(signed.sign(made.content, company, "Unit"), signed.ROOT)
    assert stood(report) == [("Portal", "valid", ""), ("Unit", "valid", "")]
    assert report.identifier == "paper-1"
    issued = next(r for r in report.revisions if r.length == len(made.content))
    assert issued.only_signed


def test_places_stand_over_the_words_they_are_for(plain_paper):
    """Also without a key of the portal's own: who signs elsewhere finds the place."""
    content = signing.finish(plain_paper, None, at=NOW, places=PLACES).content
    with pikepdf.open(io.BytesIO(content)) as opened:
        fields = {
            str(one.T): [round(float(side)) for side in one.Rect]
            for one in opened.Root.AcroForm.Fields
        }
    unit, body, none = fields["Unit"], fields["Recommender"], fields["Association"]
    assert none == [0, 0, 0, 0]
    for left, low, right, high in (unit, body):
        assert (right - left, high - low) == signing.BOX
    assert unit[1] > body[1]  # the unit's words stand higher on the page
    signed_there = signed.sign(content, signed.leaf("公章", "某公司"), "Unit")
    report = read(signed_there, "测试根证书")
    assert stood(report) == [("Unit", "valid", "")]
    issued = next(r for r in report.revisions if r.length == len(content))
    assert issued.only_signed


def test_a_closed_paper_bears_no_further_signature(plain_paper, signing_dir):
    """Certificates and lists: whoever signs over them breaks them."""
    content = signing.finish(plain_paper, keys.key_for(), at=NOW).content
    company = signed.leaf("公章", "某公司")
    with pytest.raises(SigningError, match="forbids all changes"):
        signed.sign(content, company, "Own", box=(9, 9, 99, 99))
    over = signed.sign(content, company, "Own", box=(9, 9, 99, 99), anyhow=True)
    assert stood(read(over, "测试根证书"))[0] == ("Portal", "invalid", "added")


def test_an_association_signs_with_its_own_key(plain_paper, signing_dir):
    other = signed.leaf("另一协会文件章", "另一协会")
    signed.keep(signing_dir / "0b1c", other)
    assert keys.key_for("0b1c").organisation == "另一协会"
    assert keys.key_for("ffff").organisation == "某市质量协会"
    assert [one.organisation for one in keys.every_key()] == [
        "某市质量协会",
        "另一协会",
    ]


def test_a_pkcs12_file_with_a_passphrase_will_do(plain_paper, settings, tmp_path):
    issued, above = signed.leaf("文件章", "某市质量协会"), signed.root(signed.ROOT)
    packed = pkcs12.serialize_key_and_certificates(
        b"portal", issued.key, issued.certificate, [above.certificate],
        serialization.BestAvailableEncryption("口令".encode()),
    )  # fmt: skip
    (tmp_path / "signer.p12").write_bytes(packed)
    settings.SIGNING_DIR, settings.SIGNING_PASSPHRASE = str(tmp_path), "口令"
    made = signing.finish(plain_paper, keys.key_for(), at=NOW)
    assert stood(read(made.content, "测试根证书")) == [("Portal", "valid", "")]
    settings.SIGNING_PASSPHRASE = "别的"
    with pytest.raises(keys.KeyUnusable, match="请检查文件和口令"):
        keys.key_for()


def test_an_encrypted_key_and_an_intermediate_authority(
    plain_paper, settings, tmp_path
):
    issued = signed.leaf("文件章", "某市质量协会")
    signed.keep(tmp_path, issued, passphrase=b"secret")
    settings.SIGNING_DIR, settings.SIGNING_PASSPHRASE = str(tmp_path), "secret"
    made = signing.finish(plain_paper, keys.key_for(), at=NOW)
    assert stood(read(made.content, "测试根证书")) == [("Portal", "valid", "")]


@pytest.mark.parametrize(
    "harm", ["other key", "other kind", "no certificate", "garbage"]
)
def test_files_that_do_not_fit_are_a_fault_not_an_unsigned_paper(signing_dir, harm):
    if harm == "other key":
        (signing_dir / "key.pem").write_bytes(signed.leaf("x", "y").key_pem())
    elif harm == "other kind":
        (signing_dir / "key.pem").write_bytes(
            ed25519.Ed25519PrivateKey.generate().private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
    elif harm == "no certificate":
        (signing_dir / "cert.pem").unlink()
    else:
        (signing_dir / "key.pem").write_text("-----BEGIN PRIVATE KEY-----\nx\n")
    with pytest.raises(keys.KeyUnusable, match="签名用的私钥或证书读不出来"):
        keys.key_for()


def test_an_expired_certificate_signs_nothing(plain_paper, signing_dir):
    late = NOW + timedelta(days=2000)
    with pytest.raises(keys.KeyUnusable, match=r"不在有效期内（到 .*请换上新的证书"):
        signing.finish(plain_paper, keys.key_for(), at=late)


def test_a_time_stamp_service_that_is_away_is_a_fault(plain_paper, signing_dir, settings):  # fmt: skip
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings.SIGNING_TSA_URL = f"http://127.0.0.1:{closed.getsockname()[1]}/tsa"
    with pytest.raises(signing.NotSigned, match="时间戳服务没有回应"):
        signing.finish(plain_paper, keys.key_for(), at=NOW)


def test_a_time_stamp_outlives_the_certificate(plain_paper, signing_dir, settings):
    """Read years later by somebody who has nothing of the portal's but its root."""
    with signed.time_stamp_service(signed.time_stamper()) as address:
        settings.SIGNING_TSA_URL = address
        made = signing.finish(plain_paper, keys.key_for(), at=NOW)
    report = read(made.content, signed.ROOT, at=NOW + timedelta(days=2000))
    assert stood(report) == [("Portal", "valid", "")]
    assert report.signatures[0].timestamped
    settings.SIGNING_TSA_URL = ""
    made = signing.finish(plain_paper, keys.key_for(), at=NOW)
    report = read(made.content, signed.ROOT, at=NOW + timedelta(days=2000))
    assert stood(report) == [("Portal", "unknown", "expired")]


def test_the_demo_makes_its_own_key_once(settings, tmp_path):
    settings.DEMO, settings.VAR_DIR = True, tmp_path
    folder, seen = tmp_path / "signing", []
    workers = [
        threading.Thread(target=lambda: seen.append(keys.key_for().fingerprint))
        for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(seen) == 4
    assert len(set(seen)) == 1
    assert sorted(one.name for one in tmp_path.iterdir()) == ["signing"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(one.stat().st_mode) for one in folder.iterdir()} == {0o600}
    assert keys.key_for().name == authority.DEMO_NAME == "演示证书"


def codes():
    return [one.id for one in checks.check_signing(None)]


def test_checks_at_the_start(settings, tmp_path, signing_dir):
    settings.DEBUG = False
    assert codes() == []
    signed.keep(signing_dir, signed.leaf("章", "某会", at=NOW - timedelta(9), days=5))
    assert codes() == ["signatures.E001"]
    signed.keep(signing_dir, signed.leaf("章", "某会"))
    (signing_dir / "key.pem").chmod(0o644)
    assert codes() == ["signatures.W003"]
    signed.keep(signing_dir, signed.leaf("章", "某会", days=30))
    assert codes() == ["signatures.W002"]
    settings.SIGNING_DIR = ""
    assert codes() == ["signatures.W001"]
    settings.TRUSTED_CERTIFICATES_DIR = str(signed.trust(tmp_path / "t", "可信机构"))
    assert codes() == ["signatures.W001"]
    (tmp_path / "t" / "x.pem").write_text("nothing")
    assert codes() == ["signatures.W001", "signatures.E002"]
    settings.TRUSTED_CERTIFICATES_DIR = str(tmp_path / "none")
    assert codes() == ["signatures.W001", "signatures.E002"]


def test_the_archive_form_and_the_pages_survive(plain_paper, signing_dir):
    content = signing.finish(plain_paper, keys.key_for(), at=NOW, places=PLACES).content
    assert pdf.page_count(content) == pdf.page_count(plain_paper)
    with pikepdf.open(io.BytesIO(content)) as opened:
        assert opened.open_metadata()["pdfaid:part"] == "3"
    assert pdf.page_image(content, 1) == pdf.page_image(plain_paper, 1)
