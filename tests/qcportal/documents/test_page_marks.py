"""What a page's code says, and that nothing else passes for one."""

import pytest

from qcportal.documents import page_marks
from qcportal.documents.page_marks import PageMark

MARK = PageMark("7F3K-92QD", 2, 13, "9AB3C1D2")
SAID = "HTTPS://PORTAL.EXAMPLE/V/QC1-7F3K92QD-2-13-9AB3C1D2-J"


def test_the_text_is_an_address_of_large_squares():
    said = page_marks.text(MARK, "https://portal.example/")
    assert said.rpartition("-")[0] == SAID.rpartition("-")[0]
    assert set(said) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")
    assert page_marks.parse(said) == MARK


def test_a_site_with_a_path_of_its_own_keeps_its_letters():
    said = page_marks.text(MARK, "https://portal.example/qc")
    assert said.startswith("https://portal.example/qc/V/QC1-7F3K92QD-2-13-")
    assert page_marks.parse(said) == MARK


def test_a_phone_may_make_it_small_and_add_a_slash():
    said = page_marks.text(MARK, "https://portal.example")
    assert page_marks.parse(said.lower() + "/") == MARK


def test_one_wrong_sign_is_noticed():
    said = page_marks.text(MARK, "https://portal.example").rpartition("/")[2]
    for place, sign in enumerate(said):
        for other in "07AZ":
            if sign not in {"-", other} and place > 2:
                wrong = said[:place] + other + said[place + 1 :]
                assert page_marks.parse(wrong) is None, wrong


@pytest.mark.parametrize(
    "said",
    [
        "", "https://portal.example/verify/7F3K-92QD/", "QC1-7F3K92QD-2-13-9AB3C1D2",
        "QC2-7F3K92QD-2-13-9AB3C1D2-J", "QC1-7F3K92QD-0-13-9AB3C1D2-J", "QC1" * 2000,
    ],
)  # fmt: skip
def test_other_texts_are_no_marks(said):
    assert page_marks.parse(said) is None


def test_a_page_beyond_the_last_is_no_page():
    beyond = PageMark("7F3K-92QD", 3, 2, "9AB3C1D2")
    assert page_marks.parse(page_marks.text(beyond, "https://portal.example")) is None
