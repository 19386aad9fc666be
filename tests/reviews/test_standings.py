"""The ranking and the cut: numbers in, awards out, equal scores never parted."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.utils import timezone

from qcportal.accounts.actions import end_seat
from qcportal.campaigns.models import AwardLevel
from qcportal.campaigns.scoring import Score
from reviews import standings
from reviews.standings import Standing
from submissions.models import Submission

GOLD, SILVER = AwardLevel(code="1", name="一等奖"), AwardLevel(code="2", name="二等奖")


def standing(pk: int, value: str | None) -> Standing:
    score = Score(Decimal(value), (Decimal(value),), ()) if value else None
    row = SimpleNamespace(pk=pk, code=f"C{pk}")
    return Standing(row, pk, score, None, None, 1, 1, None)


@pytest.mark.parametrize(
    ("scores", "counts", "levels", "tied"),
    [
        (["95", "90", "85"], (1, 1), {1: "1", 2: "2"}, []),
        (["95", "90", "85"], (5, 5), {1: "1", 2: "1", 3: "1"}, []),
        (["95", "90", "90", "85"], (2, 2), {1: "1", 2: "2", 3: "2"}, ["90"]),
        (["90", "90", "90"], (1, 0), {}, ["90"]),
        (["90", "90"], (2, 0), {1: "1", 2: "1"}, []),
        (["95", "90", "90", "85"], (1, 1), {1: "1"}, ["90"]),
        (["95", None, None], (2, 0), {1: "1"}, []),
        ([], (1, 1), {}, []),
    ],
)
def test_cut(scores, counts, levels, tied):
    rows = [standing(i, score) for i, score in enumerate(scores, 1)]

    found = standings.cut(rows, zip((GOLD, SILVER), counts, strict=True))

    assert {pk: level.code for pk, level in found.levels.items()} == levels
    assert [str(tie.score) for tie in found.ties] == tied


def test_a_tie_names_its_group():
    rows = [standing(1, "95"), standing(2, "90"), standing(3, "90"), standing(4, "90")]

    found = standings.cut(rows, [(GOLD, 2)])

    tie = found.ties[0]
    assert (tie.above, tie.below, tie.codes) == (1, 2, ("C2", "C3", "C4"))
    assert found.lines == {"1": (1, Decimal("95"), Decimal("90"))}


@pytest.mark.django_db
def test_equal_scores_share_a_rank(walk, cast, campaign):
    first = walk.decided()
    second = walk.decided(group=cast.other_group)
    waiting = walk.checked(group=cast.second_group, topic_type="innovation")
    lower = second.assignments.first()
    lower.total -= 3
    lower.save(update_fields=["total"])

    found = standings.ranking(campaign, Submission.objects.filter(campaign=campaign))

    assert [(one.submission.pk, one.rank, one.handed_in, one.assigned) for one in found] == [
        (first.pk, 1, 3, 3), (second.pk, 2, 3, 3), (waiting.pk, None, 0, 0),
    ]  # fmt: skip
    assert found[1].score.value == found[0].score.value - 1
    assert (found[0].own, found[0].body) == (Decimal("90.00"), Decimal("86.50"))


@pytest.mark.django_db
def test_ranking_asks_as_often_for_three_as_for_one(walk, cast, campaign, django_assert_num_queries):  # fmt: skip
    everything = Submission.objects.filter(campaign=campaign)
    walk.decided()
    with django_assert_num_queries(3):
        standings.ranking(campaign, everything)
    walk.decided(group=cast.other_group)
    walk.decided(group=cast.second_group, topic_type="innovation")
    with django_assert_num_queries(3):
        standings.ranking(campaign, everything)


@pytest.mark.django_db
def test_the_pool_leaves_out_who_left(cast, campaign):
    everybody = [cast.judge.user, cast.judge2.user, cast.judge3.user]
    assert list(standings.judges_of(campaign)) == everybody

    cast.judge2.user.is_active = False
    cast.judge2.user.save(update_fields=["is_active"])
    end_seat(cast.judge3.membership, by=None, at=timezone.now() - timedelta(days=1))

    assert list(standings.judges_of(campaign)) == [cast.judge.user]


@pytest.mark.django_db
def test_loads_count_sheets_by_state(walk, cast, campaign):
    walk.decided()
    walk.judging(group=cast.other_group)

    found = standings.loads(campaign)

    assert [(load.given, load.handed_in, load.recused, load.percent) for load in found] == [(2, 1, 0, 50)] * 3  # fmt: skip
