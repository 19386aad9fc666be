"""A printed paper stamped, scanned badly, and read back."""

from __future__ import annotations

import io

import pikepdf
import pypdfium2
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw, ImageFilter

from qcportal.documents import paging, pdf, scan_pages, scan_reading
from qcportal.documents.page_marks import PageMark
from qcportal.refusals import Refused

CODE, HASH = "7F3K-92QD", "9ab3c1d2" + "0" * 56
FACTS = {
    "code": "2020-SQC-0001", "revision": "第 1 版", "check_code": CODE,
    "qr": paging.PLACE, "title": "成果评分与推荐意见表", "opinion_label": "单位推荐意见",
    "paragraphs": ["同意推荐。"] * 38, "stamp_label": "单位盖章",
}  # fmt: skip


@pytest.fixture(scope="module")
def paper():
    """The real paper of two pages, made by the real maker."""
    made = pdf.render("papers/opinion_form.html", FACTS)
    return paging.mark(made, check_code=CODE, content_hash=HASH)


def drawn(paper: bytes, number: int = 0, dpi: int = 150) -> Image.Image:
    document = pypdfium2.PdfDocument(paper)
    return document[number].render(scale=dpi / 72).to_pil().convert("RGB")


def jpeg(image: Image.Image, quality: int = 40, **given) -> bytes:
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=quality, **given)
    return out.getvalue()


def mark(page: int) -> PageMark:
    return PageMark(CODE, page, 2, "9AB3C1D2")


def stamped_over(image: Image.Image) -> Image.Image:
    """The demo's hexagon, half over the code at the foot."""
    image, across = image.copy(), image.width / 210
    draw = ImageDraw.Draw(image)
    x, y, r = 40 * across, 268 * across, 20 * across
    points = [(x, y - r), (x + r * 0.87, y - r / 2), (x + r * 0.87, y + r / 2),
              (x, y + r), (x - r * 0.87, y + r / 2), (x - r * 0.87, y - r / 2)]  # fmt: skip
    draw.polygon(points, outline=(190, 60, 50), width=round(1.2 * across))
    return image


def photographed(image: Image.Image) -> Image.Image:
    """On a dark table, seen from one side, a little out of focus."""
    table = Image.new("RGB", (image.width * 13 // 10, image.height * 13 // 10), "#554")
    table.paste(image, (image.width * 3 // 20, image.height * 3 // 20))
    w, h = table.size
    corners = (w * 0.02, h * 0.04, -w * 0.03, h * 0.97,
               w * 0.98, h * 1.02, w * 0.93, -h * 0.02)  # fmt: skip
    seen = table.transform(
        (w, h), Image.Transform.QUAD, corners, Image.Resampling.BICUBIC
    )
    return seen.filter(ImageFilter.GaussianBlur(0.8))


WAYS = {
    "rotated by 3": lambda page: page.rotate(3, expand=True, fillcolor="white"),
    "on its side": lambda page: page.rotate(90, expand=True),
    "upside down": lambda page: page.rotate(180),
    "stamped over": stamped_over,
    "a photo": photographed,
    "as it is": lambda page: page,
}


@pytest.mark.parametrize("dpi", [100, 150, 300])
@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_scanning_is_read(paper, way, dpi):
    [seen] = scan_pages.read([jpeg(WAYS[way](drawn(paper, 0, dpi)))])
    turn = {"on its side": 90, "upside down": 180}.get(way, 0)
    assert (seen.mark, seen.turn) == (mark(1), turn)


def test_every_page_says_its_own_number_and_stays_archival(paper):
    assert [one.mark for one in scan_pages.read([paper])] == [mark(1), mark(2)]
    with pikepdf.open(io.BytesIO(paper)) as opened:
        with opened.open_metadata() as metadata:
            assert metadata.pdfa_status == "3B"
        links = [
            str(link["/A"]["/URI"]) for page in opened.pages for link in page["/Annots"]
        ]
    assert [one.rpartition("/")[2][:18] for one in links] == [
        "QC1-7F3K92QD-1-2-9", "QC1-7F3K92QD-2-2-9"
    ]  # fmt: skip


def test_a_paper_without_a_place_is_not_marked():
    bare = pdf.render_html("<p>无</p>")
    with pytest.raises(paging.NoPlace):
        paging.mark(bare, check_code=CODE, content_hash=HASH)


def test_pages_in_any_order_come_out_in_order_and_upright(paper):
    sideways = jpeg(drawn(paper, 0).rotate(90, expand=True))
    found = scan_reading.here([jpeg(drawn(paper, 1)), sideways], CODE)
    assert [(one.mark.page, one.turn) for one in found.pages] == [(2, 0), (1, 90)]
    again = scan_pages.read([found.merged])
    assert [(one.mark.page, one.turn) for one in again] == [(1, 0), (2, 0)]


def test_a_pdf_scanned_upside_down_is_turned(paper):
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(paper)) as opened:
        for page in opened.pages:
            page.rotate(180, relative=True)
        opened.save(out)
    found = scan_reading.here([out.getvalue()], CODE)
    assert [one.turn for one in scan_pages.read([found.merged])] == [0, 0]


def test_a_sound_scan_stays_byte_for_byte(paper):
    assert scan_reading.here([paper], CODE).merged == paper


def test_a_doubled_page_is_kept_once_and_a_blank_one_stands_last(paper):
    blank = jpeg(Image.new("RGB", (600, 850), "white"))
    first = jpeg(drawn(paper, 0))
    found = scan_reading.here([blank, first, first, jpeg(drawn(paper, 1))], CODE)
    assert (len(found.pages), found.kept) == (4, 3)
    again = scan_pages.read([found.merged])
    assert [one.mark and one.mark.page for one in again] == [1, 2, None]


def test_what_a_camera_writes_beside_the_picture_is_left(paper):
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "31.2304N 121.4737E"  # held upright, and where
    photo = jpeg(drawn(paper, 0).rotate(90, expand=True), 60, exif=exif)
    found = scan_reading.here([photo], CODE)
    assert [one.turn for one in found.pages] == [0]
    assert b"121.4737" in photo
    assert b"121.4737" not in found.merged


def test_the_child_answers_as_this_process(paper, settings):
    settings.INSPECT_UPLOADS_APART = True
    photo = jpeg(drawn(paper, 1))
    uploads = [SimpleUploadedFile("2.jpg", photo), SimpleUploadedFile("1.pdf", paper)]
    found = scan_reading.read(uploads, CODE)
    alike = scan_reading.here([photo, paper], CODE)
    assert (found.pages, found.kept) == (alike.pages, alike.kept)
    assert [one.mark.page for one in scan_pages.read([found.merged])] == [1, 2]


def test_what_breaks_the_child_breaks_nothing_else(settings):
    settings.INSPECT_UPLOADS_APART = True
    with pytest.raises(Refused) as no:
        scan_reading.read([SimpleUploadedFile("坏.jpg", b"\xff\xd8\xff broken")], CODE)
    assert no.value.codes == ["scan_not_read"]


def test_too_many_pages_are_refused(settings):
    settings.INSPECT_UPLOADS_APART = True
    out = io.BytesIO()
    with pikepdf.new() as book:
        for _ in range(scan_pages.MOST_PAGES + 1):
            book.add_blank_page(page_size=(60, 60))
        book.save(out)
    with pytest.raises(Refused) as no:
        scan_reading.read([SimpleUploadedFile("书.pdf", out.getvalue())], CODE)
    assert no.value.codes == ["scan_too_many_pages"]
