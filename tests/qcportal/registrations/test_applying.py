"""Applying in each channel by the public form, being decided, signing in."""

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qcportal.accounts.actors import seats_of
from qcportal.accounts.models import Affiliation, Organisation, User
from qcportal.accounts.names import check_character
from qcportal.audit.models import TrailEntry
from qcportal.inbox.models import Mail, Message
from qcportal.refusals import Refused
from qcportal.registrations import actions
from qcportal.registrations.models import Registration
from tests import factories

PASSWORD = "shenpu-qc-2020!"
CODE = "91310000MA1FL0000" + check_character("91310000MA1FL0000")
PERSON = {
    "person": "钱思远", "username": "shenpu-qian", "password1": PASSWORD,
    "password2": PASSWORD, "email": "qian@example.org", "mobile": "138 0000 6207", "agreed": "on",
}  # fmt: skip


def url(channel, **query):
    return reverse("accounts:register", args=[channel], query=query)


def unit_form(cast, **changes):
    return {
        **PERSON, "organisation_name": "上海临港精密铸造有限公司", "credit_code": CODE.lower(),
        "region": "浦东新区", "industry": "制造业", "address": "临港大道1号", "postcode": "201306",
        "department": "质量部", "recommender": str(cast.recommender.organisation.key), **changes,
    }  # fmt: skip


def apply_unit(client, cast, **changes):
    answer = client.post(url("unit", new=1), unit_form(cast, **changes))
    assert answer.status_code == 302, answer.context["form"].errors
    return Registration.objects.latest("pk")


def apply_group(client, unit, **changes):
    data = {
        **PERSON,
        "organisation_name": "灯塔QC小组",
        "department": "一车间",
        **changes,
    }
    answer = client.post(url("group", unit=unit.key), data)
    assert answer.status_code == 302, answer.context["form"].errors
    return Registration.objects.latest("pk")


def press(client, found, verb, **data):
    return client.post(
        reverse(f"accounts:registration_{verb}", args=[found.code]), data
    )


def sign_in(username="shenpu-qian", password=PASSWORD, channel="unit"):
    client = Client()
    path = reverse("accounts:sign_in_channel", args=[channel])
    return client, client.post(path, {"username": username, "password": password})


@pytest.mark.django_db(transaction=True)
def test_a_unit_applies_is_approved_by_its_recommender_and_signs_in(
    client, cast, client_of
):
    found = apply_unit(client, cast)
    assert (found.status, found.credit_code, found.undertaking_version) == (
        "waiting",
        CODE,
        "2020-1",
    )
    assert found.password.startswith("md5$")
    page = client.get(
        reverse("accounts:registration", args=[found.code])
    ).content.decode()
    assert "浦东新区质量协会或秘书处" in page
    assert "qian@example.org" not in page
    assert "6207" not in page

    _, refused = sign_in()
    assert "账号还没开通" in refused.content.decode()
    assert found.code in refused.content.decode()

    desk = client_of(cast.recommender)
    assert found.code in desk.get(reverse("accounts:registrations")).content.decode()
    assert press(desk, found, "approve").url == reverse("accounts:registrations")

    unit = Organisation.objects.get(name="上海临港精密铸造有限公司")
    user = User.objects.get(username="shenpu-qian")
    assert [(s.organisation, s.duty) for s in seats_of(user)] == [(unit, "manager")]
    assert Affiliation.objects.filter(
        unit=unit, recommender=cast.recommender.organisation
    ).exists()
    assert unit.registrar == cast.association.organisation
    found.refresh_from_db()
    assert (found.status, found.password, found.made) == ("approved", "", unit)
    me, answer = sign_in()
    assert me.get(answer.url).url == "/submissions/stamping/"
    assert [m.subject for m in mail.outbox] == [
        "【QC成果申报】提交申请：上海临港精密铸造有限公司",
        "【QC成果申报】已开通：上海临港精密铸造有限公司",
    ]
    assert (
        f"http://127.0.0.1:8000/accounts/registrations/{found.code}/"
        in mail.outbox[0].body
    )


def test_two_clerks_decide_once_and_the_second_reads_who_did(client, cast):
    found = apply_unit(client, cast)
    at = found.applied_at
    actions.approve(found.pk, by=cast.recommender, at=at)
    with pytest.raises(Refused) as refused:
        actions.approve(found.pk, by=cast.association, at=at)
    assert refused.value.codes == ["already_decided"]
    assert "浦东新区质量协会 李婉清" in str(refused.value)
    with pytest.raises(Refused):
        actions.say_no(found.pk, "晚了", by=cast.association, at=at)
    assert Organisation.objects.filter(name=found.organisation_name).count() == 1
    assert User.objects.filter(username=found.username).count() == 1
    assert TrailEntry.objects.filter(what="registration_approved").count() == 1


def test_a_group_under_a_known_unit_is_decided_by_the_units_manager(
    client, cast, client_of
):
    unit = cast.other_unit.organisation
    found = apply_group(client, unit)
    for actor in (
        cast.unit,
        cast.recommender,
        cast.other_recommender,
        cast.other_association,
    ):
        answer = client_of(actor).get(
            reverse("accounts:registration_review", args=[found.code])
        )
        assert answer.status_code == 404
    press(client_of(cast.other_unit), found, "approve")
    made = Organisation.objects.get(name="灯塔QC小组")
    assert (made.tier, made.parent, made.department) == ("group", unit, "一车间")
    assert (
        Message.objects.filter(
            organisation=unit, title="班组通道有新的账号申请"
        ).count()
        == 1
    )


def test_a_groups_unknown_unit_is_decided_first(client, cast, client_of):
    data = {k: v for k, v in unit_form(cast).items() if k != "organisation_name"}
    data |= {"organisation_name": "灯塔QC小组", "unit_name": "上海临港精密铸造有限公司"}
    assert client.post(url("group", new=1), data).status_code == 302
    found = Registration.objects.get()
    desk = client_of(cast.recommender)
    press(desk, found, "approve")
    found.refresh_from_db()
    assert (found.status, Organisation.objects.filter(name="灯塔QC小组").count()) == (
        "waiting",
        0,
    )
    press(desk, found, "approve_unit")
    found.refresh_from_db()
    assert (found.unit.name, found.unit.credit_code) == (
        "上海临港精密铸造有限公司",
        CODE,
    )
    press(desk, found, "approve")  # the unit's, or the association's now
    found.refresh_from_db()
    assert found.status == "waiting"
    press(client_of(cast.association), found, "approve")
    found.refresh_from_db()
    assert (found.status, found.made.parent) == ("approved", found.unit)


def test_a_groups_unit_may_be_found_to_be_a_known_one(client, cast, client_of):
    data = {**unit_form(cast, credit_code=""), "organisation_name": "灯塔QC小组",
            "unit_name": "上海申浦轨道车辆维修股份有限公司"}  # fmt: skip
    assert client.post(url("group", new=1), data).status_code == 302
    found, unit = Registration.objects.get(), cast.unit.organisation
    desk = client_of(cast.association)
    page = desk.get(reverse("accounts:registration_review", args=[found.code]))
    assert page.context["likes"] == [unit]
    press(desk, found, "approve_unit", unit=str(unit.key))
    found.refresh_from_db()
    assert found.unit == unit
    assert press(desk, found, "approve_unit", unit="junk").status_code == 404


def test_returned_with_a_reason_corrected_and_sent_again(client, cast, client_of):
    found = apply_unit(client, cast)
    press(client_of(cast.association), found, "return", comment="单位名称请写全")
    path = reverse("accounts:registration_correct", args=[found.code])
    page = client.get(path).content.decode()
    assert "单位名称请写全" in page
    assert "qian@example.org" not in page
    data = unit_form(
        cast, organisation_name="上海临港精密铸造（集团）有限公司", email="", mobile=""
    )
    assert client.post(path, data).status_code == 302
    found.refresh_from_db()
    assert (found.status, found.organisation_name, found.email, found.mobile) == (
        "waiting", "上海临港精密铸造（集团）有限公司", "qian@example.org", "13800006207",
    )  # fmt: skip
    assert found.password
    assert [s.what for s in found.steps.all()] == ["applied", "returned", "corrected"]
    assert client.post(path, data).url == reverse(
        "accounts:registration", args=[found.code]
    )
    assert found.steps.count() == 3


@pytest.mark.parametrize("verb", ["return", "refuse"])
def test_no_needs_a_reason(client, cast, client_of, verb):
    found = apply_unit(client, cast)
    assert (
        press(client_of(cast.association), found, verb, comment=" ").status_code == 409
    )
    found.refresh_from_db()
    assert found.status == "waiting"


def test_refused_and_withdrawn_free_the_name(client, cast, noon):
    found = apply_unit(client, cast)
    actions.say_no(found.pk, "不是本市单位", by=cast.association, at=noon)
    again = apply_unit(client, cast)
    client.post(reverse("accounts:registration_withdraw", args=[again.code]))
    again.refresh_from_db()
    assert (again.status, again.password) == ("withdrawn", "")
    assert apply_unit(client, cast).status == "waiting"


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"credit_code": CODE[:-1] + ("0" if CODE[-1] != "0" else "1")}, "credit_code", "校验位不对，请对照营业执照核对。"),
        ({"username": "xs"}, "username", "用户名至少 4 个字符"),
        ({"password1": "123456", "password2": "123456"}, "password1", "密码"),
        ({"password2": "another-one-2020"}, "password2", "两次输入的密码不一样。"),
        ({"agreed": ""}, "agreed", "请看过并勾选同意，再提交申请。"),
        ({"postcode": "12"}, "postcode", "邮编是 6 位数字"),
        ({"mobile": "12345"}, "mobile", "手机号是 11 位数字，现在是 5 位，请核对。"),
        ({"recommender": "junk"}, "recommender", "请选推荐单位"),
        ({"organisation_name": "上海申浦轨道车辆维修 有限公司"}, "organisation_name", "已经登记过"),
    ],
)  # fmt: skip
def test_wrong_input_is_said_at_its_field_and_nothing_is_kept(
    client, cast, changes, field, said
):
    answer = client.post(url("unit", new=1), unit_form(cast, **changes))
    assert answer.status_code == 422
    assert said in "".join(answer.context["form"].errors[field])
    assert "临港大道1号" in answer.content.decode()
    assert not Registration.objects.exists()


def test_a_taken_username_in_any_case_and_a_taken_code(client, cast):
    apply_unit(client, cast)
    answer = client.post(url("unit", new=1), unit_form(cast, username="SHENPU-Qian"))
    assert "这个用户名有人用了" in answer.content.decode()
    name = cast.group.user.username
    answer = client.post(url("unit", new=1), unit_form(cast, username=name + "x"))
    assert answer.status_code == 302
    unit = cast.unit.organisation
    unit.credit_code = CODE
    unit.save(update_fields=["credit_code"])
    answer = client.post(url("unit", new=1), unit_form(cast, username="someone-else"))
    assert answer.status_code == 422
    assert answer.context["offer"] == (unit, url("unit", joins=unit.key))


def test_joining_a_registered_unit_seats_a_clerk(client, cast, client_of):
    unit = cast.other_unit.organisation
    search = client.get(url("unit", q="张江晶微")).context["found"]
    assert search == [(unit, url("unit", joins=unit.key))]
    assert client.post(url("unit", joins=unit.key), PERSON).status_code == 302
    found = Registration.objects.get()
    press(client_of(cast.other_unit), found, "approve")
    user = User.objects.get(username="shenpu-qian")
    assert [(s.organisation, s.duty) for s in seats_of(user)] == [(unit, "clerk")]


def test_a_recommender_is_decided_by_the_association_alone(client, cast, client_of):
    data = {
        **PERSON,
        "organisation_name": "宝山区质量协会",
        "recommender_class": "district",
    }
    assert client.post(url("recommender", new=1), data).status_code == 302
    found = Registration.objects.get()
    path = reverse("accounts:registration_review", args=[found.code])
    assert client_of(cast.recommender).get(path).status_code == 404
    assert client_of(cast.association).get(path).status_code == 200
    press(client_of(cast.association), found, "approve")
    made = Organisation.objects.get(name="宝山区质量协会")
    assert (made.tier, made.recommender_class) == ("recommender", "district")


def test_who_may_not_manage_members_sees_no_applications(client, cast, client_of):
    found = apply_group(client, cast.unit.organisation)
    desk = client_of(cast.unit)  # a clerk
    assert (
        "只有本单位的管理员能看和办"
        in desk.get(reverse("accounts:registrations")).content.decode()
    )
    assert press(desk, found, "approve").status_code == 404


def test_too_many_posts_from_one_address(client, cast):
    for _ in range(30):
        client.post(url("unit", new=1), {})
    assert client.post(url("unit", new=1), unit_form(cast)).status_code == 429
    assert not Registration.objects.exists()
    other = Client(REMOTE_ADDR="10.0.0.9")
    assert other.post(url("unit", new=1), unit_form(cast)).status_code == 302


@pytest.mark.parametrize(
    "query", ["joins=junk", "joins=00000000-0000-0000-0000-000000000000"]
)
def test_junk_organisations_are_404(client, campaign, query):
    assert client.get(f"/accounts/register/unit/?{query}").status_code == 404


def test_search_wants_two_characters_and_finds_other_widths(client, cast):
    assert client.get(url("unit", q="上")).context["found"] == []
    wide = client.get(url("unit", q="上海申浦轨道车辆维修　有限公司")).context["found"]
    assert [o for o, _ in wide] == [cast.unit.organisation]


def test_the_wrong_password_says_nothing_of_an_application(client, cast):
    apply_unit(client, cast)
    _, wrong = sign_in(password="not-this-one")
    assert "用户名或密码不对" in wrong.content.decode()
    assert "账号还没开通" not in wrong.content.decode()


def test_unknown_codes_are_404(client, campaign):
    assert client.get("/accounts/registrations/ABCD-EFGH-JKMN/").status_code == 404


@pytest.mark.parametrize("typed", ["x", "", "ABCD-EFGH-JKMN-PQRS"])
def test_a_mistyped_code_stays_in_its_box_with_the_reason(client, campaign, typed):
    answer = client.get("/accounts/registrations/find/", {"code": typed})
    page = answer.content.decode()
    assert answer.status_code == 404
    assert "没有这个查询码。" in page
    assert f'name="code" value="{typed.upper()[:16]}"' in page


def test_a_mobile_in_a_reason_is_masked_in_the_mail(client, cast):
    found = apply_unit(client, cast)
    reason = "请打 13812346207 找我核对。"
    actions.give_back(found.pk, reason, by=cast.association, at=found.applied_at)
    letter = Mail.objects.latest("pk")
    assert "原因：请打 138****6207 找我核对。" in letter.body


def test_the_queue_asks_as_often_for_three_as_for_one(client, cast, client_of, django_assert_num_queries):  # fmt: skip
    desk = client_of(cast.association)
    path = reverse("accounts:registrations")
    apply_unit(client, cast)
    desk.get(path)
    with CaptureQueriesContext(connection) as one:
        desk.get(path)
    asked = len(one)  # the next request empties the log
    for n in (2, 3):
        apply_unit(
            client,
            cast,
            username=f"shenpu-{n}n",
            organisation_name=f"上海临港{n}号厂",
            credit_code="",
        )
    with django_assert_num_queries(asked):
        desk.get(path)


def test_old_password_hash_is_never_shown(client, cast, client_of):
    found = apply_unit(client, cast)
    page = client_of(cast.association).get(
        reverse("accounts:registration_review", args=[found.code])
    )
    assert found.password not in page.content.decode()
    assert factories.PASSWORD not in page.content.decode()
