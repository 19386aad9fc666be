"""The sprite is built from the list of icons, and what is shipped is clean."""

import hashlib
import json

import pytest

from scripts import vendor_assets

OUTLINE = """<!-- tags: [a] --><svg xmlns="http://www.w3.org/2000/svg" width="24"
  viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2">
  <path stroke="none" d="M0 0h24v24H0z" fill="none"/><path d="M5 12l5 5l10 -10" /></svg>"""
FILLED = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"
  fill="currentColor"><path stroke="none" d="M0 0h24v24H0z" fill="none"/>
  <path d="M8 1l1 1z" stroke-width="0" fill="currentColor" /></svg>"""
SPRITE = """<svg xmlns="http://www.w3.org/2000/svg">
<symbol id="i-check" viewBox="0 0 24 24" fill="none" stroke="currentColor" \
stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">\
<path d="M5 12l5 5l10 -10"/></symbol>
<symbol id="i-filled-star" viewBox="0 0 24 24" fill="currentColor">\
<path d="M8 1l1 1z"/></symbol>
</svg>
"""


@pytest.fixture
def icons(tmp_path):
    for name, text in {"outline/check": OUTLINE, "filled/star": FILLED}.items():
        path = tmp_path / f"{name}.svg"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_list_of_icons_skips_comments_blanks_and_repeats():
    text = "# tabs\ncheck\n\nfilled/star  # marks\ncheck\n"

    assert vendor_assets.icon_names(text) == ["check", "filled/star"]


def test_sprite_holds_outlines_and_filled_icons(icons):
    assert vendor_assets.sprite(["check", "filled/star"], icons) == SPRITE


def test_unknown_icon_stops_with_its_name(icons):
    with pytest.raises(SystemExit, match="No such Tabler icon: cheque, filled/check"):
        vendor_assets.sprite(["check", "cheque", "filled/check"], icons)


@pytest.mark.parametrize(
    ("shipped", "clean"),
    [
        (b"a()\n//# sourceMappingURL=a.js.map", b"a()\n"),
        (b"a{}\n/*# sourceMappingURL=a.css.map */\n", b"a{}\n"),
        (b"a{}", b"a{}"),
    ],
)
def test_source_map_comments_are_taken_off(shipped, clean):
    assert vendor_assets.SOURCE_MAP.sub(b"\n", shipped) == clean


def test_recorded_digests_are_those_of_the_files():
    recorded = json.loads((vendor_assets.VENDOR / "versions.json").read_text())["files"]

    assert {name: entry["sha256"] for name, entry in recorded.items()} == {
        name: hashlib.sha256((vendor_assets.VENDOR / name).read_bytes()).hexdigest()
        for name in [*vendor_assets.FILES, "../icons/sprite.svg"]
    }
