"""Pictures upright, turned, and several as one PDF. Bytes in, bytes out.

Only for pictures that were looked at when they came (contents.MAX_PIXELS). One is open
at a time; what is written carries none of the camera's data (place, device).
"""

import io
from collections.abc import Iterable

import pikepdf
from PIL import Image, ImageOps

JPEG_QUALITY = 88
PAGE_SIDE = 3300  # px: A4 at 280 dots an inch, enough for handwriting
A4 = (595.28, 841.89)  # points
# Degrees to the right → what Pillow calls it.
TURNS = {
    90: Image.Transpose.ROTATE_270,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}


def turned(content: bytes, turn: int) -> bytes:
    """The picture upright by its own mark and then turned; JPEG or PNG as it was."""
    with Image.open(io.BytesIO(content), formats=["JPEG", "PNG"]) as image:
        kind = image.format or "JPEG"
        upright = _upright(image, turn)
    out = io.BytesIO()
    if kind == "JPEG":
        upright.convert("RGB").save(out, "JPEG", quality=JPEG_QUALITY)
    else:
        upright.save(out, "PNG")
    return out.getvalue()


def as_pdf(pictures: Iterable[tuple[bytes, int]]) -> bytes:
    """One A4 page for each (picture, turn), as large as it fits, in their order."""
    with pikepdf.new() as made:
        for content, turn in pictures:
            _add_page(made, content, turn)
        out = io.BytesIO()
        made.save(out, deterministic_id=True)
    return out.getvalue()


def _upright(image: Image.Image, turn: int) -> Image.Image:
    upright = ImageOps.exif_transpose(image)
    return upright.transpose(TURNS[turn]) if turn in TURNS else upright


def _add_page(made: pikepdf.Pdf, content: bytes, turn: int) -> None:
    with Image.open(io.BytesIO(content), formats=["JPEG", "PNG"]) as image:
        image.draft("RGB", (PAGE_SIDE, PAGE_SIDE))
        page = _on_white(_upright(image, turn))
    page.thumbnail((PAGE_SIDE, PAGE_SIDE))
    packed = io.BytesIO()
    page.save(packed, "JPEG", quality=JPEG_QUALITY)
    width, height = A4 if page.height >= page.width else (A4[1], A4[0])
    scale = min(width / page.width, height / page.height)
    drawn = (page.width * scale, page.height * scale)
    left, low = (width - drawn[0]) / 2, (height - drawn[1]) / 2
    picture = pikepdf.Stream(
        made, packed.getvalue(), Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image, Width=page.width, Height=page.height,
        ColorSpace=pikepdf.Name.DeviceRGB, BitsPerComponent=8,
        Filter=pikepdf.Name.DCTDecode,
    )  # fmt: skip
    sheet = made.add_blank_page(page_size=(width, height))
    name = sheet.add_resource(picture, pikepdf.Name.XObject)
    draw = f"q {drawn[0]:.2f} 0 0 {drawn[1]:.2f} {left:.2f} {low:.2f} cm {name} Do Q"
    sheet.Contents = made.make_stream(draw.encode())


def _on_white(image: Image.Image) -> Image.Image:
    """Transparent parts become paper."""
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        clear = image.convert("RGBA")
        paper = Image.new("RGBA", clear.size, "white")
        return Image.alpha_composite(paper, clear).convert("RGB")
    return image.convert("RGB")
