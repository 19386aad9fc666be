"""A campaign from nothing to 办结: begun, set up, published, extended, ended, re-opened."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from qcportal.accounts.roles import Duty
from qcportal.audit.models import TrailEntry
from qcportal.campaigns import (  # fmt: skip
    access,
    begin_actions,
    guide,
    settings_actions,
    time_actions,
)
from qcportal.campaigns import settings_rules as rules
from qcportal.campaigns.gaps import gaps
from qcportal.campaigns.models import (
    Campaign,
    Category,
    Extension,
    FormVersion,
    Rubric,
    Window,
)
from qcportal.campaigns.presets import FOLDER, read
from qcportal.campaigns.rules import Whose, closing
from qcportal.campaigns.stages import Stage
from qcportal.notices.models import Notice
from qcportal.refusals import Refusal, Refused
from submissions.lifecycle import State
from tests import factories

pytestmark = pytest.mark.django_db
CODE = "shanghai-2020"


@pytest.fixture
def desk(cast, client_of):
    return client_of(cast.association)


def at(name: str, *args: object, code: str = CODE) -> str:
    return reverse(f"campaigns:{name}", args=[code, *args])


def typed(moment) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%dT%H:%M}"


@pytest.fixture
def begun(cast, noon) -> Campaign:
    return begin_actions.begin_from(
        read(FOLDER / "shanghai-2020.toml"), year=2027, by=cast.association, at=noon
    )


# --- beginning ----------------------------------------------------------------------


def test_a_preset_becomes_a_draft_of_the_own_association(desk, cast, client):
    answer = desk.post(
        reverse("campaigns:begin_preset"), {"preset": CODE, "year": "2027"}
    )

    made = Campaign.objects.get(code="shanghai-2027")
    assert answer.url == at("profile", code="shanghai-2027")
    assert (made.host, made.year, made.published_at) == (
        cast.association.organisation, 2027, None,
    )  # fmt: skip
    assert "2027年" in made.name
    assert access.run_by(cast.association).filter(pk=made.pk).exists()
    assert TrailEntry.objects.filter(what="campaign_begun", about=made.code).exists()
    # Nothing of it is public.
    assert Campaign.objects.newest().code == CODE
    titles = set(made.notices.values_list("title", flat=True))
    assert titles
    public = Notice.objects.public_at(timezone.now() + timedelta(days=999))
    assert not public.filter(campaign=made).exists()
    assert "2027年" not in client.get(reverse("notices:list")).content.decode()


def test_a_second_one_from_the_same_preset_gets_its_own_code(begun, cast, noon):
    preset = read(FOLDER / "shanghai-2020.toml")
    again = begin_actions.begin_from(preset, year=2027, by=cast.association, at=noon)
    assert (begun.code, again.code) == ("shanghai-2027", "shanghai-2027-2")


def test_last_year_again(desk, campaign):
    answer = desk.post(
        reverse("campaigns:begin_clone"), {"source": CODE, "year": campaign.year + 1}
    )

    made = Campaign.objects.get(year=campaign.year + 1, host=campaign.host)
    assert answer.url == at("profile", code=made.code)
    assert made.published_at is None
    old, new = campaign.window(Stage.FILING), made.window(Stage.FILING)
    local = timezone.localtime
    assert (new.closes_at - old.closes_at).days % 7 == 0
    assert local(new.closes_at).time() == local(old.closes_at).time()
    again = desk.post(
        reverse("campaigns:begin_clone"), {"source": CODE, "year": campaign.year + 1}
    )
    assert "已经有了" in again.content.decode()


def test_out_as_a_file_and_in_again(desk, campaign):
    file = desk.get(at("export"))
    assert file["Content-Disposition"] == f'attachment; filename="{CODE}.toml"'

    upload = SimpleUploadedFile("去年.toml", file.content)
    answer = desk.post(reverse("campaigns:begin_import"), {"file": upload})

    made = Campaign.objects.get(code=f"{CODE}-2")
    assert answer.url == at("profile", code=made.code)
    assert made.quota_rules.count() == campaign.quota_rules.count()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"code = ", "第 1 行"),
        (b"year = 2020\n", "缺"),
        (b"\xff\xfe\x00", "读不出文字"),
        (b"", "这个文件是空的"),
        (b"x" * (2 * 1024 * 1024 + 1), "活动文件最大 2 MB"),
    ],
)
def test_a_wrong_file_says_where_and_leaves_nothing(desk, campaign, content, words):
    before = Campaign.objects.count()

    page = desk.post(
        reverse("campaigns:begin_import"),
        {"file": SimpleUploadedFile("活动.toml", content)},
    )

    assert page.status_code == 422
    assert words in page.content.decode()
    assert Campaign.objects.count() == before


def test_forms_of_beginning_refuse_what_is_not_there(desk, campaign):
    assert desk.post(reverse("campaigns:begin_preset"), {}).status_code == 422
    foreign = {"source": "jiangnan-2019", "year": 2030}
    assert desk.post(reverse("campaigns:begin_clone"), foreign).status_code == 422
    wild = {"preset": "../../settings", "year": 2030}
    assert desk.post(reverse("campaigns:begin_preset"), wild).status_code == 422


def test_whoever_runs_nothing_begins_nothing(campaign, cast, client_of, noon):
    newcomer = factories.seat("钱思远", campaign.host, Duty.CLERK, noon)
    page = client_of(newcomer).post(
        reverse("campaigns:begin_preset"), {"preset": CODE, "year": "2027"}
    )
    assert page.status_code == 422
    assert "新活动由秘书处管理员或正在办活动的人开始" in page.content.decode()
    assert not Campaign.objects.filter(code="shanghai-2027").exists()


def test_the_list_asks_as_often_for_more(desk, begun, cast, noon, django_assert_max_num_queries):  # fmt: skip
    url = reverse("campaigns:list")
    desk.get(url)
    with django_assert_max_num_queries(200) as once:
        page = desk.get(url).content.decode()
    assert begun.name in page
    assert "筹备中" in page
    for year in (2028, 2029):
        begin_actions.begin_from(
            read(FOLDER / "shanghai-2020.toml"), year=year, by=cast.association, at=noon
        )
    with django_assert_max_num_queries(len(once.captured_queries)):
        desk.get(url + "?page=junk")
    running = desk.get(url + "?state=running").content.decode()
    assert begun.name not in running


# --- the check ----------------------------------------------------------------------


def test_every_gap_has_its_place(begun, noon):
    assert {guide.place_of(gap) for gap in gaps(begun, noon)} <= {
        *guide.PASSED, "opening",
    }  # fmt: skip
    found = guide.readiness(begun, noon)
    hindering = [gap for gap in gaps(begun, noon) if gap.kind == "refusal"]
    assert found.count == found.passed + len({guide.place_of(g) for g in hindering})


def test_a_caution_is_said_and_bars_nothing(begun, noon):
    mend(begun)
    begun.refresh_from_db()
    opens = min(window.opens_at for window in begun.windows.all())
    begun.notices.filter(is_main=True).update(published_at=opens + timedelta(days=1))
    found = guide.readiness(begun, noon)
    assert (found.ready, [line.url for line in found.lines if line.caution]) == (
        True, [reverse("notices:desk", args=[begun.code])],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "place"),
    [("windows-filing", "times"), ("milestones-3", "times"), ("", "opening"),
     ("quota_rules", "quotas"), ("form-result", "forms"), ("nonsense", "opening"),
     ("#honours", "honours")],
)  # fmt: skip
def test_where_a_gap_is_mended(field, place):
    assert guide.place_of(Refusal("x", "…", field)) == place


def test_a_gap_stands_in_the_rail_and_bars_publication(desk, begun):
    begun.windows.filter(stage=Stage.STAMPING).delete()

    page = desk.get(at("opening", code=begun.code)).content.decode()
    assert "单位盖章" in page
    assert "上面标红的办好以后才能发布" in page
    desk.post(at("publish", code=begun.code))

    begun.refresh_from_db()
    assert begun.published_at is None


def mend(campaign: Campaign) -> None:
    """What is still missing in a campaign from the preset, ticked or written."""
    Campaign.objects.filter(pk=campaign.pk).update(
        document_number="沪质协〔2027〕1号", please_check=[]
    )


def test_published_once_and_on_the_home_page(desk, begun, client, noon):
    mend(begun)
    begun.refresh_from_db()
    assert {gap.kind for gap in gaps(begun, noon)} <= {"caution"}

    assert desk.post(at("publish", code=begun.code)).url == at("opening", code=begun.code)  # fmt: skip
    desk.post(at("publish", code=begun.code))

    begun.refresh_from_db()
    assert begun.published_at is not None
    assert TrailEntry.objects.filter(what="campaign_published").count() == 1
    assert begun.name in client.get("/").content.decode()


def test_the_home_page_can_be_seen_before(desk, begun, cast, client_of):
    url = reverse("home_preview", args=[begun.code])
    assert begun.headline in desk.get(url).content.decode()
    assert client_of(cast.other_association).get(url).status_code == 404


def test_a_setting_is_ticked_off_and_again(desk, begun):
    text = begun.please_check[0]
    url = at("check_setting", code=begun.code)

    assert desk.post(url, {"text": text, "done": "1", "tab": "times"}).url == (
        at("settings", code=begun.code) + "#please-check"
    )
    page = desk.get(at("opening", code=begun.code)).content.decode()
    assert "核对过" in page
    assert begun.setting_checks.get().text == text
    desk.post(url, {"text": text})
    desk.post(url, {"text": "没有这一项", "done": "1"})
    assert not begun.setting_checks.exists()


# --- windows ------------------------------------------------------------------------


def test_a_draft_moves_its_windows_without_a_reason(desk, begun):
    window = begun.window(Stage.FILING)
    closes = window.closes_at + timedelta(days=7)

    answer = desk.post(at("move_window", "filing", code=begun.code), {
        "opens_at": typed(window.opens_at), "closes_at": typed(closes),
        "advised_at": typed(closes - timedelta(days=3)),
    })  # fmt: skip

    assert answer.status_code == 302
    window.refresh_from_db()
    assert window.closes_at == closes
    assert window.advised_at == closes - timedelta(days=3)


def test_a_stage_without_a_time_is_planned(desk, campaign):
    url = at("move_window", "judging")
    like = campaign.window(Stage.FILING)
    given = {
        "opens_at": typed(like.closes_at), "reason": "排定文审",
        "closes_at": typed(like.closes_at + timedelta(days=20)),
    }  # fmt: skip
    assert desk.get(url).status_code == 200
    assert desk.post(url, {**given, "reason": ""}).status_code == 422
    late = {**given, "advised_at": typed(like.closes_at + timedelta(days=40))}
    assert "建议办完时间要在开放和关闭之间" in desk.post(url, late).content.decode()

    assert desk.post(url, given).status_code == 302

    assert campaign.windows.filter(stage=Stage.JUDGING, category=None).count() == 1
    # A second clerk who planned it meanwhile moves it instead; nothing stands twice.
    desk.post(url, {**given, "closes_at": typed(like.closes_at + timedelta(days=30))})
    assert campaign.windows.filter(stage=Stage.JUDGING).count() == 1


@pytest.fixture
def second(campaign, noon) -> Category:
    """A story beside the results, with the same form."""
    made = Category.objects.create(campaign=campaign, order=2, code="story", name="品牌故事")  # fmt: skip
    settings_actions.copy_versions(campaign.categories.get(code="result"), made)
    return made


def test_a_category_has_its_own_time_and_gives_it_back(desk, campaign, second):
    general = campaign.window(Stage.FILING)
    url = at("own_window", "filing", "story")
    own = general.closes_at - timedelta(hours=1)
    assert desk.get(url).status_code == 200

    desk.post(url, {
        "opens_at": typed(general.opens_at), "closes_at": typed(own), "reason": "分开办",
    })  # fmt: skip

    fresh = Campaign.objects.get(pk=campaign.pk)
    assert closing(fresh, Stage.FILING, Whose(second)) == own
    assert closing(fresh, Stage.FILING) == general.closes_at
    assert "品牌故事" in desk.get(at("settings")).content.decode()

    drop = at("drop_window", "filing", "story")
    desk.post(drop, {"reason": ""})
    assert Window.objects.filter(category=second).exists()
    desk.post(drop, {"reason": "合并"})
    assert not Window.objects.filter(category=second).exists()


def test_shortening_counts_who_is_under_way(walk, desk, campaign):
    walk.draft()
    window = campaign.window(Stage.FILING)
    given = {
        "opens_at": typed(window.opens_at), "reason": "提前",
        "closes_at": typed(window.closes_at - timedelta(hours=2)),
    }  # fmt: skip

    page = desk.post(at("move_window", "filing"), given).content.decode()
    assert "1 项草稿还没提交，都要在" in page
    window.refresh_from_db()
    assert window.closes_at == campaign.window(Stage.FILING).closes_at

    done = desk.post(at("move_window", "filing"), {**given, "confirmed": "on"})
    assert done.status_code == 302


def test_two_clerks_move_one_window(desk, campaign):
    window = campaign.window(Stage.FILING)
    old = f"{timezone.localtime(window.closes_at):%Y-%m-%d %H:%M}"
    given = {"opens_at": typed(window.opens_at), "reason": "顺延", "seen": old, "confirmed": "on"}  # fmt: skip
    first = window.closes_at + timedelta(days=1)
    desk.post(at("move_window", "filing"), {**given, "closes_at": typed(first)})

    page = desk.post(
        at("move_window", "filing"),
        {**given, "closes_at": typed(window.closes_at + timedelta(days=5))},
    )

    assert "同事刚刚把关闭时间改到" in page.content.decode()
    window.refresh_from_db()
    assert window.closes_at == first


# --- categories ---------------------------------------------------------------------


CATEGORY = {
    "name": "信得过班组", "lead": "班组建设", "result_words": "优秀质量信得过班组",
    "needs_unit_stamp": "on", "needs_recommender": "on",
}  # fmt: skip


def test_a_category_comes_with_form_and_rubrics(desk, begun):
    given = {**CATEGORY, "like": "result", "version": rules.categories_seen(begun)}

    answer = desk.post(at("add_category", code=begun.code), given)

    assert answer.status_code == 302
    made = begun.categories.get(name="信得过班组")
    like = begun.categories.get(code="result")
    assert made.newest_form.definition == like.newest_form.definition
    assert made.rubrics.count() == like.rubrics.count()
    assert [r.points for r in made.rubrics.all()] == [r.points for r in like.rubrics.all()]  # fmt: skip
    assert made.allows_direct is False


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"needs_recommender": "", "allows_direct": "on"}, "allows_direct", "不用再勾直接申报"),
        ({"needs_recommender": "", "requires_site_visit": "on"}, "requires_site_visit", "现场核查由推荐单位做"),
        ({"certificate_pattern": "{level}"}, "certificate_pattern", "要有流水号"),
        ({"certificate_words": "{nobody}"}, "certificate_words", "证书正文里不认识"),
        ({"name": ""}, "name", "请填类别名称。"),
    ],
)  # fmt: skip
def test_a_wrong_category_is_refused_at_its_field(desk, begun, given, field, words):
    full = {**CATEGORY, "like": "result", "version": rules.categories_seen(begun)}

    page = desk.post(at("add_category", code=begun.code), {**full, **given})

    assert words in page.context["form"].errors[field][0]
    assert begun.categories.count() == 1


def test_an_unused_category_goes_with_everything_of_its_own(desk, campaign, second):
    given = {"version": rules.category_seen(second), "reason": "本届不办"}

    answer = desk.post(at("remove_category", "story"), given)

    assert answer.status_code == 302
    assert not campaign.categories.filter(code="story").exists()
    assert not FormVersion.objects.filter(category_id=second.pk).exists()
    assert not Rubric.objects.filter(category_id=second.pk).exists()
    last = desk.post(at("remove_category", "result"), given)
    assert "至少要有一个类别" in last.content.decode()


def test_a_category_in_use_keeps_its_way_and_its_place(walk, desk, campaign, second):
    walk.draft()
    result = campaign.categories.get(code="result")
    given = {
        "name": result.name, "needs_recommender": "on", "reason": "改",
        "version": rules.category_seen(result),
    }  # fmt: skip

    page = desk.post(at("category", "result"), given)
    assert "这一类已有 1 项在办（其中草稿 1 项）" in page.content.decode()
    gone = desk.post(at("remove_category", "result"), given)
    assert "已有 1 项申报，不能删除" in gone.content.decode()
    result.refresh_from_db()
    assert result.needs_unit_stamp


def test_categories_change_places(desk, campaign, second):
    seen = rules.categories_seen(campaign)
    desk.post(at("move_category", "story"), {"step": "-1", "version": seen})
    assert list(campaign.categories.values_list("code", flat=True)) == ["story", "result"]  # fmt: skip
    desk.post(at("move_category", "story"), {"step": "1", "version": seen})
    assert list(campaign.categories.values_list("code", flat=True)) == ["story", "result"]  # fmt: skip


# --- extensions ---------------------------------------------------------------------


@pytest.fixture
def closed(campaign) -> None:
    """The bell has rung an hour ago for everybody."""
    ago = timezone.now() - timedelta(hours=1)
    Window.objects.filter(campaign=campaign).update(closes_at=ago)


def extend(desk, whom: str, **given: str):
    later = timezone.now() + timedelta(days=2)
    full = {
        "stage": "filing",
        "whom": whom,
        "closes_at": typed(later),
        "reason": "停电",
    }
    return desk.post(at("extensions"), {**full, **given})


def test_one_record_gets_more_time_and_sees_it(walk, desk, cast, client_of, campaign):
    mine, other = walk.draft(), walk.draft(cast.other_group)
    ago = timezone.now() - timedelta(hours=1)
    Window.objects.filter(campaign=campaign).update(closes_at=ago)

    assert extend(desk, mine.code.lower()).status_code == 302

    group, neighbour = client_of(cast.group), client_of(cast.other_group)
    file = {"confirmed": "on"}
    group.post(reverse("submissions:file", args=[mine.code]), file)
    neighbour.post(reverse("submissions:file", args=[other.code]), file)
    assert walk.fresh(mine).state_enum == State.FILED
    assert walk.fresh(other).state_enum == State.DRAFT
    given = Extension.objects.get()
    assert (given.record, given.reason, given.by) == (mine.code, "停电", cast.association.user)  # fmt: skip
    line = TrailEntry.objects.get(what="extension_given")
    assert (line.about, line.data["reason"]) == ("filing", "停电")


def test_one_unit_gets_more_time_for_its_groups(walk, desk, cast, client_of, closed, campaign):  # fmt: skip
    unit = cast.unit.organisation

    assert extend(desk, unit.name).status_code == 302

    own = Extension.objects.get().closes_at
    words = f"{timezone.localtime(own).day}日"
    bar = client_of(cast.group).get(reverse("submissions:desk"))
    assert bar.context["frame"]["window"].closes_at == own
    assert words in bar.content.decode()
    other = client_of(cast.other_group).get(reverse("submissions:desk"))
    assert other.context["frame"]["window"].closes_at < own
    new = client_of(cast.group).get(reverse("submissions:new"))
    assert new.context["closes_at"] == own


def test_a_body_with_more_time_goes_on_recommending(walk, desk, cast, client_of, campaign):  # fmt: skip
    result = walk.scored()
    ago = timezone.now() - timedelta(hours=1)
    Window.objects.filter(campaign=campaign).update(closes_at=ago)
    body = client_of(cast.recommender)
    chosen = {"chosen": [result.code]}
    body.post(reverse("recommenders:recommend_many"), chosen)
    assert walk.fresh(result).state_enum == State.STAMPED

    extend(desk, cast.recommender.organisation.name, stage="recommending")

    body.post(reverse("recommenders:recommend_many"), chosen)
    assert walk.fresh(result).state_enum == State.RECOMMENDED


def test_an_extension_is_taken_back_once(desk, cast, closed, campaign):
    extend(desk, cast.unit.organisation.name)
    given = Extension.objects.get()
    url = at("end_extension", given.pk)

    desk.post(url, {"reason": ""})
    given.refresh_from_db()
    assert given.ended_at is None
    desk.post(url, {"reason": "来电了"})
    desk.post(url, {"reason": "再来一次"})

    given.refresh_from_db()
    assert given.ended_at is not None
    assert TrailEntry.objects.filter(what="extension_ended").count() == 1
    page = desk.get(at("extensions")).content.decode()
    assert "已撤销" in page


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"whom": "没有这一家"}, "whom", "没有找到这家单位"),
        ({"whom": "2020-SQC-9999"}, "whom", "本活动里没有这个受理编号"),
        ({"whom": ""}, "whom", "请填给谁。"),
        ({"reason": " "}, "reason", "请写明原因"),
        ({"closes_at": "2001-01-01T00:00"}, "closes_at", "更晚"),
        ({"closes_at": "junk"}, "closes_at", "请填日期和时间"),
        ({"stage": "judging"}, "stage", "还没有安排时间"),
        ({"stage": "x"}, "stage", "请重新选择环节。"),
    ],
)
def test_a_wrong_extension(desk, cast, closed, given, field, words):
    page = extend(desk, **{"whom": cast.unit.organisation.name, **given})

    assert words in page.context["form"].errors[field][0]
    assert not Extension.objects.exists()


def test_extensions_ask_as_often_for_more(desk, cast, campaign, noon, django_assert_max_num_queries):  # fmt: skip
    def more(days: int) -> None:
        time_actions.extend_for(
            campaign, Stage.FILING, organisation=cast.unit.organisation,
            closes_at=campaign.window(Stage.FILING).closes_at + timedelta(days=days),
            reason="停电", by=cast.association, at=noon,
        )  # fmt: skip

    more(1)
    desk.get(at("extensions"))
    with django_assert_max_num_queries(200) as once:
        desk.get(at("extensions"))
    more(2)
    more(3)
    with django_assert_max_num_queries(len(once.captured_queries)):
        desk.get(at("extensions"))


# --- the end ------------------------------------------------------------------------


def test_ended_with_reason_and_tick_then_open_again(walk, desk, campaign, noon):
    walk.filed()
    open_still = desk.post(at("end"), {"reason": "办完"}).content.decode()
    assert "还开着，先关闭再办结" in open_still
    Window.objects.filter(campaign=campaign).update(closes_at=noon - timedelta(hours=1))

    asked = desk.post(at("end"), {"reason": "办完"}).content.decode()
    assert "还有 1 项还在办" in asked
    assert desk.post(at("end"), {"reason": "", "confirmed": "on"}).status_code == 422
    done = desk.post(at("end"), {"reason": "全部办完", "confirmed": "on"})

    assert done.status_code == 302
    campaign.refresh_from_db()
    assert campaign.ended_at is not None
    page = desk.get(at("settings")).content.decode()
    assert "活动已经办结" in page
    assert "已办结" in desk.get(reverse("campaigns:list")).content.decode()
    assert desk.post(at("reopen"), {"reason": ""}).status_code == 422
    desk.post(at("reopen"), {"reason": "补一份证书"})
    campaign.refresh_from_db()
    assert campaign.ended_at is None
    codes = TrailEntry.objects.filter(what__in=["campaign_ended", "campaign_reopened"])
    assert [line.data["reason"] for line in codes.order_by("pk")] == ["全部办完", "补一份证书"]  # fmt: skip


def test_an_ended_campaign_moves_no_window(cast, desk, campaign, noon):
    Campaign.objects.filter(pk=campaign.pk).update(ended_at=noon)
    window = campaign.window(Stage.FILING)
    given = {
        "opens_at": typed(window.opens_at), "reason": "试",
        "closes_at": typed(window.closes_at + timedelta(days=1)),
    }  # fmt: skip

    page = desk.post(at("move_window", "filing"), given)

    assert "活动已经办结" in page.content.decode()
    with pytest.raises(Refused) as no:
        time_actions.extend_for(
            campaign, Stage.FILING, organisation=cast.unit.organisation,
            closes_at=window.closes_at + timedelta(days=1), reason="试",
            by=cast.association, at=noon,
        )  # fmt: skip
    assert no.value.codes == ["campaign_ended"]
