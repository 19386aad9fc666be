"""The own name, number and mailbox; nothing of it while standing in for somebody."""

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from qcportal.accounts import mobiles
from qcportal.accounts.models import User
from qcportal.audit import words
from qcportal.audit.models import TrailEntry
from qcportal.entrance.limits import Tally
from qcportal.entrance.models import Code
from qcportal.people.actions import begin_stand_in
from qcportal.people.middleware import SESSION_KEY
from tests import factories
from tests.qcportal.entrance.conftest import mailed, signed_in

HERE = "/accounts/"
NUMBER = "13900001111"


def test_the_page_masks_the_number(person, client_of, cast):
    page = client_of(cast.group).get(HERE).content.decode()
    assert "138****6207" in page
    assert person.mobile not in page


def test_a_new_number_by_a_code_to_it(person, posted, texted):
    client = signed_in(person)
    answer = posted(client, f"{HERE}mobile/", {"mobile": "139 0000 1111"})
    assert answer.url == f"{HERE}mobile/enter/"
    assert NUMBER in client.get(answer.url).content.decode()
    assert client.post(answer.url, {"code": texted()}).url == HERE
    person.refresh_from_db()
    assert (person.mobile, person.mobile_index) == (NUMBER, mobiles.index(NUMBER))
    assert person.mobile_verified_at is not None
    entry = TrailEntry.objects.get(what="mobile_changed")
    assert entry.data == {"address": "127.0.0.1", "shown": "139****1111"}
    assert words.details(entry.data) == "139****1111，地址 127.0.0.1"
    data = {"username": NUMBER, "password": factories.PASSWORD}
    assert Client().post("/accounts/sign-in/", data).url == "/accounts/start/"


@pytest.mark.parametrize(
    ("typed", "said"),
    [("", "请填写新手机号"), ("1380000620", "手机号是 11 位数字，现在是 10 位"),
     ("021-00000000", "这是固定电话"), ("abc", "手机号只填数字"),
     ("12000000000", "手机号以 13 到 19 开头")],
)  # fmt: skip
def test_what_is_no_number_is_said_and_kept(person, typed, said):
    client = signed_in(person)
    page = client.post(f"{HERE}mobile/", {"mobile": typed}).content.decode()
    assert said in page
    assert typed == "" or f'value="{typed}"' in page
    assert Code.objects.count() == 0


def test_a_number_of_somebody_else_is_told_only_to_who_holds_it(
    person, cast, posted, texted
):
    other = cast.second_group.user
    other.mobile = NUMBER
    other.save(update_fields=["mobile", "mobile_index"])
    client = signed_in(person)
    answer = posted(client, f"{HERE}mobile/", {"mobile": NUMBER})
    assert answer.url == f"{HERE}mobile/enter/"
    page = client.post(answer.url, {"code": texted()}).content.decode()
    assert "这个手机号登记在另一个账号上" in page
    person.refresh_from_db()
    assert person.mobile == "13800006207"


def test_without_a_gateway_no_number_can_be_entered(person, settings):
    settings.SMS_BACKEND = ""
    client = signed_in(person)
    assert "平台没有开通短信" in client.get(f"{HERE}mobile/").content.decode()
    assert client.post(f"{HERE}mobile/", {"mobile": NUMBER}).status_code == 200
    assert Code.objects.count() == 0


def test_a_new_mailbox_by_a_code_and_the_old_one_is_told(person, posted):
    client = signed_in(person)
    posted(client, f"{HERE}email/", {"email": "neu@example.com"})
    assert mail.outbox[-1].to == ["neu@example.com"]
    posted(client, f"{HERE}email/enter/", {"code": mailed()})
    person.refresh_from_db()
    assert person.email == "neu@example.com"
    found = EmailAddress.objects.get(user=person)
    assert (found.email, found.verified, found.primary) == (person.email, True, True)
    assert mail.outbox[-1].to == ["wang@example.com"]
    assert "换了邮箱" in mail.outbox[-1].subject


def test_a_proved_mailbox_of_somebody_else_stays_theirs(person, cast, posted):
    EmailAddress.objects.create(
        user=cast.second_group.user, email="neu@example.com", verified=True
    )
    client = signed_in(person)
    posted(client, f"{HERE}email/", {"email": "neu@example.com"})
    page = posted(client, f"{HERE}email/enter/", {"code": mailed()}).content.decode()
    assert "这个邮箱登记在另一个账号上" in page
    person.refresh_from_db()
    assert person.email == "wang@example.com"


def test_the_password_is_asked_for_after_a_while_and_what_was_typed_stays(
    cast, person, client_of
):
    client = client_of(cast.group)
    given = {"mobile": NUMBER, "current_password": "not-this-one"}
    page = client.post(f"{HERE}mobile/", given).content.decode()
    assert "密码不对" in page
    assert f'value="{NUMBER}"' in page
    given["current_password"] = factories.PASSWORD
    assert client.post(f"{HERE}mobile/", given).url == f"{HERE}mobile/enter/"


def test_guessing_the_password_here_locks_too(cast, person, client_of):
    client = client_of(cast.group)
    for _ in range(5):
        client.post(f"{HERE}mobile/", {"mobile": NUMBER, "current_password": "x"})
    given = {"mobile": NUMBER, "current_password": factories.PASSWORD}
    page = client.post(f"{HERE}mobile/", given).content.decode()
    assert "输错次数太多" in page
    old = {"old_password": factories.PASSWORD, "new_password1": "neue-2020-mima",
           "new_password2": "neue-2020-mima"}  # fmt: skip
    assert "输错次数太多" in client.post(HERE, old).content.decode()
    assert User.objects.get(pk=person.pk).check_password(factories.PASSWORD)


def test_the_code_of_somebody_else_is_not_taken(person, cast, posted, texted):
    posted(signed_in(person), f"{HERE}mobile/", {"mobile": NUMBER})
    Tally.objects.all().delete()
    neighbour = signed_in(cast.second_group.user)
    session = neighbour.session
    session["entrance_new"] = {"key": str(Code.objects.get().key), "purpose": "mobile"}
    session.save()
    answer = neighbour.post(f"{HERE}mobile/enter/", {"code": texted()})
    assert answer.url == f"{HERE}mobile/"
    assert User.objects.get(pk=cast.second_group.user.pk).mobile == ""


def test_the_name(person):
    client, was = signed_in(person), person.name
    assert "请填写姓名" in client.post(f"{HERE}name/", {"name": " "}).content.decode()
    assert client.post(f"{HERE}name/", {"name": "王小敏"}).url == HERE
    assert User.objects.get(pk=person.pk).name == "王小敏"
    entry = TrailEntry.objects.get(what="name_changed")
    assert entry.data == {"name": "王小敏", "was": was}


@pytest.mark.parametrize(
    "path",
    ["name/", "mobile/", "email/", "second-factor/", "second-factor/off/",
     "sessions/end-others/", ""],
)  # fmt: skip
def test_nothing_of_it_while_standing_in(cast, campaign, client_of, noon, path):
    found = begin_stand_in(
        cast.group.membership, campaign, reason="来电求助", by=cast.association, at=noon
    )
    client = client_of(cast.association)
    session = client.session
    session[SESSION_KEY] = str(found.key)
    session.save()
    before = list(User.objects.order_by("pk").values_list("name", "password"))
    given = {"name": "换了", "mobile": NUMBER, "current_password": factories.PASSWORD}
    answer = client.post(f"{HERE}{path}", given)
    assert answer.status_code == 409
    assert "您在代" in answer.content.decode()
    assert list(User.objects.order_by("pk").values_list("name", "password")) == before
    assert Code.objects.count() == 0
