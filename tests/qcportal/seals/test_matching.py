"""Which print a scan is of: every outcome with its sentence."""

import pytest

from qcportal.documents.page_marks import PageMark
from qcportal.documents.scan_pages import SeenPage
from qcportal.seals.matching import Print, match

HASH = "9ab3c1d2" + "0" * 56
EXPECTED = Print(
    "7F3K-92QD", HASH, 3, older={"0000-0001": "这是第 1 版的扫描件。"},
    others={"0000-0002": "是申报表。"},
)  # fmt: skip
FOREIGN = "不是这份表：页脚二维码是别的材料的。请只传刚打印的这一份的盖章页。"


def seen(*marks):
    """Pages as they came: a number of ours, a whole mark, or None for no code."""
    made = [
        PageMark("7F3K-92QD", one, 3, "9AB3C1D2") if isinstance(one, int) else one
        for one in marks
    ]
    return [SeenPage(0, n, 0, one) for n, one in enumerate(made, start=1)]


def of(code, digest="9AB3C1D2", pages=3):
    return PageMark(code, 1, pages, digest)


@pytest.mark.parametrize(
    ("marks", "outcome", "said"),
    [
        ([1, 2, 3], "matched", []),
        ([3, 1, 2], "matched", []),
        ([1, 2, 2, 3], "matched", []),
        ([1, 3], "missing", ["这份表共 3 页，还缺第 2 页。请把所有页一起选上再传，先后次序不限。"]),
        ([2], "missing", ["这份表共 3 页，还缺第 1、3 页。请把所有页一起选上再传，先后次序不限。"]),
        ([1, None, 3], "unreadable", []),
        ([1, 2, 3, None], "unreadable", []),
        ([None], "unreadable", []),
        ([], "missing", ["这份表共 3 页，还缺第 1、2、3 页。请把所有页一起选上再传，先后次序不限。"]),
        ([of("0000-0001"), 2, 3], "old", ["第 1 张：这是第 1 版的扫描件。"]),
        ([1, of("0000-0002"), 3], "foreign", ["第 2 张是申报表。"]),
        ([1, 2, of("ZZZZ-ZZZZ")], "foreign", [f"第 3 张{FOREIGN}"]),
        ([1, 2, of("7F3K-92QD", "00000000")], "foreign", [f"第 3 张{FOREIGN}"]),
        ([of("7F3K-92QD", pages=1)], "foreign", [f"第 1 张{FOREIGN}"]),
    ],
)  # fmt: skip
def test_outcome_and_sentence(marks, outcome, said):
    found = match(seen(*marks), EXPECTED)
    assert (found.outcome, [r.message for r in found.refusals]) == (outcome, said)


def test_numbers_beside_the_outcome():
    found = match(seen(1, 1, None), EXPECTED)
    assert (found.missing, found.doubled, found.unread, found.pages) == (
        [2, 3],
        [1],
        1,
        3,
    )


def test_before_the_paper_is_made_its_own_marks_say_how_many():
    open_print = Print("7F3K-92QD", HASH)
    assert match(seen(1, 2), open_print).missing == [3]
    assert match(seen(1, 2, 3), open_print).outcome == "matched"


def test_nothing_is_told_of_whose_a_foreign_paper_is():
    [no] = match(seen(of("ZZZZ-ZZZZ")), EXPECTED).refusals
    assert "ZZZZ" not in no.message
