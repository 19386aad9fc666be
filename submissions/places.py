"""How many places the campaign's quota rules give, and how many are taken.

One count for every page, rule and paper. Reads; holds no lock (the act that takes a
place locks the recommending body's dossier first).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from qcportal.accounts.models import Organisation
from qcportal.campaigns.access import class_in, in_good_standing
from qcportal.campaigns.models import Campaign, QuotaRule
from qcportal.campaigns.shows import type_labels
from submissions.lifecycle import PLACED, State
from submissions.models import Submission

Key = tuple[int, int, str]  # unit, category, topic type
# Results that may still ask for a place: stamped and waiting, or coming back.
PENDING = frozenset({State.STAMPED})


@dataclass(frozen=True)
class Meter:
    """Places of one rule for one subject: ``used`` taken, ``pending`` still waiting.
    ``places`` is what the rule and the grants give; ``barred`` says that it is none
    because the membership is not in order."""

    rule: QuotaRule
    label: str
    places: int
    used: int
    pending: int
    barred: bool = False

    @property
    def left(self) -> int:
        return max(0, self.places - self.used)

    @property
    def over(self) -> int:
        """How many of the waiting ones cannot have a place."""
        return max(0, self.used + self.pending - self.places)

    @property
    def full(self) -> bool:
        return self.used >= self.places

    @property
    def past_soft(self) -> bool:
        return self.rule.soft is not None and self.used >= self.rule.soft


def rules_for(campaign: Campaign, recommender: Organisation) -> list[QuotaRule]:
    """The rules that bind a recommending body: named beats class beats general. A
    narrower rule without a limit lifts the general one."""
    chosen: dict[tuple[str, int | None, str], QuotaRule] = {}
    body_class = class_in(campaign, recommender)
    for rule in sorted(campaign.quota_rules.all(), key=_narrowness):
        named = rule.recommender_id in (None, recommender.pk)
        classed = rule.recommender_class in ("", body_class)
        if named and classed:
            chosen[rule.subject, rule.category_id, rule.topic_type] = rule
    return [rule for rule in chosen.values() if rule.hard is not None]


def _narrowness(rule: QuotaRule) -> tuple[int, int]:
    """General rules first, then by class, then by name; each in the notice's order."""
    return (2 if rule.recommender_id else 1 if rule.recommender_class else 0, rule.pk)


def barred(campaign: Campaign, recommender: Organisation, rule: QuotaRule) -> bool:
    """The rule gives nothing to a body whose membership is not in order."""
    return rule.needs_good_standing and not in_good_standing(campaign, recommender)


def places_of(campaign: Campaign, recommender: Organisation, rule: QuotaRule) -> int:
    """What the rule gives this body, with what was granted or taken beyond it. ``rule``
    is one of ``rules_for``."""
    if barred(campaign, recommender, rule):
        return 0
    places = rule.hard or 0
    if rule.subject == QuotaRule.Subject.RECOMMENDER:
        places += sum(
            grant.extra
            for grant in campaign.standing_grants
            if grant.recommender_id == recommender.pk
            and (grant.category_id, grant.topic_type)
            == (rule.category_id, rule.topic_type)
        )
    return max(0, places)


def covers(rule: QuotaRule, category_id: int, topic_type: str) -> bool:
    """Whether a result of that category and type draws on the rule."""
    return rule.category_id in (None, category_id) and rule.topic_type in (
        "",
        topic_type,
    )


class Tally:
    """Counts of one recommending body in one campaign, read once for a whole page."""

    def __init__(self, campaign: Campaign, recommender: Organisation) -> None:
        self.campaign, self.recommender = campaign, recommender
        self.rules = rules_for(campaign, recommender)
        self.labels = type_labels(campaign)
        self.categories = {c.pk: c.name for c in campaign.categories_in_order}
        counted = Submission.objects.filter(
            campaign=campaign, state__in=PLACED | PENDING
        )
        self.used, self.pending = _counts(counted.filter(recommender=recommender))
        self.used_anywhere: Counter[Key] = Counter()
        self.pending_anywhere: Counter[Key] = Counter()
        if any(r.subject == QuotaRule.Subject.UNIT_OVERALL for r in self.rules):
            units = {unit for unit, _, _ in [*self.used, *self.pending]}
            below = recommender.affiliations_below.values("unit")
            anywhere = counted.filter(Q(unit__in=units) | Q(unit__in=below))
            self.used_anywhere, self.pending_anywhere = _counts(anywhere)

    def meter(self, rule: QuotaRule, unit_id: int | None = None) -> Meter:
        """``unit_id`` is needed for rules counted per unit."""
        anywhere = rule.subject == QuotaRule.Subject.UNIT_OVERALL
        whole_body = rule.subject == QuotaRule.Subject.RECOMMENDER

        def count(counter: Counter[Key]) -> int:
            return sum(
                n
                for (unit, category, topic_type), n in counter.items()
                if (whole_body or unit == unit_id)
                and covers(rule, category, topic_type)
            )

        return Meter(
            rule, self.label(rule),
            places_of(self.campaign, self.recommender, rule),
            count(self.used_anywhere if anywhere else self.used),
            count(self.pending_anywhere if anywhere else self.pending),
            barred(self.campaign, self.recommender, rule),
        )  # fmt: skip

    def label(self, rule: QuotaRule) -> str:
        """``创新型``, ``品牌故事``, or ``推荐名额`` for a rule over everything."""
        several = len(self.categories) > 1
        category = self.categories.get(rule.category_id or 0, "") if several else ""
        return f"{category}{self.labels.get(rule.topic_type, '')}" or "推荐名额"

    def own(self) -> list[Meter]:
        """The meters of the recommending body itself."""
        subject = QuotaRule.Subject.RECOMMENDER
        return [self.meter(rule) for rule in self.rules if rule.subject == subject]

    def of_unit(self, unit_id: int) -> list[Meter]:
        """The meters of one unit, within the recommending body and overall."""
        subject = QuotaRule.Subject.RECOMMENDER
        return [self.meter(r, unit_id) for r in self.rules if r.subject != subject]

    def covering(self, submission: Submission) -> Iterable[Meter]:
        """Every meter a submission would draw on."""
        for rule in self.rules:
            if covers(rule, submission.category_id, submission.topic_type):
                yield self.meter(rule, submission.unit_id)


def _counts(rows: QuerySet[Submission]) -> tuple[Counter[Key], Counter[Key]]:
    """(taken, waiting) by unit, category and topic type."""
    used: Counter[Key] = Counter()
    pending: Counter[Key] = Counter()
    for unit, category, topic_type, state in rows.values_list(
        "unit_id", "category_id", "topic_type", "state"
    ):
        counter = used if State(state) in PLACED else pending
        counter[unit, category, topic_type] += 1
    return used, pending
