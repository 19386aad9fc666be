"""The group's desk and tracker: what is shown, what may be done, to whom."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from qcportal.campaigns.models import Window
from qcportal.campaigns.stages import Stage
from submissions import actions
from submissions.lifecycle import State
from submissions.models import Submission

pytestmark = pytest.mark.django_db


def edit_url(submission):
    return f"/submissions/{submission.code}/edit/"


def close_filing(campaign):
    """The filing window closes at this very instant."""
    window = campaign.windows.get(stage=Stage.FILING)
    at = timezone.now()
    Window.objects.filter(pk=window.pk).update(closes_at=at)
    return at


# --- desk ---------------------------------------------------------------------------


def test_an_empty_desk_offers_to_begin(client_of, cast):
    page = client_of(cast.group).get("/submissions/").content.decode()
    assert "还没有成果" in page
    assert 'href="/submissions/new/"' in page


def test_the_desk_shows_own_entries_with_one_act_each(walk, cast, client_of):
    draft, filed = (
        walk.draft(title="降低车门故障率"),
        walk.filed(topic_type="innovation"),
    )
    other = walk.draft(group=cast.second_group, title="别组的课题")
    page = client_of(cast.group).get("/submissions/").content.decode()
    assert f'href="/submissions/{draft.code}/edit/"' in page
    assert "草稿，还没提交" in page
    assert "都填好了" in page
    assert f'href="/submissions/{filed.code}/"' in page
    assert "待单位盖章" in page
    assert other.code not in page


def test_the_desk_asks_as_often_for_one_as_for_three(
    walk, cast, client_of, django_assert_num_queries
):
    client = client_of(cast.group)
    walk.filed()
    client.get("/submissions/")
    with CaptureQueriesContext(connection) as one:
        client.get("/submissions/")
    walk.draft()
    walk.filed(topic_type="innovation")
    with django_assert_num_queries(len(one)):
        client.get("/submissions/")


@pytest.mark.parametrize("page", ["0", "-1", "99", "abc", "١"])
def test_junk_page_numbers_are_a_page(walk, cast, client_of, page):
    walk.draft()
    assert client_of(cast.group).get("/submissions/", {"page": page}).status_code == 200


def test_other_desks_read_whose_page_it_is(cast, client_of):
    for actor in (cast.unit, cast.recommender, cast.association, cast.judge):
        assert client_of(actor).get("/submissions/").status_code == 403


# --- begin --------------------------------------------------------------------------


def test_before_starting_the_needed_papers_are_listed(cast, client_of):
    page = client_of(cast.group).get("/submissions/new/").content.decode()
    assert "成果报告" in page
    assert "不超过 50 MB" in page
    assert "小组活动照片</b>（选传）" in page


def test_beginning_opens_a_draft_with_what_is_known(cast, client_of):
    response = client_of(cast.group).post("/submissions/new/")
    begun = Submission.objects.get()
    assert response.headers["Location"] == f"/submissions/{begun.code}/edit/"
    assert begun.content["unit_name"] == "上海申浦轨道车辆维修有限公司"


def test_after_closing_nothing_begins(campaign, cast, client_of):
    close_filing(campaign)
    client = client_of(cast.group)
    response = client.post("/submissions/new/")
    assert "已关闭" in response.content.decode()
    assert Submission.objects.count() == 0
    assert "/submissions/new/" not in client.get("/submissions/").content.decode()


# --- following ----------------------------------------------------------------------

WAY = [
    ("draft", "您这里", "接着填"),
    ("filed", "单位 · 上海申浦轨道车辆维修有限公司", "提醒单位"),
    ("stamped", "推荐单位 · 浦东新区质量协会", "提醒推荐单位"),
    ("submitted", "秘书处", "提醒秘书处"),
    ("judging", "评审专家", "专家正在评审"),
    ("decided", "评审专家", "专家正在评审"),
    ("published", "结果已公布", "结果已公布"),
]


@pytest.mark.parametrize(("state", "who", "words"), WAY)
def test_the_tracker_says_who_has_it(walk, cast, client_of, state, who, words):
    submission = getattr(walk, state)()
    page = (
        client_of(cast.group).get(f"/submissions/{submission.code}/").content.decode()
    )
    assert f"<b>{who}</b>" in page
    assert words in page


def test_what_is_decided_looks_like_what_is_judged(walk, cast, client_of):
    """Until it is released: no word, no time, no button may tell the difference."""
    submission = walk.judging()
    url, client = f"/submissions/{submission.code}/", client_of(cast.group)

    def main():
        page = client.get(url).content.decode()
        return re.sub(
            r"csrf\w*\"[^>]*", "", page[page.index("<main") : page.index("</main")]
        )

    before = main()
    for judge in (cast.judge, cast.judge2, cast.judge3):
        assert judge.user.name not in before
    Submission.objects.filter(pk=submission.pk).update(
        state=State.DECIDED, state_since=timezone.now()
    )
    assert main() == before


def test_reminding_is_once_a_day(walk, cast, client_of):
    filed, client = walk.filed(), client_of(cast.group)
    url = f"/submissions/{filed.code}/"
    client.post(f"{url}remind/")
    client.post(f"{url}remind/")
    assert filed.reminders.count() == 1
    assert "已经提醒过，一天只能提醒一次" in client.get(url).content.decode()


def test_recalling_gives_the_form_back(walk, cast, client_of):
    filed, client = walk.filed(), client_of(cast.group)
    response = client.post(f"/submissions/{filed.code}/recall/")
    assert response.headers["Location"] == edit_url(filed)
    assert client.get(edit_url(filed)).context["editor"].frozen is False


def test_withdrawing_needs_a_reason(walk, cast, client_of):
    draft, client = walk.draft(), client_of(cast.group)
    url = f"/submissions/{draft.code}/withdraw/"
    client.post(url, {"comment": "  "})
    assert walk.fresh(draft).state == State.DRAFT
    client.post(url, {"comment": "小组解散"})
    assert walk.fresh(draft).state == State.WITHDRAWN
    assert "小组解散" in client.get(f"/submissions/{draft.code}/").content.decode()


def test_a_returned_form_opens_with_the_reason(walk, cast, client_of, noon):
    filed, client = walk.filed(), client_of(cast.group)
    actions.unit_return(filed.pk, comment="请写明统计期间", by=cast.unit, at=noon)
    desk = client.get("/submissions/").content.decode()
    assert "轮到您了：" in desk
    assert "单位 王敏" in desk
    page = client.get(edit_url(filed)).content.decode()
    assert "请写明统计期间" in page
    assert "改好了，重新提交" in page


# --- whose --------------------------------------------------------------------------

PAGES = ["", "edit/", "file/"]
VERBS = ["edit/", "file/", "remind/", "recall/", "withdraw/"]


def test_a_foreign_code_is_not_found(walk, cast, client_of):
    draft = walk.draft()
    client = client_of(cast.second_group)
    base = f"/submissions/{draft.code}/"
    reads = [client.get(base + page).status_code for page in PAGES]
    writes = [client.post(base + verb, {"comment": "x"}).status_code for verb in VERBS]
    assert (reads, writes) == ([404] * 3, [404] * 5)
    assert client.get("/submissions/2020-SQC-9999/").status_code == 404


def test_verbs_are_posts(walk, cast, client_of):
    filed, client = walk.filed(), client_of(cast.group)
    for verb in ("remind/", "recall/", "withdraw/"):
        assert client.get(f"/submissions/{filed.code}/{verb}").status_code == 405
