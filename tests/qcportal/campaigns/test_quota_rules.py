"""Rules of places: what may stand, who is touched, what stays, what the trail says."""

from __future__ import annotations

import pytest

from qcportal.accounts.models import MemberClass
from qcportal.accounts.roles import Role
from qcportal.audit.models import TrailEntry
from qcportal.campaigns import gaps, guide, presets, quota_actions, quota_rules, quotas
from qcportal.campaigns.models import Campaign, QuotaRule
from qcportal.campaigns.quota_rules import Cell
from qcportal.management import books
from qcportal.refusals import Refused
from recommenders import actions as recommending
from reviews.rules import findings
from submissions import places
from tests import factories

pytestmark = pytest.mark.django_db
BODY = "recommender"


def seen(campaign) -> str:
    return quota_rules.rules_seen(quota_rules.rules_of(campaign))


@pytest.fixture
def being_set_up(campaign):
    Campaign.objects.filter(pk=campaign.pk).update(published_at=None)
    return Campaign.objects.get(pk=campaign.pk)


@pytest.fixture
def act(campaign, cast, noon):
    """An act of the association with everything said that it wants."""

    def do(verb, *given, **changes):
        said = {
            "seen": seen(campaign), "reason": "理事会决定", "confirmed": True,
            "by": cast.association, "at": noon,
        }  # fmt: skip
        return verb(campaign.pk, *given, **{**said, **changes})

    return do


def rule(**given):
    return {"subject": BODY, "hard": 3, **given}


def refusals(call) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as no:
        call()
    return [(r.code, r.field) for r in no.value.refusals if r.kind == "refusal"]


def numbers(campaign) -> dict[tuple[str, str, str], int | None]:
    rows = QuotaRule.objects.filter(campaign=campaign)
    return {(r.subject, r.recommender_class, r.topic_type): r.hard for r in rows}


# --- the table ----------------------------------------------------------------------


def test_all_numbers_are_saved_together_and_each_change_is_in_the_trail(campaign, act):
    act(quota_actions.save_table, {
        Cell(BODY, "district"): 12, Cell(BODY, "industry"): None, Cell(BODY): 5,
        Cell("unit", "", "problem"): 1,
    })  # fmt: skip

    assert numbers(campaign) == {
        ("unit", "", "problem"): 1, ("unit", "", "innovation"): 1,
        (BODY, "district", ""): 12, (BODY, "corporation", ""): 20, (BODY, "", ""): 5,
    }  # fmt: skip
    lines = TrailEntry.objects.filter(what__startswith="quota_").order_by("pk")
    said = [(x.what, x.data["name"], x.data["was"], x.data["to"]) for x in lines]
    district = "区、市州质量协会：每个推荐单位最多"
    assert said == [
        ("quota_changed", district, "10", "12"),
        ("quota_removed", "行业质量协会：每个推荐单位最多", "30", ""),
        ("quota_added", "所有推荐单位：每个推荐单位最多", "", "5"),
    ]
    assert {line.data["reason"] for line in lines} == {"理事会决定"}


def test_one_wrong_number_saves_none(campaign, act):
    before = numbers(campaign)
    campaign.quota_rules.filter(recommender_class="industry").update(soft=25)
    values = {
        Cell(BODY, "district"): 12, Cell(BODY, "industry"): 20, Cell(BODY): 10000,
    }  # fmt: skip

    found = refusals(lambda: act(quota_actions.save_table, values))

    assert found == [
        ("soft_above_hard", "recommender-industry-all"),
        ("places_number", "recommender-all-all"),
    ]
    assert numbers(campaign) == before


def test_nothing_changed_writes_nothing(campaign, act, noon):
    act(quota_actions.save_table, {Cell(BODY, "district"): 10, Cell(BODY): None})

    assert not TrailEntry.objects.filter(what__startswith="quota_").exists()
    assert Campaign.objects.get(pk=campaign.pk).places_changed_at is None


def test_a_rule_without_limit_survives_an_empty_number(campaign, act):
    campaign.quota_rules.filter(recommender_class="district").update(hard=None)

    act(quota_actions.save_table, {Cell(BODY, "district"): None, Cell(BODY): 4})

    assert numbers(campaign)[BODY, "district", ""] is None
    assert numbers(campaign)[BODY, "", ""] == 4


# --- one rule -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"subject": ""}, [("unknown_subject", "subject")]),
        ({"hard": None}, [("no_limit", "hard")]),
        ({"soft": 4}, [("soft_above_hard", "soft")]),
        ({"unlimited": True}, [("unlimited_twice", "hard")]),
        ({"hard": None, "unlimited": True, "reserve": 2, "needs_good_standing": True},
         [("unlimited_twice", "reserve"), ("unlimited_twice", "needs_good_standing")]),
        ({"topic_type": "poetry"}, [("quota_type", "topic_type")]),
        ({"recommender_class": "club"}, [("unknown_class", "recommender_class")]),
        ({"recommender_class": "district"}, [("quota_twice", "subject")]),
    ],
)  # fmt: skip
def test_what_a_rule_may_not_say(campaign, act, given, found):
    before = numbers(campaign)
    assert refusals(lambda: act(quota_actions.add_rule, rule(**given))) == found
    assert numbers(campaign) == before


def test_a_doubled_rule_over_empty_columns_is_refused(campaign, act):
    """SQLite lets two rows with empty columns stand; the rule does not."""
    act(quota_actions.add_rule, rule())
    found = refusals(lambda: act(quota_actions.add_rule, rule(hard=9)))
    assert found == [("quota_twice", "subject")]


def test_a_rule_for_one_body(campaign, cast, act):
    body, unit = cast.recommender.organisation, cast.unit.organisation
    act(quota_actions.add_rule, rule(recommender=body, hard=36))
    fresh = Campaign.objects.get(pk=campaign.pk)
    own = quotas.own_rules(fresh, body)
    assert [quotas.places_of(fresh, body, r) for r in own] == [36]
    assert quotas.total(fresh, body, own) == 36
    for given, found in (
        ({"recommender": unit}, [("not_recommending", "recommender")]),
        ({"recommender": body, "recommender_class": "industry", "region": "华东"},
         [("class_and_body", "recommender_class"), ("region_and_body", "region")]),
    ):  # fmt: skip
        assert refusals(lambda g=given: act(quota_actions.add_rule, rule(**g))) == found


def test_a_category_that_nobody_recommends_in_takes_no_places(campaign, act):
    star = factories.category_beside(
        campaign, "star", "服务明星", needs_recommender=False
    )
    neighbour = Campaign.objects.get(code="jiangnan-2019")
    foreign = neighbour.categories.create(code="x", name="别家的")
    for category, code in ((star, "quota_category"), (foreign, "wrong_category")):
        found = refusals(
            lambda c=category: act(quota_actions.add_rule, rule(category=c))
        )
        assert found == [(code, "category")]


def test_a_class_nobody_holds_is_a_caution(campaign, being_set_up, act):
    found = act(quota_actions.add_rule, rule(recommender_class="women"))
    assert [r.code for r in found] == ["class_empty"]
    assert numbers(campaign)[BODY, "women", ""] == 3


# --- who may, and when --------------------------------------------------------------


def test_only_who_runs_the_campaign_and_while_it_lasts(campaign, cast, act, noon):
    for by in (cast.other_association, cast.recommender, cast.judge):
        found = refusals(lambda by=by: act(quota_actions.add_rule, rule(), by=by))
        assert found == [("not_yours", "")]
    Campaign.objects.filter(pk=campaign.pk).update(ended_at=noon)
    assert refusals(lambda: act(quota_actions.add_rule, rule())) == [
        ("campaign_ended", "")
    ]


def test_the_second_of_two_clerks_is_refused(campaign, act):
    old = seen(campaign)
    act(quota_actions.save_table, {Cell(BODY, "district"): 12})
    values = {Cell(BODY, "district"): 8}
    found = refusals(lambda: act(quota_actions.save_table, values, seen=old))
    assert found == [("stale_version", "")]
    assert numbers(campaign)[BODY, "district", ""] == 12


def test_a_second_click_adds_nothing(campaign, act):
    old = seen(campaign)
    act(quota_actions.add_rule, rule(), seen=old)
    assert "stale_version" in [
        code for code, _ in refusals(lambda: act(quota_actions.add_rule, rule(), seen=old))
    ]  # fmt: skip
    assert QuotaRule.objects.filter(campaign=campaign, hard=3).count() == 1


def test_a_running_campaign_wants_reason_and_tick_and_names_whom_it_touches(
    campaign, cast, act
):
    values = {Cell(BODY, "district"): 8}
    found = refusals(lambda: act(quota_actions.save_table, values, reason=" "))
    assert found == [("reason_missing", "reason")]
    with pytest.raises(Refused) as no:
        act(quota_actions.save_table, values, confirmed=False)
    assert [(r.code, r.kind) for r in no.value.refusals] == [
        ("not_confirmed", "refusal"), ("places_shift", "caution"),
    ]  # fmt: skip
    assert no.value.refusals[1].message == (
        "1 家推荐单位的名额会变：浦东新区质量协会 10 改为 8。"
    )


def test_a_draft_wants_neither(campaign, being_set_up, act):
    act(quota_actions.save_table, {Cell(BODY, "district"): 8}, reason="", confirmed=False)  # fmt: skip
    assert numbers(campaign)[BODY, "district", ""] == 8


# --- below what is used already -----------------------------------------------------


@pytest.fixture
def two_recommended(walk, campaign):
    campaign.quota_rules.all().delete()
    campaign.quota_rules.create(subject=BODY, hard=2)
    return [walk.recommended(title=f"第{n}项") for n in (1, 2)]


def test_whom_a_lower_number_leaves_over_is_said_before(
    campaign, cast, act, two_recommended
):
    with pytest.raises(Refused) as no:
        act(quota_actions.save_table, {Cell(BODY): 1}, confirmed=False)
    assert [r.message for r in no.value.refusals if r.code == "places_overrun"] == [
        "已推荐的多于新的名额，已推荐的都保留，降到名额以下之前不能再推荐新的："
        "浦东新区质量协会已推荐 2 项，新的名额 1，超出 1 项。"
    ]


def test_what_was_recommended_stays_and_nothing_more_goes_up(
    campaign, cast, act, two_recommended, walk
):
    third = walk.scored(title="第3项")
    act(quota_actions.save_table, {Cell(BODY): 1}, at=walk.at)

    assert [s.state for s in map(walk.fresh, two_recommended)] == ["recommended"] * 2
    by = cast.recommender
    assert refusals(
        lambda: recommending.recommend(third.pk, by=by, at=walk.at)
    ) == [("quota_full", "")]  # fmt: skip
    recommending.take_back(two_recommended[0].pk, comment="", by=by, at=walk.at)
    assert "quota_full" in dict(
        refusals(lambda: recommending.recommend(third.pk, by=by, at=walk.at))
    )
    recommending.take_back(two_recommended[1].pk, comment="", by=by, at=walk.at)
    recommending.recommend(third.pk, by=by, at=walk.at)


def test_the_body_reads_why_it_is_over(
    campaign, cast, act, two_recommended, walk, client_of
):
    third = walk.scored(title="第3项")
    act(quota_actions.save_table, {Cell(BODY): 1}, at=walk.at)

    shown = client_of(cast.recommender).get("/recommenders/").content.decode()
    assert "超出 1 项：名额后来减少，已推荐的都保留，暂时不能再推荐" in shown
    found = recommending.rules.place_refusals(third, cast.recommender.organisation)
    assert [refusal.message for refusal in found] == [
        "贵单位推荐名额现在是 1 项，已推荐 2 项。已推荐的都保留，比名额少了才能再推荐。"
    ]


def test_the_books_and_the_check_accept_what_stays(
    campaign, act, two_recommended, walk
):
    act(quota_actions.save_table, {Cell(BODY): 1}, at=walk.at)

    assert list(books.places_overrun()) == []
    first = walk.fresh(two_recommended[0])
    found = findings(first)["within_quota"]
    assert (found.fits, found.words) == (
        True, "推荐名额 2/1，推荐在先，名额后来减少，保留",
    )  # fmt: skip
    campaign.quota_rules.update(hard=0)
    Campaign.objects.filter(pk=campaign.pk).update(places_changed_at=None)
    assert [one.code for one in books.places_overrun()] == ["places_overrun"]
    assert findings(walk.fresh(first))["within_quota"].fits is False


def test_units_that_would_be_over_are_named_through_any_body(
    campaign, cast, act, two_recommended
):
    one = {"subject": "unit_overall", "hard": 1}
    with pytest.raises(Refused) as no:
        act(quota_actions.add_rule, one, confirmed=False)
    said = {r.code: r.message for r in no.value.refusals}
    assert "上海申浦轨道车辆维修有限公司已推荐 2 项，新的名额 1" in said["places_overrun"]  # fmt: skip
    assert said["unit_places_shift"] == "每家单位全部合计最多 不限 改为 1。"


# --- one arithmetic -----------------------------------------------------------------


def test_parts_of_a_wider_rule_are_not_added(campaign, cast):
    body = cast.recommender.organisation
    campaign.quota_rules.all().delete()
    assert quotas.total(campaign, body, quotas.own_rules(campaign, body)) is None
    for topic_type, hard in (("problem", 6), ("innovation", 4)):
        campaign.quota_rules.create(subject=BODY, topic_type=topic_type, hard=hard)
    assert quotas.total(campaign, body, quotas.own_rules(campaign, body)) == 10
    campaign.quota_rules.create(subject=BODY, hard=8)
    assert quotas.total(campaign, body, quotas.own_rules(campaign, body)) == 8


def test_many_are_counted_as_one_by_one(campaign, cast, walk, two_recommended):
    bodies = list(quotas.bodies_in(campaign))
    found = quotas.taken_by(campaign, bodies)
    for body in bodies:
        tally = places.Tally(campaign, body)
        for meter in tally.own():
            used = found.get(body.pk, quotas.Used())
            assert quotas.used_of(meter.rule, used) == meter.used
            assert quotas.taken(campaign, body, meter.rule) == meter.used


def test_who_may_recommend(campaign, cast):
    factories.organisation(Role.RECOMMENDER, "没有单位的协会")
    names = [body.name for body in quotas.bodies_in(campaign)]
    assert names == ["浦东新区质量协会", "轨道交通行业质量协会"]


# --- files, gaps --------------------------------------------------------------------


def test_rules_of_every_shape_go_into_a_file_and_back(
    campaign, cast, being_set_up, act
):
    body = cast.recommender.organisation
    for given in (
        rule(region="华东", soft=2, reserve=4),
        rule(region="华南"),
        rule(recommender=body, topic_type="innovation", needs_good_standing=True),
        {"subject": "unit_region", "unlimited": True, "category": campaign.categories.get()},
    ):  # fmt: skip
        act(quota_actions.add_rule, given)
    text = presets.export(Campaign.objects.get(pk=campaign.pk))
    raw = presets.read_text("again.toml", text.replace("shanghai-2020", "again")).raw
    made = presets.load(presets.read_text("again.toml", text.replace('"shanghai-2020"', '"again"')), host=campaign.host, code="again", at=None)  # fmt: skip
    plain = [quota_rules.plain(r) for r in quota_rules.rules_of(campaign)]
    assert [quota_rules.plain(r) for r in quota_rules.rules_of(made)] == plain
    assert len(raw["quota_rules"]) == 9


def test_a_gap_leads_to_its_row(campaign, being_set_up, noon):
    wrong = campaign.quota_rules.create(subject=BODY, topic_type="poetry", hard=1)
    line = next(g for g in gaps.gaps(being_set_up, noon) if g.code == "quota_type")
    assert guide.place_of(line) == "quotas"
    lines = guide.readiness(being_set_up, noon).lines
    url = next(one.url for one in lines if one.text == line.message)
    assert url == f"/campaigns/shanghai-2020/settings/quotas/#rule-{wrong.pk}"


def test_standing_decides_in_the_preview_as_everywhere(campaign, cast):
    body = cast.recommender.organisation
    campaign.quota_rules.update(needs_good_standing=True)
    MemberClass.objects.create(
        organisation=body, association=campaign.host, year=campaign.year,
        kind="district", in_good_standing=False,
    )  # fmt: skip
    own = quotas.own_rules(campaign, body)
    assert quotas.total(campaign, body, own) == 0
