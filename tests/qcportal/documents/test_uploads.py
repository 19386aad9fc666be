"""Hostile files are refused with the reason, honest ones are taken as they are."""

import hashlib
import random
import socket
import stat
import struct
import threading

import pikepdf
import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from qcportal.documents import keeping, uploads
from qcportal.documents.models import CONTENT_TYPES
from qcportal.refusals import Refused
from tests.qcportal.documents import specimens as made

MIB = 1024 * 1024
ALL = list(CONTENT_TYPES)
LINK = {"a.txt": {"external_attr": (stat.S_IFLNK | 0o777) << 16}}
RELS = "word/_rels/document.xml.rels"
FIELD = (
    '<w:p><w:instrText xml:space="preserve"> DDEAUTO c:\\\\x "y" </w:instrText></w:p>'
)
JS = made.action("JavaScript", JS="app.alert(1)")


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/octet-stream")


def codes(name: str, content: bytes, max_bytes: int = 20 * MIB) -> list[str]:
    given = upload(name, content)
    return [one.code for one in uploads.why_not_take(given, ALL, max_bytes)]


HONEST = {
    "申报表（盖章）.pdf": (made.pdf(3), 3),
    "REPORT.PDF": (made.pdf(1), 1),
    "成果报告.docx": (made.office("docx"), None),
    "汇总表.xlsx": (made.office("xlsx"), None),
    "演讲.pptx": (made.office("pptx"), None),
    "旧表.doc": (made.ole("WordDocument", "1Table"), None),
    "旧表.xls": (made.ole("Workbook"), None),
    "旧演讲.ppt": (made.ole("PowerPoint Document"), None),
    "盖章页.jpg": (made.picture("JPEG"), None),
    "盖章页.JPEG": (made.picture("JPEG"), None),
    "截图.png": (made.picture("PNG"), None),
    "现场.mp4": (made.video(), None),
    "活动记录.zip": (made.packed({"照片/一.txt": b"ok", "b.pdf": made.pdf()}), None),
    "两层.zip": (made.zip_in_zip(2), None),
    "网页链接.docx": (
        made.office("docx", {RELS: made.relation("hyperlink", "https://e.cn")}),
        None,
    ),
    "自己的模板.docx": (
        made.office(
            "docx",
            {RELS: made.relation("attachedTemplate", "file:///C:/t.dotx")},
        ),
        None,
    ),
    "公式对象.docx": (
        made.office("docx", {"word/embeddings/oleObject1.bin": made.ole("Equation")}),
        None,
    ),
    "谈DDE的文章.docx": (made.office("docx", body="<w:t>DDEAUTO 是旧技术</w:t>"), None),
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_files_are_taken(name):
    content, pages = HONEST[name]
    extension = name.rsplit(".", 1)[1].lower().replace("jpeg", "jpg")
    assert uploads.inspect(upload(name, content), ALL, 20 * MIB) == uploads.Inspected(
        name=name,
        extension=extension,
        content_type=CONTENT_TYPES[extension],
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        pages=pages,
    )


HOSTILE = {
    # what the name says is not what it is
    ("a.exe", b"MZ\x90\0"): "file_type",
    ("a.pdf", b"MZ\x90\0"): "file_name_mismatch",
    ("a.pdf.exe", made.pdf()): "file_type",
    ("a\u202efdp.exe", made.pdf()): "file_type",
    ("a", made.pdf()): "file_type",
    ("a.svg", b"<svg onload='alert(1)'/>"): "file_type",
    ("a.html", b"<script>alert(1)</script>"): "file_type",
    ("a.png", b"<svg onload='alert(1)'/>"): "file_name_mismatch",
    ("a.jpg", made.picture("PNG")): "file_name_mismatch",
    ("a.pdf", made.picture("JPEG")): "file_name_mismatch",
    ("a.docx", made.office("xlsx")): "file_name_mismatch",
    ("a.docx", made.packed({"a.txt": b"x"})): "file_name_mismatch",
    ("a.doc", made.ole("Workbook")): "file_name_mismatch",
    ("a.doc", made.ole("Installer")): "file_name_mismatch",
    ("a.pdf", b" " + made.pdf()): "file_name_mismatch",
    ("a.txt", b"plain"): "file_type",
    ("a.jpg", made.video(b"heic")): "file_type",
    # empty, cut, broken
    ("a.pdf", b""): "file_empty",
    ("a.pdf", made.pdf(2)[:300]): "file_broken",
    ("a.pdf", b"%PDF-1.7\nnothing"): "file_broken",
    ("a.pdf", made.saved(pikepdf.new())): "file_broken",
    ("a.jpg", made.picture("JPEG", (800, 800))[:400]): "file_broken",
    ("a.jpg", b"\xff\xd8\xff\xe0junk"): "file_broken",
    ("a.png", made.picture("PNG", (300, 300))[:-40]): "file_broken",
    ("a.docx", made.office("docx")[:-30]): "file_name_mismatch",
    ("a.zip", made.packed({"a.txt": b"x" * 999})[:-30]): "file_broken",
    ("a.mp4", made.video()[:-4]): "file_broken",
    ("a.mp4", made.box(b"ftyp", b"isom\0\0\2\0")): "file_broken",
    ("a.mp4", made.video() + made.box(b"free", size=9999)): "file_broken",
    # passwords
    ("a.pdf", made.locked_pdf("secret", "secret")): "file_encrypted",
    ("a.pdf", made.locked_pdf("", "owner")): "file_encrypted",
    ("a.zip", made.encrypted_zip()): "file_encrypted",
    ("a.docx", made.ole("EncryptedPackage", "EncryptionInfo")): "file_encrypted",
    ("a.doc", made.locked_doc()): "file_encrypted",
    # things that run
    ("a.pdf", made.pdf(1, OpenAction=JS)): "pdf_active",
    ("a.pdf", made.pdf(1, OpenAction=made.action("Launch", F="c.exe"))): "pdf_active",
    ("a.pdf", made.pdf(1, OpenAction=made.action("SubmitForm"))): "pdf_active",
    ("a.pdf", made.nested_action_pdf()): "pdf_active",
    ("a.docx", made.office("docx", {"word/vbaProject.bin": b"x"})): "macro",
    ("a.docx", made.office("docx", {"word/activeX/activeX1.xml": b"<a/>"})): "macro",
    ("a.xlsx", made.office("xlsx", {"xl/macrosheets/s.xml": b"<a/>"})): "macro",
    ("a.docx", made.office("docx", main="ms-word.document.macroEnabled.main+xml")): (
        "macro"
    ),
    ("a.doc", made.ole("WordDocument", "_VBA_PROJECT")): "macro",
    ("a.xls", made.ole("Workbook", "_VBA_PROJECT_CUR")): "macro",
    ("a.doc", made.ole("WordDocument", "\x01Ole10Native")): "office_program",
    (
        "a.docx",
        made.office("docx", {"word/embeddings/o.bin": made.ole("\x01Ole10Native")}),
    ): "office_program",
    ("a.docx", made.office("docx", {"word/embeddings/c.exe": b"MZ"})): (
        "office_program"
    ),
    ("a.zip", made.packed({"照片.jpg.exe": b"x"})): "zip_program",
    ("a.zip", made.packed({"harmless.txt": b"MZ\x90\0"})): "zip_program",
    ("a.zip", made.packed({"i.zip": made.packed({"run.js": b"x"})})): "zip_program",
    # links that open by themselves
    (
        "a.docx",
        made.office(
            "docx", {RELS: made.relation("attachedTemplate", "http://x/t.dotm")}
        ),
    ): "office_link",
    (
        "a.docx",
        made.office("docx", {RELS: made.relation("oleObject", "http://x/o")}),
    ): "office_link",
    (
        "a.docx",
        made.office("docx", {RELS: made.relation("image", "\\\\host\\share\\a.png")}),
    ): "office_link",
    (
        "a.docx",
        made.office("docx", {RELS: made.relation("image", "file://host/a.png")}),
    ): "office_link",
    (
        "a.docx",
        made.office("docx", {RELS: made.relation("hyperlink", "javascript:x")}),
    ): "office_link",
    ("a.docx", made.office("docx", body=FIELD)): "office_link",
    ("a.xlsx", made.office("xlsx", body="<f>cmd|' /C calc'!A0</f>")): "office_link",
    (
        "a.xlsx",
        made.office("xlsx", {"xl/externalLinks/e.xml": b"<ddeLink ddeService='c'/>"}),
    ): "office_link",
    ("a.docx", made.office("docx", {RELS: b"<Relationships>"})): "file_broken",
    # XML that grows
    ("a.docx", made.office("docx", body='<!DOCTYPE a [<!ENTITY b "c">]><a/>')): (
        "file_broken"
    ),
    (
        "a.docx",
        made.office("docx", {"word/x.xml": "<!DOCTYPE a><a/>".encode("utf-16")}),
    ): "file_broken",
    # bombs
    ("a.zip", made.packed({"zero.bin": b"\0" * (30 * MIB)})): "zip_bomb",
    ("a.docx", made.office("docx", {"z.bin": b"\0" * (30 * MIB)})): "zip_bomb",
    ("a.zip", made.packed({f"{n}.txt": b"" for n in range(2_001)})): "zip_bomb",
    ("a.zip", made.overlapping_zip()): "zip_bomb",
    ("a.zip", made.lying_zip()): "file_broken",
    ("a.zip", made.zip_in_zip(4)): "zip_bomb",
    ("a.png", made.huge_png()): "too_many_pixels",
    ("a.pdf", made.bomb_pdf()): "pdf_bomb",
    ("a.pdf", made.doubly_packed_pdf()): "pdf_bomb",
    ("a.zip", made.packed({"a": b"1"}) + b"PK\x05\x06" + b"\xff" * 18): "file_broken",
    ("a.pdf", made.pdf(1_001)): "too_many_pages",
    # places outside
    ("a.zip", made.packed({"../../etc/cron.d/x": b"x"})): "zip_path",
    ("a.zip", made.packed({"/etc/x": b"x"})): "zip_path",
    ("a.zip", made.packed({"C:/x": b"x"})): "zip_path",
    ("a.zip", made.packed({"a\\..\\x": b"x"})): "zip_path",
    ("a.zip", made.packed({"a.txt": b"/etc/passwd"}, **LINK)): "zip_link",
}


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [(name, content, code) for (name, content), code in HOSTILE.items()],
    ids=[f"{n}-{code}" for n, code in enumerate(HOSTILE.values())],
)
def test_hostile_files_are_refused(name, content, code):
    assert codes(name, content) == [code]


@pytest.mark.parametrize("kind", ["pdf", "docx", "jpg", "png", "mp4"])
def test_a_file_cut_anywhere_is_refused(kind):
    whole = {
        "pdf": made.pdf(),
        "docx": made.office("docx"),
        "jpg": made.picture("JPEG", (200, 200)),
        "png": made.picture("PNG", (200, 200)),
        "mp4": made.video(),
    }[kind]
    ends = range(1, len(whole) - 8, max(1, len(whole) // 50))
    answers = {tuple(codes(f"a.{kind}", whole[:end])) for end in ends}
    assert answers <= {("file_broken",), ("file_name_mismatch",)}
    assert codes(f"a.{kind}", whole) == []


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("kind", ["pdf", "docx", "zip", "doc", "jpg", "png", "mp4"])
def test_damaged_files_are_answered_never_stumbled_over(kind, seed):
    """Flipped, cut, doubled and filled bytes: taken or refused, nothing else."""
    name, whole = {
        "pdf": ("a.pdf", made.nested_action_pdf()),
        "docx": ("a.docx", made.office("docx", {RELS: made.relation("image", "a")})),
        "zip": ("a.zip", made.zip_in_zip(2)),
        "doc": ("a.doc", made.locked_doc()),
        "jpg": ("a.jpg", made.picture("JPEG")),
        "png": ("a.png", made.picture("PNG")),
        "mp4": ("a.mp4", made.video()),
    }[kind]
    chance = random.Random(f"{kind} {seed}")
    damaged = bytearray(whole)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(8, len(damaged))
        damage = chance.choice(["flip", "cut", "double", "fill"])
        if damage == "flip":
            damaged[at] ^= 1 << chance.randrange(8)
        elif damage == "cut":
            del damaged[at : at + chance.randint(1, 9)]
        elif damage == "double":
            damaged[at:at] = damaged[at : at + chance.randint(1, 64)]
        else:
            damaged[at : at + 4] = chance.choice([b"\xff" * 4, b"\0" * 4])
    assert len(codes(name, bytes(damaged))) in {0, 1}


def test_size_is_counted_and_named():
    with pytest.raises(Refused) as refused:
        uploads.inspect(upload("大.pdf", made.pdf() + b" " * MIB), ALL, MIB)
    assert [(one.code, one.message) for one in refused.value.refusals] == [
        ("file_too_large", "“大.pdf”超过 1 MB，请压缩图片或分开保存后再上传。")
    ]


def test_only_the_allowed_kinds_are_listed():
    given = upload("a.docx", made.office("docx"))
    refusals = list(uploads.why_not_take(given, ["pdf", "jpg"], MIB, field="scan"))
    assert [(one.code, one.field, one.message) for one in refusals] == [
        (
            "file_type",
            "scan",
            "“a.docx”的类型不能上传，这里可以上传：PDF、JPG 图片。",
        )
    ]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\fakepath\\申报表.pdf", "申报表.pdf"),
        ("../../申报表.pdf", "申报表.pdf"),
        ("申\u202e报\u200b表\r\n.pdf", "申报表.pdf"),
        ("申报表（第3版）[终].pdf", "申报表（第3版）[终].pdf"),
        ('a<b>:"|?*.pdf', "a_b______.pdf"),
        ("  a   b .pdf ", "a b.pdf"),
        ("", "未命名"),
        ("...", "未命名"),
        ("长" * 300 + ".pdf", "长" * 116 + ".pdf"),
    ],
)
def test_names_are_kept_without_their_tricks(given, kept):
    assert uploads.clean_name(given) == kept


@pytest.mark.django_db
def test_store_upload_keeps_bytes_under_a_random_name():
    content = made.pdf(2)
    given = upload("盖章页.pdf", content)
    inspected = uploads.inspect(given, ["pdf"], MIB)
    document = uploads.store_upload(given, inspected, "stamp_scan", by=None)
    document.refresh_from_db()
    assert (
        document.kind,
        document.title,
        document.status,
        document.origin,
        document.content_type,
        document.size,
        document.pages,
        document.sha256,
    ) == (
        "stamp_scan",
        "盖章页.pdf",
        "READY",
        "UPLOADED",
        "application/pdf",
        len(content),
        2,
        hashlib.sha256(content).hexdigest(),
    )
    assert keeping.STORED_NAME.fullmatch(document.file.name)
    with default_storage.open(document.file.name) as stored:
        assert stored.read() == content


@pytest.mark.django_db
def test_a_given_title_gets_the_true_extension():
    given = upload("x.JPEG", made.picture("JPEG"))
    inspected = uploads.inspect(given, ["jpg"], MIB)
    document = uploads.store_upload(given, inspected, "s", by=None, title="第1张.照片")
    assert document.title == "第1张.照片.jpg"


@pytest.fixture
def scanner(settings):
    """A clamd that answers what the test says, and keeps what it was sent."""
    server = socket.create_server(("127.0.0.1", 0))
    settings.CLAMAV_ADDRESS = f"127.0.0.1:{server.getsockname()[1]}"
    talk = {"answer": b"stream: OK\0", "heard": b""}

    def serve():
        line, _ = server.accept()
        with line, line.makefile("rb") as sent:
            assert sent.read(10) == b"zINSTREAM\0"
            while length := struct.unpack(">I", sent.read(4))[0]:
                talk["heard"] += sent.read(length)
            line.sendall(talk["answer"])

    threading.Thread(target=serve, daemon=True).start()
    yield talk
    server.close()


def test_the_scanner_hears_the_whole_file(scanner):
    assert codes("a.pdf", made.pdf()) == []
    assert scanner["heard"] == made.pdf()


def test_a_found_virus_is_refused(scanner):
    scanner["answer"] = b"stream: Eicar-Signature FOUND\0"
    assert codes("a.pdf", made.pdf()) == ["file_infected"]


def test_a_confused_scanner_lets_nothing_in(scanner):
    scanner["answer"] = b"INSTREAM size limit exceeded. ERROR\0"
    assert codes("a.pdf", made.pdf()) == ["scanner_away"]


def test_without_its_scanner_nothing_is_taken(settings):
    closed = socket.create_server(("127.0.0.1", 0))
    settings.CLAMAV_ADDRESS = f"127.0.0.1:{closed.getsockname()[1]}"
    closed.close()
    assert codes("a.pdf", made.pdf()) == ["scanner_away"]
