"""How many places the campaign's quota rules give, and how many are taken.

One count for every page, rule and paper. Reads; holds no lock (the act that takes a
place locks the recommending body's dossier first).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q, QuerySet

from qcportal.accounts.models import Organisation
from qcportal.campaigns import quotas
from qcportal.campaigns.models import Campaign, QuotaGrant, QuotaRule
from qcportal.campaigns.quota_words import place_label
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
    def beyond(self) -> int:
        """How many have a place above the number, since it was lowered later."""
        return max(0, self.used - self.places)

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
            return _drawn(rule, counter, None if whole_body else unit_id)

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
        return place_label(rule, self.labels, self.categories)

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


def _drawn(rule: QuotaRule, counter: Counter[Key], unit_id: int | None) -> int:
    """How much of what is counted draws on the rule, of one unit or of all."""
    return sum(
        n
        for (unit, category, topic_type), n in counter.items()
        if unit_id in (None, unit) and covers(rule, category, topic_type)
    )


# --- what stays above the number ----------------------------------------------------


def took_place_at(submission: Submission) -> datetime | None:
    """When it last took the place it has."""
    steps = submission.steps.filter(to_state__in=PLACED).exclude(from_state__in=PLACED)
    return steps.order_by("at", "pk").values_list("at", flat=True).last()


def kept(submission: Submission) -> bool:
    """It had its place before the rules were last changed, and keeps it above the
    number (docs/decisions/0014)."""
    changed, took = submission.campaign.places_changed_at, took_place_at(submission)
    return changed is not None and took is not None and took <= changed


# --- many bodies at once ------------------------------------------------------------


def used_by(
    campaign: Campaign, bodies: Collection[Organisation]
) -> dict[int, quotas.Used]:
    """What each body has used, in one query."""
    rows = Submission.objects.filter(
        campaign=campaign, recommender__in=bodies, state__in=PLACED
    )
    found: dict[int, quotas.Used] = {}
    for body, category, topic_type in rows.values_list(
        "recommender_id", "category_id", "topic_type"
    ):
        found.setdefault(body, Counter())[category, topic_type] += 1
    return found


@dataclass(frozen=True)
class Overrun:
    """More results than places: of a body, or of one unit through it."""

    body: Organisation
    unit: Organisation | None
    label: str
    used: int
    places: int

    @property
    def over(self) -> int:
        return self.used - self.places


def overruns(
    campaign: Campaign, rules: Collection[QuotaRule] | None = None
) -> dict[tuple[int, int, str], Overrun]:
    """Who has more than it would have places under ``rules`` (None: the campaign's), by
    body, unit (0: none) and label; in a fixed number of queries."""
    rows = list(
        Submission.objects.filter(
            campaign=campaign, recommender__isnull=False, state__in=PLACED
        ).values_list("recommender_id", "unit_id", "category_id", "topic_type")
    )
    pks = {pk for body, unit, _, _ in rows for pk in (body, unit)}
    named = Organisation.objects.in_bulk(pks)
    rules = list(campaign.quota_rules.all()) if rules is None else rules
    labels = type_labels(campaign)
    categories = {c.pk: c.name for c in campaign.categories_in_order}
    found: dict[tuple[int, int, str], Overrun] = {}
    for pk in sorted({row[0] for row in rows}, key=lambda pk: named[pk].name):
        body = named[pk]
        for rule in rules_for(campaign, body, rules):
            counter = _reckoned(rule, body, rows, named)
            most = places_of(campaign, body, rule)
            label = place_label(rule, labels, categories)
            units = sorted({row[1] for row in rows if row[0] == pk})
            if rule.subject == QuotaRule.Subject.RECOMMENDER:
                units = [0]
            for unit in units:
                used = _drawn(rule, counter, unit or None)
                if used > most:
                    one = Overrun(body, named.get(unit), label, used, most)
                    found[pk, unit, f"{rule.subject} {label}"] = one
    return found


def _reckoned(
    rule: QuotaRule, body: Organisation, rows: Iterable[tuple[int, int, int, str]],
    named: dict[int, Organisation],
) -> Counter[Key]:  # fmt: skip
    """What a rule counts for the body: its own, or what units have through others too."""
    match rule.subject:
        case QuotaRule.Subject.UNIT_OVERALL:
            through = set(named)
        case QuotaRule.Subject.UNIT_REGION:
            through = {pk for pk, one in named.items() if one.region == body.region}
        case _:
            through = {body.pk}
    return Counter((unit, cat, kind) for pk, unit, cat, kind in rows if pk in through)


# The ground below knows rules, not submissions: it asks here how many are taken.
quotas.count_with(used_by)
