"""The second step: setting up, signing in with it, losing the phone, being made to."""

import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from qcportal.accounts.actions import grant_seat
from qcportal.accounts.actors import Actor
from qcportal.accounts.roles import Duty
from qcportal.audit.models import TrailEntry
from qcportal.entrance import second_factor
from qcportal.people import actions as people_actions
from qcportal.refusals import Refused
from tests import factories
from tests.qcportal.entrance.conftest import (
    SECRET,
    digits_at,
    is_in,
    set_up,
    signed_in,
)

PAGE, STEP = "/accounts/second-factor/", "/accounts/second-step/"
CODES, RENEW, OFF = f"{PAGE}codes/", f"{PAGE}codes/renew/", f"{PAGE}off/"


def begun(user) -> Client:
    """After the password, before the second step."""
    client = Client()
    data = {"username": user.username, "password": factories.PASSWORD}
    assert client.post("/accounts/sign-in/unit/", data).url == STEP
    assert not is_in(client)
    return client


def shown_secret(client) -> str:
    page = client.get(PAGE).content.decode()
    return re.search(r"<code>([A-Z2-7 ]+)</code>", page)[1].replace(" ", "")


# --- setting up ---------------------------------------------------------------------


def test_set_up_shows_recovery_codes_once_and_ends_other_sessions(cast, posted):
    user = cast.unit.user
    elsewhere, client = signed_in(user), signed_in(user)
    secret = shown_secret(client)
    assert shown_secret(client) == secret
    answer = posted(client, PAGE, {"code": digits_at(secret, timezone.now())})
    assert answer.url == CODES
    page = client.get(CODES).content.decode()
    assert len(re.findall(r"<li><code>\d{8}</code>", page)) == 10
    assert client.post(CODES).url == "/accounts/start/"
    assert client.get(CODES).url == PAGE
    assert elsewhere.get("/accounts/").status_code == 302
    assert is_in(client)
    entry = TrailEntry.objects.get(what="second_factor_on")
    assert entry.data == {"address": "127.0.0.1"}


def test_neither_row_nor_session_holds_the_secret(cast):
    client = signed_in(cast.unit.user)
    secret = shown_secret(client)
    assert secret not in str(dict(client.session))
    client.post(PAGE, {"code": digits_at(secret, timezone.now())})
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        assert secret not in str(cursor.fetchall())


def test_a_wrong_first_code_changes_nothing_and_keeps_the_picture(cast):
    client = signed_in(cast.unit.user)
    secret = shown_secret(client)
    page = client.post(PAGE, {"code": "000000x"}).content.decode()
    assert "验证码不对" in page
    assert shown_secret(client) == secret
    assert not Authenticator.objects.exists()


def test_without_a_fresh_password_it_is_asked_for(cast, client_of):
    client = client_of(cast.unit)
    secret = shown_secret(client)
    given = {"code": digits_at(secret, timezone.now())}
    assert "请再输一遍登录密码" in client.post(PAGE, given).content.decode()
    wrong = {**given, "current_password": "not-this-one"}
    assert "密码不对" in client.post(PAGE, wrong).content.decode()
    assert not Authenticator.objects.exists()
    right = {**given, "current_password": factories.PASSWORD}
    assert client.post(PAGE, right).url == CODES


def test_another_phone_ends_the_first_one(cast, noon):
    user = cast.unit.user
    set_up(user, noon - timedelta(hours=1))
    client = begun(user)
    client.post(STEP, {"code": digits_at(SECRET, timezone.now())})
    page = client.get(f"{PAGE}?phone=new").content.decode()
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)[1].replace(" ", "")
    assert secret != SECRET
    now = timezone.now()
    assert client.post(PAGE, {"code": digits_at(secret, now)}).url == CODES
    later = now + timedelta(minutes=2)
    assert second_factor.check(user, digits_at(SECRET, later), at=later) is None
    assert second_factor.check(user, digits_at(secret, later), at=later)


# --- what is right ------------------------------------------------------------------


def test_the_same_code_is_right_once_even_without_the_cache(cast, noon):
    set_up(cast.unit.user, noon - timedelta(hours=1))
    code = digits_at(SECRET, noon)
    assert second_factor.check(cast.unit.user, code, at=noon)
    cache.clear()
    assert second_factor.check(cast.unit.user, code, at=noon) is None
    after = noon + timedelta(seconds=29)
    assert second_factor.check(cast.unit.user, code, at=after) is None


def test_the_code_of_the_set_up_is_used_up(cast, noon):
    set_up(cast.unit.user, noon)
    code = digits_at(SECRET, noon)
    assert second_factor.check(cast.unit.user, code, at=noon) is None


@pytest.mark.parametrize(("seconds", "right"), [(0, True), (30, True), (60, False), (-30, True), (-60, False)])  # fmt: skip
def test_a_phone_may_be_half_a_minute_off(cast, noon, seconds, right):
    set_up(cast.unit.user, noon - timedelta(hours=1))
    code = digits_at(SECRET, noon + timedelta(seconds=seconds))
    assert bool(second_factor.check(cast.unit.user, code, at=noon)) is right


def test_a_code_older_than_the_last_one_is_refused(cast, noon):
    set_up(cast.unit.user, noon - timedelta(hours=1))
    before = digits_at(SECRET, noon - timedelta(seconds=30))
    assert second_factor.check(cast.unit.user, digits_at(SECRET, noon), at=noon)
    assert second_factor.check(cast.unit.user, before, at=noon) is None


def test_a_recovery_code_is_right_once(cast, noon):
    user = cast.unit.user
    set_up(user, noon)
    code = second_factor.codes_left(user)[3]
    assert second_factor.check(user, f"{code[:4]} {code[4:]}", at=noon)
    assert second_factor.check(user, code, at=noon) is None
    assert len(second_factor.codes_left(user)) == 9


def test_somebody_elses_code_is_wrong(cast, noon):
    set_up(cast.unit.user, noon)
    set_up(cast.recommender.user, noon)
    theirs = second_factor.codes_left(cast.recommender.user)[0]
    assert second_factor.check(cast.unit.user, theirs, at=noon) is None


# --- signing in ---------------------------------------------------------------------


def test_password_alone_is_not_enough(cast, noon):
    set_up(cast.unit.user, noon - timedelta(hours=1))
    client = begun(cast.unit.user)
    assert client.get("/submissions/stamping/").status_code == 302
    assert client.get("/accounts/sessions/").url.startswith("/accounts/sign-in/")
    page = client.post(STEP, {"code": "12345"}).content.decode()
    assert "验证码不对" in page
    answer = client.post(STEP, {"code": digits_at(SECRET, timezone.now())})
    assert answer.url == "/accounts/start/"
    assert is_in(client)
    assert TrailEntry.objects.get(what="signed_in").data["how"] == "password+mfa"


def test_onward_and_channel_survive_the_second_step(cast, noon):
    user = cast.group.user
    grant_seat(user, cast.unit.organisation, Duty.CLERK, by=None, at=noon)
    set_up(user, noon - timedelta(hours=1))
    client = Client()
    data = {
        "username": user.username,
        "password": factories.PASSWORD,
        "next": "/messages/",
    }
    client.post("/accounts/sign-in/unit/", data)
    answer = client.post(STEP, {"code": second_factor.codes_left(user)[0]})
    assert answer.url == "/messages/"
    assert client.get("/submissions/stamping/").status_code == 200


def test_a_code_by_mail_does_not_pass_by_the_second_step(person, noon, posted, texted):
    set_up(person, noon - timedelta(hours=1))
    client = Client()
    posted(client, "/accounts/code/", {"username": person.username})
    assert client.post("/accounts/code/enter/", {"code": texted()}).url == STEP
    assert not is_in(client)


def test_five_wrong_codes_lock_the_second_step(cast, noon):
    user = cast.unit.user
    set_up(user, noon - timedelta(hours=1))
    client = begun(user)
    for _ in range(5):
        client.post(STEP, {"code": "000000x"})
    page = client.post(STEP, {"code": digits_at(SECRET, timezone.now())})
    assert "输错次数太多" in page.content.decode()
    assert not is_in(client)
    assert TrailEntry.objects.filter(what="sign_in_refused", user_key=user.pk).exists()


def test_the_page_of_the_second_step_needs_the_first(cast, client_of):
    assert Client().get(STEP).url == "/accounts/sign-in/"
    assert Client().post(STEP, {"code": "1"}).url == "/accounts/sign-in/"
    assert client_of(cast.unit).get(STEP).url == "/accounts/start/"


# --- being made to ------------------------------------------------------------------


@pytest.fixture
def required(settings):
    settings.REQUIRE_SECOND_FACTOR = True


@pytest.mark.parametrize(
    ("who", "duty", "due"),
    [("association", "clerk", True), ("association", "manager", True),
     ("unit", "clerk", False), ("unit", "approver", False),
     ("unit", "seal_keeper", True), ("unit", "manager", True),
     ("recommender", "seal_keeper", True), ("group", "manager", False),
     ("judge", "judge", False)],
)  # fmt: skip
def test_which_seats_are_due(required, cast, client_of, noon, who, duty, due):
    actor = getattr(cast, who)
    newcomer = factories.seat("唐晓", actor.organisation, Duty(duty), noon)
    client = client_of(newcomer)
    answer = client.get("/messages/")
    if not due:
        assert answer.status_code == 200
        return
    assert answer.url == "/accounts/no-seat/"
    assert client.get(answer.url).url == PAGE
    page = client.get(PAGE).content.decode()
    assert "要先设置两步验证，才能办理" in page
    assert client.post("/messages/read/").url == "/accounts/no-seat/"
    set_up(newcomer.user, noon)
    assert client.get("/messages/").status_code == 200


def test_other_seats_stay_usable(required, cast, client_of, noon):
    user = cast.association.user
    grant_seat(user, cast.unit.organisation, Duty.CLERK, by=None, at=noon)
    other = user.memberships.get(organisation=cast.unit.organisation)
    client = client_of(cast.association)
    page = client.get(PAGE).content.decode()
    assert f'value="{other.key}"' in page
    client.post("/accounts/seat/", {"seat": other.key})
    assert client.get("/submissions/stamping/").status_code == 200
    assert client.get("/reviews/").status_code == 403


def test_whoever_must_have_it_cannot_turn_it_off(required, cast, noon):
    user = cast.association.user
    set_up(user, noon - timedelta(hours=1))
    client = begun(user)
    client.post(STEP, {"code": digits_at(SECRET, timezone.now())})
    client.post(OFF)
    assert second_factor.is_on(user)
    page = client.get(PAGE).content.decode()
    assert "两步验证不能关" in page


def test_turned_off_and_codes_renewed_where_it_is_free(cast, noon, posted):
    user = cast.unit.user
    set_up(user, noon - timedelta(hours=1))
    client = begun(user)
    client.post(STEP, {"code": digits_at(SECRET, timezone.now())})
    old = second_factor.codes_left(user)
    assert posted(client, RENEW, {}).url == CODES
    assert set(old).isdisjoint(second_factor.codes_left(user))
    assert posted(client, OFF, {}).url == PAGE
    assert not Authenticator.objects.exists()
    said = list(TrailEntry.objects.values_list("what", flat=True))
    assert {"recovery_codes_renewed", "second_factor_off"} <= set(said)


def test_turning_off_asks_for_the_password(cast, client_of, noon):
    set_up(cast.unit.user, noon)
    client = client_of(cast.unit)
    answer = client.post(OFF, {"current_password": "not-this"})
    assert answer.status_code == 422
    assert "密码不对" in answer.content.decode()
    assert second_factor.is_on(cast.unit.user)
    client.post(OFF, {"current_password": factories.PASSWORD})
    assert not second_factor.is_on(cast.unit.user)


# --- a lost phone -------------------------------------------------------------------


@pytest.fixture
def manager(cast, noon) -> Actor:
    return factories.seat("袁主管", cast.unit.organisation, Duty.MANAGER, noon)


def dropping(seat) -> str:
    return f"/accounts/organisation/members/{seat.key}/second-factor/"


def test_a_manager_clears_it_with_a_reason(cast, manager, client_of, noon, posted):
    user, seat = cast.unit.user, cast.unit.membership
    user.email = "keeper@example.com"
    user.save(update_fields=["email"])
    set_up(user, noon - timedelta(hours=1))
    theirs = begun(user)
    theirs.post(STEP, {"code": digits_at(SECRET, timezone.now())})
    client = client_of(manager)
    page = client.post(dropping(seat), {"factor-reason": ""})
    assert page.status_code == 422
    assert second_factor.is_on(user)
    posted(client, dropping(seat), {"factor-reason": "手机丢了，已当面核对"})
    assert not second_factor.is_on(user)
    assert theirs.get("/accounts/").status_code == 302
    assert mail.outbox[-1].to == ["keeper@example.com"]
    entry = TrailEntry.objects.get(what="second_factor_dropped")
    assert entry.data == {
        "user": user.pk,
        "name": user.name,
        "reason": "手机丢了，已当面核对",
    }


@pytest.mark.parametrize("who", ["unit", "other_unit", "group"])
def test_nobody_else_clears_it(cast, manager, client_of, noon, who):
    set_up(manager.user, noon)
    answer = client_of(getattr(cast, who)).post(
        dropping(manager.membership), {"factor-reason": "手机丢了"}
    )
    assert answer.status_code in {403, 404, 409}
    assert second_factor.is_on(manager.user)


def test_a_unit_cannot_clear_it_for_somebody_of_the_association(cast, manager, noon):
    both = cast.association.user
    seat = grant_seat(both, cast.unit.organisation, Duty.CLERK, by=None, at=noon)
    set_up(both, noon)
    with pytest.raises(Refused) as no:
        people_actions.drop_second_factor(seat.pk, reason="丢了", by=manager, at=noon)
    assert no.value.codes == ["factor_elsewhere"]
    with pytest.raises(Refused) as no:
        people_actions.drop_second_factor(
            seat.pk, reason="丢了", overseen=True, by=cast.other_association, at=noon
        )
    assert no.value.codes == ["factor_elsewhere"]


def test_nobody_clears_the_own_one_this_way(cast, manager, noon):
    set_up(manager.user, noon)
    with pytest.raises(Refused) as no:
        people_actions.drop_second_factor(
            manager.membership.pk, reason="丢了", by=manager, at=noon
        )
    assert no.value.codes == ["own_factor"]
