"""The pages of complaints, cases and hearings."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from conduct import actions
from conduct.forms import SALT
from conduct.models import Case, Complainant
from qcportal.campaigns.models import Campaign, Standing
from tests import factories
from tests.conduct import cases
from tests.journeys.plain import Plain

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def body(cast):
    return cast.recommender.organisation


def typed(of, body, noon, **changes):
    stamp = signing.dumps((noon - timedelta(minutes=2)).isoformat(), salt=SALT)
    return {
        "campaign": of.code, "kind": "fee", "body_name": body.name, "opened": stamp,
        "text": "联络员要求每项成果交评审费2000元。", "named": "no", "name": "不想说", **changes,
    }  # fmt: skip


def test_anybody_complains_and_follows_by_the_receipt(campaign, cast, body, noon):
    client = Client()
    given = typed(campaign, body, noon, files=[factories.png_file("我的截图.png")])
    answer = client.post("/complaints/", given, follow=True)
    page = answer.content.decode()
    assert "收到了，谢谢您" in page
    case = Case.objects.get()
    assert (case.body, case.kind, case.association) == (body, "fee", campaign.host)
    assert Complainant.objects.get().name == "", "anonymous: what was typed is dropped"
    receipt = answer.redirect_chain[-1][0].split("/")[2]
    found = client.get(
        "/complaints/follow/", {"code": receipt.lower().replace("-", " ")}, follow=True
    )
    assert found.status_code == 200
    assert "收到您的反映" in found.content.decode()
    client.post(f"/complaints/{receipt}/more/", {"text": "又收了一次。"})
    assert case.steps.filter(what="added").count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"kind": ""}, "请选反映什么。"),
        ({"kind": "nonsense"}, "请选反映什么。"),
        ({"body_name": ""}, "请写涉及哪家单位"),
        ({"text": "收费"}, "至少 10 个字"),
        ({"text": "长" * 2001}, "2000"),
        ({"named": "yes", "name": ""}, "请写怎么称呼您。"),
        ({"named": "yes", "name": "王女士"}, "请留电话或邮箱"),
        ({"named": "yes", "name": "王女士", "email": "x"}, "邮箱写得不对"),
        ({"website": "http://x.example"}, "请删掉再提交"),
        ({"opened": "forged"}, "请核对一遍"),
        ({"opened": ""}, "请核对一遍"),
        ({"campaign": "jiangnan-1999"}, ""),
    ],
)
def test_a_refused_complaint_keeps_what_was_written(
    changes, sentence, campaign, cast, body, noon
):
    given = typed(campaign, body, noon, **changes)
    answer = Client().post("/complaints/", given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    if "text" not in changes:
        assert given["text"] in page
    assert not Case.objects.exists()


def test_too_quick_too_old_and_forbidden_files_are_refused(campaign, cast, body, noon):
    for age in (timedelta(0), timedelta(hours=25)):
        stamp = signing.dumps(
            (noon - age + timedelta(seconds=1)).isoformat(), salt=SALT
        )
        answer = Client().post(
            "/complaints/", typed(campaign, body, noon, opened=stamp)
        )
        assert "请核对一遍" in answer.content.decode()
    wrong = factories.png_file("材料.exe")
    answer = Client().post("/complaints/", typed(campaign, body, noon, files=[wrong]))
    assert "不能上传" in answer.content.decode()
    many = [factories.png_file(f"{n}.png") for n in range(7)]
    answer = Client().post("/complaints/", typed(campaign, body, noon, files=many))
    assert "最多 6 份" in answer.content.decode()
    assert not Case.objects.exists()


def test_one_address_may_not_flood_the_box_nor_guess_receipts(
    campaign, cast, body, noon
):
    client = Client()
    answers = [
        client.post("/complaints/", {"kind": "x"}).status_code for _ in range(11)
    ]
    assert answers == [422] * 10 + [429]
    codes = [
        client.get("/complaints/follow/", {"code": f"X{n}"}).status_code
        for n in range(31)
    ]
    assert codes == [404] * 30 + [429]
    assert client.get("/complaints/2222-2222-2222-2222/").status_code == 429


def test_without_a_campaign_the_box_says_where_to_call(db):
    assert "现在没有正在办的活动" in Client().get("/complaints/").content.decode()
    assert Client().post("/complaints/", {"kind": "fee"}).status_code == 422


def test_a_case_goes_its_way_on_plain_pages(campaign, cast, body, noon, client_of):
    case = cases.complaint(campaign, body, noon)
    officer = Plain()
    officer.client.force_login(
        cast.association.user, backend="django.contrib.auth.backends.ModelBackend"
    )
    officer.open(f"/conduct/{case.code}/").press("受理，由我承办").says("已受理")
    due = (noon + 5 * DAY).date().isoformat()
    officer.press("请对方说明情况", {"question": "请说明收费。", "due_at": due}).says(
        "已发给对方"
    )
    member = Plain()
    member.client.force_login(
        cast.recommender.user, backend="django.contrib.auth.backends.ModelBackend"
    )
    member.open("/hearings/").follow("收费：请说明收费。")
    member.press("送到秘书处", {"text": "已退还。"}).says("说明已送到秘书处")
    officer.open(f"/conduct/{case.code}/")
    officer.press("作出结论", {"finding": "upheld", "words": "收费属实。"}).says(
        "已办结"
    )
    officer.follow("停止推荐资格").says("手里没有没办完的成果")
    officer.press("停止推荐资格", {"kind": "struck_off", "reason": "收费"}).says(
        "推荐资格已停止"
    )
    assert Standing.objects.get().case == case.code
    officer.press("恢复推荐资格", {"comment": "整改完毕"}).says("推荐资格已恢复")


def test_a_refused_act_keeps_what_was_written(campaign, cast, body, noon, client_of):
    case = cases.complaint(campaign, body, noon)
    actions.accept(case.pk, by=cast.association, at=noon)
    client, path = client_of(cast.association), f"/conduct/{case.code}/"
    given = {
        "act": "ask",
        "question": "请说明收费的来龙去脉。",
        "due_at": noon.date().isoformat(),
        "version": 1,
    }
    answer = client.post(path, given)
    assert answer.status_code == 422
    assert "请至少给一天时间说明。" in answer.content.decode()
    assert given["question"] in answer.content.decode()
    stale = {"act": "dismiss", "comment": "不归我们管。", "version": 0}
    assert "另一位同事刚刚办过这件" in client.post(path, stale).content.decode()
    for junk in ({"act": "nonsense"}, {}):
        assert client.post(path, junk).status_code == 302
    for junk in (
        {"version": "x"},
        {"version": "9" * 30},
        {"due_at": "9999-12-31"},
        {"due_at": "0001-01-01"},
    ):
        assert client.post(path, {**given, **junk}).status_code == 422
    assert cases.fresh(case).state == "handling"


def test_the_table_refuses_while_undecided_and_keeps_choices(
    campaign, cast, body, noon, walk, client_of
):
    one, two = (
        walk.stamped(),
        walk.recommended(cast.second_group, topic_type="innovation"),
    )
    case = cases.upheld(cases.complaint(campaign, body, noon), cast, noon)
    client, path = client_of(cast.association), f"/conduct/{case.code}/right/"
    given = {
        "kind": "struck_off", "reason": "向班组收费", "begins_on": (noon - DAY).date().isoformat(),
        "version": case.version, f"choice-{two.code}": "stay",
    }  # fmt: skip
    page = client.post(path, given)
    assert page.status_code == 422
    assert f"{one.code} 还没有决定怎么办。" in page.content.decode()
    assert '<option value="stay" selected>' in page.content.decode()
    for far in ("9999-12-31", "0001-01-01", "x"):
        assert client.post(path, {**given, "ends_on": far}).status_code == 422
    assert not Standing.objects.exists()
    done = client.post(path, {**given, "rest": "direct"}, follow=True)
    assert "推荐资格已停止" in done.content.decode()
    assert [walk.fresh(one).state, walk.fresh(two).state] == ["submitted", "submitted"]
    assert (
        client.post(path, {**given, "rest": "direct"}).status_code == 302
    )  # second click


def test_the_ledger_filters_pages_and_counts_queries_evenly(
    campaign, cast, body, noon, client_of
):
    client = client_of(cast.association)
    cases.complaint(campaign, body, noon)
    client.get("/conduct/")
    one = len(queries(client, "/conduct/"))
    for kind in ("quota", "other"):
        cases.complaint(campaign, None, noon, kind=kind)
    assert len(queries(client, "/conduct/")) == one
    assert "共 1 件" in client.get("/conduct/?kind=quota").content.decode()
    assert "共 1 件" in client.get(f"/conduct/?q={body.name}").content.decode()
    for junk in ("?state=x&kind=y&mine=z", "?page=x", "?page=999", "?q=%F0%9F%98%80"):
        assert client.get(f"/conduct/{junk}").status_code == 200


def queries(client, path):
    with CaptureQueriesContext(connection) as found:
        client.get(path)
    return found


def test_the_bodys_list_asks_the_same_with_one_and_three(
    campaign, cast, body, noon, client_of
):
    client, counts = client_of(cast.recommender), []
    for number in (1, 2):
        for _ in range(number):
            cases.heard(cases.complaint(campaign, body, noon), cast, noon)
        client.get("/hearings/")
        counts.append(len(queries(client, "/hearings/")))
    assert counts[0] == counts[1]


def test_an_ended_campaign_is_not_offered(campaign, cast, noon):
    Campaign.objects.filter(pk=campaign.pk).update(ended_at=noon)
    assert (
        f'value="{campaign.code}"' not in Client().get("/complaints/").content.decode()
    )
