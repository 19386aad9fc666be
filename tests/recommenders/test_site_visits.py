"""现场核查: written down by the body on site, asked for at recommending, shown upstairs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from qcportal.campaigns.models import Category
from qcportal.refusals import Refused
from recommenders import rules, visiting
from recommenders.models import SiteVisit
from tests import factories

pytestmark = pytest.mark.django_db


def today(at):
    return timezone.localtime(at).date()


def facts(campaign, at, **changes):
    answers = {item["code"]: ("yes", "") for item in campaign.site_visit_items}
    return {"visited_on": today(at), "persons": "李婉清、陶景行", "answers": answers,
            "conclusion": "true", "remark": "", "photos": [], **changes}  # fmt: skip


def visit(found, by, at, **changes):
    given = facts(found.campaign, at, **changes)
    return visiting.keep_visit(found.pk, **given, by=by, at=at)


def codes(refusals):
    return [r.code for r in refusals]


def test_the_preset_brings_the_items_and_requires_no_visit(campaign):
    assert len(campaign.site_visit_items) == 5
    category = campaign.categories.get()
    assert (category.requires_topic, category.requires_site_visit) == (False, False)


def test_a_campaign_may_require_a_visit_before_recommending(walk, cast, noon):
    found = walk.scored()
    assert codes(rules.why_not_recommend(found, cast.recommender, noon)) == []
    Category.objects.update(requires_site_visit=True)
    found = walk.fresh(found)
    assert codes(rules.why_not_recommend(found, cast.recommender, noon)) == ["site_visit_missing"]  # fmt: skip
    visit(found, cast.recommender, noon)
    assert codes(rules.why_not_recommend(found, cast.recommender, noon)) == []


def test_the_newest_visit_counts_and_a_no_stops(walk, cast, noon):
    found = walk.scored()
    visit(found, cast.recommender, noon, conclusion="false", remark="记录和现场不符。")
    assert codes(rules.why_not_recommend(found, cast.recommender, noon)) == ["site_visit_negative"]  # fmt: skip
    visit(found, cast.recommender, noon + timedelta(minutes=1))
    assert codes(rules.why_not_recommend(found, cast.recommender, noon)) == []
    assert SiteVisit.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"persons": " "}, ["missing"]),
        ({"answers": {}}, ["missing"] * 5),
        ({"conclusion": "x"}, ["missing"]),
        ({"conclusion": "mended"}, ["remark_missing"]),
    ],
)
def test_a_visit_is_complete(walk, cast, noon, changes, expected):
    found = walk.stamped()
    with pytest.raises(Refused) as refused:
        visit(found, cast.recommender, noon, **changes)
    assert refused.value.codes == expected


def test_what_does_not_fit_is_said(walk, cast, noon, campaign):
    answers = facts(campaign, noon)["answers"] | {"records": ("no", "")}
    found = walk.stamped()
    with pytest.raises(Refused) as refused:
        visit(found, cast.recommender, noon, answers=answers)
    assert refused.value.codes == ["note_missing"]
    with pytest.raises(Refused) as refused:
        visit(found, cast.recommender, noon, visited_on=today(noon) + timedelta(days=1))
    assert refused.value.codes == ["day_ahead"]


@pytest.mark.parametrize("who", ["other_recommender", "unit", "association"])
def test_only_the_body_that_has_it_visits(walk, cast, noon, who):
    found = walk.stamped()
    with pytest.raises(Refused) as refused:
        visit(found, getattr(cast, who), noon)
    assert "not_yours" in refused.value.codes


def test_the_page_keeps_a_visit_and_the_association_reads_it(walk, cast, noon, client_of):  # fmt: skip
    found = walk.scored()
    url = f"/recommenders/submissions/{found.code}/visit/"
    body = client_of(cast.recommender)
    assert body.get(url).status_code == 200
    assert body.post(url, {}).status_code == 422
    data = {f"item-{i['code']}": "yes" for i in found.campaign.site_visit_items}
    data |= {"visited_on": today(noon).isoformat(), "persons": "李婉清", "conclusion": "true",
             "photos": [factories.png_file("现场.png")]}  # fmt: skip
    assert body.post(url, data).status_code == 302
    kept = SiteVisit.objects.get()
    photo = f"/recommenders/visits/{kept.key}/{kept.photos.get().document.key}/"
    assert "情况属实" in body.get(f"/recommenders/submissions/{found.code}/").content.decode()  # fmt: skip
    page = client_of(cast.association).get(f"/reviews/entries/{found.code}/").content.decode()  # fmt: skip
    assert "现场核查" in page
    status = {who: client_of(getattr(cast, who)).get(photo).status_code
              for who in ("recommender", "association", "other_recommender", "unit",
                          "other_association")}  # fmt: skip
    assert status == {"recommender": 200, "association": 200, "other_recommender": 404,
                      "unit": 403, "other_association": 404}  # fmt: skip
    assert client_of(cast.other_recommender).get(url).status_code == 404
