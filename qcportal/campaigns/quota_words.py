"""Quota rules in words: whom a rule is for, what it counts, how many it gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from qcportal.accounts.models import RecommenderClass
from qcportal.campaigns.models import QuotaRule

SUBJECTS = {
    QuotaRule.Subject.RECOMMENDER: "每个推荐单位最多",
    QuotaRule.Subject.UNIT: "推荐单位内每家单位最多",
    QuotaRule.Subject.UNIT_REGION: "每家单位在一个地区最多",
    QuotaRule.Subject.UNIT_OVERALL: "每家单位全部合计最多",
}


def place_label(
    rule: QuotaRule, types: Mapping[str, str], categories: Mapping[int, str]
) -> str:
    """``创新型``, ``品牌故事``, or ``推荐名额`` for a rule over everything. ``types``:
    code → word; ``categories``: primary key → name, all of the campaign's."""
    several = len(categories) > 1
    category = categories.get(rule.category_id or 0, "") if several else ""
    return f"{category}{types.get(rule.topic_type, rule.topic_type)}" or "推荐名额"


def whom(rule: QuotaRule) -> str:
    """``浦东质协``, ``行业质量协会``, ``华东的会员单位``, ``所有推荐单位``."""
    if rule.recommender:
        return rule.recommender.label
    kind = rule.recommender_class
    known = dict(RecommenderClass.choices)
    words = known.get(kind, kind) if kind else "所有推荐单位"
    return f"{rule.region}的{words}" if rule.region else words


def limit(rule: QuotaRule) -> str:
    """``不限``, ``10``, ``10（过 8 提醒，候补 2，须会籍正常）``."""
    if rule.hard is None:
        return "不限"
    more = [
        f"过 {rule.soft} 提醒" if rule.soft is not None else "",
        f"候补 {rule.reserve}" if rule.reserve else "",
        "须会籍正常" if rule.needs_good_standing else "",
    ]
    said = "，".join(part for part in more if part)
    return f"{rule.hard}（{said}）" if said else str(rule.hard)


def name(
    rule: QuotaRule, types: Mapping[str, str], categories: Mapping[int, str]
) -> str:
    """``行业质量协会：每个推荐单位最多，创新型``."""
    label = place_label(rule, types, categories)
    what = "" if label == "推荐名额" else f"，{label}"
    return f"{whom(rule)}：{SUBJECTS[QuotaRule.Subject(rule.subject)]}{what}"


def some(texts: Iterable[Any], most: int, unit: str) -> str:
    """The first ``most`` of them, and how many ``unit`` there are beside."""
    said = [str(text) for text in texts]
    tail = f" 等 {len(said)} {unit}" if len(said) > most else ""
    return "、".join(said[:most]) + tail


def faults_of(limits: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(code, sentence, field) for numbers that cannot stand together. ``limits``:
    ``hard``, ``soft``, ``unlimited``, ``reserve``, ``needs_good_standing``."""
    hard, soft = limits.get("hard"), limits.get("soft")
    if limits.get("unlimited"):
        given = {
            "hard": hard is not None, "soft": soft is not None,
            "reserve": bool(limits.get("reserve")),
            "needs_good_standing": bool(limits.get("needs_good_standing")),
        }  # fmt: skip
        for field in (field for field, there in given.items() if there):
            yield "unlimited_twice", "选了“不限”，这一项就空着。", field
    elif hard is None:
        yield "no_limit", "请填名额，或者勾“不限”。", "hard"
    elif soft is not None and soft > hard:
        yield "soft_above_hard", f"提醒线不能高于名额 {hard}。", "soft"
