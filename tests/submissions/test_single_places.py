"""Single places given beyond the rules, and rules for a region."""

from __future__ import annotations

import pytest

from qcportal.audit.models import TrailEntry
from qcportal.campaigns import quotas
from qcportal.campaigns.actions import end_grant, grant_places
from qcportal.campaigns.models import Campaign, QuotaGrant, QuotaRule
from qcportal.management import books
from qcportal.refusals import Refused
from recommenders import actions as recommending
from submissions import places
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def body(cast):
    return cast.recommender.organisation


@pytest.fixture
def rule(campaign):
    campaign.quota_rules.all().delete()
    return campaign.quota_rules.create(subject="recommender", hard=1)


def refused(act) -> list[str]:
    with pytest.raises(Refused) as no:
        act()
    return no.value.codes


def given(campaign, body, by, at, **changes):
    asked = {"category": None, "topic_type": "", "extra": 1, "reason": "承办发表赛"}
    return grant_places(campaign, body, **{**asked, **changes}, by=by, at=at)


def places_now(campaign, body) -> list[int]:
    fresh = Campaign.objects.get(pk=campaign.pk)
    return [meter.places for meter in places.Tally(fresh, body).own()]


def test_given_and_taken_back_in_the_trail(campaign, cast, body, rule, noon):
    grant = given(campaign, body, cast.association, noon, extra=2)
    assert places_now(campaign, body) == [3]
    end_grant(grant.pk, reason="记错了", by=cast.association, at=noon)
    end_grant(grant.pk, reason="记错了", by=cast.association, at=noon)
    assert places_now(campaign, body) == [1]
    lines = TrailEntry.objects.filter(what__startswith="places_").order_by("pk")
    assert [(line.what, line.data["extra"], line.data["reason"]) for line in lines] == [
        ("places_granted", 2, "承办发表赛"), ("places_ended", 2, "记错了"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"reason": " "}, ["reason_missing"]),
        ({"reason": "因" * 201}, ["reason_long"]),
        ({"extra": 0}, ["nothing_changed"]),
        ({"extra": 40000}, ["too_many"]),
        ({"extra": -2}, ["places_in_use"]),
        ({"topic_type": "innovation"}, ["grant_without_rule"]),
    ],
)
def test_what_is_no_grant_is_refused_before_anything_is_saved(
    campaign, cast, body, rule, noon, changes, codes
):
    act = lambda: given(campaign, body, cast.association, noon, **changes)  # noqa: E731
    assert refused(act) == codes
    assert not QuotaGrant.objects.exists()


def test_only_the_host_gives_and_only_to_who_recommends(campaign, cast, rule, noon):
    body, unit = cast.recommender.organisation, cast.unit.organisation
    for by in (cast.other_association, cast.recommender, cast.judge):
        assert "not_yours" in refused(lambda by=by: given(campaign, body, by, noon))
    assert refused(lambda: given(campaign, unit, cast.association, noon)) == [
        "not_recommending"
    ]
    other = factories.category_beside(campaign, "story", "品牌故事")
    act = lambda: given(campaign, body, cast.association, noon, category=other)  # noqa: E731
    assert refused(act) == ["grant_without_rule"]
    grant = given(campaign, body, cast.association, noon)
    assert refused(
        lambda: end_grant(grant.pk, reason="x", by=cast.other_association, at=noon)
    ) == ["not_yours"]


def test_places_in_use_are_not_taken_back(walk, campaign, cast, body, rule):
    grant = given(campaign, body, cast.association, walk.at)
    for number in (1, 2):
        walk.recommended(title=f"第{number}项")
    by, at = cast.association, walk.at
    act = lambda: end_grant(grant.pk, reason="收回", by=by, at=at)  # noqa: E731
    assert refused(act) == ["places_in_use"]
    assert refused(lambda: given(campaign, body, by, at, extra=-1)) == ["places_in_use"]
    assert list(books.places_overrun()) == []
    assert quotas.taken(campaign, body, rule) == 2


def test_a_body_out_of_standing_is_given_nothing(campaign, cast, body, rule, noon):
    rule.needs_good_standing = True
    rule.save(update_fields=["needs_good_standing"])
    act = lambda: given(campaign, body, cast.association, noon)  # noqa: E731
    assert refused(act) == ["not_in_good_standing"]


def test_an_ended_campaign_gives_no_places(campaign, cast, body, rule, noon):
    Campaign.objects.filter(pk=campaign.pk).update(ended_at=noon)
    act = lambda: given(campaign, body, cast.association, noon)  # noqa: E731
    assert refused(act) == ["campaign_ended"]


def test_the_body_reads_what_it_was_given_and_why(
    campaign, cast, body, rule, noon, client_of, walk
):
    walk.stamped()
    given(campaign, body, cast.association, noon, extra=2)
    shown = client_of(cast.recommender).get("/recommenders/").content.decode()
    assert "秘书处单独调整 +2：承办发表赛" in shown


def test_a_soft_line_is_said_on_the_desk(campaign, cast, body, rule, walk, client_of):
    rule.soft, rule.hard = 1, 3
    rule.save(update_fields=["soft", "hard"])
    walk.recommended()
    shown = client_of(cast.recommender).get("/recommenders/").content.decode()
    assert "过了提醒线 1 项，最多 3 项" in shown


def test_a_regions_rule_beats_the_general_one(campaign, cast, body, rule):
    QuotaRule.objects.create(
        campaign=campaign, subject="recommender", region="浦东新区", hard=4
    )
    assert places_now(campaign, body) == [1]
    body.region = "浦东新区"
    body.save(update_fields=["region"])
    assert places_now(campaign, body) == [4]
    QuotaRule.objects.create(
        campaign=campaign, subject="recommender", recommender_class="district", hard=6
    )
    assert places_now(campaign, body) == [6]


@pytest.mark.parametrize(("region", "codes"), [("华东", ["unit_quota_full"]), ("华南", [])])  # fmt: skip
def test_a_units_places_within_one_region(walk, campaign, cast, body, region, codes):
    """At most so many of one enterprise in one region, through whichever body."""
    campaign.quota_rules.all().delete()
    QuotaRule.objects.create(campaign=campaign, subject="unit_region", hard=1)
    other = cast.other_recommender.organisation
    body.region, other.region = "华东", region
    for one in (body, other):
        one.save(update_fields=["region"])
    walk.recommended()
    second = walk.scored(cast.second_group, recommender=str(other.key))
    found = recommending.rules.place_refusals(second, other)
    assert [refusal.code for refusal in found] == codes
    if codes:
        found = recommending.rules.place_refusals(second, other)
        assert "（本地区各推荐单位合计）" in next(found).message
