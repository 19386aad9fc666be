"""Every gap before opening, one by one; the settings to check, ticked off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import Role
from qcportal.audit.models import TrailEntry
from qcportal.campaigns import presets
from qcportal.campaigns.actions import check_setting, uncheck_setting
from qcportal.campaigns.gaps import gaps, unchecked
from qcportal.campaigns.models import (
    Campaign,
    Category,
    FormVersion,
    QuotaRule,
    Rubric,
    SettingCheck,
    Window,
)
from qcportal.campaigns.stages import Stage
from qcportal.notices.models import NoticeAttachment
from qcportal.refusals import Refused

TABS = {
    "profile", "times", "categories", "forms", "rubrics", "quotas", "honours", "checks",
    "notices", "please_check",
}  # fmt: skip


@pytest.fixture
def at(db: None) -> datetime:
    preset = presets.read(presets.FOLDER / "shanghai-2020.toml")
    return min(preset.at(w["opens"]) for w in preset.raw["windows"])


@pytest.fixture
def ready(at: datetime) -> Campaign:
    """Shanghai 2020 with nothing left to do before it opens."""
    preset = presets.read(presets.FOLDER / "shanghai-2020.toml")
    Organisation.objects.create(
        tier=Role.RECOMMENDER, name="浦东新区质量协会", recommender_class="district"
    )
    found = presets.load(preset, at=at)
    Campaign.objects.filter(pk=found.pk).update(please_check=[])
    found.notices.filter(is_main=True).update(published_at=at)
    return Campaign.objects.get(pk=found.pk)


def codes(campaign: Campaign, at: datetime) -> set[str]:
    found = gaps(Campaign.objects.get(pk=campaign.pk), at)
    assert {gap.field.partition("#")[0] for gap in found} <= TABS
    assert all(gap.message.strip() for gap in found)
    return {gap.code for gap in found}


def test_a_complete_campaign_has_no_gap(ready, at) -> None:
    assert gaps(ready, at) == []


def _set(**changes) -> Callable[[Campaign], None]:
    return lambda campaign: Campaign.objects.filter(pk=campaign.pk).update(**changes)


def _windows(**changes) -> Callable[[Campaign], None]:
    return lambda campaign: campaign.windows.filter(stage=Stage.FILING).update(
        **changes
    )


def _late(days: int) -> Callable[[Campaign], None]:
    def change(campaign: Campaign) -> None:
        for window in campaign.windows.all():
            window.closes_at += timedelta(days=days)
            window.save(update_fields=["closes_at"])

    return change


def _second_category(**given) -> Callable[[Campaign], None]:
    """One more category like the first, on a way that needs no recommending body."""

    def change(campaign: Campaign) -> None:
        first = campaign.categories.get()
        Category.objects.create(
            campaign=campaign, code="story", name="故事", order=2,
            needs_recommender=False, **given,
        )  # fmt: skip
        assert first.pk

    return change


def _filing_after_recommending(campaign: Campaign) -> None:
    window = campaign.window(Stage.FILING)
    window.closes_at += timedelta(hours=1)
    window.save(update_fields=["closes_at"])


def _milestone(**changes) -> Callable[[Campaign], None]:
    return lambda campaign: campaign.milestones.filter(order=1).update(**changes)


def _attachments(**changes) -> Callable[[Campaign], None]:
    return lambda campaign: NoticeAttachment.objects.filter(
        notice__campaign=campaign, number="1-1"
    ).update(**changes)


def _form_without_certificate_field(campaign: Campaign) -> None:
    version = FormVersion.objects.get(category__campaign=campaign)
    for section in version.definition["sections"]:
        for item in section["fields"]:
            item.pop("on_certificate", None)
    version.save(update_fields=["definition"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_set(contact={}), "no_contact"),
        (_set(no_fee_words=" "), "no_fee_words"),
        (_set(headline=""), "facts_missing"),
        (_set(notice_days=0), "notice_days"),
        (_set(certificate_words=""), "certificate_words"),
        (_set(certificate_words="《{titel}》"), "certificate_words"),
        (_set(certificate_pattern="{letters}{year}"), "certificate_pattern"),
        (_set(certificate_pattern="{letters}{year}-{serial:04d}"), "certificate_numbers"),
        (_set(please_check=["名额：请核对"]), "unchecked"),
        (lambda c: c.windows.filter(stage=Stage.STAMPING).delete(), "no_window"),
        (_filing_after_recommending, "windows_out_of_order"),
        (_late(400), "window_too_late"),
        (_late(-10), "window_past"),
        (lambda c: c.milestones.all().delete(), "no_milestone"),
        (_milestone(starts_on=None, ends_on=None, label="待定"), "milestone_without_day"),
        (lambda c: c.notices.all().update(campaign=_elsewhere(c)), "no_notice"),
        (lambda c: c.notices.update(is_main=False), "no_notice"),
        (lambda c: c.notices.update(published_at=None), "notice_draft"),
        (_attachments(kind="upload", document=None, word=None), "attachment_missing"),
        (_attachments(kind="notice"), "attachment_missing"),
        (lambda c: c.check_items.all().delete(), "no_check_item"),
        (lambda c: c.award_levels.all().delete(), "no_award"),
        (lambda c: Organisation.objects.filter(tier=Role.RECOMMENDER).delete(), "no_recommender"),
        (lambda c: FormVersion.objects.update(published_at=None), "no_form"),
        (_form_without_certificate_field, "form_gap"),
        (lambda c: Rubric.objects.filter(topic_type="problem").update(published_at=None), "no_rubric"),
        (lambda c: Rubric.objects.update(is_placeholder=True), "rubric_placeholder"),
        (lambda c: QuotaRule.objects.filter(topic_type="problem").update(topic_type="old"), "quota_type"),
        (_second_category(), "no_form"),
    ],
)  # fmt: skip
def test_every_gap_is_named(ready, at, change, code) -> None:
    when = at + timedelta(days=10) if code == "window_past" else at
    change(ready)
    assert code in codes(ready, when)


def test_a_notice_later_than_the_opening_is_a_caution(ready, at) -> None:
    ready.notices.filter(is_main=True).update(published_at=at + timedelta(hours=33))
    (gap,) = gaps(ready, at)
    assert (gap.code, gap.kind, gap.field) == ("notice_late", "caution", "notices")
    assert gap.message == (
        "活动通知 6月29日 09:00 才公开，申报 6月28日 00:00 就开放了。"
    )


def test_a_missing_file_of_a_notice_is_said_by_its_number(ready, at) -> None:
    _attachments(kind="upload", document=None)(ready)
    (gap,) = gaps(ready, at)
    assert gap.message == (
        "《关于开展2020年上海市质量管理小组活动成果申报/推荐工作的通知》的附件1-1"
        "《上海市质量管理小组成果申报推荐要求》还没有文件。"
    )
    ready.notices.filter(is_main=True).update(published_at=None)  # written first
    assert codes(ready, at) == {"notice_draft"}


def _elsewhere(campaign: Campaign) -> Campaign:
    return Campaign.objects.create(
        code="elsewhere", year=2019, name="x", headline="x", host=campaign.host,
        letters="X", result_words="x", certificate_words="x", certificate_issuer="x",
    )  # fmt: skip


def test_a_milestone_without_a_day_says_so(ready, at) -> None:
    _milestone(starts_on=None, ends_on=None, label="另行通知")(ready)
    assert gaps(ready, at) == []


def test_a_category_past_the_recommending_body_needs_no_window_for_it(
    ready, at
) -> None:
    category = ready.categories.get()
    Category.objects.filter(pk=category.pk).update(
        needs_recommender=False, allows_direct=False
    )
    ready.windows.filter(stage=Stage.RECOMMENDING).delete()
    found = codes(ready, at)
    assert "no_window" not in found
    assert "form_gap" in found  # its form still asks for a recommending body


def test_a_category_of_its_own_times_is_judged_by_them(ready, at) -> None:
    category = ready.categories.get()
    whole = ready.window(Stage.FILING)
    Window.objects.create(
        campaign=ready, stage=Stage.FILING, category=category, opens_at=whole.opens_at,
        closes_at=whole.closes_at + timedelta(hours=1),
    )  # fmt: skip
    assert codes(ready, at) == {"windows_out_of_order"}


def test_places_for_a_category_that_nobody_recommends_are_a_gap(ready, at) -> None:
    _second_category()(ready)
    story = ready.categories.get(code="story")
    QuotaRule.objects.create(
        campaign=ready, subject="recommender", category=story, hard=1
    )
    assert "quota_category" in codes(ready, at)


def test_two_categories_with_rules_of_their_own_may_not_write_one_number(
    ready, at
) -> None:
    _second_category(certificate_pattern="{letters}{year}-{level}-{serial:4d}")(ready)
    assert "certificate_numbers" not in codes(ready, at)
    Category.objects.filter(code="story").update(
        certificate_pattern="SQC{year}-{level}-{serial:04d}"
    )
    assert "certificate_numbers" in codes(ready, at)
    Category.objects.filter(code="story").update(
        certificate_pattern="{letters}{year}-GS-{level}-{serial:04d}"
    )
    assert "certificate_numbers" not in codes(ready, at)


def test_what_is_forwarded_is_in_hand_before_the_higher_body_closes(ready, at) -> None:
    national = presets.read(presets.FOLDER / "national-2023.toml")
    higher = presets.load(national, published_at=at)
    due = higher.window(Stage.RECOMMENDING)
    Campaign.objects.filter(pk=ready.pk).update(higher=higher)
    assert gaps(Campaign.objects.get(pk=ready.pk), at) == []
    due.opens_at, due.closes_at = at, ready.window(Stage.RECOMMENDING).closes_at
    due.save(update_fields=["opens_at", "closes_at"])
    assert codes(ready, at) == {"later_than_higher"}


# --- settings to check ------------------------------------------------------------------


def test_settings_are_ticked_off_and_taken_back_on_record(cast, campaign, noon) -> None:
    first = campaign.please_check[0]
    for _ in range(2):  # a second click changes nothing
        check_setting(campaign, first, by=cast.association, at=noon)
    ticked = SettingCheck.objects.get()
    assert (ticked.by, ticked.at) == (cast.association.user, noon)
    assert unchecked(campaign) == campaign.please_check[1:]
    uncheck_setting(campaign, first, by=cast.association, at=noon)
    uncheck_setting(campaign, first, by=cast.association, at=noon)
    assert unchecked(campaign) == campaign.please_check
    lines = TrailEntry.objects.filter(what__startswith="setting_")
    assert [line.what for line in lines.order_by("pk")] == [
        "setting_checked", "setting_unchecked",
    ]  # fmt: skip


def test_only_a_setting_of_the_campaign_can_be_ticked_off(cast, campaign, noon) -> None:
    with pytest.raises(Refused) as refused:
        check_setting(campaign, "没有这一条", by=cast.association, at=noon)
    assert refused.value.codes == ["no_such_setting"]
    for act in (check_setting, uncheck_setting):
        with pytest.raises(Refused) as refused:
            act(campaign, campaign.please_check[0], by=cast.other_association, at=noon)
        assert refused.value.codes == ["not_yours"]
