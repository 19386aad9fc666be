"""Reading printed papers: words per page, where every character stands, its ink."""

from __future__ import annotations

import io
from dataclasses import dataclass

import pikepdf
import pypdfium2
from PIL import Image
from pypdfium2.raw import FPDFText_GetUnicode

from qcportal.documents import pdf

MM = 72 / 25.4


@dataclass(frozen=True)
class Glyph:
    """A drawn character: page from 1, box in points from the bottom left."""

    page: int
    character: str
    box: tuple[float, float, float, float]


def text_of(content: bytes) -> list[str]:
    """The words of each page, line ends and blanks removed."""
    document = pypdfium2.PdfDocument(content)
    pages = [page.get_textpage().get_text_bounded() for page in document]
    return ["".join(page.split()) for page in pages]


def glyphs(content: bytes) -> list[Glyph]:
    """Every character that takes room, in the order of the text."""
    found = []
    for number, page in enumerate(pypdfium2.PdfDocument(content), 1):
        text = page.get_textpage()
        high = 0
        for index in range(text.count_chars()):
            code = FPDFText_GetUnicode(text.raw, index)
            if 0xD800 <= code < 0xDC00:  # beyond the BMP: two entries for one glyph
                high = code
                continue
            if 0xDC00 <= code < 0xE000:
                code = 0x10000 + ((high - 0xD800) << 10) + code - 0xDC00
            if chr(code).strip():
                found.append(Glyph(number, chr(code), text.get_charbox(index)))
    return found


def outside(content: bytes, margin_mm: float = 8) -> list[Glyph]:
    """Characters nearer to the edge than ``margin_mm``: a printer would cut them."""
    sizes = [page.get_size() for page in pypdfium2.PdfDocument(content)]
    near = margin_mm * MM
    return [
        glyph
        for glyph in glyphs(content)
        for width, height in [sizes[glyph.page - 1]]
        if glyph.box[0] < near
        or glyph.box[1] < near
        or glyph.box[2] > width - near
        or glyph.box[3] > height - near
    ]


def edge_ink(content: bytes, margin_mm: float = 8, dpi: int = 60) -> list[int]:
    """Dark pixels within the margin, by page: 0 where nothing runs off the paper."""
    counts = []
    edge = round(margin_mm * dpi / 25.4)
    for picture in pdf.to_images(content, dpi):
        page = Image.open(io.BytesIO(picture)).convert("L")
        inner = page.crop((edge, edge, page.width - edge, page.height - edge))
        counts.append(sum(page.histogram()[:128]) - sum(inner.histogram()[:128]))
    return counts


def pictures_of(content: bytes, characters: str, dpi: int = 300) -> dict[str, bytes]:
    """How each character was really drawn, as 24 × 24 black or white dots."""
    sizes = [page.get_size() for page in pypdfium2.PdfDocument(content)]
    pages: dict[int, Image.Image] = {}
    drawn = {}
    for glyph in glyphs(content):
        if glyph.character not in characters or glyph.character in drawn:
            continue
        if glyph.page not in pages:
            picture = pdf.page_image(content, glyph.page, dpi)
            pages[glyph.page] = Image.open(io.BytesIO(picture)).convert("L")
        height, scale = sizes[glyph.page - 1][1], dpi / 72
        left, bottom, right, top = glyph.box
        box = (left, height - top, right, height - bottom)
        cut = pages[glyph.page].crop(tuple(round(side * scale) for side in box))
        dots = cut.resize((24, 24)).point(lambda shade: 255 * (shade > 150))
        drawn[glyph.character] = dots.tobytes()
    return drawn


def archival(content: bytes) -> dict[str, str | bool]:
    """What the file says of itself: PDF/A part and level, title, language, tags."""
    with pikepdf.open(io.BytesIO(content)) as opened:
        with opened.open_metadata() as metadata:
            part = metadata.get("pdfaid:part", "")
            level = metadata.get("pdfaid:conformance", "")
            title = str(metadata.get("dc:title", ""))
        marked = opened.Root.get("/MarkInfo", {}).get("/Marked", False)
        return {
            "pdfa": f"{part}{level}".lower(),
            "title": title,
            "language": str(opened.Root.get("/Lang", "")),
            "tagged": bool(marked) and "/StructTreeRoot" in opened.Root,
            "intent": "/OutputIntents" in opened.Root,
        }
