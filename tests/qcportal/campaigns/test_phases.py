"""Where a campaign stands, at every edge."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from qcportal.campaigns.models import Campaign, Window
from qcportal.campaigns.phases import (
    Phase,
    Released,
    next_change,
    next_milestone,
    phase,
)
from qcportal.campaigns.stages import Stage

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def local(*given: int) -> datetime:
    return datetime(*given, tzinfo=SHANGHAI)


OPENS, CLOSES = local(2020, 6, 28), local(2020, 7, 12, 22)


@pytest.fixture
def year(campaign) -> Campaign:
    Window.objects.filter(campaign=campaign).update(opens_at=OPENS, closes_at=CLOSES)
    return Campaign.objects.get(pk=campaign.pk)


NOTICE = Released(local(2020, 11, 2, 9), local(2020, 11, 9, 17))
RESULTS = Released(local(2020, 11, 2, 9), local(2020, 11, 9, 17), local(2020, 12, 1))


@pytest.mark.parametrize(
    ("at", "released", "expected"),
    [
        (OPENS - SECOND, Released(), Phase.BEFORE),
        (OPENS, Released(), Phase.OPEN),
        (local(2020, 7, 11, 23, 59, 59), Released(), Phase.OPEN),
        (local(2020, 7, 12), Released(), Phase.LAST_DAY),
        (CLOSES - SECOND, Released(), Phase.LAST_DAY),
        (CLOSES, Released(), Phase.CLOSED),
        (local(2020, 7, 12, 23, 59, 59), Released(), Phase.CLOSED),
        (local(2020, 7, 13), Released(), Phase.REVIEW),
        (NOTICE.notice_opens - SECOND, NOTICE, Phase.REVIEW),
        (NOTICE.notice_opens, NOTICE, Phase.PUBLIC_NOTICE),
        (NOTICE.notice_closes - SECOND, NOTICE, Phase.PUBLIC_NOTICE),
        (NOTICE.notice_closes, NOTICE, Phase.REVIEW),
        (RESULTS.results_at - SECOND, RESULTS, Phase.REVIEW),
        (RESULTS.results_at, RESULTS, Phase.RESULTS),
    ],
)
def test_every_edge_is_half_open(year, at, released, expected):
    assert phase(year, at, released) == expected


def test_closing_at_midnight_ends_the_day_before(year):
    Window.objects.filter(campaign=year).update(closes_at=local(2020, 7, 13))
    fresh = Campaign.objects.get(pk=year.pk)
    assert phase(fresh, local(2020, 7, 12, 9)) == Phase.LAST_DAY
    assert phase(fresh, local(2020, 7, 13)) == Phase.REVIEW


def test_the_checking_window_says_when_review_begins(year):
    Window.objects.create(
        campaign=year, stage=Stage.CHECKING, opens_at=local(2020, 7, 16),
        closes_at=local(2020, 7, 21),
    )  # fmt: skip
    fresh = Campaign.objects.get(pk=year.pk)
    assert phase(fresh, local(2020, 7, 16) - SECOND) == Phase.CLOSED
    assert phase(fresh, local(2020, 7, 16)) == Phase.REVIEW


def test_a_category_of_its_own_time_keeps_the_campaign_open(year):
    category = year.categories.get(code="result")
    Window.objects.create(
        campaign=year, stage=Stage.FILING, category=category, opens_at=OPENS,
        closes_at=CLOSES + 3 * DAY,
    )  # fmt: skip
    fresh = Campaign.objects.get(pk=year.pk)
    assert phase(fresh, CLOSES + DAY) == Phase.OPEN
    assert phase(fresh, CLOSES + 3 * DAY - SECOND) == Phase.LAST_DAY


def test_without_windows_it_is_before_until_it_is_ended(year):
    Window.objects.filter(campaign=year).delete()
    fresh = Campaign.objects.get(pk=year.pk)
    assert phase(fresh, CLOSES) == Phase.BEFORE
    fresh.ended_at = CLOSES
    assert phase(fresh, CLOSES) == Phase.RESULTS


def test_the_next_change_is_the_next_edge_of_the_phase(year):
    at, seen = OPENS - DAY, []
    while (at := next_change(year, at, RESULTS)) is not None:
        seen.append(at)
    assert seen == [
        OPENS, local(2020, 7, 12), CLOSES, local(2020, 7, 13), RESULTS.notice_opens,
        RESULTS.notice_closes, RESULTS.results_at,
    ]  # fmt: skip
    for before, after in itertools.pairwise(seen):
        assert phase(year, before, RESULTS) == phase(year, after - SECOND, RESULTS)


def test_the_next_milestone_passes_over_those_without_a_day(year):
    lines = list(year.milestones.all())
    today = lines[2].ends_on
    lines[3].starts_on = lines[3].ends_on = None
    assert next_milestone(lines, today) == lines[2]
    assert next_milestone(lines, today + DAY) in (None, *lines[4:])
    assert next_milestone(lines, lines[-1].ends_on + DAY) is None
