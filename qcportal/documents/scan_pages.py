"""Reads the pages of a stamped scan and puts them in order. Runs in the child only.

Bytes in, bytes out: every page of the given PDFs and pictures is searched for the code
of its print (page_marks), in whatever order, turned however, and what belongs together
comes back as one upright PDF. zxing-cpp reads the codes (docs/decisions/0015).
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pikepdf
import pypdfium2
import zxingcpp
from PIL import Image, ImageOps

from qcportal.documents import contents, page_marks
from qcportal.documents.page_marks import PageMark

MOST_PAGES = 60  # of one stamped paper
READ_DPI = (200, 300)  # a PDF page is drawn again, finer, when nothing was found
READ_SIDE = (2600, 4000)  # px, the same for pictures
KEPT_SIDE = 3508  # px of A4's long side at 300 dpi: larger photos are made smaller
KEPT_QUALITY = 88
A4_LONG = 297 / 25.4  # inches
POINTS = 72


class TooManyPages(Exception):  # noqa: N818 - says what is wrong
    """More than MOST_PAGES."""


@dataclass(frozen=True)
class SeenPage:
    """``file`` counts from 0, ``page`` from 1; ``turn`` is how many degrees clockwise
    it has to be turned to stand upright; ``mark`` None: no code of ours was read."""

    file: int
    page: int
    turn: int
    mark: PageMark | None


def read(files: Sequence[bytes]) -> list[SeenPage]:
    """Every page of every file, in the order given. Raises TooManyPages."""
    found: list[SeenPage] = []
    for number, content in enumerate(files):
        for page, tries in enumerate(_pages(content), start=1):
            if len(found) == MOST_PAGES:
                raise TooManyPages
            turn, mark = _look(tries)
            found.append(SeenPage(number, page, turn, mark))
    return found


def in_order(seen: Sequence[SeenPage], check_code: str) -> list[SeenPage]:
    """What is kept: the expected print's pages by number, each once, then those whose
    code was not read, as they came."""
    kept: dict[int, SeenPage] = {}
    for one in seen:
        if one.mark is not None and one.mark.check_code == check_code:
            kept.setdefault(one.mark.page, one)
    return [kept[n] for n in sorted(kept)] + [one for one in seen if one.mark is None]


def merge(files: Sequence[bytes], order: Sequence[SeenPage]) -> bytes:
    """One PDF of the pages, upright. A single PDF that already is so stays as it is."""
    if _as_given(files, order):
        return files[0]
    with pikepdf.new() as whole:
        for one in order:
            content = files[one.file]
            if _is_pdf(content):
                with pikepdf.open(io.BytesIO(content)) as source:
                    page = source.pages[one.page - 1]
                    page.rotate(one.turn, relative=True)
                    whole.pages.append(page)
            else:
                with pikepdf.open(io.BytesIO(_picture_page(content, one.turn))) as made:
                    whole.pages.extend(made.pages)
        out = io.BytesIO()
        whole.save(out)
    return out.getvalue()


def _is_pdf(content: bytes) -> bool:
    return contents.kind_of(io.BytesIO(content)) == "pdf"


def _as_given(files: Sequence[bytes], order: Sequence[SeenPage]) -> bool:
    if len(files) != 1 or not _is_pdf(files[0]) or any(one.turn for one in order):
        return False
    with pikepdf.open(io.BytesIO(files[0])) as whole:
        pages = len(whole.pages)
    return [one.page for one in order] == list(range(1, pages + 1))


def _pages(content: bytes) -> Iterator[Iterator[Image.Image]]:
    """For each page its pictures to be searched, the quick one first."""
    if not _is_pdf(content):
        yield _picture_tries(_upright(content).convert("L"))
        return
    document = pypdfium2.PdfDocument(content)
    try:
        for page in document:
            yield _page_tries(page)
            page.close()
    finally:
        document.close()


def _page_tries(page: pypdfium2.PdfPage) -> Iterator[Image.Image]:
    drawn = None
    for dpi, side in zip(READ_DPI, READ_SIDE, strict=True):
        scale = min(dpi / POINTS, side / max(*page.get_size(), 1))
        drawn = page.render(scale=scale, grayscale=True).to_pil().convert("L")
        yield drawn
    if drawn is not None:
        yield ImageOps.autocontrast(drawn, cutoff=2)


def _picture_tries(picture: Image.Image) -> Iterator[Image.Image]:
    for side in READ_SIDE:
        smaller = picture.copy()
        smaller.thumbnail((side, side))
        yield smaller
    if max(picture.size) < READ_SIDE[0]:
        yield picture.resize((picture.width * 2, picture.height * 2))
    yield ImageOps.autocontrast(picture, cutoff=2)


def _look(tries: Iterator[Image.Image]) -> tuple[int, PageMark | None]:
    for picture in tries:
        for code in zxingcpp.read_barcodes(
            picture, formats=zxingcpp.BarcodeFormat.QRCode
        ):
            mark = page_marks.parse(code.text)
            if mark is not None:
                return round(-code.orientation / 90) * 90 % 360, mark
    return 0, None


def _upright(content: bytes) -> Image.Image:
    """As the camera was held (EXIF); what it also wrote there (place, time) is left."""
    with Image.open(io.BytesIO(content), formats=["JPEG", "PNG"]) as picture:
        picture.draft("RGB", (READ_SIDE[1], READ_SIDE[1]))
        turned = ImageOps.exif_transpose(picture)
    if "A" not in turned.getbands() and "transparency" not in turned.info:
        return turned.convert("RGB")
    page = Image.new("RGBA", turned.size, "white")  # nothing behind it is paper
    page.alpha_composite(turned.convert("RGBA"))
    return page.convert("RGB")


def _picture_page(content: bytes, turn: int) -> bytes:
    """A photo as one PDF page, its long side that of A4."""
    picture = _upright(content)
    if turn:
        picture = picture.rotate(-turn, expand=True)
    picture.thumbnail((KEPT_SIDE, KEPT_SIDE))
    out = io.BytesIO()
    resolution = max(picture.size) / A4_LONG
    picture.save(out, "PDF", resolution=resolution, quality=KEPT_QUALITY)
    return out.getvalue()
