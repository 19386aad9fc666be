"""By which rubric a result is scored, and whom a new one touches (decision 0013)."""

from __future__ import annotations

import pytest
from django.urls import reverse

from qcportal.campaigns import impact, rubric_actions, settings_actions
from qcportal.campaigns.models import Campaign, Category, Rubric
from qcportal.campaigns.settings_rules import block_seen
from qcportal.refusals import Refused
from reviews import actions as reviewing
from reviews import bulk, rubrics
from reviews.models import Assignment
from submissions import actions as filing
from submissions.models import ScoreSheet, Submission
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def category(campaign) -> Category:
    return campaign.categories.get(code="result")


@pytest.fixture
def publish_new(category, cast, noon):
    """Publishes one more version of the table for problems."""

    def act(topic_type: str = "problem", **more) -> Rubric:
        newest = category.rubrics.filter(topic_type=topic_type).first()
        made = rubric_actions.begin_rubric(
            category.pk, topic_type, like=newest, by=cast.association, at=noon
        )
        return rubric_actions.publish_rubric(
            made.pk, edition=0, reason="新标准", confirmed=True,
            by=cast.association, at=noon, **more,
        )  # fmt: skip

    return act


def versions(submission: Submission) -> dict[str, int]:
    sheets = ScoreSheet.objects.filter(revision=submission.revision)
    return dict(sheets.values_list("tier", "rubric__version"))


def test_a_sheet_keeps_its_rubric_and_the_later_tiers_follow(
    walk, cast, publish_new, noon
):
    begun = walk.stamped()
    waiting = walk.filed(cast.second_group)

    new = publish_new()

    assert filing.rubric_for(begun).version == 1
    assert filing.rubric_for(waiting).pk == new.pk
    by = walk.body_actor(begun)
    factories.recommending.save_sheet(
        begun.pk, marks=factories.full_marks(new), opinion="同意。", version=0,
        by=by, at=noon,
    )  # fmt: skip
    assert versions(begun) == {"unit": 1, "recommender": 1}


def test_judges_of_one_result_have_one_table(walk, cast, publish_new, noon):
    found = walk.checked()
    first = reviewing.assign(found.pk, cast.judge.user, by=cast.association, at=noon)
    assert first.rubric.version == 1  # as the unit's sheet
    publish_new()
    second = reviewing.assign(found.pk, cast.judge2.user, by=cast.association, at=noon)
    assert second.rubric_id == first.rubric_id
    bulk.assign_evenly(found.campaign, [cast.judge3.user], by=cast.association, at=noon)
    given = Assignment.objects.filter(submission=found)
    assert {one.rubric_id for one in given} == {first.rubric_id}
    assert given.count() == 3


def test_a_new_revision_takes_the_newest(walk, cast, publish_new, noon):
    found = walk.submitted()
    publish_new()
    assert filing.rubric_for(found).version == 1
    reviewing.ask_amendment(
        found.pk, {}, comment="请补正。", by=cast.association, at=noon
    )
    filing.file(found.pk, confirmed=True, by=cast.group, at=noon)
    found = walk.fresh(found)
    assert found.filed_revision.number == 2
    assert filing.rubric_for(found).version == 2
    assert rubrics.in_use([found])[found.pk].version == 2


@pytest.mark.parametrize("count", [1, 2])
def test_it_is_asked_for_many_at_once(walk, cast, django_assert_num_queries, count):
    rows = [walk.stamped(), walk.filed(cast.second_group)][:count]
    with django_assert_num_queries(4):
        found = rubrics.in_use(rows)
    assert {pk: one.version for pk, one in found.items()} == {r.pk: 1 for r in rows}


def test_publishing_says_first_whom_it_touches(walk, cast, category, client_of, noon):
    walk.stamped()
    walk.filed(cast.second_group)
    newest = category.rubrics.get(topic_type="problem")
    made = rubric_actions.begin_rubric(
        category.pk, "problem", like=newest, by=cast.association, at=noon
    )
    change = impact.Change(category.campaign, "rubric", of=made, category=category)
    said = [(one.code, one.message) for one in impact.affected(change, noon)]
    assert said == [
        ("sheets_keep", "已有 1 份单位自评，涉及 1 项，留在原来的表上，评完为止都不变。"),
        ("results_take_new", "还没有人评分的 1 项改用新的表。"),
        ("two_tables", "同一类里会有两张表评出来的成果一起排名，请确认合适。"),
    ]  # fmt: skip
    where = [category.campaign.code, "result", "problem"]
    publish = reverse("campaigns:publish_rubric", args=where)
    desk = client_of(cast.association)
    page = desk.get(publish).content.decode()
    assert all(message in page for _, message in said)
    answer = desk.post(publish, {"version": 0, "reason": "新标准"})
    assert answer.status_code == 422
    assert "请看过提醒，再勾选确认。" in answer.content.decode()
    made.refresh_from_db()
    assert made.published_at is None
    given = {"version": 0, "reason": "新标准", "confirmed": "on"}
    assert desk.post(publish, given).status_code == 302


def test_what_cannot_be_printed_is_not_published(campaign, category, cast, noon, client_of):  # fmt: skip
    Campaign.objects.filter(pk=campaign.pk).update(published_at=None)
    first = category.rubrics.get(topic_type="problem")
    made = rubric_actions.begin_rubric(
        category.pk, "problem", like=first, by=cast.association, at=noon
    )
    made.criteria.filter(order=1).update(hint="选题\U0001f600")
    where = [campaign.code, "result", "problem"]
    answer = client_of(cast.association).post(
        reverse("campaigns:publish_rubric", args=where), {"version": 0}
    )
    assert answer.status_code == 422
    assert "在意见表上打印不出来" in answer.content.decode()
    made.refresh_from_db()
    assert made.published_at is None


def test_a_table_for_all_leaves_out_types_with_their_own(
    walk, category, cast, noon, campaign
):
    walk.filed()
    general = rubric_actions.begin_rubric(
        category.pk, "", like=None, by=cast.association, at=noon
    )
    change = impact.Change(campaign, "rubric", of=general, category=category)
    assert impact.affected(change, noon) == []


# --- the settings of scoring -------------------------------------------------------------


def change_scoring(campaign: Campaign, cast, noon, *, confirmed=False, **new):
    campaign.refresh_from_db()
    values = {
        name: getattr(campaign, name)
        for name in ("judges_per_submission", "drop_from", "decimals", "tie_order")
    }
    return settings_actions.save_block(
        campaign.pk, "scoring", {**values, **new}, seen=block_seen(campaign, "scoring"),
        reason="按细则", confirmed=confirmed, by=cast.association, at=noon,
    )  # fmt: skip


def test_scoring_changed_while_judging_is_said_first(walk, campaign, cast, noon):
    walk.judging()
    with pytest.raises(Refused) as no:
        change_scoring(campaign, cast, noon, judges_per_submission=5, drop_from=3)
    assert no.value.codes == ["not_confirmed"]
    change = impact.Change(
        campaign, "scoring", frozenset({"drop_from", "judges_per_submission"}),
        {"drop_from": 3, "judges_per_submission": 5},
    )  # fmt: skip
    assert [one.message for one in impact.affected(change, noon)] == [
        "已经分配 3 份评审，交了 0 份；得分和名次马上按新的算法重算。",
        "1 项会变成还缺专家，要补分配。",
    ]
    change_scoring(campaign, cast, noon, confirmed=True, judges_per_submission=2)
    campaign.refresh_from_db()
    assert campaign.judges_per_submission == 2


def test_decided_ranks_are_not_moved(walk, campaign, cast, noon):
    """90.04 and 90.03 are two ranks at two places and one rank at one place."""
    first = walk.decided()
    second = walk.decided(cast.second_group, topic_type="innovation")
    for found, marks in ((first, "90.04"), (second, "90.03")):
        Assignment.objects.filter(submission=found).update(total=marks)

    with pytest.raises(Refused) as no:
        change_scoring(campaign, cast, noon, confirmed=True, decimals=1)
    assert no.value.codes == ["ranks_decided"]
    assert "会动 1 项的名次" in str(no.value)
    campaign.refresh_from_db()
    assert campaign.decimals == 2
    change_scoring(campaign, cast, noon, confirmed=True, drop_from=3)
    campaign.refresh_from_db()
    assert campaign.drop_from == 3
