"""Which quota rules bind a recommending body and how many places they give it.

Knows no submissions: what is taken is counted in submissions.places. The relations
``quota_rules``, ``quota_grants`` and the body itself are all it reads, so a list of
bodies costs as many queries as one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from django.db.models import Q

from qcportal.accounts.models import Organisation, OrganisationQuerySet
from qcportal.accounts.roles import Role
from qcportal.campaigns.access import class_in, in_good_standing
from qcportal.campaigns.models import Campaign, Category, QuotaGrant, QuotaRule
from qcportal.refusals import Refusal

MOST_EXTRA = 999
# Places taken by one body: (category id, topic type) → how many.
Used = Counter[tuple[int, str]]
Taken = Callable[[Campaign, Collection[Organisation]], Mapping[int, Used]]
# How many places bodies have used: answered from above, once (submissions).
_taken: list[Taken] = []


def count_with(taken: Taken) -> None:
    """Say who counts what is taken (body's primary key → ``Used``), for many bodies at
    once; the last one said counts."""
    _taken[:] = [taken]


def taken_by(
    campaign: Campaign, bodies: Collection[Organisation]
) -> Mapping[int, Used]:
    """What each body has used; empty while nothing counts submissions."""
    return _taken[0](campaign, bodies) if _taken else {}


def used_of(rule: QuotaRule, used: Used) -> int:
    """How much of it draws on the rule."""
    return sum(
        n for (category, kind), n in used.items() if covers(rule, category, kind)
    )


def taken(campaign: Campaign, recommender: Organisation, rule: QuotaRule) -> int:
    """Places of the rule the body has used."""
    found = taken_by(campaign, [recommender])
    return used_of(rule, found.get(recommender.pk, Counter()))


def bodies_in(campaign: Campaign) -> OrganisationQuerySet:
    """Who may recommend here: bodies in use with units under them, and associations in
    use with the right to, by name."""
    found = Organisation.objects.in_use().filter(
        Q(tier=Role.RECOMMENDER, affiliations_below__isnull=False)
        | Q(pk__in=campaign.classes_by_right)
    )
    return found.distinct().order_by("name", "pk")


def rules_for(
    campaign: Campaign,
    recommender: Organisation,
    among: Iterable[QuotaRule] | None = None,
) -> list[QuotaRule]:
    """The rules that bind a recommending body: named beats class and region beats
    general. A narrower rule without a limit lifts the general one. ``among``: rules
    somebody thinks of, in place of the campaign's."""
    chosen: dict[tuple[str, int | None, str], QuotaRule] = {}
    body_class = class_in(campaign, recommender)
    rules = campaign.quota_rules.all() if among is None else among
    for rule in sorted(rules, key=_narrowness):
        named = rule.recommender_id in (None, recommender.pk)
        classed = rule.recommender_class in ("", body_class)
        there = rule.region in ("", recommender.region)
        if named and classed and there:
            chosen[rule.subject, rule.category_id, rule.topic_type] = rule
    return [rule for rule in chosen.values() if rule.hard is not None]


def _narrowness(rule: QuotaRule) -> tuple[int, float]:
    """General rules first, then by region, class, both, name; each in the notice's
    order, one not saved yet at the end."""
    narrow = 4 if rule.recommender_id else 0
    return (
        narrow + (2 if rule.recommender_class else 0) + (1 if rule.region else 0),
        rule.pk or math.inf,
    )


def own_rules(
    campaign: Campaign,
    recommender: Organisation,
    among: Iterable[QuotaRule] | None = None,
) -> list[QuotaRule]:
    """Those of ``rules_for`` that count all results of the body."""
    subject = QuotaRule.Subject.RECOMMENDER
    found = rules_for(campaign, recommender, among)
    return [rule for rule in found if rule.subject == subject]


def total(
    campaign: Campaign, recommender: Organisation, own: Iterable[QuotaRule]
) -> int | None:
    """How many results the body may recommend at most: the sum over its ``own_rules``
    without those that are a part of another one. None: nothing limits it."""
    own = list(own)
    widest = [rule for rule in own if not any(_within(rule, other) for other in own)]
    if not widest:
        return None
    return sum(places_of(campaign, recommender, rule) for rule in widest)


def _within(rule: QuotaRule, other: QuotaRule) -> bool:
    return (
        rule is not other
        and other.category_id in (None, rule.category_id)
        and other.topic_type in ("", rule.topic_type)
    )


def barred(campaign: Campaign, recommender: Organisation, rule: QuotaRule) -> bool:
    """The rule gives nothing to a body whose membership is not in order."""
    return rule.needs_good_standing and not in_good_standing(campaign, recommender)


def grants_on(
    campaign: Campaign, recommender: Organisation, rule: QuotaRule
) -> list[QuotaGrant]:
    """The standing grants that add to (or take from) what the rule gives the body."""
    if rule.subject != QuotaRule.Subject.RECOMMENDER:
        return []
    return [
        grant
        for grant in campaign.standing_grants
        if grant.recommender_id == recommender.pk
        and (grant.category_id, grant.topic_type) == (rule.category_id, rule.topic_type)
    ]


def grants_seen(campaign: Campaign) -> str:
    """What differs whenever a single adjustment was made or taken back: how many there
    are, and how many of them stand."""
    found = campaign.quota_grants
    return f"{found.count()}-{found.filter(ended_at__isnull=True).count()}"


def places_of(campaign: Campaign, recommender: Organisation, rule: QuotaRule) -> int:
    """What the rule gives this body, with what was granted or taken beyond it. ``rule``
    is one of ``rules_for``."""
    if barred(campaign, recommender, rule):
        return 0
    extra = sum(grant.extra for grant in grants_on(campaign, recommender, rule))
    return max(0, (rule.hard or 0) + extra)


def covers(rule: QuotaRule, category_id: int, topic_type: str) -> bool:
    """Whether a result of that category and type draws on the rule."""
    return rule.category_id in (None, category_id) and rule.topic_type in (
        "",
        topic_type,
    )


def own_rule(
    campaign: Campaign,
    recommender: Organisation,
    category_id: int | None,
    topic_type: str,
) -> QuotaRule | None:
    """The body's own limit for exactly that category and type, if it has one."""
    for rule in own_rules(campaign, recommender):
        if (rule.category_id, rule.topic_type) == (category_id, topic_type):
            return rule
    return None


def why_not_grant(
    campaign: Campaign,
    recommender: Organisation,
    category: Category | None,
    topic_type: str,
    extra: int,
) -> Iterator[Refusal]:
    """``not_recommending``, ``wrong_category``, ``nothing_changed``, ``too_many``,
    ``grant_without_rule``, ``not_in_good_standing``, then as ``why_not_change``."""
    allowed = (
        recommender.tier == Role.RECOMMENDER
        or recommender.pk in campaign.classes_by_right
    )
    if not allowed:
        yield Refusal("not_recommending", "这家单位在本活动里不能推荐。", "recommender")
        return
    if category is not None and category.campaign_id != campaign.pk:
        yield Refusal("wrong_category", "这个类别不属于本活动。", "category")
        return
    if extra == 0:
        yield Refusal("nothing_changed", "请填增加或减少几个名额。", "extra")
    elif abs(extra) > MOST_EXTRA:
        yield Refusal("too_many", f"一次最多增减 {MOST_EXTRA} 个。", "extra")
    rule = own_rule(
        campaign, recommender, category.pk if category else None, topic_type
    )
    if rule is None:
        yield Refusal(
            "grant_without_rule",
            f"{recommender.label}在这一类没有名额上限，不用单独调整。请看名额规定分的是哪一类。",
            "category",
        )
    elif barred(campaign, recommender, rule):
        yield Refusal(
            "not_in_good_standing",
            f"{recommender.label}本年度会籍不是“正常”，这条规定不给它名额。请先改会员登记。",
            "recommender",
        )
    else:
        yield from why_not_change(campaign, recommender, rule, extra)


def why_not_change(
    campaign: Campaign, recommender: Organisation, rule: QuotaRule, change: int
) -> Iterator[Refusal]:
    """``places_in_use``: fewer places than are taken already, or fewer than none."""
    after = places_of(campaign, recommender, rule) + change
    used = taken(campaign, recommender, rule)
    if after < 0 and not used:
        yield Refusal("places_in_use", "名额不能减到 0 以下。", "extra")
    elif change < 0 and after < used:
        yield Refusal(
            "places_in_use",
            f"{recommender.label}已推荐 {used} 项，减成 {max(after, 0)} 个名额就不够了。请先让它取消推荐。",
            "extra",
        )
