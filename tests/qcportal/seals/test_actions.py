"""Seal pictures: only their keeper, one at a time, nothing forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest

from qcportal.audit.models import TrailEntry
from qcportal.refusals import Refused
from qcportal.seals import actions
from qcportal.seals.models import SealPicture
from tests.factories import png_file, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def picture(cast):
    return stored(png_file(), "seal_picture", cast.keeper)


def test_the_keeper_deposits_the_picture_with_an_undertaking(cast, picture, noon):
    kept = actions.keep_picture(picture, undertaken=True, by=cast.keeper, at=noon)
    assert (kept.organisation, kept.picture, kept.keeper, kept.began_at, kept.ended_at) == (
        cast.unit.organisation, picture, cast.keeper.user, noon, None,
    )  # fmt: skip
    assert kept.undertaking == actions.UNDERTAKING
    line = TrailEntry.objects.get(what="seal_picture_kept")
    assert line.data == {"sha256": picture.sha256}


def test_a_newer_picture_ends_the_older_one(cast, picture, noon) -> None:
    first = actions.keep_picture(picture, undertaken=True, by=cast.keeper, at=noon)
    later = noon + timedelta(hours=1)
    second = actions.keep_picture(picture, undertaken=True, by=cast.keeper, at=later)
    first.refresh_from_db()
    assert (first.ended_at, second.ended_at) == (later, None)


@pytest.mark.parametrize(
    ("who", "undertaken", "codes"),
    [("unit", True, ["not_seal_keeper"]), ("keeper", False, ["no_undertaking"])],
)
def test_nobody_else_and_not_without_the_undertaking(
    who, undertaken, codes, cast, picture, noon
) -> None:
    actor = getattr(cast, who)
    with pytest.raises(Refused) as no:
        actions.keep_picture(picture, undertaken=undertaken, by=actor, at=noon)
    assert no.value.codes == codes
    assert not SealPicture.objects.exists()


def test_only_the_keeper_ends_it_and_only_the_own_one(cast, picture, noon) -> None:
    kept = actions.keep_picture(picture, undertaken=True, by=cast.keeper, at=noon)
    with pytest.raises(Refused) as no:
        actions.end_picture(by=cast.unit, at=noon)
    assert no.value.codes == ["not_seal_keeper"]
    actions.end_picture(by=cast.other_unit, at=noon)
    kept.refresh_from_db()
    assert kept.ended_at is None
    actions.end_picture(by=cast.keeper, at=noon)
    kept.refresh_from_db()
    assert kept.ended_at == noon
