"""An ended campaign: everything stays where it is until it is opened again."""

from __future__ import annotations

import pytest

from qcportal.campaigns.models import Campaign
from qcportal.campaigns.stages import Stage
from recommenders.rules import why_not_recommend
from reviews import rules
from submissions import rules as filing
from submissions import shows

pytestmark = pytest.mark.django_db


@pytest.fixture
def ended(campaign, noon):
    """Ends the campaign of a result and reads the result anew."""

    def end(found):
        Campaign.objects.filter(pk=campaign.pk).update(ended_at=noon)
        return type(found).objects.get(pk=found.pk)

    return end


def said(refusals):
    return [r.code for r in refusals if r.code == "campaign_ended"]


ASKED = {
    "draft": lambda one, cast, at: filing.why_not_file(one, cast.group, at),
    "filed": lambda one, cast, at: filing.why_not_score(one, cast.unit, at),
    "stamped": lambda one, cast, at: why_not_recommend(one, cast.recommender, at),
    "submitted": lambda one, cast, at: rules.why_not_pass(
        one, {}, cast.association, at
    ),
    "decided": lambda one, cast, at: rules.why_not_decide(
        one, None, cast.association, at
    ),
}


@pytest.mark.parametrize("goal", list(ASKED))
def test_nobody_moves_a_result_of_an_ended_campaign(goal, walk, cast, noon, ended):
    found = walk.fresh(getattr(walk, goal)())
    assert said(ASKED[goal](found, cast, noon)) == []
    assert said(ASKED[goal](ended(found), cast, noon)) == ["campaign_ended"]


def test_nothing_is_announced_or_published_after_the_end(walk, cast, noon, ended):
    found = ended(walk.announced())
    campaign = found.campaign
    assert said(rules.why_not_announce(campaign, noon, cast.association, noon)) == [
        "campaign_ended"
    ]
    assert said(rules.why_not_publish(campaign, cast.association, noon)) == [
        "campaign_ended"
    ]


def test_a_judge_writes_no_more(walk, cast, noon, ended):
    found = walk.judging()
    sheet = found.assignments.get(judge=cast.judge.user)
    assert said(rules.why_not_judge(sheet, cast.judge, noon)) == []
    ended(found)
    sheet = found.assignments.model.objects.get(pk=sheet.pk)
    assert said(rules.why_not_judge(sheet, cast.judge, noon)) == ["campaign_ended"]


def test_where_the_year_goes_on_without_it_the_page_says_so(walk, cast, noon, ended):
    found = walk.fresh(walk.reserved())
    assert shows.holder(found, noon).text == "列入候补，有名额空出来才能递补"
    closed = found.campaign.window(Stage.RECOMMENDING).closes_at
    assert shows.holder(found, closed).text == "推荐已截止，候补没有递补"
    assert shows.holder(ended(found), noon).text == "活动已经办结，停在这一步"
