"""Where one is signed in: the list, ending one, ending all others, the way out."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from qcportal.accounts.roles import Duty
from qcportal.audit.models import TrailEntry
from qcportal.entrance.addresses import device, masked
from qcportal.entrance.door import SEEN_KEY
from qcportal.people import actions as people_actions
from tests import factories
from tests.qcportal.entrance.conftest import is_in, signed_in

PAGE = "/accounts/sessions/"
WECHAT = "Mozilla/5.0 (Linux; Android 13) AppleWebKit Chrome/107 MicroMessenger/8.0.43"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (WECHAT, "微信 · 安卓手机"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/126 Safari/537.36 Edg/126", "Edge 浏览器 · Windows 电脑"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1", "Safari 浏览器 · 苹果手机"),
        ("curl/8", "未知设备"),
        ("", "未知设备"),
    ],
)  # fmt: skip
def test_devices_in_words(agent, words):
    assert device(agent) == words


@pytest.mark.parametrize(
    ("address", "shown"),
    [("101.80.3.9", "101.80.*.*"), ("2409:8a1e::1", "2409:8a1e:*")],
)
def test_addresses_are_masked(address, shown):
    assert masked(address) == shown


def test_the_list_names_devices_and_marks_this_one(person):
    client = signed_in(person)
    signed_in(person, HTTP_USER_AGENT=WECHAT, REMOTE_ADDR="101.80.3.9")
    page = client.get(PAGE).content.decode()
    assert "微信 · 安卓手机" in page
    assert "101.80.*.*" in page
    assert "101.80.3.9" not in page
    assert page.count("这台</span>") == 1


def test_as_many_queries_for_three_as_for_one(person):
    client, counts = signed_in(person), []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            page = client.get(PAGE).content.decode()
        counts.append((len(queries), page.count("让它退出")))
        signed_in(person)
        signed_in(person)
    assert [rows for _, rows in counts] == [0, 2]
    assert counts[0][0] == counts[1][0]


def test_ending_one_of_the_own(person):
    client, other = signed_in(person), signed_in(person)
    row = UserSession.objects.get(session_key=other.session.session_key)
    assert client.post(f"{PAGE}{row.pk}/end/").url == PAGE
    assert other.get("/accounts/").status_code == 302
    assert is_in(client)
    assert TrailEntry.objects.get(what="sessions_ended").data == {
        "address": "127.0.0.1", "count": 1,
    }  # fmt: skip


def test_the_neighbours_session_is_not_there(person, cast):
    neighbour = signed_in(cast.second_group.user)
    row = UserSession.objects.get(user=cast.second_group.user)
    client = signed_in(person)
    assert client.post(f"{PAGE}{row.pk}/end/").status_code == 404
    assert client.post(f"{PAGE}999999/end/").status_code == 404
    assert neighbour.get("/accounts/").status_code == 200
    assert str(cast.second_group.user) not in client.get(PAGE).content.decode()


def test_ending_this_one_signs_out(person):
    client = signed_in(person)
    row = UserSession.objects.get(user=person)
    assert client.post(f"{PAGE}{row.pk}/end/").url == "/"
    assert not is_in(client)


def test_everywhere_else(person):
    client, others = signed_in(person), [signed_in(person) for _ in range(2)]
    assert client.post(f"{PAGE}end-others/").url == PAGE
    assert [other.get("/accounts/").status_code for other in others] == [302, 302]
    assert client.get(PAGE).status_code == 200
    assert TrailEntry.objects.get(what="sessions_ended").data["count"] == 2


def test_everywhere_else_asks_for_the_password_after_a_while(person, client_of, cast):
    other = signed_in(person)
    client = client_of(cast.group)
    answer = client.post(f"{PAGE}end-others/", {"current_password": "wrong-one"})
    assert answer.status_code == 422
    assert other.get("/accounts/").status_code == 200
    right = {"current_password": factories.PASSWORD}
    assert client.post(f"{PAGE}end-others/", right).url == PAGE
    assert other.get("/accounts/").status_code == 302


def test_signing_out_ends_it_on_the_server(person):
    client = signed_in(person)
    key = client.session.session_key
    client.post("/accounts/sign-out/")
    assert not Session.objects.filter(session_key=key).exists()
    assert not UserSession.objects.filter(user=person).exists()
    assert TrailEntry.objects.get(what="signed_out").user_key == str(person.pk)


def test_a_new_password_ends_the_others_and_keeps_this_one(person):
    client, other = signed_in(person), signed_in(person)
    new = "changed-2020-xiaozu"
    given = {
        "old_password": factories.PASSWORD,
        "new_password1": new,
        "new_password2": new,
    }
    assert client.post("/accounts/", given).url == "/accounts/"
    assert other.get("/accounts/").status_code == 302
    assert client.get(PAGE).content.decode().count("让它退出") == 0
    assert client.get(PAGE).content.decode().count("这台</span>") == 1


def test_the_last_seat_takes_the_sessions_with_it(cast, noon):
    manager = factories.seat("袁主管", cast.unit.organisation, Duty.MANAGER, noon)
    theirs = signed_in(cast.unit.user)
    for seat in cast.unit.user.memberships.filter(ended_at=None):
        people_actions.end_member(seat.pk, reason="已调离", by=manager, at=noon)
    assert theirs.get("/accounts/").status_code == 302


def test_last_seen_is_kept_every_five_minutes(person, noon):
    client = signed_in(person)
    long_ago = noon - timedelta(hours=2)
    UserSession.objects.filter(user=person).update(last_seen_at=long_ago)
    client.get("/accounts/")
    assert UserSession.objects.get(user=person).last_seen_at == long_ago
    session = client.session
    session[SEEN_KEY] = long_ago.timestamp()
    session.save()
    client.get("/accounts/")
    assert UserSession.objects.get(user=person).last_seen_at > long_ago


def test_an_invited_newcomer_has_a_session_row_and_a_line(cast, noon):
    manager = factories.seat("袁主管", cast.unit.organisation, Duty.MANAGER, noon)
    invitation = people_actions.invite(
        cast.unit.organisation.pk, name="蒋敏", duty=Duty.CLERK, by=manager, at=noon
    )
    client = Client()
    given = {"username": "jiangmin", "name": "蒋敏", "password": "xiangmu-2020-ok",
             "again": "xiangmu-2020-ok"}  # fmt: skip
    client.post(f"/accounts/invitations/{invitation.token}/", given)
    assert client.get(PAGE).content.decode().count("这台</span>") == 1
    entry = TrailEntry.objects.get(what="signed_in")
    assert (entry.user_name, entry.data["how"]) == ("蒋敏", "invitation")
