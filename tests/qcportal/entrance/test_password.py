"""Signing in with a password: who is meant, limits, the picture, equal answers."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import hashers
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from qcportal.accounts.models import User
from qcportal.audit.models import TrailEntry
from qcportal.entrance import limits
from qcportal.entrance.models import Tally
from qcportal.entrance.names import find
from tests import factories
from tests.qcportal.entrance.conftest import captcha_answer, is_in, signed_in

PATH = "/accounts/sign-in/group/"


def tried(client, name, password="wrong-wrong", **more):  # noqa: S107
    return client.post(PATH, {"username": name, "password": password, **more})


@pytest.mark.parametrize(
    "typed",
    ["13800006207", "138 0000 6207", "+86 138-0000-6207", "１３８００００６２０７",
     "wang@example.com", "WANG@example.com", "  {name}  ", "{upper}", "{wide}"],
)  # fmt: skip
def test_one_account_however_it_is_named(person, typed):
    name = person.username
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in name)
    typed = typed.format(name=name, upper=name.upper(), wide=wide)
    client = Client()
    assert tried(client, typed, factories.PASSWORD).url == "/accounts/start/"
    assert client.session["_auth_user_id"] == str(person.pk)
    entry = TrailEntry.objects.get(what="signed_in")
    assert (entry.user_key, entry.about) == (str(person.pk), str(person.pk))
    assert entry.data == {"address": "127.0.0.1", "how": "password"}


def test_variants_of_a_name_share_one_count(person):
    names = [person.username, person.username.upper(), "13800006207",
             "wang@example.com", "１３８００００６２０７"]  # fmt: skip
    client = Client()
    for name in names[:3]:
        tried(client, name)
    for name in names[3:]:
        tried(client, name, **captcha_answer())
    locked = tried(client, person.username, factories.PASSWORD, **captcha_answer())
    assert "输错次数太多" in locked.content.decode()
    assert not is_in(client)


def test_a_verified_number_goes_before_a_user_name_that_reads_the_same(person, noon):
    other = User.objects.create(username="13800006207", name="别人")
    assert find("13800006207").user == other
    person.mobile_verified_at = noon
    person.save(update_fields=["mobile_verified_at"])
    assert find("138-0000-6207").user == person


def test_a_mailbox_of_two_people_is_of_whoever_proved_it(person):
    other = User.objects.create(username="other", name="别人", email=person.email)
    assert find("wang@example.com").user is None
    EmailAddress.objects.create(user=other, email=other.email, verified=True)
    assert find("wang@example.com").user == other


def test_nobody_is_meant_by_nothing(db):
    User.objects.create(username="empty", name="没有邮箱")
    assert find("").user is None


def test_an_ended_account_is_nobody(person):
    person.is_active = False
    person.save(update_fields=["is_active"])
    client = Client()
    answer = tried(client, person.username, factories.PASSWORD)
    assert "用户名或密码不对" in answer.content.decode()
    assert not is_in(client)


@pytest.mark.parametrize("name", ["{known}", "nobody-there"])
def test_picture_after_three_and_lock_after_five(person, name):
    name = name.format(known=person.username)
    client = Client()
    for _ in range(2):
        assert "图里的字母" not in tried(client, name).content.decode()
    page = tried(client, name).content.decode()
    assert "图里的字母" in page
    assert "验证码登录" in page
    without = tried(client, name).content.decode()
    assert "请输入图里的字母" in without
    assert f'value="{name}"' in without
    for _ in range(2):
        page = tried(client, name, **captcha_answer()).content.decode()
        assert "用户名或密码不对" in page
    page = tried(client, name, **captcha_answer()).content.decode()
    assert "输错次数太多" in page


def test_a_wrong_picture_keeps_the_name_and_asks_no_password(person):
    client = Client()
    for _ in range(3):
        tried(client, person.username)
    wrong = {**captcha_answer(), "captcha_1": "????"}
    page = tried(client, person.username, factories.PASSWORD, **wrong).content.decode()
    assert "图里的字没有对上" in page
    assert f'value="{person.username}"' in page
    assert not is_in(client)
    tried(client, person.username, factories.PASSWORD, **captcha_answer())
    assert is_in(client)


def test_the_picture_is_an_image_and_only_while_it_is_of_use(person, client):
    for _ in range(3):
        tried(client, person.username)
    key = captcha_answer()["captcha_0"]
    picture = client.get(f"/accounts/captcha/{key}/")
    assert (picture.status_code, picture["Content-Type"]) == (200, "image/png")
    tried(client, person.username, **captcha_answer())
    assert client.get(f"/accounts/captcha/{key}/").status_code == 404


def test_lock_ends_after_ten_minutes_and_outlives_the_cache(person, noon):
    subject = f"user:{person.pk}"
    for _ in range(5):
        limits.add(limits.WRONG, subject, noon)
    cache.clear()
    assert limits.reached(
        limits.WRONG, subject, noon + timedelta(minutes=9, seconds=59)
    )
    assert not limits.reached(limits.WRONG, subject, noon + timedelta(minutes=10))
    assert limits.add(limits.WRONG, subject, noon + timedelta(minutes=10)) == 1


def test_one_address_is_stopped_whatever_the_name(person, noon):
    for _ in range(29):
        limits.add(limits.WRONG_HERE, "10.1.2.3", noon)
    here = Client(REMOTE_ADDR="10.1.2.3")
    here.get(PATH)
    page = tried(here, "somebody", **captcha_answer()).content.decode()
    assert "用户名或密码不对" in page
    page = tried(here, person.username, factories.PASSWORD, **captcha_answer())
    assert "输错次数太多" in page.content.decode()
    entry = TrailEntry.objects.get(what="sign_in_refused")
    assert (entry.user_key, entry.data) == ("", {"address": "10.1.2.3"})
    assert is_in(signed_in(person, REMOTE_ADDR="10.1.2.4"))


def test_being_right_clears_the_name_but_not_the_address(person, noon):
    client = Client()
    for _ in range(2):
        tried(client, person.username)
    tried(client, person.username, factories.PASSWORD)
    assert limits.count(limits.WRONG, f"user:{person.pk}", noon) == 0
    assert limits.count(limits.WRONG_HERE, "127.0.0.1", noon) == 2


def test_forgotten_counts_are_dropped(noon, db):
    limits.add(limits.WRONG, "text:a", noon - timedelta(hours=1))
    limits.add(limits.WRONG, "text:b", noon)
    limits.forget(at=noon)
    assert Tally.objects.count() == 1


def test_the_table_names_nobody(person):
    tried(Client(), "somebody-typed-this")
    kept = str(list(Tally.objects.values_list()))
    assert "somebody" not in kept
    assert "127.0.0.1" not in kept


def work(call) -> tuple[int, int]:
    """(queries, password hashes) of a request."""
    hashed = []
    encode = hashers.MD5PasswordHasher.encode

    def counting(self, *args, **kwargs):
        hashed.append(1)
        return encode(self, *args, **kwargs)

    hashers.MD5PasswordHasher.encode = counting
    try:
        with CaptureQueriesContext(connection) as queries:
            call()
    finally:
        hashers.MD5PasswordHasher.encode = encode
    return len(queries), len(hashed)


def test_known_and_unknown_names_cost_and_read_the_same(person):
    answers, costs = [], []
    for n, name in enumerate([person.username, "nobody-there", "13900000000",
                              person.mobile, person.email, "no@example.com"]):  # fmt: skip
        Tally.objects.all().delete()
        client = Client(REMOTE_ADDR=f"10.0.0.{n}")
        got = {}
        costs.append(work(lambda: got.update(page=tried(client, name))))  # noqa: B023
        page = got["page"].content.decode()
        answers.append(plain(page, name))
    assert len(set(costs)) == 1, costs
    assert costs[0][1] > 0
    assert len(set(answers)) == 1


def plain(page: str, name: str) -> str:
    """The page without what differs by request: the token and what was typed."""
    lines = [line for line in page.splitlines() if "csrfmiddlewaretoken" not in line]
    return "\n".join(lines).replace(name, "NAME")


def test_the_key_of_the_session_changes_on_the_way_in(person):
    client = Client()
    client.get(PATH)
    session = client.session
    session["planted"] = "1"
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before
    tried(client, person.username, factories.PASSWORD)
    assert client.session.session_key != before
    assert is_in(client)
