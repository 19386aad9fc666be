"""Questions about time and settings. Pure reading; the instant is a parameter."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import Role
from qcportal.accounts.rules import why_not_in_person
from qcportal.campaigns import access
from qcportal.campaigns.models import Campaign, Category, Standing, Window
from qcportal.campaigns.stages import ONLINE_STAGES, Stage
from qcportal.refusals import Refusal


def moment(at: datetime) -> str:
    """``7月12日 22:00`` in the portal's time zone."""
    local = timezone.localtime(at)
    return f"{local.month}月{local.day}日 {local:%H:%M}"


@dataclass(frozen=True)
class Whose:
    """For whom a window is asked: a category's own may differ, an organisation (by
    primary key) or a record (by 受理编号) may have an extension of its own."""

    category: Category | None = None
    organisations: tuple[int | None, ...] = ()
    record: str = ""


ANYBODY = Whose()


def closing(
    campaign: Campaign, stage: Stage, whose: Whose = ANYBODY
) -> datetime | None:
    """When the stage closes for them: the window's closing or a later extension."""
    window = campaign.window(stage, whose.category)
    if window is None:
        return None
    later = [
        extension.closes_at
        for extension in campaign.standing_extensions
        if extension.stage == stage
        and (
            extension.organisation_id in whose.organisations
            if extension.organisation_id
            else extension.record == whose.record
        )
    ]
    return max([window.closes_at, *later])


def why_closed(
    campaign: Campaign, stage: Stage, at: datetime, whose: Whose = ANYBODY
) -> Iterator[Refusal]:
    """``no_window``, ``window_not_open``, ``window_closed``. Half-open: the closing
    instant itself is closed (Shanghai 2020 四: 22:00 关闭)."""
    window = campaign.window(stage, whose.category)
    closes_at = closing(campaign, stage, whose)
    if window is None or closes_at is None:
        yield Refusal(
            "no_window", f"本活动没有安排“{stage.label}”的时间，请联系秘书处。"
        )
    elif at < window.opens_at:
        yield Refusal(
            "window_not_open",
            f"“{stage.label}”{moment(window.opens_at)} 开放，现在还不能办。",
        )
    elif at >= closes_at:
        yield Refusal(
            "window_closed",
            f"“{stage.label}”{moment(closes_at)} 已关闭。您填的内容都还在；如有特殊情况请打秘书处电话。",
        )


def why_not_recommending_body(
    campaign: Campaign, body: Organisation, at: datetime, *, own: bool = False
) -> Iterator[Refusal]:
    """``standing_lost``: the body may not recommend to the campaign's association at
    ``at``. ``own``: it is the body itself that reads the sentence."""
    found = Standing.objects.with_association(campaign.host).in_force(at)
    lost = found.filter(recommender=body).first()
    if lost is None:
        return
    until = f"，到 {moment(lost.ends_at)} 为止" if lost.ends_at else ""
    if own:
        words = (
            f"贵单位被{lost.get_kind_display()}{until}：{lost.reason}。请联系秘书处。"
        )
    else:
        words = f"{body.name}已被{lost.get_kind_display()}{until}，请另选推荐单位，或打秘书处电话。"
    yield Refusal("standing_lost", words)


def due_above(campaign: Campaign) -> datetime | None:
    """When what a forwarded campaign brings up must be in the higher association's
    hands: the closing of its recommending, or the body's own extension of it."""
    if campaign.higher is None:
        return None
    whose = Whose(organisations=(campaign.host_id,))
    return closing(campaign.higher, Stage.RECOMMENDING, whose)


def why_not_before_higher(
    campaign: Campaign, stage: Stage, closes_at: datetime
) -> Iterator[Refusal]:
    """``later_than_higher``: what is filed, stamped and recommended below must be done
    before the higher association closes."""
    due = due_above(campaign)
    if due is not None and stage in ONLINE_STAGES and closes_at >= due:
        yield Refusal(
            "later_than_higher",
            f"“{stage.label}”{moment(closes_at)} 关闭，来不及赶上级的 {moment(due)}。",
            "closes_at",
        )


def why_closed_for_all(
    campaign: Campaign,
    stage: Stage,
    at: datetime,
    categories: Iterable[Category],
    organisation_id: int,
) -> Iterator[Refusal]:
    """As ``why_closed`` for what covers several categories at once: open while it is
    open for one of them; else the refusal of the one that closes last."""
    whose = [Whose(category, (organisation_id,)) for category in categories]
    asked = [(one, list(why_closed(campaign, stage, at, one))) for one in whose]
    if not asked:
        yield from why_closed(campaign, stage, at, Whose(None, (organisation_id,)))
    elif all(refusals for _, refusals in asked):
        last = max(asked, key=lambda pair: _last(campaign, stage, pair[0]))
        yield from last[1]


def _last(campaign: Campaign, stage: Stage, whose: Whose) -> float:
    closes_at = closing(campaign, stage, whose)
    return closes_at.timestamp() if closes_at else 0.0


def why_ended(campaign: Campaign) -> Iterator[Refusal]:
    """``campaign_ended``: what was closed for good goes on only after 重新打开."""
    if campaign.ended_at is not None:
        yield Refusal(
            "campaign_ended",
            f"活动在 {moment(campaign.ended_at)} 办结，都停在原处。要接着办，先由秘书处重新打开。",
        )


def why_not_move_window(
    window: Window,
    opens_at: datetime,
    closes_at: datetime,
    reason: str,
    advised_at: datetime | None = None,
) -> Iterator[Refusal]:
    """``campaign_ended``, ``window_order``, ``advised_outside``, ``later_than_higher``,
    ``reason_missing`` once the campaign is published, ``nothing_changed``."""
    if window.campaign.ended_at is not None:
        yield Refusal(
            "campaign_ended", "活动已经办结，要改先在“检查并发布”页重新打开。"
        )
    if opens_at >= closes_at:
        yield Refusal("window_order", "关闭时间要晚于开放时间。", "closes_at")
    elif advised_at and not opens_at < advised_at <= closes_at:
        yield Refusal(
            "advised_outside", "建议办完时间要在开放和关闭之间。", "advised_at"
        )
    yield from why_not_before_higher(window.campaign, Stage(window.stage), closes_at)
    if window.campaign.published_at is not None and not reason.strip():
        yield Refusal("reason_missing", "请写明原因，会记入操作日志。", "reason")
    same = (window.opens_at, window.closes_at, window.advised_at)
    if (opens_at, closes_at, advised_at) == same:
        yield Refusal("nothing_changed", "时间没有变化。", "closes_at")


def why_not_check_settings(campaign: Campaign, actor: Actor) -> Iterator[Refusal]:
    """``not_yours``: only who runs the campaign may say that a setting is right."""
    if not access.run_by(actor).filter(pk=campaign.pk).exists():
        yield Refusal("not_yours", "您没有办理本活动的权限。")


def why_not_let_recommend(
    campaign: Campaign, organisation: Organisation, actor: Actor
) -> Iterator[Refusal]:
    """``not_host``, ``not_an_association``, ``own_campaign``."""
    if campaign.host_id != actor.organisation.pk:
        yield Refusal("not_host", "只有主办单位的秘书处能授权推荐。", "campaign")
    if organisation.tier != Role.ASSOCIATION:
        yield Refusal(
            "not_an_association", "推荐单位不用另外授权，本来就能推荐。", "campaign"
        )
    if campaign.host_id == organisation.pk:
        yield Refusal("own_campaign", "主办单位不能在自己的活动里推荐。", "campaign")


def why_not_adjust_places(
    campaign: Campaign, reason: str, actor: Actor
) -> Iterator[Refusal]:
    """``not_yours``, ``campaign_ended``, ``reason_missing``, ``reason_long``: who may
    give or take single places, and with what words."""
    yield from why_not_in_person(actor)
    if not access.run_by(actor).filter(pk=campaign.pk).exists():
        yield Refusal("not_yours", "调整名额由主办单位的秘书处办理。")
    if campaign.ended_at is not None:
        yield Refusal("campaign_ended", "活动已经办结，名额不能再调整。")
    if not reason.strip():
        yield Refusal("reason_missing", "请写明原因，推荐单位会看到。", "reason")
    elif len(reason.strip()) > 200:
        yield Refusal("reason_long", "原因最多 200 字。", "reason")
