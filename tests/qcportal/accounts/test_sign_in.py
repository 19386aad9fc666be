"""Signing in by channel, the seat, switching it, losing it, the own password."""

import pytest
from django.urls import reverse

from qcportal.accounts.actions import end_seat, grant_seat
from qcportal.accounts.roles import Duty, Role
from tests import factories

DESKS = {
    "group": "/submissions/",
    "unit": "/submissions/stamping/",
    "recommender": "/recommenders/",
    "association": "/reviews/",
    "judge": "/reviews/judging/",
}


def sign_in(client, actor, channel="", password=factories.PASSWORD, **more):
    channel = channel or actor.role
    data = {"username": actor.user.username, "password": password, **more}
    return client.post(reverse("accounts:sign_in_channel", args=[channel]), data)


@pytest.mark.parametrize("who", list(DESKS))
def test_each_role_lands_on_its_desk(client, cast, who):
    answer = sign_in(client, getattr(cast, who))
    assert answer.url == "/accounts/start/"
    assert client.get(answer.url).url == DESKS[who]
    assert client.get(DESKS[who]).status_code == 200


def test_wrong_password_and_unknown_user_read_the_same(client, cast):
    wrong = sign_in(client, cast.group, password="not-this-one")
    unknown = client.post(
        "/accounts/sign-in/group/", {"username": "nobody", "password": "not-this-one"}
    )
    for answer in (wrong, unknown):
        assert "用户名或密码不对" in answer.content.decode()
    assert f'value="{cast.group.user.username}"' in wrong.content.decode()


def test_empty_form_names_both_fields(client, db):
    page = client.post("/accounts/sign-in/unit/", {}).content.decode()
    assert page.count('aria-invalid="true"') == 2


@pytest.mark.parametrize(
    ("onward", "lands"),
    [
        ("/messages/", "/messages/"),
        ("https://evil.example/", "/accounts/start/"),
        ("//evil.example/", "/accounts/start/"),
        ("javascript:alert(1)", "/accounts/start/"),
    ],
)
def test_onward_address_stays_on_this_site(client, cast, onward, lands):
    assert sign_in(client, cast.unit, next=onward).url == lands


def test_a_page_behind_sign_in_is_reached_afterwards(client, cast):
    answer = client.get("/submissions/")
    assert answer.url == "/accounts/sign-in/?next=/submissions/"


def test_signing_out_is_a_post_and_ends_the_session(client_of, cast):
    client = client_of(cast.group)
    assert client.get("/accounts/sign-out/").status_code == 405
    client.post("/accounts/sign-out/")
    assert client.get("/submissions/").status_code == 302


def test_a_person_with_two_seats_switches_and_never_has_both(client_of, cast, noon):
    grant_seat(cast.group.user, cast.unit.organisation, Duty.CLERK, by=None, at=noon)
    client = client_of(cast.group)
    assert client.get("/submissions/").status_code == 200
    assert client.get("/submissions/stamping/").status_code == 403
    other = cast.group.user.memberships.get(organisation=cast.unit.organisation)
    assert client.post("/accounts/seat/", {"seat": other.key}).url == "/accounts/start/"
    assert client.get("/submissions/stamping/").status_code == 200
    assert client.get("/submissions/").status_code == 403


def test_the_channel_chooses_the_seat_of_somebody_with_two(client, cast, noon):
    grant_seat(cast.group.user, cast.unit.organisation, Duty.CLERK, by=None, at=noon)
    sign_in(client, cast.group, channel=Role.UNIT)
    assert client.get("/accounts/start/").url == "/submissions/stamping/"


def test_somebody_elses_seat_cannot_be_taken(client_of, cast):
    client = client_of(cast.group)
    foreign = cast.unit.membership.key
    assert client.post("/accounts/seat/", {"seat": foreign}).status_code == 404
    assert client.post("/accounts/seat/", {"seat": "junk"}).status_code == 404
    assert client.get("/submissions/").status_code == 200


def test_losing_the_seat_counts_on_the_very_next_request(client_of, cast, noon):
    client = client_of(cast.unit)
    assert client.get("/submissions/stamping/").status_code == 200
    end_seat(cast.unit.membership, by=None, at=noon)
    answer = client.get("/submissions/stamping/")
    assert answer.url == "/accounts/no-seat/"
    assert client.get(answer.url).status_code == 403


def test_another_desk_says_whose_page_it_is(client_of, cast):
    answer = client_of(cast.unit).get("/reviews/")
    assert answer.status_code == 403
    assert "这是秘书处的页面，您登录的是单位通道" in answer.content.decode()


def test_changing_the_password_keeps_this_session(client_of, cast):
    client = client_of(cast.group)
    bad = client.post(
        "/accounts/", {"old_password": "x", "new_password1": "a", "new_password2": "b"}
    )
    assert "原密码不对" in bad.content.decode()
    new = "changed-2020-xiaozu"
    data = {
        "old_password": factories.PASSWORD,
        "new_password1": new,
        "new_password2": new,
    }
    assert client.post("/accounts/", data).status_code == 302
    assert client.get("/submissions/").status_code == 200
    cast.group.user.refresh_from_db()
    assert cast.group.user.check_password(new)


@pytest.mark.parametrize(
    "channel", ["group", "unit", "recommender", "association", "judge"]
)
def test_every_channel_says_how_to_get_an_account(client, campaign, channel):
    assert client.get(f"/accounts/register/{channel}/").status_code == 200
    assert client.get(f"/accounts/sign-in/{channel}/").status_code == 200


def test_unknown_channel_is_404(client, db):
    assert client.get("/accounts/sign-in/boss/").status_code == 404
    assert client.get("/accounts/register/boss/").status_code == 404
