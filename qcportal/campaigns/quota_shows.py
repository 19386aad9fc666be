"""What the pages of 名额 show: the table, the other rules, who has how many places.

All numbers are quotas.py's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import prefetch_related_objects

from qcportal.accounts.models import Organisation, RecommenderClass
from qcportal.campaigns import quota_rules, quota_words, quotas
from qcportal.campaigns.access import class_in
from qcportal.campaigns.models import Campaign, QuotaGrant, QuotaRule, Standing
from qcportal.campaigns.quota_rules import Cell
from qcportal.campaigns.rules import moment
from qcportal.campaigns.shows import type_labels

# Who may ask to file past a recommending body, where a category allows it.
MAY_FILE_DIRECTLY = {"member", "council", "large_member"}
NO_CLASS = "没有登记类别"


# --- the table ----------------------------------------------------------------------


@dataclass(frozen=True)
class NumberLine:
    """A line of the table. ``count``: bodies; ``more``: what else the rule says."""

    cell: Cell
    rule: QuotaRule | None
    label: str
    count: int
    more: str
    direct: str

    @property
    def most(self) -> int | None:
        if self.rule is None or self.rule.hard is None:
            return None
        return self.rule.hard * self.count


@dataclass(frozen=True)
class OtherLine:
    """A rule beside the table; ``bodies``: how many bodies it holds for."""

    rule: QuotaRule
    whom: str
    subject: str
    what: str
    limit: str


@dataclass(frozen=True)
class Board:
    """The page: numbers per unit, numbers per body, the other rules."""

    units: list[NumberLine]
    bodies: list[NumberLine]
    others: list[OtherLine]
    seen: str

    @property
    def numbers(self) -> list[NumberLine]:
        return [*self.units, *self.bodies]

    @property
    def labels(self) -> dict[str, str]:
        """Field → what it is called in a sentence."""
        unit = {one.cell.name: f"每个单位最多（{one.label}）" for one in self.units}
        return unit | {one.cell.name: f"{one.label}每家名额" for one in self.bodies}


def board(campaign: Campaign) -> Board:
    rules = quota_rules.rules_of(campaign)
    types = type_labels(campaign)
    classes = Counter(class_in(campaign, body) for body in quotas.bodies_in(campaign))
    cells = quota_rules.cells(campaign, rules, types, classes)
    allows = any(c.allows_direct for c in campaign.categories_in_order)
    lines = [_number(cell, rules, types, classes, allows) for cell in cells]
    body = QuotaRule.Subject.RECOMMENDER
    inside = {one.rule.pk for one in lines if one.rule}
    categories = {c.pk: c.name for c in campaign.categories_in_order}
    return Board(
        [one for one in lines if one.cell.subject != body],
        [one for one in lines if one.cell.subject == body],
        [
            OtherLine(
                rule, quota_words.whom(rule),
                quota_words.SUBJECTS[QuotaRule.Subject(rule.subject)],
                quota_words.place_label(rule, types, categories),
                quota_words.limit(rule),
            )
            for rule in rules if rule.pk not in inside
        ],
        quota_rules.rules_seen(rules),
    )  # fmt: skip


def _number(
    cell: Cell, rules: Iterable[QuotaRule], types: dict[str, str],
    classes: Counter[str], allows_direct: bool,
) -> NumberLine:  # fmt: skip
    rule = next((rule for rule in rules if cell.holds(rule)), None)
    kind = cell.recommender_class
    if cell.subject != QuotaRule.Subject.RECOMMENDER:
        label, count = types.get(cell.topic_type, "不分类型"), 0
    elif kind:
        label, count = RecommenderClass(kind).label, classes[kind]
    else:
        label, count = "所有推荐单位", classes.total()
    direct = allows_direct and kind in MAY_FILE_DIRECTLY
    more = quota_words.limit(rule).partition("（")[2].rstrip("）") if rule else ""
    return NumberLine(
        cell, rule, label, count, more, "秘书处确认后可以" if direct else "不适用"
    )


# --- who has how many ---------------------------------------------------------------


@dataclass(frozen=True)
class PlaceLine:
    """One rule of one body: ``places`` is what rule and grants give."""

    label: str
    places: int
    used: int
    soft: int | None
    reserve: int
    barred: bool
    grants: list[QuotaGrant]

    @property
    def left(self) -> int:
        return max(0, self.places - self.used)

    @property
    def over(self) -> int:
        return max(0, self.used - self.places)


@dataclass(frozen=True)
class BodyLine:
    """A body with its places. ``first``: it opens the group of its class. ``standing``:
    (chip kind, words), empty where all is well and nothing asks."""

    body: Organisation
    kind: str
    first: bool
    lines: list[PlaceLine]
    units: list[str]
    total: int | None
    used: int
    standing: tuple[str, str] | None

    @property
    def left(self) -> int | None:
        return None if self.total is None else max(0, self.total - self.used)

    @property
    def over(self) -> int:
        return max((line.over for line in self.lines), default=0)

    @property
    def reserve(self) -> int:
        return sum(line.reserve for line in self.lines)

    @property
    def extra(self) -> int:
        """Places granted or taken one by one."""
        return sum(grant.extra for line in self.lines for grant in line.grants)


def class_label(kind: str) -> str:
    return RecommenderClass(kind).label if kind else NO_CLASS


def chosen_bodies(
    campaign: Campaign, *, words: str = "", kind: str = ""
) -> list[Organisation]:
    """Everybody who may recommend, by class (in the order of the classes) and name."""
    order = {value: n for n, value in enumerate(RecommenderClass.values)}
    classes = [(class_in(campaign, b), b) for b in quotas.bodies_in(campaign)]
    found = [
        (order.get(own, len(order)), body)
        for own, body in classes
        if kind in ("", own) and (words in body.name or words in body.short_name)
    ]
    return [body for _, body in sorted(found, key=lambda pair: pair[0])]


def body_lines(
    campaign: Campaign, bodies: Sequence[Organisation], at: datetime
) -> list[BodyLine]:
    """In a fixed number of queries, however many bodies."""
    prefetch_related_objects([campaign], "quota_rules__recommender", "quota_grants__by")
    taken = quotas.taken_by(campaign, bodies)
    lost = _lost(campaign, bodies, at)
    types = type_labels(campaign)
    categories = {c.pk: c.name for c in campaign.categories_in_order}
    made: list[BodyLine] = []
    for body in bodies:
        kind = class_label(class_in(campaign, body))
        first = not made or made[-1].kind != kind
        used = taken.get(body.pk, Counter())
        made.append(
            _body_line(campaign, body, kind, first, used, lost, types, categories)
        )
    return made


def _body_line(
    campaign: Campaign, body: Organisation, kind: str, first: bool,
    used: quotas.Used, lost: dict[int, str], types: dict[str, str],
    categories: dict[int, str],
) -> BodyLine:  # fmt: skip
    own = quotas.own_rules(campaign, body)
    lines = [
        PlaceLine(
            quota_words.place_label(rule, types, categories),
            quotas.places_of(campaign, body, rule), quotas.used_of(rule, used),
            rule.soft, rule.reserve, quotas.barred(campaign, body, rule),
            quotas.grants_on(campaign, body, rule),
        )
        for rule in own
    ]  # fmt: skip
    units = [
        _unit_words(campaign, body, rule, types, categories)
        for rule in quotas.rules_for(campaign, body)
        if rule.subject != QuotaRule.Subject.RECOMMENDER
    ]
    return BodyLine(
        body, kind, first, lines, units, quotas.total(campaign, body, own),
        used.total(), _standing(campaign, body, lines, lost),
    )  # fmt: skip


def _unit_words(
    campaign: Campaign, body: Organisation, rule: QuotaRule, types: dict[str, str],
    categories: dict[int, str],
) -> str:  # fmt: skip
    """``创新型 1``, ``1（本地区合计）``."""
    label = quota_words.place_label(rule, types, categories)
    scope = {
        QuotaRule.Subject.UNIT_REGION: "（本地区合计）",
        QuotaRule.Subject.UNIT_OVERALL: "（全部合计）",
    }.get(QuotaRule.Subject(rule.subject), "")
    what = "" if label == "推荐名额" else f"{label} "
    return f"{what}{quotas.places_of(campaign, body, rule)}{scope}"


def _lost(
    campaign: Campaign, bodies: Collection[Organisation], at: datetime
) -> dict[int, str]:
    """Bodies that may not recommend at all at ``at`` → the words of it."""
    found = Standing.objects.with_association(campaign.host).in_force(at)
    return {
        row.recommender_id: row.get_kind_display()
        + (f"到 {moment(row.ends_at)}" if row.ends_at else "")
        for row in found.filter(recommender__in=bodies)
    }


def _standing(
    campaign: Campaign, body: Organisation, lines: list[PlaceLine],
    lost: dict[int, str],
) -> tuple[str, str] | None:  # fmt: skip
    if body.pk in lost:
        return "bad", lost[body.pk]
    member = campaign.member_classes.get(body.pk)
    if any(line.barred for line in lines):
        why = "会籍不正常" if member else f"没有登记 {campaign.year} 年会籍"
        return "bad", f"{why}，没有名额"
    if member is None:
        return None
    return ("ok", "会籍正常") if member.in_good_standing else ("wait", "会籍不正常")


def grant_what(campaign: Campaign, grant: QuotaGrant, types: dict[str, str]) -> str:
    """What a single adjustment counts: ``创新型``, ``推荐名额``."""
    categories = {c.pk: c.name for c in campaign.categories_in_order}
    rule = QuotaRule(category_id=grant.category_id, topic_type=grant.topic_type)
    return quota_words.place_label(rule, types, categories)
