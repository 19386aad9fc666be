"""Typed ranks and figures: what a person's numbers become."""

import pytest

from recommenders.forms import plain_figure, reordered, typed_ranks

THREE = [("A", 1), ("B", 2), ("C", 3)]


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ({}, ["A", "B", "C"]),
        ({"A": 1, "B": 2, "C": 3}, ["A", "B", "C"]),
        ({"C": 1}, ["C", "A", "B"]),
        ({"A": 3}, ["B", "C", "A"]),
        ({"A": 2, "B": 1}, ["B", "A", "C"]),
        ({"A": 3, "B": 1, "C": 2}, ["B", "C", "A"]),
        ({"A": 99}, ["B", "C", "A"]),
        ({"B": None}, ["A", "C"]),
        ({"D": 2}, ["A", "D", "B", "C"]),
        ({"D": None}, ["A", "B", "C"]),
        ({"C": 1, "D": 1}, ["D", "C", "A", "B"]),
    ],
)
def test_reordered(typed, wanted):
    assert reordered(THREE, typed) == wanted


def test_typed_ranks_take_only_whole_numbers():
    typed = {
        "rank-A": " 2 ",
        "rank-B": "",
        "rank-C": "第三",
        "rank-D": "0",
        "rank-E": "²",
        "rank-F": "9" * 40,
        "csrfmiddlewaretoken": "x",
    }
    assert typed_ranks(typed) == {
        "A": 2,
        "B": None,
        "C": None,
        "D": 1,
        "E": None,
        "F": None,
    }


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("1,286", "1286"),
        ("1，286", "1286"),
        ("１２８６", "1286"),
        (" 18640.50 ", "18640.50"),
        ("", ""),
        ("很多", "很多"),
        ("NaN", "NaN"),
        ("1e999999", "1e999999"),
    ],
)
def test_plain_figure(typed, kept):
    assert plain_figure(typed) == kept
