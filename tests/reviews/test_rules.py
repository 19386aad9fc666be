"""Rules and actions of checks, judging, awards, publication: one table per question."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from qcportal.accounts.actions import grant_seat
from qcportal.accounts.roles import Duty
from qcportal.campaigns.models import AwardLevel, CheckItem
from qcportal.refusals import Refused
from reviews import actions, bulk, rules
from reviews.models import (
    CROCKFORD,
    Assignment,
    Certificate,
    Check,
    Publication,
    check_character,
    new_verify_code,
)
from submissions import actions as filing
from submissions.lifecycle import State
from tests.factories import full_marks

pytestmark = pytest.mark.django_db

REMARK = "现状调查分层清楚，建议补充要因确认的测量数据。"


def codes(refusals):
    return [one.code for one in refusals]


def all_fit(campaign):
    return {i.pk: (True, "") for i in CheckItem.objects.filter(campaign=campaign)}


# --- the formal check


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda answers, first: answers, []),
        (lambda answers, first: {k: v for k, v in answers.items() if k != first}, ["item_unanswered"]),
        (lambda answers, first: {**answers, first: False}, ["item_unfit"]),
        (lambda answers, first: {}, ["item_unanswered"]),
        (lambda answers, first: {first: False}, ["item_unanswered", "item_unfit"]),
    ],
)  # fmt: skip
def test_pass_needs_every_item_answered_and_fit(walk, cast, campaign, noon, spoil, expected):  # fmt: skip
    submission = walk.submitted()
    answers = {pk: fits for pk, (fits, _) in all_fit(campaign).items()}
    given = spoil(answers, next(iter(answers)))

    assert (
        codes(rules.why_not_pass(submission, given, cast.association, noon)) == expected
    )


def test_only_the_campaigns_own_association_passes(walk, cast, campaign, noon):
    submission = walk.submitted()

    for actor in (cast.other_association, cast.recommender, cast.judge):
        with pytest.raises(Refused) as no:
            actions.pass_check(submission.pk, all_fit(campaign), by=actor, at=noon)
        assert no.value.codes == ["not_yours"]
    submission.refresh_from_db()
    assert submission.state == State.SUBMITTED


def test_amendment_gets_a_deadline_at_five(walk, cast, campaign, noon):
    submission = walk.submitted()
    first = next(iter(all_fit(campaign)))

    due = actions.ask_amendment(
        submission.pk, {first: (False, "字迹不清")}, comment="请重新扫描",
        by=cast.association, at=noon,
    )  # fmt: skip

    submission.refresh_from_db()
    day = timezone.localdate(noon) + timedelta(days=campaign.amendment_days)
    local = timezone.localtime(due)
    assert (local.date(), local.hour, local.minute, local.second) == (day, 17, 0, 0)
    assert (submission.state, submission.due_at) == (State.AMENDMENT_ASKED, due)
    check = Check.objects.get()
    assert (check.verdict, check.comment) == ("amendment", "请重新扫描")
    assert list(check.answers.values_list("item", "fits", "note")) == [
        (first, False, "字迹不清")
    ]


@pytest.mark.parametrize(
    "act",
    [
        lambda pk, **given: actions.ask_amendment(pk, {}, **given),
        actions.set_aside,
    ],
)
def test_saying_no_needs_words(walk, cast, noon, act):
    submission = walk.submitted()

    with pytest.raises(Refused) as no:
        act(submission.pk, comment="  ", by=cast.association, at=noon)

    assert no.value.codes == ["comment_missing"]
    submission.refresh_from_db()
    assert submission.state == State.SUBMITTED


def test_set_aside_is_the_end(walk, cast, campaign, noon):
    submission = walk.submitted()
    actions.set_aside(
        submission.pk, comment="不是质量管理小组成果", by=cast.association, at=noon
    )

    submission.refresh_from_db()
    assert submission.state == State.SET_ASIDE
    with pytest.raises(Refused) as no:
        actions.pass_check(
            submission.pk, all_fit(campaign), by=cast.association, at=noon
        )
    assert no.value.codes == ["wrong_state"]


# --- judging


def test_a_judge_seated_at_the_unit_steps_aside(walk, cast, noon):
    submission = walk.checked()
    grant_seat(cast.judge.user, cast.unit.organisation, Duty.CLERK, by=None, at=noon)

    refusals = list(rules.why_not_assign(submission, cast.judge.user, cast.association, noon))  # fmt: skip

    assert codes(refusals) == ["conflict"]
    assert refusals[0].message == "曹文斌回避：在上海申浦轨道车辆维修有限公司任职"


def test_evenly_fills_up_and_leaves_conflicts_out(walk, cast, campaign, noon):
    submission = walk.checked()
    grant_seat(cast.judge.user, cast.recommender.organisation, Duty.CLERK, by=None, at=noon)  # fmt: skip
    pool = [cast.judge.user, cast.judge2.user, cast.judge3.user]

    made, short = bulk.assign_evenly(campaign, pool, by=cast.association, at=noon)

    assert (made, short) == (2, [submission.code])
    assert set(Assignment.objects.values_list("judge", flat=True)) == {
        cast.judge2.user.pk, cast.judge3.user.pk,
    }  # fmt: skip


def test_assigning_twice_is_one_assignment(walk, cast, noon):
    submission = walk.judging()
    again = actions.assign(submission.pk, cast.judge.user, by=cast.association, at=noon)

    assert list(Assignment.objects.filter(judge=cast.judge.user)) == [again]


def hand_in(assignment, by, noon, share=0.9):
    return actions.save_marks(
        assignment.pk, marks=full_marks(assignment.rubric, share), remark=REMARK,
        panel_remark="", version=assignment.version, hand_in=True, by=by, at=noon,
    )  # fmt: skip


def test_who_steps_back_no_longer_counts(walk, cast, campaign, noon):
    submission = walk.judging()
    own = {a.judge_id: a for a in submission.assignments.all()}
    for judge, share in ((cast.judge, 0.5), (cast.judge2, 0.9), (cast.judge3, 0.9)):
        hand_in(own[judge.user.pk], judge, noon, share)
    before = rules.score_of(submission, campaign)

    actions.recuse(
        own[cast.judge.user.pk].pk, reason="指导过该小组", by=cast.judge, at=noon
    )

    after = rules.score_of(submission, campaign)
    assert len(before.kept) + len(before.dropped) == 3
    assert (len(after.kept), after.spread) == (2, Decimal(0))
    with pytest.raises(Refused) as no:
        hand_in(own[cast.judge.user.pk], cast.judge, noon)
    assert no.value.codes == ["recused"]


def test_another_judge_cannot_touch_a_sheet(walk, cast, noon):
    submission = walk.judging()
    sheet = submission.assignments.get(judge=cast.judge.user)

    with pytest.raises(Refused) as no:
        hand_in(sheet, cast.judge2, noon)

    assert no.value.codes == ["not_yours"]
    sheet.refresh_from_db()
    assert (sheet.version, sheet.submitted_at) == (0, None)


def test_an_old_window_overwrites_nothing(walk, cast, noon):
    submission = walk.judging()
    sheet = submission.assignments.get(judge=cast.judge.user)
    first = hand_in(sheet, cast.judge, noon)

    with pytest.raises(Refused) as no:
        actions.save_marks(
            sheet.pk, marks={}, remark="", panel_remark="", version=0, hand_in=False,
            by=cast.judge, at=noon,
        )  # fmt: skip

    assert no.value.codes == ["stale_version"]
    sheet.refresh_from_db()
    assert (sheet.marks, sheet.total) == (first.marks, first.total)


def test_sheets_close_once_awards_are_decided(walk, cast, noon):
    submission = walk.decided()
    sheet = submission.assignments.get(judge=cast.judge.user)

    assert codes(rules.why_not_judge(sheet, cast.judge, noon)) == ["judging_over"]


# --- awards and release


def test_a_split_tie_stops_the_notice(walk, cast, campaign, noon):
    walk.decided(level="1")
    walk.decided(group=cast.other_group, level="2")

    refusals = rules.why_not_announce(campaign, noon + timedelta(days=5), cast.association, noon)  # fmt: skip

    assert codes(refusals) == ["tie_split"]


def test_an_undecided_result_stops_the_notice(walk, cast, campaign, noon):
    walk.decided()
    walk.checked(group=cast.other_group)

    refusals = rules.why_not_announce(campaign, noon, cast.association, noon)

    assert codes(refusals) == ["undecided"]


@pytest.mark.parametrize(
    ("before_end", "expected"),
    [(timedelta(seconds=1), ["notice_running"]), (timedelta(0), [])],
)
def test_the_notice_runs_to_its_last_second(walk, cast, campaign, noon, before_end, expected):  # fmt: skip
    walk.decided()
    ends = noon + timedelta(days=5)
    actions.announce(campaign.pk, closes_at=ends, by=cast.association, at=noon)

    found = rules.why_not_publish(campaign, cast.association, ends - before_end)

    assert codes(found) == expected


def test_publishing_twice_is_refused(walk, cast, campaign, noon):
    walk.published()

    with pytest.raises(Refused) as no:
        actions.publish(campaign.pk, by=cast.association, at=noon + timedelta(days=1))

    assert no.value.codes == ["already_published"]
    assert Publication.objects.count() == 2
    assert Certificate.objects.count() == 1


def test_certificate_numbers_run_by_award(walk, cast, campaign, noon):
    walk.decided(level="1")
    walk.decided(group=cast.second_group, level="1", topic_type="innovation")
    third = walk.decided(group=cast.other_group, level="1")
    level = AwardLevel.objects.get(campaign=campaign, code="2")
    for each in third.assignments.all():
        each.total -= 5
        each.save(update_fields=["total"])
    actions.decide(third.pk, level, by=cast.association, at=noon)
    walk.announce()
    actions.publish(campaign.pk, by=cast.association, at=noon + timedelta(seconds=1))

    rows = Certificate.objects.order_by("entry__order")
    assert list(rows.values_list("number", flat=True)) == [
        "SQC2020-1-0001", "SQC2020-1-0002", "SQC2020-2-0001",
    ]  # fmt: skip


def test_no_award_ends_quietly_at_the_notice(walk, cast, campaign, noon):
    kept = walk.decided(level="1")
    passed = walk.decided(group=cast.other_group, level=None)
    for each in passed.assignments.all():
        each.total -= 5
        each.save(update_fields=["total"])
    actions.decide(passed.pk, None, by=cast.association, at=noon)

    notice = actions.announce(campaign.pk, closes_at=noon, by=cast.association, at=noon)

    passed.refresh_from_db()
    assert passed.state == State.PASSED_OVER
    assert [entry.submission_id for entry in notice.entries.all()] == [kept.pk]


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (date(2020, 12, 4), 5, date(2020, 12, 11)),  # Friday: the next week's Friday
        (date(2020, 12, 5), 1, date(2020, 12, 7)),  # Saturday: Monday
        (date(2020, 12, 7), 0, date(2020, 12, 7)),
    ],
)
def test_notice_end_counts_working_days(start, days, end):
    assert rules.notice_end(start, days) == end


def test_revoking_says_why_and_keeps_the_list(walk, cast, noon):
    walk.published()
    found = Certificate.objects.get()

    with pytest.raises(Refused) as no:
        actions.revoke(found.pk, reason=" ", by=cast.association, at=noon)
    assert no.value.codes == ["comment_missing"]
    with pytest.raises(Refused) as no:
        actions.revoke(found.pk, reason="名称有误", by=cast.other_association, at=noon)
    assert no.value.codes == ["not_yours"]

    actions.revoke(found.pk, reason="名称有误", by=cast.association, at=noon)
    found.refresh_from_db()
    assert (found.revoked_at, found.revoke_reason) == (noon, "名称有误")
    assert found.entry.publication.entries.count() == 1


def test_a_changed_sign_of_a_verify_code_is_noticed():
    """Every single wrong sign but the one pair the sum cannot tell apart (0 and Z)."""
    code = new_verify_code().replace("-", "")
    body, check = code[:15], code[15]
    assert check_character(body) == check
    blind = {("0", "Z"), ("Z", "0")}
    for place in range(15):
        for sign in CROCKFORD:
            if sign == body[place] or (body[place], sign) in blind:
                continue
            changed = body[:place] + sign + body[place + 1 :]
            assert check_character(changed) != check, (place, body[place], sign)


def test_an_amended_result_names_the_bodys_earlier_stamp(walk, cast, noon):
    submission = walk.submitted()
    actions.ask_amendment(
        submission.pk, {}, comment="请重新扫描活动记录。", by=cast.association, at=noon
    )
    filing.file(submission.pk, confirmed=True, by=cast.group, at=noon)
    amended = walk.fresh(submission)

    found = rules.findings(amended)["recommender_stamp"]

    assert found.fits is None
    assert "对第 1 版盖过章，补正后是第 2 版，请人工判断" in found.words
