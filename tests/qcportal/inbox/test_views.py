"""消息: days, kinds, reading by a post only, and whose they are."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from qcportal.inbox.actions import tell
from qcportal.inbox.models import Message
from qcportal.inbox.views import day_word

pytestmark = pytest.mark.django_db
PAGE = "/messages/"


@pytest.mark.parametrize(
    ("at", "word"),
    [
        ((2020, 7, 10, 0, 0), "今天"),
        ((2020, 7, 9, 23, 59), "昨天"),
        ((2020, 7, 9, 0, 0), "昨天"),
        ((2020, 7, 8, 23, 59), "更早"),
        ((2020, 7, 10, 23, 0), "今天"),
    ],
)
def test_days_are_those_of_the_calendar(at, word):
    zone = timezone.get_default_timezone()
    now = datetime(2020, 7, 10, 9, 0, tzinfo=zone)
    assert day_word(datetime(*at, tzinfo=zone), now) == word


def test_list_groups_by_day_and_filters_by_kind(cast, client_of, noon):
    unit = cast.unit.organisation
    tell(unit, "要办的", at=noon, kind="todo", link="/submissions/stamping/")
    tell(unit, "老进度", at=noon - timedelta(days=5), kind="progress")
    client = client_of(cast.unit)
    days = client.get(PAGE).context["days"]
    assert [(word, [m.title for m, _ in rows]) for word, rows in days] == [
        ("今天", ["要办的"]),
        ("更早", ["老进度"]),
    ]
    only = client.get(PAGE + "?kind=progress").context["days"]
    assert [m.title for _, rows in only for m, _ in rows] == ["老进度"]
    for junk in ("?kind=x", "?page=x", "?page=99"):
        assert client.get(PAGE + junk).status_code == 200


def test_reading_writes_nothing_opening_marks_read(cast, client_of, noon):
    found = tell(
        cast.unit.organisation, "要办的", at=noon, link="/submissions/stamping/"
    )
    client = client_of(cast.unit)
    client.get(PAGE)
    url = f"/messages/{found.pk}/open/"
    assert client.get(url).status_code == 405
    assert Message.objects.unread().count() == 1
    assert client.post(url).url == "/submissions/stamping/"
    assert Message.objects.unread().count() == 0


@pytest.mark.parametrize(
    "link", ["", "https://elsewhere.example/", "//elsewhere.example"]
)
def test_opening_never_leaves_the_site(cast, client_of, noon, link):
    found = tell(cast.unit.organisation, "公告", at=noon, link=link)
    answer = client_of(cast.unit).post(f"/messages/{found.pk}/open/")
    assert answer.url == PAGE


def test_neighbours_messages_are_not_there(cast, client_of, noon):
    found = tell(cast.unit.organisation, "要办的", at=noon)
    neighbour = client_of(cast.other_unit)
    assert neighbour.post(f"/messages/{found.pk}/open/").status_code == 404
    assert neighbour.post("/messages/read/").status_code == 302
    assert Message.objects.unread().count() == 1


def test_all_are_marked_read_by_a_post(cast, client_of, noon):
    for number in range(3):
        tell(cast.unit.organisation, f"消息{number}", at=noon)
    client_of(cast.unit).post("/messages/read/")
    assert Message.objects.unread().count() == 0


def test_pages_of_25_with_fixed_queries(cast, client_of, noon):
    tell(cast.unit.organisation, "第一条", at=noon)
    client = client_of(cast.unit)
    client.get(PAGE)
    with CaptureQueriesContext(connection) as one:
        client.get(PAGE)
    for number in range(29):
        tell(cast.unit.organisation, f"消息{number}", at=noon)
    with CaptureQueriesContext(connection) as many:
        answer = client.get(PAGE)
    assert len(many) == len(one)
    assert (
        len(answer.context["page"]),
        answer.context["page"].paginator.num_pages,
    ) == (25, 2)
    assert len(client.get(PAGE + "?page=2").context["page"]) == 5
