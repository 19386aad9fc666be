"""The writers of who may when: windows that are planned, extensions for one."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Organisation
from qcportal.audit.record import record
from qcportal.campaigns import higher_changes, impact
from qcportal.campaigns import settings_rules as rules
from qcportal.campaigns.models import Campaign, Category, Extension, Window
from qcportal.campaigns.rules import why_not_before_higher
from qcportal.campaigns.settings_actions import locked
from qcportal.campaigns.stages import Stage
from qcportal.refusals import refuse, refuse_if


@transaction.atomic
def plan_window(
    campaign_id: int, stage: Stage, category: Category | None, *,
    opens_at: datetime, closes_at: datetime, advised_at: datetime | None = None,
    reason: str = "", by: Actor, at: datetime,
) -> Window:  # fmt: skip
    """A window where there was none: for a stage, or for one category of its own."""
    campaign = locked(campaign_id)
    refuse_if(rules.why_not_set(campaign, by))
    if campaign.published_at is not None and not reason.strip():
        refuse(
            "reason_missing", "活动已经发布，改动请写明原因，会记入操作日志。", "reason"
        )
    if campaign.windows.filter(stage=stage, category=category).exists():
        refuse("window_there", "同事刚刚安排过这个时间，请看过再改。", "closes_at")
    refuse_if(rules.why_not_plan_window(opens_at, closes_at, advised_at))
    refuse_if(why_not_before_higher(campaign, stage, closes_at))
    window = Window.objects.create(
        campaign=campaign, stage=stage, category=category,
        opens_at=opens_at, closes_at=closes_at, advised_at=advised_at,
    )  # fmt: skip
    record(by, "window_planned", stage, at=at, campaign=campaign.code,
           name=category.name if category else "", reason=reason.strip(),
           opens=opens_at.isoformat(), closes=closes_at.isoformat())  # fmt: skip
    higher_changes.window_planned(window, at=at)
    return window


@transaction.atomic
def drop_window(
    campaign_id: int, stage: Stage, category: Category, *,
    reason: str = "", confirmed: bool = False, by: Actor, at: datetime,
) -> None:  # fmt: skip
    """A category's own window goes; from then on the one for all holds."""
    campaign = locked(campaign_id)
    refuse_if(rules.why_not_set(campaign, by))
    window = campaign.windows.filter(stage=stage, category=category).first()
    if window is None:
        refuse("no_window", "这个时间已经取消了。")
    general = campaign.windows.filter(stage=stage, category=None).first()
    if campaign.published_at is not None:
        if general is None:
            refuse("no_general_window", "这个环节没有各类共用的时间，不能取消。")
        if not reason.strip():
            refuse("reason_missing", "请写明原因，会记入操作日志。", "reason")
        change = impact.Change(
            campaign, "window", frozenset({"closes_at"}),
            {"opens_at": general.opens_at, "closes_at": general.closes_at},
            of=window, category=category, stage=stage,
        )  # fmt: skip
        found = impact.affected(change, at)
        refuse_if(rules.unconfirmed(found, campaign, confirmed=confirmed))
    record(by, "window_dropped", stage, at=at, campaign=campaign.code,
           name=category.name, reason=reason.strip())  # fmt: skip
    higher_changes.window_dropped(window, at=at)
    window.delete()


@transaction.atomic
def extend_for(
    campaign: Campaign, stage: Stage, *,
    organisation: Organisation | None = None, record_code: str = "",
    closes_at: datetime, reason: str, by: Actor, at: datetime,
) -> Extension:  # fmt: skip
    """A later closing of one stage for one organisation or one record."""
    campaign = locked(campaign.pk)
    refuse_if(rules.why_not_set(campaign, by))
    refuse_if(
        rules.why_not_extend(
            campaign, stage, organisation, record_code, closes_at, reason
        )
    )
    refuse_if(why_not_before_higher(campaign, stage, closes_at))
    new = {"organisation": organisation, "record": record_code, "closes_at": closes_at}
    refuse_if(
        impact.affected(impact.Change(campaign, "extension", new=new, stage=stage), at)
    )
    made = Extension.objects.create(
        campaign=campaign, stage=stage, organisation=organisation, record=record_code,
        closes_at=closes_at, reason=reason.strip(), by=by.user, at=at,
    )  # fmt: skip
    record(by, "extension_given", stage, at=at, campaign=campaign.code,
           name=organisation.name if organisation else record_code,
           closes=closes_at.isoformat(), reason=reason.strip())  # fmt: skip
    higher_changes.extended(made, at=at)
    return made


@transaction.atomic
def end_extension(
    extension_id: int, *, reason: str, by: Actor, at: datetime
) -> Extension:
    """Takes an extension back; what was done in the meantime stands."""
    found = Extension.objects.select_related("campaign", "organisation").get(
        pk=extension_id
    )
    campaign = locked(found.campaign_id)
    refuse_if(rules.why_not_set(campaign, by))
    if not reason.strip():
        refuse("reason_missing", "请写明原因，会记入操作日志。", "reason")
    done = Extension.objects.in_force().filter(pk=found.pk).update(ended_at=at)
    if not done:
        refuse("ended_already", "这个延期已经撤销了。")
    record(by, "extension_ended", found.stage, at=at, campaign=campaign.code,
           name=found.organisation.name if found.organisation else found.record,
           reason=reason.strip())  # fmt: skip
    higher_changes.extended(found, at=at, ended=True)
    return found
