"""The faces of the papers draw the characters names and forms are made of."""

import json
from pathlib import Path

import pytest
from django.conf import settings
from fontTools.ttLib import TTFont

from scripts import fonts

RARE = "喆堃昇玥祎翀旻䶮骉龑㛃㼆𠅤𬭎𬭸𫟹"
FORM = "☐☑☒□■√✓①“”…—·㎡℃≥±×"


@pytest.fixture(scope="module", params=sorted(fonts.FACES))
def face(request):
    return TTFont(Path(settings.FONTS_DIR) / f"{request.param}.ttf", lazy=True)


def test_every_character_of_names_and_forms_has_an_outline(face):
    names, glyphs = face.getBestCmap(), face["glyf"]

    assert [c for c in RARE + FORM if glyphs[names[ord(c)]].numberOfContours == 0] == []


def test_left_bearing_is_the_outline_s_own(face):
    names, glyphs, metrics = face.getBestCmap(), face["glyf"], face["hmtx"]

    drawn = [names[ord(c)] for c in "成果Ag☑"]
    assert [metrics[n][1] for n in drawn] == [glyphs[n].xMin for n in drawn]


def test_no_layout_tables_are_left(face):
    assert {"GSUB", "GPOS", "vhea", "vmtx", "CFF "} & set(face.keys()) == set()


def test_coverage_says_the_same():
    ranges = json.loads((Path(settings.FONTS_DIR) / "coverage.json").read_text())[
        "ranges"
    ]
    covered = {c for c in RARE + FORM for a, b in ranges if a <= ord(c) <= b}

    assert covered == set(RARE + FORM)
    assert ranges == sorted(ranges)


def test_ranges_join_neighbours():
    assert list(fonts.ranges({5, 1, 2, 3, 9})) == [(1, 3), (5, 5), (9, 9)]
    assert list(fonts.ranges(set())) == []
