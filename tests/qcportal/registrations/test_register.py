"""The association's register: search, names, codes, classes, affiliations, rights."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qcportal.accounts.actions import grant_seat
from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Affiliation, MemberClass, Organisation
from qcportal.accounts.names import check_character
from qcportal.accounts.roles import Duty, Role
from qcportal.audit.models import TrailEntry
from qcportal.campaigns.access import recommenders_for
from qcportal.campaigns.actions import let_recommend
from qcportal.campaigns.models import Campaign
from qcportal.management import books
from qcportal.refusals import Refused
from qcportal.registrations import actions
from qcportal.registrations.models import AffiliationRequest
from submissions.models import Submission
from submissions.places import rules_for
from tests import factories

CODE = "91310000MA1FL0000" + check_character("91310000MA1FL0000")
LIST = "/accounts/organisations/"


def page_of(organisation, name="organisation_page"):
    return reverse(f"accounts:{name}", args=[organisation.key])


def listed(client, query=""):
    return {o.name for o in client.get(LIST + query).context["page"]}


def test_filters_of_the_register(cast, client_of):
    desk, unit = client_of(cast.association), cast.unit.organisation
    assert unit.name in listed(desk)
    assert "上海市质量协会" not in listed(desk)
    assert listed(desk, "?q=申浦") == {unit.name}
    assert listed(desk, f"?recommender={cast.recommender.organisation.key}") == {
        unit.name, "启明星QC小组", "磐石QC小组",
    }  # fmt: skip
    assert listed(desk, "?tier=recommender") == {
        "浦东新区质量协会",
        "轨道交通行业质量协会",
    }
    assert listed(desk, "?region=浦东") == set()
    for junk in (
        "?page=x",
        "?page=99",
        "?tier=boss",
        "?recommender=junk",
        "?use=never",
    ):
        assert desk.get(LIST + junk).status_code == 200


def test_the_register_asks_as_often_for_three_as_for_one(cast, client_of, django_assert_num_queries):  # fmt: skip
    desk = client_of(cast.association)
    desk.get(LIST + "?q=申浦")
    with CaptureQueriesContext(connection) as one:
        desk.get(LIST + "?q=申浦")
    for n in range(3):
        factories.unit_of(f"上海申浦{n}号厂", cast.recommender.organisation)
    with django_assert_num_queries(len(one)):
        desk.get(LIST + "?q=申浦")


def test_another_associations_officer_has_another_register(cast, client_of):
    desk, unit = client_of(cast.other_association), cast.unit.organisation
    assert listed(desk) == set()
    assert desk.get(page_of(unit)).status_code == 404
    assert (
        desk.post(
            page_of(unit, "organisation_rename"), {"name": "x", "reason": "y"}
        ).status_code
        == 404
    )
    for who in (cast.unit, cast.recommender, cast.group, cast.judge):
        assert client_of(who).get(LIST).status_code == 403


def test_a_new_legal_name_keeps_the_old_and_what_was_filed(cast, client_of, walk, noon):
    found, unit = walk.stamped(), cast.unit.organisation
    before = list(found.revisions.values("content", "content_hash"))
    desk = client_of(cast.association)
    data = {"name": "上海申浦车辆有限公司", "reason": "工商变更"}
    assert desk.post(page_of(unit, "organisation_rename"), data).status_code == 302
    unit.refresh_from_db()
    assert unit.name == "上海申浦车辆有限公司"
    assert [n["name"] for n in unit.former_names] == ["上海申浦轨道车辆维修有限公司"]
    assert list(found.revisions.values("content", "content_hash")) == before
    assert list(books.frozen_altered()) == []
    act = found.revision.sheets.get().stamps.get().act
    assert act.organisation_name == "上海申浦轨道车辆维修有限公司"
    assert listed(desk, "?q=轨道车辆维修") == {"上海申浦车辆有限公司"}
    line = TrailEntry.objects.get(what="organisation_renamed")
    assert (line.user_name, line.data) == ("周岚", {
        "name": "上海申浦车辆有限公司", "was": "上海申浦轨道车辆维修有限公司", "reason": "工商变更"})  # fmt: skip


@pytest.mark.parametrize(
    ("name", "reason", "said"),
    [
        ("上海张江晶微电子材料有限公司", "改", "已经登记过"),
        ("上海申浦轨道车辆维修有限公司", "改", "名称没有变化"),
        ("新名称有限公司", "", "请写明原因"),
    ],
)
def test_names_that_may_not_be(cast, client_of, name, reason, said):
    unit = cast.unit.organisation
    answer = client_of(cast.association).post(
        page_of(unit, "organisation_rename"), {"name": name, "reason": reason}
    )
    assert answer.status_code == 422
    assert said in answer.content.decode()
    unit.refresh_from_db()
    assert unit.former_names == []


def test_one_code_one_unit(cast, client_of, noon):
    desk = client_of(cast.association)
    data = {"credit_code": CODE, "industry": "交通运输"}
    assert (
        desk.post(
            page_of(cast.unit.organisation, "organisation_facts"), data
        ).status_code
        == 302
    )
    answer = desk.post(
        page_of(cast.other_unit.organisation, "organisation_facts"),
        {"credit_code": CODE},
    )
    assert answer.status_code == 422
    assert "这个代码登记在“上海申浦轨道车辆维修有限公司”名下" in answer.content.decode()


def test_out_of_use_ends_acting_and_resumes(cast, client_of):
    unit, desk = cast.unit.organisation, client_of(cast.association)
    mine = client_of(cast.unit)
    assert (
        desk.post(page_of(unit, "organisation_end"), {"reason": ""}).status_code == 422
    )
    assert (
        desk.post(page_of(unit, "organisation_end"), {"reason": "注销"}).status_code
        == 302
    )
    assert mine.get("/submissions/stamping/").url == "/accounts/no-seat/"
    assert unit.name not in listed(desk)
    assert unit.name in listed(desk, "?use=ended")
    assert (
        desk.post(page_of(unit, "organisation_resume"), {"reason": "误停"}).status_code
        == 302
    )
    assert mine.get("/submissions/stamping/").status_code == 200


def test_member_class_per_year(cast, client_of):
    body, desk = cast.recommender.organisation, client_of(cast.association)
    data = {"year": 2020, "kind": "council", "in_good_standing": "on", "note": ""}
    desk.post(page_of(body, "organisation_class"), data)
    desk.post(
        page_of(body, "organisation_class"),
        {**data, "in_good_standing": "", "note": "欠会费"},
    )
    kept = MemberClass.objects.get()
    assert (kept.association, kept.year, kept.kind, kept.in_good_standing, kept.note) == (
        cast.association.organisation, 2020, "council", False, "欠会费",
    )  # fmt: skip


# --- affiliations -------------------------------------------------------------------


def test_a_unit_asks_a_body_says_yes_and_it_can_be_chosen(cast, client_of, campaign):
    unit, body = cast.other_unit.organisation, cast.recommender.organisation
    mine, theirs = client_of(cast.other_unit), client_of(cast.recommender)
    path = reverse("accounts:affiliations")
    assert body not in recommenders_for(campaign, unit)
    assert mine.post(path, {"recommender": str(body.key)}).status_code == 302
    assert mine.post(path, {"recommender": str(body.key)}).status_code == 422
    asked = AffiliationRequest.objects.get()
    agree = reverse("accounts:affiliation_agree", args=[asked.pk])
    assert client_of(cast.other_recommender).post(agree).status_code == 404
    assert theirs.post(agree).status_code == 302
    assert body in recommenders_for(campaign, unit)
    theirs.post(agree)
    assert Affiliation.objects.filter(unit=unit, recommender=body).count() == 1


def test_a_body_says_no_with_a_reason(cast, client_of, noon):
    asked = actions.ask_affiliation(
        cast.recommender.organisation, "", by=cast.other_unit, at=noon
    )
    decline = reverse("accounts:affiliation_decline", args=[asked.pk])
    theirs = client_of(cast.recommender)
    assert theirs.post(decline, {"comment": ""}).status_code == 409
    theirs.post(decline, {"comment": "不在本区"})
    asked.refresh_from_db()
    assert (asked.status, asked.reason) == ("refused", "不在本区")
    assert not Affiliation.objects.filter(
        unit=asked.unit, recommender=asked.recommender
    ).exists()


def test_the_last_body_stays_unless_the_association_ends_it(cast, noon):
    only = Affiliation.objects.get(unit=cast.other_unit.organisation)
    with pytest.raises(Refused) as refused:
        actions.end_affiliation(only.pk, by=cast.other_unit, at=noon)
    assert refused.value.codes == ["last_affiliation"]
    actions.end_affiliation(only.pk, by=cast.association, at=noon)
    assert not Affiliation.objects.filter(pk=only.pk).exists()


def test_a_neighbours_affiliation_is_not_there(cast, client_of):
    foreign = Affiliation.objects.filter(unit=cast.unit.organisation).first()
    path = reverse("accounts:affiliation_end", args=[foreign.pk])
    assert client_of(cast.other_unit).post(path).status_code == 404
    assert Affiliation.objects.filter(pk=foreign.pk).exists()


# --- recommending upwards -----------------------------------------------------------


def test_an_association_recommends_in_a_higher_campaign_at_any_depth(
    cast, campaign, noon
):
    province = cast.other_association.organisation
    unit, body = cast.unit.organisation, cast.recommender.organisation
    Affiliation.objects.create(unit=body, recommender=province)
    usual = set(recommenders_for(campaign, unit))
    assert province not in usual
    let_recommend(campaign, province, "industry", by=cast.association, at=noon)
    fresh = Campaign.objects.get(pk=campaign.pk)
    assert set(recommenders_for(fresh, unit)) == usual | {province}
    assert province not in recommenders_for(fresh, cast.other_unit.organisation)
    classed = {r.recommender_class for r in rules_for(fresh, province)}
    assert classed == {
        r.recommender_class
        for r in rules_for(fresh, cast.other_recommender.organisation)
    }


def test_a_recommending_seat_sits_at_the_recommenders_desk(cast, noon):
    province = cast.other_association.organisation
    seat = grant_seat(
        cast.other_association.user, province, Duty.RECOMMENDING, by=None, at=noon
    )
    assert Actor(seat).role == Role.RECOMMENDER
    assert cast.other_association.role == Role.ASSOCIATION
    assert list(Submission.objects.visible_to(Actor(seat))) == []


def test_only_the_host_lets_associations_recommend(cast, campaign, noon):
    province = cast.other_association.organisation
    with pytest.raises(Refused) as refused:
        let_recommend(campaign, province, "", by=cast.other_association, at=noon)
    assert refused.value.codes == ["not_host"]
    with pytest.raises(Refused) as refused:
        let_recommend(
            campaign, cast.recommender.organisation, "", by=cast.association, at=noon
        )
    assert refused.value.codes == ["not_an_association"]
    assert (
        Organisation.objects.filter(recommending_rights__campaign=campaign).count() == 0
    )
