"""The recommending body's pages, through the test client."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qcportal.accounts.models import Affiliation
from qcportal.accounts.roles import Duty
from qcportal.audit.models import TrailEntry
from qcportal.documents.models import Document
from recommenders import actions, shows
from recommenders import rules as recommending_rules
from recommenders.models import Candidate, Dossier, Handover, Paper, TableStamp
from submissions.actions import rubric_for
from submissions.lifecycle import State
from submissions.models import ScoreSheet, Stamp
from submissions.rules import live_stamp, sheet_of
from tests import factories
from tests.submissions import yearly

pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"recommenders:{name}", args=args)


def said(answer):
    """What the next page says to the person."""
    return [str(m) for m in answer.context["messages"]]


@pytest.fixture
def body(cast, client_of):
    """The recommending body's browser."""
    return client_of(cast.recommender)


@pytest.fixture
def dossier(campaign, cast):
    return actions.dossier_of(campaign, cast.recommender.organisation)


def rows_of(answer):
    return [(r.submission.title, r.rank) for r in answer.context["rows"]]


# --- who may come in -------------------------------------------------------------------


@pytest.mark.parametrize("name", ["desk", "statistics", "papers", "confirm_table"])
@pytest.mark.parametrize("who", ["group", "unit", "association", "judge"])
def test_other_desks_are_told_whose_page_it_is(cast, client_of, name, who):
    answer = client_of(getattr(cast, who)).get(url(name))
    assert answer.status_code == 403
    assert "推荐通道" in answer.content.decode()


@pytest.mark.parametrize("name", ["submission", "confirm"])
def test_neighbours_result_is_not_there(walk, cast, client_of, name):
    found = walk.scored()
    assert (
        client_of(cast.other_recommender).get(url(name, found.code)).status_code == 404
    )


@pytest.mark.parametrize(
    "name",
    ["submission", "print", "scan", "seal", "confirm", "recommend", "take_back",
     "recommender_return", "decline"],
)  # fmt: skip
def test_neighbour_cannot_act(walk, cast, client_of, name):
    found = walk.scored()
    answer = client_of(cast.other_recommender).post(
        url(name, found.code), {"comment": "不行"}
    )
    assert answer.status_code == 404
    assert walk.fresh(found).state == State.STAMPED


def test_draft_of_the_group_is_not_there_yet(walk, body):
    assert body.get(url("submission", walk.filed().code)).status_code == 404


@pytest.mark.parametrize("name", ["recommend", "take_back", "submit", "rank"])
def test_verbs_are_never_done_by_get(walk, body, name):
    args = [walk.scored().code] if name in {"recommend", "take_back"} else []
    assert body.get(url(name, *args)).status_code == 405


# --- the desk ---------------------------------------------------------------------------


def test_desk_shows_stamped_results_that_are_no_candidates_yet(walk, body):
    walk.stamped()
    answer = body.get(url("desk"))
    assert rows_of(answer) == [("降低列车客室车门故障率", None)]
    assert Candidate.objects.count() == 0
    assert answer.context["counts"] == {
        "received": 1,
        "units": 1,
        "waiting": 1,
        "recommended": 0,
    }


def test_desk_of_a_body_without_results(body):
    page = body.get(url("desk")).content.decode()
    assert "还没有收到成果" in page


def test_neighbours_rows_are_not_listed(walk, cast, client_of):
    walk.stamped()
    answer = client_of(cast.other_recommender).get(url("desk"))
    assert rows_of(answer) == []


def test_desk_costs_the_same_for_one_and_for_three(walk, cast, body):
    walk.scored(title="第一项")
    body.get(url("desk"))  # the dossier is made on first use
    with CaptureQueriesContext(connection) as first:
        body.get(url("desk"))
    walk.stamped(cast.second_group, title="第二项")
    walk.recommended(cast.second_group, title="第三项", topic_type="innovation")
    with CaptureQueriesContext(connection) as then:
        body.get(url("desk"))
    assert len(then) == len(first)


def test_offers_of_the_desk_are_the_answers_of_the_rules(walk, cast, campaign, body):
    """The desk asks once for the page; each row must read as if asked alone."""
    walk.recommended(title="第一项")
    contested = walk.scored(cast.second_group, title="第二项")
    free = walk.scored(cast.second_group, title="第三项", topic_type="innovation")
    rows = {r.submission.pk: r for r in body.get(url("desk")).context["rows"]}
    for found in (contested, free):
        [shown] = rows[found.pk].offers
        alone = recommending_rules.why_not_recommend(found, cast.recommender, walk.at)
        assert list(shown.refusals) == list(alone)
    assert not rows[contested.pk].offers[0].allowed
    assert rows[free.pk].offers[0].allowed


def test_closed_window_takes_the_buttons_away(walk, campaign, body):
    walk.scored()
    window = campaign.windows.get(stage="recommending")
    window.closes_at = walk.at
    window.save(update_fields=["closes_at"])
    answer = body.get(url("desk"))
    [row] = answer.context["rows"]
    assert (row.rankable, row.to_score, row.may_return, list(row.offers)) == (
        False,
        False,
        False,
        [],
    )
    assert "已关闭" in answer.content.decode()


@pytest.mark.parametrize("page", ["0", "-1", "99999999999999999999", "x", ""])
def test_odd_page_numbers_show_a_page(walk, body, page):
    walk.stamped()
    answer = body.get(url("desk"), {"page": page})
    assert len(rows_of(answer)) == 1


@pytest.mark.parametrize(
    ("filters", "titles"),
    [
        ({"q": "第一"}, ["第一项"]),
        ({"q": "没有这个"}, []),
        ({"state": "stamped"}, ["第二项"]),
        ({"state": "nonsense"}, ["第一项", "第二项"]),
        ({"topic_type": "innovation"}, ["第二项"]),
        ({"topic_type": "' OR 1=1"}, ["第一项", "第二项"]),
        ({"unit": "not-a-key"}, ["第一项", "第二项"]),
        ({"sort": "unit"}, ["第一项", "第二项"]),
        ({"sort": "secret"}, ["第一项", "第二项"]),
        ({"sort": "-score"}, ["第一项", "第二项"]),
    ],
)
def test_filters(walk, cast, body, filters, titles):
    walk.recommended(title="第一项")
    walk.stamped(cast.second_group, title="第二项", topic_type="innovation")
    answer = body.get(url("desk"), filters)
    assert answer.status_code == 200
    assert [title for title, _ in rows_of(answer)] == titles


def test_contested_place_is_said_beforehand(walk, cast, body):
    walk.stamped(title="第一项")
    walk.stamped(cast.second_group, title="第二项")
    assert body.get(url("desk")).context["contested"] == [
        "上海申浦轨道车辆维修有限公司报来 2 项问题解决型，只能推荐 1 项。"
    ]


def lines(*ranks):
    return [shows.Row(None, rank, True, None, None, ("ok", ""), "") for rank in ranks]


@pytest.mark.parametrize(
    ("ranks", "hard", "before"),
    [
        ([1, 2, 3], None, None),
        ([], 2, None),
        ([1, 2, 3], 2, 2),
        ([1, 2, None], 2, 2),
        ([1, None, None], 2, 1),
        ([1, 2], 2, 2),
        ([1, 2], 3, None),
        ([4, 5, None], 3, None),
        ([None], 3, None),
    ],
)
def test_quota_line(ranks, hard, before):
    assert shows.cut_line(lines(*ranks), hard) == before


# --- the verbs of the desk ----------------------------------------------------------------


def test_recommend_and_take_back(walk, body):
    found = walk.scored()
    answer = body.post(url("recommend", found.code), follow=True)
    assert said(answer) == ["《降低列车客室车门故障率》已推荐。"]
    assert walk.fresh(found).state == State.RECOMMENDED
    body.post(url("take_back", found.code))
    assert walk.fresh(found).state == State.STAMPED


def test_refused_recommendation_says_why_where_it_was_pressed(walk, cast, body):
    walk.recommended(title="第一项")
    second = walk.scored(cast.second_group, title="第二项")
    came_from = "http://testserver" + url("desk") + "?page=1"
    answer = body.post(
        url("recommend", second.code), headers={"referer": came_from}, follow=True
    )
    assert answer.redirect_chain == [(came_from, 302)]
    assert said(answer) == [
        "上海申浦轨道车辆维修有限公司的问题解决型名额 1 项已用完。"
        "要换成这一项，请先取消已推荐的那项。"
    ]


def test_bulk_recommendation_reports_each(walk, cast, body):
    first = walk.scored(title="第一项")
    second = walk.scored(cast.second_group, title="第二项")
    neighbour = walk.scored(cast.other_group, title="别家的")
    codes = [first.code, second.code, neighbour.code, "2020-XX-9999"]
    answer = body.post(url("recommend_many"), {"chosen": codes}, follow=True)
    assert said(answer) == [
        "已推荐 1 项。",
        "《第二项》：上海申浦轨道车辆维修有限公司的问题解决型名额 1 项已用完。"
        "要换成这一项，请先取消已推荐的那项。",
    ]
    assert walk.fresh(neighbour).state == State.STAMPED


def test_bulk_recommendation_of_nothing(body):
    answer = body.post(url("recommend_many"), follow=True)
    assert said(answer) == ["请先勾选要推荐的成果。"]


def test_ranks_are_kept(walk, cast, body, dossier):
    first = walk.recommended(title="第一项")
    second = walk.recommended(
        cast.second_group, title="第二项", topic_type="innovation"
    )
    body.post(url("rank"), {f"rank-{first.code}": "2", f"rank-{second.code}": "1"})
    assert rows_of(body.get(url("desk"))) == [("第二项", 1), ("第一项", 2)]


def test_foreign_codes_among_ranks_do_nothing(walk, cast, body, dossier):
    first = walk.recommended(title="第一项")
    theirs = walk.scored(cast.other_group, title="别家的")
    body.post(url("rank"), {f"rank-{theirs.code}": "1", "rank-none": "1"})
    assert list(dossier.candidates.values_list("submission__code", "rank")) == [
        (first.code, 1)
    ]


@pytest.mark.parametrize(
    ("name", "state"),
    [("recommender_return", State.RETURNED), ("decline", State.NOT_RECOMMENDED)],
)
def test_saying_no_with_and_without_a_reason(walk, body, name, state):
    found = walk.scored()
    answer = body.post(url(name, found.code), {"comment": " "})
    assert answer.status_code == 409
    assert "请写明原因" in answer.content.decode()
    assert walk.fresh(found).state == State.STAMPED
    body.post(url(name, found.code), {"comment": "效果数据不足半年"})
    assert walk.fresh(found).state == state


# --- one result ------------------------------------------------------------------------------


def test_detail_shows_the_units_word_and_hides_nothing_of_its_own(walk, body):
    found = walk.scored()
    answer = body.get(url("submission", found.code))
    assert answer.context["unit"]["total"] == "90"
    assert answer.context["own"]["total"] == "86.5"
    assert [o.label for o in answer.context["offers"]] == ["推荐", "退回修改", "不推荐"]


def typed(found, opinion="同意推荐。", version=0, share=0.8):
    marks = factories.full_marks(rubric_for(found), share)
    return {
        "version": version,
        "opinion": opinion,
        **{f"mark-{code}": mark for code, mark in marks.items()},
    }


def test_score_print_scan_stamp(walk, body, cast, django_capture_on_commit_callbacks):
    found = walk.stamped()
    with django_capture_on_commit_callbacks(execute=True):
        body.post(url("print", found.code), typed(found))
    sheet = sheet_of(found, "recommender")
    assert (sheet.complete, sheet.paper.is_ready) == (True, True)
    body.post(url("scan", found.code), {"scan": factories.stamp_scans(sheet)})
    answer = body.post(
        url("seal", found.code), {**typed(found, version=1), "evidence": "scan"}
    )
    assert answer.url == url("confirm", found.code) + "?evidence=scan"
    image = body.get(url("opinion_scan_page", found.code, 1))
    assert image.headers["Content-Type"] == "image/png"
    wrong = body.post(
        url("confirm", found.code),
        {"evidence": "scan", "confirmed": "on", "password": "x"},
    )
    assert (wrong.status_code, Stamp.objects.count()) == (422, 1)
    right = {"evidence": "scan", "confirmed": "on", "password": factories.PASSWORD}
    shown = body.get(url("confirm", found.code)).content.decode()
    for words in ("推荐意见盖章？", "本级评分", "这次盖章就作废", found.unit_name):
        assert words in shown
    body.post(url("confirm", found.code), right)
    again = body.post(url("confirm", found.code), right, follow=True)
    assert said(again) == ["推荐意见已盖章。", "这项成果的推荐意见已经盖章。"]
    assert Stamp.objects.filter(sheet__tier="recommender").count() == 1
    assert live_stamp(sheet_of(found, "recommender")).act.by == cast.recommender.user


def test_sealing_without_a_scan_says_so_and_keeps_what_was_typed(walk, body):
    found = walk.stamped()
    answer = body.post(
        url("seal", found.code), {**typed(found, "还没盖章"), "evidence": "scan"}
    )
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "还没盖章" in page
    assert "请先生成并打印" in page
    assert sheet_of(found, "recommender").opinion == "还没盖章"


def test_acts_opened_as_pages_lead_to_the_page(walk, body):
    found = walk.stamped()
    for name in ("print", "scan", "seal"):
        assert body.get(url(name, found.code)).url == url("submission", found.code)


def test_older_window_shows_whose_sheet_is_kept(walk, body):
    found = walk.stamped()
    body.post(url("submission", found.code), typed(found))
    answer = body.post(url("submission", found.code), typed(found, "旧窗口"))
    assert answer.status_code == 409
    for words in ("现在存着的是", "同意推荐。", "旧窗口"):
        assert words in answer.content.decode()


def test_scan_for_a_lost_desk_is_refused(walk, body):
    found = walk.submitted()
    answer = body.post(url("scan", found.code), {"scan": factories.pdf_file()})
    assert answer.status_code == 409
    assert not Document.objects.filter(kind="stamp_scan", title="成果报告.pdf").exists()


def test_autosave_and_its_conflict(walk, body):
    found = walk.stamped()
    headers = {"X-Requested-With": "autosave"}
    first = body.post(url("submission", found.code), typed(found), headers=headers)
    assert first.json()["version"] == 1
    stale = body.post(
        url("submission", found.code), typed(found, "旧窗口"), headers=headers
    )
    assert stale.status_code == 409
    assert sheet_of(found, "recommender").opinion == "同意推荐。"


def test_marks_out_of_range_stay_on_the_page(walk, body):
    found = walk.stamped()
    given = typed(found)
    first = next(name for name in given if name.startswith("mark-"))
    given[first] = "9999"
    answer = body.post(url("submission", found.code), given)
    assert answer.status_code == 422
    assert "9999" in answer.content.decode()
    assert not ScoreSheet.objects.filter(tier="recommender").exists()


def test_handed_over_result_is_read_only(walk, body):
    found = walk.submitted()
    answer = body.get(url("submission", found.code))
    assert (answer.context["open"], list(answer.context["offers"])) == (False, [])
    assert "sheet-form" not in answer.content.decode()
    saved = body.post(url("submission", found.code), typed(found, "改一改", 1))
    assert saved.status_code == 409
    assert sheet_of(found, "recommender").opinion == "同意推荐。"


def test_award_is_not_told_before_it_is_released(walk, body):
    found = walk.decided()
    page = body.get(url("submission", found.code)).content.decode()
    assert "待审定" not in page
    assert "文审中" in page


# --- summary and statistics --------------------------------------------------------------------


def figures(campaign, **changes):
    full = {i["code"]: "1,000" for i in campaign.statistics if not i.get("part")}
    return {**full, **changes}


def test_statistics_are_kept_without_separators_and_shown_with(campaign, body, dossier):
    given = figures(campaign, version="0", done="1", companies="1,286")
    answer = body.post(url("save_figures"), given, follow=True)
    assert said(answer) == ["统计表已完成。"]
    dossier.refresh_from_db()
    assert dossier.statistics["companies"] == "1286"
    assert dossier.statistics_done_at is not None
    page = body.get(url("statistics")).content.decode()
    assert 'value="1,286"' in page
    assert "100.00" in page  # both rates: 1,000 of 1,000


def shown(answer):
    """Code → (value, source) of the lines the portal can count itself."""
    return {f.code: (f.value, f.source) for f in answer.context["figures"] if f.source}


def test_registrations_of_the_bodys_units_propose_figures(
    campaign, cast, body, dossier, noon
):
    assert shown(body.get(url("statistics"))) == {}
    year = yearly.confirmed_year(cast.group, cast.unit, noon)
    yearly.confirmed_year(cast.second_group, cast.unit, noon)
    topic = yearly.confirmed_topic(year, cast.group, cast.unit, noon)
    yearly.recorded(topic, cast.group, noon)
    said_of = f"{year.year}年小组登记："
    assert shown(body.get(url("statistics"))) == {
        "registered": ("2", f"取自{said_of}隶属企业里单位已确认的小组，可以改"),
        "active": ("1", f"取自{said_of}登记的小组里有活动记录的，可以改"),
        "members": ("6", f"取自{said_of}登记的小组里现有的成员，可以改"),
    }
    dossier.refresh_from_db()
    assert dossier.statistics == {}  # proposed, not kept
    body.post(url("save_figures"), figures(campaign, version="0", registered="9"))
    kept = shown(body.get(url("statistics")))
    assert kept["registered"] == ("9", f"{said_of}隶属企业里单位已确认的小组有 2 个")


def test_neighbours_and_unconfirmed_registrations_are_not_counted(
    cast, client_of, body, noon
):
    yearly.sent_year(cast.group, noon)
    assert shown(body.get(url("statistics"))) == {}
    yearly.confirmed_year(cast.second_group, cast.unit, noon)
    neighbour = cast.other_recommender.organisation
    Affiliation.objects.filter(
        unit=cast.unit.organisation, recommender=neighbour
    ).delete()
    assert shown(client_of(cast.other_recommender).get(url("statistics"))) == {}


def test_statistics_ask_as_often_for_three_groups_as_for_one(
    cast, body, noon, django_assert_num_queries
):
    yearly.confirmed_year(cast.group, cast.unit, noon)
    body.get(url("statistics"))  # what a first page alone asks
    with CaptureQueriesContext(connection) as one:
        body.get(url("statistics"))
    yearly.confirmed_year(cast.second_group, cast.unit, noon)
    with django_assert_num_queries(len(one)):
        body.get(url("statistics"))


def test_figures_are_saved_while_typing(campaign, body, dossier):
    page = body.get(url("statistics")).content.decode()
    assert f'data-autosave="{url("save_figures")}"' in page
    headers = {"X-Requested-With": "autosave"}
    given = figures(campaign, version="0", companies="12,")
    first = body.post(url("save_figures"), given, headers=headers)
    dossier.refresh_from_db()
    saved_at = dossier.statistics_saved_at.isoformat()
    assert first.json() == {"version": 1, "saved_at": saved_at}
    stale = body.post(url("save_figures"), given, headers=headers)
    assert stale.status_code == 409
    done = figures(campaign, version="1", done="1")
    body.post(url("save_figures"), done)
    page = body.get(url("statistics")).content.decode()
    assert "data-autosave" not in page  # a finished sheet changes by a deliberate act
    assert "已完成；改了要重新点" in page


def test_disagreement_marks_both_cells_and_keeps_what_was_typed(
    campaign, body, dossier
):
    given = figures(campaign, version="0", done="1", active="1,301")
    answer = body.post(url("save_figures"), given)
    assert answer.status_code == 422
    marked = {f.code for f in answer.context["figures"] if f.marked}
    assert marked == {"active", "registered"}
    page = answer.content.decode()
    assert 'value="1,301"' in page
    assert "多 301，请核对这 2 格。" in page
    dossier.refresh_from_db()
    assert (dossier.statistics, dossier.statistics_done_at) == ({}, None)


def test_half_filled_statistics_are_kept(campaign, body, dossier):
    given = {"version": "0", "keep": "1", "companies": "很多", "unknown": "1"}
    body.post(url("save_figures"), given)
    dossier.refresh_from_db()
    assert dossier.statistics["companies"] == "很多"
    assert "unknown" not in dossier.statistics
    assert 'value="很多"' in body.get(url("statistics")).content.decode()


@pytest.mark.parametrize("version", ["7", "", "x", "-1"])
def test_stale_statistics_are_shown_again_not_written(campaign, body, dossier, version):
    given = figures(campaign, version=version, companies="55")
    answer = body.post(url("save_figures"), given)
    assert answer.status_code == 409
    assert 'value="55"' in answer.content.decode()
    dossier.refresh_from_db()
    assert dossier.statistics == {}


def test_summary_is_taken_and_read_by_body_and_association(
    body, dossier, cast, client_of
):
    body.post(url("upload_summary"), {"summary": factories.docx_file("总结.docx")})
    dossier.refresh_from_db()
    address = url("file", dossier.summary.key)
    readers = {
        "recommender": 200,
        "association": 200,
        "other_recommender": 404,
        "other_association": 404,
        "group": 403,
        "unit": 403,
        "judge": 403,
    }
    found = {
        who: client_of(getattr(cast, who)).get(address).status_code for who in readers
    }
    assert found == readers
    assert TrailEntry.objects.filter(what="document_read").count() == 2


@pytest.mark.parametrize(
    ("upload", "words"),
    [(None, "请先选择活动总结文件"), (factories.png_file("总结.png"), "Word")],
)
def test_summary_of_a_wrong_kind_is_not_taken(body, dossier, upload, words):
    answer = body.post(url("upload_summary"), {"summary": upload} if upload else {})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    dossier.refresh_from_db()
    assert dossier.summary is None


def test_another_year_is_only_shown_if_the_body_has_to_do_with_it(body):
    answer = body.get(url("statistics"), {"campaign": "jiangnan-2019"})
    assert answer.status_code == 404
    assert not Dossier.objects.filter(campaign__code="jiangnan-2019").exists()


# --- papers and handover ------------------------------------------------------------------------


def test_papers_page_of_an_empty_list(body):
    answer = body.get(url("papers"))
    assert "还没有推荐任何成果" in answer.content.decode()
    assert not answer.context["handover"].allowed


def test_unknown_kind_of_paper(body):
    assert body.post(url("make_paper", "diploma")).status_code == 404


def test_from_paper_to_handover(
    walk, body, dossier, cast, django_capture_on_commit_callbacks
):
    found = walk.recommended()
    walk.dossier(cast.recommender)
    with django_capture_on_commit_callbacks(execute=True):
        for kind in Paper.Kind.values:
            body.post(url("make_paper", kind))
    table = Paper.objects.get(kind="table")
    scans = factories.page_scans(table.check_code, table.list_hash)
    answer = body.post(url("table_scan"), {"scan": scans})
    assert answer.url == url("confirm_table")
    assert body.get(url("scan_page", 1)).headers["Content-Type"] == "image/png"
    right = {"evidence": "scan", "confirmed": "on", "password": factories.PASSWORD}
    body.post(url("confirm_table"), right)
    assert TableStamp.objects.get().act.by == cast.recommender.user
    answer = body.post(url("submit"), follow=True)
    assert said(answer)[-1] == "已提交秘书处 1 项。秘书处核对材料后，会通知班组和单位。"
    assert walk.fresh(found).state == State.SUBMITTED
    assert Handover.objects.get().codes == [found.code]


def test_submitting_too_early_says_everything_that_is_missing(walk, body):
    found = walk.recommended()
    answer = body.post(url("submit"))
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "还没有上传活动总结" in page
    assert "还没有生成推荐表" in page
    assert walk.fresh(found).state == State.RECOMMENDED


def test_old_paper_says_so(walk, cast, body, dossier):
    walk.recommended(title="第一项")
    by = cast.recommender
    actions.make_paper(dossier.pk, Paper.Kind.REVIEW, by=by, at=walk.at)
    shown = body.get(url("papers")).context["shown"]
    assert shown["review"].old is False
    walk.recommended(cast.second_group, title="第二项", topic_type="innovation")
    answer = body.get(url("papers"))
    assert answer.context["shown"]["review"].old is True
    assert "名单改过，要重新生成" in answer.content.decode()


def test_every_paper_has_a_button_of_its_own_name(walk, cast, body, dossier):
    walk.recommended(title="第一项")
    shown = body.get(url("papers")).context["shown"].values()
    names = {"评审汇总表", "推荐汇总表 Excel", "推荐汇总表 PDF", "推荐表"}
    assert {one.make.label for one in shown} == {f"生成{name}" for name in names}
    for kind in Paper.Kind.values:
        body.post(url("make_paper", kind))
    walk.recommended(cast.second_group, title="第二项", topic_type="innovation")
    page = body.get(url("papers")).content.decode()
    buttons = re.findall(
        r"<button [^>]*>(?:<svg.*?</svg>)?(重新生成[^<]*)</button>", page
    )
    assert sorted(buttons) == sorted(f"重新生成{name}" for name in names)


def test_papers_are_handed_out_to_those_who_may_know(
    walk, cast, client_of, dossier, django_capture_on_commit_callbacks
):
    walk.recommended()
    with django_capture_on_commit_callbacks(execute=True):
        paper = actions.make_paper(
            dossier.pk, Paper.Kind.SUMMARY, by=cast.recommender, at=walk.at
        )
    readers = {
        "recommender": 200,
        "association": 200,
        "other_recommender": 404,
        "other_association": 404,
        "unit": 403,
    }
    for name in ("paper", "paper_status"):
        found = {
            who: client_of(getattr(cast, who))
            .get(url(name, paper.check_code))
            .status_code
            for who in readers
        }
        assert found == readers, name


def test_scan_of_an_older_print_does_not_count(walk, cast, body, dossier):
    walk.recommended(title="第一项")
    by = cast.recommender
    actions.make_paper(dossier.pk, Paper.Kind.TABLE, by=by, at=walk.at)
    body.post(url("table_scan"), {"scan": factories.pdf_file()})
    walk.recommended(cast.second_group, title="第二项", topic_type="innovation")
    right = {"evidence": "scan", "confirmed": "on", "password": factories.PASSWORD}
    old = body.post(url("confirm_table"), right)
    assert "名单改过，推荐表要重新生成" in old.content.decode()
    actions.make_paper(dossier.pk, Paper.Kind.TABLE, by=by, at=walk.at)
    new = body.post(url("confirm_table"), right)
    assert "还没有上传盖章的推荐表" in new.content.decode()
    assert TableStamp.objects.count() == 0


@pytest.mark.parametrize(
    ("upload", "words"), [(None, "请先选择盖章页"), (factories.docx_file(), "PDF")]
)
def test_wrong_scan_of_the_table(walk, cast, body, dossier, upload, words):
    walk.recommended()
    actions.make_paper(dossier.pk, Paper.Kind.TABLE, by=cast.recommender, at=walk.at)
    answer = body.post(url("table_scan"), {"scan": upload} if upload else {})
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_clerk_without_the_seal_cannot_use_the_picture(
    walk, campaign, cast, client_of, dossier
):
    campaign.allows_seal_picture = True
    campaign.save(update_fields=["allows_seal_picture"])
    walk.recommended()
    actions.make_paper(dossier.pk, Paper.Kind.TABLE, by=cast.recommender, at=walk.at)
    clerk = factories.seat("钱立", cast.recommender.organisation, Duty.CLERK, walk.at)
    answer = client_of(clerk).post(
        url("confirm_table"),
        {"evidence": "seal_picture", "confirmed": "on", "password": factories.PASSWORD},
    )
    assert answer.status_code == 422
    assert "只有本单位的印章管理员能用印章图样" in answer.content.decode()
    assert TableStamp.objects.count() == 0


def test_pages_carry_no_inline_style_or_script(walk, cast, body):
    found = walk.scored()
    for address in (
        url("desk"), url("statistics"), url("papers"), url("submission", found.code),
    ):  # fmt: skip
        page = body.get(address).content.decode()
        assert not re.search(r"\sstyle=|\son[a-z]+=|<script(?![^>]*src=)", page), (
            address
        )
