"""Lifts a seal's imprint off its paper. Runs in the child only; draws nothing itself.

What is ink is told by its colour: paper, shadow and black print are grey, seal ink is
not. The paper's own brightness is taken out first, so that a photo lit from one side
gives the same as a scan. Every pixel of the result was in the picture given.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageFilter, ImageOps, ImageStat

WORKED_SIDE = 1800  # px: the picture is made smaller than that before anything else
KEPT_SIDE = 1000  # px of the result: 45 mm at 560 dpi
SMALLEST = 240  # px of the imprint as given: 40 mm at 150 dpi
FAINTEST = 40  # of 255: how much colour the strongest ink must have
_FROM, _TO = 0.22, 0.62  # of the strongest colour: from transparent to opaque
_MAP = 160  # px: the coarse picture in which pieces are told apart
_EDGE = 4  # px around the imprint


class NoImprint(Exception):  # noqa: N818 - says what is wrong
    """``code``: ``none`` (no coloured ink), ``small``."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True)
class Imprint:
    """``png``: RGBA, transparent where there is no ink, cropped; ``width``, ``height``
    in px as found in the picture given (after it was made smaller)."""

    png: bytes
    width: int
    height: int


def lift(content: bytes) -> Imprint:
    """The imprint in a photo or scan (JPEG, PNG). Raises NoImprint."""
    picture = _on_white(content)
    picture.thumbnail((WORKED_SIDE, WORKED_SIDE))
    paper = _paper(picture)
    strength = _colour(ImageChops.subtract(paper, picture))
    alpha = _soft(strength)
    box = _largest(alpha)
    if max(box[2] - box[0], box[3] - box[1]) < SMALLEST:
        raise NoImprint("small")
    cut = Image.new("RGB", picture.size, _ink_colour(picture, paper, alpha))
    cut.putalpha(alpha)
    cut = cut.crop(box)
    width, height = cut.size
    cut.thumbnail((KEPT_SIDE, KEPT_SIDE))
    out = io.BytesIO()
    cut.save(out, "PNG", optimize=True)
    return Imprint(out.getvalue(), width, height)


def _on_white(content: bytes) -> Image.Image:
    with Image.open(io.BytesIO(content), formats=["JPEG", "PNG"]) as given:
        given.draft("RGB", (WORKED_SIDE, WORKED_SIDE))
        picture = ImageOps.exif_transpose(given).convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    white.alpha_composite(picture)
    return white.convert("RGB")


def _paper(picture: Image.Image) -> Image.Image:
    """The paper as it would look with nothing on it, lit as it is."""
    small = picture.resize((max(1, picture.width // 8), max(1, picture.height // 8)))
    paper = small.filter(ImageFilter.MaxFilter(9)).filter(ImageFilter.MaxFilter(9))
    return paper.filter(ImageFilter.GaussianBlur(6)).resize(picture.size)


def _colour(ink: Image.Image) -> Image.Image:
    """The spread between the channels: nought for black, grey and white."""
    red, green, blue = ink.split()
    most = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    least = ImageChops.darker(ImageChops.darker(red, green), blue)
    return ImageChops.subtract(most, least).filter(ImageFilter.MedianFilter(3))


def _soft(strength: Image.Image) -> Image.Image:
    """Strength as opacity, soft between _FROM and _TO of the strongest."""
    counts = strength.histogram()
    coloured = sum(counts[FAINTEST:])
    if coloured < strength.width * strength.height / 2000:
        raise NoImprint("none")
    left, peak = coloured // 20, 255  # the strongest twentieth of the coloured pixels
    while peak > FAINTEST and left > counts[peak]:
        left -= counts[peak]
        peak -= 1
    low, high = peak * _FROM, peak * _TO
    curve = [
        round(max(0.0, min(1.0, (v - low) / (high - low))) * 255) for v in range(256)
    ]
    return strength.point(curve)


def _largest(alpha: Image.Image) -> tuple[int, int, int, int]:
    """Where the largest connected piece of ink stands, pieces inside it included."""
    scale = max(1, max(alpha.size) / _MAP)
    size = max(1, int(alpha.width / scale)), max(1, int(alpha.height / scale))
    coarse = alpha.resize(size, Image.Resampling.BOX).point(lambda v: 255 * (v > 24))
    coarse = coarse.filter(ImageFilter.MaxFilter(3))
    best, most = (0, 0, 0, 0), 0
    points = coarse.load()
    seen: set[tuple[int, int]] = set()
    for y in range(size[1]):
        for x in range(size[0]):
            if points[x, y] and (x, y) not in seen:
                piece = _piece(points, size, (x, y))
                seen |= piece
                if len(piece) > most:
                    xs, ys = [p[0] for p in piece], [p[1] for p in piece]
                    best, most = (
                        (min(xs), min(ys), max(xs) + 1, max(ys) + 1),
                        len(piece),
                    )
    rough = [round(v * scale) for v in best]
    exact = alpha.crop(tuple(rough)).point(lambda v: 255 * (v > 64)).getbbox()
    if exact is None:
        raise NoImprint("none")
    return (
        max(0, rough[0] + exact[0] - _EDGE), max(0, rough[1] + exact[1] - _EDGE),
        min(alpha.width, rough[0] + exact[2] + _EDGE),
        min(alpha.height, rough[1] + exact[3] + _EDGE),
    )  # fmt: skip


def _piece(
    points: Image.core.PixelAccess, size: tuple[int, int], start: tuple[int, int]
) -> set[tuple[int, int]]:
    piece, pending = {start}, [start]
    while pending:
        x, y = pending.pop()
        for near in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)):
            inside = 0 <= near[0] < size[0] and 0 <= near[1] < size[1]
            if inside and near not in piece and points[near]:
                piece.add(near)
                pending.append(near)
    return piece


def _ink_colour(
    picture: Image.Image, paper: Image.Image, alpha: Image.Image
) -> tuple[int, ...]:
    """The mean colour of what is fully ink, as on paper lit evenly white."""
    solid = alpha.point(lambda v: 255 * (v > 250))
    inked, bare = (ImageStat.Stat(one, solid).mean for one in (picture, paper))
    return tuple(
        round(min(255.0, 255 * ink / max(white, 1)))
        for ink, white in zip(inked, bare, strict=True)
    )
