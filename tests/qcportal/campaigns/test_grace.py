"""What began before the bell still counts; what began after it does not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from django.urls import reverse
from django.utils import timezone

from qcportal import clock
from qcportal.campaigns.deadlines import judged
from qcportal.campaigns.models import Campaign, Window
from qcportal.campaigns.stages import Stage
from qcportal.ui.middleware import BeganAt
from submissions.lifecycle import State

pytestmark = pytest.mark.django_db


def begun(seconds: float, **files):
    """A post that began so many seconds ago."""
    request = RequestFactory().post("/", files)
    request.began_at = clock.now() - timedelta(seconds=seconds)
    return request


@pytest.mark.parametrize(
    ("ago", "grace", "counts"),
    [(0, 120, True), (119, 120, True), (121, 120, False), (1, 0, False), (-5, 120, False)],
)  # fmt: skip
def test_the_beginning_counts_within_the_grace_only(ago, grace, counts):
    request = begun(ago)
    assert (clock.judged(request, grace) == request.began_at) is counts


def test_an_upload_has_the_longer_grace():
    campaign = Campaign(grace_seconds=60, upload_grace_minutes=10)
    slow = begun(300, scan=SimpleUploadedFile("页.pdf", b"%PDF"))
    plain = begun(300)

    assert judged(slow, campaign) == slow.began_at
    assert judged(plain, campaign) > plain.began_at
    assert judged(slow, None) > slow.began_at


def test_a_request_without_a_stamp_is_judged_now():
    request = RequestFactory().post("/")
    before = clock.now()
    assert before <= clock.judged(request, 120) <= clock.now()


def stamped(**meta):
    seen = []
    answer = BeganAt(lambda request: seen.append(request) or HttpResponse())
    answer(RequestFactory().post("/", **meta))
    return seen[0].began_at


@override_settings(BEHIND_PROXY=True)
@pytest.mark.parametrize(
    ("said", "seconds"),
    [("0.000", 0), ("42.5", 42.5), ("99999", 3600), ("-5", 0), ("1e9", 0), ("ab", 0), ("", 0)],
)  # fmt: skip
def test_what_the_own_proxy_waited_is_counted_back(said, seconds):
    began = stamped(HTTP_X_REQUEST_TIME=said)
    assert abs((clock.now() - began).total_seconds() - seconds) < 5


def test_without_the_own_proxy_its_word_is_nobodys():
    began = stamped(HTTP_X_REQUEST_TIME="600")
    assert (clock.now() - began).total_seconds() < 5


def test_reading_a_page_is_not_stamped():
    seen = []
    BeganAt(lambda request: seen.append(request))(RequestFactory().get("/"))
    assert not hasattr(seen[0], "began_at")


# --- at the bell --------------------------------------------------------------------


@pytest.fixture
def bell(monkeypatch, campaign):
    """Closes filing ``ago`` seconds back, for requests that began ``began`` seconds ago."""

    def ring(ago: float, began: float, stage=Stage.FILING):
        at = clock.now()
        Window.objects.filter(campaign=campaign, stage=stage).update(
            closes_at=at - timedelta(seconds=ago)
        )
        instant = at - timedelta(seconds=began)
        stamp = BeganAt.__call__

        def earlier(self, request):
            if request.method == "POST":
                request.began_at = instant
                return self.get_response(request)
            return stamp(self, request)

        monkeypatch.setattr(BeganAt, "__call__", earlier)

    return ring


@pytest.mark.parametrize(
    ("closed", "began", "state"),
    [
        (5, 6, State.FILED),  # begun a second before the bell
        (5, 4, State.DRAFT),  # begun a second after it
        (5, 5, State.DRAFT),  # the closing instant is closed
        (100, 119, State.FILED),  # at the end of the grace
        (100, 130, State.DRAFT),  # took longer than the grace
    ],
)
def test_filing_at_the_bell(walk, cast, client_of, bell, closed, began, state):
    draft, desk = walk.draft(), client_of(cast.group)
    bell(closed, began)

    desk.post(reverse("submissions:file", args=[draft.code]), {"confirmed": "on"})

    draft.refresh_from_db()
    assert draft.state_enum == state
    if state == State.FILED:
        closes_at = Window.objects.get(
            campaign=draft.campaign, stage=Stage.FILING
        ).closes_at
        assert draft.steps.get(move="file").at < closes_at


@pytest.mark.parametrize(("began", "kept"), [(6, True), (4, False)])
def test_saving_at_the_bell(walk, cast, client_of, bell, began, kept):
    draft, desk = walk.draft(), client_of(cast.group)
    bell(5, began)
    title = "缩短车门故障处理时间"

    desk.post(
        reverse("submissions:edit", args=[draft.code]),
        {"version": draft.version, "title": title},
    )

    draft.refresh_from_db()
    assert (draft.content["title"] == title) is kept


@pytest.mark.parametrize(("began", "state"), [(6, "recommended"), (4, "stamped")])
def test_recommending_at_the_bell(walk, cast, client_of, bell, began, state):
    result, desk = walk.scored(), client_of(cast.recommender)
    bell(5, began, Stage.RECOMMENDING)

    desk.post(reverse("recommenders:recommend_many"), {"chosen": [result.code]})

    result.refresh_from_db()
    assert result.state == state


@pytest.mark.parametrize(("began", "handed"), [(6, True), (4, False)])
def test_handing_over_at_the_bell(walk, cast, client_of, bell, began, handed):
    walk.recommended()
    dossier = walk.dossier(cast.recommender)
    desk = client_of(cast.recommender)
    desk.post(reverse("recommenders:make_paper", args=["summary"]))
    bell(5, began, Stage.RECOMMENDING)

    said = desk.post(reverse("recommenders:submit")).content.decode()

    # The table is not stamped yet: a request in time hears only that.
    assert ("“推荐单位推荐”" in said) is not handed
    assert dossier.handovers.count() == 0


def test_pages_say_the_closing_and_nothing_of_the_grace(walk, cast, client_of, bell):
    draft, desk = walk.draft(), client_of(cast.group)
    bell(5, 5)
    page = desk.get(reverse("submissions:edit", args=[draft.code])).content.decode()
    assert "已关闭" in page
    assert "宽限" not in page
    assert timezone.now() > draft.created_at
