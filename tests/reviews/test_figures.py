"""The numbers of 活动总览: every bar is the one above less what its words name."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from qcportal.campaigns import actions as campaign_actions
from qcportal.campaigns.models import Campaign
from qcportal.campaigns.stages import Stage
from reviews import figures
from submissions import actions
from submissions.lifecycle import State
from submissions.models import Submission


def test_the_funnel_subtracts_what_it_names() -> None:
    states = Counter(
        {
            State.DRAFT: 70, State.WITHDRAWN: 4, State.FILED: 44, State.RETURNED: 19,
            State.STAMPED: 60, State.RECOMMENDED: 22, State.NOT_RECOMMENDED: 3,
            State.DIRECT_ASKED: 2, State.SUBMITTED: 500, State.AMENDMENT_ASKED: 1,
            State.AMENDED: 1, State.SET_ASIDE: 5, State.CHECKED: 11,
        }
    )  # fmt: skip

    assert figures.stage_counts(states) == [
        figures.StageCount("开始填写", 742, "70 项草稿还没提交，4 项已撤回"),
        figures.StageCount("班组已提交", 668, "44 项在单位，19 项退回班组修改"),
        figures.StageCount("单位已盖章", 605, "82 项在推荐单位，3 项未推荐"),
        figures.StageCount(
            "已到秘书处", 520,
            "500 项在形式审查，2 项直接申报待确认，1 项退回补正，1 项补正待盖章，5 项形审未通过",
        ),
        figures.StageCount("形审通过", 11, ""),
    ]  # fmt: skip


def test_an_empty_campaign_has_four_empty_bars() -> None:
    assert figures.stage_counts(Counter()) == [
        figures.StageCount(label, 0, "")
        for label in ("开始填写", "班组已提交", "单位已盖章", "已到秘书处")
    ]


def test_every_state_is_held_by_somebody_or_over() -> None:
    states = Counter(dict.fromkeys(State, 1))

    assert figures.by_holder(states) == [
        ("班组", 3), ("单位", 2), ("推荐单位", 3), ("秘书处", 5), ("评审专家", 1), ("已办结", 5),
    ]  # fmt: skip


@pytest.mark.django_db
class TestCounts:
    def test_states_are_counted_in_one_campaign_only(self, campaign, cast, walk):
        walk.draft()
        walk.filed(group=cast.second_group)
        elsewhere = Campaign.objects.get(code="jiangnan-2019")

        assert figures.by_state(campaign) == {State.DRAFT: 1, State.FILED: 1}
        assert figures.by_state(elsewhere) == {}

    def test_a_recommender_is_one_line(self, campaign, cast, walk):
        walk.submitted()
        walk.stamped(group=cast.second_group, topic_type="innovation")

        bodies = figures.recommenders(campaign)
        rows = figures.recommender_rows(campaign, list(bodies))

        found = [
            (r.organisation.name, r.received, r.recommended, r.places, r.pending,
             r.submitted, r.percent)
            for r in rows
        ]  # fmt: skip
        assert found == [("浦东新区质量协会", 2, 1, 10, 1, 1, 10)]
        assert rows[0].last_at == walk.at

    def test_a_body_nobody_filed_to_yet_is_no_line(self, campaign, cast, walk):
        walk.draft(group=cast.other_group)

        names = [body.name for body in figures.recommenders(campaign)]

        assert names == ["轨道交通行业质量协会"]

    @pytest.mark.parametrize(
        ("lack", "names"),
        [
            ("statistics", ["轨道交通行业质量协会"]),
            ("table", ["轨道交通行业质量协会"]),
            ("junk", ["浦东新区质量协会", "轨道交通行业质量协会"]),
        ],
    )
    def test_only_those_that_lack_something(self, campaign, cast, walk, lack, names):
        walk.submitted()
        walk.stamped(group=cast.other_group)

        found = figures.lacking(figures.recommenders(campaign), lack)

        assert sorted(body.name for body in found) == sorted(names)

    def test_query_count_does_not_grow_with_bodies(
        self, campaign, cast, walk, django_assert_num_queries
    ):
        walk.stamped()
        one = list(figures.recommenders(campaign))
        with django_assert_num_queries(7):
            figures.recommender_rows(campaign, one)
        walk.stamped(group=cast.other_group)
        two = list(figures.recommenders(campaign))
        assert len(two) == 2
        with django_assert_num_queries(7):
            figures.recommender_rows(campaign, two)

    def test_what_to_keep_an_eye_on(self, campaign, cast, walk, noon):
        walk.at = noon - timedelta(days=2, seconds=1)
        walk.filed()
        walk.at = noon - timedelta(days=1)
        walk.filed(group=cast.second_group)

        assert figures.watch(campaign, noon) == figures.Watch(
            units_waiting=1, lacking_statistics=1, lacking_summary=1, direct_asked=0,
            amendments_due=0, amendments_lapsed=0, to_check=0,
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("left", "due", "lapsed"),
        [
            (timedelta(seconds=1), 1, 0),
            (timedelta(days=1), 1, 0),
            (timedelta(days=1, seconds=1), 0, 0),
            (timedelta(0), 0, 1),
            (timedelta(seconds=-1), 0, 1),
        ],
    )
    def test_an_amendment_is_due_and_then_late(
        self, campaign, walk, noon, left, due, lapsed
    ):
        found = walk.submitted()
        Submission.objects.filter(pk=found.pk).update(
            state=State.AMENDMENT_ASKED, due_at=noon + left
        )

        watch = figures.watch(campaign, noon)

        assert (watch.amendments_due, watch.amendments_lapsed) == (due, lapsed)

    def test_what_closing_now_would_leave(self, campaign, cast, walk):
        walk.draft()
        walk.filed(group=cast.second_group)
        walk.stamped(group=cast.other_group)

        assert figures.unfinished(campaign) == [
            ("在班组，还没提交", 1), ("在单位，还没盖章", 1),
            ("在推荐单位，还没交到秘书处", 1),
        ]  # fmt: skip


@pytest.mark.django_db
class TestArrivals:
    def test_two_minute_bars_in_the_last_hour(self, campaign, cast, walk):
        window = campaign.window(Stage.FILING)
        walk.at = window.closes_at - timedelta(minutes=59)
        walk.filed()
        walk.at = window.closes_at - timedelta(minutes=3, seconds=30)
        walk.filed(group=cast.second_group)
        walk.filed(group=cast.other_group)

        found = figures.arrivals(campaign, window, walk.at)

        assert (found.width, len(found.counts)) == (timedelta(minutes=2), 30)
        assert [i for i, n in enumerate(found.counts) if n] == [0, 28]
        assert found.total == 3
        assert found.peak == (window.closes_at - timedelta(minutes=4), 2)

    def test_hours_on_the_last_day_and_days_before(self, campaign, walk):
        window = campaign.window(Stage.FILING)
        walk.at = window.closes_at - timedelta(hours=5, minutes=30)
        walk.filed()

        hours = figures.arrivals(campaign, window, walk.at)
        days = figures.arrivals(
            campaign, window, window.closes_at - timedelta(days=1, seconds=1)
        )

        assert (hours.width, len(hours.counts), hours.total) == (
            timedelta(hours=1), 24, 1,
        )  # fmt: skip
        assert days.width == timedelta(days=1)
        assert timezone.localtime(days.opens_at).hour == 0
        assert (days.total, days.counts[-1]) == (1, 1)

    def test_a_move_at_the_closing_instant_is_not_counted(self, campaign, walk):
        window = campaign.window(Stage.FILING)
        walk.at = window.closes_at - timedelta(seconds=1)
        found = walk.filed()
        found.steps.update(at=window.closes_at)

        assert figures.arrivals(campaign, window, window.opens_at).total == 0

    def test_the_window_that_closes_next_is_the_one(self, campaign, cast, noon):
        stamping = campaign.window(Stage.STAMPING)
        campaign_actions.move_window(
            stamping.pk, opens_at=stamping.opens_at,
            closes_at=noon + timedelta(minutes=30), reason="测试",
            by=cast.association, at=noon,
        )  # fmt: skip
        campaign = Campaign.objects.get(pk=campaign.pk)

        found = figures.current_window(campaign, noon)

        assert found.stage == Stage.STAMPING
        assert figures.is_last_day(found, noon)
        assert not figures.is_last_day(found, found.closes_at)


def test_recalled_results_are_counted_where_they_are_now(campaign, cast, walk, noon):
    found = walk.filed()
    actions.recall(found.pk, by=cast.group, at=noon)

    assert figures.by_state(campaign) == {State.DRAFT: 1}
