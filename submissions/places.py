"""How many places the campaign's quota rules give, and how many are taken.

One count for every page, rule and paper. Reads; holds no lock (the act that takes a
place locks the recommending body's dossier first).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from qcportal.accounts.models import Organisation
from qcportal.campaigns import quotas
from qcportal.campaigns.models import Campaign, QuotaGrant, QuotaRule
from qcportal.campaigns.quotas import barred, covers, grants_on, places_of, rules_for
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
    because the membership is not in order. ``reserved`` stand on the reserve list and
    take no place; ``grants`` are the single adjustments in ``places``."""

    rule: QuotaRule
    label: str
    places: int
    used: int
    pending: int
    barred: bool = False
    reserved: int = 0
    grants: tuple[QuotaGrant, ...] = ()

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
    def reserve_left(self) -> int:
        """How many more may stand on the reserve list."""
        return max(0, self.rule.reserve - self.reserved)

    @property
    def past_soft(self) -> bool:
        return self.rule.soft is not None and self.used >= self.rule.soft


PER_UNIT_ANYWHERE = frozenset(
    {QuotaRule.Subject.UNIT_OVERALL, QuotaRule.Subject.UNIT_REGION}
)


@dataclass
class Counts:
    """How many are taken, waiting and in reserve, by unit, category and type."""

    used: Counter[Key] = field(default_factory=Counter)
    pending: Counter[Key] = field(default_factory=Counter)
    reserved: Counter[Key] = field(default_factory=Counter)


class Tally:
    """Counts of one recommending body in one campaign, read once for a whole page."""

    def __init__(self, campaign: Campaign, recommender: Organisation) -> None:
        self.campaign, self.recommender = campaign, recommender
        self.rules = rules_for(campaign, recommender)
        self.labels = type_labels(campaign)
        self.categories = {c.pk: c.name for c in campaign.categories_in_order}
        self.own_counts = _counts(_counted(campaign).filter(recommender=recommender))
        self.around = {
            subject: _counts(self._anywhere(subject))
            for subject in PER_UNIT_ANYWHERE
            if any(rule.subject == subject for rule in self.rules)
        }

    @property
    def used(self) -> Counter[Key]:
        return self.own_counts.used

    @property
    def pending(self) -> Counter[Key]:
        return self.own_counts.pending

    def _anywhere(self, subject: str) -> QuerySet[Submission]:
        """What the units of this body have through others too."""
        known = {unit for unit, _, _ in [*self.used, *self.pending]}
        below = self.recommender.affiliations_below.values("unit")
        found = _counted(self.campaign).filter(Q(unit__in=known) | Q(unit__in=below))
        if subject == QuotaRule.Subject.UNIT_REGION:
            found = found.filter(recommender__region=self.recommender.region)
        return found

    def meter(self, rule: QuotaRule, unit_id: int | None = None) -> Meter:
        """``unit_id`` is needed for rules counted per unit."""
        counts = self.around.get(rule.subject, self.own_counts)
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
            count(counts.used), count(counts.pending),
            barred(self.campaign, self.recommender, rule),
            count(self.own_counts.reserved),
            tuple(grants_on(self.campaign, self.recommender, rule)),
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


def held_with(tally: Tally, submission: Submission) -> list[Organisation]:
    """Whose places must be held before one is taken for the submission: the body's,
    and the unit's where a rule counts it over several bodies."""
    overall = any(rule.subject in PER_UNIT_ANYWHERE for rule in tally.rules)
    return [tally.recommender, submission.unit] if overall else [tally.recommender]


def _counted(campaign: Campaign) -> QuerySet[Submission]:
    states = PLACED | PENDING | {State.RESERVED}
    return Submission.objects.filter(
        campaign=campaign, state__in=states, recommender__isnull=False
    )


def _counts(rows: QuerySet[Submission]) -> Counts:
    found = Counts()
    for unit, category, topic_type, state in rows.values_list(
        "unit_id", "category_id", "topic_type", "state"
    ):
        match State(state):
            case State.RESERVED:
                counter = found.reserved
            case placed if placed in PLACED:
                counter = found.used
            case _:
                counter = found.pending
        counter[unit, category, topic_type] += 1
    return found


def taken(campaign: Campaign, recommender: Organisation, rule: QuotaRule) -> int:
    """Places of one of the body's own rules that its results have."""
    return sum(
        1
        for category_id, topic_type in Submission.objects.filter(
            campaign=campaign, recommender=recommender, state__in=PLACED
        ).values_list("category_id", "topic_type")
        if covers(rule, category_id, topic_type)
    )


# The ground below knows rules, not submissions: it asks here how many are taken.
quotas.count_with(taken)
