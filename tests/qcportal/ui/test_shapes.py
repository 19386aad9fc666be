"""The numbers behind rulers, rings, cells and strips."""

import datetime as dt

import pytest

from qcportal.ui import shapes

OPENS = dt.datetime(2020, 6, 28, 0, 0, tzinfo=dt.UTC)
CLOSES = dt.datetime(2020, 7, 8, 0, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("before_closing", "level"),
    [
        (dt.timedelta(days=11), "before"),
        (dt.timedelta(days=10), "calm"),
        (dt.timedelta(days=3, seconds=1), "calm"),
        (dt.timedelta(days=3), "soon"),
        (dt.timedelta(hours=1, seconds=1), "soon"),
        (dt.timedelta(hours=1), "last"),
        (dt.timedelta(seconds=1), "last"),
        (dt.timedelta(0), "closed"),
    ],
)
def test_the_window_has_five_levels(before_closing, level):
    assert shapes.window_level(OPENS, CLOSES, CLOSES - before_closing) == level


def test_the_ruler_has_a_tick_per_day_and_a_place_for_today():
    ruler = shapes.ruler(
        OPENS, CLOSES, OPENS + dt.timedelta(days=4), (OPENS + dt.timedelta(days=8),)
    )
    assert ruler == shapes.Ruler(
        ticks=[f"{day * 10}.00%" for day in range(10)],
        notches=["80.00%"],
        now="40.00%",
        running=True,
    )


def test_a_long_window_never_has_more_than_31_ticks():
    ruler = shapes.ruler(OPENS, OPENS + dt.timedelta(days=365), CLOSES)
    assert len(ruler.ticks) == 31


def test_today_stays_on_the_ruler_before_and_after():
    assert shapes.ruler(OPENS, CLOSES, OPENS - dt.timedelta(days=1)).now == "0.00%"
    assert shapes.ruler(OPENS, CLOSES, CLOSES + dt.timedelta(days=1)).now == "100.00%"


def test_six_states_make_six_arcs_from_the_top():
    arcs = shapes.arcs(["done", "now", *["later"] * 4])
    assert [arc["state"] for arc in arcs] == ["done", "now", *["later"] * 4]
    assert arcs[0]["path"] == "M22.35 5.18A15 15 0 0 1 31.66 10.56"


@pytest.mark.parametrize(
    ("used", "places", "pending", "over", "drawn"),
    [
        (1, 1, 0, 0, ["used"]),
        (0, 1, 1, 0, ["pending"]),
        (0, 1, 1, 1, ["pending", "over"]),
        (2, 4, 1, 0, ["used", "used", "pending", "free"]),
        (1, 1, 3, 0, ["used"]),
        (0, 0, 0, 0, []),
    ],
)
def test_quota_cells(used, places, pending, over, drawn):
    assert shapes.cells(used, places, pending, over) == drawn


def test_a_strip_leaves_out_empty_parts_and_knows_what_fits():
    strip = shapes.stretches([("班组", 50), ("单位", 0), ("秘书处", 47), ("专家", 3)])
    assert [(part.label, part.x, part.width) for part in strip] == [
        ("班组", "0.00%", "50.00%"),
        ("秘书处", "50.00%", "47.00%"),
        ("专家", "97.00%", "3.00%"),
    ]
    assert [(part.narrow, part.tiny) for part in strip] == [
        (False, False),
        (False, False),
        (True, True),
    ]


@pytest.mark.parametrize(
    ("page", "pages", "shown"),
    [
        (1, 1, [1]),
        (3, 12, [1, 2, 3, 4, 0, 12]),
        (7, 12, [1, 2, 0, 6, 7, 8, 0, 12]),
        (12, 12, [1, 2, 0, 11, 12]),
    ],
)
def test_the_pager_shows_ends_and_neighbours(page, pages, shown):
    assert shapes.page_numbers(page, pages) == shown
