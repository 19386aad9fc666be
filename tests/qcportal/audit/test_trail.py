"""The trail takes lines and never gives one back."""

from __future__ import annotations

import pytest

from qcportal.audit import words
from qcportal.audit.models import TrailEntry
from qcportal.audit.record import record

pytestmark = pytest.mark.django_db


def test_a_line_says_who_for_whom_what_and_when(cast, noon) -> None:
    line = record(
        cast.unit,
        "stamped",
        "2020-SQC-0001",
        at=noon,
        campaign="shanghai-2020",
        tier="unit",
    )
    unit = cast.unit
    assert (
        line.user_key, line.user_name, line.organisation_key, line.organisation_name,
        line.what, line.about, line.campaign, line.data, line.at,
    ) == (
        str(unit.user.pk), "王敏", str(unit.organisation.key), unit.organisation.name,
        "stamped", "2020-SQC-0001", "shanghai-2020", {"tier": "unit"}, noon,
    )  # fmt: skip


def test_what_the_portal_does_by_itself_is_signed_by_the_system(noon) -> None:
    line = record(None, "published", at=noon)
    assert (line.user_key, line.user_name, line.organisation_key) == ("", "系统", "")


def test_lines_are_neither_changed_nor_deleted(noon) -> None:
    line = record(None, "published", at=noon)
    for change in (
        lambda: TrailEntry.objects.update(what="nothing"),
        lambda: TrailEntry.objects.all().delete(),
        line.delete,
    ):
        with pytest.raises(TypeError):
            change()
    assert TrailEntry.objects.get().what == "published"


def test_codes_are_said_in_words(noon) -> None:
    assert words.what("window_moved") == "改时间"
    assert words.what("never_heard_of") == "never_heard_of"
    assert words.about("window_moved", "filing") == "班组申报"
    assert words.about("seat_granted", "0c9d") == ""
    moved = {"old": ["2020-06-27T16:00:00+00:00", "2020-07-12T14:00:00+00:00"],
             "new": ["2020-06-27T16:00:00+00:00", "2020-07-13T14:00:00+00:00"],
             "reason": "系统维护"}  # fmt: skip
    assert words.details(moved) == (
        "6-28 00:00 到 7-12 22:00 改为 6-28 00:00 到 7-13 22:00，原因：系统维护"
    )
    assert words.details({"rows": 0, "tier": "unit"}) == "单位，0 项"
