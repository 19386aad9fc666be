"""Two at the same instant, on PostgreSQL: one wins, the other is told why, no error.

Places of a recommending body as a whole stand in tests/recommenders/test_races.py.
"""

import threading

import pytest
from django.db import IntegrityError, connection

from qcportal.refusals import Refused
from qcportal.seals.models import SealAct
from recommenders import actions as recommending
from recommenders.models import Handover, Paper, TableStamp
from reviews import actions as reviewing
from reviews.models import Assignment, Certificate, Publication
from submissions import actions as filing
from submissions import merging
from submissions.lifecycle import PLACED, State
from submissions.models import Revision, ScoreSheet, Stamp, Step, Submission
from tests import factories

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

ROUNDS = 10


def at_once(*acts):
    """Run the acts in threads that start together; what each answered: ``done``, the
    codes it was refused with, or the name of an error that should not be."""
    gate, answers = threading.Barrier(len(acts)), [""] * len(acts)

    def run(number, act):
        try:
            gate.wait(timeout=30)
            act()
            answers[number] = "done"
        except Refused as no:
            answers[number] = " ".join(no.codes)
        except Exception as error:  # noqa: BLE001 - an error is an answer here
            answers[number] = type(error).__name__
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return sorted(answers)


# --- places of one unit ----------------------------------------------------------------


def take_back_all(cast, at):
    for found in Submission.objects.filter(state=State.RECOMMENDED):
        recommending.take_back(found.pk, comment="", by=cast.recommender, at=at)


def test_ten_rounds_for_the_units_one_place(walk, cast):
    both = [walk.scored(), walk.scored(cast.second_group)]
    clicks = [
        lambda pk=found.pk: recommending.recommend(pk, by=cast.recommender, at=walk.at)
        for found in both
    ]
    answers, taken = [], []
    for _ in range(ROUNDS):
        answers.append(at_once(*clicks))
        taken.append(Submission.objects.filter(state__in=PLACED).count())
        take_back_all(cast, walk.at)
    assert answers == [["done", "unit_quota_full"]] * ROUNDS
    assert taken == [1] * ROUNDS


def test_recommended_and_unstamped_at_once_is_never_both(walk, cast):
    found = walk.scored()
    for _ in range(ROUNDS):
        answers = at_once(
            lambda: recommending.recommend(found.pk, by=cast.recommender, at=walk.at),
            lambda: filing.unstamp(found.pk, comment="改分", by=cast.unit, at=walk.at),
        )
        assert answers == ["done", "wrong_state"]
        if walk.fresh(found).state == State.FILED:
            break
        assert walk.fresh(found).state == State.RECOMMENDED
        take_back_all(cast, walk.at)
    live = Stamp.objects.filter(voided_at__isnull=True).count()
    assert live == (0 if walk.fresh(found).state == State.FILED else 2)


# --- one click, twice ----------------------------------------------------------------


def test_two_clicks_on_filing_make_one_revision(walk, cast):
    drafts = [walk.draft(title=f"第{n}项") for n in range(5)]
    for draft in drafts:

        def click(pk=draft.pk):
            filing.file(pk, confirmed=True, by=cast.group, at=walk.at)

        assert at_once(click, click, click) == ["done"] * 3
    assert Revision.objects.count() == Step.objects.count() == len(drafts)


def test_two_clicks_on_the_units_stamp_make_one_stamp(walk, cast):
    found = walk.filed()
    marks = factories.full_marks(filing.rubric_for(found))
    given = {"by": cast.unit, "at": walk.at}
    filing.save_sheet(found.pk, marks=marks, opinion="同意。", version=0, **given)
    scan = factories.kept_scan(filing.print_sheet(found.pk, **given), **given)

    def click():
        filing.stamp(found.pk, evidence="scan", scan=scan, confirmed=True, **given)

    assert at_once(click, click) == ["done", "wrong_state"]
    assert (Stamp.objects.count(), SealAct.objects.count()) == (1, 1)
    assert walk.fresh(found).state == State.STAMPED


def test_two_stamps_on_the_bodys_opinion_leave_one_in_force(walk, cast):
    found = walk.scored()
    sheet = walk.sheet(found, "recommender")
    scan = factories.kept_scan(sheet, cast.recommender, walk.at)

    def click():
        recommending.stamp(
            found.pk, evidence="scan", scan=scan, confirmed=True,
            by=cast.recommender, at=walk.at,
        )  # fmt: skip

    assert at_once(click, click) == ["done", "done"]
    live = Stamp.objects.filter(sheet__tier="recommender", voided_at__isnull=True)
    assert live.count() == 1


def test_two_windows_save_one_draft(walk, cast):
    draft = walk.draft()
    for number in range(ROUNDS):
        version = walk.fresh(draft).version

        def save(text, version=version):
            typed = {**draft.content, "title": text}
            filing.save_draft(
                draft.pk, typed, version=version, by=cast.group, at=walk.at
            )

        answers = at_once(
            lambda n=number: save(f"甲{n}"), lambda n=number: save(f"乙{n}")
        )
        assert answers == ["done", "stale_version"]
        assert walk.fresh(draft).version == version + 1


def test_two_windows_write_different_fields_and_both_are_kept(walk, cast):
    draft = walk.draft()
    marks = merging.marks_of(draft.form.form, draft.held)

    def save(code, text, window):
        typed = merging.Typed({**draft.content, code: text}, draft.row_keys)
        opened = merging.Opened(draft.version, marks, window)
        filing.merge_draft(draft.pk, typed, opened=opened, by=cast.group, at=walk.at)

    for number in range(ROUNDS):
        answers = at_once(
            lambda n=number: save("title", f"题目{n}", "one"),
            lambda n=number: save("summary", f"简介{n}", "two"),
            lambda n=number: save("department", f"部门{n}", "three"),
        )
        assert answers == ["done"] * 3
        kept = walk.fresh(draft).content
        assert kept == {
            **draft.content, "title": f"题目{number}", "summary": f"简介{number}",
            "department": f"部门{number}",
        }  # fmt: skip


def test_two_windows_write_the_same_field_and_one_is_told(walk, cast):
    draft = walk.draft()
    clashes = []

    def save(text, window, version, marks):
        typed = merging.Typed({"title": text}, {})
        opened = merging.Opened(version, marks, window)
        _, merged = filing.merge_draft(
            draft.pk, typed, opened=opened, by=cast.group, at=walk.at
        )
        clashes.append(len(merged.clashes))

    for number in range(ROUNDS):
        now = walk.fresh(draft)
        marks = merging.marks_of(now.form.form, now.held)
        clashes.clear()
        answers = at_once(
            lambda n=number, v=now.version, m=marks: save(f"甲{n}", f"a{n}", v, m),
            lambda n=number, v=now.version, m=marks: save(f"乙{n}", f"b{n}", v, m),
        )
        assert (answers, sorted(clashes)) == (["done", "done"], [0, 1])
        assert walk.fresh(draft).version == now.version + 1


def test_two_colleagues_open_one_sheet_at_once(walk, cast):
    """The first save makes the sheet; the second is told, never an error."""
    found = walk.filed()

    def save(opinion):
        filing.save_sheet(
            found.pk, marks={}, opinion=opinion, version=0, by=cast.unit, at=walk.at
        )

    assert at_once(lambda: save("甲"), lambda: save("乙")) == ["done", "stale_version"]
    assert ScoreSheet.objects.count() == 1


def test_two_clicks_hand_over_once(walk, cast):
    walk.recommended()
    dossier = walk.dossier(cast.recommender)
    by, at = cast.recommender, walk.at
    paper = recommending.make_paper(dossier.pk, Paper.Kind.TABLE, by=by, at=at)
    scan = factories.kept_table_scan(paper, by, at)

    def seal():
        recommending.stamp_table(
            dossier.pk, evidence="scan", scan=scan, confirmed=True, by=by, at=at
        )

    def click():
        recommending.submit(dossier.pk, by=by, at=at)

    assert at_once(seal, seal) == ["done", "done"]
    assert TableStamp.objects.filter(voided_at__isnull=True).count() == 1
    assert at_once(click, click) == ["done", "nothing_to_submit"]
    assert Handover.objects.count() == 1


# --- numbers ---------------------------------------------------------------------------


def test_record_numbers_are_unique_and_without_gaps(campaign, cast, noon):
    def begin():
        filing.begin(campaign.categories.get(), by=cast.group, at=noon)

    assert at_once(*[begin] * 8) == ["done"] * 8
    codes = sorted(Submission.objects.values_list("code", flat=True))
    assert codes == [f"2020-SQC-{n:04d}" for n in range(1, 9)]


def test_two_clicks_publish_once_with_one_certificate_each(walk, cast):
    walk.decided()
    walk.decided(cast.second_group, topic_type="innovation")
    given = {"by": cast.association, "at": walk.at}

    def announce():
        reviewing.announce(walk.campaign.pk, closes_at=walk.at, **given)

    def publish():
        reviewing.publish(walk.campaign.pk, **given)

    assert at_once(announce, announce) == ["already_announced", "done"]
    assert at_once(publish, publish) == ["already_published", "done"]
    assert Publication.objects.count() == 2
    numbers = list(Certificate.objects.values_list("number", flat=True))
    assert numbers == ["SQC2020-1-0001", "SQC2020-1-0002"]


def test_one_judge_is_assigned_once(walk, cast):
    found = walk.checked()

    def assign():
        reviewing.assign(found.pk, cast.judge.user, by=cast.association, at=walk.at)

    assert at_once(assign, assign, assign) == ["done"] * 3
    assert Assignment.objects.count() == 1
    assert Step.objects.filter(move="send_to_judges").count() == 1


# --- the control -----------------------------------------------------------------------


def test_without_the_submissions_lock_the_race_is_lost(walk, cast, monkeypatch):
    """The same clicks, the lock left out: what the tests above would have seen."""
    plain = filing.rules.why_not_file
    looked = threading.Barrier(2)

    def look_then_wait(*given):
        answer = list(plain(*given))
        looked.wait(timeout=30)
        return answer

    def unlocked(submission_id):
        return Submission.objects.with_people().get(pk=submission_id)

    draft = walk.draft()
    monkeypatch.setattr(filing, "locked", unlocked)
    monkeypatch.setattr(filing.rules, "why_not_file", look_then_wait)

    def click():
        filing.file(draft.pk, confirmed=True, by=cast.group, at=walk.at)

    assert at_once(click, click) == [IntegrityError.__name__, "done"]
