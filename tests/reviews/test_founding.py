"""The secretariat takes associations and recommending bodies up, to any depth."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qcportal.accounts.actors import seats_of
from qcportal.accounts.models import Affiliation, Organisation
from qcportal.accounts.names import check_character
from qcportal.accounts.roles import Duty, Role
from qcportal.audit.models import TrailEntry
from qcportal.campaigns.access import recommenders_for
from qcportal.campaigns.models import Campaign, RecommendingRight
from qcportal.inbox.models import Mail
from qcportal.people import actions as people
from qcportal.people.models import Invitation
from qcportal.registrations import chain
from tests import factories

pytestmark = pytest.mark.django_db
CODE = "91310000MA1FL0000" + check_character("91310000MA1FL0000")
NEW = "/accounts/organisations/new/"


def page_of(organisation, name="organisation_page"):
    return reverse(f"accounts:{name}", args=[organisation.key])


def form(cast, **changes):
    return {
        "kind": "below", "relative": str(cast.association.organisation.key),
        "name": "临港新片区质量协会", "short_name": "临港质协", "letters": "lg",
        "credit_code": CODE.lower(), "recommender_class": "district", "region": "浦东新区",
        "address": "", "postcode": "", "manager": "章远", "email": "zhang@example.org", **changes,
    }  # fmt: skip


def over(organisation):
    return [[o.name for o in level] for level in chain.heights(organisation)]


def test_a_lower_association_with_its_right_and_its_manager(cast, campaign, client_of, noon):  # fmt: skip
    desk, host = client_of(cast.association), cast.association.organisation
    answer = desk.post(NEW, form(cast, campaigns=[campaign.code]))
    made = Organisation.objects.get(name="临港新片区质量协会")
    assert answer.url == reverse("overseen:members", args=[made.key])
    assert (made.tier, made.letters, made.credit_code, made.registrar) == (
        "association", "LG", CODE, host,
    )  # fmt: skip
    right = RecommendingRight.objects.get(organisation=made)
    assert (right.campaign, right.recommender_class) == (campaign, "district")
    assert over(made) == [[host.name]]
    asked = Invitation.objects.get(organisation=made)
    assert (asked.name, asked.duty, Mail.objects.get().to) == (
        "章远", "manager", "zhang@example.org",
    )  # fmt: skip
    assert asked.token in desk.get(answer.url).content.decode()
    whats = TrailEntry.objects.filter(about=str(made.key)).values_list(
        "what", flat=True
    )
    assert sorted(whats) == [
        "affiliation_made", "member_invited", "organisation_registered", "recommending_granted",
    ]  # fmt: skip
    seat = people.accept_as_new(
        asked.pk, username="zhang-yuan", name="章远", password="x", at=noon
    )
    manager = factories.Actor(seat)
    clerk = people.invite(
        made.pk, name="沙鸥", duty=Duty.RECOMMENDING, by=manager, at=noon
    )
    second = people.accept_as_new(
        clerk.pk, username="sha-ou", name="沙鸥", password="x", at=noon
    )
    assert [s.role for s in seats_of(second.user)] == [Role.RECOMMENDER]
    assert desk.get(answer.url).status_code == 404  # it has its own manager now


def test_a_chain_of_any_depth_reaches_the_campaign(cast, campaign, client_of):
    """unit → body → lower association → association that recommends here."""
    desk, host = client_of(cast.association), cast.association.organisation
    desk.post(NEW, form(cast, campaigns=[campaign.code]))
    middle = Organisation.objects.get(name="临港新片区质量协会")
    low = form(
        cast,
        name="泥城镇质量协会",
        relative=str(middle.key),
        letters="",
        credit_code="",
    )
    desk.post(NEW, low)
    lowest = Organisation.objects.get(name="泥城镇质量协会")
    body = form(
        cast, kind="recommender", name="泥城工业园", relative=str(lowest.key), letters="",
        credit_code="", recommender_class="corporation", campaigns=[campaign.code],
    )  # fmt: skip
    desk.post(NEW, body)
    park = Organisation.objects.get(name="泥城工业园")
    assert (park.tier, park.recommender_class) == ("recommender", "corporation")
    assert RecommendingRight.objects.count() == 1  # a body needs none
    unit = factories.unit_of("上海泥城铸造厂", park, registrar=host)
    fresh = Campaign.objects.get(pk=campaign.pk)
    assert set(recommenders_for(fresh, unit)) == {park, middle}
    assert over(unit) == [
        ["泥城工业园"],
        ["泥城镇质量协会"],
        ["临港新片区质量协会"],
        [host.name],
    ]
    page = desk.get(page_of(unit)).content.decode()
    assert "再上3级" in page
    assert page_of(middle) in page
    assert "泥城工业园" in desk.get(page_of(lowest)).content.decode()


def test_an_association_above(cast, client_of):
    desk, host = client_of(cast.association), cast.association.organisation
    desk.post(NEW, form(cast, kind="above", name="长三角质量协会联盟", letters="", credit_code=""))  # fmt: skip
    made = Organisation.objects.get(name="长三角质量协会联盟")
    assert over(host) == [[made.name]]
    assert "长三角质量协会联盟" in desk.get(page_of(host)).content.decode()


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"name": "江南省质量协会"}, "name", "已经登记过"),
        ({"name": ""}, "name", "请填写全称。"),
        ({"credit_code": CODE[:-1] + "?"}, "credit_code", "代码"),
        ({"letters": "12"}, "letters", "字母代码是 1 到 8 个字母。"),
        ({"letters": "PD"}, "letters", "已经有单位用了"),
        ({"kind": "recommender", "recommender_class": ""}, "recommender_class", "请选推荐单位的类别。"),
        ({"kind": "boss"}, "kind", "请选登记哪一种。"),
        ({"relative": "junk"}, "relative", "请重新选协会。"),
        ({"manager": ""}, "manager", "请填写管理员的姓名。"),
        ({"email": "zhang"}, "email", "邮箱的写法不对"),
        ({"campaigns": ["jiangnan-2019"]}, "campaigns", "请重新选活动。"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(cast, client_of, changes, field, said):
    before = Organisation.objects.count()
    answer = client_of(cast.association).post(NEW, form(cast, **changes))
    assert answer.status_code == 422
    assert said in "".join(answer.context["form"].errors[field])
    assert "临港质协" in answer.content.decode()
    assert (Organisation.objects.count(), Invitation.objects.count()) == (before, 0)


def test_only_a_manager_takes_up(cast, client_of, noon):
    clerk = factories.seat("小周", cast.association.organisation, Duty.CLERK, noon)
    desk = client_of(clerk)
    assert "您现在只能看" in desk.get(NEW).content.decode()
    assert desk.post(NEW, form(cast)).status_code == 422
    assert not Organisation.objects.filter(name="临港新片区质量协会").exists()


def test_hanging_under_and_the_circle(cast, client_of):
    desk, host = client_of(cast.association), cast.association.organisation
    desk.post(NEW, form(cast))
    lower = Organisation.objects.get(name="临港新片区质量协会")
    body = cast.recommender.organisation
    url = page_of(body, "organisation_affiliate")
    assert desk.post(url, {"recommender": str(lower.key)}).status_code == 302
    assert over(body) == [[lower.name], [host.name]]
    assert desk.post(url, {"recommender": "junk"}).status_code == 409
    round_url = page_of(host, "organisation_affiliate")
    again = desk.post(round_url, {"recommender": str(lower.key)})
    assert again.status_code == 409
    assert "已经在" in again.content.decode()
    up = desk.post(url, {"recommender": str(cast.other_recommender.organisation.key)})
    assert up.status_code == 409
    assert over(host) == []
    link = Affiliation.objects.get(unit=body)
    desk.post(reverse("accounts:affiliation_end", args=[link.pk]))
    assert over(body) == []


def test_an_association_with_a_manager_keeps_its_own_row(cast, client_of, campaign, noon):  # fmt: skip
    desk = client_of(cast.association)
    desk.post(NEW, form(cast))
    made = Organisation.objects.get(name="临港新片区质量协会")
    rename = {"name": "临港质量协会", "reason": "更名"}
    assert desk.post(page_of(made, "organisation_rename"), rename).status_code == 302
    manager = factories.seat("章远", made, Duty.MANAGER, noon)
    again = desk.post(page_of(made, "organisation_rename"), rename | {"name": "别名"})
    assert again.status_code == 422
    assert "有自己的管理员" in again.content.decode()
    own = client_of(manager).post(page_of(made, "organisation_rename"), rename | {"name": "临港质协"})  # fmt: skip
    assert own.status_code == 302
    made.refresh_from_db()
    assert made.name == "临港质协"


def test_the_page_asks_as_often_for_three_below_as_for_one(cast, client_of, django_assert_num_queries):  # fmt: skip
    desk, body = client_of(cast.association), cast.recommender.organisation
    desk.get(page_of(body))
    with CaptureQueriesContext(connection) as one:
        desk.get(page_of(body))
    asked = len(one)
    for n in range(3):
        factories.unit_of(f"上海第{n}厂", body)
    with django_assert_num_queries(asked):
        desk.get(page_of(body))
    assert desk.get(page_of(body) + "?page=x").status_code == 200
