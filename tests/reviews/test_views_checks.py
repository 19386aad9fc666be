"""The formal check's pages."""

from __future__ import annotations

import pytest
from django.urls import reverse

from qcportal.audit.models import TrailEntry
from qcportal.campaigns.models import CheckItem
from reviews import actions
from reviews.models import Check
from submissions.lifecycle import State

pytestmark = pytest.mark.django_db


def page(submission):
    return reverse("reviews:check", args=[submission.code])


def marks(campaign, unfit=()):
    found = {}
    for item in CheckItem.objects.filter(campaign=campaign):
        found[f"fits-{item.pk}"] = "no" if item.order in unfit else "yes"
        if item.order in unfit:
            found[f"note-{item.pk}"] = f"第{item.order}项要补"
    return found


@pytest.fixture
def desk(client_of, cast):
    return client_of(cast.association)


def test_the_page_says_what_was_found_by_itself(desk, walk):
    submission = walk.submitted()

    body = desk.get(page(submission)).content.decode()

    assert "自动识别：一致" in body
    assert submission.title in body
    assert 'name="act" value="pass"' in body


def test_passing_goes_on_to_the_next(desk, walk, cast, campaign):
    first = walk.submitted()
    second = walk.submitted(group=cast.other_group)

    answer = desk.post(page(first), {**marks(campaign), "act": "pass", "comment": ""})

    assert (answer.status_code, answer["Location"]) == (302, page(second))
    first.refresh_from_db()
    assert first.state == State.CHECKED
    answer = desk.post(page(second), {**marks(campaign), "act": "pass", "comment": ""})
    assert answer["Location"] == reverse("reviews:checks")
    assert "都审完了" in desk.get(answer["Location"]).content.decode()


def test_a_refused_pass_keeps_what_was_typed(desk, walk, campaign):
    submission = walk.submitted()

    answer = desk.post(page(submission), {**marks(campaign, unfit=(2,)), "act": "pass", "comment": "另外"})  # fmt: skip

    body = answer.content.decode()
    assert answer.status_code == 409
    assert "只能退回补正" in body
    assert "第2项要补" in body
    assert "另外" in body
    submission.refresh_from_db()
    assert submission.state == State.SUBMITTED


def test_returning_writes_the_notes_into_the_comment(desk, walk, campaign):
    submission = walk.submitted()
    item = CheckItem.objects.get(campaign=campaign, order=2)

    answer = desk.post(page(submission), {**marks(campaign, unfit=(2,)), "act": "return", "comment": ""})  # fmt: skip

    assert answer.status_code == 302
    submission.refresh_from_db()
    assert submission.state == State.AMENDMENT_ASKED
    assert Check.objects.get().comment == f"{item.text}：第2项要补"


def test_half_a_check_is_kept(desk, walk, campaign):
    submission = walk.submitted()
    item = CheckItem.objects.filter(campaign=campaign).last()

    answer = desk.post(page(submission), {f"fits-{item.pk}": "no", f"note-{item.pk}": "要看原件", "act": "save"})  # fmt: skip

    assert answer["Location"] == page(submission)
    assert "要看原件" in desk.get(page(submission)).content.decode()


def test_a_second_click_passes_once_and_another_verdict_says_where_it_is(desk, walk, campaign):  # fmt: skip
    submission = walk.submitted()
    passing = {**marks(campaign), "act": "pass", "comment": ""}

    assert desk.post(page(submission), passing).status_code == 302
    assert desk.post(page(submission), passing).status_code == 302
    assert submission.steps.filter(move="pass_check").count() == 1

    answer = desk.post(
        page(submission), {**marks(campaign, unfit=(2,)), "act": "return"}
    )
    assert answer.status_code == 409
    assert "这项成果的状态是“形审通过”" in answer.content.decode()


def test_junk_acts_are_404(desk, walk, campaign):
    submission = walk.submitted()

    assert desk.post(page(submission), {"act": "fly"}).status_code == 404
    answer = desk.post(page(submission), {"act": "save", f"note-{CheckItem.objects.first().pk}": "长" * 201})  # fmt: skip
    assert answer.status_code == 422


@pytest.mark.parametrize("query", ["?page=x", "?page=99", "?kind=none", "?recommender=1", "?q=" + "长" * 90, "?kind=back"])  # fmt: skip
def test_junk_filters_do_no_harm(desk, walk, query):
    walk.submitted()

    assert desk.get(reverse("reviews:checks") + query).status_code == 200


def test_the_queue_is_filtered_by_body_and_words(desk, walk, cast):
    walk.submitted()
    walk.submitted(group=cast.other_group, title="光刻胶颗粒")
    key = cast.other_recommender.organisation.key

    for query in (f"?recommender={key}", "?q=光刻胶", "?q=微尘"):
        body = desk.get(reverse("reviews:checks") + query).content.decode()
        assert ("光刻胶颗粒" in body, "降低列车客室" in body) == (True, False)


def test_the_queue_asks_as_often_for_three_as_for_one(desk, walk, cast, django_assert_num_queries):  # fmt: skip
    address = reverse("reviews:checks")
    walk.submitted()
    desk.get(address)
    with django_assert_num_queries(26, exact=False) as asked:
        desk.get(address)
    once = len(asked.captured_queries)
    walk.submitted(group=cast.other_group)
    walk.submitted(group=cast.second_group, topic_type="innovation")
    with django_assert_num_queries(once):
        desk.get(address)


def test_neighbours_see_nothing(client_of, cast, walk):
    submission = walk.submitted()
    key = submission.revision.document.key
    file = reverse("reviews:check_file", args=[submission.code, key])

    neighbour = client_of(cast.other_association)
    assert neighbour.get(page(submission)).status_code == 404
    assert neighbour.post(page(submission), {"act": "pass"}).status_code == 404
    assert neighbour.get(file).status_code == 404
    for actor in (cast.group, cast.unit, cast.recommender, cast.judge):
        assert client_of(actor).get(page(submission)).status_code == 403
        assert client_of(actor).get(file).status_code == 403


def test_files_of_the_result_and_only_these(desk, walk, cast):
    submission = walk.submitted()
    other = walk.submitted(group=cast.other_group)
    own = submission.revision.attachments.get(slot="records").document
    foreign = other.revision.attachments.get(slot="records").document

    taken = desk.get(reverse("reviews:check_file", args=[submission.code, own.key]))
    assert (taken.status_code, b"".join(taken.streaming_content)[:5]) == (200, b"%PDF-")
    line = TrailEntry.objects.filter(what="file_downloaded").get()
    assert (line.about, line.user_name) == (submission.code, cast.association.user_name)
    page_address = reverse("reviews:check_page", args=[submission.code, own.key, 1])
    assert desk.get(page_address)["Content-Type"] == "image/png"
    refused = desk.get(
        reverse("reviews:check_file", args=[submission.code, foreign.key])
    )
    assert refused.status_code == 404


def test_what_was_returned_leaves_the_queue(desk, walk, cast, noon):
    submission = walk.submitted()
    actions.ask_amendment(
        submission.pk, {}, comment="请补", by=cast.association, at=noon
    )

    assert submission.title not in desk.get(reverse("reviews:checks")).content.decode()
    assert "不用再核对" in desk.get(page(submission)).content.decode()
