"""Signing in and a new password by six digits: once, five minutes, three tries; the
same answers and the same work for names nobody has."""

import json
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from qcportal.accounts.models import User
from qcportal.audit.models import TrailEntry
from qcportal.entrance import codes
from qcportal.entrance.limits import Tally
from qcportal.entrance.models import Code
from qcportal.entrance.tasks import sweep_codes
from qcportal.inbox.models import Mail, Text
from qcportal.refusals import Refused
from tests.qcportal.entrance.conftest import MOBILE, is_in, mailed, signed_in

ASK, ENTER = "/accounts/code/", "/accounts/code/enter/"
RESET, RESET_ENTER = "/accounts/reset/", "/accounts/reset/enter/"
NEW = "genghao-2020-mima"


def fresh_limits():
    Tally.objects.all().delete()


def issued(person, at, purpose="sign_in"):
    """(row, digits) of a code that was sent by e-mail at ``at``."""
    code = codes.order(purpose, person, at=at, way="email")
    codes.issue(code.pk, at=at)
    body = Mail.objects.latest("pk").body
    return Code.objects.get(pk=code.pk), body.partition("验证码是 ")[2][:6]


def test_a_phone_user_without_mailbox_signs_in_by_text(person, posted, texted):
    person.email = ""
    person.save(update_fields=["email"])
    client = Client()
    answer = posted(client, ASK, {"username": "138-0000-6207", "next": "/messages/"})
    assert answer.url == ENTER
    assert "138-0000-6207" in client.get(ENTER).content.decode()
    assert client.post(ENTER, {"code": texted()}).url == "/messages/"
    assert is_in(client)
    person.refresh_from_db()
    assert person.mobile_verified_at is not None
    assert TrailEntry.objects.get(what="signed_in").data["how"] == "code"


def test_a_typed_mailbox_gets_the_code_by_mail(person, posted):
    client = Client()
    posted(client, ASK, {"username": "wang@example.com"})
    assert mail.outbox[-1].to == ["wang@example.com"]
    assert mailed() not in mail.outbox[-1].subject
    assert client.post(ENTER, {"code": mailed()}).url == "/accounts/start/"
    assert is_in(client)


def test_full_width_digits_and_blanks_are_read(person, posted, texted):
    client = Client()
    posted(client, ASK, {"username": MOBILE})
    digits = texted()
    wide = "".join(chr(ord(c) + 0xFEE0) for c in digits)
    assert client.post(ENTER, {"code": f" {wide[:3]} {wide[3:]}"}).status_code == 302


def test_row_and_session_never_hold_the_digits(person, posted, texted):
    client = Client()
    posted(client, ASK, {"username": MOBILE})
    digits = texted()
    assert digits not in str(list(Code.objects.values_list()))
    assert digits not in json.dumps(dict(client.session))
    with connection.cursor() as cursor:
        cursor.execute('SELECT "to", body, shown FROM inbox_text')
        assert cursor.fetchall() == [("", "", "138****6207")]
    assert digits not in str(list(TrailEntry.objects.values_list()))


def test_used_once(person, noon):
    code, digits = issued(person, noon)
    assert codes.use(str(code.key), "sign_in", digits, at=noon).user == person
    with pytest.raises(Refused) as no:
        codes.use(str(code.key), "sign_in", digits, at=noon)
    assert no.value.codes == ["code_over"]


def test_five_minutes(person, noon):
    code, digits = issued(person, noon)
    with pytest.raises(Refused) as no:
        codes.use(str(code.key), "sign_in", digits, at=noon + timedelta(minutes=5))
    assert no.value.codes == ["code_over"]
    just = noon + timedelta(minutes=4, seconds=59)
    assert codes.use(str(code.key), "sign_in", digits, at=just)


@pytest.mark.parametrize("whose", ["person", "nobody"])
def test_three_tries(person, noon, whose):
    if whose == "person":
        code, digits = issued(person, noon)
    else:
        code, digits = codes.order("sign_in", None, at=noon), "123456"
    wrong = f"{(int(digits) + 1) % 10**6:06}"
    said = []
    for typed in (wrong, wrong, wrong, digits):
        with pytest.raises(Refused) as no:
            codes.use(str(code.key), "sign_in", typed, at=noon)
        said.append((no.value.codes, str(no.value)))
    over = (["code_over"], "验证码过期了、用过了，或输错了三次。请重新获取。")
    assert said == [
        (["code_wrong"], "验证码不对，还可以再输 2 次。"),
        (["code_wrong"], "验证码不对，还可以再输 1 次。"),
        over,
        over,
    ]


def test_one_live_and_an_older_one_reads_as_a_wrong_one(person, noon):
    old, old_digits = issued(person, noon)
    new, new_digits = issued(person, noon)
    with pytest.raises(Refused) as no:
        codes.use(str(old.key), "sign_in", old_digits, at=noon)
    assert no.value.codes == ["code_wrong"]
    assert codes.use(str(new.key), "sign_in", new_digits, at=noon)


def test_a_code_is_for_its_purpose(person, noon):
    code, digits = issued(person, noon, "sign_in")
    with pytest.raises(Refused):
        codes.use(str(code.key), "reset", digits, at=noon)


def test_the_code_of_another_session_opens_nothing(person, posted, texted):
    posted(Client(), ASK, {"username": MOBILE})
    digits = texted()
    other = Client()
    assert other.post(ENTER, {"code": digits}).url == ASK
    posted(other, ASK, {"username": "nobody-there"})
    assert "验证码不对" in other.post(ENTER, {"code": digits}).content.decode()
    assert not is_in(other)


@pytest.mark.parametrize("path", [ASK, RESET])
def test_known_and_unknown_cost_and_read_the_same(person, path):
    costs, pages = [], []
    for name in [person.username, "nobody-there", MOBILE, "13900000000", person.email]:
        fresh_limits()
        client = Client()
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            answer = client.post(path, {"username": name})
        costs.append(len(queries))
        page = client.get(answer.url).content.decode().replace(quote(name), name)
        lines = [x for x in page.splitlines() if "csrfmiddlewaretoken" not in x]
        pages.append((answer.url, "\n".join(lines).replace(name, "NAME")))
    assert len(set(costs)) == 1, costs
    assert len(set(pages)) == 1


def test_wrong_digits_cost_and_read_the_same(person, noon, posted):
    seen = []
    for name in (person.username, "nobody-there"):
        fresh_limits()
        client = Client()
        posted(client, ASK, {"username": name})
        with CaptureQueriesContext(connection) as queries:
            answer = client.post(ENTER, {"code": "00000x"})
        page = answer.content.decode()
        lines = [x for x in page.splitlines() if "csrfmiddlewaretoken" not in x]
        seen.append((len(queries), "\n".join(lines).replace(name, "NAME")))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("name", ["{known}", "nobody-there"])
def test_one_a_minute_ten_a_day(person, noon, name):
    client, name = Client(), name.format(known=person.username)
    assert client.post(ASK, {"username": name}).status_code == 302
    page = client.post(ASK, {"username": name}).content.decode()
    assert "1 分钟内只能取一次" in page
    assert f'value="{name}"' in page
    assert Code.objects.count() == 1


def test_a_picture_after_some_codes_from_one_address(person):
    client = Client()
    for name in ("a-name", "b-name", "c-name"):
        client.post(ASK, {"username": name})
    page = client.post(ASK, {"username": "d-name"}).content.decode()
    assert "请输入图里的字母" in page
    assert Code.objects.count() == 3


def test_without_a_gateway_the_code_goes_by_mail_and_the_page_says_so(
    person, posted, settings
):
    settings.SMS_BACKEND = ""
    client = Client()
    assert "平台没有开通短信" in client.get(ASK).content.decode()
    posted(client, ASK, {"username": MOBILE})
    assert client.post(ENTER, {"code": mailed()}).status_code == 302
    assert Text.objects.count() == 0


def test_a_lost_message_is_sent_by_the_sweep_and_old_rows_go(person, noon):
    lost = codes.order("sign_in", person, at=noon - timedelta(seconds=21))
    old = codes.order("sign_in", None, at=noon - timedelta(days=2))
    sweep_codes()
    lost.refresh_from_db()
    assert lost.digest
    assert not Code.objects.filter(pk=old.pk).exists()
    sweep_codes()
    assert Text.objects.count() == 1


def test_delivered_twice_is_sent_once(person, noon):
    code = codes.order("sign_in", person, at=noon)
    assert codes.issue(code.pk, at=noon)
    assert not codes.issue(code.pk, at=noon)
    assert Text.objects.count() == 1


# --- a new password -----------------------------------------------------------------


def test_reset_ends_every_session_and_keeps_a_line(person, posted, texted):
    elsewhere = signed_in(person)
    client = Client()
    posted(client, RESET, {"username": MOBILE})
    given = {"code": texted(), "password": NEW, "again": NEW}
    answer = posted(client, RESET_ENTER, given)
    assert answer.url == "/accounts/sign-in/"
    person.refresh_from_db()
    assert person.check_password(NEW)
    assert elsewhere.get("/accounts/").status_code == 302
    assert not is_in(client)
    entry = TrailEntry.objects.get(what="password_reset")
    assert (entry.user_key, entry.data) == (str(person.pk), {"address": "127.0.0.1"})
    assert "密码重设了" in mail.outbox[-1].subject


def test_a_bad_new_password_uses_up_no_try(person, posted, texted):
    client = Client()
    posted(client, RESET, {"username": MOBILE})
    digits = texted()
    for pair in (("short", "short"), (NEW, "other-2020-mima"), ("", "")):
        given = {"code": digits, "password": pair[0], "again": pair[1]}
        page = client.post(RESET_ENTER, given).content.decode()
        assert f'value="{digits}"' in page
    assert Code.objects.get().tries == 0
    given = {"code": digits, "password": NEW, "again": NEW}
    assert client.post(RESET_ENTER, given).status_code == 302


def test_reset_lifts_the_lock(person, posted, texted):
    client = Client()
    for _ in range(3):
        client.post("/accounts/sign-in/", {"username": MOBILE, "password": "x"})
    posted(client, RESET, {"username": MOBILE})
    given = {"code": texted(), "password": NEW, "again": NEW}
    posted(client, RESET_ENTER, given)
    person.refresh_from_db()
    other = Client(REMOTE_ADDR="10.9.9.9")
    sent = {"username": MOBILE, "password": NEW}
    assert other.post("/accounts/sign-in/", sent).status_code == 302


def test_pages_of_codes_without_one_go_back(db):
    assert Client().get(ENTER).url == ASK
    assert Client().get(RESET_ENTER).url == RESET


def test_an_account_ended_after_the_code_stays_out(person, posted, texted):
    client = Client()
    posted(client, ASK, {"username": MOBILE})
    digits = texted()
    User.objects.filter(pk=person.pk).update(is_active=False)
    client.post(ENTER, {"code": digits})
    assert not is_in(client)
