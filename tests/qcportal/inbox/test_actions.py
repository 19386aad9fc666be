"""Messages go to a desk, or to a judge in person; reading is marked once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from qcportal.inbox.actions import mark_all_read, mark_read, tell
from qcportal.inbox.models import Message

pytestmark = pytest.mark.django_db


def seen_by(actor) -> list[str]:
    return list(Message.objects.visible_to(actor).values_list("title", flat=True))


def test_a_message_is_seen_by_the_desk_it_is_addressed_to(cast, noon) -> None:
    tell(cast.unit.organisation, "请盖章", at=noon)
    assert seen_by(cast.unit) == seen_by(cast.keeper) == ["请盖章"]
    assert seen_by(cast.other_unit) == seen_by(cast.group) == []


def test_a_judges_message_is_seen_by_that_judge_alone(cast, noon) -> None:
    host = cast.association.organisation
    tell(host, "请评审", at=noon, person=cast.judge.user)
    assert seen_by(cast.judge) == ["请评审"]
    assert seen_by(cast.judge2) == seen_by(cast.association) == []


def test_long_texts_are_cut_to_what_fits(cast, noon) -> None:
    found = tell(cast.unit.organisation, "题" * 200, "文" * 400, at=noon)
    assert (len(found.title), len(found.body)) == (140, 300)


def test_reading_keeps_the_first_instant_and_stays_at_the_own_desk(cast, noon) -> None:
    own = tell(cast.unit.organisation, "一", at=noon)
    other = tell(cast.other_unit.organisation, "二", at=noon)
    mark_read(cast.unit, own.pk, at=noon)
    mark_read(cast.unit, other.pk, at=noon)
    mark_read(cast.unit, own.pk, at=noon + timedelta(hours=1))
    own.refresh_from_db()
    other.refresh_from_db()
    assert (own.read_at, other.read_at) == (noon, None)
    assert mark_all_read(cast.other_unit, at=noon) == 1
    assert mark_all_read(cast.other_unit, at=noon) == 0
