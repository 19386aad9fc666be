"""The pages of a forwarded campaign: beginning it, 差异对照, 上报事项."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import Duty, Role
from qcportal.campaigns import (
    actions,
    begin_actions,
    form_actions,
    forward_actions,
    presets,
    time_actions,
)
from qcportal.campaigns.differences import parts
from qcportal.campaigns.models import Campaign, HigherChange, QuotaRule
from qcportal.campaigns.stages import Stage
from recommenders.models import Dossier
from reviews.upward import upward
from tests import factories


@pytest.fixture
def at(db: None) -> datetime:
    return timezone.now()


@pytest.fixture
def national(at: datetime) -> Campaign:
    """The national campaign, its last online closing 60 days from now."""
    preset = presets.read(presets.FOLDER / "national-2023.toml")
    from_now = at + timedelta(days=60) - preset.closing()
    moved = presets.Preset(preset.raw, timedelta(days=from_now.days), preset.name)
    return presets.load(moved, published_at=at - timedelta(days=3))


@pytest.fixture
def tibet(national: Campaign, at: datetime) -> Organisation:
    made = factories.organisation(
        Role.ASSOCIATION, "西藏自治区质量协会", short_name="西藏质协", letters="XZ"
    )
    actions.let_recommend(national, made, "district", by=None, at=at)
    return made


@pytest.fixture
def clerk(tibet: Organisation, at: datetime) -> Actor:
    return factories.seat("德吉", tibet, Duty.MANAGER, at)


@pytest.fixture
def above(national: Campaign, at: datetime) -> Actor:
    officer = factories.seat("卫国", national.host, Duty.MANAGER, at)
    actions.let_run(national, officer.user, by=None, at=at)
    return officer


@pytest.fixture
def own(national: Campaign, clerk: Actor, at: datetime) -> Campaign:
    return forward_actions.forward(national.pk, days=20, by=clerk, at=at)


def url(name: str, *args: object) -> str:
    return reverse(f"campaigns:{name}", args=args)


def text(answer) -> str:
    return answer.content.decode()


# --- beginning --------------------------------------------------------------------------


def test_the_page_of_new_campaigns_offers_to_forward(
    client_of, clerk, national, at
) -> None:
    client = client_of(clerk)
    page = text(client.get(url("new")))
    assert "转发上级通知" in page
    assert national.name in page
    answer = client.post(
        url("begin_forward"), {"higher": national.code, "days": 20, "name": ""}
    )
    made = Campaign.objects.get(higher=national)
    assert answer.status_code == 302
    assert made.code in answer["Location"]
    again = client.post(
        url("begin_forward"), {"higher": national.code, "days": 9, "name": "另一个"}
    )
    assert again["Location"] == url("differences", made.code)
    assert Campaign.objects.filter(higher=national).count() == 1
    page = text(client.get(url("new")))
    assert "已经转发的" in page
    assert "begin_forward" not in page


@pytest.mark.parametrize("days", ["0", "999", "100", "很多", ""])
def test_days_that_do_not_fit_are_refused_with_what_was_typed(
    client_of, clerk, national, at, days
) -> None:
    typed = {"higher": national.code, "days": days, "name": "我们的活动"}
    answer = client_of(clerk).post(url("begin_forward"), typed)
    assert answer.status_code == 422
    assert list(answer.context["forward_form"].errors) == ["days"]
    assert "我们的活动" in text(answer)
    assert Campaign.objects.filter(higher=national).count() == 0


def test_an_association_without_a_right_is_not_offered_it(
    client_of, cast, national, at
) -> None:
    client = client_of(cast.association)
    assert "转发上级通知" not in text(client.get(url("new")))
    answer = client.post(url("begin_forward"), {"higher": national.code, "days": 5})
    assert answer.status_code == 422
    assert Campaign.objects.filter(higher=national).count() == 0


def test_the_public_page_offers_it_to_those_who_may(
    client_of, clerk, cast, national, at
) -> None:
    page = reverse("site:campaign", args=[national.code])
    asked = f"?higher={national.code}#forward"
    assert asked in text(client_of(clerk).get(page))
    assert asked not in text(client_of(cast.association).get(page))
    assert asked not in text(Client().get(page))
    forward_actions.forward(national.pk, days=20, by=clerk, at=at)
    assert asked not in text(client_of(clerk).get(page))


# --- 差异对照 ----------------------------------------------------------------------------


def lines(campaign: Campaign, key: str, at: datetime) -> dict[str, object]:
    fresh = Campaign.objects.get(pk=campaign.pk)
    (part,) = [part for part in parts(fresh, at) if part.key == key]
    return {line.label: line for line in part.lines}


def test_what_differs_stands_side_by_side(national, own, at) -> None:
    times = lines(own, "times", at)
    filing = times[Stage.FILING.label]
    assert not filing.same
    assert filing.notes == ("比上级早 20 天。",)
    assert filing.own != filing.higher
    (form,) = lines(own, "forms", at).values()
    assert form.same
    assert form.take == ""
    assert all(line.same for line in lines(own, "rubrics", at).values())
    assert all(line.same for line in lines(own, "checks", at).values())
    numbers = {x.own for x in lines(own, "attachments", at).values()}
    assert {"附件1", "附件2"} <= numbers


def test_the_higher_number_for_this_body_is_the_ceiling(national, own, at) -> None:
    national.quota_rules.all().delete()
    QuotaRule.objects.create(
        campaign=national, subject="recommender", recommender_class="district", hard=4
    )
    (line,) = lines(own, "quotas", at).values()
    assert (line.own, line.higher) == ("还没有定", "给本单位 4 项")
    QuotaRule.objects.create(campaign=own, subject="recommender", hard=9)
    (line,) = lines(own, "quotas", at).values()
    body = factories.organisation(
        Role.RECOMMENDER, "拉萨市质量协会", recommender_class="district"
    )
    factories.unit_of("拉萨第一厂", body)
    (line,) = lines(own, "quotas", at).values()
    assert line.own == "合计最多 9 项"
    assert line.notes == ("比上级给本单位的多，收上来以后要再选。",)


def newer_form(national: Campaign, above: Actor, at: datetime) -> None:
    category = national.categories.get()
    begun = form_actions.begin_form_version(category.pk, by=above, at=at)
    changed = {**begun.definition, "title": "新的申报表"}
    kept = form_actions.save_form_version(begun.pk, changed, edition=0, by=above, at=at)
    form_actions.publish_form_version(
        begun.pk, edition=kept.edition, reason="改名", by=above, at=at
    )


def test_a_newer_form_is_marked_and_taken_over_by_a_button(
    client_of, clerk, above, national, own, at
) -> None:
    newer_form(national, above, at)
    (line,) = lines(own, "forms", at).values()
    assert line.chip == ("back", "上级已改")
    assert line.notes
    client = client_of(clerk)
    page = text(client.get(url("differences", own.code)))
    assert line.take in page
    answer = client.post(line.take)
    category = own.categories.get()
    assert answer["Location"] == reverse("forms:edit", args=[own.code, category.code])
    assert category.forms.get(version=2).definition["title"] == "新的申报表"
    (line,) = lines(own, "forms", at).values()
    assert line.take == ""
    assert "本单位正在编写" in line.notes[-1]
    assert client.post(url("take_form", own.code, "nothing")).status_code == 404


def test_a_change_is_marked_until_it_was_looked_at(
    client_of, clerk, above, national, own, at
) -> None:
    window = national.windows.get(stage=Stage.RECOMMENDING)
    actions.move_window(
        window.pk, opens_at=window.opens_at, closes_at=window.closes_at + timedelta(days=2),
        reason="顺延", by=above, at=at,
    )  # fmt: skip
    client = client_of(clerk)
    page = text(client.get(url("profile", own.code)))
    assert "上级已改" in page
    assert lines(own, "times", at)[Stage.RECOMMENDING.label].changed
    page = client.get(url("differences", own.code))
    newest = page.context["newest"]
    assert newest == own.higher_changes.get(seen_at=None).pk
    client.post(url("see_changes", own.code), {"up_to": newest})
    assert own.higher_changes.filter(seen_at=None).count() == 0
    assert not lines(own, "times", at)[Stage.RECOMMENDING.label].changed
    for junk in ("", "-1", "x", "9" * 40, "²"):
        answer = client.post(url("see_changes", own.code), {"up_to": junk})
        assert answer.status_code == 302


def test_only_what_differs_can_be_asked_for(client_of, clerk, own) -> None:
    client = client_of(clerk)
    everything = text(client.get(url("differences", own.code)))
    narrowed = text(client.get(url("differences", own.code) + "?only=different"))
    assert everything.count(">一致<") > 0
    assert narrowed.count(">一致<") == 0
    assert client.get(url("differences", own.code) + "?page=x").status_code == 200


@pytest.mark.parametrize("name", ["differences", "upward"])
def test_pages_are_the_own_associations_alone(
    client_of, cast, clerk, above, own, name
) -> None:
    page = reverse(
        "upward:due" if name == "upward" else f"campaigns:{name}", args=[own.code]
    )
    assert client_of(clerk).get(page).status_code == 200
    for neighbour in (above, cast.association):
        assert client_of(neighbour).get(page).status_code == 404
    assert client_of(cast.group).get(page).status_code == 403


def test_a_campaign_of_ones_own_has_no_such_page(client_of, cast, campaign) -> None:
    client = client_of(cast.association)
    assert client.get(url("differences", campaign.code)).status_code == 404
    assert client.get(reverse("upward:due", args=[campaign.code])).status_code == 404
    assert "差异对照" not in text(client.get(url("profile", campaign.code)))


def test_the_pages_cost_the_same_with_more_changes(
    client_of, clerk, national, own, at
) -> None:
    client = client_of(clerk)
    pages = [url("differences", own.code), reverse("upward:due", args=[own.code])]

    def costs(rows: int) -> list[int]:
        HigherChange.objects.filter(campaign=own).delete()
        for n in range(rows):
            HigherChange.objects.create(
                campaign=own, key=f"x{n}", what="window", words="改了。", at=at
            )
        found = []
        for page in pages:
            with CaptureQueriesContext(connection) as asked:
                assert client.get(page).status_code == 200
            found.append(len(asked))
        return found

    costs(1)  # what is kept between requests
    assert costs(1) == costs(3)


def test_changes_are_paged(client_of, clerk, own, at) -> None:
    for n in range(27):
        HigherChange.objects.create(
            campaign=own, key=f"x{n}", what="window", words=f"第{n:02d}次改。", at=at
        )
    client = client_of(clerk)
    assert "第01次改。" not in text(client.get(url("differences", own.code)))
    assert "第01次改。" in text(client.get(url("differences", own.code) + "?page=2"))


# --- 上报事项 ----------------------------------------------------------------------------


def test_what_is_due_upward_and_when(
    client_of, clerk, national, own, above, at
) -> None:
    found = upward(Campaign.objects.get(pk=own.pk), at)
    due = national.window(Stage.RECOMMENDING).closes_at
    assert found.state == ("run", "开放中")
    assert found.extended == ""
    assert [task.state for task in found.tasks[:2]] == ["还没开始", "还没提交"]
    assert [refusal.code for refusal in found.against] == ["nobody_at_the_desk"]
    time_actions.extend_for(
        national, Stage.RECOMMENDING, organisation=own.host,
        closes_at=due + timedelta(days=2), reason="路途远", by=above, at=at,
    )  # fmt: skip
    factories.seat("卓玛", own.host, Duty.RECOMMENDING, at)
    found = upward(Campaign.objects.get(pk=own.pk), at)
    assert found.extended
    assert (found.against, found.seats) == ([], ["卓玛"])
    late = upward(Campaign.objects.get(pk=own.pk), due + timedelta(days=3))
    assert late.state == ("end", "已截止")
    page = text(client_of(clerk).get(reverse("upward:due", args=[own.code])))
    assert "上报时间" in page


def test_the_papers_are_those_the_higher_campaign_asks_for(national, own, at) -> None:
    def papers() -> list[str]:
        return [t.text for t in upward(Campaign.objects.get(pk=own.pk), at).tasks[2:]]

    Campaign.objects.filter(pk=national.pk).update(needs_dossier=False)
    assert papers() == ["推荐表（盖章）", "推荐汇总表", "评审汇总表"]
    Campaign.objects.filter(pk=national.pk).update(needs_dossier=True)
    assert papers()[:2] == ["活动总结", "活动统计表"]
    Dossier.objects.create(
        campaign=national, recommender=own.host, statistics_done_at=at
    )
    found = upward(Campaign.objects.get(pk=own.pk), at)
    states = {task.text: task.state for task in found.tasks}
    assert (states["活动总结"], states["活动统计表"]) == ("还没交", "已填完")


def test_a_lost_right_is_said(national, own, clerk, above, at) -> None:
    actions.stop_recommending(national, own.host, by=above, at=at)
    found = upward(Campaign.objects.get(pk=own.pk), at)
    assert "no_right" in [refusal.code for refusal in found.against]


# --- public -----------------------------------------------------------------------------


def test_the_public_page_says_where_it_comes_from(national, own, at) -> None:
    Campaign.objects.filter(pk=own.pk).update(published_at=at)
    page = text(Client().get(reverse("site:campaign", args=[own.code])))
    notice = national.notices.get(is_main=True)
    assert "转发自" in page
    assert reverse("site:campaign", args=[national.code]) in page
    assert reverse("notices:notice", args=[notice.slug]) in page


def test_the_tibet_preset_shows_both_pages(client_of, clerk, national, at) -> None:
    preset = presets.read(presets.FOLDER / "tibet-2023.toml")
    own = begin_actions.begin_from(preset, by=clerk, at=at)
    assert own.higher == national
    client = client_of(clerk)
    page = text(client.get(url("differences", own.code)))
    assert "藏质协字（2023）6号" in page
    assert "附件3" in page
    assert client.get(reverse("upward:due", args=[own.code])).status_code == 200
