"""Blocks and lines of the settings: saved, refused beside the field, two at once."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from qcportal.audit.models import TrailEntry
from qcportal.campaigns import settings_actions
from qcportal.campaigns import settings_rules as rules
from qcportal.campaigns.models import AwardLevel, Campaign, CheckItem, Milestone
from qcportal.campaigns.settings_forms import day_words
from qcportal.refusals import Refused

pytestmark = pytest.mark.django_db
CODE = "shanghai-2020"


@pytest.fixture
def desk(cast, client_of):
    return client_of(cast.association)


@pytest.fixture
def draft(campaign) -> Campaign:
    Campaign.objects.filter(pk=campaign.pk).update(published_at=None)
    campaign.refresh_from_db()
    return campaign


def at(name: str, *args: object) -> str:
    return reverse(f"campaigns:{name}", args=[CODE, *args])


NAMING = {
    "name": "2020年上海市质量管理小组活动", "year": 2020, "headline": "成果申报与推荐",
    "lead": "", "document_number": "沪质协〔2020〕17号", "letters": "SQC",
    "result_words": "上海市质量管理小组活动优秀成果",
}  # fmt: skip


def shown(campaign: Campaign, block: str = "naming") -> str:
    campaign.refresh_from_db()
    return rules.block_seen(campaign, block)


def test_a_draft_is_saved_without_a_reason_and_on_record(desk, draft):
    given = {**NAMING, "document_number": "沪质协[2020] 18号", "version": shown(draft)}

    answer = desk.post(at("save_block", "naming"), given)

    assert answer.url == at("profile") + "#naming"
    draft.refresh_from_db()
    assert draft.document_number == "沪质协[2020] 18号"
    assert draft.document_number_key == "沪质协〔2020〕18号"
    line = TrailEntry.objects.get(what="campaign_changed")
    assert (line.about, line.campaign) == ("naming", CODE)
    assert line.data["after"]["document_number"] == "沪质协[2020] 18号"
    assert "文号" in line.data["fields"]


def test_autosave_answers_with_the_next_version(desk, draft):
    script = {"HTTP_X_REQUESTED_WITH": "autosave"}
    given = {**NAMING, "version": shown(draft)}

    first = desk.post(at("save_block", "naming"), given, **script)
    given = {**given, "lead": "两步填好", "version": first.json()["version"]}
    second = desk.post(at("save_block", "naming"), given, **script)
    stale = desk.post(
        at("save_block", "naming"), {**given, "lead": "三步填好"}, **script
    )
    wrong = desk.post(at("save_block", "naming"), {**given, "name": ""}, **script)

    assert second.json()["version"] == shown(draft)
    assert (stale.status_code, wrong.status_code) == (409, 422)
    draft.refresh_from_db()
    assert draft.lead == "两步填好"


def test_two_clerks_at_once_the_second_reads_both(desk, draft):
    seen = shown(draft)
    desk.post(at("save_block", "naming"), {**NAMING, "lead": "甲写的", "version": seen})

    page = desk.post(
        at("save_block", "naming"), {**NAMING, "lead": "乙写的", "version": seen}
    )

    assert page.status_code == 409
    assert "同事刚刚改过这一块" in page.content.decode()
    form = next(b["form"] for b in page.context["blocks"] if b["key"] == "naming")
    assert form["lead"].value() == "乙写的"
    again = {**NAMING, "lead": "乙写的", "version": form["version"].value()}
    assert desk.post(at("save_block", "naming"), again).status_code == 302
    draft.refresh_from_db()
    assert draft.lead == "乙写的"


def test_a_running_campaign_wants_a_reason(desk, campaign):
    given = {**NAMING, "version": shown(campaign)}

    page = desk.post(at("save_block", "naming"), given)
    form = next(b["form"] for b in page.context["blocks"] if b["key"] == "naming")
    assert form.errors["reason"] == ["请写明原因，会记入操作日志"]
    assert form["headline"].value() == "成果申报与推荐"

    assert (
        desk.post(at("save_block", "naming"), {**given, "reason": "更正"}).status_code
        == 302
    )
    line = TrailEntry.objects.get(what="campaign_changed")
    assert line.data["reason"] == "更正"


@pytest.mark.parametrize(
    ("block", "given", "field", "words"),
    [
        ("naming", {"name": ""}, "name", "请填活动名称。"),
        ("naming", {"year": "1"}, "year", "确保该值大于或等于2000。"),
        ("naming", {"year": "二〇"}, "year", "年度要填整数。"),
        ("hosts", {"co_hosts": "甲协会\n甲协会"}, "co_hosts", "有一家单位写了两遍。"),
        ("hosts", {"co_hosts": "\n".join(f"第{n}家" for n in range(13))}, "co_hosts", "联合主办单位最多 12 家。"),
        ("contact", {"email": "x"}, "email", "输入一个有效的 Email 地址。"),
        ("certificate", {"certificate_pattern": "{letters.__class__}{level}{serial}"}, "certificate_pattern", "编号规则里不认识"),
        ("certificate", {"certificate_pattern": "{serial:099999999d}{level}"}, "certificate_pattern", "写法不对"),
        ("certificate", {"certificate_pattern": "{level"}, "certificate_pattern", "大括号不成对"),
        ("certificate", {"certificate_pattern": "{letters}-{level}"}, "certificate_pattern", "要有流水号"),
        ("certificate", {"certificate_words": "《{title}》由{unit}"}, "certificate_words", "证书正文里不认识"),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_at_its_field(desk, draft, block, given, field, words):
    full = {
        "naming": NAMING, "hosts": {}, "contact": {"phone": "021-0000 0000"},
        "certificate": {
            "certificate_pattern": "{letters}{year}-{level}-{serial:04d}",
            "certificate_words": "《{title}》被评为", "certificate_issuer": "协会",
        },
    }[block]  # fmt: skip
    before = rules.values_of(draft, rules.BLOCKS[block])

    page = desk.post(
        at("save_block", block), {**full, **given, "version": shown(draft, block)}
    )

    form = next(b["form"] for b in page.context["blocks"] if b["key"] == block)
    assert words in form.errors[field][0]
    assert form[field].value() == given[field]
    draft.refresh_from_db()
    assert rules.values_of(draft, rules.BLOCKS[block]) == before


def test_every_host_in_the_order_of_the_notice(desk, draft):
    names = "上海市质量协会\r\n\r\n 上海市总工会 \r\n上海市妇女联合会"

    desk.post(
        at("save_block", "hosts"), {"co_hosts": names, "version": shown(draft, "hosts")}
    )

    draft.refresh_from_db()
    assert draft.co_hosts == ["上海市质量协会", "上海市总工会", "上海市妇女联合会"]


def test_an_ended_campaign_is_read_only(desk, campaign, noon):
    Campaign.objects.filter(pk=campaign.pk).update(ended_at=noon)

    page = desk.post(
        at("save_block", "naming"),
        {**NAMING, "version": shown(campaign), "reason": "试"},
    )

    assert "活动已经办结" in page.content.decode()
    campaign.refresh_from_db()
    assert campaign.headline != NAMING["headline"]


# --- lines --------------------------------------------------------------------------


def seen(campaign: Campaign, kind: str = "milestones") -> str:
    return rules.lines_seen(kind, rules.LINES[kind].rows(campaign))


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (date(2020, 6, 28), date(2020, 7, 12), "6月28日–7月12日"),
        (date(2020, 6, 28), date(2020, 6, 28), "6月28日"),
        (None, date(2020, 7, 20), "7月20日前"),
        (date(2020, 8, 11), None, "8月11日起"),
        (None, None, "另行通知"),
    ],
)
def test_days_in_words(start, end, words):
    assert day_words(start, end) == words


def test_a_milestone_without_a_day_is_marked(desk, draft):
    given = {"title": "成果发表赛（第二场）", "on_home": "on", "version": seen(draft)}

    answer = desk.post(at("add_line", "milestones"), given)

    assert answer.url == at("settings") + "#milestones"
    made = draft.milestones.last()
    assert (made.title, made.label, made.on_home) == ("成果发表赛（第二场）", "另行通知", True)  # fmt: skip


def test_a_milestone_hidden_from_the_home_page(desk, draft, client):
    rows = rules.LINES["milestones"].rows(draft)
    given = {
        "title": "内部准备会", "starts_on": "2020-06-01", "ends_on": "2020-06-02",
        "version": seen(draft),
    }  # fmt: skip
    assert desk.post(at("line", "milestones", 1), given).status_code == 302
    Campaign.objects.filter(pk=draft.pk).update(published_at=draft.windows.all()[0].opens_at)  # fmt: skip

    home = client.get("/").content.decode()
    assert "内部准备会" not in home
    assert rows[1].title in home


def test_lines_change_places_and_stay_numbered(desk, draft):
    before = list(draft.milestones.values_list("title", flat=True))

    desk.post(at("move_line", "milestones", 3), {"step": "-1", "version": seen(draft)})
    desk.post(at("move_line", "milestones", 1), {"step": "-1", "version": seen(draft)})

    after = list(draft.milestones.values_list("title", flat=True))
    assert after == [before[0], before[2], before[1], *before[3:]]
    assert list(draft.milestones.values_list("order", flat=True)) == list(
        range(1, len(before) + 1)
    )


def test_a_list_that_moved_meanwhile_is_not_edited_by_number(desk, draft):
    old = seen(draft)
    desk.post(at("move_line", "milestones", 2), {"step": "-1", "version": old})
    titles = list(draft.milestones.values_list("title", flat=True))

    given = {"title": "改错了", "version": old}
    page = desk.post(at("line", "milestones", 1), given)
    removed = desk.post(at("remove_line", "milestones", 1), {"version": old})

    assert "同事刚刚改过这一块" in page.content.decode()
    assert removed.status_code == 422
    assert list(draft.milestones.values_list("title", flat=True)) == titles


@pytest.mark.parametrize(
    ("kind", "given", "field", "words"),
    [
        ("milestones", {"title": "赛", "starts_on": "2020-07-02", "ends_on": "2020-07-01"}, "ends_on", "结束不能早于开始。"),
        ("milestones", {"title": "赛", "starts_on": "2020-13-01"}, "starts_on", "请填日期，例如 2020-07-12"),
        ("milestones", {"title": ""}, "title", "请填环节。"),
        ("awards", {"name": "特等奖", "code": "1", "style": "gold"}, "code", "这个编号用代码已经有奖项在用。"),
        ("awards", {"name": "一等奖", "code": "9", "style": "gold"}, "name", "这个名称已经有奖项在用。"),
        ("awards", {"name": "特等奖", "code": "特", "style": "gold"}, "code", "输入由字母，数字"),
        ("awards", {"name": "特等奖", "code": "0", "style": "red"}, "style", "请重新选择颜色。"),
        ("checks", {"text": ""}, "text", "请填核对内容。"),
        ("checks", {"text": "好", "category": "999"}, "category", "请重新选择类别。"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_line(desk, draft, kind, given, field, words):
    rows = rules.LINES[kind].rows(draft)

    page = desk.post(at("add_line", kind), {**given, "version": seen(draft, kind)})

    assert page.status_code == 422
    assert words in page.context["form"].errors[field][0]
    assert page.context["form"][field].value() == given[field]
    assert rules.LINES[kind].rows(draft) == rows


def test_unknown_kinds_and_places_are_not_there(desk, draft):
    for url in (
        at("add_line", "nothing"), at("line", "awards", 99), at("line", "awards", 0),
        at("remove_line", "checks", 99),
    ):  # fmt: skip
        assert desk.get(url).status_code == 404
    assert desk.post(at("move_line", "awards", 99)).status_code == 404
    assert desk.post(at("save_block", "nothing")).status_code == 404


def test_lines_end_at_a_number_nobody_needs(cast, draft, noon, monkeypatch):
    monkeypatch.setattr(rules, "MOST_LINES", draft.check_items.count())

    with pytest.raises(Refused) as no:
        settings_actions.add_line(
            draft.pk, "checks", {"text": "再一条"}, seen=seen(draft, "checks"),
            by=cast.association, at=noon,
        )  # fmt: skip

    assert no.value.codes == ["too_many_lines"]


# --- what a change brings -----------------------------------------------------------


def test_an_award_with_decisions_keeps_its_code_and_its_place(walk, desk, campaign):
    walk.decided()
    place = 1 + [a.code for a in rules.LINES["awards"].rows(campaign)].index("1")
    same = {"name": "一等奖", "code": "1", "style": "gold", "reason": "更名"}
    version = {"version": seen(campaign, "awards")}

    page = desk.post(at("line", "awards", place), {**same, **version, "code": "A"})
    assert "已有 1 项评为“一等奖”" in page.content.decode()
    removed = desk.post(
        at("remove_line", "awards", place), {**version, "reason": "不要"}
    )
    assert removed.status_code == 422
    assert AwardLevel.objects.filter(campaign=campaign, code="1").exists()

    named = {**same, **version, "name": "金奖"}
    asked = desk.post(at("line", "awards", place), named)
    assert "还没公示的跟着改" in asked.content.decode()
    assert 'name="confirmed"' in asked.content.decode()
    done = desk.post(at("line", "awards", place), {**named, "confirmed": "on"})
    assert done.status_code == 302
    assert AwardLevel.objects.get(campaign=campaign, code="1").name == "金奖"


def test_numbers_in_use_hold_year_and_letters(walk, desk, campaign):
    walk.draft()

    page = desk.post(
        at("save_block", "naming"),
        {**NAMING, "letters": "XQC", "reason": "换", "version": shown(campaign)},
    )

    form = next(b["form"] for b in page.context["blocks"] if b["key"] == "naming")
    assert "已有 1 项成果按原来的年度和字母编了受理编号" in form.errors["letters"][0]


def test_what_was_filed_is_counted_before_the_name_changes(walk, desk, campaign):
    walk.filed()
    given = {**NAMING, "name": "新名称", "reason": "更名", "version": shown(campaign)}

    page = desk.post(at("save_block", "naming"), given)

    assert "已提交的 1 项" in page.content.decode()
    campaign.refresh_from_db()
    assert campaign.name != "新名称"
    assert desk.post(
        at("save_block", "naming"), {**given, "confirmed": "on"}
    ).status_code == 302  # fmt: skip


def test_items_that_were_answered_stay(walk, desk, campaign):
    walk.checked()

    page = desk.post(
        at("remove_line", "checks", 1),
        {"version": seen(campaign, "checks"), "reason": "不用了", "confirmed": "on"},
    )

    assert "已经用上了，不能删" in page.content.decode()
    assert CheckItem.objects.filter(campaign=campaign, order=1).exists()


# --- pages --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["profile", "settings", "honours", "checks", "categories", "opening"])  # fmt: skip
def test_pages_ask_as_often_for_more_lines(
    desk, draft, name, django_assert_max_num_queries
):
    Milestone.objects.filter(campaign=draft).delete()
    Milestone.objects.create(campaign=draft, order=1, title="一", label="一月")
    desk.get(at(name))
    with django_assert_max_num_queries(200) as once:
        desk.get(at(name))
    for n in range(2, 5):
        Milestone.objects.create(campaign=draft, order=n, title=str(n), label="月")
        CheckItem.objects.create(campaign=draft, order=90 + n, text=str(n))
        AwardLevel.objects.create(
            campaign=draft, order=90 + n, code=f"x{n}", name=str(n)
        )
    with django_assert_max_num_queries(len(once.captured_queries)):
        desk.get(at(name))


def test_the_neighbour_sees_and_changes_nothing(cast, client_of, campaign):
    stranger = client_of(cast.other_association)
    for name, *args in (
        ("profile",), ("honours",), ("checks",), ("categories",), ("opening",),
        ("extensions",), ("export",), ("add_line", "awards"), ("line", "awards", 1),
        ("remove_line", "awards", 1), ("add_category",), ("category", "result"),
    ):  # fmt: skip
        assert stranger.get(at(name, *args)).status_code == 404, name
    for name, *args in (
        ("save_block", "naming"), ("publish",), ("end",), ("reopen",),
        ("move_line", "awards", 1), ("move_category", "result"),
    ):  # fmt: skip
        given = {**NAMING, "reason": "试", "version": shown(campaign)}
        assert stranger.post(at(name, *args), given).status_code == 404, name
