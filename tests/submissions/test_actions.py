"""The writers: nothing twice, nothing late, nothing overwritten, old stamps void."""

from datetime import timedelta

import pytest

from qcportal.campaigns.models import Window
from qcportal.inbox.models import Message
from qcportal.refusals import Refused
from qcportal.seals.actions import keep_picture
from qcportal.seals.models import SealAct
from recommenders import actions as recommending
from reviews import actions as reviewing
from submissions import actions
from submissions.lifecycle import Reach, State
from submissions.models import Reminder, Revision, ScoreSheet, Stamp, Step, Tier
from submissions.rules import live_stamp, sheet_of
from tests import factories
from tests.submissions.standing import amended, amendment_asked, returned

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def refused(act, *args, **kwargs):
    with pytest.raises(Refused) as no:
        act(*args, **kwargs)
    return no.value.codes


def stamps(found):
    """(tier, why void) of every stamp of the submission, oldest first."""
    rows = Stamp.objects.filter(sheet__revision__submission=found).order_by("pk")
    return [(s.sheet.tier, s.void_reason if s.voided_at else None) for s in rows]


# --- beginning and writing --------------------------------------------------------------


def test_a_draft_begins_with_what_the_portal_knows(walk, cast, campaign):
    found = actions.begin(campaign.categories.get(), by=cast.group, at=walk.at)
    filled = {code: text for code, text in found.content.items() if text}
    assert filled == {
        "unit_name": "上海申浦轨道车辆维修有限公司",
        "group_name": "启明星QC小组",
        "address": "上海市浦东新区川沙路1180号",
        "postcode": "201200",
        "department": "质量安全部",
        "contact": "顾晓岚",
    }
    assert (found.code, found.state, found.reach) == (
        f"2020-{campaign.letters}-0001",
        State.DRAFT,
        Reach.GROUP,
    )


def test_a_single_recommending_body_is_chosen_already(walk, cast, campaign):
    found = actions.begin(campaign.categories.get(), by=cast.other_group, at=walk.at)
    assert found.recommender == cast.other_recommender.organisation


def test_numbers_run_on(walk, cast, campaign):
    begun = [
        actions.begin(campaign.categories.get(), by=cast.group, at=walk.at)
        for _ in range(3)
    ]
    assert [b.code for b in begun] == [f"2020-SQC-000{n}" for n in (1, 2, 3)]


def test_an_older_window_overwrites_nothing(walk, cast):
    found = walk.draft()
    older = {**found.content, "title": "旧窗口里的题目"}
    args = {"version": found.version - 1, "by": cast.group, "at": walk.at}
    assert refused(actions.save_draft, found.pk, older, **args) == ["stale_version"]
    after = walk.fresh(found)
    assert (after.title, after.version) == ("降低列车客室车门故障率", found.version)


def test_saving_keeps_known_fields_only_and_mirrors_them(walk, cast):
    found = walk.draft()
    typed = {**found.content, "title": " 新题目 ", "stranger": "x"}
    after = actions.save_draft(
        found.pk, typed, version=found.version, by=cast.group, at=walk.at
    )
    assert (after.title, after.version) == ("新题目", found.version + 1)
    assert "stranger" not in walk.fresh(found).content


def test_a_slot_for_one_file_keeps_the_newest(walk, cast):
    found = walk.draft()
    newer = factories.stored(factories.pdf_file("新报告.pdf"), "attachment", cast.group)
    actions.attach(found.pk, "report", newer, by=cast.group, at=walk.at)
    rows = found.attachments.filter(slot="report").order_by("pk")
    assert [(a.document.title, a.removed_at is None) for a in rows] == [
        ("成果报告.docx", False),
        ("新报告.pdf", True),
    ]


def test_a_frozen_revision_keeps_the_file_taken_out_later(walk, cast):
    found = returned(walk)
    frozen = list(found.revision.attachments.values_list("document__title", flat=True))
    report = found.attachments.get(slot="report")
    actions.detach(report.pk, by=cast.group, at=walk.at)
    again = walk.fresh(found).revision.attachments
    assert list(again.values_list("document__title", flat=True)) == frozen
    assert sorted(frozen) == ["成果报告.docx", "活动记录.pdf"]


def test_nothing_is_written_once_filed(walk, cast):
    found = walk.filed()
    by, at = cast.group, walk.at
    document = factories.stored(factories.pdf_file(), "attachment", by)
    attachment = found.attachments.get(slot="report")
    assert [
        refused(actions.save_draft, found.pk, {}, version=1, by=by, at=at),
        refused(actions.attach, found.pk, "report", document, by=by, at=at),
        refused(actions.detach, attachment.pk, by=by, at=at),
    ] == [["locked"]] * 3


# --- filing -------------------------------------------------------------------------


def test_the_last_second_counts_and_the_closing_one_does_not(walk, cast):
    closes = Window.objects.get(campaign=walk.campaign, stage="filing").closes_at
    found, late = walk.draft(), walk.draft(cast.second_group)
    actions.file(found.pk, confirmed=True, by=cast.group, at=closes - SECOND)
    late_file = {"confirmed": True, "by": cast.second_group, "at": closes}
    assert refused(actions.file, late.pk, **late_file) == ["window_closed"]
    assert [walk.fresh(one).state for one in (found, late)] == [
        State.FILED,
        State.DRAFT,
    ]


def test_names_must_be_confirmed(walk, cast):
    found = walk.draft()
    unread = {"confirmed": False, "by": cast.group, "at": walk.at}
    assert refused(actions.file, found.pk, **unread) == ["not_confirmed"]
    assert (walk.fresh(found).state, Revision.objects.count()) == (State.DRAFT, 0)


def test_a_second_click_answers_with_the_first_revision(walk, cast):
    found = walk.draft()
    both = [
        actions.file(found.pk, confirmed=True, by=cast.group, at=walk.at)
        for _ in range(2)
    ]
    assert both[0].pk == both[1].pk
    assert list(found.steps.values_list("move", flat=True)) == ["file"]
    told = Message.objects.filter(organisation=cast.unit.organisation)
    assert told.count() == 1


def test_a_revision_freezes_content_papers_and_names(walk, cast):
    found = walk.filed()
    revision = found.revision
    assert (
        revision.number,
        revision.content,
        [(p["slot"], p["title"]) for p in revision.papers],
        revision.recommender_name,
        revision.filed_by_name,
        len(revision.content_hash),
    ) == (
        1,
        found.content,
        [("records", "活动记录.pdf"), ("report", "成果报告.docx")],
        "浦东新区质量协会",
        "顾晓岚",
        64,
    )


def test_the_step_says_who_from_where_to_where_and_when(walk, cast):
    found = walk.filed()
    step = Step.objects.get(submission=found)
    assert (
        step.move, step.from_state, step.to_state, step.by_name, step.role,
        step.organisation, step.at, step.comment,
    ) == (
        "file", State.DRAFT, State.FILED, "顾晓岚", "group",
        cast.group.organisation, walk.at, "",
    )  # fmt: skip


def test_an_unfinished_draft_says_everything_it_lacks_at_once(walk, cast):
    found = walk.draft(title="", mobile="1")
    report = found.attachments.get(slot="report")
    actions.detach(report.pk, by=cast.group, at=walk.at)
    filing = {"confirmed": True, "by": cast.group, "at": walk.at}
    assert refused(actions.file, found.pk, **filing) == [
        "missing",
        "wrong_format",
        "paper_missing",
    ]


# --- taking back, ending, reminding --------------------------------------------------------


def test_recalled_and_filed_again_is_a_second_revision(walk, cast):
    found = walk.filed()
    actions.recall(found.pk, by=cast.group, at=walk.at)
    assert walk.fresh(found).state == State.DRAFT
    actions.file(found.pk, confirmed=True, by=cast.group, at=walk.at)
    numbers = list(found.revisions.values_list("number", flat=True))
    assert (walk.fresh(found).revision.number, numbers) == (2, [2, 1])


def test_recall_ends_with_the_filing_window(walk, cast):
    found = walk.filed()
    closes = Window.objects.get(campaign=walk.campaign, stage="filing").closes_at
    late = {"by": cast.group, "at": closes}
    assert refused(actions.recall, found.pk, **late) == ["window_closed"]


def test_what_the_unit_stamped_cannot_be_recalled(walk, cast):
    found = walk.stamped()
    recall = {"by": cast.group, "at": walk.at}
    assert refused(actions.recall, found.pk, **recall) == ["wrong_state"]


def test_withdrawing_needs_a_reason_and_is_final(walk, cast):
    found = walk.filed()
    by = {"by": cast.group, "at": walk.at}
    assert refused(actions.withdraw, found.pk, comment=" ", **by) == ["comment_missing"]
    actions.withdraw(found.pk, comment="改报明年", **by)
    assert walk.fresh(found).state == State.WITHDRAWN
    assert refused(actions.withdraw, found.pk, comment="再撤", **by) == ["wrong_state"]


def test_withdrawing_is_possible_after_closing(walk, cast):
    found = walk.draft()
    closed = walk.at + timedelta(days=400)
    actions.withdraw(found.pk, comment="改报明年", by=cast.group, at=closed)
    assert walk.fresh(found).state == State.WITHDRAWN


def test_reminding_once_a_day(walk, cast):
    found = walk.filed()
    day = timedelta(days=1)
    actions.remind(found.pk, by=cast.group, at=walk.at)
    again = {"by": cast.group, "at": walk.at + day - SECOND}
    assert refused(actions.remind, found.pk, **again) == ["reminded_today"]
    actions.remind(found.pk, by=cast.group, at=walk.at + day)
    assert Reminder.objects.filter(submission=found).count() == 2
    unit = cast.unit.organisation
    told = Message.objects.filter(organisation=unit, at=walk.at + day)
    assert told.count() == 1


# --- the unit's sheet and stamp --------------------------------------------------------


def write(walk, found, *, version=0, opinion="同意推荐。", share=0.9):
    marks = factories.full_marks(actions.rubric_for(found), share)
    return actions.save_sheet(
        found.pk, marks=marks, opinion=opinion, version=version,
        by=walk.cast.unit, at=walk.at,
    )  # fmt: skip


def press(walk, found, by=None, **given):
    by = by or walk.cast.unit
    sheet = sheet_of(found, Tier.UNIT)
    made = sheet and sheet.check_code and found.stampable
    before = live_stamp(sheet) if sheet else None
    scan = before.scan if before else None
    scan = factories.kept_scan(sheet, by, walk.at) if made else scan
    full = {"evidence": "scan", "scan": scan, "confirmed": True, "at": walk.at}
    return actions.stamp(found.pk, by=by, **{**full, **given})


def test_a_sheet_adds_up_and_knows_when_it_is_complete(walk, cast):
    found = walk.filed()
    half = actions.save_sheet(
        found.pk,
        marks={"topic": "13.5"},
        opinion="",
        version=0,
        by=cast.unit,
        at=walk.at,
    )
    assert (str(half.total), half.complete, half.version) == ("13.5", False, 1)
    full = write(walk, found, version=1)
    assert (str(full.total), full.complete, full.version) == ("90.0", True, 2)


def test_the_second_colleague_does_not_overwrite_the_sheet(walk, cast):
    found = walk.filed()
    write(walk, found)
    stale = {"marks": {}, "opinion": "另议", "version": 0, "by": cast.unit}
    assert refused(actions.save_sheet, found.pk, at=walk.at, **stale) == [
        "stale_version"
    ]
    assert sheet_of(walk.fresh(found), Tier.UNIT).opinion == "同意推荐。"


def test_saving_the_same_words_again_is_no_new_version(walk, cast):
    found = walk.filed()
    first, second = write(walk, found), write(walk, found, version=0)
    assert (first.pk, second.version, ScoreSheet.objects.count()) == (second.pk, 1, 1)


def test_the_same_marks_written_otherwise_void_nothing(walk, cast):
    """``27`` and ``27.0`` are one mark: the print and the stamp on it stay."""
    found = walk.scored()
    sheet = sheet_of(found, Tier.RECOMMENDER)
    longer = {code: f"{float(mark):.2f}" for code, mark in sheet.marks.items()}
    recommending.save_sheet(
        found.pk, marks=longer, opinion=sheet.opinion, version=sheet.version,
        by=cast.recommender, at=walk.at,
    )  # fmt: skip
    assert stamps(found) == [("unit", None), ("recommender", None)]


def test_printing_twice_gives_the_same_paper(walk, cast):
    found = walk.filed()
    write(walk, found)
    both = [actions.print_sheet(found.pk, by=cast.unit, at=walk.at) for _ in range(2)]
    assert both[0].check_code
    assert (both[0].paper_id, both[0].check_code) == (
        both[1].paper_id,
        both[1].check_code,
    )


def test_changing_a_printed_sheet_makes_the_print_old(walk, cast):
    found = walk.filed()
    write(walk, found)
    actions.print_sheet(found.pk, by=cast.unit, at=walk.at)
    changed = write(walk, found, version=1, share=0.8)
    assert (changed.paper, changed.check_code, changed.content_hash) == (None, "", "")


def test_an_unfinished_sheet_is_not_printed(walk, cast):
    found = walk.filed()
    actions.save_sheet(
        found.pk, marks={}, opinion="", version=0, by=cast.unit, at=walk.at
    )
    printing = {"by": cast.unit, "at": walk.at}
    assert refused(actions.print_sheet, found.pk, **printing) == [
        *["mark_missing"] * 6,
        "opinion_missing",
    ]


def test_a_second_stamp_click_stamps_nothing(walk):
    found = walk.stamped()
    assert refused(press, walk, found) == ["wrong_state"]
    assert (stamps(found), SealAct.objects.count()) == ([("unit", None)], 1)


def test_the_stamp_is_bound_to_what_was_printed(walk):
    found = walk.stamped()
    sheet = sheet_of(found, Tier.UNIT)
    act = live_stamp(sheet).act
    assert (act.content_hash, act.check_code, act.by_name) == (
        sheet.content_hash,
        sheet.check_code,
        "王敏",
    )


def test_the_last_second_stamps_and_the_closing_one_does_not(walk, cast):
    closes = Window.objects.get(campaign=walk.campaign, stage="stamping").closes_at
    found = walk.filed()
    write(walk, found)
    actions.print_sheet(found.pk, by=cast.unit, at=walk.at)
    assert refused(press, walk, found, at=closes) == ["window_closed"]
    press(walk, found, at=closes - SECOND)
    assert walk.fresh(found).state == State.STAMPED


def test_the_keepers_picture_makes_a_sealed_paper(walk, cast):
    picture = factories.stored(factories.png_file(), "seal_picture", cast.keeper)
    keep_picture(picture, undertaken=True, by=cast.keeper, at=walk.at)
    found = walk.filed()
    write(walk, found)
    actions.print_sheet(found.pk, by=cast.unit, at=walk.at)
    sealing = {"evidence": "seal_picture", "scan": None}
    assert refused(press, walk, found, **sealing) == ["not_seal_keeper"]
    made = press(walk, found, cast.keeper, **sealing)
    assert (made.scan, made.act.by_name, made.paper is not None) == (
        None,
        "方正言",
        True,
    )


def test_taking_the_stamp_back_voids_it(walk, cast):
    found = walk.stamped()
    actions.unstamp(found.pk, comment="分数有误", by=cast.unit, at=walk.at)
    assert walk.fresh(found).state == State.FILED
    assert stamps(found) == [("unit", "单位撤回盖章")]


def test_a_place_taken_keeps_the_unit_from_taking_its_stamp_back(walk, cast):
    found = walk.recommended()
    back = {"comment": "分数有误", "by": cast.unit, "at": walk.at}
    assert refused(actions.unstamp, found.pk, **back) == ["wrong_state"]
    assert stamps(found) == [("unit", None), ("recommender", None)]


def test_giving_back_says_why(walk, cast):
    found = walk.filed()
    silent = {"comment": "", "by": cast.unit, "at": walk.at}
    assert refused(actions.unit_return, found.pk, **silent) == ["comment_missing"]
    assert walk.fresh(found).state == State.FILED


# --- filed anew ------------------------------------------------------------------------


def test_filing_anew_voids_every_stamp(walk, cast):
    found = walk.scored()
    recommending.send_back(
        found.pk, comment="补充数据", by=cast.recommender, at=walk.at
    )
    assert stamps(found) == [("unit", None), ("recommender", None)]
    actions.file(found.pk, confirmed=True, by=cast.group, at=walk.at)
    void = "内容改过，原盖章作废"
    assert stamps(found) == [("unit", void), ("recommender", void)]
    after = walk.fresh(found)
    assert [sheet_of(after, tier) for tier in Tier] == [None, None]


def test_an_amendment_is_filed_stamped_and_back_at_the_association(walk, cast):
    found = amended(walk)
    assert (found.state, found.revision.number) == (State.AMENDED, 2)
    write(walk, found)
    actions.print_sheet(found.pk, by=cast.unit, at=walk.at)
    press(walk, found)
    assert walk.fresh(found).state == State.SUBMITTED


def test_a_late_amendment_is_refused_to_the_second(walk, cast):
    found = amendment_asked(walk)
    filing = {"confirmed": True, "by": cast.group}
    late = {**filing, "at": found.due_at}
    assert refused(actions.file, found.pk, **late) == ["amendment_late"]
    actions.file(found.pk, at=found.due_at - SECOND, **filing)
    assert walk.fresh(found).state == State.AMENDED


@pytest.mark.parametrize("field", ["topic_type", "recommender"])
def test_an_amendment_cannot_move_to_another_place(field, walk, cast):
    """Nor free the place while it is being written: it is counted as recommended."""
    found = amendment_asked(walk)
    other = {
        "topic_type": "innovation",
        "recommender": str(cast.other_recommender.organisation.key),
    }
    typed = {**found.content, field: other[field]}
    actions.save_draft(
        found.pk, typed, version=found.version, by=cast.group, at=walk.at
    )
    filing = {"confirmed": True, "by": cast.group, "at": walk.at}
    assert refused(actions.file, found.pk, **filing) == ["place_fixed"]
    after = walk.fresh(found)
    assert after.content[field] == other[field]
    assert (after.topic_type, after.recommender) == ("problem", found.recommender)


# --- direct filing ------------------------------------------------------------------------


def test_direct_filing_goes_past_the_recommending_body(walk, cast):
    found = walk.stamped(recommender="direct")
    assert (found.state, found.recommender, found.reach) == (
        State.DIRECT_ASKED,
        None,
        Reach.ASSOCIATION,
    )
    reviewing.allow_direct(
        found.pk, comment="会员单位，确无推荐单位", by=cast.association, at=walk.at
    )
    assert walk.fresh(found).state == State.SUBMITTED


def test_direct_filing_refused_goes_back_to_the_group(walk, cast):
    found = walk.stamped(recommender="direct")
    silent = {"comment": "", "by": cast.association, "at": walk.at}
    assert refused(reviewing.refuse_direct, found.pk, **silent) == ["comment_missing"]
    reviewing.refuse_direct(
        found.pk, comment="请经浦东新区推荐", by=cast.association, at=walk.at
    )
    assert walk.fresh(found).state == State.RETURNED
