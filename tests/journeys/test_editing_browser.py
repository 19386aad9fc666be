"""The form in real windows: two people, a lost network, a log-in that ran out, a
spreadsheet on the clipboard, a shared computer."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from qcportal.accounts.roles import Duty
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TABLE = "[data-row-list]"


def edit_url(draft):
    return f"/submissions/{draft.code}/edit/"


def state(one, wanted):
    box = one.page.locator("[data-save-state]")
    expect(box).to_have_attribute("data-state", wanted)
    return box


def type_in(one, **fields):
    """Type and leave the field; the save is under way then."""
    one.fill(fields)
    one.page.locator(f'[name="{list(fields)[-1]}"]').blur()


def saves(one, count):
    """That many saves have changed the draft since it was filled in (version 1)."""
    version = one.page.locator("#content-form > [name=version]")
    expect(version).to_have_value(str(1 + count))


def copies(one):
    return one.page.evaluate(
        "Object.keys(localStorage).filter((key) => key.startsWith('draft:')).length"
    )


@pytest.fixture
def pair(person, cast, walk, noon):
    """A draft open in the windows of two members of the group."""
    draft = walk.draft()
    other = factories.seat("陈立群", cast.group.organisation, Duty.CLERK, noon)
    both = person(cast.group, "group"), person(other, "group")
    for one in both:
        one.open(edit_url(draft))
    return draft, *both


def test_two_people_keep_their_work_and_see_each_others(pair, walk):
    draft, gu, chen = pair
    type_in(gu, title="顾写的题目")
    saves(gu, 1)
    type_in(chen, **{"members-0-post": "车门班长", "summary": "陈写的简介"})
    expect(chen.page.locator('[name="title"]')).to_have_value("顾写的题目")
    expect(chen.page.locator("[data-others]")).to_contain_text("正在填“课题名称”")
    saves(chen, 3)
    type_in(gu, **{"members-0-part": "总负责"})
    expect(gu.page.locator('[name="members-0-post"]')).to_have_value("车门班长")
    expect(gu.page.locator('[name="summary"]')).to_have_value("陈写的简介")
    state(gu, "saved")
    kept = walk.fresh(draft).content
    row = {**draft.content["members"][0], "post": "车门班长", "part": "总负责"}
    assert kept == {
        **draft.content, "title": "顾写的题目", "summary": "陈写的简介",
        "members": [row, *draft.content["members"][1:]],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("button", "kept"), [("用我的", "陈写的题目"), ("用对方的", "顾写的题目")]
)
def test_the_same_field_twice_is_asked_beside_it(pair, walk, button, kept):
    draft, gu, chen = pair
    type_in(gu, title="顾写的题目")
    saves(gu, 1)
    type_in(chen, title="陈写的题目")
    assert "有 1 处别人也改了" in state(chen, "conflict").inner_text()
    box = chen.page.locator("#clash-title .clash")
    expect(box).to_contain_text("顾写的题目")
    expect(box).to_contain_text("也改了这一项")
    assert walk.fresh(draft).title == "顾写的题目"
    chen.press(button, box)
    expect(box).to_have_count(0)
    state(chen, "saved")
    expect(chen.page.locator('[name="title"]')).to_have_value(kept)
    assert walk.fresh(draft).title == kept


def test_rows_added_and_removed_by_two(pair, walk):
    draft, gu, chen = pair
    gu.page.locator('[name="members-3-name"]').fill("沈佳怡")
    gu.page.locator('[name="members-3-name"]').blur()
    saves(gu, 1)
    row = chen.page.locator(f"{TABLE} > tr").nth(1)
    row.get_by_role("button", name="删掉这一行").click()
    names = chen.page.locator(f"{TABLE} [name$=-name]")
    expect(names.nth(2)).to_have_value("沈佳怡")
    state(chen, "saved")
    kept = [row["name"] for row in walk.fresh(draft).content["members"]]
    assert kept == ["顾晓岚", "吴䶮", "沈佳怡"]


# --- a lost network, a crash, a shared computer --------------------------------------------


def test_what_was_typed_without_a_network_is_sent_when_it_is_back(person, cast, walk):
    draft = walk.draft()
    group = person(cast.group, "group").open(edit_url(draft))
    group.context.set_offline(True)
    type_in(group, title="断网时写的")
    assert "没网，已存这台电脑" in state(group, "offline").inner_text()
    group.context.set_offline(False)
    state(group, "saved")
    assert walk.fresh(draft).title == "断网时写的"
    assert copies(group) == 0


def test_after_a_crash_the_copy_is_offered_with_rows_the_page_has_not(
    person, cast, walk
):
    draft = walk.draft()
    group = person(cast.group, "group").open(edit_url(draft))
    group.context.set_offline(True)
    for number, name in enumerate(["沈佳怡", "陆志强", "王海波"], 3):
        if number > 4:
            group.press("添加一行")
        group.page.locator(f'[name="members-{number}-name"]').fill(name)
    type_in(group, title="没传上的题目")
    state(group, "offline")
    # The window dies before the words are sent: another one opens on the same disk.
    group.page.route("**/edit/", lambda route: route.abort())
    group.context.set_offline(False)
    late = group.context.new_page()
    late.goto(group.site + edit_url(draft))
    note = late.get_by_text("没传上去的内容：")
    expect(note).to_contain_text("课题名称")
    expect(note).to_contain_text("小组成员名单")
    late.get_by_role("button", name="用这份").click()
    expect(late.locator('[name="title"]')).to_have_value("没传上的题目")
    expect(late.locator('[name="members-5-name"]')).to_have_value("王海波")
    expect(late.locator("[data-save-state]")).to_have_attribute("data-state", "saved")
    kept = walk.fresh(draft)
    assert kept.title == "没传上的题目"
    assert [row["name"] for row in kept.content["members"]][3:] == [
        "沈佳怡", "陆志强", "王海波",
    ]  # fmt: skip
    group.page.unroute("**/edit/")


def test_on_a_shared_computer_nobody_is_offered_anothers_words(
    person, cast, walk, noon
):
    draft = walk.draft()
    other = factories.seat("陈立群", cast.group.organisation, Duty.CLERK, noon)
    group = person(cast.group, "group").open(edit_url(draft))
    group.context.set_offline(True)
    type_in(group, title="顾没传上的")
    state(group, "offline")
    group.page.close()
    group.context.set_offline(False)
    group.context.clear_cookies()
    group.page = group.context.new_page()
    group.sign_in(other, "group")
    group.open(edit_url(draft))
    expect(group.page.get_by_text("没传上去的内容")).to_have_count(0)
    group.context.clear_cookies()
    group.sign_in(cast.group, "group")
    group.open(edit_url(draft))
    expect(group.page.get_by_text("没传上去的内容")).to_be_visible()


def test_signing_out_asks_and_leaves_nothing_behind(person, cast, walk):
    draft = walk.draft()
    group = person(cast.group, "group").open(edit_url(draft))
    group.page.route("**/edit/", lambda route: route.abort())
    type_in(group, title="还没传上的")
    state(group, "failed")
    assert copies(group) == 1
    group.page.locator('form[action$="/sign-out/"]').first.evaluate(
        "form => form.requestSubmit()"
    )
    dialog = group.page.get_by_role("dialog", name="还有没传上去的内容")
    group.press("清掉并退出", dialog)
    group.page.wait_for_url(lambda url: "/edit/" not in url)
    assert copies(group) == 0
    group.page.unroute("**/edit/")


def test_a_browser_with_no_room_says_so(person, cast, walk):
    draft = walk.draft()
    group = person(cast.group, "group").open(edit_url(draft))
    group.page.evaluate(
        "() => { Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError') } }"
    )
    group.context.set_offline(True)
    type_in(group, title="存不下的")
    assert "请先不要关这个页面" in state(group, "failed").inner_text()
    group.context.set_offline(False)
    state(group, "saved")


# --- the log-in ran out ---------------------------------------------------------------------


def test_an_expired_log_in_is_renewed_in_a_new_window(person, cast, walk):
    draft = walk.draft()
    group = person(cast.group, "group").open(edit_url(draft))
    group.context.clear_cookies()
    type_in(group, title="登录过期后写的")
    said = state(group, "failed")
    expect(said).to_contain_text("登录过期，填的内容已存这台电脑。")
    with group.context.expect_page() as opening:
        said.get_by_role("link", name="重新登录").click()
    door = opening.value
    door.get_by_label("用户名").fill(cast.group.user.username)
    door.get_by_label("密码").fill(factories.PASSWORD)
    door.get_by_role("button", name="登录", exact=True).click()
    expect(door.get_by_role("heading", name="登录好了")).to_be_visible()
    door.close()
    state(group, "saved")
    assert walk.fresh(draft).title == "登录过期后写的"
    # The form itself carries the new token: the button works as well.
    group.press("先存着，下次再填").reads("已存好：登录过期后写的")
    group.troubles[:] = [t for t in group.troubles if not t.startswith("403 ")]


# --- a spreadsheet ---------------------------------------------------------------------------

SHEET = (
    "序号\t姓名\t岗位\t性别\t工龄\n1\t沈佳怡\t质量员\t女\t5\n2\t陆志强\t检修工\t男\t8\n"
)


def paste(one, selector, text):
    one.page.locator(selector).evaluate(
        """(field, text) => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            field.focus();
            field.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
        }""",
        text,
    )


def test_a_table_from_a_spreadsheet_goes_by_its_headings_and_can_be_undone(
    person, cast, walk
):
    draft = walk.draft()
    group = person(cast.group, "group").open(edit_url(draft))
    paste(group, '[name="members-3-name"]', SHEET)
    report = group.page.locator("[data-row-report]")
    expect(report).to_contain_text("放在第 4 到 5 行，按表头：姓名、岗位、性别。")
    expect(report).to_contain_text("有 2 列这张表里没有，没放。")
    saves(group, 1)
    rows = walk.fresh(draft).content["members"][3:]
    assert rows == [
        {"name": "沈佳怡", "gender": "f", "post": "质量员", "part": ""},
        {"name": "陆志强", "gender": "m", "post": "检修工", "part": ""},
    ]
    group.press("撤销这次粘贴")
    expect(group.page.locator('[name="members-3-name"]')).to_have_value("")
    saves(group, 2)
    expect(group.page.locator("[data-row-says]")).to_contain_text("已撤销")
    group.press("先存着，下次再填").reads("已存好")
    assert walk.fresh(draft).content["members"] == draft.content["members"]


def test_more_rows_than_there_is_room_for_are_named(person, cast, walk):
    draft = walk.draft()
    group = person(cast.group, "group").open(edit_url(draft))
    paste(
        group, '[name="members-3-name"]', "\n".join(f"组员{n:02}\t男" for n in range(9))
    )
    report = group.page.locator("[data-row-report]")
    expect(report).to_contain_text("最多 10 行，没放下的：组员07、组员08。")
    assert group.page.locator(f"{TABLE} > tr").count() == 10


def test_enter_walks_down_a_column_and_adds_a_row(person, cast, walk):
    draft = walk.draft()
    group = person(cast.group, "group").open(edit_url(draft))
    group.page.locator('[name="members-3-name"]').fill("甲")
    group.page.keyboard.press("Enter")
    group.page.keyboard.type("乙")
    group.page.keyboard.press("Enter")
    group.page.keyboard.type("丙")
    expect(group.page.locator('[name="members-5-name"]')).to_have_value("丙")
    group.page.keyboard.press("ArrowUp")
    expect(group.page.locator('[name="members-4-name"]')).to_be_focused()
