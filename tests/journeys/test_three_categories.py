"""Three categories under one head: an ordinary one, one past the unit's stamp, one past
any recommending body; from the draft to the certificate, on every desk's pages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qcportal.campaigns.models import AwardLevel, Campaign, CheckItem, QuotaRule
from qcportal.documents import excel
from qcportal.refusals import Refused
from recommenders import actions as recommending
from recommenders import papers as body_papers
from recommenders import rules as body_rules
from recommenders.models import Candidate, Paper
from reviews import actions, papers, rules, standings
from reviews.models import Certificate, Publication, PublicationEntry
from submissions import rules as submission_rules
from submissions.lifecycle import State
from submissions.models import Submission
from tests import factories

pytestmark = pytest.mark.django_db

CODES = ("result", "team", "star")
LEVELS = {"result": "1", "team": "1", "star": "star"}


@pytest.fixture
def several(campaign) -> Campaign:
    factories.three_categories(campaign)
    return campaign


@pytest.fixture
def each(several, walk, cast):
    """``each("checked")``: one result of every category walked so far, by its code."""

    def walked(how: str, **given) -> dict[str, Submission]:
        found = {}
        for number, code in enumerate(CODES):
            walk.category = code
            own = {"level": LEVELS[code]} if how == "decided" else {}
            group = cast.second_group if number % 2 else cast.group
            found[code] = getattr(walk, how)(group, title=f"成果{code}", **own, **given)
        return found

    return walked


def text(page) -> str:
    return page.content.decode()


def released(walk, at) -> None:
    walk.announce()
    actions.publish(
        walk.campaign.pk, by=walk.cast.association, at=at + timedelta(seconds=1)
    )


# --- the way up -----------------------------------------------------------------------


def test_each_goes_its_own_way_to_the_association(each):
    found = each("submitted")
    moves = {
        code: [step.move for step in reversed(list(s.steps.all()))]
        for code, s in found.items()
    }
    assert moves == {
        "result": ["file", "stamp", "recommend", "submit"],
        "team": ["file_past_unit", "recommend", "submit"],
        "star": ["file", "stamp_up"],
    }
    assert {s.state for s in found.values()} == {State.SUBMITTED}


def test_the_units_pages_say_that_no_stamp_is_needed(each, client_of, cast):
    found = each("filed")
    page = client_of(cast.unit)
    detail = text(page.get(reverse("submissions:stamp", args=[found["team"].code])))
    assert "本类别不用单位盖章" in detail
    assert "撤回盖章" not in detail
    listed = text(page.get(reverse("submissions:stamping"), {"state": "all"}))
    assert all(s.title in listed for s in found.values())
    assert "不用单位盖章" in listed
    with pytest.raises(Refused) as no:
        factories.filing.unstamp(
            found["team"].pk, comment="改分", by=cast.unit, at=found["team"].state_since
        )
    assert no.value.codes == ["no_unit_stamp"]


def test_the_group_reads_where_it_goes(each, client_of, cast):
    found = each("draft")
    words = {
        "result": "提交给单位盖章？",
        "team": "提交给推荐单位？",
        "star": "提交给单位盖章？",
    }
    for code, submission in found.items():
        actor = cast.second_group if code == "team" else cast.group
        url = reverse("submissions:file", args=[submission.code])
        assert words[code] in text(client_of(actor).get(url))


def test_every_desk_opens_every_result(each, client_of, cast):
    for submission in each("submitted").values():
        actor = cast.second_group if submission.category.code == "team" else cast.group
        pages = [
            (actor, reverse("submissions:track", args=[submission.code])),
            (cast.unit, reverse("submissions:stamp", args=[submission.code])),
            (cast.association, reverse("reviews:check", args=[submission.code])),
            (cast.association, reverse("reviews:entry", args=[submission.code])),
        ]
        if submission.recommender_id:
            url = reverse("recommenders:submission", args=[submission.code])
            pages.append((cast.recommender, url))
        for by, url in pages:
            assert client_of(by).get(url).status_code == 200, url


# --- the recommending body --------------------------------------------------------------


def test_the_bench_has_a_list_for_each_category(each, client_of, cast, several):
    found = each("scored")
    page = client_of(cast.recommender)
    desk = text(page.get("/recommenders/"))
    assert "用户满意服务明星不经推荐单位，不在这里办理。" in desk
    assert "名次按类别排" in desk
    assert found["star"].title not in desk
    own = text(page.get("/recommenders/", {"category": "team"}))
    assert found["team"].title in own
    assert found["result"].title not in own
    assert "保存名次" in own
    assert "不自评" in own


def test_ranks_are_given_within_a_category(walk, each, client_of, cast, several):
    first = each("scored")
    walk.category = "result"
    second = walk.scored(cast.group, title="第二项")
    page = client_of(cast.recommender)
    page.post(
        "/recommenders/ranks/",
        {
            f"rank-{second.code}": "1",
            f"rank-{first['result'].code}": "2",
            f"rank-{first['team'].code}": "1",
        },
    )
    ranks = dict(Candidate.objects.values_list("submission__code", "rank"))
    assert ranks == {second.code: 1, first["result"].code: 2, first["team"].code: 1}


def test_the_bodys_papers_have_a_column_for_the_category(each, walk, cast):
    each("recommended")
    dossier = walk.dossier(cast.recommender)
    rows = body_papers.current_rows(dossier)
    assert [(r["category"], r["rank"], r["own_score"]) for r in rows] == [
        ("质量管理小组成果", 1, rows[0]["own_score"]),
        ("质量信得过班组", 1, "不自评"),
    ]
    for kind in Paper.Kind.values:
        made = recommending.make_paper(
            dossier.pk, kind, by=cast.recommender, at=walk.at
        )
        factories.make(made.document)
        assert made.document.is_ready, kind
    for sheet in (body_papers.summary_sheet(made), body_papers.review_sheet(made)):
        assert "类别" in [column.header for column in sheet.columns]
        assert excel.workbook(sheet)


def test_with_one_category_the_papers_are_as_they_were(walk, cast):
    walk.recommended()
    row = body_papers.current_rows(walk.dossier(cast.recommender))[0]
    assert "category" not in row


# --- the formal check ---------------------------------------------------------------------


def test_check_items_are_of_the_category_or_of_all(each, several):
    for number, category in enumerate(several.categories_in_order, 90):
        CheckItem.objects.create(
            campaign=several, category=category, order=number, text=category.code
        )
    for code, submission in each("submitted").items():
        own = [item.text for item in rules.items_of(submission) if item.category_id]
        assert own == [code]


def test_findings_say_which_tier_is_left_out(each):
    found = {code: rules.findings(s) for code, s in each("submitted").items()}
    assert found["team"]["unit_stamp"].words == "本类别不用单位盖章"
    assert found["team"]["unit_stamp"].fits
    assert found["star"]["recommender_stamp"].words == "本类别不经推荐单位"
    assert found["star"]["within_quota"].words == "本类别不经推荐单位，不占名额"
    assert found["result"]["unit_stamp"].words.startswith("纸质盖章扫描件")


@pytest.mark.parametrize(
    "url", ["/reviews/checks/", "/reviews/entries/", "/reviews/assignments/"]
)
def test_the_associations_lists_are_narrowed_by_category(each, client_of, cast, url):
    found = each("checked" if "assignments" in url else "submitted")
    page = client_of(cast.association)
    everything = text(page.get(url))
    assert all(s.code in everything for s in found.values())
    narrowed = text(page.get(url, {"category": "star"}))
    assert found["star"].code in narrowed
    assert found["team"].code not in narrowed
    assert page.get(url, {"category": "<b>"}).status_code == 200
    assert "不经推荐单位" in everything or "assignments" in url


def test_direct_filings_are_not_mixed_up_with_a_category_past_the_bodies(
    each, client_of, cast
):
    found = each("submitted")
    listed = text(client_of(cast.association).get("/reviews/checks/?kind=direct"))
    assert found["star"].code not in listed


# --- judging and awards -------------------------------------------------------------------


def test_only_the_categorys_own_awards_are_given(each, cast, several, noon):
    found = each("decided")
    general = AwardLevel.objects.get(campaign=several, category=None, code="1")
    star = AwardLevel.objects.get(campaign=several, code="star")
    assert [found[code].decision.level.code for code in CODES] == ["1", "1", "star"]
    for submission, level in ((found["star"], general), (found["team"], star)):
        with pytest.raises(Refused) as no:
            actions.decide(submission.pk, level, by=cast.association, at=noon)
        assert no.value.codes == ["wrong_level"]


def test_the_board_shows_one_category_and_cuts_only_it(each, client_of, cast):
    found = each("decided")
    page = client_of(cast.association)
    board = text(page.get("/reviews/awards/", {"category": "team"}))
    assert found["team"].code in board
    assert found["result"].code not in board
    assert "不自评" in board
    star = text(page.get("/reviews/awards/", {"category": "star"}))
    assert "服务明星" in star
    assert "一等奖" not in star
    page.post("/reviews/awards/cut/", {"category": "team", "n-2": "1"})
    levels = {
        code: Submission.objects.get(pk=s.pk).decision.level.code
        for code, s in found.items()
    }
    assert levels == {"result": "1", "team": "2", "star": "star"}


def test_assigning_evenly_keeps_to_the_category(each, client_of, cast):
    found = each("checked")
    page = client_of(cast.association)
    page.post(reverse("reviews:assign_evenly"), {"category": "star"})
    counts = {code: s.assignments.count() for code, s in found.items()}
    assert counts == {"result": 0, "team": 0, "star": 3}


def test_equal_scores_in_two_categories_are_no_tie(each, cast, several, noon):
    found = each("decided")
    second = AwardLevel.objects.get(campaign=several, category=None, code="2")
    actions.decide(found["team"].pk, second, by=cast.association, at=noon)
    assert not list(rules.split_tie_refusals(Campaign.objects.get(pk=several.pk)))


def marked(submission, code: str, change: int) -> None:
    """The judges' marks of one criterion moved by ``change``, another against it."""
    for sheet in submission.assignments.all():
        other = next(c for c in sheet.marks if c != code)
        sheet.marks[code] = str(float(sheet.marks[code]) + change)
        sheet.marks[other] = str(float(sheet.marks[other]) - change)
        sheet.save(update_fields=["marks"])


def test_the_campaigns_order_settles_equal_scores(walk, cast, campaign, noon):
    low = walk.decided(level="2", title="甲")
    high = walk.decided(cast.other_group, level="1", title="乙")
    results = Submission.objects.filter(pk__in=[low.pk, high.pk])
    alike = standings.ranking(campaign, results)
    assert [one.rank for one in alike] == [1, 1]
    assert standings.split_ties(alike) == [alike[0].score.value]
    code = next(iter(low.assignments.first().marks))
    marked(high, code, 1)
    campaign.tie_order = [code]
    settled = standings.ranking(campaign, results)
    assert [(one.submission.pk, one.rank) for one in settled] == [
        (high.pk, 1), (low.pk, 2),
    ]  # fmt: skip
    assert {one.settled for one in settled} == {True}
    assert standings.split_ties(settled) == []
    level = AwardLevel.objects.get(campaign=campaign, code="1")
    assert list(standings.cut(settled, [(level, 1)]).levels) == [high.pk]


def test_then_the_bodys_own_order_settles_them(walk, cast, campaign):
    first, second = walk.decided(title="甲"), walk.decided(cast.second_group, title="乙", topic_type="innovation")  # fmt: skip
    Candidate.objects.filter(submission=first).update(rank=None, recommended_at=None)
    Candidate.objects.filter(submission=second).update(rank=1)
    Candidate.objects.filter(submission=first).update(rank=2)
    for sheet in [*first.assignments.all(), *second.assignments.all()]:
        sheet.total = 90
        sheet.save(update_fields=["total"])
    campaign.tie_order = ["nowhere"]
    results = Submission.objects.filter(pk__in=[first.pk, second.pk])
    found = standings.ranking(campaign, results)
    assert [one.submission.pk for one in found] == [second.pk, first.pk]
    assert [one.rank for one in found] == [1, 2]


# --- published ------------------------------------------------------------------------------


def test_published_lists_are_grouped_by_category(each, walk, client_of, client, noon):
    each("decided")
    released(walk, noon)
    rows = PublicationEntry.objects.filter(publication__kind="results")
    assert list(rows.values_list("order", "category_name", "level_name")) == [
        (1, "质量管理小组成果", "一等奖"),
        (2, "质量信得过班组", "一等奖"),
        (3, "用户满意服务明星", "服务明星"),
    ]
    year = walk.campaign.year
    page = text(client.get(f"/results/{year}/"))
    heads = re.findall(r'colspan="7">([^<]+)<', page)
    assert heads == ["质量管理小组成果", "质量信得过班组", "用户满意服务明星"]
    assert "不经推荐单位" in page
    own = text(client.get(f"/results/{year}/", {"category": "star"}))
    assert "成果star" in own
    assert "成果team" not in own
    assert client.get(f"/results/{year}/", {"category": "x'"}).status_code == 200
    results = Publication.objects.get(kind="results")
    groups = papers.result_list(results)["groups"]
    assert [g["level"] for g in groups] == [
        "质量管理小组成果　一等奖", "质量信得过班组　一等奖", "用户满意服务明星　服务明星",
    ]  # fmt: skip
    columns = [c.header for c in papers.result_sheet(results).columns]
    assert columns[:3] == ["序号", "类别", "奖项"]
    assert results.title == "2020年上海市质量管理小组活动评审结果"
    cases = text(client.get("/cases/", {"category": "质量信得过班组"}))
    assert "成果team" in cases
    assert "成果star" not in cases


def test_certificates_count_and_speak_by_category(each, walk, noon):
    each("decided")
    released(walk, noon)
    found = {
        c.entry.category_code: c for c in Certificate.objects.select_related("entry")
    }
    assert {code: c.number for code, c in found.items()} == {
        "result": "SQC2020-1-0001", "team": "SQC2020-1-0002", "star": "STAR2020-001",
    }  # fmt: skip
    assert found["star"].facts["words"] == (
        "《成果star》被评为2020年上海市用户满意服务明星"
    )
    for certificate in found.values():
        factories.make(certificate.document)
        assert certificate.document.is_ready


def test_the_export_names_category_and_way(each, walk):
    each("submitted")
    everything = Submission.objects.filter(campaign=walk.campaign).order_by("code")
    sheet = papers.export_sheet("总表", everything)
    titles = [column.header for column in sheet.columns]
    rows = [dict(zip(titles, row, strict=True)) for row in sheet.rows]
    assert [(r["类别"], r["推荐单位"], r["单位自评"] == "不自评") for r in rows] == [
        ("质量管理小组成果", "浦东新区质量协会", False),
        ("质量信得过班组", "浦东新区质量协会", True),
        ("用户满意服务明星", "不经推荐单位", False),
    ]
    one = papers.export_sheet("总表", everything.filter(category__code="star"))
    assert "类别" not in [column.header for column in one.columns]


# --- blindness and counts -------------------------------------------------------------------


def test_judges_read_no_names_in_any_category(each, client_of, cast):
    found = each("judging")
    page = client_of(cast.judge)
    hidden = ("启明星", "磐石", "申浦", "浦东新区质量协会", "顾晓岚", "13800006207")
    for submission in found.values():
        sheet = submission.assignments.get(judge=cast.judge.user)
        for url in ("/reviews/judging/", reverse("reviews:judge", args=[sheet.key])):
            shown = text(page.get(url))
            assert not [name for name in hidden if name in shown], url
            assert submission.category.name in shown, url


def test_applicants_read_no_scores_in_any_category(each, client_of, cast):
    for code, submission in each("decided").items():
        actor = cast.second_group if code == "team" else cast.group
        shown = text(
            client_of(actor).get(reverse("submissions:track", args=[submission.code]))
        )
        assert "服务明星</" not in shown.replace("用户满意服务明星", "")
        assert "一等奖" not in shown
        for judge in ("曹文斌", "严素芬", "许明远"):
            assert judge not in shown


LISTS = [
    ("recommender", "/recommenders/", "scored"),
    ("recommender", "/recommenders/?category=team", "scored"),
    ("association", "/reviews/checks/", "submitted"),
    ("association", "/reviews/entries/?category=team", "submitted"),
    ("association", "/reviews/awards/?category=team", "decided"),
    ("association", "/reviews/assignments/?category=team", "checked"),
]


@pytest.mark.parametrize(("who", "url", "how"), LISTS)
def test_three_rows_cost_as_many_queries_as_one(
    several, walk, client_of, cast, django_assert_max_num_queries, who, url, how
):
    page = client_of(getattr(cast, who))
    walk.category = "team"
    QuotaRule.objects.filter(campaign=several).delete()
    given = {"level": "1"} if how == "decided" else {}
    getattr(walk, how)(title="第一项", **given)
    page.get(url)
    with CaptureQueriesContext(connection) as one:
        page.get(url)
    for number in (2, 3):
        getattr(walk, how)(title=f"第{number}项", **given)
    with django_assert_max_num_queries(len(one)):
        page.get(url)


def test_a_neighbours_category_narrows_nothing(each, client_of, cast, several):
    found = each("submitted")
    factories.category_beside(several, "secret", "别家类别")
    page = client_of(cast.other_association)
    for url in ("/reviews/checks/", "/reviews/entries/", "/reviews/awards/"):
        shown = text(page.get(url, {"category": "secret"}))
        assert "别家类别" not in shown
        assert not [s.code for s in found.values() if s.code in shown]


def test_the_window_of_one_category_holds_for_its_rows_only(
    each, client_of, cast, several, noon
):
    found = each("scored")
    several.windows.create(
        stage="recommending", category=found["team"].category,
        opens_at=noon - timedelta(days=2), closes_at=noon - timedelta(days=1),
    )  # fmt: skip
    page = client_of(cast.recommender)
    closed = text(page.get("/recommenders/", {"category": "team"}))
    assert "保存名次" not in closed
    assert "保存名次" in text(page.get("/recommenders/", {"category": "result"}))
    fresh = Submission.objects.with_people().get(pk=found["team"].pk)
    codes = [
        refusal.code
        for refusal in body_rules.why_not_recommend(fresh, cast.recommender, noon)
    ]
    assert "window_closed" in codes
    assert submission_rules.whose(fresh).category == fresh.category
