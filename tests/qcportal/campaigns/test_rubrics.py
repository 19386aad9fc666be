"""Rubrics in the browser: begun, written, published for ever; the settings of scoring."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qcportal.audit.models import TrailEntry
from qcportal.campaigns import rubric_actions, rubric_rules, rubric_shows
from qcportal.campaigns.gaps import gaps
from qcportal.campaigns.models import Campaign, Category, Criterion, Rubric
from qcportal.campaigns.presets import loading, reading
from qcportal.campaigns.presets.exporting import export
from qcportal.campaigns.settings_rules import block_seen
from qcportal.refusals import Refused

pytestmark = pytest.mark.django_db
CODE = "shanghai-2020"


@pytest.fixture
def category(campaign) -> Category:
    return campaign.categories.get(code="result")


@pytest.fixture
def desk(cast, client_of) -> Client:
    return client_of(cast.association)


@pytest.fixture
def standing(category) -> Rubric:
    return category.rubrics.get(topic_type="problem")


@pytest.fixture
def draft(category, standing, cast, noon) -> Rubric:
    """The second version, begun as a copy of the first."""
    return rubric_actions.begin_rubric(
        category.pk, "problem", like=standing, by=cast.association, at=noon
    )


@pytest.fixture
def unpublished(campaign) -> Campaign:
    Campaign.objects.filter(pk=campaign.pk).update(published_at=None)
    campaign.refresh_from_db()
    return campaign


def url(name: str, *more: Any, kind: str = "problem") -> str:
    return reverse(f"campaigns:{name}", args=[CODE, "result", kind, *more])


def rows_of(rubric: Rubric) -> list[dict[str, Any]]:
    return rubric_rules.facts_of(Rubric.objects.get(pk=rubric.pk))[1]


def posted(rubric: Rubric, rows: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """What the editor posts for these rows."""
    fresh = Rubric.objects.get(pk=rubric.pk)
    data = {
        "version": fresh.edition, "name": fresh.name, "source": fresh.source,
        "step": "0.5", "rows-TOTAL_FORMS": len(rows), "rows-INITIAL_FORMS": len(rows),
        "act": "keep",
    }  # fmt: skip
    for n, row in enumerate(rows):
        data |= {f"rows-{n}-{name}": value for name, value in row.items()}
    return {**data, **more}


def saved(rubric: Rubric) -> list[tuple[str, str, Decimal]]:
    found = Criterion.objects.filter(rubric=rubric).order_by("order")
    return list(found.values_list("code", "name", "points"))


def text(answer: Any) -> str:
    return answer.content.decode()


# --- versions -------------------------------------------------------------------------


def test_a_new_version_is_a_copy_and_only_one_is_written(desk, category, standing):
    begin = reverse("campaigns:begin_rubric", args=[CODE, "result"])
    given = {"topic_type": "problem", "like": standing.pk}

    assert desk.post(begin, given).url == url("edit_rubric")
    made = category.rubrics.get(topic_type="problem", published_at=None)
    assert (made.version, saved(made)) == (2, saved(standing))
    again = desk.post(begin, given)
    assert again.status_code == 422
    assert "已经有一版在编写" in text(again)
    assert TrailEntry.objects.filter(what="rubric_begun").count() == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [({"topic_type": "nobody", "like": "empty"}, "请重新选择适用。"),
     ({"topic_type": "", "like": "999999"}, "请重新选择照着。")],
)  # fmt: skip
def test_what_is_begun_must_be_of_the_category(desk, category, given, words):
    answer = desk.post(reverse("campaigns:begin_rubric", args=[CODE, "result"]), given)
    assert (answer.status_code, words in text(answer)) == (422, True)
    assert category.rubrics.count() == 2


def test_a_category_without_one_begins_with_nothing_or_another_ones(
    desk, campaign, standing
):
    bare = Category.objects.create(campaign=campaign, code="team", name="信得过班组")
    page = reverse("campaigns:rubrics", args=[CODE])
    assert "还没有评审表，没有表就不能打分" in text(desk.get(page))

    begin = reverse("campaigns:begin_rubric", args=[CODE, "team"])
    desk.post(begin, {"topic_type": "", "like": "empty"})
    made = bare.rubrics.get()
    assert (made.name, made.version, saved(made)) == ("信得过班组评审表", 1, [])
    desk.post(begin, {"topic_type": "site", "like": standing.pk})
    assert saved(bare.rubrics.get(topic_type="site")) == saved(standing)
    assert text(desk.get(page)).count("编写中，还没发布") == 1


def test_the_table_is_kept_as_typed_and_codes_stay(desk, draft):
    rows = rows_of(draft)
    rows[0] |= {"name": "课题选择", "points": "12.5"}
    rows[1] |= {"points": "32.5"}
    rows.append({"code": "", "name": "持证情况", "points": "0.5", "hint": "有证"})

    assert desk.post(url("edit_rubric"), posted(draft, rows)).status_code == 302

    assert saved(draft)[:2] == [("topic", "课题选择", Decimal("12.5")), ("causes", "原因分析", Decimal("32.5"))]  # fmt: skip
    assert saved(draft)[-1] == ("c1", "持证情况", Decimal("0.5"))
    draft.refresh_from_db()
    assert (draft.edition, draft.saved_by_name != "") == (1, True)
    # Half-written is kept; what is wrong stands at its place and bars publishing.
    page = text(desk.get(url("edit_rubric")))
    assert "合计 100.5 分，不是 100 分" in page


def test_rows_move_and_go_without_scripts_and_lose_nothing_typed(desk, draft):
    rows = rows_of(draft)
    rows[5]["name"] = "特色"

    desk.post(url("edit_rubric"), posted(draft, rows, act="up-5"))
    assert [name for _, name, _ in saved(draft)][-2:] == ["特色", "成果报告"]
    desk.post(url("edit_rubric"), posted(draft, rows_of(draft), act="remove-0"))
    assert [code for code, _, _ in saved(draft)] == ["causes", "measures", "effect", "features", "report"]  # fmt: skip
    answer = desk.post(url("edit_rubric"), posted(draft, rows_of(draft), act="add"))
    assert answer.url == url("edit_rubric") + "?add=1#rows"
    assert text(desk.get(answer.url)).count('name="act" value="remove-5"') == 1
    for act in ("remove-99", "up-x", "nothing"):
        desk.post(url("edit_rubric"), posted(draft, rows_of(draft), act=act))
    assert len(saved(draft)) == 5


@pytest.mark.parametrize(
    ("number", "given", "words"),
    [
        (0, {"points": "0"}, "满分要大于 0"),
        (0, {"points": "-3"}, "满分要大于 0"),
        (1, {"points": "二十"}, "满分要填数字，例如 20 或 8.5"),
        (1, {"points": "8.55"}, "满分的小数位太多了"),
        (1, {"points": "1e999"}, "满分"),
        (2, {"points": ""}, "请填满分"),
        (2, {"name": ""}, "请填项目名称"),
    ],
)
def test_what_cannot_be_kept_comes_back_at_its_field(desk, draft, number, given, words):
    rows, before = rows_of(draft), saved(draft)
    rows[number] |= given
    rows[3]["hint"] = "打到一半的要点"

    answer = desk.post(url("edit_rubric"), posted(draft, rows))

    assert answer.status_code == 422
    page = text(answer)
    assert words in page
    assert "打到一半的要点" in page
    assert saved(draft) == before


@pytest.mark.parametrize(
    "broken",
    [{"rows-TOTAL_FORMS": "x"}, {"version": ""}, {"version": "-1"}, {"step": "0"},
     {"step": "NaN"}, {"rows-TOTAL_FORMS": "5000"}, {"name": "x" * 61}],
)  # fmt: skip
def test_a_broken_post_is_refused_and_keeps_the_table(desk, draft, broken):
    before = saved(draft)
    answer = desk.post(url("edit_rubric"), posted(draft, rows_of(draft)) | broken)
    assert answer.status_code == 422
    assert saved(draft) == before


def test_two_clerks_at_once_the_second_reads_both(desk, draft):
    first, second = rows_of(draft), rows_of(draft)
    first[0]["name"], second[0]["name"] = "甲写的", "乙写的"
    data = posted(draft, second)
    desk.post(url("edit_rubric"), posted(draft, first))

    page = desk.post(url("edit_rubric"), data)

    assert page.status_code == 409
    assert "刚刚保存过这一版" in text(page)
    assert "甲写的 15 分" in text(page)
    assert 'value="乙写的"' in text(page)
    assert saved(draft)[0][1] == "甲写的"
    again = {**data, "version": 1}
    assert f'name="version" value="{again["version"]}"' in text(page)
    assert desk.post(url("edit_rubric"), again).status_code == 302
    assert saved(draft)[0][1] == "乙写的"


# --- publishing -----------------------------------------------------------------------


def test_publishing_names_every_fault_at_its_place(desk, draft):
    rows = rows_of(draft)
    rows[0] |= {"name": "效果"}
    rows[1] |= {"points": "30.2"}
    desk.post(url("edit_rubric"), posted(draft, rows, step="0.5"))

    page = desk.post(url("publish_rubric"), {"version": 1, "reason": "换新标准"})

    assert page.status_code == 422
    said = text(page)
    for words, place in (
        ("“效果”写了两遍", "rows-3-name"),
        ("“原因分析”的满分 30.2 打不出来：每 0.5 分一档。", "rows-1-points"),
        ("合计 100.2 分，不是 100 分", "own_total"),
    ):
        assert words in said
        assert f'{url("edit_rubric")}#id_{place}"' in said
    draft.refresh_from_db()
    assert draft.published_at is None


def test_publishing_a_running_one_wants_a_reason_then_stands_for_ever(
    desk, draft, category
):
    lacking = desk.post(url("publish_rubric"), {"version": 0})
    assert lacking.status_code == 422
    assert "活动已经发布，请写明为什么改评审表" in text(lacking)

    given = {"version": 0, "reason": "按新标准"}
    first = desk.post(url("publish_rubric"), given)
    second = desk.post(url("publish_rubric"), given)

    assert (first.url, second.url) == (url("rubric", 2), url("rubric", 2))
    draft.refresh_from_db()
    assert (draft.published_at is not None, draft.reason) == (True, "按新标准")
    line = TrailEntry.objects.get(what="rubric_published")
    assert (line.campaign, line.data["version"], line.data["reason"]) == (CODE, 2, "按新标准")  # fmt: skip
    # Every later post is refused and writes nothing.
    before = saved(draft)
    rows = rows_of(draft)
    rows[0]["name"] = "改不动"
    kept = desk.post(url("edit_rubric"), posted(draft, rows))
    assert (kept.status_code, "这一版已经发布，不能再改" in text(kept)) == (409, True)
    desk.post(url("drop_rubric"), {"version": 0})
    stale = desk.post(url("publish_rubric"), {"version": 7, "reason": "再发"})
    assert stale.status_code == 422
    assert saved(draft) == before
    assert desk.get(url("edit_rubric")).status_code == 404
    assert desk.get(url("publish_rubric")).url == url("rubric", 2)
    assert TrailEntry.objects.filter(what="rubric_published").count() == 1


def test_a_total_of_its_own_is_ticked_on_purpose_and_to_be_compared(
    desk, unpublished, draft, category
):
    rows = rows_of(draft)[:5]
    desk.post(url("edit_rubric"), posted(draft, rows, own_total="on"))
    assert desk.post(url("publish_rubric"), {"version": 1}).status_code == 302
    unpublished.refresh_from_db()
    line = "QC小组成果“问题解决型成果评审表”第 2 版满分 90 分，不是 100 分"
    line = line.replace("QC小组成果", category.name)
    assert unpublished.please_check[-1] == line
    assert "满分不是 100，请核对" in text(desk.get(url("rubric", 2)))
    # The next version with 100 takes the line away again.
    begin = reverse("campaigns:begin_rubric", args=[CODE, "result"])
    first = category.rubrics.get(topic_type="problem", version=1)
    desk.post(begin, {"topic_type": "problem", "like": draft.pk})
    third = category.rubrics.get(topic_type="problem", version=3)
    desk.post(url("edit_rubric"), posted(third, rows_of(first)))
    assert desk.post(url("publish_rubric"), {"version": 1}).status_code == 302
    unpublished.refresh_from_db()
    assert line not in unpublished.please_check


def test_an_unfinished_one_is_thrown_away(desk, draft, category):
    stale = desk.post(url("drop_rubric"), {"version": 5})
    assert (stale.status_code, "刚刚保存过这一版" in text(stale)) == (409, True)
    assert category.rubrics.filter(pk=draft.pk).exists()
    desk.post(url("drop_rubric"), {"version": 0})
    assert not category.rubrics.filter(pk=draft.pk).exists()
    assert TrailEntry.objects.filter(what="rubric_dropped").count() == 1


def test_an_ended_campaign_refuses(desk, draft, campaign, standing, cast, noon):
    Campaign.objects.filter(pk=campaign.pk).update(ended_at=noon)
    by = cast.association
    for act in (
        lambda: rubric_actions.save_rubric(draft.pk, *rubric_rules.facts_of(draft), edition=0, by=by, at=noon),
        lambda: rubric_actions.publish_rubric(draft.pk, edition=0, reason="x", by=by, at=noon),
        lambda: rubric_actions.drop_rubric(draft.pk, edition=0, by=by, at=noon),
        lambda: rubric_actions.begin_rubric(draft.category_id, "innovation", like=standing, by=by, at=noon),
    ):  # fmt: skip
        with pytest.raises(Refused) as no:
            act()
        assert no.value.codes == ["campaign_ended"]
    assert desk.get(reverse("campaigns:rubrics", args=[CODE])).status_code == 200


def test_the_neighbour_finds_nothing_and_changes_nothing(cast, client_of, draft, noon):
    other = client_of(cast.other_association)
    assert other.get(reverse("campaigns:rubrics", args=[CODE])).status_code == 404
    for name in ("edit_rubric", "publish_rubric", "drop_rubric"):
        assert other.post(url(name), {"version": 0}).status_code == 404
    assert other.get(url("rubric", 1)).status_code == 404
    with pytest.raises(Refused) as no:
        rubric_actions.drop_rubric(
            draft.pk, edition=0, by=cast.other_association, at=noon
        )
    assert no.value.codes == ["not_yours"]


# --- what is shown --------------------------------------------------------------------


def test_the_pages_say_what_stands_and_what_changed(desk, draft, standing):
    rows = rows_of(draft)
    rows[0] |= {"points": "20"}
    rows[4:] = [rows[5] | {"name": "特色"}]
    desk.post(url("edit_rubric"), posted(draft, rows, is_placeholder="on", step="1"))
    draft = Rubric.objects.get(pk=draft.pk)

    assert rubric_shows.changes(standing, draft) == [
        "评分最小单位 0.5 分改为 1 分", "标为占位", "去掉“成果报告”（5 分）",
        "“选题”15 分改为 20 分", "“特点”改名为“特色”",
    ]  # fmt: skip
    page = text(desk.get(url("rubric", 2)))
    assert "占位，待替换" in page
    assert 'name="mark-topic"' in page
    assert desk.get(url("rubric", 9)).status_code == 404
    assert desk.get(url("rubric", 1, kind="-")).status_code == 404


def test_the_list_asks_the_same_for_one_and_for_three(desk, category, standing):
    def asked() -> tuple[int, int]:
        url = reverse("campaigns:rubrics", args=[CODE])
        with CaptureQueriesContext(connection) as found:
            page = desk.get(url, {"page": "x"})
        return len(found), len(page.context["lines"])

    asked()  # what a process asks once
    queries, lines = asked()
    for number in (2, 3):
        made = Rubric.objects.create(
            category=category, topic_type="problem", version=number,
            name=f"第 {number} 版", published_at=standing.published_at,
        )  # fmt: skip
        rubric_actions.copy_criteria(standing, made)
    assert asked() == (queries, lines + 2)
    assert queries < 40


# --- files ----------------------------------------------------------------------------


def test_the_newest_published_version_goes_into_the_file_and_comes_back(
    desk, campaign, draft, category
):
    rows = rows_of(draft)[:5]
    desk.post(url("edit_rubric"), posted(draft, rows, own_total="on"))
    desk.post(url("publish_rubric"), {"version": 1, "reason": "少一项"})
    begin = reverse("campaigns:begin_rubric", args=[CODE, "result"])
    desk.post(begin, {"topic_type": "site", "like": "empty"})  # not in the file yet

    preset = reading.read_text("x.toml", export(Campaign.objects.get(pk=campaign.pk)))
    again = loading.load(preset, code="next-2021")

    found = again.categories.get(code="result").rubrics.order_by("pk")
    assert sorted((r.topic_type, r.version, r.own_total) for r in found) == [
        ("innovation", 1, False), ("problem", 1, True),
    ]  # fmt: skip
    assert saved(found.get(topic_type="problem")) == saved(draft)


# --- how marks become a score -----------------------------------------------------------


def scoring(campaign: Campaign, **more: Any) -> dict[str, Any]:
    return {
        "version": block_seen(campaign, "scoring"), "judges_per_submission": 3,
        "drop_from": 5, "decimals": 2, "tie_1": "", "tie_2": "", "tie_3": "", **more,
    }  # fmt: skip


def test_the_settings_of_scoring_are_kept_and_worked_through(desk, unpublished):
    save = reverse("campaigns:save_block", args=[CODE, "scoring"])
    given = scoring(
        unpublished,
        judges_per_submission=5,
        decimals=1,
        tie_1="effect",
        tie_2="features",
    )
    assert desk.post(save, given).url == reverse("campaigns:rubrics", args=[CODE]) + "#scoring"  # fmt: skip
    unpublished.refresh_from_db()
    assert (unpublished.judges_per_submission, unpublished.decimals) == (5, 1)
    assert unpublished.tie_order == ["effect", "features"]
    page = desk.get(reverse("campaigns:rubrics", args=[CODE]))
    # 92.5 and 71 go; (88.5 + 84 + 86.5) / 3 = 86.333…
    assert [(w.count, w.result, w.dropped) for w in page.context["worked"]] == [(5, "86.3", True)]  # fmt: skip
    assert [(t.name, t.first, t.second) for t in page.context["ties"]] == [
        ("效果", "16", "16"), ("特点", "17", "16"),
    ]  # fmt: skip
    line = TrailEntry.objects.get(what="campaign_changed", about="scoring")
    assert line.data["after"]["tie_order"] == ["effect", "features"]


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"judges_per_submission": "0"}, "judges_per_submission", "确保该值大于或等于1。"),
        ({"judges_per_submission": "三"}, "judges_per_submission", "每项成果几位专家要填整数。"),
        ({"drop_from": "2"}, "drop_from", "请重新选择去掉最高分和最低分。"),
        ({"decimals": "9"}, "decimals", "确保该值小于或等于4。"),
        ({"tie_1": "effect", "tie_2": "effect"}, "tie_2", "这一项前面已经比过了。"),
        ({"tie_1": "nobody"}, "tie_1", "请重新选择同分先比。"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_scoring_stands_at_its_field(
    desk, unpublished, given, field, words
):
    save = reverse("campaigns:save_block", args=[CODE, "scoring"])
    page = desk.post(save, scoring(unpublished, **given))
    assert page.status_code == 422
    assert page.context["scoring"]["form"].errors[field] == [words]
    unpublished.refresh_from_db()
    assert (unpublished.judges_per_submission, unpublished.tie_order) == (3, [])


def test_a_gap_leads_to_the_rubrics(unpublished, noon, desk, category):
    Rubric.objects.filter(topic_type="problem").update(is_placeholder=True)
    Criterion.objects.filter(rubric__topic_type="innovation", code="effect").delete()
    found = [g for g in gaps(unpublished, noon) if g.field == "rubrics"]
    assert {g.code for g in found} == {"rubric_placeholder", "rubric_total"}
    page = text(desk.get(reverse("campaigns:opening", args=[CODE])))
    assert reverse("campaigns:rubrics", args=[CODE]) in page
