"""A higher association changed something: every lower one that forwarded the campaign
is told, once, in the transaction of the change. Nothing of theirs moves by itself.

The campaigns send no messages; ``settings.HIGHER_CHANGE_TOLD_BY`` names who does.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from qcportal.campaigns.models import (
    Campaign,
    Category,
    Extension,
    FormVersion,
    HigherChange,
    Window,
    WindowChange,
)
from qcportal.campaigns.rules import moment
from qcportal.campaigns.stages import Stage

What = HigherChange.What


@transaction.atomic
def tell_lower(
    higher: Campaign, what: HigherChange.What, key: str, words: str, *,
    subject: str = "", only: int | None = None, at: datetime,
) -> int:  # fmt: skip
    """Note the event under every running lower campaign and tell its secretariat; how
    many were told. ``key`` names the event: a second delivery tells nobody. ``only``
    narrows to the campaigns of one association (primary key)."""
    if higher.published_at is None:
        return 0
    lower = higher.forwarded_as.filter(ended_at__isnull=True)
    if only is not None:
        lower = lower.filter(host=only)
    told = 0
    for campaign in lower.select_related("host", "higher").order_by("pk"):
        change, made = HigherChange.objects.get_or_create(
            campaign=campaign, key=key[:80],
            defaults={"what": what, "subject": subject[:120], "words": words[:300], "at": at},
        )  # fmt: skip
        if made:
            change.campaign = campaign
            told += 1
            for name in settings.HIGHER_CHANGE_TOLD_BY:
                import_string(name)(change)
    return told


def know_notices(campaign: Campaign, at: datetime) -> None:
    """What the higher association had published when it was forwarded is no news."""
    higher = campaign.higher
    if higher is None:
        return
    HigherChange.objects.bulk_create(
        [
            HigherChange(
                campaign=campaign, key=f"notice-{notice.pk}", at=at, seen_at=at,
                what=HigherChange.What.NOTICE, words=notice.title, subject=notice.title,
            )
            for notice in higher.notices.filter(published_at__lte=at)
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def _named(stage: str, category: Category | None) -> str:
    own = f"（{category.name}）" if category else ""
    return f"“{Stage(stage).label}”{own}"


def window_moved(window: Window, change: WindowChange) -> None:
    old, new = moment(change.old_closes_at), moment(change.new_closes_at)
    closes = f"{new} 关闭（原来 {old}）" if old != new else f"仍在 {new} 关闭"
    said = (
        f"{_named(window.stage, window.category)}改为 {moment(change.new_opens_at)} "
        f"开放，{closes}。"
    )
    if change.reason:
        said += f"原因：{change.reason}。"
    tell_lower(
        window.campaign, What.WINDOW, f"window-{change.pk}", said,
        subject=window.stage, at=change.at,
    )  # fmt: skip


def window_planned(window: Window, *, at: datetime) -> None:
    said = (
        f"{_named(window.stage, window.category)}定在 {moment(window.opens_at)} 到 "
        f"{moment(window.closes_at)}。"
    )
    tell_lower(window.campaign, What.WINDOW, f"planned-{window.pk}", said,
               subject=window.stage, at=at)  # fmt: skip


def window_dropped(window: Window, *, at: datetime) -> None:
    said = f"{_named(window.stage, window.category)}不再单独安排时间，按各类共用的。"
    tell_lower(window.campaign, What.WINDOW, f"dropped-{window.pk}", said,
               subject=window.stage, at=at)  # fmt: skip


def extended(extension: Extension, *, at: datetime, ended: bool = False) -> None:
    """The lower association's own extension; what is given to others is not its affair."""
    if extension.organisation_id is None:
        return
    named = _named(extension.stage, None)
    until = moment(extension.closes_at)
    said = f"给贵单位的{named}延期到 {until}" + ("，现已撤销。" if ended else "。")
    tell_lower(
        extension.campaign, What.WINDOW,
        f"extension-{extension.pk}{'-ended' if ended else ''}", said,
        subject=extension.stage, only=extension.organisation_id, at=at,
    )  # fmt: skip


def milestone_changed(campaign: Campaign, title: str, words: str, at: datetime) -> None:
    """A line of the timetable was added, changed or taken out."""
    tell_lower(campaign, What.MILESTONE, f"milestone-{at.isoformat()}-{title[:30]}",
               f"主要节点“{title}”{words}。", subject=title, at=at)  # fmt: skip


def form_published(version: FormVersion, *, at: datetime) -> None:
    category = version.category
    tell_lower(
        category.campaign, What.FORM, f"form-{version.pk}",
        f"“{category.name}”的申报表发布了第 {version.version} 版，可以在差异对照里采用。",
        subject=category.code, at=at,
    )  # fmt: skip
