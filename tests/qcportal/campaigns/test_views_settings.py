"""活动设置: windows to the minute, all or none, with a second thought before closing."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from qcportal.accounts.roles import Role
from qcportal.campaigns import shows
from qcportal.campaigns.actions import let_recommend
from qcportal.campaigns.models import Campaign, Window, WindowChange
from qcportal.campaigns.stages import ONLINE_STAGES, Stage
from tests import factories

pytestmark = pytest.mark.django_db
CODE = "shanghai-2020"


@pytest.fixture
def desk(cast, client_of):
    return client_of(cast.association)


def typed(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%dT%H:%M}"


def minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


@pytest.fixture
def weekday(noon) -> datetime:
    """The coming Wednesday but one at 22:00 in Shanghai, after every window."""
    local = timezone.localtime(noon + timedelta(days=30))
    local += timedelta(days=(2 - local.weekday()) % 7)
    return local.replace(hour=22, minute=0, second=0, microsecond=0)


def test_the_page_reads_the_notice(desk, campaign):
    page = desk.get(reverse("campaigns:settings", args=[CODE])).content.decode()

    for words in (
        "班组申报", "共 14天22小时", "合计 100 分", "区、市州质量协会", "时间还没有改过",
    ):  # fmt: skip
        assert words in page
    honours = desk.get(reverse("campaigns:honours", args=[CODE])).content.decode()
    checks = desk.get(reverse("campaigns:checks", args=[CODE])).content.decode()
    assert "一等奖" in honours
    assert "企业名称与公章一致" in checks


def test_only_who_runs_it_comes_in(cast, client_of):
    url = reverse("campaigns:settings", args=[CODE])
    window = reverse("campaigns:move_window", args=[CODE, "filing"])
    everything = reverse("campaigns:extend_windows", args=[CODE])

    stranger = client_of(cast.other_association)
    assert stranger.get(url).status_code == 404
    assert stranger.post(window, {}).status_code == 404
    assert stranger.post(everything, {}).status_code == 404
    for actor in (cast.group, cast.unit, cast.recommender, cast.judge):
        assert client_of(actor).get(url).status_code == 403
    assert client_of(cast.association).get(window).status_code == 200
    assert client_of(cast.association).get(everything).status_code == 405


def test_a_stage_nobody_knows_is_not_there(desk):
    url = reverse("campaigns:move_window", args=[CODE, "nonsense"])

    assert desk.post(url, {}).status_code == 404


def test_a_window_is_moved_with_its_reason(desk, campaign, weekday):
    window = campaign.window(Stage.FILING)
    url = reverse("campaigns:move_window", args=[CODE, "filing"])

    answer = desk.post(url, {
        "opens_at": typed(window.opens_at), "closes_at": typed(weekday),
        "reason": "网络故障，顺延",
    })  # fmt: skip

    assert answer.url == reverse("campaigns:settings", args=[CODE])
    window.refresh_from_db()
    assert window.closes_at == weekday
    change = WindowChange.objects.get()
    assert (change.reason, change.by.name) == ("网络故障，顺延", "周岚")
    assert "网络故障，顺延" in desk.get(answer.url).content.decode()


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"reason": ""}, "reason", "请写明原因，会记入操作日志"),
        ({"reason": "  "}, "reason", "请写明原因，会记入操作日志"),
        ({"reason": "长" * 201}, "reason", "原因请写在 200 字以内"),
        ({"closes_at": "junk"}, "closes_at", "请填日期和时间，例如 2020-07-12 22:00"),
        ({"closes_at": ""}, "closes_at", "请填日期和时间，例如 2020-07-12 22:00"),
        ({"closes_at": "2000-01-01T00:00"}, "closes_at", "关闭时间要晚于开放时间。"),
        ({"closes_at": "9999-12-31T99:99"}, "closes_at", "请填日期和时间，例如 2020-07-12 22:00"),
        ({}, "closes_at", "时间没有变化。"),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_at_its_field(desk, campaign, given, field, words):
    window = campaign.window(Stage.FILING)
    same = {
        "opens_at": typed(window.opens_at), "closes_at": typed(window.closes_at),
        "reason": "更正", "confirmed": "on",
    }  # fmt: skip
    url = reverse("campaigns:move_window", args=[CODE, "filing"])

    page = desk.post(url, {**same, **given})

    form = page.context["typed"]["filing"]
    assert form.errors[field] == [words]
    assert form["reason"].value() == {**same, **given}["reason"]
    assert not WindowChange.objects.exists()


def test_closing_a_running_stage_now_is_asked_for_twice(desk, campaign, noon):
    window = campaign.window(Stage.FILING)
    url = reverse("campaigns:move_window", args=[CODE, "filing"])
    given = {
        "opens_at": typed(window.opens_at), "reason": "提前截止",
        "closes_at": typed(noon - timedelta(minutes=2)),
    }  # fmt: skip

    page = desk.post(url, given).content.decode()
    window.refresh_from_db()
    assert "马上关闭" in page
    assert 'name="confirmed"' in page
    assert window.closes_at > noon

    assert desk.post(url, {**given, "confirmed": "on"}).status_code == 302
    window.refresh_from_db()
    assert window.closes_at == minute(noon - timedelta(minutes=2))


def test_all_online_stages_move_together(desk, campaign, weekday):
    url = reverse("campaigns:extend_windows", args=[CODE])

    answer = desk.post(url, {"closes_at": typed(weekday), "reason": "台风，顺延"})

    assert answer.status_code == 302
    moved = Window.objects.filter(campaign=campaign, stage__in=ONLINE_STAGES)
    assert {w.closes_at for w in moved} == {weekday}
    assert WindowChange.objects.count() == 3


def test_one_stage_that_cannot_move_keeps_all_where_they_are(desk, campaign, noon):
    recommending = campaign.window(Stage.RECOMMENDING)
    Window.objects.filter(pk=recommending.pk).update(
        opens_at=noon + timedelta(days=1), closes_at=noon + timedelta(days=40)
    )
    before = list(Window.objects.order_by("pk").values_list("closes_at", flat=True))
    url = reverse("campaigns:extend_windows", args=[CODE])

    page = desk.post(
        url,
        {"closes_at": typed(noon + timedelta(hours=2)), "reason": "试", "confirmed": "on"},
    )  # fmt: skip

    assert page.context["typed"]["all"].errors["closes_at"] == [
        "关闭时间要晚于开放时间。"
    ]
    after = list(Window.objects.order_by("pk").values_list("closes_at", flat=True))
    assert after == before


def test_the_page_asks_as_often_for_more_changes(
    desk, campaign, weekday, django_assert_num_queries
):
    url = reverse("campaigns:settings", args=[CODE])
    extend = reverse("campaigns:extend_windows", args=[CODE])
    desk.post(extend, {"closes_at": typed(weekday), "reason": "一"})
    desk.get(url)
    with CaptureQueriesContext(connection) as captured:
        desk.get(url)
    asked = len(captured)
    later = weekday + timedelta(days=1)
    desk.post(extend, {"closes_at": typed(later), "reason": "二"})
    with django_assert_num_queries(asked):
        desk.get(url)


@pytest.mark.parametrize(
    ("opens", "closes", "codes"),
    [
        (-10, 3, []),
        (-10, 6, ["closes_weekend"]),
        (-10, -1, ["closes_now"]),
        (2, 4, ["hides_open"]),
    ],
)
def test_what_an_officer_should_know(opens, closes, codes):
    monday = timezone.make_aware(datetime(2020, 7, 6, 12))  # noqa: DTZ001 - made aware
    old = (monday - timedelta(days=10), monday + timedelta(days=1))

    found = shows.cautions(
        Stage.FILING, monday + timedelta(days=opens), monday + timedelta(days=closes),
        monday, old,
    )  # fmt: skip

    # Whatever falls on a weekend besides is said too.
    assert [
        c.code for c in found if c.code in codes or c.code != "closes_weekend"
    ] == codes


def test_the_campaign_of_the_page_is_the_one_at_work_on(desk, cast, campaign, noon):
    desk.get(reverse("campaigns:settings", args=[CODE]))

    assert desk.session["campaign"] == CODE
    assert Campaign.objects.count() == 2


# --- who gets how many ------------------------------------------------------------------


def bodies(campaign):
    """Class → (bodies, most) of the rules per recommending body."""
    lines = shows.quota_lines(Campaign.objects.get(pk=campaign.pk))
    return {
        line.whom: (line.bodies, line.most) for line in lines if line.bodies is not None
    }


def test_associations_that_recommend_here_count_by_the_class_of_their_right(
    cast, campaign, noon
):
    usual = bodies(campaign)
    assert usual["区、市州质量协会"] == (1, 10)
    lower = factories.organisation(Role.ASSOCIATION, "临港质量协会")
    let_recommend(campaign, lower, "district", by=cast.association, at=noon)
    assert bodies(campaign) == usual | {"区、市州质量协会": (2, 20)}
    lower.is_active = False
    lower.save(update_fields=["is_active"])
    assert bodies(campaign) == usual


def test_a_rule_for_everybody_counts_associations_too(cast, campaign, noon):
    campaign.quota_rules.all().delete()
    campaign.quota_rules.create(subject="recommender", hard=3)
    assert bodies(campaign) == {"所有推荐单位": (2, 6)}
    let_recommend(
        campaign, cast.other_association.organisation, "", by=cast.association, at=noon
    )
    assert bodies(campaign) == {"所有推荐单位": (3, 9)}


def test_counting_asks_as_often_for_three_associations_as_for_one(
    cast, campaign, noon, django_assert_num_queries
):
    def fresh():
        return Campaign.objects.get(pk=campaign.pk)

    with CaptureQueriesContext(connection) as one:
        shows.quota_lines(fresh())
    asked = len(one)
    for n in range(3):
        lower = factories.organisation(Role.ASSOCIATION, f"第{n}质量协会")
        let_recommend(campaign, lower, "", by=cast.association, at=noon)
    with django_assert_num_queries(asked):
        shows.quota_lines(fresh())
