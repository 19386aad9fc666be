"""Places, statistics, papers, handover: every line of the recommending rules."""

from decimal import Decimal

import pytest

from qcportal.campaigns.models import QuotaRule, Standing
from recommenders import actions, papers, rules
from recommenders.models import Paper
from submissions import places
from tests import factories

pytestmark = pytest.mark.django_db
BODY, UNIT = QuotaRule.Subject.RECOMMENDER, QuotaRule.Subject.UNIT


def codes(found):
    return [one.code for one in found]


@pytest.fixture
def quota(campaign):
    """Replaces the campaign's quota rules by the given ones."""

    def lay_down(*given):
        campaign.quota_rules.all().delete()
        for one in given:
            QuotaRule.objects.create(campaign=campaign, **one)

    return lay_down


@pytest.fixture
def why_not(cast, noon):
    def ask(submission):
        return list(rules.why_not_recommend(submission, cast.recommender, noon))

    return ask


# --- places -------------------------------------------------------------------------


def test_no_rule_means_no_limit(walk, quota, why_not):
    quota()
    assert why_not(walk.scored()) == []


def test_quota_of_nought_refuses_the_first(walk, quota, why_not):
    quota({"subject": BODY, "hard": 0})
    [no] = why_not(walk.scored())
    assert (no.code, no.message) == (
        "quota_full",
        "贵单位推荐名额 0 项已用完。要换成这一项，请先取消另一项推荐。",
    )


def test_last_place_is_given_and_the_next_refused(walk, cast, quota, why_not):
    quota({"subject": BODY, "hard": 1})
    first = walk.scored()
    second = walk.scored(cast.second_group, title="第二项", topic_type="innovation")
    assert why_not(first) == []
    actions.recommend(first.pk, by=cast.recommender, at=walk.at)
    assert codes(why_not(second)) == ["quota_full"]


def test_unit_rule_counts_each_type_by_itself(walk, cast, quota, why_not):
    quota(
        {"subject": UNIT, "topic_type": "problem", "hard": 1},
        {"subject": UNIT, "topic_type": "innovation", "hard": 1},
    )
    walk.recommended()
    same = walk.scored(cast.second_group, title="第二项")
    other = walk.scored(cast.second_group, title="第三项", topic_type="innovation")
    [no] = why_not(same)
    assert (no.code, no.message) == (
        "unit_quota_full",
        "上海申浦轨道车辆维修有限公司的问题解决型名额 1 项已用完。"
        "要换成这一项，请先取消已推荐的那项。",
    )
    assert why_not(other) == []


def test_unit_rule_leaves_the_neighbour_unit_alone(walk, cast, quota):
    """The other unit's result goes to the other body: its own places are all free."""
    quota({"subject": UNIT, "topic_type": "problem", "hard": 1})
    walk.recommended()
    theirs = walk.scored(cast.other_group, title="别家的")
    assert list(rules.why_not_recommend(theirs, cast.other_recommender, walk.at)) == []


def test_soft_line_is_a_caution_not_a_refusal(walk, cast, quota, why_not):
    quota({"subject": BODY, "soft": 1, "hard": 3})
    walk.recommended()
    second = walk.scored(cast.second_group, title="第二项", topic_type="innovation")
    [caution] = why_not(second)
    assert (caution.code, caution.kind, caution.message) == (
        "quota_soft",
        "caution",
        "已推荐 1 项，过了提醒线 1 项，最多 3 项。",
    )


@pytest.mark.parametrize(
    ("given", "hard"),
    [
        ([{"hard": 5}], 5),
        ([{"hard": 5}, {"recommender_class": "district", "hard": 7}], 7),
        ([{"hard": 5}, {"recommender_class": "industry", "hard": 7}], 5),
        (
            [
                {"hard": 5},
                {"recommender_class": "district", "hard": 7},
                {"named": True, "hard": 9},
            ],
            9,
        ),
        ([{"named": True, "hard": 2}, {"recommender_class": "district", "hard": 7}], 2),
    ],
)
def test_named_beats_class_beats_general(campaign, cast, quota, given, hard):
    body = cast.recommender.organisation
    quota(
        *(
            {
                "subject": BODY,
                "recommender": body if one.get("named") else None,
                "recommender_class": one.get("recommender_class", ""),
                "hard": one["hard"],
            }
            for one in given
        )
    )
    [meter] = places.Tally(campaign, body).own()
    assert meter.places == hard


# --- the right to recommend -----------------------------------------------------------


def test_unscored_result_is_not_recommended(walk, why_not):
    assert codes(why_not(walk.stamped())) == ["sheet_missing", "stamp_not_looked"]


def test_another_body_cannot_recommend_it(walk, cast):
    found = walk.scored()
    asked = rules.why_not_recommend(found, cast.other_recommender, walk.at)
    assert "not_yours" in codes(asked)


def test_standing_lost_stops_and_ends(walk, cast, why_not, noon):
    found = walk.scored()
    standing = Standing.objects.create(
        recommender=cast.recommender.organisation,
        kind=Standing.Kind.SUSPENDED,
        reason="向企业收取费用",
        begins_at=noon,
    )
    [no] = why_not(found)
    assert (no.code, no.message) == (
        "standing_lost",
        "贵单位被暂停推荐资格：向企业收取费用。请联系秘书处。",
    )
    standing.ends_at = noon
    standing.save(update_fields=["ends_at"])
    assert why_not(found) == []


def test_closing_instant_is_closed(walk, campaign, cast):
    found = walk.scored()
    window = campaign.windows.get(stage="recommending")
    before = window.closes_at - window.closes_at.resolution
    by = cast.recommender
    assert list(rules.why_not_recommend(found, by, before)) == []
    late = rules.why_not_recommend(found, by, window.closes_at)
    assert codes(late) == ["window_closed"]


# --- summary and statistics -------------------------------------------------------------


@pytest.fixture
def full(campaign):
    return {i["code"]: "100" for i in campaign.statistics if not i.get("part")}


def test_agreeing_figures_have_no_faults(campaign, full):
    assert list(rules.statistics_faults(campaign, full)) == []


def test_disagreement_names_both_cells_and_the_difference(campaign, full):
    figures = {
        **full,
        "registered_ever": "9999",
        "registered": "1286",
        "active": "1301",
    }
    [no] = rules.statistics_faults(campaign, figures)
    assert (no.code, no.field, no.message) == (
        "figures_disagree",
        "active",
        "“本年度开展活动的QC小组数”1,301 比“本年度注册QC小组数”1,286 多 15，请核对这 2 格。",
    )


@pytest.mark.parametrize(
    ("code", "typed", "wrong"),
    [
        ("companies", "", "figure_missing"),
        ("companies", "很多", "figure_wrong"),
        ("companies", "-1", "figure_wrong"),
        ("companies", "1.5", "figure_wrong"),
        ("companies", "NaN", "figure_wrong"),
        ("companies", "1,286", None),
        ("companies", "１２", None),
        ("companies", "0", None),
        ("benefit", "18640.5", None),
    ],
)
def test_each_figure(campaign, full, code, typed, wrong):
    found = codes(rules.statistics_faults(campaign, {**full, code: typed}))
    assert found == ([wrong] if wrong else [])


def test_rates_are_computed(campaign, full):
    figures = {**full, "results": "968", "registered": "1,286"}
    assert rules.computed(campaign, figures) == {
        "result_rate": Decimal("75.27"),
        "spread_rate": Decimal("100.00"),
    }
    assert (
        rules.computed(campaign, {**figures, "registered": "0"})["result_rate"] is None
    )


# --- papers and handover -----------------------------------------------------------------


def against(dossier, cast, at):
    candidates = rules.recommended(dossier)
    rows = papers.rows(candidates)
    paper = actions.newest_paper(dossier, Paper.Kind.TABLE)
    return codes(
        rules.why_not_submit(dossier, paper, rows, candidates, cast.recommender, at)
    )


def test_everything_missing_is_said_at_once(campaign, cast, noon):
    dossier = actions.dossier_of(campaign, cast.recommender.organisation)
    assert against(dossier, cast, noon) == [
        "summary_missing",
        "statistics_missing",
        "nothing_to_submit",
        "table_missing",
    ]


def test_handover_step_by_step(walk, cast, noon):
    found = walk.recommended()
    by, dossier = cast.recommender, walk.dossier(cast.recommender)
    dossier.refresh_from_db()
    assert against(dossier, cast, noon) == ["table_missing"]
    paper = actions.make_paper(dossier.pk, Paper.Kind.TABLE, by=by, at=noon)
    assert against(dossier, cast, noon) == ["table_not_stamped"]
    scan = factories.kept_table_scan(paper, by, noon)
    actions.stamp_table(
        dossier.pk, evidence="scan", scan=scan, confirmed=True, by=by, at=noon
    )
    assert against(dossier, cast, noon) == []
    actions.save_sheet(found.pk, marks={}, opinion="再看看", version=1, by=by, at=noon)
    assert against(dossier, cast, noon) == ["opinion_not_stamped", "table_old"]


@pytest.mark.parametrize(
    ("evidence", "confirmed", "wanted"),
    [
        ("scan", True, ["stamp_missing"]),
        ("scan", False, ["stamp_missing", "not_confirmed"]),
        ("seal_picture", True, ["seal_picture_not_accepted", "no_seal_picture"]),
    ],
)
def test_table_stamp_asks_for_evidence(
    walk, campaign, cast, noon, evidence, confirmed, wanted
):
    campaign.allows_seal_picture = False
    campaign.save(update_fields=["allows_seal_picture"])
    walk.recommended()
    dossier = actions.dossier_of(campaign, cast.recommender.organisation)
    paper = actions.make_paper(
        dossier.pk, Paper.Kind.TABLE, by=cast.recommender, at=noon
    )
    asked = rules.why_not_stamp_table(
        dossier, paper, papers.current_rows(dossier), cast.recommender, noon,
        evidence=evidence, scan=None, confirmed=confirmed,
    )  # fmt: skip
    assert codes(asked) == wanted
