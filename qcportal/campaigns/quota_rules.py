"""Questions about changing the rules of places. Pure reading.

The rules of a campaign are one set with one fingerprint: of two clerks the second is
refused, whichever rule he changed. ``after`` is the set as it would stand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from qcportal.accounts.models import Organisation, RecommenderClass
from qcportal.campaigns import impact, quotas
from qcportal.campaigns.access import class_in
from qcportal.campaigns.models import Campaign, Category, QuotaRule
from qcportal.campaigns.quota_words import (
    SUBJECTS,
    faults_of,
    place_label,
    some,
)
from qcportal.campaigns.settings_rules import fingerprint, values_of
from qcportal.campaigns.shows import type_labels
from qcportal.refusals import Refusal

MOST_PLACES = 9999
MOST_RULES = 400
NARROWS = (
    "subject", "recommender_class", "region", "recommender", "category", "topic_type",
)  # fmt: skip
LIMITS = ("soft", "hard", "reserve", "needs_good_standing")
FIELDS = NARROWS + LIMITS
# Bodies named in one sentence; the preview has all of them.
MOST_NAMED = 6


@dataclass(frozen=True)
class Cell:
    """A number of the page's table: a rule for everybody or for one class, over all
    categories. ``name`` is its field on the page."""

    subject: str
    recommender_class: str = ""
    topic_type: str = ""

    @property
    def name(self) -> str:
        kind = self.recommender_class or "all"
        return f"{self.subject}-{kind}-{self.topic_type or 'all'}"

    def holds(self, rule: QuotaRule) -> bool:
        beside = rule.region or rule.recommender_id or rule.category_id
        return not beside and self == Cell(
            rule.subject, rule.recommender_class, rule.topic_type
        )


def rules_of(campaign: Campaign) -> list[QuotaRule]:
    """In the order they were written."""
    found = campaign.quota_rules.select_related("recommender", "category")
    return list(found.order_by("pk"))


def cells(
    campaign: Campaign,
    rules: Collection[QuotaRule],
    types: Collection[str],
    classes: Collection[str],
) -> list[Cell]:
    """The table: per unit a number for every topic type, per body one for every class
    that somebody holds or a rule names, and one for all. ``classes``: of the bodies."""
    unit, body = QuotaRule.Subject.UNIT, QuotaRule.Subject.RECOMMENDER
    per_unit = [Cell(unit, "", kind) for kind in types]
    whole = Cell(unit)
    if not types or any(whole.holds(rule) for rule in rules):
        per_unit.append(whole)
    named = [kind for kind in RecommenderClass.values if kind in classes or any(
        Cell(body, kind).holds(rule) for rule in rules)]  # fmt: skip
    return [*per_unit, *[Cell(body, kind) for kind in named], Cell(body)]


# --- fingerprint --------------------------------------------------------------------


def plain(rule: QuotaRule) -> dict[str, Any]:
    """Its values as plain JSON, a body by its key."""
    values = values_of(rule, [name for name in FIELDS if name != "recommender"])
    body = rule.recommender
    return {**values, "recommender": str(body.key) if body else ""}


def rules_seen(rules: Collection[QuotaRule]) -> str:
    return fingerprint(*[{"pk": rule.pk, **plain(rule)} for rule in rules])


# --- may it be so? ------------------------------------------------------------------


def rule_faults(
    campaign: Campaign, values: Mapping[str, Any], others: Collection[QuotaRule]
) -> Iterator[Refusal]:
    """What a rule may not say, alone and beside the ``others``: ``unknown_subject``,
    ``unknown_class``, ``class_and_body``, ``region_and_body``, ``not_recommending``,
    ``wrong_category``, ``quota_category``, ``quota_type``, ``quota_twice`` and the
    codes of ``quota_words.faults_of``."""
    if values.get("subject") not in QuotaRule.Subject.values:
        yield Refusal("unknown_subject", "请选这条规定管谁。", "subject")
    yield from _whom_faults(campaign, values)
    yield from _what_faults(campaign, values)
    for code, said, field in faults_of(values):
        yield Refusal(code, said, field)
    if any(_key(_plain_narrows(values)) == _key(plain(other)) for other in others):
        yield Refusal(
            "quota_twice",
            "同样的对象已经有一条规定了，请到那一条里改。",
            "subject",
        )


def _whom_faults(campaign: Campaign, values: Mapping[str, Any]) -> Iterator[Refusal]:
    body, kind = values.get("recommender"), values.get("recommender_class", "")
    if kind and kind not in RecommenderClass.values:
        yield Refusal("unknown_class", "请重新选推荐单位类别。", "recommender_class")
    if body is None:
        return
    if kind:
        yield Refusal(
            "class_and_body",
            "指定了一家推荐单位，就不用再选类别。",
            "recommender_class",
        )
    if values.get("region"):
        yield Refusal(
            "region_and_body", "指定了一家推荐单位，就不用再写地区。", "region"
        )
    if not quotas.bodies_in(campaign).filter(pk=body.pk).exists():
        yield Refusal("not_recommending", "这家单位在本活动里不能推荐。", "recommender")


def _what_faults(campaign: Campaign, values: Mapping[str, Any]) -> Iterator[Refusal]:
    category: Category | None = values.get("category")
    if category is not None and category.campaign_id != campaign.pk:
        yield Refusal("wrong_category", "这个类别不属于本活动。", "category")
    elif category is not None and not category.needs_recommender:
        yield Refusal(
            "quota_category",
            f"“{category.name}”不经推荐单位，给它的名额不起作用。",
            "category",
        )
    kind = values.get("topic_type", "")
    if kind and kind not in type_labels(campaign):
        yield Refusal("quota_type", "申报表里没有这个课题类型。", "topic_type")


def _plain_narrows(values: Mapping[str, Any]) -> dict[str, Any]:
    body, category = values.get("recommender"), values.get("category")
    said = {name: values.get(name) or "" for name in NARROWS}
    return said | {
        "recommender": str(body.key) if body else "",
        "category": category.code if category else None,
    }


def _key(said: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(said[name] for name in NARROWS)


def cell_faults(
    values: Mapping[str, int | None], named: Mapping[str, QuotaRule]
) -> Iterator[Refusal]:
    """``places_number``, ``soft_above_hard``: each at its number. ``named``: the rule a
    number belongs to."""
    for name, places in values.items():
        rule = named.get(name)
        if places is None:
            continue
        if not 0 <= places <= MOST_PLACES:
            yield Refusal(
                "places_number", f"名额请填 0 到 {MOST_PLACES} 的整数。", name
            )
        elif rule is not None and rule.soft is not None and rule.soft > places:
            yield Refusal(
                "soft_above_hard",
                f"提醒线是 {rule.soft}，不能高于名额；请先点“改”降低提醒线。",
                name,
            )


# --- whom does it touch? ------------------------------------------------------------


@dataclass(frozen=True)
class Shift:
    """Places of a body, or of a unit through some body, that change; None: no limit."""

    name: str
    label: str
    before: int | None
    after: int | None

    def __str__(self) -> str:
        what = "" if self.label == "推荐名额" else f"{self.label} "
        return f"{self.name} {what}{_said(self.before)} 改为 {_said(self.after)}"


def _said(places: int | None) -> str:
    return "不限" if places is None else str(places)


def shifts(
    campaign: Campaign, after: Collection[QuotaRule]
) -> tuple[list[Shift], list[Shift]]:
    """(of bodies, by name; of units, each change once)."""
    before = list(campaign.quota_rules.all())
    types = type_labels(campaign)
    categories = {c.pk: c.name for c in campaign.categories_in_order}
    bodies: list[Shift] = []
    units: dict[Shift, None] = {}
    for body in quotas.bodies_in(campaign):
        old, new = _given(campaign, body, before), _given(campaign, body, after)
        for key in dict.fromkeys([*old, *new]):
            rule, places = old.get(key, (None, None))
            new_rule, new_places = new.get(key, (None, None))
            if places == new_places:
                continue
            named = rule or new_rule
            label = place_label(named, types, categories) if named else ""
            if key[0] == QuotaRule.Subject.RECOMMENDER:
                bodies.append(Shift(body.label, label, places, new_places))
            else:
                whose = SUBJECTS[QuotaRule.Subject(key[0])]
                units[Shift(whose, label, places, new_places)] = None
    return bodies, list(units)


def _given(
    campaign: Campaign, body: Organisation, among: Collection[QuotaRule]
) -> dict[tuple[str, int | None, str], tuple[QuotaRule, int]]:
    return {
        (rule.subject, rule.category_id, rule.topic_type): (
            rule,
            quotas.places_of(campaign, body, rule),
        )
        for rule in quotas.rules_for(campaign, body, among)
    }


def foreseen(
    campaign: Campaign, after: Collection[QuotaRule], at: Any
) -> list[Refusal]:
    """What follows from the rules as they would stand, in cautions: ``class_empty``,
    ``places_shift``, and whatever those say who know what was filed."""
    found = list(empty_classes(campaign, after))
    if campaign.published_at is not None:
        bodies, units = shifts(campaign, after)
        if bodies:
            count = len({shift.name for shift in bodies})
            said = some(bodies, MOST_NAMED, "处")
            found.append(_caution("places_shift", f"{count} 家推荐单位的名额会变：{said}。"))  # fmt: skip
        if units:
            said = some(units, MOST_NAMED, "处")
            found.append(_caution("unit_places_shift", f"{said}。"))
    change = impact.Change(campaign, "quotas", new={"rules": list(after)})
    return [*impact.affected(change, at), *found]


def empty_classes(
    campaign: Campaign, after: Collection[QuotaRule]
) -> Iterator[Refusal]:
    """``class_empty``: a new rule for a class that nobody holds."""
    new = {r.recommender_class for r in after if r.pk is None and r.recommender_class}
    if new:
        new -= {class_in(campaign, body) for body in quotas.bodies_in(campaign)}
    for kind in sorted(new):
        label = RecommenderClass(kind).label
        yield _caution("class_empty", f"现在没有一家推荐单位是“{label}”，这条规定暂时管不到谁。")  # fmt: skip


def _caution(code: str, message: str) -> Refusal:
    return Refusal(code, message, "", "caution")
