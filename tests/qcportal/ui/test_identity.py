"""Numbers of identity cards are known by their check digit, and refused everywhere."""

import pytest
from django import forms

from qcportal.accounts.names import ALPHABET, check_character
from qcportal.ui import identity
from qcportal.ui.forms import PortalForm
from tests.test_house import ROOT

# Invented: place 310115, born 1990-03-07 and 2001-12-31; the check digits are right.
NUMBERS = ("31011519900307001", "31011520011231999")


def whole(first: str) -> str:
    total = sum(int(c) * w for c, w in zip(first, identity.WEIGHTS, strict=True))
    return first + identity.CHECKS[total % 11]


@pytest.mark.parametrize("first", NUMBERS)
def test_a_number_is_found_however_it_is_written(first):
    number = whole(first)
    for text in (
        number, f"身份证{number}。", number.lower(), f"组长：{number[:6]} {number[6:14]} {number[14:]}",
        "".join(chr(ord(c) + 0xFEE0) for c in number),
    ):  # fmt: skip
        assert identity.holds_number(text), text


@pytest.mark.parametrize("first", NUMBERS)
def test_what_only_looks_alike_is_let_through(first):
    number = whole(first)
    wrong = number[:17] + next(c for c in "0123456789" if c != number[17])
    for text in (wrong, number + "1", "9" + number, "A" + number, number[:17],
                 "99" + number[2:], number[:10] + "1332" + number[14:]):  # fmt: skip
        assert not identity.holds_number(text), text


def test_a_credit_code_is_not_taken_for_one():
    """Codes of Shanghai's places, all of digits, with their own check character."""
    taken = 0
    for place in range(310101, 310152):
        for serial in range(0, 100_000_000, 999_983):
            first = f"91{place}{serial:09d}"
            code = first + check_character(first)
            assert code[-1] in ALPHABET
            taken += identity.holds_number(code)
    assert taken == 0


class Words(PortalForm):
    words = forms.CharField()
    secret = forms.CharField(widget=forms.PasswordInput)


def test_every_form_says_it_beside_the_field_and_keeps_what_was_typed():
    number = whole(NUMBERS[0])
    form = Words({"words": f"王 {number}", "secret": number})
    assert form.errors == {"words": [identity.SENTENCE]}
    assert f"王 {number}" in str(form["words"])


def test_every_form_of_the_portal_is_a_portal_form():
    """The base class holds the guard, so nobody builds on Django's own."""
    own = ROOT / "qcportal/ui/forms.py"
    for app in ("qcportal", "submissions", "recommenders", "reviews"):
        for path in (ROOT / app).rglob("*.py"):
            if path != own:
                assert "(forms.Form)" not in path.read_text("utf-8"), path
