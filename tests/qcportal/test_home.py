"""The roof's pages: home in every phase, health, clock, notices, downloads, help."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from qcportal.campaigns.models import Campaign, Window
from qcportal.notices.models import NoticeAttachment
from tests import factories


def test_home_without_a_campaign_says_so(client, db):
    page = client.get("/").content.decode()
    assert "还没有发布的活动" in page


def test_home_shows_countdown_gates_milestones_notices(client, campaign):
    page = client.get("/").content.decode()
    assert campaign.headline in page
    assert "在线申报进行中" in page
    assert page.count('class="gate"') == 3
    for milestone in campaign.milestones.all():
        assert milestone.title in page
        assert milestone.label in page
    assert "关于开展2020年上海市质量管理小组活动成果申报/推荐工作的通知" in page
    assert page.count("<h1") == 1


@pytest.mark.parametrize(
    ("days", "words"), [(40, "在线申报还没开放"), (-40, "在线申报已关闭")]
)
def test_home_before_and_after_the_window(client, campaign, days, words):
    for window in Window.objects.filter(campaign=campaign):
        Window.objects.filter(pk=window.pk).update(
            opens_at=window.opens_at + timedelta(days=days),
            closes_at=window.closes_at + timedelta(days=days),
        )
    page = client.get("/").content.decode()
    assert words in page
    assert "在线申报进行中" not in page


def test_home_shows_the_newest_published_campaign(client, campaign):
    Campaign.objects.filter(pk=campaign.pk).update(published_at=None)
    assert campaign.headline not in client.get("/").content.decode()


def test_home_asks_the_same_number_of_queries_for_more_cases(
    client, walk, django_assert_max_num_queries
):
    walk.published()
    with django_assert_max_num_queries(20):
        page = client.get("/").content.decode()
    assert "故障率（次/万车公里）" in page


def test_health_and_clock_answer_anybody(client, db):
    assert client.get("/health/").json() == {
        "status": "ok",
        "books": {"state": "never"},
        "optional": {"office_to_pdf": False, "virus_scanner": False},
    }
    before = timezone.now()
    now = timezone.datetime.fromisoformat(client.get("/clock/").json()["now"])
    assert before - timedelta(seconds=2) <= now <= timezone.now() + timedelta(seconds=2)


def test_notice_not_yet_published_does_not_exist(client, campaign):
    notice = campaign.notices.get(slug="shanghai-2020-notice")
    assert client.get(f"/notices/{notice.slug}/").status_code == 200
    notice.published_at = timezone.now() + timedelta(hours=1)
    notice.save(update_fields=["published_at"])
    assert client.get(f"/notices/{notice.slug}/").status_code == 404
    assert notice.title not in client.get("/notices/").content.decode()
    attachment = notice.attachments.first()
    assert client.get(f"/downloads/{attachment.document.key}/").status_code == 404


def test_every_attachment_of_the_notice_is_made_and_downloads(
    client, campaign, django_capture_on_commit_callbacks
):
    for attachment in NoticeAttachment.objects.filter(notice__campaign=campaign):
        with django_capture_on_commit_callbacks(execute=True):
            factories.make(attachment.document)
        answer = client.get(f"/downloads/{attachment.document.key}/")
        assert answer.status_code == 200, attachment.title
        start = b"".join(answer.streaming_content)[:5]
        expected = b"%PDF-" if attachment.document.extension == "pdf" else b"PK\x03\x04"
        assert start.startswith(expected)


def test_notice_list_asks_the_same_with_one_and_three(client, campaign):
    counts = []
    for keep in (1, 3):
        ids = list(campaign.notices.values_list("pk", flat=True))[:keep]
        hidden = campaign.notices.exclude(pk__in=ids)
        hidden.update(published_at=timezone.now() + timedelta(days=1))
        campaign.notices.filter(pk__in=ids).update(published_at=timezone.now())
        with CaptureQueriesContext(connection) as queries:
            client.get("/notices/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 4


@pytest.mark.parametrize("topic", ["group", "unit", "recommender", "judge", "public"])
def test_help_has_a_page_per_channel(client, campaign, topic):
    assert client.get(f"/help/{topic}/").status_code == 200


def test_unknown_help_topic_and_page_are_404_in_chinese(client, db):
    answer = client.get("/help/nonsense/")
    assert answer.status_code == 404
    assert "没有找到这一页" in answer.content.decode()
