"""Lifting an imprint off its paper; the hexagon of the demo, never a real seal."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageDraw, ImageFilter

from qcportal.documents import imprints
from qcportal.documents.imprints import NoImprint

RED = (190, 60, 50)


def photo(radius=320, ink=RED, size=(1600, 1200), print_lines=True) -> Image.Image:
    """A hexagon and a bar on printed paper, lit from one side, slightly blurred."""
    image = Image.new("RGB", size, (235, 228, 215))
    draw = ImageDraw.Draw(image)
    for row in range(10 if print_lines else 0):
        draw.line((100, 100 + row * 90, size[0] - 100, 100 + row * 90), (40, 40, 45), 6)
    if radius:
        x, y, half = 900, 600, radius * 0.866
        points = [(x, y - radius), (x + half, y - radius / 2), (x + half, y + radius / 2),
                  (x, y + radius), (x - half, y + radius / 2), (x - half, y - radius / 2)]  # fmt: skip
        draw.line([*points, *points[:2]], ink, max(4, radius // 20), joint="curve")
        draw.rectangle((x - 80, y - 30, x + 80, y + 30), outline=ink, width=10)
    light = Image.linear_gradient("L").resize(size).point(lambda v: 120 + v // 2)
    image = Image.composite(image, Image.new("RGB", size, (60, 55, 50)), light)
    return image.filter(ImageFilter.GaussianBlur(1.5))


def lifted(image: Image.Image, kind="JPEG") -> tuple[imprints.Imprint, Image.Image]:
    out = io.BytesIO()
    image.save(out, kind, quality=75)
    found = imprints.lift(out.getvalue())
    return found, Image.open(io.BytesIO(found.png))


def test_only_the_ink_is_left_cropped_to_its_edge():
    found, cut = lifted(photo())
    assert cut.mode == "RGBA"
    # The hexagon is 554 px wide and 640 px high, its line 16 px; 4 px stay around it.
    assert found.width == pytest.approx(554 + 16 + 8, abs=12)
    assert found.height == pytest.approx(640 + 18 + 8, abs=14)
    alpha = cut.getchannel("A")
    corner, middle, line = (5, 5), (cut.width // 2, 100), (cut.width // 2, 10)
    assert [alpha.getpixel(p) for p in (corner, middle)] == [0, 0]
    assert alpha.getpixel(line) > 200


def test_black_print_and_shadow_under_it_are_gone():
    _, cut = lifted(photo())
    alpha = cut.getchannel("A")
    # Between hexagon and bar nothing but printed lines and paper was to be seen.
    inside = alpha.crop((60, 200, 180, 440))
    assert inside.getextrema()[1] < 40


def test_the_ink_keeps_its_colour_on_white():
    _, cut = lifted(photo())
    red, green, blue, _ = cut.getpixel((cut.width // 2, 10))
    assert red > 170
    assert max(green, blue) < 110


def test_blue_ink_and_transparent_ground_are_lifted_as_well():
    assert lifted(photo(ink=(40, 60, 170)))[0].width > 500
    bare = Image.new("RGBA", (700, 700), (0, 0, 0, 0))
    ImageDraw.Draw(bare).rectangle((100, 100, 600, 600), outline=(*RED, 255), width=30)
    assert lifted(bare, "PNG")[0].width == pytest.approx(508, abs=6)


@pytest.mark.parametrize(
    ("image", "code"),
    [
        (photo(radius=0), "none"),
        (Image.new("RGB", (800, 800), "white"), "none"),
        (photo(ink=(20, 20, 20)), "none"),
        (photo(radius=90), "small"),
    ],
)
def test_what_cannot_be_used_is_said(image, code):
    with pytest.raises(NoImprint) as no:
        lifted(image)
    assert no.value.code == code
