"""Home per phase, several hosts, a campaign's pages, past years; what may be kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from qcportal.accounts.roles import Role
from qcportal.campaigns.models import Campaign, Category, Milestone, Window
from reviews.models import Publication
from tests import factories

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def page(path: str = "/") -> str:
    answer = Client().get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def queries(path: str) -> int:
    Client().get(path)
    with CaptureQueriesContext(connection) as found:
        Client().get(path)
    return len(found)


def moved(campaign, days: float) -> None:
    for window in Window.objects.filter(campaign=campaign):
        Window.objects.filter(pk=window.pk).update(
            opens_at=window.opens_at + days * DAY,
            closes_at=window.closes_at + days * DAY,
        )


def another(
    name: str, noon, *, year: int = 2020, days: float = 3, host=None
) -> Campaign:
    """A campaign of another host whose window closes in ``days``."""
    host = host or factories.organisation(
        Role.ASSOCIATION, f"{name}质量协会", letters="XX"
    )
    found = Campaign.objects.create(
        code=f"c-{Campaign.objects.count()}", year=year, name=f"{year}年{name}质量管理小组活动",
        headline=f"{name}申报", host=host, letters="XX", result_words="优秀成果",
        certificate_words="《{title}》", certificate_issuer=host.name, published_at=noon - 30 * DAY,
    )  # fmt: skip
    Category.objects.create(campaign=found, code="result", name="QC成果")
    for stage in ("filing", "stamping", "recommending"):
        Window.objects.create(
            campaign=found,
            stage=stage,
            opens_at=noon - 10 * DAY,
            closes_at=noon + days * DAY,
        )
    return found


@pytest.mark.parametrize(
    ("days", "words", "door"),
    [
        (40, "在线申报还没开放", "登录查看"),
        (0, "在线申报进行中", "填报成果"),
        (-40, "在线申报已关闭，正在评审", "登录查看"),
    ],
)
def test_home_speaks_by_the_windows(campaign, days, words, door):
    moved(campaign, days)
    said = page()
    assert words in said
    assert door in said
    assert ("填报成果" in said) == (days == 0)


def test_home_names_the_last_day(campaign, noon):
    Window.objects.filter(campaign=campaign).update(
        closes_at=noon + timedelta(seconds=5)
    )
    assert "在线申报最后一天" in page()


def test_home_without_windows_says_the_time_follows(campaign):
    Window.objects.filter(campaign=campaign).delete()
    assert "申报时间另行通知" in page()


def test_home_shows_the_public_notice_and_then_the_results(campaign, walk, noon):
    walk.announced()
    Publication.objects.update(closes_at=noon + 5 * DAY)
    said = page()
    assert "正在公示" in said
    assert "看公示名单" in said
    assert "1 项正在公示" in said
    Publication.objects.update(closes_at=noon)
    assert "公示已结束，等待公布" in page()


def test_home_shows_the_results(campaign, walk, noon):
    walk.published()
    Publication.objects.update(opens_at=noon - DAY)
    said = page()
    assert "结果已公布" in said
    assert f"/results/{campaign.year}/?campaign={campaign.code}" in said
    assert "看公布名单" in said


def test_several_hosts_stand_side_by_side_the_most_urgent_first(campaign, noon):
    later = another("江南省", noon, days=9)
    sooner = another("江北省", noon, days=0.2)
    said = page()
    assert "3 个活动正在办" in said
    assert said.count('class="sheet face"') == 3
    places = [said.index(c.name) for c in (sooner, later)]
    assert places == sorted(places)
    for one in (campaign, later, sooner):
        assert f"/campaigns/{one.code}/" in said


def test_several_of_one_host_keep_the_most_urgent_on_top(campaign, noon):
    other = another("上海", noon, days=0.01, host=campaign.host)
    said = page()
    assert f"<h1>{other.headline}</h1>" in said
    assert "也在进行" in said
    assert campaign.name in said


def test_an_ended_or_unpublished_campaign_leaves_the_home_page(campaign, noon):
    other = another("江南省", noon)
    Campaign.objects.filter(pk=other.pk).update(ended_at=noon)
    assert other.name not in page()
    Campaign.objects.filter(pk=other.pk).update(ended_at=None, published_at=None)
    assert other.name not in page()
    for tail in ("", "timetable/", "downloads/"):
        assert Client().get(f"/campaigns/{other.code}/{tail}").status_code == 404
    assert other.name not in page("/years/")


def test_a_campaigns_doors_follow_its_way_up(campaign, noon):
    assert page(f"/campaigns/{campaign.code}/").count('class="gate"') == 3
    Category.objects.filter(campaign=campaign).update(
        needs_recommender=False, requires_site_visit=False, allows_direct=False
    )
    said = page(f"/campaigns/{campaign.code}/")
    assert said.count('class="gate"') == 2
    assert "推荐通道" not in said


def test_the_timetable_has_phases_and_lines_without_a_day(campaign):
    lines = list(Milestone.objects.filter(campaign=campaign))
    for number, line in enumerate(lines):
        phase = "第一阶段" if number < 3 else "第二阶段"
        Milestone.objects.filter(pk=line.pk).update(phase=phase)
    Milestone.objects.filter(pk=lines[-1].pk).update(
        starts_on=None, ends_on=None, label="12月"
    )
    Milestone.objects.filter(pk=lines[-2].pk).update(
        starts_on=None, ends_on=None, label=""
    )
    said = page(f"/campaigns/{campaign.code}/timetable/")
    assert said.index("第一阶段") < said.index("第二阶段")
    assert "具体日期另行通知" in said
    assert "时间另行通知" in said
    assert "班组申报" in said
    Window.objects.filter(campaign=campaign).delete()
    Milestone.objects.filter(campaign=campaign).delete()
    assert "还没有时间安排" in page(f"/campaigns/{campaign.code}/timetable/")


def test_past_years_list_notice_list_and_count(campaign, walk, noon):
    walk.published()
    another("江西省", noon, year=2018)
    said = page("/years/")
    assert said.index("2020年上海") < said.index("2018年江西省")
    assert "1 项" in said
    assert "看通知" in said
    assert page("/years/?page=x")


def test_one_campaigns_list_of_a_year_with_two(campaign, walk):
    walk.published()
    here = f"/results/{campaign.year}/"
    assert page(f"{here}?campaign={campaign.code}")
    assert Client().get(f"{here}?campaign=nobodys").status_code == 404
    assert page(f"{here}?campaign=%00x".replace("%00", "!"))


@pytest.mark.parametrize("path", ["/", "/years/"])
def test_more_campaigns_ask_no_more_queries(campaign, noon, path):
    another("江南省", noon)
    counts = [queries(path)]
    another("江北省", noon)
    another("江东省", noon)
    counts.append(queries(path))
    assert counts[0] == counts[1]


def test_a_campaigns_pages_ask_few_queries(campaign):
    for tail, most in (("", 14), ("timetable/", 9), ("downloads/", 9)):
        assert queries(f"/campaigns/{campaign.code}/{tail}") <= most


PUBLIC = [
    "/",
    "/years/",
    "/notices/",
    "/downloads/",
    "/help/",
    "/help/unit/",
    "/cases/",
]


def test_public_pages_may_be_kept_by_strangers_only(campaign, cast, walk, client_of):
    walk.published()
    own = [f"/campaigns/{campaign.code}/{t}" for t in ("", "timetable/", "downloads/")]
    for path in [*PUBLIC, *own, f"/results/{campaign.year}/"]:
        answer = Client().get(path)
        assert "public" in answer["Cache-Control"], path
        assert "Cookie" in answer["Vary"], path
        known = client_of(cast.group).get(path)
        assert "no-store" in known["Cache-Control"], path
        cookie = Client()
        cookie.cookies["anything"] = "1"
        assert "public" not in cookie.get(path).get("Cache-Control", ""), path


def test_no_page_is_kept_beyond_the_next_deadline(campaign, noon):
    Window.objects.filter(campaign=campaign).update(
        closes_at=noon + timedelta(seconds=30)
    )
    kept = Client().get("/")["Cache-Control"]
    seconds = int(kept.partition("max-age=")[2].partition(",")[0])
    assert 0 <= seconds <= 30


def test_the_promise_stands_where_money_could_be_asked(campaign, cast, client_of):
    for path in ("/", f"/campaigns/{campaign.code}/", "/help/recommender/"):
        assert "不收取任何费用" in page(path)
        assert "/complaints/?kind=fee" in page(path)
    desk = client_of(cast.recommender).get("/recommenders/").content.decode()
    assert "/complaints/?kind=fee" in desk


def test_help_speaks_of_the_campaigns_own_way(campaign):
    group, unit, body = (page(f"/help/{t}/") for t in ("group", "unit", "recommender"))
    assert "直接申报" in group
    assert "班组 → 单位 → 推荐单位 → 秘书处" in group
    assert "问题解决型 1 项" in body
    assert "关闭" in unit
    Category.objects.filter(campaign=campaign).update(
        needs_unit_stamp=False, needs_recommender=False, allows_direct=False,
        requires_site_visit=False,
    )  # fmt: skip
    assert "本活动不用单位盖章" in page("/help/unit/")
    assert "本活动不经推荐单位" in page("/help/recommender/")
    assert "单位要重新盖章" not in page("/help/group/")
    assert page("/help/group/?campaign=nobodys")
