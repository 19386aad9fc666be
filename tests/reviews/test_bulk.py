"""Many results at once: as the single verbs, in a number of queries that does not grow."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from qcportal.audit.models import TrailEntry
from qcportal.inbox.models import Message
from reviews import actions, bulk
from reviews.models import Assignment, Decision
from submissions.lifecycle import MoveName, State
from submissions.models import Step, Submission


@pytest.fixture
def pool(cast):
    return [cast.judge.user, cast.judge2.user, cast.judge3.user]


def three(step, cast):
    """Results of three groups, walked by ``step``."""
    return [
        step(), step(group=cast.second_group, topic_type="innovation"),
        step(group=cast.other_group),
    ]  # fmt: skip


def give(campaign, pool, cast, noon):
    return bulk.assign_evenly(campaign, pool, by=cast.association, at=noon)


def test_every_result_goes_on_and_every_judge_is_told_once(
    walk, cast, campaign, pool, noon
):
    results = three(walk.checked, cast)
    Message.objects.all().delete()

    assert give(campaign, pool, cast, noon) == (9, [])

    assert [walk.fresh(one).state for one in results] == [State.JUDGING] * 3
    steps = Step.objects.filter(move=MoveName.SEND_TO_JUDGES).order_by("submission_id")
    assert [(s.submission_id, s.from_state, s.by_name) for s in steps] == [
        (one.pk, "checked", "周岚") for one in sorted(results, key=lambda s: s.pk)
    ]
    told = Message.objects.order_by("person__pk").values_list("person", "title")
    assert list(told) == [(j.pk, "请评审 3 项成果") for j in pool]
    lines = TrailEntry.objects.filter(what="judge_assigned", campaign=campaign.code)
    assert sorted((e.about, e.data["judge"]) for e in lines) == sorted(
        (one.code, judge.pk) for one in results for judge in pool
    )


def test_a_second_press_gives_out_nothing(walk, cast, campaign, pool, noon):
    walk.checked()
    give(campaign, pool, cast, noon)
    before = (Step.objects.count(), Message.objects.count(), TrailEntry.objects.count())

    assert give(campaign, pool, cast, noon) == (0, [])

    after = (Step.objects.count(), Message.objects.count(), TrailEntry.objects.count())
    assert after == before


def test_who_stepped_back_is_replaced_and_not_asked_again(
    walk, cast, campaign, pool, noon
):
    result = walk.checked()
    campaign.judges_per_submission = 2
    campaign.save(update_fields=["judges_per_submission"])
    give(campaign, pool, cast, noon)
    sheet = Assignment.objects.get(judge=cast.judge.user)
    actions.recuse(sheet.pk, reason="和小组共过事", by=cast.judge, at=noon)

    assert give(campaign, pool, cast, noon) == (1, [])
    assert give(campaign, pool, cast, noon) == (0, [])

    standing = Assignment.objects.filter(submission=result, recused_at__isnull=True)
    assert set(standing.values_list("judge", flat=True)) == {
        cast.judge2.user.pk, cast.judge3.user.pk,
    }  # fmt: skip


def test_a_neighbour_association_gives_out_nothing(walk, cast, campaign, pool, noon):
    walk.checked()
    by = cast.other_association

    assert bulk.assign_evenly(campaign, pool, by=by, at=noon) == (0, [])

    assert not Assignment.objects.exists()


def test_somebody_outside_the_pool_gets_nothing(walk, cast, campaign, noon):
    result = walk.checked()

    assert give(campaign, [cast.unit.user], cast, noon) == (0, [result.code])


def marked(walk, cast, noon):
    """Three results; the last one's sheets are not all handed in."""
    results = three(walk.judging, cast)
    done = [one.pk for one in results[:2]]
    Assignment.objects.filter(submission__in=done).update(submitted_at=noon, total=80)
    return results


def test_what_is_refused_stops_none_of_the_others(walk, cast, campaign, noon):
    first, second, third = marked(walk, cast, noon)
    level = campaign.award_levels.first()
    choices = {third.pk: level, second.pk: None, first.pk: level, 0: level}

    done, refused = bulk.decide_many(choices, by=cast.association, at=noon)

    assert done == [second.pk, first.pk]
    assert [(pk, no.codes) for pk, no in refused] == [(third.pk, ["sheets_missing", "no_score"])]  # fmt: skip
    states = [walk.fresh(one).state for one in (first, second, third)]
    assert states == [State.DECIDED, State.DECIDED, State.JUDGING]
    kept = Decision.objects.order_by("submission_id")
    assert [(d.submission_id, d.level, d.score) for d in kept] == [
        (first.pk, level, 80), (second.pk, None, 80),
    ]  # fmt: skip
    lines = TrailEntry.objects.filter(what="decided", campaign=campaign.code)
    assert {(e.about, e.data["level"]) for e in lines} == {
        (first.code, level.code), (second.code, ""),
    }  # fmt: skip


def test_deciding_again_moves_the_award(walk, cast, campaign, noon):
    first, second, _ = marked(walk, cast, noon)
    high, low = campaign.award_levels.all()[:2]
    bulk.decide_many({first.pk: high, second.pk: high}, by=cast.association, at=noon)

    bulk.decide_many({first.pk: low}, by=cast.association, at=noon)

    levels = Decision.objects.order_by("submission_id").values_list("level", flat=True)
    assert list(levels) == [low.pk, high.pk]


def test_a_neighbour_association_decides_nothing(walk, cast, campaign, noon):
    first, second, _ = marked(walk, cast, noon)
    choices = {first.pk: None, second.pk: None}

    done, refused = bulk.decide_many(choices, by=cast.other_association, at=noon)

    assert (done, [no.codes for _, no in refused]) == ([], [["not_yours"]] * 2)
    assert not Decision.objects.exists()


def asked(act):
    with CaptureQueriesContext(connection) as found:
        act()
    return len(found)


def test_three_are_given_out_in_as_many_queries_as_one(
    walk, cast, campaign, pool, noon
):
    _, *others = three(walk.checked, cast)
    Submission.objects.update(topic_type="problem")  # a rubric is read once per type
    elsewhere = Submission.objects.filter(pk__in=[one.pk for one in others])
    elsewhere.update(state=State.SET_ASIDE)
    once = asked(lambda: give(campaign, pool, cast, noon))
    Assignment.objects.all().delete()
    Submission.objects.update(state=State.CHECKED)
    assert asked(lambda: give(campaign, pool, cast, noon)) == once


def test_three_are_decided_in_as_many_queries_as_one(walk, cast, campaign, noon):
    ids = [one.pk for one in marked(walk, cast, noon)]
    Assignment.objects.update(submitted_at=noon, total=80)
    by = cast.association
    once = asked(lambda: bulk.decide_many({ids[0]: None}, by=by, at=noon))
    many = dict.fromkeys(ids)
    assert asked(lambda: bulk.decide_many(many, by=by, at=noon)) == once
