"""Why a form version may not be begun, saved, published or dropped. Pure reading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from qcportal.accounts.actors import Actor
from qcportal.campaigns import access
from qcportal.campaigns.definition import DefinitionError, gaps, parse
from qcportal.campaigns.models import Category, FormVersion
from qcportal.refusals import Refusal


def why_not_edit(category: Category, actor: Actor) -> Iterator[Refusal]:
    """``not_yours``, ``campaign_ended``."""
    campaign = category.campaign
    if not access.run_by(actor).filter(pk=campaign.pk).exists():
        yield Refusal("not_yours", "您不办理这个活动。")
    elif campaign.ended_at is not None:
        yield Refusal("campaign_ended", "这个活动已经办结，申报表不能再改。")


def why_not_begin(category: Category, actor: Actor) -> Iterator[Refusal]:
    """``already_writing`` besides the common part."""
    yield from why_not_edit(category, actor)
    if category.form_being_written is not None:
        yield Refusal("already_writing", "已经有一版在编写，先发布或删掉它。")


def why_not_write(
    version: FormVersion, actor: Actor, edition: int
) -> Iterator[Refusal]:
    """``frozen``, ``stale_version`` besides the common part. ``edition`` is the one
    the page was opened with."""
    yield from why_not_edit(version.category, actor)
    if version.published_at is not None:
        yield Refusal("frozen", "这一版已经发布，不能再改。要改请另起新版。")
    elif edition != version.edition:
        who = version.saved_by_name or "另一个窗口"
        yield Refusal(
            "stale_version",
            f"{who}刚刚保存过这一版，您的改动没有盖掉它。请对照后再保存。",
        )


def why_wrong(raw: Any, category: Category) -> Iterator[Refusal]:
    """``definition_wrong`` (place and reason), else what the form lacks (``gaps``)."""
    try:
        form = parse(raw)
    except DefinitionError as error:
        yield Refusal(
            "definition_wrong", f"申报表有一处不对。{in_words(raw, str(error))}"
        )
        return
    yield from gaps(form, needs_recommender=category.needs_recommender)


PLACE = re.compile(
    r"(?:sections\[(\d+)\](?:\.fields\[(\d+)\](?:\.columns\[(\d+)\])?)?|papers\[(\d+)\]|print\[(\d+)\])(\.\w+(?:\[\d+\])?)*"
)
KEYS = {
    "when": "的填写条件", "seen_by": "的“谁能看”", "choices": "的选项", "code": "的代码",
    "extensions": "可以上传的类型", "limit": "的字数上限",
}  # fmt: skip


def in_words(raw: Any, message: str) -> str:
    """The reader's message with its place as a clerk knows it: the names instead of
    ``sections[1].fields[2].when``."""
    found = PLACE.match(message)
    if not found:
        return message
    try:
        names = _names(raw, [int(n) - 1 if n else None for n in found.groups()[:5]])
    except (LookupError, TypeError, AttributeError):
        return message
    key = (found.group(6) or "").strip(".").partition("[")[0]
    return f"{names}{KEYS.get(key, '')}{message[found.end() :]}"


def _names(raw: Any, numbers: list[int | None]) -> str:
    section, item, column, paper, row = numbers
    if row is not None:
        return f"打印版面第 {row + 1} 行"
    if paper is not None:
        return f"材料“{raw['papers'][paper]['label']}”"
    found = raw["sections"][section]
    if item is None:
        return f"“{found['title']}”这一节"
    found = found["fields"][item]
    if column is None:
        return f"“{found['label']}”"
    return f"“{found['label']}”的列“{found['columns'][column]['label']}”"


def why_not_publish(
    version: FormVersion, reason: str, actor: Actor, edition: int
) -> Iterator[Refusal]:
    """``reason_missing`` while the campaign runs, besides everything of a save."""
    yield from why_not_write(version, actor, edition)
    yield from why_wrong(version.definition, version.category)
    if len(reason.strip()) > 200:
        yield Refusal("reason_long", "原因请写在 200 字以内。", "reason")
    if version.category.campaign.published_at and not reason.strip():
        yield Refusal(
            "reason_missing",
            "活动已经发布，请写明为什么改表，会记入操作日志。",
            "reason",
        )
