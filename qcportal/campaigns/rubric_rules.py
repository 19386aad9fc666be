"""Why a rubric may not be begun, saved, published or dropped; what is wrong in one.
Pure reading.

``Refusal.field`` names the place in the editor: ``name``, ``step``, ``own_total``,
``rows`` (the table as a whole), ``rows-2-name``, ``rows-2-points`` (from 0).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from qcportal.accounts.actors import Actor
from qcportal.campaigns.models import Category, Rubric
from qcportal.campaigns.scoring import plain
from qcportal.campaigns.settings_rules import why_not_set
from qcportal.refusals import Refusal

WHOLE = Decimal(100)
MOST_CRITERIA = 40
MOST_REASON = 200
# The "topic type" of a rubric for the visit (现场评审表), which no form offers.
ON_SITE = "site"
OWN = ("name", "source", "step", "is_placeholder", "own_total")


# --- what is wrong in it --------------------------------------------------------------


def facts_of(rubric: Rubric) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """(its own values, its criteria) as plain values, in order."""
    rows = [
        {"code": c.code, "name": c.name, "points": c.points, "hint": c.hint}
        for c in rubric.criteria_list
    ]
    return {name: getattr(rubric, name) for name in OWN}, rows


def faults(
    own: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> Iterator[Refusal]:
    """Everything that keeps a rubric from being published: ``name_missing``,
    ``step_wrong``, ``no_criterion``, ``criterion_unnamed``, ``criterion_twice``,
    ``points_low``, ``points_off_step``, ``total_off``."""
    if not str(own.get("name", "")).strip():
        yield Refusal("name_missing", "请填评审表的名称。", "name")
    step = Decimal(str(own["step"]))
    if step <= 0:
        yield Refusal("step_wrong", "评分最小单位要大于 0。", "step")
    if not rows:
        yield Refusal("no_criterion", "还没有评审项目。", "rows")
        return
    yield from _row_faults(rows, step)
    total = sum((Decimal(str(row["points"])) for row in rows), Decimal(0))
    if total != WHOLE and not own.get("own_total"):
        yield Refusal(
            "total_off",
            f"合计 {plain(total)} 分，不是 100 分。请改分值；通知就是这样定的，"
            "勾“满分不是 100”。",
            "own_total",
        )


def _row_faults(rows: Sequence[Mapping[str, Any]], step: Decimal) -> Iterator[Refusal]:
    seen: set[str] = set()
    for n, row in enumerate(rows):
        name, points = str(row["name"]).strip(), Decimal(str(row["points"]))
        if not name:
            yield Refusal(
                "criterion_unnamed", f"第 {n + 1} 项还没有名称。", f"rows-{n}-name"
            )
        elif name in seen:
            yield Refusal(
                "criterion_twice", f"“{name}”写了两遍，请换个名称。", f"rows-{n}-name"
            )
        seen.add(name)
        if points <= 0:
            yield Refusal("points_low", f"“{name}”的满分要大于 0。", f"rows-{n}-points")
        elif step > 0 and points % step:
            yield Refusal(
                "points_off_step",
                f"“{name}”的满分 {plain(points)} 打不出来：每 {plain(step)} 分一档。",
                f"rows-{n}-points",
            )


def faults_of(rubric: Rubric) -> list[Refusal]:
    return list(faults(*facts_of(rubric)))


# --- may it? --------------------------------------------------------------------------


def scopes(category: Category) -> dict[str, str]:
    """Topic type → its name; empty for all of the category, last the visit."""
    types = category.newest_form.form.topic_types if category.newest_form else ()
    return {"": "全部课题类型", **{t.code: t.label for t in types}, ON_SITE: "现场评审"}


def why_not_begin(
    category: Category, topic_type: str, actor: Actor
) -> Iterator[Refusal]:
    """``unknown_type``, ``already_writing`` besides the common part."""
    yield from why_not_set(category.campaign, actor)
    known = category.rubrics.filter(topic_type=topic_type)
    if topic_type not in scopes(category) and not known.exists():
        yield Refusal(
            "unknown_type", "申报表里没有这个课题类型，请重新选择。", "topic_type"
        )
    if known.filter(published_at__isnull=True).exists():
        yield Refusal("already_writing", "已经有一版在编写，先发布或删掉它。")


def why_not_write(rubric: Rubric, actor: Actor, edition: int) -> Iterator[Refusal]:
    """``frozen``, ``stale_version`` besides the common part. ``edition`` is the one the
    page was opened with."""
    yield from why_not_set(rubric.category.campaign, actor)
    if rubric.published_at is not None:
        yield Refusal("frozen", "这一版已经发布，不能再改。要改请另起新版。")
    elif edition != rubric.edition:
        who = rubric.saved_by_name or "另一个窗口"
        yield Refusal(
            "stale_version",
            f"{who}刚刚保存过这一版，您的改动没有盖掉它。请对照后再保存。",
        )


def why_not_save(rows: Sequence[Mapping[str, Any]]) -> Iterator[Refusal]:
    """What not even a draft may hold: ``too_many``, ``points_low``."""
    if len(rows) > MOST_CRITERIA:
        yield Refusal("too_many", f"评审项目最多 {MOST_CRITERIA} 项。", "rows")
    for n, row in enumerate(rows):
        if Decimal(str(row["points"])) <= 0:
            yield Refusal("points_low", "满分要大于 0。", f"rows-{n}-points")


def why_not_publish(
    rubric: Rubric, reason: str, actor: Actor, edition: int
) -> Iterator[Refusal]:
    """Every fault at its place, ``reason_missing`` while the campaign runs."""
    yield from why_not_write(rubric, actor, edition)
    yield from faults_of(rubric)
    if len(reason.strip()) > MOST_REASON:
        yield Refusal("reason_long", f"原因请写在 {MOST_REASON} 字以内。", "reason")
    if rubric.category.campaign.published_at and not reason.strip():
        yield Refusal(
            "reason_missing",
            "活动已经发布，请写明为什么改评审表，会记入操作日志。",
            "reason",
        )


def to_compare(rubric: Rubric) -> str:
    """The line of 请核对 for a total that is meant not to be 100, else empty."""
    if rubric.points == WHOLE:
        return ""
    name = f"{rubric.category.name}“{rubric.name}”第 {rubric.version} 版"
    return f"{name}满分 {plain(rubric.points)} 分，不是 100 分"
