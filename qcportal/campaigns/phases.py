"""Where a campaign stands for the public, and when that changes. Pure; the instant and
what was released (another app's facts) are parameters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import models
from django.utils import timezone

from qcportal.campaigns.models import Campaign, Milestone, Window
from qcportal.campaigns.stages import ONLINE_STAGES, Stage


class Phase(models.TextChoices):
    BEFORE = "before", "在线申报还没开放"
    OPEN = "open", "在线申报进行中"
    LAST_DAY = "last_day", "在线申报最后一天"
    CLOSED = "closed", "在线申报已关闭"
    REVIEW = "review", "在线申报已关闭，正在评审"
    PUBLIC_NOTICE = "public_notice", "正在公示"
    RESULTS = "results", "结果已公布"


# What may still be begun or is going on: shown first, the most urgent before.
URGENCY = (
    Phase.LAST_DAY, Phase.OPEN, Phase.PUBLIC_NOTICE, Phase.BEFORE, Phase.CLOSED,
    Phase.REVIEW, Phase.RESULTS,
)  # fmt: skip


@dataclass(frozen=True)
class Released:
    """What the public was given: the public notice from when until when (half-open),
    and since when the results stand."""

    notice_opens: datetime | None = None
    notice_closes: datetime | None = None
    results_at: datetime | None = None


NOTHING = Released()


def online(campaign: Campaign) -> tuple[datetime, datetime] | None:
    """From the first opening to the last closing of what is done on line, over all
    categories; None while no window is set."""
    own = [w for w in campaign.windows_by_stage.values() if w.stage in ONLINE_STAGES]
    if not own:
        return None
    return min(w.opens_at for w in own), max(w.closes_at for w in own)


def phase(campaign: Campaign, at: datetime, released: Released = NOTHING) -> Phase:
    """One of the seven. Results and a public notice in force come before all windows;
    a notice that is over without results reads as review."""
    if released.results_at and released.results_at <= at:
        return Phase.RESULTS
    if _in_notice(released, at):
        return Phase.PUBLIC_NOTICE
    span = online(campaign)
    if released.notice_closes and released.notice_closes <= at:
        return Phase.REVIEW
    if span is None:
        return Phase.RESULTS if campaign.ended_at else Phase.BEFORE
    opens_at, closes_at = span
    if at < opens_at:
        return Phase.BEFORE
    if at < closes_at:
        return Phase.LAST_DAY if _last_day(closes_at) <= _day(at) else Phase.OPEN
    return Phase.REVIEW if at >= review_begins(campaign, closes_at) else Phase.CLOSED


def _in_notice(released: Released, at: datetime) -> bool:
    opens_at, closes_at = released.notice_opens, released.notice_closes
    return bool(opens_at and closes_at and opens_at <= at < closes_at)


def _day(at: datetime) -> date:
    return timezone.localtime(at).date()


def _last_day(closes_at: datetime) -> date:
    """The day whose evening it is: closing at midnight ends the day before."""
    return _day(closes_at - timedelta(microseconds=1))


def review_begins(campaign: Campaign, closes_at: datetime) -> datetime:
    """When the check or the judging opens, else the morning after the closing."""
    windows = campaign.windows_by_stage.values()
    later = [w.opens_at for w in windows if w.stage in (Stage.CHECKING, Stage.JUDGING)]
    if later:
        return max(closes_at, min(later))
    local = timezone.localtime(closes_at - timedelta(microseconds=1))
    return local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def changes(campaign: Campaign, released: Released = NOTHING) -> Iterator[datetime]:
    """Every instant at which the phase, or what is open, changes."""
    for window in campaign.windows_by_stage.values():
        yield window.opens_at
        yield window.closes_at
    span = online(campaign)
    if span:
        last = timezone.localtime(span[1] - timedelta(microseconds=1))
        yield last.replace(hour=0, minute=0, second=0, microsecond=0)
        yield review_begins(campaign, span[1])
    known = (released.notice_opens, released.notice_closes, released.results_at)
    yield from (instant for instant in known if instant)


def next_change(
    campaign: Campaign, at: datetime, released: Released = NOTHING
) -> datetime | None:
    """The first instant after ``at`` at which the public reads something else."""
    return min((c for c in changes(campaign, released) if c > at), default=None)


def open_now(campaign: Campaign, at: datetime) -> list[Window]:
    """The windows open at ``at``, the first to close first."""
    return [w for w in campaign.windows.all() if w.is_open(at)]


def next_milestone(milestones: list[Milestone], today: date) -> Milestone | None:
    """The next line of the timetable with a day still to come."""
    dated = [m for m in milestones if (m.ends_on or m.starts_on) is not None]
    ahead = [m for m in dated if (m.ends_on or m.starts_on or today) >= today]
    return min(ahead, key=lambda m: m.starts_on or m.ends_on or today, default=None)
