"""Questions about time and settings. Pure reading; the instant is a parameter."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from django.utils import timezone

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import Role
from qcportal.campaigns.models import Campaign, Window
from qcportal.campaigns.stages import Stage
from qcportal.refusals import Refusal


def moment(at: datetime) -> str:
    """``7月12日 22:00`` in the portal's time zone."""
    local = timezone.localtime(at)
    return f"{local.month}月{local.day}日 {local:%H:%M}"


def why_closed(campaign: Campaign, stage: Stage, at: datetime) -> Iterator[Refusal]:
    """``no_window``, ``window_not_open``, ``window_closed``. Half-open: the closing
    instant itself is closed (Shanghai 2020 四: 22:00 关闭)."""
    window = campaign.window(stage)
    if window is None:
        yield Refusal(
            "no_window", f"本活动没有安排“{stage.label}”的时间，请联系秘书处。"
        )
    elif at < window.opens_at:
        yield Refusal(
            "window_not_open",
            f"“{stage.label}”{moment(window.opens_at)} 开放，现在还不能办。",
        )
    elif at >= window.closes_at:
        yield Refusal(
            "window_closed",
            f"“{stage.label}”{moment(window.closes_at)} 已关闭。您填的内容都还在；如有特殊情况请打秘书处电话。",
        )


def why_not_move_window(
    window: Window, opens_at: datetime, closes_at: datetime, reason: str
) -> Iterator[Refusal]:
    """``window_order``, ``reason_missing``, ``nothing_changed``."""
    if opens_at >= closes_at:
        yield Refusal("window_order", "关闭时间要晚于开放时间。", "closes_at")
    if not reason.strip():
        yield Refusal("reason_missing", "请写明原因，会记入操作日志。", "reason")
    if (opens_at, closes_at) == (window.opens_at, window.closes_at):
        yield Refusal("nothing_changed", "时间没有变化。", "closes_at")


def requirements_version(campaign: Campaign) -> int:
    """Grows with every change of the requirements; 0 as the preset laid them down."""
    return campaign.requirement_changes.count()


def why_not_require(
    campaign: Campaign, wanted: Mapping[str, bool], reason: str, version: int
) -> Iterator[Refusal]:
    """``stale_version``, ``reason_missing``, ``nothing_changed``. ``wanted``: field of
    the campaign → value; ``version``: what the page was opened with."""
    if version != requirements_version(campaign):
        yield Refusal(
            "stale_version",
            "这几项刚被别人改过，请看下面的改动记录，核对后再保存。",
        )
    if not reason.strip():
        yield Refusal("reason_missing", "请写明原因，会记入操作日志。", "reason")
    if all(getattr(campaign, name) == value for name, value in wanted.items()):
        yield Refusal("nothing_changed", "要求没有变化。")


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
