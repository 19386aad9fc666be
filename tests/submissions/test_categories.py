"""Categories: their own windows, their own way up, their own places."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from qcportal.accounts.models import MemberClass
from qcportal.campaigns.models import (
    Campaign,
    Category,
    Extension,
    FormVersion,
    QuotaGrant,
    QuotaRule,
    Window,
)
from qcportal.campaigns.rules import Whose, closing
from qcportal.campaigns.stages import Stage
from qcportal.campaigns.wording import number_key
from qcportal.inbox.models import Message
from qcportal.refusals import Refused
from submissions import actions, places, rules
from submissions.lifecycle import MoveName, State
from submissions.models import Submission
from tests import factories


@pytest.fixture
def story(campaign) -> Category:
    """A second category of the same campaign with a form of its own."""
    first = campaign.categories.get()
    made = Category.objects.create(
        campaign=campaign, order=2, code="story", name="品牌故事"
    )
    FormVersion.objects.create(
        category=made, version=1, definition=first.forms.get().definition,
        published_at=campaign.published_at,
    )  # fmt: skip
    rubric = first.rubrics.get(topic_type="problem")
    criteria = list(rubric.criteria.all())
    rubric.pk, rubric._state.adding = None, True
    rubric.category, rubric.topic_type = made, ""
    rubric.save()
    for criterion in criteria:
        criterion.pk, criterion.rubric = None, rubric
        criterion._state.adding = True
        criterion.save()
    return made


def begun(category: Category, by, at) -> Submission:
    """A complete draft in the category, going to the body the cast recommends for."""
    draft = actions.begin(
        Category.objects.select_related("campaign").get(pk=category.pk), by=by, at=at
    )
    actions.save_draft(draft.pk, factories.content(draft), version=0, by=by, at=at)
    for slot, upload in (
        ("report", factories.docx_file()),
        ("records", factories.pdf_file("活动记录.pdf")),
    ):
        document = factories.stored(upload, "attachment", by)
        actions.attach(draft.pk, slot, document, by=by, at=at)
    return factories.Walk.fresh(draft)


@pytest.mark.parametrize(
    ("stamps", "recommends", "state", "told"),
    [
        (True, True, State.FILED, "unit"),
        (True, False, State.FILED, "unit"),
        (False, True, State.STAMPED, "recommender"),
        (False, False, State.SUBMITTED, "association"),
    ],
)
def test_filing_goes_past_the_tiers_a_category_leaves_out(
    story, cast, noon, stamps, recommends, state, told
):
    Category.objects.filter(pk=story.pk).update(
        needs_unit_stamp=stamps, needs_recommender=recommends
    )
    draft = begun(story, cast.group, noon)
    actions.file(draft.pk, confirmed=True, by=cast.group, at=noon)
    filed = factories.Walk.fresh(draft)
    assert filed.state == state
    reached = getattr(cast, told)
    assert Submission.objects.visible_to(reached).filter(pk=filed.pk).exists()
    message = Message.objects.get(organisation=reached.organisation)
    assert filed.title in message.title
    again = actions.file(draft.pk, confirmed=True, by=cast.group, at=noon)
    assert again.number == 1


def test_without_a_recommending_body_the_units_stamp_hands_to_the_association(
    story, cast, noon
):
    Category.objects.filter(pk=story.pk).update(needs_recommender=False)
    draft = begun(story, cast.group, noon)
    actions.file(draft.pk, confirmed=True, by=cast.group, at=noon)
    found = factories.Walk.fresh(draft)
    assert rules.stamping_move(found) == MoveName.STAMP_UP
    marks = factories.full_marks(actions.rubric_for(found))
    by = cast.unit
    actions.save_sheet(
        found.pk, marks=marks, opinion="同意。", version=0, by=by, at=noon
    )
    scan = factories.kept_scan(actions.print_sheet(found.pk, by=by, at=noon), by, noon)
    actions.stamp(found.pk, evidence="scan", scan=scan, confirmed=True, by=by, at=noon)
    found.refresh_from_db()
    assert found.state == State.SUBMITTED
    assert not (
        Submission.objects.visible_to(cast.recommender).filter(pk=found.pk).exists()
    )


def test_past_the_unit_it_is_recalled_until_the_body_has_begun(story, cast, noon):
    Category.objects.filter(pk=story.pk).update(needs_unit_stamp=False)
    draft = begun(story, cast.group, noon)
    actions.file(draft.pk, confirmed=True, by=cast.group, at=noon)
    actions.recall(draft.pk, by=cast.group, at=noon)
    draft.refresh_from_db()
    assert draft.state == State.DRAFT
    actions.file(draft.pk, confirmed=True, by=cast.group, at=noon)
    found = factories.Walk.fresh(draft)
    marks = factories.full_marks(actions.rubric_for(found))
    factories.recommending.save_sheet(
        found.pk, marks=marks, opinion="", version=0, by=cast.recommender, at=noon
    )
    with pytest.raises(Refused) as no:
        actions.recall(draft.pk, by=cast.group, at=noon)
    assert [refusal.code for refusal in no.value.refusals] == ["already_acted"]


def test_a_categorys_own_window_takes_the_place_of_the_general_one(
    story, campaign, cast, noon
):
    general = campaign.window(Stage.FILING)
    Window.objects.create(
        campaign=campaign, stage=Stage.FILING, category=story,
        opens_at=noon - timedelta(days=2), closes_at=noon,
    )  # fmt: skip
    fresh = Campaign.objects.get(pk=campaign.pk)
    first = fresh.categories.get(code="result")
    assert fresh.window(Stage.FILING).pk == general.pk
    assert closing(fresh, Stage.FILING, Whose(first)) == general.closes_at
    assert closing(fresh, Stage.FILING, Whose(story)) == noon
    with pytest.raises(Refused) as no:
        begun(story, cast.group, noon)
    assert [refusal.code for refusal in no.value.refusals] == ["window_closed"]
    assert begun(first, cast.group, noon).category == first


@pytest.mark.parametrize("whom", ["unit", "record", "neighbour"])
def test_an_extension_is_for_one_and_ends_at_its_own_instant(
    walk, campaign, cast, whom
):
    found = walk.draft()
    closes_at = campaign.window(Stage.FILING).closes_at
    for_whom = {
        "unit": {"organisation": cast.unit.organisation},
        "record": {"record": found.code},
        "neighbour": {"organisation": cast.other_unit.organisation},
    }[whom]
    later = closes_at + timedelta(days=1)
    made = Extension.objects.create(
        campaign=campaign, stage=Stage.FILING, closes_at=later, reason="停电",
        by=cast.association.user, at=walk.at, **for_whom,
    )  # fmt: skip

    def asked(at):
        fresh = Submission.objects.with_people().get(pk=found.pk)
        return [r.code for r in rules.why_not_file(fresh, cast.group, at)]

    last = later - timedelta(microseconds=1)
    helped = [] if whom != "neighbour" else ["window_closed"]
    assert (asked(last), asked(later)) == (helped, ["window_closed"])
    Extension.objects.filter(pk=made.pk).update(ended_at=walk.at)
    assert asked(last) == ["window_closed"]


def meters(campaign, cast, found) -> list[tuple[str, int, int]]:
    fresh = Campaign.objects.get(pk=campaign.pk)
    tally = places.Tally(fresh, cast.recommender.organisation)
    return [(m.label, m.places, m.pending) for m in tally.covering(found)]


def test_places_are_counted_by_category(story, walk, campaign, cast):
    campaign.quota_rules.all().delete()
    first = campaign.categories.get(code="result")
    for category, hard in ((first, 2), (story, 1), (None, 5)):
        QuotaRule.objects.create(
            campaign=campaign, subject="recommender", category=category, hard=hard
        )
    found = begun(first, cast.group, walk.at)
    Submission.objects.filter(pk=found.pk).update(
        state=State.STAMPED, revision=walk.filed(group=cast.second_group).revision
    )
    assert sorted(meters(campaign, cast, found)) == [
        ("推荐名额", 5, 1), ("质量管理小组成果", 2, 1),
    ]  # fmt: skip


def test_standing_grants_and_an_unlimited_class(walk, campaign, cast):
    campaign.quota_rules.all().delete()
    body, host = cast.recommender.organisation, campaign.host
    found = walk.stamped()
    QuotaRule.objects.create(
        campaign=campaign, subject="recommender", hard=2, needs_good_standing=True
    )
    assert meters(campaign, cast, found) == [("推荐名额", 0, 1)]
    codes = [r.code for r in factories.recommending.rules.place_refusals(found, body)]
    assert codes == ["not_in_good_standing"]
    member = MemberClass.objects.create(
        organisation=body, association=host, year=campaign.year, kind="council"
    )
    QuotaGrant.objects.create(
        campaign=campaign, recommender=body, extra=3, reason="承办发表赛",
        by=cast.association.user, at=walk.at,
    )  # fmt: skip
    assert meters(campaign, cast, found) == [("推荐名额", 5, 1)]
    QuotaRule.objects.create(
        campaign=campaign, subject="recommender", recommender_class="council", hard=None
    )
    assert meters(campaign, cast, found) == []
    MemberClass.objects.filter(pk=member.pk).update(kind="member")
    assert meters(campaign, cast, found) == [("推荐名额", 5, 1)]


def test_a_unit_is_counted_over_all_bodies_where_the_rule_says_so(walk, campaign, cast):
    campaign.quota_rules.all().delete()
    QuotaRule.objects.create(campaign=campaign, subject="unit_overall", hard=1)
    other = cast.other_recommender.organisation
    first = walk.recommended()
    second = walk.stamped(group=cast.second_group, recommender=str(other.key))
    tally = places.Tally(Campaign.objects.get(pk=campaign.pk), other)
    assert [(m.used, m.pending, m.places) for m in tally.covering(second)] == [
        (1, 1, 1)
    ]
    refusals = factories.recommending.rules.place_refusals(second, other)
    assert [refusal.code for refusal in refusals] == ["unit_quota_full"]
    assert first.unit_id == second.unit_id


def test_with_several_open_the_group_chooses_first(story, client_of, cast, campaign):
    page = client_of(cast.group)
    url = reverse("submissions:new")
    choice = page.get(url).content.decode()
    assert "这次要报哪一类" in choice
    assert f"?category={story.pk}" in choice
    chosen = page.get(url, {"category": story.pk}).content.decode()
    assert "换一个类别" in chosen
    assert "这次要报哪一类" in page.get(url, {"category": "999"}).content.decode()
    page.post(url)
    assert not Submission.objects.exists()
    page.post(url, {"category": story.pk})
    assert Submission.objects.get().category == story


@pytest.mark.parametrize(
    "typed",
    [
        "沪质协〔2020〕17号",
        "沪质协[2020]17号",
        "沪质协（2020）17号",
        " 沪质协【2020】 17号",
    ],
)
def test_a_document_number_is_one_whatever_its_brackets(typed):
    assert number_key(typed) == "沪质协〔2020〕17号"
