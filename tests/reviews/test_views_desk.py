"""The association's desk, entries, exports and trail: what they show, and to whom."""

import io

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qcportal.audit.models import TrailEntry
from qcportal.campaigns.actions import let_run, stop_running
from qcportal.campaigns.models import Campaign
from qcportal.documents.models import Document
from reviews.models import Export
from submissions.lifecycle import State
from submissions.models import Submission

pytestmark = pytest.mark.django_db
PAGES = ["reviews:overview", "reviews:entries", "reviews:exports", "audit:trail"]


@pytest.fixture
def desk(cast, client_of):
    return client_of(cast.association)


@pytest.fixture
def neighbour(cast, client_of):
    return client_of(cast.other_association)


def rows_of(content: bytes) -> list[tuple[object, ...]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    return [row for row in sheet.iter_rows(values_only=True) if row[0] not in (None,)]


# --- who comes in -----------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_only_the_association_comes_in(name, cast, client_of, client):
    for actor in (cast.group, cast.unit, cast.recommender, cast.judge):
        assert client_of(actor).get(reverse(name)).status_code == 403
    assert client.get(reverse(name)).status_code == 302
    assert client_of(cast.association).get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    "query",
    [
        "page=abc", "page=-1", "page=99999", "state=junk&unit=junk&sort=junk",
        "recommender=00000000-0000-0000-0000-000000000000", "lack=junk",
        "since=junk&until=2020-13-45", "q=" + "长" * 200, "topic_type=%F0%9F%98%80",
        "since=0001-01-01&until=9999-12-31",
    ],
)  # fmt: skip
def test_junk_in_the_address_is_no_error(name, query, desk):
    assert desk.get(f"{reverse(name)}?{query}").status_code == 200


def test_another_associations_campaign_does_not_exist(desk, neighbour):
    url = reverse("reviews:overview")

    assert desk.get(f"{url}?campaign=jiangnan-2019").status_code == 404
    assert desk.get(f"{url}?campaign=no-such").status_code == 404
    assert neighbour.get(f"{url}?campaign=jiangnan-2019").status_code == 200


def test_the_chosen_campaign_is_remembered_until_the_right_is_gone(
    cast, campaign, desk, noon
):
    second = Campaign.objects.create(
        code="shanghai-2021", year=2021, name="第二个活动", headline="二",
        host=campaign.host, letters="SQ", result_words="成果",
        certificate_words="《{title}》", certificate_issuer="协会", published_at=noon,
    )  # fmt: skip
    let_run(second, cast.association.user, by=None, at=noon)
    url = reverse("reviews:overview")

    newest = desk.get(url)
    assert newest.context["campaign"] == second
    assert "看哪个活动" in newest.content.decode()
    desk.get(f"{url}?campaign={campaign.code}")
    assert desk.get(url).context["campaign"] == campaign
    assert desk.get(reverse("reviews:entries")).context["campaign"] == campaign
    stop_running(campaign, cast.association.user, by=None, at=noon)
    assert desk.get(url).context["campaign"] == second


def test_who_runs_nothing_has_no_desk(cast, campaign, desk, noon):
    stop_running(campaign, cast.association.user, by=None, at=noon)

    assert desk.get(reverse("reviews:overview")).status_code == 404


# --- the overview -------------------------------------------------------------------


def test_the_overview_tells_where_everything_is(desk, cast, walk):
    walk.draft()
    walk.stamped(group=cast.second_group)

    page = desk.get(reverse("reviews:overview"))

    assert page.context["funnel"] == [
        ("开始填写", 2, "1 项草稿还没提交"), ("班组已提交", 1, ""),
        ("单位已盖章", 1, "1 项在推荐单位"), ("已到秘书处", 0, ""),
    ]  # fmt: skip
    assert page.context["chart"].meta == "每天 · 已收 1 份"
    assert "浦东新区质量协会" in page.content.decode()


def test_htmx_gets_the_numbers_alone(desk, walk):
    walk.draft()

    part = desk.get(reverse("reviews:overview"), headers={"HX-Request": "true"})

    assert part.content.decode().count('id="overview"') == 1
    assert "<html" not in part.content.decode()


def test_the_overview_asks_the_database_as_often_for_three_as_for_one(
    desk, cast, walk, django_assert_num_queries
):
    url = reverse("reviews:overview")
    part = {"HX-Request": "true"}
    walk.stamped()
    desk.get(url, headers=part)
    with CaptureQueriesContext(connection) as captured:
        desk.get(url, headers=part)
    asked = len(captured)
    walk.stamped(group=cast.other_group)
    walk.filed(group=cast.second_group)
    with django_assert_num_queries(asked):
        desk.get(url, headers=part)


# --- the list -------------------------------------------------------------------------


def test_filters_narrow_the_list_and_stay_in_the_address(desk, cast, walk):
    mine = walk.filed(title="降低车门故障率")
    walk.draft(group=cast.other_group, title="提高晶片良率", topic_type="innovation")
    url = reverse("reviews:entries")

    def codes(query: str) -> list[str]:
        page = desk.get(f"{url}?{query}").context["page"]
        return [s.code for s in page.object_list]

    assert len(codes("")) == 2
    assert codes("state=filed") == [mine.code]
    assert codes("q=车门") == [mine.code]
    assert codes(f"unit={cast.unit.organisation.key}") == [mine.code]
    assert codes(f"recommender={cast.recommender.organisation.key}") == [mine.code]
    assert codes("topic_type=problem&state=draft") == []
    assert codes("sort=code")[0] == mine.code
    assert codes("sort=-code")[1] == mine.code


def test_the_list_asks_as_often_for_three_as_for_one(
    desk, cast, walk, django_assert_num_queries
):
    url = reverse("reviews:entries")
    walk.filed()
    desk.get(url)
    with CaptureQueriesContext(connection) as captured:
        desk.get(url)
    asked = len(captured)
    walk.filed(group=cast.other_group)
    walk.draft(group=cast.second_group)
    with django_assert_num_queries(asked):
        desk.get(url)


# --- one result -----------------------------------------------------------------------


def test_one_result_shows_form_opinions_and_steps(desk, walk):
    found = walk.submitted()

    page = desk.get(reverse("reviews:entry", args=[found.code])).content.decode()

    for words in (
        "13800006207", "单位自我评价和意见", "推荐单位评审和意见", "纸质盖章扫描件",
        "推荐单位已提交秘书处", found.revision.check_code,
    ):  # fmt: skip
        assert words in page


def test_a_draft_keeps_its_content_to_its_group(desk, walk):
    found = walk.draft()

    page = desk.get(reverse("reviews:entry", args=[found.code])).content.decode()

    assert "班组还没有提交" in page
    assert "13800006207" not in page


def test_another_association_knows_of_no_result(neighbour, walk):
    found = walk.submitted()
    key = found.revision.document.key

    for name, args in (
        ("reviews:entry", [found.code]),
        ("reviews:entry_file", [found.code, key]),
    ):
        assert neighbour.get(reverse(name, args=args)).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_opening_a_file_goes_on_record(desk, cast, walk):
    found = walk.submitted()
    key = found.revision.document.key

    answer = desk.get(reverse("reviews:entry_file", args=[found.code, key]))

    assert answer.status_code == 200
    assert b"".join(answer.streaming_content).startswith(b"%PDF-")
    line = TrailEntry.objects.get(what="file_read")
    assert (line.about, line.user_name, line.campaign) == (
        found.code, "周岚", "shanghai-2020",
    )  # fmt: skip


def test_a_file_of_another_result_is_not_there(desk, cast, walk):
    one, two = walk.submitted(), walk.filed(group=cast.second_group)
    key = two.revision.document.key

    answer = desk.get(reverse("reviews:entry_file", args=[one.code, key]))

    assert answer.status_code == 404
    assert not TrailEntry.objects.filter(what="file_read").exists()


# --- direct filing --------------------------------------------------------------------


@pytest.fixture
def asking(walk):
    found = walk.filed()
    Submission.objects.filter(pk=found.pk).update(
        state=State.DIRECT_ASKED, recommender=None, reach=3
    )
    return walk.fresh(found)


@pytest.mark.parametrize(
    ("verb", "state"),
    [("allow_direct", State.SUBMITTED), ("refuse_direct", State.RETURNED)],
)
def test_direct_filing_is_answered_with_grounds(desk, asking, verb, state):
    url = reverse(f"reviews:{verb}", args=[asking.code])
    page = reverse("reviews:entry", args=[asking.code])
    assert "这家单位申请直接申报" in desk.get(page).content.decode()

    without = desk.post(url, {"comment": "  "}, follow=True)
    asking.refresh_from_db()
    assert without.status_code == 409
    assert asking.state == State.DIRECT_ASKED

    done = desk.post(url, {"comment": "会员单位，核对过会员证"})
    asking.refresh_from_db()
    assert done.url == page
    assert (asking.state, asking.steps.first().comment) == (
        state, "会员单位，核对过会员证",
    )  # fmt: skip


def test_the_neighbour_cannot_answer_for_us(neighbour, asking):
    url = reverse("reviews:allow_direct", args=[asking.code])

    assert neighbour.post(url, {"comment": "同意"}).status_code == 404
    assert neighbour.get(url).status_code == 405


# --- exports --------------------------------------------------------------------------


def export(desk, **filters: str) -> Export:
    answer = desk.post(reverse("reviews:entries_export"), filters)
    assert answer.url == reverse("reviews:exports")
    return Export.objects.first()


@pytest.mark.django_db(transaction=True)
def test_an_export_holds_exactly_what_was_filtered(desk, cast, walk):
    mine = walk.filed()
    walk.draft(group=cast.other_group)

    made = export(desk, state="filed", sort="code", junk="x")
    answer = desk.get(reverse("reviews:export_download", args=[made.key]))

    assert (made.rows, made.filters) == (1, {"state": "filed"})
    found = rows_of(b"".join(answer.streaming_content))
    assert [row[1] for row in found if row[0] == 1] == [mine.code]
    assert TrailEntry.objects.filter(what="export_downloaded").count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_export_of_nothing_is_a_file_all_the_same(desk, walk):
    made = export(desk, state="published")

    assert made.rows == 0
    answer = desk.get(reverse("reviews:export_download", args=[made.key]))
    assert answer.status_code == 200


@pytest.mark.django_db(transaction=True)
def test_an_export_belongs_to_the_association_that_asked(desk, neighbour, cast, noon):
    made = export(desk)
    campaign = made.campaign
    let_run(campaign, cast.other_association.user, by=None, at=noon)

    for name in ("export_download", "export_status"):
        url = reverse(f"reviews:{name}", args=[made.key])
        assert neighbour.get(url).status_code == 404
        assert desk.get(url).status_code == 200
    again = reverse("reviews:export_again", args=[made.key])
    assert neighbour.post(again).status_code == 404
    stop_running(campaign, cast.association.user, by=None, at=noon)
    url = reverse("reviews:export_download", args=[made.key])
    assert desk.get(url).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_an_expired_export_is_gone_and_can_be_asked_for_again(desk, noon):
    made = export(desk, q="车门")
    Document.objects.filter(pk=made.document_id).update(expires_at=noon)

    url = reverse("reviews:export_download", args=[made.key])
    assert desk.get(url).status_code == 404
    assert "已过期" in desk.get(reverse("reviews:exports")).content.decode()
    desk.post(reverse("reviews:export_again", args=[made.key]))
    assert [e.filters for e in Export.objects.all()] == [{"q": "车门"}] * 2


@pytest.mark.django_db(transaction=True)
def test_one_that_did_not_come_out_is_tried_again(desk):
    made = export(desk)
    Document.objects.filter(pk=made.document_id).update(status="FAILED")
    assert "没有成功" in desk.get(reverse("reviews:exports")).content.decode()

    desk.post(reverse("reviews:export_again", args=[made.key]))

    assert Export.objects.count() == 1
    assert Document.objects.get(pk=made.document_id).is_ready


@pytest.mark.django_db(transaction=True)
def test_exports_ask_as_often_for_three_as_for_one(desk, django_assert_num_queries):
    url = reverse("reviews:exports")
    export(desk)
    desk.get(url)
    with CaptureQueriesContext(connection) as captured:
        desk.get(url)
    asked = len(captured)
    export(desk, q="一")
    export(desk, q="二")
    with django_assert_num_queries(asked):
        desk.get(url)


# --- the trail ------------------------------------------------------------------------


def lines(client, query: str = "") -> list[tuple[str, str, str]]:
    page = client.get(f"{reverse('audit:trail')}?{query}")
    return [(what, about, details) for _, what, about, details in page.context["lines"]]


def test_the_trail_tells_of_our_campaigns_only(desk, neighbour, walk):
    found = walk.stamped()

    assert ("盖章", found.code, "单位，纸质盖章扫描件") in lines(desk)
    assert found.code not in str(lines(neighbour))


def test_the_trail_is_filtered_by_act_person_and_day(desk, cast, walk, noon):
    found = walk.stamped()
    day = f"{noon.astimezone():%Y}"

    assert lines(desk, "what=stamped&who=王敏") == [
        ("盖章", found.code, "单位，纸质盖章扫描件")
    ]
    assert lines(desk, "who=没有这个人") == []
    assert lines(desk, f"what=stamped&until={int(day) - 1}-01-01") == []


def test_nobody_posts_to_the_trail(desk):
    assert desk.post(reverse("audit:trail")).status_code == 405
