"""Questions about forwarding a higher association's campaign (转发). Pure reading."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import Role
from qcportal.campaigns import impact
from qcportal.campaigns import settings_rules as rules
from qcportal.campaigns.models import Campaign, HigherChange, Window
from qcportal.campaigns.rules import (
    due_above,
    moment,
    why_not_before_higher,
    why_not_recommending_body,
)
from qcportal.campaigns.stages import ONLINE_STAGES, Stage
from qcportal.refusals import Refusal

MOST_DAYS = 180
# Where nothing says better: two weeks for the own checking and the way up.
USUAL_DAYS = 14


def offered(actor: Actor | None) -> QuerySet[Campaign]:
    """Public, running campaigns of other associations in which the actor's association
    may recommend: by a right, or because it hangs directly under the host."""
    if not actor or actor.role != Role.ASSOCIATION:
        return Campaign.objects.none()
    own = actor.organisation
    allowed = Q(recommending_rights__organisation=own) | Q(
        host__affiliations_below__unit=own
    )
    found = Campaign.objects.public().filter(allowed, ended_at__isnull=True)
    return found.exclude(host=own).select_related("host").distinct()


def forwarded(higher: Campaign, host: Organisation) -> Campaign | None:
    """The association's own campaign that forwards it, if it has one."""
    return higher.forwarded_as.filter(host=host).order_by("pk").first()


def recommending_closes(higher: Campaign, host: Organisation) -> datetime | None:
    """By when the association must have handed up there."""
    return due_above(Campaign(higher=higher, host=host))


def usual_days(higher: Campaign, host: Organisation) -> int:
    """How many days before the higher closing to close: as the association did last
    time, else as long as the higher notice advises to be early, else two weeks; never
    more than half of the time the higher association gives."""
    window = higher.window(Stage.RECOMMENDING)
    if window is None:
        return USUAL_DAYS
    early = window.closes_at - window.advised_at if window.advised_at else timedelta(0)
    days = _last_time(host) or early.days or USUAL_DAYS
    half = (window.closes_at - window.opens_at).days // 2
    return max(1, min(days, half, MOST_DAYS))


def _last_time(host: Organisation) -> int:
    last = host.campaigns.filter(higher__isnull=False).order_by("-year", "-pk").first()
    due = due_above(last) if last else None
    own = [w.closes_at for w in last.windows.all() if w.stage in ONLINE_STAGES] if last else []  # fmt: skip
    return max(0, (due - max(own)).days) if due and own else 0


# --- may it? ------------------------------------------------------------------------


def why_not_forward(higher: Campaign, actor: Actor, at: datetime) -> Iterator[Refusal]:
    """``may_not_begin``, ``no_right``, ``standing_lost``, ``higher_has_no_time``,
    ``higher_closed``."""
    yield from rules.why_not_begin(actor)
    if not offered(actor).filter(pk=higher.pk).exists():
        yield Refusal(
            "no_right",
            "贵单位在这个活动里没有推荐授权，不能转发；请联系上级秘书处。",
            "higher",
        )
        return
    yield from why_not_recommending_body(higher, actor.organisation, at, own=True)
    due = recommending_closes(higher, actor.organisation)
    if due is None:
        yield Refusal(
            "higher_has_no_time",
            "上级还没有安排“推荐单位推荐”的时间，定了再转发。",
            "higher",
        )
    elif due <= at:
        yield Refusal("higher_closed", f"上级的推荐 {moment(due)} 已经截止。", "higher")


def why_not_days(
    higher: Campaign, host: Organisation, days: int, at: datetime
) -> Iterator[Refusal]:
    """``days_wrong``, ``past_already``, ``no_time_left``: closing ``days`` before the
    higher closing must leave time to file."""
    due = recommending_closes(higher, host)
    if due is None:
        return
    if not 1 <= days <= MOST_DAYS:
        yield Refusal("days_wrong", f"请填 1 到 {MOST_DAYS} 天。", "days")
        return
    last = due - timedelta(days=days)
    opens = min((w.opens_at for w in online(higher)), default=due)
    if last <= at:
        yield Refusal(
            "past_already",
            f"上级 {moment(due)} 截止，提前 {days} 天是 {moment(last)}，已经过去。请填少一些。",
            "days",
        )
    elif last <= opens:
        yield Refusal(
            "no_time_left",
            f"提前 {days} 天是 {moment(last)}，上级 {moment(opens)} 才开放。请填少一些。",
            "days",
        )


def online(campaign: Campaign) -> list[Window]:
    """The windows that a lower association has of its own before it hands up."""
    return [w for w in campaign.windows.all() if w.stage in ONLINE_STAGES]


# --- afterwards ---------------------------------------------------------------------


def unseen(campaign: Campaign) -> QuerySet[HigherChange]:
    """What the higher association changed and nobody has looked at yet."""
    return campaign.higher_changes.filter(seen_at__isnull=True)


def too_late(campaign: Campaign) -> list[Refusal]:
    """Every own window that closes too late for the higher association (it may have
    moved its closing since)."""
    if campaign.higher_id is None:
        return []
    found: list[Refusal] = []
    for window in online(campaign):
        found += why_not_before_higher(campaign, Stage(window.stage), window.closes_at)
    return list({said.message: said for said in found}.values())


def affected(change: impact.Change, at: datetime) -> Iterator[Refusal]:
    """``lower_too_late``: closing recommending earlier leaves lower associations behind
    that forwarded the campaign. See settings.CAMPAIGN_CHANGE_ASKED_OF."""
    closes_at = change.new.get("closes_at")
    if change.what != "window" or change.stage != Stage.RECOMMENDING or not closes_at:
        return
    if closes_at >= change.of.closes_at:
        return
    late = Window.objects.filter(
        campaign__higher=change.campaign, campaign__ended_at__isnull=True,
        stage__in=ONLINE_STAGES, closes_at__gte=closes_at,
    )  # fmt: skip
    names = late.order_by("campaign__host__name").values_list(
        "campaign__host__name", flat=True
    )
    names = list(dict.fromkeys(names))
    if names:
        more = " 等" if len(names) > 3 else ""
        yield Refusal(
            "lower_too_late",
            f"{'、'.join(names[:3])}{more} {len(names)} 家协会转发了本活动，它们的截止时间会晚于 "
            f"{moment(closes_at)}。改了会告诉它们，但不会替它们改时间。",
            "closes_at",
            "caution",
        )
