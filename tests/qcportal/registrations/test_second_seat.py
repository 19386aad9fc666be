"""Who has an account applies with it: no second account, one more seat."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from qcportal.accounts.actors import seats_of
from qcportal.accounts.models import Organisation, User
from qcportal.people import actions as people
from qcportal.refusals import Refused
from qcportal.registrations import actions
from qcportal.registrations.models import Registration
from qcportal.registrations.rules import Application
from tests import factories
from tests.test_race import at_once

pytestmark = pytest.mark.django_db
FILLED = {"email": "", "mobile": "", "agreed": "on"}


def url(channel, **query):
    return reverse("accounts:register", args=[channel], query=query)


def press(client, found, verb, **data):
    path = reverse(f"accounts:registration_{verb}", args=[found.code])
    return client.post(path, data)


def other_unit(cast):
    return cast.other_unit.organisation


def joined(client, cast, **changes):
    answer = client.post(url("unit", joins=other_unit(cast).key), {**FILLED, **changes})
    assert answer.status_code == 302, answer.context["form"].errors
    return Registration.objects.latest("pk")


def test_the_form_asks_for_no_account(cast, client_of):
    desk = client_of(cast.unit)
    page = desk.get(url("unit", joins=other_unit(cast).key))
    assert set(page.context["form"].fields) == {"email", "mobile", "agreed"}
    assert "不用再设一个" in page.content.decode()
    assert (
        "申请再代表一家单位" in desk.get(reverse("accounts:account")).content.decode()
    )
    assert "再代表一家单位" in desk.get(url("unit")).content.decode()


def test_joining_adds_a_seat_to_the_account(cast, client_of):
    user, before = cast.unit.user, User.objects.count()
    found = joined(client_of(cast.unit), cast)
    assert (found.user, found.has_account, found.person, found.username, found.password) == (
        user, True, user.name, user.username, "",
    )  # fmt: skip
    desk = client_of(cast.other_unit)
    review = desk.get(reverse("accounts:registration_review", args=[found.code]))
    assert "申请人已有账号" in review.content.decode()
    press(desk, found, "approve")
    found.refresh_from_db()
    assert (found.status, User.objects.count()) == ("approved", before)
    assert [(s.organisation, s.duty) for s in seats_of(user)] == [
        (cast.unit.organisation, "clerk"), (other_unit(cast), "clerk"),
    ]  # fmt: skip
    status = Client().get(reverse("accounts:registration", args=[found.code]))
    assert "请用原来的账号" in status.content.decode()


def test_a_new_unit_makes_the_applicant_its_manager(cast, client_of):
    data = {
        **FILLED, "organisation_name": "上海临港精密铸造有限公司", "credit_code": "",
        "recommender": str(cast.recommender.organisation.key),
    }  # fmt: skip
    assert client_of(cast.group).post(url("unit", new=1), data).status_code == 302
    found = Registration.objects.get()
    again = client_of(cast.group).post(url("unit", new=1), data)
    assert again.status_code == 422
    assert found.code in again.content.decode()
    press(client_of(cast.recommender), found, "approve")
    made = Organisation.objects.get(name="上海临港精密铸造有限公司")
    assert (made, "manager") in [
        (s.organisation, s.duty) for s in seats_of(cast.group.user)
    ]


def test_one_open_application_per_organisation_but_several_at_once(cast, client_of):
    desk = client_of(cast.unit)
    found = joined(desk, cast)
    again = desk.post(url("unit", joins=other_unit(cast).key), FILLED)
    assert again.status_code == 422
    assert f"凭查询码 {found.code}" in again.content.decode()
    body = cast.recommender.organisation
    assert desk.post(url("recommender", joins=body.key), FILLED).status_code == 302
    assert Registration.objects.filter(status="waiting").count() == 2
    own = desk.post(url("unit", joins=cast.unit.organisation.key), FILLED)
    assert "您已经能代表" in own.content.decode()
    assert Registration.objects.count() == 2


def test_returned_and_corrected_without_an_account(cast, client_of):
    found = joined(client_of(cast.unit), cast)
    press(client_of(cast.other_unit), found, "return", comment="请留手机")
    path = reverse("accounts:registration_correct", args=[found.code])
    answer = Client().post(path, {**FILLED, "mobile": "138 0000 6207"})
    assert answer.status_code == 302
    found.refresh_from_db()
    assert (found.status, found.mobile, found.user, found.username) == (
        "waiting", "13800006207", cast.unit.user, cast.unit.user.username,
    )  # fmt: skip


def test_an_open_application_does_not_stand_in_the_way_of_signing_in(cast, client_of):
    joined(client_of(cast.unit), cast)
    client = Client()
    path = reverse("accounts:sign_in_channel", args=["unit"])
    given = {"username": cast.unit.user.username, "password": factories.PASSWORD}
    assert client.post(path, given).status_code == 302


def test_an_ended_account_gets_no_seat(cast, client_of, noon):
    found = joined(client_of(cast.unit), cast)
    cast.unit.user.is_active = False
    cast.unit.user.save(update_fields=["is_active"])
    with pytest.raises(Refused) as refused:
        actions.approve(found.pk, by=cast.other_unit, at=noon)
    assert refused.value.codes == ["account_ended"]


def test_nobody_applies_for_somebody_else(cast, client_of, walk):
    """An officer who stands in has the seat, not the person."""
    walk.stamped()
    desk = client_of(cast.association)
    desk.post(
        reverse("overseen:stand_in", args=[cast.unit.organisation.key, cast.unit.membership.key]),
        {"reason": "来电求助，请帮看"},
    )  # fmt: skip
    desk.post(url("unit", joins=other_unit(cast).key), FILLED)
    assert not Registration.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_mail_says_to_use_the_known_account(cast, client_of, noon):
    found = joined(client_of(cast.unit), cast, email="wang@example.org")
    actions.approve(found.pk, by=cast.other_unit, at=noon)
    assert "请用您原来的账号登录，在右上角切换身份" in mail.outbox[-1].body
    assert people.rules.managers_but(cast.other_unit.membership) == 0


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_clicks_make_one_application(cast, noon):
    given = Application(
        "unit", cast.unit.user.name, cast.unit.user.username, user=cast.unit.user,
        joins=other_unit(cast), agreed=True,
    )  # fmt: skip

    def click():
        actions.apply(given, at=noon)

    assert sorted(at_once(click, click)) == ["applied_already", "done"]
    assert Registration.objects.count() == 1
