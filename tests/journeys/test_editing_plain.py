"""Two members of a group on one draft, without scripts: the whole form goes by a
button, and a clash is settled by another."""

from __future__ import annotations

import pytest

from qcportal.accounts.roles import Duty
from tests import factories
from tests.journeys.test_plain import signed_in

pytestmark = pytest.mark.django_db(transaction=True)

LATER = "先存着，下次再填"


@pytest.fixture
def pair(cast, walk, noon):
    """A draft open in two windows: it, the page of the one, the page of the other."""
    draft = walk.draft()
    other = factories.seat("陈立群", cast.group.organisation, Duty.CLERK, noon)
    windows = [signed_in(who, "group") for who in (cast.group, other)]
    return draft, *(one.open(f"/submissions/{draft.code}/edit/") for one in windows)


def test_different_fields_are_both_kept(pair, walk):
    draft, gu, chen = pair
    gu.press(LATER, {"title": "顾写的题目", "members-0-post": "车门班长"})
    chen.press(LATER, {"summary": "陈写的简介", "members-0-part": "总负责"})
    chen.says("已存好：顾写的题目")
    row = {**draft.content["members"][0], "post": "车门班长", "part": "总负责"}
    assert walk.fresh(draft).content == {
        **draft.content, "title": "顾写的题目", "summary": "陈写的简介",
        "members": [row, *draft.content["members"][1:]],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("title", "row", "kept"),
    [
        ("用我的", "用我的", ("陈写的题目", "陈岚")),
        ("用对方的", "用我的", ("顾写的题目", "陈岚")),
        ("用我的", "用对方的", ("陈写的题目", "顾岚")),
    ],
)
def test_the_same_field_is_settled_beside_it(pair, walk, title, row, kept):
    draft, gu, chen = pair
    gu.press(LATER, {"title": "顾写的题目", "members-0-name": "顾岚"})
    mine = {"title": "陈写的题目", "members-0-name": "陈岚", "department": "新部门"}
    chen.press(LATER, mine, status=409)
    chen.says("有几处别人也改了，等您选", "顾晓岚", "也改了这一项", "其余的都存好了")
    chen.holds("陈写的题目").holds("陈岚")
    stored = walk.fresh(draft)
    assert (stored.title, stored.content["department"]) == ("顾写的题目", "新部门")
    # One is settled, the other goes on waiting with what was typed.
    chen.press(f"{title}：课题名称", status=409).holds("陈岚")
    assert walk.fresh(draft).title == kept[0]
    chen.press(f"{row}：小组成员名单第 1 行姓名").says("已存好，可以接着填。")
    after = walk.fresh(draft).content
    assert (after["title"], after["members"][0]["name"]) == kept


def test_a_row_removed_by_one_and_written_in_by_the_other(pair, walk):
    draft, gu, chen = pair
    blank = {f"members-1-{column}": "" for column in ("name", "gender", "post", "part")}
    gu.press(LATER, blank)
    chen.press(LATER, {"members-1-post": "改过的岗位"}, status=409)
    chen.says("顾晓岚", "删掉了这一行，您在里面改过")
    assert len(walk.fresh(draft).content["members"]) == 2
    chen.press("用我的：小组成员名单第 2 行")
    kept = walk.fresh(draft).content["members"]
    assert kept == [
        draft.content["members"][0],
        {**draft.content["members"][1], "post": "改过的岗位"},
        draft.content["members"][2],
    ]


def test_the_way_before_filing(pair):
    """What is known, how it prints, what is missing: each a page of its own."""
    draft, gu, _ = pair
    gu.follow("看打印的样子").press("画出打印的样子").says("中间印着“草稿”")
    gu.follow("回去接着填").press("核对并提交", {"title": ""})
    gu.says("课题名称", "还没填", "请填写课题名称").follow("去填")
    assert gu.path == f"/submissions/{draft.code}/edit/"
