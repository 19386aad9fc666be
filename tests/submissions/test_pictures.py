"""Turned, put in order, several as one PDF; Word and PowerPoint as PDF for reading."""

from __future__ import annotations

import io
import os
import stat

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from qcportal.documents import pictures, reading, serving, uploads
from qcportal.documents.models import Document
from qcportal.refusals import Refused
from submissions import actions, picture_actions, rules
from submissions.stamping import viewer_tabs
from tests import factories

SIZE = (60, 40)


def jpeg(colour="white", exif_turn=1, corner="red"):
    """60×40; the upper left quarter in another colour."""
    image = Image.new("RGB", SIZE, colour)
    image.paste(corner, (0, 0, 30, 20))
    data = Image.Exif()
    data[0x0112], data[0x010F] = exif_turn, "Camera"
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95, exif=data)
    return out.getvalue()


def corner(content, where):
    with Image.open(io.BytesIO(content)) as image:
        x, y = {
            "ul": (3, 3),
            "ur": (image.width - 4, 3),
            "lr": (image.width - 4, image.height - 4),
            "ll": (3, image.height - 4),
        }[where]
        red, green, _ = image.convert("RGB").getpixel((x, y))
        return "red" if red > 150 and green < 120 else "white"


@pytest.mark.parametrize(
    ("exif", "turn", "size", "red"),
    [
        (1, 0, (60, 40), "ul"),
        (1, 90, (40, 60), "ur"),
        (1, 180, (60, 40), "lr"),
        (1, 270, (40, 60), "ll"),
        (6, 0, (40, 60), "ur"),  # the phone was held upright
        (3, 0, (60, 40), "lr"),
        (6, 90, (60, 40), "lr"),
    ],
)
def test_a_picture_is_upright_and_turned(exif, turn, size, red):
    made = pictures.turned(jpeg(exif_turn=exif), turn)
    with Image.open(io.BytesIO(made)) as image:
        assert image.size == size
        assert dict(image.getexif()) == {}  # neither place nor device
    assert [
        where for where in ("ul", "ur", "lr", "ll") if corner(made, where) == "red"
    ] == [red]


def test_a_clear_png_is_printed_on_white():
    out = io.BytesIO()
    Image.new("RGBA", SIZE, (0, 0, 0, 0)).save(out, "PNG")
    made = pictures.as_pdf([(out.getvalue(), 0)])
    from_page = Image.open(io.BytesIO(serving.pdf.page_image(made, 1, 40)))
    assert from_page.convert("RGB").getpixel(
        (from_page.width // 2, from_page.height // 2)
    ) == (255, 255, 255)


def test_pictures_as_pdf_are_pages_of_a4_in_order():
    made = pictures.as_pdf([(jpeg(), 0), (jpeg(exif_turn=6), 0), (jpeg(), 90)])
    with pikepdf.open(io.BytesIO(made)) as found:
        boxes = [[round(float(x)) for x in page.mediabox] for page in found.pages]
    assert boxes == [[0, 0, 842, 595], [0, 0, 595, 842], [0, 0, 595, 842]]


# --- in a slot -------------------------------------------------------------------------


@pytest.fixture
def draft(walk, cast):
    found = walk.draft()
    found.attachments.filter(slot="records").delete()
    for name in ("一.jpg", "二.jpg", "三.png"):
        upload = (
            SimpleUploadedFile(name, jpeg())
            if name.endswith("jpg")
            else factories.png_file(name)
        )
        inspected = uploads.inspect(upload, ["jpg", "png"], 1024 * 1024)
        document = uploads.store_upload(
            upload, inspected, "attachment", by=cast.group.user
        )
        actions.attach(found.pk, "records", document, by=cast.group, at=walk.at)
    return found


def standing(draft):
    return rules.current_attachments(draft)["records"]


def titles(draft):
    return [one.document.title for one in standing(draft)]


@pytest.mark.django_db
def test_moved_up_and_down(draft, cast, walk):
    rows = standing(draft)
    picture_actions.move(rows[2].pk, up=True, by=cast.group, at=walk.at)
    assert titles(draft) == ["一.jpg", "三.png", "二.jpg"]
    picture_actions.move(rows[0].pk, up=True, by=cast.group, at=walk.at)
    picture_actions.move(rows[0].pk, up=False, by=cast.group, at=walk.at)
    assert titles(draft) == ["三.png", "一.jpg", "二.jpg"]


@pytest.mark.django_db
def test_turned_four_times_it_is_the_one_that_was_sent(
    draft, cast, walk, django_capture_on_commit_callbacks
):
    first = standing(draft)[0].document
    for wanted in ((40, 60), (60, 40), (40, 60)):
        with django_capture_on_commit_callbacks(execute=True):
            picture_actions.turn(standing(draft)[0].pk, 90, by=cast.group, at=walk.at)
        now = standing(draft)[0].document
        now.refresh_from_db()
        assert now.is_ready
        with Image.open(io.BytesIO(serving.read(now))) as image:
            assert image.size == wanted
    picture_actions.turn(standing(draft)[0].pk, 90, by=cast.group, at=walk.at)
    assert standing(draft)[0].document == first
    assert titles(draft) == ["一.jpg", "二.jpg", "三.png"]


@pytest.mark.django_db
def test_merged_and_taken_apart(
    draft, cast, walk, client_of, django_capture_on_commit_callbacks
):
    desk = client_of(cast.group)
    with django_capture_on_commit_callbacks(execute=True):
        answer = desk.post(reverse("submissions:merge", args=[draft.code, "records"]))
    assert answer.status_code == 302
    (found,) = standing(draft)
    assert (found.document.status, found.document.pages) == ("READY", 3)
    assert found.document.title == "活动记录等证实性材料（3 页）.pdf"
    page = desk.get(reverse("submissions:edit", args=[draft.code])).content.decode()
    assert "拆开" in page
    desk.post(
        reverse("submissions:arrange", args=[draft.code, found.document.key, "apart"])
    )
    assert titles(draft) == ["一.jpg", "二.jpg", "三.png"]


@pytest.mark.django_db
def test_what_is_still_being_made_is_not_filed(draft, cast, walk):
    picture_actions.merge(draft.pk, "records", by=cast.group, at=walk.at)
    codes = [one.code for one in rules.incomplete(draft)]
    assert codes == ["paper_not_made"]
    Document.objects.filter(kind="attachment", status="WAITING").update(status="FAILED")
    assert [one.code for one in rules.incomplete(draft)] == ["paper_not_made"]


@pytest.mark.django_db
def test_what_cannot_be_done_says_so(draft, cast, walk, client_of):
    report = draft.attachments.get(slot="report")
    for act, code in (
        (lambda: picture_actions.turn(report.pk, 90, by=cast.group, at=walk.at), "not_a_picture"),
        (lambda: picture_actions.turn(standing(draft)[0].pk, 45, by=cast.group, at=walk.at), "not_a_picture"),
        (lambda: picture_actions.merge(draft.pk, "report", by=cast.group, at=walk.at), "no_slot"),
        (lambda: picture_actions.part(report.pk, by=cast.group, at=walk.at), "not_merged"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.codes == [code]
    key = standing(draft)[0].document.key
    other = client_of(cast.other_group)
    for how in ("right", "up", "apart"):
        path = reverse("submissions:arrange", args=[draft.code, key, how])
        assert other.post(path).status_code == 404
    nothing = reverse("submissions:arrange", args=[draft.code, key, "sideways"])
    assert client_of(cast.group).post(nothing).status_code == 404


@pytest.mark.django_db
def test_what_was_typed_is_kept_by_every_button_of_a_slot(draft, cast, client_of):
    key = standing(draft)[1].document.key
    path = reverse("submissions:arrange", args=[draft.code, key, "up"])
    client_of(cast.group).post(path, {"version": draft.version, "title": "新的名称"})
    draft.refresh_from_db()
    assert draft.content["title"] == "新的名称"


# --- LibreOffice --------------------------------------------------------------------------


@pytest.fixture
def office(tmp_path, settings):
    """A program that is called as LibreOffice is, and does what ``does`` says."""

    def install(does: str) -> None:
        program = tmp_path / "soffice"
        page = tmp_path / "page.pdf"
        page.write_bytes(factories.pdf_file(pages=2).read())
        program.write_text(
            "#!/bin/sh\n"
            'while [ $# -gt 0 ]; do case "$1" in --outdir) shift; out="$1";; esac; last="$1"; shift; done\n'
            f'mkdir -p "$out"\n{does.format(page=page)}\n'
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        settings.SOFFICE = str(program)

    return install


COPY = 'cp {page} "$out/$(basename "${{last%.*}}").pdf"'


@pytest.mark.django_db
def test_a_word_file_is_read_as_pdf(
    walk, cast, client_of, office, django_capture_on_commit_callbacks
):
    office(COPY)
    with django_capture_on_commit_callbacks(execute=True):
        found = walk.filed()
    report = found.revision.attachments.get(slot="report").document
    assert (report.extension, report.reading.status, report.reading.pages) == (
        "docx",
        "READY",
        2,
    )
    tab = next(tab for tab in viewer_tabs(found) if tab.label == "成果报告")
    assert len(tab.images) == 2
    desk = client_of(cast.unit)
    assert desk.get(tab.images[1])["Content-Type"] == "image/png"
    given = desk.get(tab.download_url)
    assert "docx" in given["Content-Disposition"]


@pytest.mark.django_db
def test_without_the_program_it_is_downloaded(walk, settings):
    settings.SOFFICE = "/nowhere/soffice"
    found = walk.filed()
    tab = next(tab for tab in viewer_tabs(found) if tab.label == "成果报告")
    assert (tab.images, tab.note) == ([], "Word 文件，没有装转换程序，只能下载后打开看")
    assert Document.objects.filter(kind="reading_copy").count() == 0


@pytest.mark.parametrize("does", ["exit 3", "exit 0", "kill -9 $$"])
def test_a_program_that_fails_leaves_nothing(office, does):
    office(does)
    with pytest.raises(reading.NotConverted):
        reading.as_pdf(b"PK", "docx")


def test_a_program_that_hangs_is_ended(office, monkeypatch):
    monkeypatch.setattr(reading, "SECONDS", 1)
    office("sleep 60")
    with pytest.raises(reading.NotConverted, match="after 1 s"):
        reading.as_pdf(b"PK", "docx")


def test_the_program_gets_no_secrets(office, monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_KEY", "do-not-tell")
    office(f"env > {tmp_path}/env; " + COPY)
    reading.as_pdf(b"PK", "docx")
    assert "do-not-tell" not in (tmp_path / "env").read_text()
    assert os.environ["SECRET_KEY"] == "do-not-tell"
