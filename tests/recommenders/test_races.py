"""Two clerks and one place: the locks on places, and what happens without them."""

import threading

import pytest
from django.db import connection

from qcportal.campaigns import quota_actions, quota_rules
from qcportal.campaigns.actions import end_grant, grant_places
from qcportal.refusals import Refused
from recommenders import actions
from recommenders.models import Candidate
from submissions.lifecycle import PLACED
from submissions.models import Submission

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def at_once(acts):
    """Run the acts in threads that start together; ("done" or refusal codes) each."""
    gate = threading.Barrier(len(acts))
    answers = [None] * len(acts)

    def run(number, act):
        try:
            gate.wait(timeout=30)
            act()
            answers[number] = "done"
        except Refused as no:
            answers[number] = tuple(no.codes)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return answers


@pytest.fixture
def places_for(campaign):
    def lay_down(hard):
        campaign.quota_rules.all().delete()
        campaign.quota_rules.create(subject="recommender", hard=hard)

    return lay_down


def clicks(found, cast, at):
    def click(submission):
        return lambda: actions.recommend(submission.pk, by=cast.recommender, at=at)

    return [click(one) for one in found]


def taken():
    return Submission.objects.filter(state__in=PLACED).count()


def test_two_clerks_and_the_last_place(walk, cast, places_for):
    places_for(1)
    found = [walk.scored(title=f"第{n}项") for n in (1, 2)]
    answers = at_once(clicks(found, cast, walk.at))
    assert sorted(answers, key=str) == [("quota_full",), "done"]
    assert taken() == 1


def test_six_clerks_and_two_places(walk, cast, places_for):
    places_for(2)
    found = [walk.scored(title=f"第{n}项") for n in range(1, 7)]
    answers = at_once(clicks(found, cast, walk.at))
    assert answers.count("done") == 2
    assert answers.count(("quota_full",)) == 4
    assert taken() == 2
    ranks = Candidate.objects.filter(recommended_at__isnull=False)
    assert sorted(ranks.values_list("rank", flat=True)) == [1, 2]


def test_one_result_pressed_by_four_takes_one_place(walk, cast, places_for):
    places_for(9)
    found = walk.scored()
    answers = at_once(clicks([found] * 4, cast, walk.at))
    assert answers == ["done"] * 4
    assert (taken(), Candidate.objects.count()) == (1, 1)


def test_without_the_dossiers_lock_places_are_overbooked(
    walk, cast, places_for, monkeypatch
):
    """The positive control: the same race, the lock left out and every clerk made to
    look before anybody takes. The tests above can fail."""
    places_for(1)
    found = [walk.scored(title=f"第{n}项") for n in (1, 2)]
    # Making the dossier would itself let one clerk wait for the other.
    actions.dossier_of(walk.campaign, cast.recommender.organisation)
    looked = threading.Barrier(2)
    plain = actions.rules.why_not_recommend

    def unlocked(dossier_id):
        return actions.Dossier.objects.select_related("campaign", "recommender").get(
            pk=dossier_id
        )

    def look_then_wait(*given):
        answer = list(plain(*given))
        looked.wait(timeout=30)
        return answer

    numbers = iter((1, 2))
    monkeypatch.setattr(actions, "locked", unlocked)
    monkeypatch.setattr(actions, "hold_places", lambda campaign, *bodies: None)
    monkeypatch.setattr(actions, "_next_rank", lambda candidate: next(numbers))
    monkeypatch.setattr(actions.rules, "why_not_recommend", look_then_wait)
    assert at_once(clicks(found, cast, walk.at)) == ["done", "done"]
    assert taken() == 2


# --- one unit's place over two bodies ---------------------------------------------------


def two_bodies(walk, cast):
    """Two results of one unit, each scored by another body, and one place for both."""
    other = cast.other_recommender.organisation
    found = [
        walk.scored(title="甲"),
        walk.scored(cast.second_group, title="乙", recommender=str(other.key)),
    ]
    walk.campaign.quota_rules.all().delete()
    walk.campaign.quota_rules.create(subject="unit_overall", hard=1)
    for one, by in zip(found, (cast.recommender, cast.other_recommender), strict=True):
        actions.dossier_of(walk.campaign, by.organisation)
        assert one.recommender_id == by.organisation.pk
    return [
        lambda: actions.recommend(found[0].pk, by=cast.recommender, at=walk.at),
        lambda: actions.recommend(found[1].pk, by=cast.other_recommender, at=walk.at),
    ]


def test_two_bodies_and_the_one_place_of_a_unit(walk, cast):
    answers = at_once(two_bodies(walk, cast))
    assert sorted(answers, key=str) == [("unit_quota_full",), "done"]
    assert taken() == 1


def test_without_the_lock_on_the_units_places_both_bodies_take_it(
    walk, cast, monkeypatch
):
    """The positive control: each body's dossier is locked, the unit's places are not."""
    both = two_bodies(walk, cast)
    looked = threading.Barrier(2)
    plain = actions.rules.why_not_recommend

    def look_then_wait(*given):
        answer = list(plain(*given))
        looked.wait(timeout=30)
        return answer

    monkeypatch.setattr(actions, "hold_places", lambda campaign, *bodies: None)
    monkeypatch.setattr(actions.rules, "why_not_recommend", look_then_wait)
    assert at_once(both) == ["done", "done"]
    assert taken() == 2


def test_a_place_is_not_taken_back_while_it_is_taken(walk, cast, places_for):
    """Five rounds: either the body has its second place, or the grant is gone."""
    places_for(1)
    found = [walk.scored(title=f"第{n}项") for n in (1, 2)]
    actions.recommend(found[0].pk, by=cast.recommender, at=walk.at)
    for _ in range(5):
        grant = grant_places(
            walk.campaign, cast.recommender.organisation, category=None,
            topic_type="", extra=1, reason="承办发表赛", by=cast.association, at=walk.at,
        )  # fmt: skip

        def end(pk=grant.pk):
            end_grant(pk, reason="记错了", by=cast.association, at=walk.at)

        answers = at_once([*clicks(found[1:], cast, walk.at), end])
        grant.refresh_from_db()
        if grant.ended_at:
            assert (answers, taken()) == ([("quota_full",), "done"], 1)
        else:
            assert (answers, taken()) == (["done", ("places_in_use",)], 2)
            actions.take_back(found[1].pk, comment="", by=cast.recommender, at=walk.at)
            end()


def test_two_clerks_change_the_rules_at_once(walk, cast, places_for):
    """Whoever comes first is saved; the other is told."""
    places_for(2)
    campaign = walk.campaign
    seen = quota_rules.rules_seen(quota_rules.rules_of(campaign))

    def change(hard):
        quota_actions.save_table(
            campaign.pk, {quota_rules.Cell("recommender"): hard}, seen=seen,
            reason="理事会决定", confirmed=True, by=cast.association, at=walk.at,
        )  # fmt: skip

    answers = at_once([lambda: change(5), lambda: change(7)])
    assert sorted(answers, key=str) == [("stale_version",), "done"]
    assert campaign.quota_rules.get().hard == (5 if answers[0] == "done" else 7)


def test_no_place_is_taken_by_a_rule_that_is_being_changed(walk, cast, places_for):
    """Five rounds: the second place went before the number did, or not at all."""
    places_for(2)
    found = [walk.scored(title=f"第{n}项") for n in (1, 2)]
    actions.recommend(found[0].pk, by=cast.recommender, at=walk.at)
    for _ in range(5):
        now_seen = quota_rules.rules_seen(quota_rules.rules_of(walk.campaign))

        def lower(seen=now_seen):
            quota_actions.save_table(
                walk.campaign.pk, {quota_rules.Cell("recommender"): 1}, seen=seen,
                reason="理事会决定", confirmed=True, by=cast.association, at=walk.at,
            )  # fmt: skip

        answers = at_once([*clicks(found[1:], cast, walk.at), lower])
        assert answers in (["done", "done"], [("quota_full",), "done"])
        assert taken() == (2 if answers[0] == "done" else 1)
        if answers[0] == "done":
            actions.take_back(found[1].pk, comment="", by=cast.recommender, at=walk.at)
        walk.campaign.quota_rules.update(hard=2)
