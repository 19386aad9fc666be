"""Registrations, topics, records: what may be done, by whom, and what stays on record."""

from __future__ import annotations

from datetime import timedelta

import pytest

from qcportal.audit.models import TrailEntry
from qcportal.inbox.models import Message
from qcportal.refusals import Refused
from submissions import actions, rules, year_actions, year_rules, year_shows
from submissions.models import Submission
from submissions.procedures import PROCEDURES
from submissions.year_rules import local_day
from submissions.yearbook import ActivityRecord, GroupYear, Topic
from tests import factories
from tests.submissions import yearly

pytestmark = pytest.mark.django_db


def codes(refusals):
    return [refusal.code for refusal in refusals]


@pytest.fixture
def year(cast, noon):
    return yearly.confirmed_year(cast.group, cast.unit, noon)


@pytest.fixture
def topic(year, cast, noon):
    return yearly.confirmed_topic(year, cast.group, cast.unit, noon)


# --- procedures ---------------------------------------------------------------------


def test_procedures_have_their_steps_in_their_own_order():
    assert {kind: len(p.steps) for kind, p in PROCEDURES.items()} == {
        "problem_own": 10, "problem_set": 10, "innovation": 8,
    }  # fmt: skip
    own = [s.code for s in PROCEDURES["problem_own"].steps]
    given = [s.code for s in PROCEDURES["problem_set"].steps]
    assert own[1:3] == ["survey", "target"]
    assert given[1:3] == ["target", "feasibility"]


# --- registration -------------------------------------------------------------------


def test_numbers_run_under_the_letters_of_the_recommending_body(cast, noon, year):
    second = yearly.confirmed_year(cast.second_group, cast.unit, noon)
    this = local_day(noon).year
    assert [year.number, second.number] == [f"{this}-PD-GR-0001", f"{this}-PD-GR-0002"]
    again = year_actions.confirm_year(second.pk, by=cast.unit, at=noon)
    assert (again.number, again.confirmed_times) == (second.number, 1)


def test_last_years_members_come_along(cast, noon, year):
    GroupYear.objects.filter(pk=year.pk).update(year=year.year - 1)
    renewed = year_actions.begin_year(by=cast.group, at=noon)
    assert [m.name for m in renewed.standing_members] == ["顾晓岚", "陈立群", "吴䶮"]
    assert (renewed.approval, renewed.number, renewed.kind) == ("draft", "", "problem")
    assert year_actions.begin_year(by=cast.group, at=noon).pk == renewed.pk


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"members": []}, ["missing"]),
        ({"kind": ""}, ["missing"]),
        ({"members": [yearly.member("甲"), yearly.member("乙"), yearly.member("丙")]},
         ["leader_missing"]),
        ({"members": [yearly.member("甲", "leader")]}, ["too_few_rows"]),
    ],
)  # fmt: skip
def test_a_registration_is_sent_when_it_is_complete(cast, noon, changes, expected):
    with pytest.raises(Refused) as refused:
        yearly.sent_year(cast.group, noon, **changes)
    assert refused.value.codes == expected


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ([yearly.member("甲"), yearly.member("甲")], ["same_name"]),
        ([yearly.member("甲", "leader"), yearly.member("乙", "leader")], ["two_leaders"]),
        ([yearly.member("甲", birth_year="八六")], ["wrong_year"]),
        ([yearly.member("甲", birth_year="²")], ["wrong_year"]),
        ([yearly.member("甲", joined_on="2020-02-31")], ["wrong_date"]),
        ([yearly.member("甲", hours="-1")], ["wrong_format"]),
        ([yearly.member("")], ["name_missing"]),
    ],
)  # fmt: skip
def test_what_no_column_can_hold_is_said(noon, members, expected):
    typed = yearly.content(noon, members=members)
    found = [r.code for r in year_rules.typed_faults(typed) if r.code != "missing"]
    assert [c for c in found if c in expected] == expected


def test_an_older_window_overwrites_nothing(cast, noon):
    row = year_actions.begin_year(by=cast.group, at=noon)
    year_actions.save_year(
        row.pk, yearly.content(noon), version=0, by=cast.group, at=noon
    )
    with pytest.raises(Refused) as refused:
        year_actions.save_year(
            row.pk,
            yearly.content(noon, adviser="甲"),
            version=0,
            by=cast.group,
            at=noon,
        )
    assert refused.value.codes == ["stale_version"]
    assert GroupYear.objects.get(pk=row.pk).adviser == ""


def test_only_the_own_unit_confirms(cast, noon):
    row = yearly.sent_year(cast.group, noon)
    for who in (cast.other_unit, cast.group, cast.recommender):
        with pytest.raises(Refused) as refused:
            year_actions.confirm_year(row.pk, by=who, at=noon)
        assert refused.value.codes == ["not_yours"]


def test_returning_and_reopening_need_a_reason_and_stay_on_record(cast, noon):
    row = yearly.sent_year(cast.group, noon)
    with pytest.raises(Refused) as refused:
        year_actions.return_year(row.pk, comment=" ", by=cast.unit, at=noon)
    assert refused.value.codes == ["comment_missing"]
    year_actions.return_year(row.pk, comment="请补文化程度", by=cast.unit, at=noon)
    year_actions.send_year(row.pk, by=cast.group, at=noon)
    year_actions.confirm_year(row.pk, by=cast.unit, at=noon)
    year_actions.reopen_year(row.pk, comment="新来一位", by=cast.group, at=noon)
    year_actions.send_year(row.pk, by=cast.group, at=noon)
    done = year_actions.confirm_year(row.pk, by=cast.unit, at=noon)
    assert done.confirmed_times == 2
    trail = TrailEntry.objects.filter(what__startswith="year_").order_by("pk")
    assert [entry.what.removeprefix("year_") for entry in trail] == [
        "sent", "returned", "sent", "confirmed", "reopened", "sent", "confirmed",
    ]  # fmt: skip


def test_a_confirmed_registration_is_not_written_silently(cast, noon, year):
    with pytest.raises(Refused) as refused:
        year_actions.save_year(
            year.pk, yearly.content(noon), version=1, by=cast.group, at=noon
        )
    assert refused.value.codes == ["locked"]


def test_who_leaves_stays_where_records_name_them(cast, noon, year, topic):
    yearly.recorded(topic, cast.group, noon)  # 顾晓岚, 陈立群
    year_actions.reopen_year(year.pk, comment="调岗", by=cast.group, at=noon)
    members = [
        yearly.member("顾晓岚", "leader"),
        yearly.member("周昇"),
        yearly.member("甲乙"),
    ]
    row = year_actions.save_year(
        year.pk,
        yearly.content(noon, members=members),
        version=1,
        by=cast.group,
        at=noon,
    )
    left = {m.name: m.left_on for m in row.members.all()}
    assert left == {
        "顾晓岚": None,
        "周昇": None,
        "甲乙": None,
        "陈立群": local_day(noon),
    }


# --- topics -------------------------------------------------------------------------


def test_a_topic_waits_for_the_groups_registration(cast, noon):
    row = yearly.sent_year(cast.group, noon)
    with pytest.raises(Refused) as refused:
        yearly.sent_topic(row, cast.group, noon)
    assert refused.value.codes == ["year_not_confirmed"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"source": ""}, ["missing"]),
        ({"leader": None}, ["missing"]),
        ({"before": "0.40"}, ["target_same"]),
        ({"plan": {}}, ["plan_missing"] * 10),
    ],
)
def test_a_topic_is_sent_when_it_is_complete(year, cast, noon, changes, expected):
    with pytest.raises(Refused) as refused:
        yearly.sent_topic(year, cast.group, noon, **changes)
    assert refused.value.codes == expected


def test_a_plan_runs_forward(year, cast, noon):
    made = year_actions.begin_topic(
        year.pk, title="课题", kind="innovation", by=cast.group, at=noon
    )
    given = yearly.facts(made, noon)
    steps = [s.code for s in made.procedure.steps]
    given["plan"][steps[0]].reverse()
    given["plan"][steps[2]] = ["2001-01-01", "2001-01-02"]
    found = year_actions.save_topic(made.pk, given, version=0, by=cast.group, at=noon)
    assert codes(year_rules.plan_faults(found)) == ["plan_order", "plan_sequence"]


def test_reasons_and_figures_have_limits(year, cast, noon):
    for changes, code in (
        ({"reason": "理" * 501}, "too_long"),
        ({"before": "很多"}, "wrong_format"),
    ):
        with pytest.raises(Refused) as refused:
            yearly.sent_topic(year, cast.group, noon, **changes)
        assert refused.value.codes == [code]


def test_a_topic_is_done_once_its_effect_is_on_record(topic, cast, noon):
    with pytest.raises(Refused) as refused:
        year_actions.finish_topic(topic.pk, by=cast.group, at=noon)
    assert refused.value.codes == ["effect_missing"]
    yearly.recorded(topic, cast.group, noon, step="effect")
    year_actions.finish_topic(topic.pk, by=cast.group, at=noon)
    found = Topic.objects.get(pk=topic.pk)
    assert (found.phase, found.ended_at) == ("done", noon)
    with pytest.raises(Refused) as refused:
        yearly.recorded(topic, cast.group, noon)
    assert refused.value.codes == ["topic_over"]


def test_what_was_confirmed_of_a_topic_stands_in_the_trail(topic):
    entry = TrailEntry.objects.get(what="year_confirmed", about=topic.number)
    assert (entry.data["before"], entry.data["target"]) == ("0.82", "0.40")


# --- records ------------------------------------------------------------------------


def test_the_first_record_sets_the_topic_running(topic, cast, noon):
    made = yearly.recorded(topic, cast.group, noon)
    found = Topic.objects.with_records().get(pk=topic.pk)
    assert (found.phase, made.expected, made.entered_at) == ("running", 3, noon)
    assert year_shows.attendance(found) == 67
    assert len(made.content_hash) == 64


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"step": "options"}, "step_unknown"),
        ({"hours": 25}, "hours_wrong"),
        ({"content": "  "}, "missing"),
        ({"content": "字" * 1001}, "too_long"),
        ({"attendees": []}, "nobody_there"),
    ],
)
def test_a_record_is_real(topic, cast, noon, changes, expected):
    with pytest.raises(Refused) as refused:
        yearly.recorded(topic, cast.group, noon, **changes)
    assert refused.value.codes == [expected]


def test_nothing_is_recorded_ahead_and_late_entries_say_so(topic, cast, noon):
    with pytest.raises(Refused) as refused:
        yearly.recorded(
            topic, cast.group, noon, held_on=local_day(noon) + timedelta(days=1)
        )
    assert refused.value.codes == ["day_ahead"]
    in_time = yearly.recorded(
        topic, cast.group, noon, held_on=local_day(noon) - timedelta(days=7)
    )
    late = yearly.recorded(
        topic, cast.group, noon, held_on=local_day(noon) - timedelta(days=8)
    )
    assert (in_time.days_late, late.days_late) == (0, 8)


def test_a_correction_adds_and_keeps(topic, cast, noon):
    old = yearly.recorded(topic, cast.group, noon)
    given = yearly.said(topic, noon, content="收集上半年故障单。")
    with pytest.raises(Refused) as refused:
        year_actions.correct_record(
            old.pk, given, [], correction="", by=cast.group, at=noon
        )
    assert refused.value.codes == ["comment_missing"]
    new = year_actions.correct_record(
        old.pk, given, [], correction="范围写错", by=cast.group, at=noon
    )
    assert (
        ActivityRecord.objects.get(pk=old.pk).content == "收集一季度故障单，定下课题。"
    )
    assert Topic.objects.with_records().get(pk=topic.pk).standing_records == [new]
    with pytest.raises(Refused) as refused:
        year_actions.correct_record(
            old.pk, given, [], correction="再改", by=cast.group, at=noon
        )
    assert refused.value.codes == ["already_corrected"]


def test_the_rail_sets_the_plan_against_what_was_done(topic, cast, noon):
    yearly.recorded(topic, cast.group, noon, step="choosing")
    yearly.recorded(topic, cast.group, noon, step="target")
    found = Topic.objects.with_records().get(pk=topic.pk)
    rail = year_shows.steps(found, noon)
    assert [line.state for line in rail] == [
        "done", "missing", "now", "missing", "missing", "later", "later", "later",
        "later", "later",
    ]  # fmt: skip
    progress = year_shows.progress(found, noon)
    assert (progress.done, progress.due, progress.behind) == (3, 5, True)


def test_sixty_silent_days_are_told_once_a_week(topic, cast, noon):
    def told():
        return Message.objects.filter(title__contains="没有活动记录").count()

    assert year_actions.warn_idle(at=noon + timedelta(days=59)) == 0
    later = noon + timedelta(days=60)
    assert year_actions.warn_idle(at=later) == 1
    assert year_actions.warn_idle(at=later) == 0
    assert year_actions.warn_idle(at=later + timedelta(days=6)) == 0
    assert told() == 2  # group and unit
    assert year_actions.warn_idle(at=later + timedelta(days=7)) == 1
    assert told() == 4


# --- from topic to submission -------------------------------------------------------


def test_a_draft_begins_with_what_the_topic_knows(campaign, topic, cast, noon):
    begun = actions.begin(
        campaign.categories.get(), topic=topic, by=cast.group, at=noon
    )
    content = begun.content
    assert (begun.topic, begun.title, begun.topic_type) == (
        topic,
        topic.title,
        "problem",
    )
    assert (content["before"], content["target"]) == ("0.82", "0.40")
    assert content["measure"] == "故障率（次/万车公里）"
    assert "年" in content["period"]
    assert content["members"][0] == {
        "name": "顾晓岚", "gender": "f", "post": "检修工", "part": "组长",
    }  # fmt: skip


def test_whose_topic_and_how_often(campaign, year, topic, cast, noon):
    def refused(by, chosen):
        return codes(rules.why_not_take_topic(campaign, chosen, by))

    unconfirmed = yearly.sent_topic(year, cast.group, noon)
    assert refused(cast.second_group, topic) == ["topic_not_yours"]
    assert refused(cast.group, unconfirmed) == ["topic_not_confirmed"]
    actions.begin(campaign.categories.get(), topic=topic, by=cast.group, at=noon)
    assert refused(cast.group, topic) == ["topic_taken"]


def test_a_campaign_may_require_a_topic(campaign, topic, cast, noon, walk):
    draft = walk.draft()
    assert codes(rules.why_not_file(draft, cast.group, noon)) == []
    campaign.categories.update(requires_topic=True)
    draft = walk.fresh(draft)
    assert codes(rules.why_not_file(draft, cast.group, noon)) == ["topic_missing"]
    actions.take_topic(draft.pk, topic, by=cast.group, at=noon)
    assert codes(rules.why_not_file(walk.fresh(draft), cast.group, noon)) == []


def test_records_are_frozen_with_what_was_filed(topic, cast, noon, walk):
    photo = factories.stored(
        factories.png_file("现场.png"), "activity_file", cast.group
    )
    year_actions.add_record(
        topic.pk, yearly.said(topic, noon), [photo], by=cast.group, at=noon
    )
    draft = walk.draft()
    actions.take_topic(draft.pk, topic, by=cast.group, at=noon)
    before = actions.file(draft.pk, confirmed=True, by=cast.group, at=noon)
    yearly.recorded(topic, cast.group, noon, step="survey")
    frozen = Submission.objects.get(pk=draft.pk).filed_revision.activity
    assert [r["step"] for r in frozen["records"]] == ["选择课题"]
    assert frozen["records"][0]["attendees"] == ["顾晓岚", "陈立群"]
    assert frozen["records"][0]["files"][0]["sha256"] == photo.sha256
    assert frozen["number"] == topic.number
    assert before.records.count() == 1
