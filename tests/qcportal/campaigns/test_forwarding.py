"""转发: a lower association carries a higher one's campaign out as its own."""

from __future__ import annotations

from datetime import date as day
from datetime import datetime, timedelta

import pytest

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Affiliation, Organisation
from qcportal.accounts.roles import Duty, Role
from qcportal.audit.models import TrailEntry
from qcportal.campaigns import (
    actions,
    begin_actions,
    form_actions,
    forward_actions,
    forwarding,
    impact,
    presets,
    settings_actions,
    settings_rules,
    time_actions,
)
from qcportal.campaigns.gaps import gaps
from qcportal.campaigns.models import Campaign, HigherChange, QuotaRule
from qcportal.campaigns.rules import due_above
from qcportal.campaigns.stages import Stage
from qcportal.inbox.models import Message
from qcportal.notices import actions as notice_actions
from qcportal.notices import forwarding as notice_news
from qcportal.notices.models import Notice
from qcportal.refusals import Refused
from tests import factories


@pytest.fixture
def at(db: None) -> datetime:
    """A week after the national campaign of 2023 opened."""
    return opening() + timedelta(days=7)


def opening() -> datetime:
    preset = presets.read(presets.FOLDER / "national-2023.toml")
    return min(preset.at(w["opens"]) for w in preset.raw["windows"])


@pytest.fixture
def national(at: datetime) -> Campaign:
    preset = presets.read(presets.FOLDER / "national-2023.toml")
    return presets.load(preset, published_at=opening())


@pytest.fixture
def tibet(at: datetime) -> Organisation:
    return factories.organisation(
        Role.ASSOCIATION, "西藏自治区质量协会", short_name="西藏质协", letters="XZ"
    )


@pytest.fixture
def clerk(tibet: Organisation, national: Campaign, at: datetime) -> Actor:
    """Manages Tibet's association, which may recommend in the national campaign."""
    actions.let_recommend(national, tibet, "district", by=None, at=at)
    return factories.seat("德吉", tibet, Duty.MANAGER, at)


@pytest.fixture
def above(national: Campaign, at: datetime) -> Actor:
    officer = factories.seat("卫国", national.host, Duty.MANAGER, at)
    actions.let_run(national, officer.user, by=None, at=at)
    return officer


def forward(national: Campaign, clerk: Actor, at: datetime, **given) -> Campaign:
    made = forward_actions.forward(
        national.pk, **{"days": 20, **given}, by=clerk, at=at
    )
    return fresh(made)


def fresh(campaign: Campaign) -> Campaign:
    return Campaign.objects.get(pk=campaign.pk)


def refused(act, *args, **kwargs) -> list[str]:
    with pytest.raises(Refused) as no:
        act(*args, **kwargs)
    return no.value.codes


# --- what it begins with ----------------------------------------------------------------


def test_tibet_forwards_the_national_campaign(national, clerk, tibet, at) -> None:
    own = forward(national, clerk, at)
    assert (own.code, own.higher, own.host) == ("national-2023-xz", national, tibet)
    assert own.published_at is None
    assert own.name == f"{national.name}（西藏质协转发）"
    assert (own.letters, own.certificate_issuer) == ("XZ", tibet.name)
    assert (own.document_number, own.contact, own.co_hosts) == ("", {}, [])
    assert list(own.quota_rules.all()) == []
    assert list(own.recommending_rights.all()) == []
    mine, theirs = own.categories.get(), national.categories.get()
    assert mine.newest_form.definition == theirs.newest_form.definition
    assert [r.name for r in mine.rubrics.all()] == [
        r.name for r in theirs.rubrics.all()
    ]
    assert [a.name for a in own.award_levels.all()] == [
        a.name for a in national.award_levels.all()
    ]
    entry = TrailEntry.objects.get(what="campaign_forwarded")
    assert entry.data["source"] == national.code


def test_its_own_windows_close_earlier_and_its_timetable_says_so(
    national, clerk, at
) -> None:
    own = forward(national, clerk, at, days=20)
    due = national.window(Stage.RECOMMENDING).closes_at
    assert due_above(own) == due
    for window in own.windows.all():
        theirs = national.window(Stage(window.stage))
        assert window.closes_at == theirs.closes_at - timedelta(days=20)
        assert window.opens_at == theirs.opens_at
    assert {w.stage for w in own.windows.all()} == {
        w.stage for w in national.windows.all()
        if w.stage in ("filing", "stamping", "recommending")
    }  # fmt: skip
    last = own.milestones.order_by("order").last()
    assert last.title == f"向{national.host.label}推荐"
    found = {gap.code for gap in gaps(own, at)}
    assert not found & {"later_than_higher", "window_past", "window_too_late"}


def test_what_is_its_own_to_fill_in_stands_in_the_gaps(national, clerk, at) -> None:
    own = forward(national, clerk, at)
    found = {gap.code for gap in gaps(own, at)}
    assert {"no_document_number", "no_contact", "unchecked"} <= found
    assert "no_own_quota" in found
    QuotaRule.objects.create(campaign=own, subject="recommender", hard=2)
    Campaign.objects.filter(pk=own.pk).update(document_number="藏质协字（2023）6号")
    found = {gap.code for gap in gaps(fresh(own), at)}
    assert not found & {"no_document_number", "no_own_quota"}


def test_the_higher_notice_is_linked_as_attachment_one_and_the_rest_follow(
    national, clerk, at
) -> None:
    own = forward(national, clerk, at)
    notice, theirs = own.notices.get(), national.notices.get(is_main=True)
    assert notice.published_at is None
    assert notice.is_main
    assert f"《{theirs.title}》（{national.document_number}）转发给你们" in notice.body
    assert notice.signatures == [own.host.name]
    rows = list(notice.attachments.all())
    assert (rows[0].number, rows[0].kind, rows[0].link) == ("1", "notice", theirs)
    assert rows[0].document is None
    copied = [a for a in theirs.attachments.all() if a.kind not in ("upload", "notice")]
    assert [(r.title, r.kind) for r in rows[1:]] == [(a.title, a.kind) for a in copied]
    heads = list(dict.fromkeys(a.number.partition("-")[0] for a in copied))
    assert [r.number for r in rows[1:]] == [
        str(heads.index(a.number.partition("-")[0]) + 2) + a.number[len(a.number.partition("-")[0]):]
        for a in copied
    ]  # fmt: skip


def test_a_forwarded_campaign_goes_into_a_file_and_back(national, clerk, at) -> None:
    own = forward(national, clerk, at)
    text = presets.export(own)
    assert 'forwards = "national-2023"' in text
    again = presets.load(presets.read_text("x.toml", text), host=own.host, code="again")
    assert again.higher == national
    assert [w.closes_at for w in again.windows.all()] == [
        w.closes_at for w in own.windows.all()
    ]


def test_an_association_right_under_the_host_may_forward_too(
    national, tibet, at
) -> None:
    clerk = factories.seat("德吉", tibet, Duty.MANAGER, at)
    assert list(forwarding.offered(clerk)) == []
    Affiliation.objects.create(unit=tibet, recommender=national.host)
    assert list(forwarding.offered(clerk)) == [national]
    assert forward(national, clerk, at).higher == national


# --- refused ----------------------------------------------------------------------------


def test_an_association_without_a_right_is_refused(national, tibet, at) -> None:
    clerk = factories.seat("德吉", tibet, Duty.MANAGER, at)
    assert refused(forward, national, clerk, at) == ["no_right"]
    assert Campaign.objects.filter(higher=national).count() == 0


def test_who_may_not_begin_campaigns_may_not_forward(
    national, clerk, tibet, at
) -> None:
    other = factories.seat("旺堆", tibet, Duty.CLERK, at)
    assert refused(forward, national, other, at) == ["may_not_begin"]


@pytest.mark.parametrize("state", ["unpublished", "ended", "own"])
def test_only_public_running_campaigns_of_others_are_offered(
    national, clerk, above, at, state
) -> None:
    if state == "unpublished":
        Campaign.objects.filter(pk=national.pk).update(published_at=None)
    if state == "ended":
        Campaign.objects.filter(pk=national.pk).update(ended_at=at)
    who = above if state == "own" else clerk
    assert refused(forward, national, who, at) == ["no_right"]


def test_nothing_is_forwarded_once_the_higher_closed(national, clerk, at) -> None:
    due = national.window(Stage.RECOMMENDING).closes_at
    assert refused(forward, national, clerk, due) == ["higher_closed"]
    assert forward(national, clerk, due - timedelta(days=2), days=1).higher == national


@pytest.mark.parametrize(
    ("days", "code"), [(0, "days_wrong"), (181, "days_wrong"), (None, "past_already")]
)
def test_days_that_leave_no_time_are_refused_beside_the_field(
    national, clerk, at, days, code
) -> None:
    due = national.window(Stage.RECOMMENDING).closes_at
    days = (due - at).days + 1 if days is None else days
    with pytest.raises(Refused) as no:
        forward(national, clerk, at, days=days)
    assert [(r.code, r.field) for r in no.value.refusals] == [(code, "days")]
    assert Campaign.objects.filter(higher=national).count() == 0


def test_before_the_higher_opens_closing_before_its_opening_is_refused(
    national, clerk
) -> None:
    early = opening() - timedelta(days=30)
    due = national.window(Stage.RECOMMENDING).closes_at
    days = (due - opening()).days + 1
    assert refused(forward, national, clerk, early, days=days) == ["no_time_left"]


def test_a_second_click_leads_to_the_first_one(national, clerk, tibet, at) -> None:
    first = forward(national, clerk, at)
    assert forward(national, clerk, at, days=5, name="另一个") == first
    assert national.forwarded_as.count() == 1
    other = factories.seat("旺堆", tibet, Duty.MANAGER, at)
    assert refused(forward, national, other, at) == ["forwarded_already"]


# --- times ------------------------------------------------------------------------------


def test_own_times_later_than_the_higher_closing_are_refused_beside_the_field(
    national, clerk, at
) -> None:
    own = forward(national, clerk, at)
    due = national.window(Stage.RECOMMENDING).closes_at
    window = own.windows.get(stage=Stage.FILING)

    def move(closes_at):
        return actions.move_window(
            window.pk, opens_at=window.opens_at, closes_at=closes_at, reason="顺延",
            by=clerk, at=at,
        )  # fmt: skip

    with pytest.raises(Refused) as no:
        move(due)
    assert [(r.code, r.field) for r in no.value.refusals] == [
        ("later_than_higher", "closes_at")
    ]
    assert move(due - timedelta(minutes=1)).closes_at == due - timedelta(minutes=1)
    assert "later_than_higher" in refused(
        time_actions.extend_for, own, Stage.FILING, record_code="X-1",
        closes_at=due, reason="停电", by=clerk, at=at,
    )  # fmt: skip


def test_an_extension_for_the_lower_association_moves_its_due_day(
    national, clerk, above, tibet, at
) -> None:
    own = forward(national, clerk, at)
    later = due_above(own) + timedelta(days=3)
    time_actions.extend_for(
        national, Stage.RECOMMENDING, organisation=tibet, closes_at=later,
        reason="路途远", by=above, at=at,
    )  # fmt: skip
    assert due_above(fresh(own)) == later
    told = HigherChange.objects.get(what="window")
    assert "给贵单位" in told.words


# --- told of changes --------------------------------------------------------------------


def move(national: Campaign, above: Actor, at: datetime, **by: float) -> None:
    window = national.windows.get(stage=Stage.RECOMMENDING)
    actions.move_window(
        window.pk, opens_at=window.opens_at, closes_at=window.closes_at + timedelta(**by),
        reason="顺延", by=above, at=at,
    )  # fmt: skip


def todo(own: Campaign) -> list[Message]:
    return list(Message.objects.filter(organisation=own.host, kind=Message.Kind.TODO))


def test_a_moved_window_is_told_below_and_moves_nothing_there(
    national, clerk, above, at
) -> None:
    own = forward(national, clerk, at)
    before = [w.closes_at for w in own.windows.all()]
    move(national, above, at, days=5)
    assert [w.closes_at for w in fresh(own).windows.all()] == before
    change = own.higher_changes.get(seen_at=None)
    assert (change.what, change.subject) == ("window", "recommending")
    (message,) = todo(own)
    assert message.link == f"/campaigns/{own.code}/settings/differences/"
    assert "原因：顺延" in message.body


def test_an_earlier_closing_above_says_what_comes_too_late_below(
    national, clerk, above, at
) -> None:
    own = forward(national, clerk, at, days=3)
    window = national.windows.get(stage=Stage.RECOMMENDING)
    asked = impact.Change(
        national, "window", frozenset({"closes_at"}),
        {"closes_at": window.closes_at - timedelta(days=5)}, of=window, stage=window.stage,
    )  # fmt: skip
    found = [r.code for r in impact.affected(asked, at)]
    assert "lower_too_late" in found
    move(national, above, at, days=-5)
    assert "later_than_higher" in {gap.code for gap in gaps(fresh(own), at)}
    assert forwarding.too_late(fresh(own))
    (message,) = todo(own)
    assert message.tone == "warn"
    assert "来不及赶上级" in message.body


def test_all_windows_moved_at_once_are_one_message(national, clerk, above, at) -> None:
    own = forward(national, clerk, at)
    for window in national.windows.filter(stage__in=["filing", "recommending"]):
        actions.move_window(
            window.pk, opens_at=window.opens_at,
            closes_at=window.closes_at + timedelta(days=1), reason="顺延", by=above, at=at,
        )  # fmt: skip
    moved = national.windows.filter(stage__in=["filing", "recommending"]).count()
    assert own.higher_changes.filter(what="window").count() == moved
    assert len(todo(own)) == 1


def test_a_new_form_above_is_told_and_can_be_taken_over(
    national, clerk, above, at
) -> None:
    own = forward(national, clerk, at)
    category = national.categories.get()
    assert refused(
        forward_actions.take_form, own.pk, category.code, by=clerk, at=at
    ) == ["same_form"]
    newer(category, above, at)
    assert own.higher_changes.get(seen_at=None).what == "form"
    begun = forward_actions.take_form(own.pk, category.code, by=clerk, at=at)
    assert begun.version == 2
    assert begun.published_at is None
    assert begun.definition["title"] == "新的申报表"
    assert refused(
        forward_actions.take_form, own.pk, category.code, by=clerk, at=at
    ) == ["already_writing"]


def newer(category, above: Actor, at: datetime) -> None:
    begun = form_actions.begin_form_version(category.pk, by=above, at=at)
    kept = form_actions.save_form_version(
        begun.pk,
        {**begun.definition, "title": "新的申报表"},
        edition=0,
        by=above,
        at=at,
    )
    form_actions.publish_form_version(
        begun.pk, edition=kept.edition, reason="改了一处", by=above, at=at
    )


def published(national: Campaign, slug: str, at: datetime | None) -> Notice:
    return Notice.objects.create(
        campaign=national, slug=slug, title="补充通知", body="请抓紧申报。",
        signatures=["中国质量协会"], signed_on=day(2023, 6, 1), published_at=at,
    )  # fmt: skip


def test_a_notice_is_told_once_at_its_hour(national, clerk, at) -> None:
    own = forward(national, clerk, at)
    notice_actions.bring_out(at=at)
    assert todo(own) == []  # what was there when it was forwarded
    later = at + timedelta(hours=2)
    notice = published(national, "national-more", later)
    assert notice_actions.bring_out(at=later - timedelta(seconds=1)) == 0
    assert notice_news.tell_lower(notice, at=later - timedelta(seconds=1)) == 0
    assert todo(own) == []
    assert notice_actions.bring_out(at=later) == 1
    assert notice_actions.bring_out(at=later) == 0
    Notice.objects.filter(pk=notice.pk).update(paper=None)
    assert notice_actions.bring_out(at=later) == 1  # delivered twice
    assert notice_news.tell_lower(notice, at=later) == 0
    (message,) = todo(own)
    assert message.body == "上级发布了通知《补充通知》。"


def test_a_notice_published_at_once_is_told_at_once(national, clerk, above, at) -> None:
    own = forward(national, clerk, at)
    notice = published(national, "national-more", None)
    notice_actions.publish(notice.pk, hour=at, version=1, by=above, at=at)
    assert len(todo(own)) == 1
    assert own.higher_changes.get(seen_at=None).subject == "补充通知"


def test_a_withdrawn_notice_is_not_told(national, clerk, at) -> None:
    own = forward(national, clerk, at)
    published(national, "gone", at + timedelta(minutes=1))
    Notice.objects.filter(slug="gone").update(
        withdrawn_at=at + timedelta(minutes=2), withdrawn_reason="发错了"
    )
    notice_actions.bring_out(at=at + timedelta(hours=1))
    assert todo(own) == []


def test_a_changed_day_of_the_timetable_is_told(national, clerk, above, at) -> None:
    own = forward(national, clerk, at)
    rows = settings_rules.LINES["milestones"].rows(national)
    values = settings_rules.values_of(
        rows[0], settings_rules.LINES["milestones"].fields
    )
    values |= {"starts_on": rows[0].starts_on, "ends_on": rows[0].ends_on}
    settings_actions.save_line(
        national.pk, "milestones", 1, {**values, "label": "另行通知"},
        seen=settings_rules.lines_seen("milestones", rows), reason="未定",
        confirmed=True, by=above, at=at,
    )  # fmt: skip
    change = own.higher_changes.get(seen_at=None)
    assert (change.what, change.subject) == ("milestone", rows[0].title)
    assert "改为 另行通知" in change.words


def test_an_ended_lower_campaign_is_left_in_peace(national, clerk, above, at) -> None:
    own = forward(national, clerk, at)
    Campaign.objects.filter(pk=own.pk).update(ended_at=at)
    move(national, above, at, days=1)
    assert todo(own) == []
    assert own.higher_changes.filter(seen_at=None).count() == 0


def test_changes_stay_marked_until_looked_at(national, clerk, above, at) -> None:
    own = forward(national, clerk, at)
    move(national, above, at, days=1)
    seen = own.higher_changes.get(seen_at=None)
    move(national, above, at + timedelta(minutes=1), days=1)
    assert forward_actions.see_changes(own.pk, seen.pk, by=clerk, at=at) == 1
    seen.refresh_from_db()
    assert seen.seen_by_name == "德吉"
    assert forwarding.unseen(own).count() == 1  # came after the page was drawn
    assert TrailEntry.objects.filter(what="higher_changes_seen").count() == 1
    other = factories.seat("旺堆", own.host, Duty.CLERK, at)
    assert refused(forward_actions.see_changes, own.pk, 1, by=other, at=at) == [
        "not_yours"
    ]


# --- how early --------------------------------------------------------------------------


def test_the_days_offered_follow_last_time(national, clerk, tibet, at) -> None:
    assert 1 <= forwarding.usual_days(national, tibet) <= 180
    forward(national, clerk, at, days=33)
    assert forwarding.usual_days(national, tibet) == 33


def test_the_tibet_preset_is_a_forwarded_campaign(national, clerk, at) -> None:
    preset = presets.read(presets.FOLDER / "tibet-2023.toml")
    own = begin_actions.begin_from(preset, by=clerk, at=at)
    assert own.higher == national
    assert forwarding.too_late(own) == []
