"""Questions about changing a campaign's settings. Pure reading.

The settings are *blocks* (some columns of the campaign, changed together) and *lines*
(milestones, prizes, items of the formal check). Two clerks at once: every form carries
the fingerprint of what it showed; a save against another one is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Organisation
from qcportal.campaigns import access, impact, wording
from qcportal.campaigns.models import (
    AwardLevel,
    Campaign,
    Category,
    CheckItem,
    Extension,
    Milestone,
)
from qcportal.campaigns.rules import moment
from qcportal.campaigns.stages import Stage
from qcportal.refusals import Refusal

BLOCKS: dict[str, tuple[str, ...]] = {
    "naming": (
        "name", "year", "headline", "lead", "document_number", "letters",
        "result_words",
    ),
    "hosts": ("co_hosts",),
    "contact": ("contact", "no_fee_words"),
    "conditions": (
        "needs_dossier", "allows_seal_picture", "opinion_limit", "amendment_days",
        "grace_seconds", "upload_grace_minutes",
    ),
    "publicity": ("notice_days",),
    "scoring": ("judges_per_submission", "drop_from", "decimals", "tie_order"),
    "certificate": ("certificate_pattern", "certificate_words", "certificate_issuer"),
}  # fmt: skip
CATEGORY_WORDS = (
    "name", "lead", "result_words", "certificate_words", "certificate_pattern",
)  # fmt: skip
CATEGORY_WAY = (
    "needs_unit_stamp", "needs_recommender", "allows_direct", "requires_topic",
    "requires_site_visit", "has_contest",
)  # fmt: skip
CATEGORY_FIELDS = CATEGORY_WORDS + CATEGORY_WAY


@dataclass(frozen=True)
class Kind:
    """A kind of lines: its rows are ``order``ed and belong to the campaign."""

    model: type[models.Model]
    fields: tuple[str, ...]
    noun: str

    def rows(self, campaign: Campaign) -> list[Any]:
        """In the order of the page; line n of the page is row n − 1."""
        found = self.model._default_manager.filter(campaign=campaign)
        if "category" not in self.fields:
            return list(found.order_by("order", "pk"))
        found = found.select_related("category")
        return list(found.order_by("category__order", "order", "pk"))


LINES: dict[str, Kind] = {
    "milestones": Kind(
        Milestone,
        ("phase", "title", "starts_on", "ends_on", "label", "note", "warns", "on_home"),
        "节点",
    ),
    "awards": Kind(AwardLevel, ("name", "code", "style", "category"), "奖项"),
    "checks": Kind(CheckItem, ("text", "hint", "automatic", "category"), "核对项"),
}

# Questions of the formal check that the portal answers itself (reviews.shows).
AUTOMATIC = {
    "": "秘书处人工判断",
    "name_as_on_seal": "自动：企业名称与公章一致",
    "unit_stamp": "自动：单位意见已盖章",
    "recommender_stamp": "自动：推荐单位意见已盖章",
    "papers_complete": "自动：材料齐全",
    "within_quota": "自动：没有超过名额",
}
MOST_LINES = 60
MOST_CATEGORIES = 20


# --- fingerprints -------------------------------------------------------------------


def _plain(value: Any) -> Any:
    if isinstance(value, Category):
        return value.code
    if isinstance(value, date):
        return value.isoformat()
    return value


def values_of(row: models.Model, fields: Iterable[str]) -> dict[str, Any]:
    """The row's values as plain JSON, as they stand in fingerprints and the trail."""
    return {name: _plain(getattr(row, name)) for name in fields}


def fingerprint(*values: Mapping[str, Any]) -> str:
    """16 hex digits that differ whenever any value does."""
    text = json.dumps(values, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def block_seen(campaign: Campaign, block: str) -> str:
    return fingerprint(values_of(campaign, BLOCKS[block]))


def lines_seen(kind: str, rows: Iterable[models.Model]) -> str:
    fields = LINES[kind].fields
    return fingerprint(*[{"pk": r.pk, **values_of(r, fields)} for r in rows])


def category_seen(category: Category) -> str:
    return fingerprint(values_of(category, CATEGORY_FIELDS))


def categories_seen(campaign: Campaign) -> str:
    rows = campaign.categories.order_by("order", "pk")
    return fingerprint(*[{"pk": r.pk, "code": r.code} for r in rows])


def differing(
    row: models.Model, new: Mapping[str, Any], fields: Iterable[str]
) -> frozenset[str]:
    """Which of ``fields`` the new values would change."""
    old = values_of(row, fields)
    return frozenset(f for f in fields if f in new and _plain(new[f]) != old[f])


def labels(model: type[models.Model], fields: Iterable[str]) -> list[str]:
    """Fields in the words of the page, in the model's order."""
    chosen = set(fields)
    return [
        str(f.verbose_name) for f in model._meta.concrete_fields if f.name in chosen
    ]


# --- may it? ------------------------------------------------------------------------


def why_not_begin(actor: Actor) -> Iterator[Refusal]:
    """``may_not_begin``: managers of an association and whoever runs one of its years."""
    runs = access.run_by(actor).exists()
    if not runs and not actor.may("manage_members"):
        yield Refusal(
            "may_not_begin",
            "新活动由秘书处管理员或正在办活动的人开始，请管理员授权。",
        )


def why_not_set(campaign: Campaign, actor: Actor) -> Iterator[Refusal]:
    """``not_yours``, ``campaign_ended``."""
    if not access.run_by(actor).filter(pk=campaign.pk).exists():
        yield Refusal("not_yours", "您没有办理这个活动的授权。")
    elif campaign.ended_at is not None:
        yield Refusal(
            "campaign_ended", "活动已经办结，要改先在“检查并发布”页重新打开。"
        )


def why_not_change(
    campaign: Campaign, actor: Actor, *, seen: str, now_seen: str, reason: str
) -> Iterator[Refusal]:
    """The part common to every change of settings: ``stale_version`` (a colleague saved
    meanwhile), ``reason_missing`` once the campaign is published."""
    yield from why_not_set(campaign, actor)
    if seen != now_seen:
        yield Refusal(
            "stale_version",
            "同事刚刚改过这一块，现在的内容列在下面。您填的还在表里，核对后再保存一次，就以您的为准。",
        )
    if campaign.published_at is not None and not reason.strip():
        yield Refusal(
            "reason_missing", "活动已经发布，改动请写明原因，会记入操作日志。", "reason"
        )


def unconfirmed(
    found: Iterable[Refusal], campaign: Campaign, *, confirmed: bool
) -> Iterator[Refusal]:
    """Refusals as they are; cautions of a published campaign want the tick."""
    found = list(found)
    yield from (r for r in found if r.kind == "refusal")
    hurting = [r for r in found if r.kind == "caution"]
    if hurting and campaign.published_at is not None and not confirmed:
        yield Refusal("not_confirmed", "请看过提醒，再勾选确认。", "confirmed")


def value_faults(values: Mapping[str, Any]) -> Iterator[Refusal]:
    """What no block may hold: words and patterns that could not be filled in."""
    if "certificate_pattern" in values:
        yield from pattern_faults(values["certificate_pattern"])
    if "certificate_words" in values:
        yield from words_faults(values["certificate_words"])


def pattern_faults(pattern: str) -> Iterator[Refusal]:
    """``pattern_wrong``: one for each thing wrong with the rule of the numbers."""
    for said in wording.pattern_faults(pattern):
        yield Refusal("pattern_wrong", f"{said}。", "certificate_pattern")


def words_faults(words: str) -> Iterator[Refusal]:
    """``words_wrong``."""
    for said in wording.certificate_faults(words):
        yield Refusal("words_wrong", f"{said}。", "certificate_words")


def example_number(campaign: Campaign, category: Category | None = None) -> str:
    """``SQC2020-1-0001``: the first certificate under the category's rule or the
    campaign's, empty for a wrong one."""
    own = category.certificate_pattern if category else ""
    rule = own or campaign.certificate_pattern
    category = category or campaign.categories.first()
    if list(wording.pattern_faults(rule)):
        return ""
    level = campaign.award_levels.first()
    return wording.certificate_number(
        rule, letters=campaign.letters, year=campaign.year,
        level=level.code if level else "1", serial=1,
        category=category.code if category else "",
    )  # fmt: skip


# --- lines --------------------------------------------------------------------------


def line_faults(
    kind: str, values: Mapping[str, Any], others: Iterable[Any]
) -> Iterator[Refusal]:
    """What a line's values may not be beside the ``others``."""
    if kind == "milestones":
        start, end = values.get("starts_on"), values.get("ends_on")
        if start and end and start > end:
            yield Refusal("milestone_order", "结束不能早于开始。", "ends_on")
    if kind == "awards":
        same = [o for o in others if o.category_id == _pk(values.get("category"))]
        for name, words in (("code", "编号用代码"), ("name", "名称")):
            if any(getattr(o, name) == values[name] for o in same):
                yield Refusal("award_twice", f"这个{words}已经有奖项在用。", name)


def _pk(category: Category | None) -> int | None:
    return category.pk if category else None


# --- categories ---------------------------------------------------------------------


def category_faults(values: Mapping[str, Any]) -> Iterator[Refusal]:
    """``direct_without_recommender``, ``visit_without_recommender``, words, pattern."""
    if not values["needs_recommender"]:
        if values["allows_direct"]:
            yield Refusal(
                "direct_without_recommender",
                "这一类不经推荐单位，本来就直接交秘书处，不用再勾直接申报。",
                "allows_direct",
            )
        if values["requires_site_visit"]:
            yield Refusal(
                "visit_without_recommender",
                "现场核查由推荐单位做；不经推荐单位的类别不能要求。",
                "requires_site_visit",
            )
    if values.get("certificate_pattern"):
        yield from pattern_faults(values["certificate_pattern"])
    yield from words_faults(values.get("certificate_words", ""))


def why_not_drop_category(campaign: Campaign) -> Iterator[Refusal]:
    """``last_category``."""
    if campaign.categories.count() <= 1:
        yield Refusal("last_category", "活动至少要有一个类别，不能再删。")


# --- windows and extensions ---------------------------------------------------------


def why_not_plan_window(
    opens_at: datetime, closes_at: datetime, advised_at: datetime | None
) -> Iterator[Refusal]:
    """``window_order``, ``advised_outside``."""
    if opens_at >= closes_at:
        yield Refusal("window_order", "关闭时间要晚于开放时间。", "closes_at")
    elif advised_at and not opens_at < advised_at <= closes_at:
        yield Refusal(
            "advised_outside", "建议办完时间要在开放和关闭之间。", "advised_at"
        )


def why_not_extend(
    campaign: Campaign,
    stage: Stage,
    organisation: Organisation | None,
    record: str,
    closes_at: datetime,
    reason: str,
) -> Iterator[Refusal]:
    """``no_window``, ``not_later``, ``extension_for_whom``, ``extended_already``,
    ``reason_missing``."""
    if (organisation is None) == (not record):
        yield Refusal(
            "extension_for_whom", "请填一家单位的全称，或者一个受理编号。", "whom"
        )
    last = [w.closes_at for w in campaign.windows.all() if w.stage == stage]
    if not last:
        yield Refusal("no_window", f"“{stage.label}”还没有安排时间。", "stage")
    elif closes_at <= min(last):
        yield Refusal(
            "not_later", f"要比原来的 {moment(min(last))} 更晚。", "closes_at"
        )
    same = Extension.objects.in_force().filter(
        campaign=campaign, stage=stage, organisation=organisation, record=record,
        closes_at=closes_at,
    )  # fmt: skip
    if same.exists():
        yield Refusal("extended_already", "已经延到这个时间了。", "closes_at")
    if not reason.strip():
        yield Refusal("reason_missing", "请写明原因，会记入操作日志。", "reason")


# --- the life of a campaign ---------------------------------------------------------


def why_not_publish(campaign: Campaign, actor: Actor) -> Iterator[Refusal]:
    """``published_already`` besides the common part; the gaps stand in gaps.py."""
    yield from why_not_set(campaign, actor)
    if campaign.published_at is not None:
        yield Refusal("published_already", "活动已经发布了。")


def why_not_end(
    campaign: Campaign, actor: Actor, reason: str, at: datetime
) -> Iterator[Refusal]:
    """``not_published``, ``window_open``, ``reason_missing``, what is under way."""
    yield from why_not_set(campaign, actor)
    if campaign.published_at is None:
        yield Refusal("not_published", "还没发布的活动不用办结。")
    opened = [Stage(w.stage).label for w in campaign.windows.all() if w.is_open(at)]
    if opened:
        names = "、".join(dict.fromkeys(opened))
        yield Refusal("window_open", f"“{names}”还开着，先关闭再办结。")
    if not reason.strip():
        yield Refusal("reason_missing", "请写明原因，会记入操作日志。", "reason")
    if campaign.published_at is not None:
        yield from impact.affected(impact.Change(campaign, "end"), at)


def why_not_reopen(campaign: Campaign, actor: Actor, reason: str) -> Iterator[Refusal]:
    """``not_yours``, ``not_ended``, ``reason_missing``."""
    if not access.run_by(actor).filter(pk=campaign.pk).exists():
        yield Refusal("not_yours", "您没有办理这个活动的授权。")
    if campaign.ended_at is None:
        yield Refusal("not_ended", "活动没有办结，不用重新打开。")
    if not reason.strip():
        yield Refusal("reason_missing", "请写明原因，会记入操作日志。", "reason")
