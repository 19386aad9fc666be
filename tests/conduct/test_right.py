"""The loss of the right to recommend, and what becomes of each pending result."""

from __future__ import annotations

from datetime import timedelta

import pytest

from conduct import actions, rules
from conduct.models import PendingDecision
from qcportal.audit.models import TrailEntry
from qcportal.campaigns.models import Campaign, Extension, Standing, Window
from qcportal.inbox.models import Message
from qcportal.refusals import Refused
from recommenders import actions as recommending
from recommenders.rules import why_not_recommend
from reviews import actions as judging
from reviews.rules import notice_of
from submissions import actions as filing
from submissions.models import Step, Submission
from submissions.rules import why_not_file, why_not_stamp
from tests.conduct import cases

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def case(campaign, cast, noon):
    body = cast.recommender.organisation
    return cases.upheld(cases.complaint(campaign, body, noon), cast, noon)


def take(case, cast, at, choices, *, until=None, by=None, version=None, **given):
    version = cases.fresh(case).version if version is None else version
    return actions.take_right(
        case.pk, cases.loss(at, **given), choices, until=until, version=version,
        by=by or cast.association, at=at,
    )  # fmt: skip


def codes(act, *given, **more):
    with pytest.raises(Refused) as no:
        act(*given, **more)
    return no.value.codes


def test_nothing_is_lost_while_a_pending_result_is_undecided(case, cast, walk, noon):
    one, two = (
        walk.stamped(),
        walk.recommended(cast.second_group, topic_type="innovation"),
    )
    before = Submission.objects.values_list("pk", "state", "recommender")
    kept = list(before)
    assert codes(take, case, cast, noon, {}) == ["undecided", "undecided"]
    assert codes(take, case, cast, noon, {one.code: "direct"}) == ["undecided"]
    assert codes(take, case, cast, noon, {one.code: "stay", two.code: "stay"}) == [
        "choice_wrong"
    ]
    assert codes(
        take, case, cast, noon, {one.code: "direct", two.code: "stay", "2020-X": "stay"}
    ) == ["pending_changed"]
    assert list(before.all()) == kept
    assert not Standing.objects.exists()
    assert not PendingDecision.objects.exists()


@pytest.mark.parametrize(
    ("goal", "choice", "state", "body_stays"),
    [
        ("filed", "anew", "returned", False),
        ("filed", "close", "not_recommended", True),
        ("stamped", "direct", "submitted", False),
        ("stamped", "anew", "returned", False),
        ("stamped", "close", "not_recommended", True),
        ("reserved", "direct", "submitted", False),
        ("reserved", "anew", "returned", False),
        ("reserved", "close", "not_recommended", True),
        ("recommended", "stay", "submitted", True),
        ("recommended", "direct", "submitted", False),
        ("recommended", "anew", "returned", False),
        ("recommended", "close", "not_recommended", True),
        ("submitted", "stay", "submitted", True),
        ("submitted", "direct", "submitted", False),
        ("submitted", "anew", "returned", False),
        ("submitted", "close", "not_recommended", True),
        ("checked", "stay", "checked", True),
        ("checked", "anew", "returned", False),
        ("judging", "direct", "judging", False),
        ("judging", "close", "not_recommended", True),
        ("decided", "stay", "decided", True),
        ("decided", "close", "not_recommended", True),
        ("announced", "stay", "announced", True),
        ("announced", "close", "not_recommended", True),
    ],
)
def test_each_choice_does_what_it_says(
    goal, choice, state, body_stays, case, cast, walk, noon
):
    found = getattr(walk, goal)()
    assert [row.code for row in rules.pending(case)] == [found.code]
    take(case, cast, noon, {found.code: choice})
    after = walk.fresh(found)
    assert (after.state, after.recommender is not None) == (state, body_stays)
    decided = PendingDecision.objects.get()
    assert (decided.submission, decided.choice, decided.was) == (found, choice, goal)
    if after.state != goal:
        assert "向班组收取费用" in Step.objects.filter(submission=found)[0].comment
    for desk in (found.group, found.unit):
        told = Message.objects.filter(organisation=desk, body__contains="取消推荐资格")
        assert told.count() == 1
    line = TrailEntry.objects.get(what="pending_decided")
    assert (line.about, line.data["reason"]) == (
        found.code,
        decided.get_choice_display(),
    )


def test_every_state_with_a_choice_is_tried_above():
    tried = {
        "filed",
        "stamped",
        "reserved",
        "recommended",
        "submitted",
        "checked",
        "judging",
        "decided",
        "announced",
    }
    assert tried | {"amendment_asked", "amended"} == {s.value for s in rules.CHOICES}


def test_what_is_closed_during_the_notice_is_not_published(case, cast, walk, noon):
    kept = walk.announced()
    gone = walk.stamped(cast.second_group, topic_type="innovation")
    assert [row.code for row in rules.pending(case)] == [kept.code, gone.code]
    take(case, cast, noon, {kept.code: "close", gone.code: "close"})
    campaign = kept.campaign
    notice = notice_of(campaign)
    assert [entry.submission for entry in notice.entries.all()] == [kept]
    results = judging.publish(campaign.pk, by=cast.association, at=notice.closes_at)
    assert list(results.entries.all()) == []
    assert walk.fresh(kept).state == "not_recommended"
    assert walk.fresh(kept).certificate_number == ""


def test_what_an_ended_campaign_left_behind_is_not_asked_about(case, walk, noon):
    found = walk.stamped()
    Campaign.objects.filter(pk=found.campaign_id).update(ended_at=noon)
    assert rules.pending(case) == []


def test_a_second_click_answers_with_the_first(case, cast, walk, noon):
    found = walk.stamped()
    version = cases.fresh(case).version
    first = take(case, cast, noon, {found.code: "direct"}, version=version)
    assert take(case, cast, noon, {found.code: "direct"}, version=version) == first
    assert Standing.objects.count() == PendingDecision.objects.count() == 1


def test_the_second_handler_with_an_old_page_is_refused(case, cast, walk, noon):
    found, seen = walk.stamped(), cases.fresh(case).version
    actions.note(case.pk, "等财务回执。", by=cast.association, at=noon)
    assert codes(take, case, cast, noon, {found.code: "direct"}, version=seen) == [
        "stale_version"
    ]
    assert not Standing.objects.exists()


def test_a_result_that_came_in_meanwhile_stops_the_act(case, cast, walk, noon):
    first = walk.stamped()
    walk.stamped(cast.second_group)
    assert codes(take, case, cast, noon, {first.code: "direct"}) == ["undecided"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"kind": "other"}, "kind_missing"),
        ({"begins_at": "ahead"}, "begin_ahead"),
        ({"kind": "suspended"}, "end_missing"),
        ({"kind": "suspended", "ends_at": "past"}, "end_missing"),
        ({"ends_at": "ahead"}, "end_not_wanted"),
        ({"reason": " "}, "reason_missing"),
    ],
)
def test_a_loss_says_from_when_until_when_and_why(given, code, case, cast, noon):
    days = {"ahead": noon + DAY, "past": noon - DAY}
    given = {k: days.get(v, v) for k, v in given.items()}
    assert codes(take, case, cast, noon, {}, **given) == [code]


def test_only_a_manager_and_only_after_it_was_upheld(campaign, cast, noon):
    body = cast.recommender.organisation
    open_case = cases.heard(cases.complaint(campaign, body, noon), cast, noon)
    assert codes(take, open_case, cast, noon, {}) == ["not_upheld"]
    done = cases.upheld(cases.complaint(campaign, body, noon), cast, noon)
    neighbour = codes(take, done, cast, noon, {}, by=cast.other_association)
    assert neighbour == ["not_yours"]
    take(done, cast, noon, {})
    third = cases.upheld(cases.complaint(campaign, body, noon), cast, noon)
    assert codes(take, third, cast, noon, {}) == ["lost_already"]


def test_the_body_can_neither_be_chosen_nor_act_until_the_right_is_back(
    case, cast, walk, noon, campaign
):
    draft, waiting = (
        walk.draft(),
        walk.stamped(cast.second_group, topic_type="innovation"),
    )
    late = walk.draft(cast.second_group)
    take(case, cast, noon, {waiting.code: "direct"})

    def lost(refusals):
        return "standing_lost" in [r.code for r in refusals]

    assert lost(why_not_file(draft, cast.group, noon))
    assert lost(why_not_recommend(waiting, cast.recommender, noon))
    chosen = draft.form.form.meaning("recommender").code
    assert [r.field for r in why_not_file(draft, cast.group, noon) if r.code == "standing_lost"] == [chosen]  # fmt: skip
    actions.restore_right(
        case.pk,
        reason="整改完毕",
        version=cases.fresh(case).version,
        by=cast.association,
        at=noon,
    )
    assert not lost(why_not_file(late, cast.second_group, noon))
    assert codes(
        actions.restore_right,
        case.pk,
        reason="整改",
        version=9,
        by=cast.association,
        at=noon,
    ) == ["not_lost"]
    assert Standing.objects.get().end_reason == "整改完毕"
    told = Message.objects.filter(organisation=case.body).values_list(
        "title", flat=True
    )
    assert {"已取消推荐资格", "推荐资格已恢复"} <= set(told)


def test_a_suspension_is_half_open(case, cast, walk, noon):
    end = noon + 10 * DAY
    take(case, cast, noon, {}, kind="suspended", ends_at=end)
    draft = walk.draft()

    def lost(at):
        return "standing_lost" in [r.code for r in why_not_file(draft, cast.group, at)]

    second = timedelta(seconds=1)
    begins = noon - timedelta(hours=1)
    assert [lost(at) for at in (begins - second, begins, end - second, end)] == [
        False, True, True, False,
    ]  # fmt: skip


def test_another_associations_campaign_is_not_touched(case, cast, walk, noon):
    """The neighbour laid nothing down: its loss does not hold here, nor ours there."""
    Standing.objects.create(
        recommender=cast.other_recommender.organisation, kind="struck_off", reason="x",
        association=cast.other_association.organisation, begins_at=noon - DAY,
    )  # fmt: skip
    found = walk.stamped(cast.other_group)
    assert "standing_lost" not in [
        r.code for r in why_not_recommend(found, cast.other_recommender, noon)
    ]
    assert rules.pending(case) == []


def test_those_sent_back_after_the_bell_get_time_of_their_own(
    case, cast, walk, noon, campaign
):
    found = walk.recommended()
    Window.objects.filter(campaign=campaign).update(
        closes_at=noon - timedelta(minutes=1)
    )
    assert codes(take, case, cast, noon, {found.code: "anew"}) == ["until_missing"]
    assert codes(take, case, cast, noon, {found.code: "anew"}, until=noon) == [
        "until_past"
    ]
    until = noon + 3 * DAY
    take(case, cast, noon, {found.code: "anew"}, until=until)
    given = set(Extension.objects.values_list("stage", "record", "closes_at"))
    assert given == {
        (s, found.code, until) for s in ("filing", "stamping", "recommending")
    }
    after = walk.fresh(found)
    other = cast.other_recommender.organisation
    field = after.form.form.meaning("recommender").code
    assert after.content[field] == ""
    filing.save_draft(after.pk, {**after.content, field: str(other.key)}, version=after.version,
                      by=cast.group, at=noon)  # fmt: skip
    filing.file(after.pk, confirmed=True, by=cast.group, at=noon)
    again = walk.fresh(after)
    assert (again.state, again.recommender) == ("filed", other)
    sheet_only = {"sheet_missing", "paper_not_printed", "stamp_missing"}
    refusals = why_not_stamp(
        again, cast.unit, noon, evidence="scan", scan=None, confirmed=True
    )
    assert {r.code for r in refusals if r.kind == "refusal"} <= sheet_only


def test_a_place_comes_free_and_the_candidate_steps_back(
    case, cast, walk, noon, campaign
):
    found = walk.recommended()
    dossier = recommending.dossier_of(campaign, case.body)
    assert dossier.candidates.filter(recommended_at__isnull=False).count() == 1
    take(case, cast, noon, {found.code: "anew"})
    assert dossier.candidates.filter(recommended_at__isnull=False).count() == 0
