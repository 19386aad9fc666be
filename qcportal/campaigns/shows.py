"""How settings are said: how long a window is, what a change brings, who gets how many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from qcportal.accounts.models import RecommenderClass
from qcportal.campaigns import scoring
from qcportal.campaigns.access import class_in
from qcportal.campaigns.models import (
    Campaign,
    FormVersion,
    QuotaRule,
    Rubric,
    Window,
    WindowChange,
)
from qcportal.campaigns.quotas import bodies_in
from qcportal.campaigns.rules import moment
from qcportal.campaigns.stages import ONLINE_STAGES, Stage
from qcportal.refusals import Refusal
from qcportal.ui import words

DAYS = "一二三四五六日"


def day(at: datetime) -> str:
    """``2020年7月12日 周日 22:00``."""
    local = timezone.localtime(at)
    weekday = DAYS[local.weekday()]
    return f"{local.year}年{local.month}月{local.day}日 周{weekday} {local:%H:%M}"


def span(opens_at: datetime, closes_at: datetime) -> str:
    """``共 14天22小时``."""
    return f"共 {words.span_text(closes_at - opens_at)}"


def cautions(
    stage: Stage, opens_at: datetime, closes_at: datetime, at: datetime,
    old: tuple[datetime, datetime] | None = None,
) -> Iterator[Refusal]:  # fmt: skip
    """What an officer should know before saving: ``closes_now``, ``hides_open``,
    ``closes_weekend``. Cautions only; the rules refuse elsewhere."""
    was_open = old is not None and old[0] <= at < old[1]
    if was_open and closes_at <= at:
        yield _caution(
            "closes_now",
            f"这样改，“{stage.label}”马上关闭：还没办完的一项都不能再办。",
        )
    elif was_open and opens_at > at:
        yield _caution(
            "hides_open",
            f"“{stage.label}”现在开着，这样改要到 {moment(opens_at)} 才重新开放。",
        )
    local = timezone.localtime(closes_at)
    if local.weekday() >= 5:
        yield _caution(
            "closes_weekend",
            f"关闭时间落在周{DAYS[local.weekday()]}，单位盖章可能没人。建议提前在工作日提醒一次。",
        )


def _caution(code: str, message: str) -> Refusal:
    return Refusal(code, message, "closes_at", "caution")


STOPPING = {
    "closes_now", "hides_open", "left_behind", "less_time", "lower_too_late",
}  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One line of 改动记录."""

    label: str
    words: str
    reason: str
    by: str
    at: datetime


def changes(campaign: Campaign, most: int) -> list[Change]:
    """The newest changes of windows, newest first."""
    windows = WindowChange.objects.filter(window__campaign=campaign)
    windows = windows.select_related("window", "by")[:most]
    return [
        Change(Stage(c.window.stage).label, _moved_words(c), c.reason, c.by.name, c.at)
        for c in windows
    ]


def _moved_words(change: WindowChange) -> str:
    old = f"{minute(change.old_opens_at)} 到 {minute(change.old_closes_at)}"
    return f"{old} 改为 {minute(change.new_opens_at)} 到 {minute(change.new_closes_at)}"


def minute(at: datetime) -> str:
    """``2020-07-12 22:00``."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


def needs_confirming(found: list[Refusal]) -> bool:
    """Whether a caution is one that must be ticked before it is done."""
    return any(caution.code in STOPPING for caution in found)


@dataclass(frozen=True)
class StageLine:
    """One window of 申报窗口, for all or of one category. ``state`` is the chip's kind;
    ``place`` names it in addresses of the page."""

    window: Window
    place: str
    label: str
    online: bool
    state: str
    state_text: str
    opens: str
    closes: str
    span: str
    cautions: list[Refusal]


def stage_lines(campaign: Campaign, at: datetime) -> list[StageLine]:
    """The windows in the order of the stages, a category's own after the one for all."""
    order = {stage.value: n for n, stage in enumerate(Stage)}
    names = {c.pk: (c.order, c.name) for c in campaign.categories_in_order}
    found = sorted(
        campaign.windows.all(),
        key=lambda w: (order[w.stage], names.get(w.category_id or 0, (0, ""))),
    )
    return [_line(window, at, names.get(window.category_id or 0)) for window in found]


def place_of(window: Window) -> str:
    """``filing``, or ``filing-12`` for a category's own."""
    own = window.category_id
    return f"{window.stage}-{own}" if own else window.stage


def _line(window: Window, at: datetime, category: tuple[int, str] | None) -> StageLine:
    stage = Stage(window.stage)
    label = f"{stage.label}（{category[1]}）" if category else stage.label
    state, text = _state(window, at)
    notes = cautions(stage, window.opens_at, window.closes_at, at)
    return StageLine(
        window, place_of(window), label, stage in ONLINE_STAGES, state, text,
        day(window.opens_at), day(window.closes_at),
        span(window.opens_at, window.closes_at),
        list(notes) if state != "closed" and stage in ONLINE_STAGES else [],
    )  # fmt: skip


def _state(window: Window, at: datetime) -> tuple[str, str]:
    """(chip kind, words)."""
    if at < window.opens_at:
        return "todo", "还没开放"
    return ("run", "开放中") if window.is_open(at) else ("end", "已关闭")


@dataclass(frozen=True)
class QuotaLine:
    """Who gets how many. ``most`` is places × bodies, None where they are not counted."""

    subject: str
    whom: str
    topic_type: str
    bodies: int | None
    soft: int | None
    hard: int | None
    most: int | None
    category: str = ""


def quota_lines(campaign: Campaign) -> list[QuotaLine]:
    """Every rule in words. Bodies of a class are those in use that have units, and the
    associations in use with a right to recommend here, by the class of that right."""
    classes = [class_in(campaign, body) for body in bodies_in(campaign)]
    labels = type_labels(campaign)
    rules = campaign.quota_rules.select_related("recommender", "category")
    return [_quota_line(rule, classes, labels) for rule in rules]


def _quota_line(
    rule: QuotaRule, classes: list[str], labels: dict[str, str]
) -> QuotaLine:
    whom, count = "所有推荐单位", len(classes)
    if rule.recommender:
        whom, count = rule.recommender.label, 1
    elif rule.recommender_class:
        whom = RecommenderClass(rule.recommender_class).label
        count = classes.count(rule.recommender_class)
    per_body = rule.subject == QuotaRule.Subject.RECOMMENDER
    return QuotaLine(
        QuotaRule.Subject(rule.subject).label, whom,
        labels.get(rule.topic_type, rule.topic_type) or "全部类型",
        count if per_body else None, rule.soft, rule.hard,
        rule.hard * count if per_body and rule.hard is not None else None,
        rule.category.name if rule.category else "全部类别",
    )  # fmt: skip


def type_labels(campaign: Campaign) -> dict[str, str]:
    """Topic type code → its word in the newest forms of the campaign's categories."""
    forms = FormVersion.objects.filter(
        category__campaign=campaign, published_at__isnull=False
    ).order_by("-category__order", "version")
    return {c.code: c.label for found in forms for c in found.form.topic_types}


def weights(rubric: Rubric) -> list[tuple[str, float]]:
    """(criterion, points); whole points as whole numbers."""
    return [(c.name, scoring.number(c.points)) for c in rubric.criteria_list]
