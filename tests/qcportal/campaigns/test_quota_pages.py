"""名额 in the browser: the table, one rule, who has how many, single adjustments."""

from __future__ import annotations

import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from qcportal.accounts.models import MemberClass
from qcportal.accounts.roles import Role
from qcportal.campaigns import quotas
from qcportal.campaigns.actions import end_grant, grant_places
from qcportal.campaigns.models import Campaign, QuotaGrant, QuotaRule, Standing
from tests import factories

pytestmark = pytest.mark.django_db
CODE = "shanghai-2020"
TABLE = {
    "unit-all-problem": "1", "unit-all-innovation": "1", "recommender-district-all": "10",
    "recommender-industry-all": "30", "recommender-corporation-all": "20",
    "recommender-all-all": "",
}  # fmt: skip


@pytest.fixture
def desk(cast, client_of):
    return client_of(cast.association)


@pytest.fixture
def draft(campaign):
    Campaign.objects.filter(pk=campaign.pk).update(published_at=None)
    return campaign


def at(name: str, *args) -> str:
    space = "quotas" if name == "excel" else "campaigns"
    return reverse(f"{space}:{name}", args=[CODE, *args])


def version(desk, url: str) -> str:
    return desk.get(url).context["form"]["version"].value()


def places(campaign) -> dict[str, int | None]:
    rows = QuotaRule.objects.filter(campaign=campaign, subject="recommender")
    return {rule.recommender_class: rule.hard for rule in rows}


# --- the table ----------------------------------------------------------------------


def test_the_table_reads_the_notice(desk, campaign):
    page = desk.get(at("quotas"))
    lines = [
        (line.label, line.count, line.rule and line.rule.hard, line.most, line.direct)
        for line, _, _ in page.context["bodies"]
    ]
    assert lines == [
        ("区、市州质量协会", 1, 10, 10, "不适用"), ("行业质量协会", 1, 30, 30, "不适用"),
        ("集团公司", 0, 20, 0, "不适用"), ("所有推荐单位", 2, None, None, "不适用"),
    ]  # fmt: skip
    units = [(line.label, bound.value()) for line, bound, _ in page.context["units"]]
    assert units == [("问题解决型", 1), ("创新型", 1)]
    assert 'value="10"' in page.content.decode()


def test_a_class_of_members_may_file_directly(desk, cast, campaign):
    MemberClass.objects.create(
        organisation=cast.recommender.organisation, association=campaign.host,
        year=campaign.year, kind="member",
    )  # fmt: skip
    lines = {x.label: x for x, _, _ in desk.get(at("quotas")).context["bodies"]}
    assert (lines["会员单位"].count, lines["会员单位"].direct) == (
        1,
        "秘书处确认后可以",
    )


def test_a_draft_is_saved_in_one_post(desk, draft):
    seen = version(desk, at("quotas"))
    answer = desk.post(
        at("quotas"),
        {**TABLE, "recommender-district-all": "12", "recommender-all-all": "3",
         "unit-all-innovation": "2", "version": seen},
    )  # fmt: skip
    assert answer.url == at("quotas")
    assert places(draft) == {"district": 12, "industry": 30, "corporation": 20, "": 3}
    assert draft.quota_rules.get(topic_type="innovation").hard == 2


@pytest.mark.parametrize("typed", ["-1", "10000", "1.5", "many", "１e3", "9" * 40])
def test_what_is_no_whole_number_stands_at_its_field(desk, draft, typed):
    seen = version(desk, at("quotas"))
    sent = {**TABLE, "recommender-district-all": typed,
            "recommender-industry-all": "31", "version": seen}  # fmt: skip
    page = desk.post(at("quotas"), sent)
    assert page.status_code == 422
    form = page.context["form"]
    assert form.errors == {"recommender-district-all": ["请填 0 到 9999 的整数。"]}
    assert form["recommender-industry-all"].value() == "31"
    assert form["recommender-district-all"].value() == typed
    assert places(draft)["industry"] == 30


def test_a_running_campaign_says_whom_it_touches_first(desk, campaign):
    seen = version(desk, at("quotas"))
    sent = {**TABLE, "recommender-district-all": "8", "version": seen}
    page = desk.post(at("quotas"), sent)
    assert page.context["form"].errors == {"reason": ["请写明原因，会记入操作日志"]}
    sent["reason"] = "理事会决定"
    page = desk.post(at("quotas"), sent)
    assert (
        "1 家推荐单位的名额会变：浦东新区质量协会 10 改为 8。" in page.content.decode()
    )
    assert 'name="confirmed"' in page.content.decode()
    assert places(campaign)["district"] == 10
    assert desk.post(at("quotas"), {**sent, "confirmed": "on"}).status_code == 302
    assert places(campaign)["district"] == 8


def test_the_second_clerk_keeps_what_he_typed_and_sees_both(desk, draft):
    seen = version(desk, at("quotas"))
    desk.post(at("quotas"), {**TABLE, "recommender-district-all": "12", "version": seen})  # fmt: skip
    mine = {**TABLE, "recommender-district-all": "15", "version": seen}
    page = desk.post(at("quotas"), mine)
    form, text = page.context["form"], page.content.decode()
    assert page.status_code == 422
    assert "同事刚刚改过这一块" in text
    assert "现在是 12" in text
    assert form["recommender-district-all"].value() == "15"
    assert places(draft)["district"] == 12
    again = {**mine, "version": form["version"].value()}
    assert desk.post(at("quotas"), again).status_code == 302
    assert places(draft)["district"] == 15


def test_a_number_that_was_not_sent_stays(desk, draft):
    seen = version(desk, at("quotas"))
    desk.post(at("quotas"), {"recommender-district-all": "9", "version": seen})
    assert places(draft) == {"district": 9, "industry": 30, "corporation": 20}


def test_an_ended_campaign_is_only_read(desk, campaign, noon):
    Campaign.objects.filter(pk=campaign.pk).update(ended_at=noon)
    assert "保存名额" not in desk.get(at("quotas")).content.decode()
    page = desk.post(at("quotas"), {**TABLE, "recommender-district-all": "1", "version": "x"})  # fmt: skip
    assert "活动已经办结" in page.content.decode()
    assert places(campaign)["district"] == 10


def test_a_neighbours_campaign_is_not_there(cast, client_of, campaign):
    stranger, rule = client_of(cast.other_association), campaign.quota_rules.first()
    grant = grant_places(
        campaign, cast.recommender.organisation, category=None, topic_type="", extra=1,
        reason="承办", by=cast.association, at=campaign.published_at,
    )  # fmt: skip
    urls = [at("quotas"), at("add_quota"), at("quota", rule.pk), at("remove_quota", rule.pk),
            at("quota_preview"), at("excel"), at("grants"), at("end_grant", grant.pk)]  # fmt: skip
    assert [stranger.get(url).status_code for url in urls] == [404] * 8
    assert [stranger.post(url).status_code for url in urls if "preview" not in url] == [
        404
    ] * 6
    beside = reverse("campaigns:quota", args=["jiangnan-2019", rule.pk])
    assert stranger.get(beside).status_code == 404


# --- one rule -----------------------------------------------------------------------


def typed_rule(desk, **given):
    return {
        "subject": "recommender",
        "version": version(desk, at("add_quota")),
        **given,
    }


def test_a_rule_for_a_body_found_by_a_part_of_its_name(desk, draft, cast):
    answer = desk.post(
        at("add_quota"),
        typed_rule(desk, recommender="轨道", hard="36", soft="30", reserve="2"),
    )
    assert answer.url == at("quotas")
    made = draft.quota_rules.get(recommender=cast.other_recommender.organisation)
    assert (made.hard, made.soft, made.reserve) == (36, 30, 2)
    page = desk.get(at("quotas")).content.decode()
    assert "36（过 30 提醒，候补 2）" in page
    assert f'id="rule-{made.pk}"' in page


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"subject": ""}, "subject", "请选这条规定管什么。"),
        ({"subject": "planet", "hard": "1"}, "subject", "请重新选择管什么。"),
        ({"hard": "3", "soft": "4"}, "soft", "提醒线不能高于名额 3。"),
        ({}, "hard", "请填名额，或者勾“不限”。"),
        ({"hard": "1", "recommender": "质量协会"}, "recommender",
         "“质量协会”有 2 家：浦东新区质量协会、轨道交通行业质量协会。请写全称。"),
        ({"hard": "1", "recommender": "火星"}, "recommender",
         "本活动的推荐单位里没有“火星”，请核对名称。"),
        ({"hard": "1", "topic_type": "poetry"}, "topic_type", "请重新选择课题类型。"),
        ({"hard": "1", "recommender_class": "district"}, "subject",
         "同样的对象已经有一条规定了，请到那一条里改。"),
        ({"hard": "1", "region": "区" * 41}, "region", None),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_rule_stands_at_its_field(
    desk, draft, given, field, words
):
    page = desk.post(at("add_quota"), typed_rule(desk, **given))
    assert page.status_code == 422
    form = page.context["form"]
    assert field in form.errors
    assert words is None or form.errors[field] == [words]
    for name, value in given.items():
        assert form[name].value() == value
    assert draft.quota_rules.count() == 5


def test_a_rule_is_changed_and_removed(desk, campaign, cast):
    rule = campaign.quota_rules.get(recommender_class="district")
    page = desk.get(at("quota", rule.pk))
    assert page.context["form"]["hard"].value() == 10
    sent = {
        "subject": "recommender", "recommender_class": "district", "hard": "10",
        "needs_good_standing": "on", "reason": "通知第三条", "confirmed": "on",
        "version": page.context["form"]["version"].value(),
    }  # fmt: skip
    assert desk.post(at("quota", rule.pk), sent).url == f"{at('quotas')}#rule-{rule.pk}"
    rule.refresh_from_db()
    assert rule.needs_good_standing
    page = desk.get(at("remove_quota", rule.pk))
    assert "浦东新区质量协会 0 改为 不限" in page.content.decode()
    sent = {"version": page.context["form"]["version"].value(), "reason": "重复"}
    assert "请看过提醒" in desk.post(at("remove_quota", rule.pk), sent).content.decode()
    sent["confirmed"] = "on"
    assert desk.post(at("remove_quota", rule.pk), sent).url == at("quotas")
    assert desk.post(at("remove_quota", rule.pk), sent).status_code == 404
    assert desk.get(at("quota", rule.pk)).status_code == 404


# --- who has how many ---------------------------------------------------------------


def more_bodies(campaign, count: int) -> None:
    for n in range(count):
        body = factories.organisation(
            Role.RECOMMENDER, f"第{n}质量协会", recommender_class="district"
        )
        factories.unit_of(f"第{n}工厂", body)


def test_the_preview_is_what_the_rules_give(desk, campaign, cast, noon, walk):
    body = cast.recommender.organisation
    walk.recommended()
    grant_places(
        campaign, body, category=None, topic_type="", extra=2, reason="承办发表赛",
        by=cast.association, at=noon,
    )  # fmt: skip
    rows = desk.get(at("quota_preview")).context["rows"]
    fresh = Campaign.objects.get(pk=campaign.pk)
    for row in rows:
        own = quotas.own_rules(fresh, row.body)
        assert row.total == quotas.total(fresh, row.body, own)
        assert [line.places for line in row.lines] == [
            quotas.places_of(fresh, row.body, rule) for rule in own
        ]
    said = [(r.kind, r.first, r.body.name, r.total, r.used, r.left, r.extra, r.units) for r in rows]  # fmt: skip
    per_unit = ["创新型 1", "问题解决型 1"]
    assert [(*row[:-1], sorted(row[-1])) for row in said] == [
        ("区、市州质量协会", True, "浦东新区质量协会", 12, 1, 11, 2, per_unit),
        ("行业质量协会", True, "轨道交通行业质量协会", 30, 0, 30, 0, per_unit),
    ]


def test_standing_is_said(desk, campaign, cast, noon):
    campaign.quota_rules.update(needs_good_standing=True)
    body, other = cast.recommender.organisation, cast.other_recommender.organisation
    MemberClass.objects.create(
        organisation=body, association=campaign.host, year=campaign.year,
        kind="district", in_good_standing=False,
    )  # fmt: skip
    Standing.objects.create(
        recommender=other, association=campaign.host, kind="suspended", reason="收费",
        begins_at=campaign.published_at,
    )  # fmt: skip
    rows = desk.get(at("quota_preview")).context["rows"]
    assert [(row.total, row.standing) for row in rows] == [
        (0, ("bad", "会籍不正常，没有名额")), (0, ("bad", "暂停推荐资格")),
    ]  # fmt: skip


def test_over_the_number_is_said(desk, campaign, walk):
    walk.recommended()
    campaign.quota_rules.filter(recommender_class="district").update(hard=0)
    page = desk.get(at("quota_preview"))
    assert "超出 1" in page.content.decode()


def test_filters_and_junk(desk, campaign):
    def names(query: str) -> list[str]:
        page = desk.get(at("quota_preview") + query)
        return [row.body.name for row in page.context["rows"]]

    both = ["浦东新区质量协会", "轨道交通行业质量协会"]
    assert names("?kind=industry") == both[1:]
    assert names("?q=浦东") == both[:1]
    assert names("?q=没有") == []
    for junk in ("?kind=club", "?page=9999", "?page=x", "?q=" + "长" * 200):
        assert names(junk) == both


@pytest.mark.parametrize("name", ["quota_preview", "excel", "quotas"])
def test_it_asks_as_often_for_three_bodies_as_for_one(
    desk, campaign, cast, name, django_assert_num_queries
):
    other = cast.other_recommender.organisation
    other.is_active = False
    other.save(update_fields=["is_active"])
    desk.get(at(name))
    with CaptureQueriesContext(connection) as asked:
        desk.get(at(name))
    more_bodies(campaign, 2)
    with django_assert_num_queries(len(asked)):
        desk.get(at(name))


def test_it_is_paged(desk, campaign):
    more_bodies(campaign, 30)
    assert len(desk.get(at("quota_preview")).context["rows"]) == 25
    assert len(desk.get(at("quota_preview") + "?page=2").context["rows"]) == 7


def test_the_whole_as_excel_without_formulas(desk, campaign, cast):
    body = cast.recommender.organisation
    body.name = "=1+1质量协会"
    body.save(update_fields=["name"])
    more_bodies(campaign, 30)
    answer = desk.get(at("excel"))
    tab = load_workbook(io.BytesIO(answer.content)).worksheets[0]
    rows = list(tab.iter_rows(min_row=4, values_only=True))
    assert len(rows) == 32
    first = next(row for row in rows if row[1] == "=1+1质量协会")
    assert first[:5] == ("区、市州质量协会", "=1+1质量协会", None, "推荐名额", 10)
    cell = next(c for row in tab.iter_rows() for c in row if c.value == "=1+1质量协会")
    assert cell.data_type == "s"
    only = load_workbook(io.BytesIO(desk.get(at("excel") + "?kind=industry").content))
    assert only.worksheets[0].max_row == 4


# --- single adjustments -------------------------------------------------------------


def typed_grant(desk, **given):
    return {
        "recommender": "浦东新区质量协会", "extra": "2", "reason": "承办发表赛",
        "version": version(desk, at("grants")), **given,
    }  # fmt: skip


def test_places_are_given_and_taken_back(desk, campaign, cast):
    sent = typed_grant(desk)
    assert desk.post(at("grants"), sent).url == at("grants")
    again = desk.post(at("grants"), sent)
    assert "打开这页以后已经有一次调整" in again.content.decode()
    grant = QuotaGrant.objects.get()
    assert (grant.extra, grant.reason) == (2, "承办发表赛")
    page = desk.get(at("grants")).content.decode()
    assert "承办发表赛" in page
    assert "周岚" in page
    end = at("end_grant", grant.pk)
    assert desk.post(end, {"reason": " "}).context["form"].errors["reason"] == [
        "请写明原因，会记入操作日志"
    ]
    for _ in range(2):
        assert desk.post(end, {"reason": "记错了"}).url == at("grants")
    grant.refresh_from_db()
    assert grant.ended_at is not None


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"extra": "0"}, "extra", "请填增加或减少几个名额。"),
        ({"extra": "x"}, "extra", "请填整数，例如 2 或 -2。"),
        ({"extra": "-11"}, "extra", "名额不能减到 0 以下。"),
        ({"reason": ""}, "reason", "请写明原因，会记入操作日志"),
        ({"recommender": ""}, "recommender", "请填推荐单位。"),
        ({"topic_type": "innovation"}, "category", None),
    ],
)
def test_what_is_no_adjustment_stands_at_its_field(desk, campaign, given, field, words):
    page = desk.post(at("grants"), typed_grant(desk, **given))
    form = page.context["form"]
    assert words is None or form.errors[field] == [words]
    assert page.status_code == 422
    assert form["reason"].value() == given.get("reason", "承办发表赛")
    assert not QuotaGrant.objects.exists()


def test_used_places_are_not_taken_back(desk, campaign, cast, walk):
    campaign.quota_rules.all().delete()
    campaign.quota_rules.create(subject="recommender", hard=0)
    desk.post(at("grants"), typed_grant(desk, extra="1"))
    walk.recommended()
    grant = QuotaGrant.objects.get()
    page = desk.post(at("end_grant", grant.pk), {"reason": "收回"})
    assert "浦东新区质量协会已推荐 1 项" in page.content.decode()
    assert page.context["form"]["reason"].value() == "收回"
    grant.refresh_from_db()
    assert grant.ended_at is None


def test_adjustments_are_paged_and_ask_as_often_for_three(
    desk, campaign, cast, noon, django_assert_num_queries
):
    def give():
        return grant_places(
            campaign, cast.recommender.organisation, category=None, topic_type="",
            extra=1, reason="承办", by=cast.association, at=noon,
        )  # fmt: skip

    first = give()
    desk.get(at("grants"))
    with CaptureQueriesContext(connection) as asked:
        desk.get(at("grants"))
    give(), give()
    with django_assert_num_queries(len(asked)):
        desk.get(at("grants"))
    end_grant(first.pk, reason="记错了", by=cast.association, at=noon)
    for _ in range(24):
        give()
    assert len(desk.get(at("grants")).context["rows"]) == 25
    assert len(desk.get(at("grants") + "?page=2").context["rows"]) == 2
