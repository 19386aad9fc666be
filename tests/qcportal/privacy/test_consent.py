"""The consent: asked once per version, by whatever door one comes in; publishing,
reading, exporting, withdrawing."""

import pytest
from django.test import Client

from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import Duty
from qcportal.audit.models import TrailEntry
from qcportal.inbox.models import Message
from qcportal.people import actions as people
from qcportal.people.models import Invitation
from qcportal.privacy import actions, words
from qcportal.privacy.models import Consent, ConsentText
from qcportal.refusals import Refused
from qcportal.registrations.models import Registration
from tests import factories
from tests.qcportal.people.test_stand_in import begin
from tests.qcportal.registrations.test_applying import apply_unit, press

pytestmark = pytest.mark.django_db
CONSENT, DESK = "/accounts/consent/", "/accounts/start/"


@pytest.fixture
def text(cast, noon) -> ConsentText:
    return actions.load_first(at=noon)


def signed_in(actor) -> Client:
    """By the page, as people do; the session's client."""
    actor.user.set_password(factories.PASSWORD)
    actor.user.save(update_fields=["password"])
    client = Client()
    answer = client.post(
        f"/accounts/sign-in/{actor.role}/",
        {"username": actor.user.username, "password": factories.PASSWORD},
    )
    assert answer.status_code == 302
    return client


def manager(cast, noon):
    return factories.seat("陆敏", cast.association.organisation, Duty.MANAGER, noon)


# --- asked at sign-in ---------------------------------------------------------------


def test_nothing_is_asked_where_nothing_was_published(cast):
    assert signed_in(cast.unit).get(DESK).status_code == 302
    assert signed_in(cast.unit).get("/submissions/stamping/").status_code == 200


def test_nobody_passes_without_agreeing_and_signing_out_is_possible(cast, text):
    client = signed_in(cast.unit)
    for path in ("/submissions/stamping/", "/messages/", "/accounts/"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer.url.startswith(CONSENT), path
    assert client.post("/accounts/seat/", {"seat": "x"}).url == CONSENT
    page = client.get(CONSENT)
    assert "请先看个人信息处理同意书" in page.content.decode()
    assert client.get("/privacy/").status_code == 200
    assert client.get("/").status_code == 200
    assert client.post("/accounts/sign-out/").status_code == 302
    assert not Consent.objects.exists()


def test_after_agreeing_one_goes_on_to_where_one_wanted(cast, text):
    client = signed_in(cast.unit)
    asked = client.get("/submissions/stamping/?q=%E7%94%B2").url
    answer = client.post(asked, {"version": 1, "agreed": "on",
                                 "next": "/submissions/stamping/?q=%E7%94%B2"})  # fmt: skip
    assert answer.url == "/submissions/stamping/?q=%E7%94%B2"
    assert client.get(answer.url).status_code == 200
    kept = Consent.objects.get()
    assert (kept.user, kept.text, kept.address) == (cast.unit.user, text, "127.0.0.1")
    entry = TrailEntry.objects.get(what="consent_given")
    assert (entry.about, entry.data["name"]) == ("v1", cast.unit.user_name)
    assert signed_in(cast.unit).get("/submissions/stamping/").status_code == 200


@pytest.mark.parametrize("sent", [{}, {"version": "x", "agreed": "on"}, {"version": 1}])
def test_without_the_tick_it_is_asked_again(cast, text, sent):
    client = signed_in(cast.unit)
    answer = client.post(CONSENT, sent)
    assert answer.status_code == 422
    assert not Consent.objects.exists()
    assert client.get("/messages/").status_code == 302


def test_a_next_elsewhere_is_not_followed(cast, text):
    sent = {"version": 1, "agreed": "on", "next": "https://evil.example/"}
    assert signed_in(cast.unit).post(CONSENT, sent).url == DESK


def test_a_new_version_is_asked_with_what_changed(cast, text, noon):
    actions.agree(cast.unit.user, 1, by=cast.unit, at=noon)
    boss = manager(cast, noon)
    body = text.body.replace("保存 5 年", "保存 10 年")
    actions.publish(body, "保存时间改长", after=1, by=boss, at=noon)
    page = signed_in(cast.unit).get(CONSENT).content.decode()
    assert "同意书有了新版本" in page
    assert "保存时间改长" in page
    said = words.differences(text.body, body)
    assert [kind for kind, _ in said] == ["gone", "new"]
    for _, line in said:
        assert line in page


def test_the_version_that_was_read_is_the_one_agreed_to(cast, text, noon):
    client = signed_in(cast.unit)
    boss = manager(cast, noon)
    actions.publish(text.body + "\n新的一段。", "加一段", after=1, by=boss, at=noon)
    answer = client.post(CONSENT, {"version": 1, "agreed": "on"})
    assert answer.status_code == 422
    assert "刚刚有了新版本" in answer.content.decode()


def test_standing_in_nobody_is_asked(cast, walk, text, client_of):
    walk.draft()
    officer = client_of(cast.association)
    assert begin(officer, cast.group).url == DESK
    session = officer.session
    session["consent_due"] = True
    session.save()
    assert officer.get("/submissions/").status_code == 200
    officer.post("/accounts/stand-in/end/")
    assert officer.get("/reviews/").url.startswith(CONSENT)
    assert not Consent.objects.exists()


# --- asked when an account begins -----------------------------------------------------


def test_an_applicant_agrees_with_the_application(client, cast, text, client_of):
    page = client.get("/accounts/register/unit/?new=1").content.decode()
    assert "个人信息处理同意书" in page
    assert "四、谁看得到" in page
    found = apply_unit(client, cast)
    assert found.consent_version == "1"
    kept = Consent.objects.get()
    assert (kept.application, kept.user) == (found.code, None)
    assert press(client_of(cast.association), found, "approve").status_code == 302
    found = Registration.objects.get(pk=found.pk)
    kept.refresh_from_db()
    assert kept.user == found.user


def test_who_is_invited_agrees_on_the_same_page(cast, text, noon):
    asked = people.invite(
        cast.group.organisation.pk, name="蒋敏", duty=Duty.CLERK, by=cast.group, at=noon
    )
    client, path = Client(), f"/accounts/invitations/{asked.token}/"
    new = {"username": "jiangmin", "name": "蒋敏", "password": "xiangmu-2020-ok",
           "again": "xiangmu-2020-ok"}  # fmt: skip
    refused = client.post(path, new)
    assert refused.status_code == 422
    assert "请看过并勾选同意" in refused.content.decode()
    assert client.post(path, new | {"agreed": "on"}).status_code == 302
    user = Invitation.objects.get(pk=asked.pk).accepted_by
    assert Consent.objects.get().user == user
    assert client.get(DESK).url == "/submissions/"


# --- the association ------------------------------------------------------------------


def test_a_manager_looks_and_publishes(cast, text, noon, client_of):
    client = client_of(manager(cast, noon))
    new = text.body.replace("1 年", "半年")
    data = {"body": new, "changes": "手机留得更短", "after": 1}
    looked = client.post("/privacy/publish/", data | {"look": "1"})
    assert looked.status_code == 200
    assert "<ins>" in looked.content.decode()
    assert ConsentText.objects.count() == 1
    assert client.post("/privacy/publish/", data | {"publish": "1"}).status_code == 302
    made = ConsentText.objects.in_force()
    assert (made.version, made.body, made.changes) == (2, new, "手机留得更短")
    assert TrailEntry.objects.filter(what="consent_published", about="v2").exists()
    assert "手机留得更短" in client.get("/privacy/").content.decode()
    assert "这是以前的第 1 版" in client.get("/privacy/1/").content.decode()


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"body": ""}, "body"), ({"changes": ""}, "changes"), ({"body": "字" * 20001}, "body"),
     ({"after": "0"}, "__all__"), ({"same": True}, "body")],
)  # fmt: skip
def test_what_cannot_be_published_is_said(cast, text, noon, client_of, changes, field):
    data = {"body": "一、新的\n字。", "changes": "改", "after": "1"} | changes
    if data.pop("same", None):
        data["body"] = text.body
    client = client_of(manager(cast, noon))
    answer = client.post("/privacy/publish/", data | {"publish": "1"})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert ConsentText.objects.count() == 1


def test_only_the_managers_of_the_host_publish(cast, text, noon, client_of):
    assert client_of(cast.unit).get("/privacy/publish/").status_code == 403
    clerk = factories.seat("沈一", cast.association.organisation, Duty.CLERK, noon)
    assert client_of(clerk).get("/privacy/publish/").status_code == 404
    with pytest.raises(Refused) as no:
        actions.publish("字", "", after=1, by=clerk, at=noon)
    assert no.value.codes == ["not_manager"]


# --- one's own ------------------------------------------------------------------------


def test_one_reads_and_takes_home_what_one_agreed_to(cast, text, noon, client_of):
    client = client_of(cast.unit)
    assert client.get("/accounts/privacy/export/").status_code == 404
    actions.agree(cast.unit.user, 1, by=cast.unit, at=noon)
    assert "第 1 版" in client.get("/accounts/privacy/").content.decode()
    taken = client.get("/accounts/privacy/export/")
    assert taken["Content-Type"] == "text/plain; charset=utf-8"
    assert text.body.splitlines()[0] in taken.content.decode()


def test_a_withdrawal_reaches_the_secretariat_once(cast, text, noon, client_of):
    actions.agree(cast.unit.user, 1, by=cast.unit, at=noon)
    client = client_of(cast.unit)
    sent = {"reason": "请停用账号，电话13800001234"}
    assert client.post("/accounts/privacy/", sent).status_code == 302
    told = Message.objects.get(title__contains="要求撤回")
    assert told.organisation == Organisation.objects.get(
        tier="association", pk=cast.association.organisation.pk
    )
    assert "138****1234" in told.body
    client.post("/accounts/privacy/", sent)
    assert Message.objects.filter(title__contains="要求撤回").count() == 1
    assert "已经送到秘书处" in client.get("/accounts/privacy/").content.decode()
