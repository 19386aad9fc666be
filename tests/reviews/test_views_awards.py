"""The award board, the release, the certificates: the association's side."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from qcportal.audit.models import TrailEntry
from reviews import actions
from reviews.models import Certificate, Decision, Publication
from submissions.lifecycle import State

pytestmark = pytest.mark.django_db

BOARD = "/reviews/awards/"


@pytest.fixture
def desk(client_of, cast):
    return client_of(cast.association)


def lower(submission, by):
    """Take ``by`` points from every sheet of the submission."""
    for each in submission.assignments.all():
        each.total -= by
        each.save(update_fields=["total"])


def decisions():
    rows = Decision.objects.values_list("submission__code", "level__code")
    return dict(rows)


def test_the_cut_is_shown_before_it_is_made(desk, walk, cast):
    first, second = walk.decided(level=None), walk.decided(group=cast.other_group, level=None)  # fmt: skip
    lower(second, 5)
    before = decisions()

    body = desk.get(BOARD + "?n-1=1").content.decode()
    assert "这是试划，还没有存" in body
    assert "一等奖线" in body
    assert decisions() == before == {first.code: None, second.code: None}

    desk.post(BOARD + "cut/", {"n-1": "1", "n-2": "1"})
    assert decisions() == {first.code: "1", second.code: "2"}


def test_the_cut_leaves_out_what_nobody_scored(desk, walk, cast):
    scored = walk.decided(level=None)
    waiting = walk.checked(group=cast.other_group)

    desk.post(BOARD + "cut/", {"n-1": "5"})

    assert decisions() == {scored.code: "1"}
    waiting.refresh_from_db()
    assert waiting.state == State.CHECKED


def test_a_tie_on_the_line_is_named_and_not_parted(desk, walk, cast):
    first, second = walk.decided(level=None), walk.decided(group=cast.other_group, level=None)  # fmt: skip

    body = desk.get(BOARD + "?n-1=1").content.decode()
    assert "没有切开，整组放在线下" in body

    desk.post(BOARD + "cut/", {"n-1": "1"})
    assert decisions() == {first.code: None, second.code: None}


def test_single_awards_are_saved_and_refusals_told(desk, walk, cast):
    done = walk.decided(level="2")
    open_one = walk.judging(group=cast.other_group)

    answer = desk.post(
        BOARD + "save/",
        {f"level-{done.code}": "1", f"level-{open_one.code}": "1", "level-NO-SUCH": "1"},
        follow=True,
    )  # fmt: skip

    assert decisions() == {done.code: "1"}
    body = answer.content.decode()
    assert "评定了 1 项" in body
    assert f"{open_one.code}：《{open_one.title}》还有 3 位专家没有交评分。" in body


@pytest.mark.parametrize(
    "query", ["?n-1=x", "?n-1=-1", "?n-1=99999999", "?page=x", "?page=7"]
)
def test_junk_numbers_do_no_harm(desk, walk, query):
    walk.decided()

    assert desk.get(BOARD + query).status_code == 200


def test_junk_posts_change_nothing(desk, walk):
    submission = walk.decided(level="1")

    desk.post(BOARD + "cut/", {"n-1": "x"})
    desk.post(BOARD + "cut/", {})
    desk.post(BOARD + "save/", {f"level-{submission.code}": "no-such"})

    assert decisions() == {submission.code: "1"}


def test_the_board_asks_as_often_for_three_as_for_one(desk, walk, cast, django_assert_num_queries):  # fmt: skip
    walk.decided()
    desk.get(BOARD)
    with django_assert_num_queries(40, exact=False) as asked:
        desk.get(BOARD)
    once = len(asked.captured_queries)
    walk.decided(group=cast.other_group)
    walk.decided(group=cast.second_group, topic_type="innovation")
    with django_assert_num_queries(once):
        desk.get(BOARD)


@pytest.mark.parametrize("address", ["awards/", "assignments/", "publications/", "certificates/", "checks/"])  # fmt: skip
def test_other_desks_read_none_of_it(client_of, cast, walk, address):
    walk.decided()

    for actor in (cast.group, cast.unit, cast.recommender, cast.judge):
        assert client_of(actor).get(f"/reviews/{address}").status_code == 403
    neighbour = client_of(cast.other_association).get(f"/reviews/{address}")
    assert "降低列车客室车门故障率" not in neighbour.content.decode()


# --- release


def announce(desk, closes_at):
    local = timezone.localtime(closes_at)
    return desk.post("/reviews/publications/announce/", {"closes_at": f"{local:%Y-%m-%dT%H:%M}"})  # fmt: skip


def test_announce_then_publish(desk, walk, cast, campaign, noon, client):
    submission = walk.decided()

    announce(desk, noon + timedelta(days=5))
    submission.refresh_from_db()
    assert submission.state == State.ANNOUNCED
    body = desk.get("/reviews/publications/").content.decode()
    assert "期满才能公布" in body
    desk.post("/reviews/publications/publish/")
    assert not Certificate.objects.exists()
    Publication.objects.update(closes_at=noon - timedelta(minutes=1))

    desk.post("/reviews/publications/publish/")
    submission.refresh_from_db()
    assert submission.state == State.PUBLISHED
    assert Certificate.objects.get().number == "SQC2020-1-0001"


@pytest.mark.parametrize(
    ("typed", "status", "sentence"),
    [
        ("", 422, "请填写公示截止时间。"),
        ("明天", 422, "时间要写到分钟"),
        ("2020-01-01T17:00", 409, "不能早于现在"),
    ],
)
def test_a_refused_announcement_keeps_the_typed_time(desk, walk, typed, status, sentence):  # fmt: skip
    walk.decided()

    answer = desk.post("/reviews/publications/announce/", {"closes_at": typed})

    assert answer.status_code == status
    assert sentence in answer.content.decode()
    assert f'value="{typed}"' in answer.content.decode() or not typed
    assert not Publication.objects.exists()


def test_strangers_release_nothing(client_of, cast, walk, campaign, noon):
    walk.decided()

    announce(client_of(cast.other_association), noon + timedelta(days=5))
    assert announce(client_of(cast.judge), noon + timedelta(days=5)).status_code == 403

    assert not Publication.objects.filter(campaign=campaign).exists()


# --- certificates


def test_who_may_take_the_certificate(client_of, client, cast, walk, django_capture_on_commit_callbacks):  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        walk.published()
    found = Certificate.objects.get()
    address = reverse("reviews:certificate_download", args=[found.number])

    for actor in (cast.group, cast.unit, cast.recommender, cast.association):
        answer = client_of(actor).get(address)
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    for actor in (cast.other_group, cast.other_unit, cast.other_recommender, cast.second_group, cast.other_association):  # fmt: skip
        assert client_of(actor).get(address).status_code == 404
    taken = TrailEntry.objects.filter(what="certificate_downloaded").order_by("pk")
    assert [(line.about, line.organisation_name, line.campaign) for line in taken] == [
        (found.number, actor.organisation.name, "shanghai-2020")
        for actor in (cast.group, cast.unit, cast.recommender, cast.association)
    ]
    assert client_of(cast.judge).get(address).status_code == 403
    assert client.get(address).status_code == 302  # to sign-in


def test_a_revoked_certificate_is_not_handed_out(desk, client_of, cast, walk, client, django_capture_on_commit_callbacks):  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        walk.published()
    found = Certificate.objects.get()
    revoke = reverse("reviews:revoke", args=[found.number])

    assert client_of(cast.other_association).post(revoke, {"comment": "x"}).status_code == 404  # fmt: skip
    desk.post(revoke, {"comment": ""})
    found.refresh_from_db()
    assert found.revoked_at is None

    desk.post(revoke, {"comment": "企业名称印错"})
    taken = client_of(cast.group).get(f"/reviews/certificates/{found.number}/")
    assert taken.status_code == 409
    body = client.get(f"/verify/{found.number}/").content.decode()
    assert "证书已撤销" in body
    assert "企业名称印错" not in body
    assert client.get(f"/verify/{found.verify_code}/certificate.png").status_code == 404


def test_issued_files_are_the_hosts_own(desk, client_of, cast, walk, django_capture_on_commit_callbacks):  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        walk.published()
    for document in (
        Publication.objects.first().pdf,
        Certificate.objects.get().document,
    ):
        address = reverse("reviews:issued_file", args=[document.key])
        assert desk.get(address).status_code == 200
        assert desk.get(reverse("reviews:issued_status", args=[document.key])).status_code == 200  # fmt: skip
        assert client_of(cast.other_association).get(address).status_code == 404
    taken = TrailEntry.objects.filter(what__endswith="_downloaded").order_by("pk")
    assert [(line.what, line.campaign) for line in taken] == [
        ("list_downloaded", "shanghai-2020"), ("certificate_downloaded", "shanghai-2020"),
    ]  # fmt: skip
    assert taken[0].data == {"name": Publication.objects.first().pdf.title}
    form = Certificate.objects.get().entry.submission.revision.document
    assert desk.get(reverse("reviews:issued_file", args=[form.key])).status_code == 404


def test_certificates_ask_as_often_for_two_as_for_one(desk, walk, cast, campaign, noon, django_assert_num_queries):  # fmt: skip
    walk.decided()
    walk.decided(group=cast.other_group)
    walk.announce()
    actions.publish(campaign.pk, by=cast.association, at=noon + timedelta(seconds=1))
    desk.get("/reviews/certificates/")
    with django_assert_num_queries(30, exact=False) as asked:
        desk.get("/reviews/certificates/?q=SQC2020-1-0001")
    with django_assert_num_queries(len(asked.captured_queries)):
        desk.get("/reviews/certificates/")
