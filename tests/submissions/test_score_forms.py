"""Marks as they are cleaned for storing and printing."""

from decimal import Decimal

import pytest

from qcportal.campaigns.scoring import plain
from submissions.actions import rubric_for
from submissions.score_forms import SheetForm

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("value", "text"),
    [("13.50", "13.5"), ("10", "10"), ("-0", "0"), ("1E+1", "10"), ("0.0", "0")],
)
def test_marks_print_plainly(value, text):
    assert plain(Decimal(value)) == text


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("13.50", "13.5"), (" 9 ", "9"), ("１２.５", "12.5"), ("1e1", "10"), ("", "")],
)
def test_sheet_form_keeps_marks_plainly(walk, typed, kept):
    rubric = rubric_for(walk.filed())
    first = rubric.criteria_list[0].code
    form = SheetForm(
        {f"mark-{first}": typed, "version": ""}, rubric=rubric, opinion_limit=200
    )
    assert form.is_valid()
    rest = {c.code: "" for c in rubric.criteria_list[1:]}
    assert form.typed == {"marks": {first: kept, **rest}, "opinion": "", "version": 0}


def test_total_adds_what_is_there(walk):
    rubric = rubric_for(walk.filed())
    a, b = (c.code for c in rubric.criteria_list[:2])
    form = SheetForm(
        {f"mark-{a}": "13.5", f"mark-{b}": "27"}, rubric=rubric, opinion_limit=200
    )
    assert form.total == "40.5"
    assert SheetForm(rubric=rubric, opinion_limit=200).total == "—"
