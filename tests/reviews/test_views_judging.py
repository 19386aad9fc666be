"""The judge's pages: the sheet, and that nothing tells whose result it is."""

from __future__ import annotations

import io
import zipfile
from urllib.parse import unquote

import pytest
from django.urls import reverse

from reviews import actions
from reviews.models import Assignment
from submissions.models import Submission
from tests.factories import full_marks

pytestmark = pytest.mark.django_db

REMARK = "现状调查分层清楚，建议补充要因确认的测量数据。"


def own(submission, actor):
    return Assignment.objects.get(submission=submission, judge=actor.user)


def page(assignment):
    return reverse("reviews:judge", args=[assignment.key])


def sheet(assignment, share=0.9, **changes):
    marks = full_marks(assignment.rubric, share)
    return {
        **{f"mark-{code}": mark for code, mark in marks.items()},
        "remark": REMARK, "panel_remark": "", "version": assignment.version,
        "act": "hand_in", **changes,
    }  # fmt: skip


@pytest.fixture
def desk(client_of, cast):
    return client_of(cast.judge)


# --- blind


def secrets_of(submission: Submission) -> list[str]:
    """Every text that would tell whose result it is."""
    organisations = [submission.unit, submission.group, submission.recommender]
    people = ["顾晓岚", "陈立群", "吴䶮", "王敏", "李婉清", "周岚"]
    contact = ["13800006207", "质量安全部", "川沙路1180号", "201200"]
    keys = [str(o.key) for o in organisations]
    return [o.name for o in organisations] + people + contact + keys + [submission.code]


def test_no_page_header_or_file_tells_whose_result_it_is(desk, walk, cast, django_capture_on_commit_callbacks):  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        submission = walk.judging(
            summary="启明星QC小组成立于2016年，组长顾晓岚。上海申浦轨道车辆维修有限公司给予支持。故障率下降。"
        )
    assignment = own(submission, cast.judge)
    answers = [desk.get(reverse("reviews:judging")), desk.get(page(assignment))]
    answers.append(desk.post(page(assignment), sheet(assignment, remark="短")))
    for row in assignment.revision.attachments.all():
        args = [assignment.key, row.document.key]
        answers.append(desk.get(reverse("reviews:judge_file", args=args)))
        answers.append(desk.get(reverse("reviews:judge_page", args=[*args, 1])))
    answers.append(desk.get(page(assignment) + "nowhere/"))

    for answer in answers:
        body = b"".join(answer) if answer.streaming else answer.content
        told = body.decode("utf-8", "replace") + unquote(str(dict(answer.headers)))
        found = [secret for secret in secrets_of(submission) if secret in told]
        assert found == [], answer.request["PATH_INFO"]
    assert "故障率下降" in answers[1].content.decode()
    assert "〔略〕成立于2016年，组长〔略〕" in answers[1].content.decode()


def test_nothing_of_the_other_judges(desk, walk, cast, noon):
    submission = walk.judging()
    actions.save_marks(
        own(submission, cast.judge2).pk, marks=full_marks(own(submission, cast.judge2).rubric, 0.7),
        remark="另一位专家的评语很长很长。", panel_remark="密", version=0, hand_in=True,
        by=cast.judge2, at=noon,
    )  # fmt: skip
    theirs = own(submission, cast.judge2)

    told = desk.get(page(own(submission, cast.judge))).content.decode()
    told += desk.get(reverse("reviews:judging")).content.decode()

    for secret in (theirs.remark, theirs.key, "70.0 分", "严素芬", "许明远"):
        assert secret not in told
    assert desk.get(page(theirs)).status_code == 404
    assert desk.post(page(theirs), sheet(theirs)).status_code == 404
    assert desk.post(reverse("reviews:recuse", args=[theirs.key]), {"comment": "x"}).status_code == 404  # fmt: skip


def test_files_have_neutral_names_and_only_the_judged_ones_are_handed_out(
    desk, walk, cast
):
    submission = walk.judging()
    assignment = own(submission, cast.judge)
    report = assignment.revision.attachments.get(slot="report").document

    answer = desk.get(reverse("reviews:judge_file", args=[assignment.key, report.key]))

    label = submission.form.form.slot("report").label
    assert unquote(answer["Content-Disposition"]).endswith(f"{label}.docx")
    assert zipfile.is_zipfile(io.BytesIO(b"".join(answer.streaming_content)))
    form = assignment.revision.document
    refused = desk.get(reverse("reviews:judge_file", args=[assignment.key, form.key]))
    assert refused.status_code == 404


def test_neighbours(client_of, walk, cast):
    assignment = own(walk.judging(), cast.judge)

    assert client_of(cast.judge2).get(page(assignment)).status_code == 404
    for actor in (cast.group, cast.unit, cast.recommender, cast.association):
        assert client_of(actor).get(page(assignment)).status_code == 403
        assert client_of(actor).get(reverse("reviews:judging")).status_code == 403


# --- the sheet


def test_handing_in_goes_on_to_the_next(desk, walk, cast):
    first = own(walk.judging(), cast.judge)
    second = own(walk.judging(group=cast.other_group), cast.judge)

    answer = desk.post(page(first), sheet(first))
    assert (answer.status_code, answer["Location"]) == (302, page(second))
    first.refresh_from_db()
    assert first.submitted_at is not None
    assert first.total == sum(map(float, full_marks(first.rubric).values()))

    answer = desk.post(page(second), sheet(second))
    assert answer["Location"] == reverse("reviews:judging")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"remark": "好"}, "至少 10 字，现在是 1 字"),
        ({"mark-topic": ""}, "还没有打分"),
        ({"mark-topic": "99"}, "要打 0 到 15 分"),
        ({"mark-topic": "十三"}, "要打 0 到 15 分"),
        ({"mark-topic": "3.3"}, "每 0.5 分一档"),
    ],
)
def test_a_refused_sheet_keeps_what_was_typed(desk, walk, cast, changes, sentence):
    assignment = own(walk.judging(), cast.judge)
    first = assignment.rubric.criteria_list[0].code
    changes = {k.replace("mark-topic", f"mark-{first}"): v for k, v in changes.items()}

    answer = desk.post(page(assignment), sheet(assignment, **changes))

    body = answer.content.decode()
    assert answer.status_code == 409
    assert sentence in body
    assert changes.get("remark", REMARK) in body
    assignment.refresh_from_db()
    assert (assignment.version, assignment.submitted_at) == (0, None)


def test_autosave_answers_with_the_new_version(desk, walk, cast):
    assignment = own(walk.judging(), cast.judge)
    headers = {"X-Requested-With": "autosave"}
    typed = sheet(assignment, remark="写了一半")

    answer = desk.post(page(assignment), typed, headers=headers)
    assert (answer.status_code, answer.json()["version"]) == (200, 1)
    assignment.refresh_from_db()
    assert (assignment.remark, assignment.submitted_at) == ("写了一半", None)

    stale = desk.post(page(assignment), {**typed, "remark": "旧窗口"}, headers=headers)
    assert stale.status_code == 409
    assert (
        desk.post(page(assignment), {"version": "x"}, headers=headers).status_code
        == 422
    )
    assignment.refresh_from_db()
    assert assignment.remark == "写了一半"


def test_a_handed_in_sheet_may_be_changed_and_handed_in_again(desk, walk, cast):
    assignment = own(walk.judging(), cast.judge)
    desk.post(page(assignment), sheet(assignment))
    assignment.refresh_from_db()

    body = desk.get(page(assignment)).content.decode()
    assert "data-autosave" not in body  # half a change would take the sheet back
    desk.post(page(assignment), sheet(assignment, share=0.8))
    assignment.refresh_from_db()
    assert assignment.submitted_at is not None
    assert assignment.total == sum(
        map(float, full_marks(assignment.rubric, 0.8).values())
    )


def test_stepping_back_closes_the_papers(desk, walk, cast):
    assignment = own(walk.judging(), cast.judge)
    document = assignment.revision.attachments.get(slot="records").document
    address = reverse("reviews:recuse", args=[assignment.key])

    answer = desk.post(address, {"comment": "  "}, headers={"Referer": "http://testserver" + page(assignment)})  # fmt: skip
    assignment.refresh_from_db()
    assert (answer.status_code, assignment.recused_at) == (302, None)

    desk.post(address, {"comment": "指导过该小组"})
    assignment.refresh_from_db()
    assert assignment.recusal == "指导过该小组"
    file = reverse("reviews:judge_file", args=[assignment.key, document.key])
    assert desk.get(file).status_code == 404


def test_after_the_decision_the_sheet_is_read_only(desk, walk, cast):
    assignment = own(walk.decided(), cast.judge)

    body = desk.get(page(assignment)).content.decode()
    assert "秘书处已开始评定奖项，评分不能再改。" in body
    assert 'value="hand_in"' not in body
    assert desk.post(page(assignment), sheet(assignment)).status_code == 409


def test_the_tasks_ask_as_often_for_three_as_for_one(desk, walk, cast, django_assert_num_queries):  # fmt: skip
    address = reverse("reviews:judging")
    walk.judging()
    desk.get(address)
    with django_assert_num_queries(40, exact=False) as asked:
        desk.get(address)
    once = len(asked.captured_queries)
    walk.judging(group=cast.other_group)
    walk.judging(group=cast.second_group, topic_type="innovation")
    with django_assert_num_queries(once):
        desk.get(address)


# --- assignment, by the association


def test_assigning_evenly_and_one_by_one(client_of, walk, cast, campaign):
    submission = walk.checked()
    clerk = client_of(cast.association)
    one = reverse("reviews:assign", args=[submission.code])

    clerk.post(one, {"judge": cast.judge.user.pk})
    assert list(Assignment.objects.values_list("judge", flat=True)) == [
        cast.judge.user.pk
    ]
    for junk in ("", "x", "9" * 30, str(cast.group.user.pk)):
        assert clerk.post(one, {"judge": junk}).status_code == 404

    clerk.post(reverse("reviews:assign_evenly"))
    assert Assignment.objects.count() == campaign.judges_per_submission
    body = clerk.get(reverse("reviews:assignments") + f"?for={submission.code}").content.decode()  # fmt: skip
    assert body.count("已在评这一份") == 3


def test_the_board_of_assignments_asks_as_often_for_three_as_for_one(client_of, walk, cast, django_assert_num_queries):  # fmt: skip
    clerk, address = client_of(cast.association), reverse("reviews:assignments")
    walk.judging()
    clerk.get(address)
    with django_assert_num_queries(40, exact=False) as asked:
        clerk.get(address)
    once = len(asked.captured_queries)
    walk.judging(group=cast.other_group)
    walk.judging(group=cast.second_group, topic_type="innovation")
    with django_assert_num_queries(once):
        clerk.get(address)


def test_strangers_assign_nobody(client_of, walk, cast):
    submission = walk.checked()
    one = reverse("reviews:assign", args=[submission.code])

    stranger = client_of(cast.other_association)
    assert stranger.post(one, {"judge": cast.judge.user.pk}).status_code == 404
    assert (
        client_of(cast.judge).post(one, {"judge": cast.judge.user.pk}).status_code
        == 403
    )
    assert not Assignment.objects.exists()
