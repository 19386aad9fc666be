"""How many places the campaign's quota rules give, and how many are taken.

One count for every page, rule and paper. Reads; holds no lock (the act that takes a
place locks the recommending body's dossier first).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from qcportal.accounts.models import Organisation
from qcportal.campaigns.access import class_in
from qcportal.campaigns.models import Campaign, QuotaRule
from submissions.lifecycle import PLACED, State
from submissions.models import Submission

# Results that may still ask for a place: stamped and waiting, or coming back.
PENDING = frozenset({State.STAMPED})


@dataclass(frozen=True)
class Meter:
    """Places of one rule for one subject: ``used`` taken, ``pending`` still waiting."""

    rule: QuotaRule
    label: str
    used: int
    pending: int

    @property
    def places(self) -> int:
        return self.rule.hard

    @property
    def left(self) -> int:
        return max(0, self.rule.hard - self.used)

    @property
    def over(self) -> int:
        """How many of the waiting ones cannot have a place."""
        return max(0, self.used + self.pending - self.rule.hard)

    @property
    def full(self) -> bool:
        return self.used >= self.rule.hard

    @property
    def past_soft(self) -> bool:
        return self.rule.soft is not None and self.used >= self.rule.soft


def rules_for(campaign: Campaign, recommender: Organisation) -> list[QuotaRule]:
    """The rules that bind a recommending body: named beats class beats general."""
    chosen: dict[tuple[str, str], QuotaRule] = {}
    body_class = class_in(campaign, recommender)
    for rule in sorted(campaign.quota_rules.all(), key=_narrowness):
        named = rule.recommender_id in (None, recommender.pk)
        classed = rule.recommender_class in ("", body_class)
        if named and classed:
            chosen[rule.subject, rule.topic_type] = rule
    return list(chosen.values())


def _narrowness(rule: QuotaRule) -> tuple[int, int]:
    """General rules first, then by class, then by name; each in the notice's order."""
    return (2 if rule.recommender_id else 1 if rule.recommender_class else 0, rule.pk)


def type_labels(campaign: Campaign) -> dict[str, str]:
    """Topic type code → its word in the campaign's newest form."""
    version = campaign.forms.order_by("-version").first()
    return {c.code: c.label for c in version.form.topic_types} if version else {}


class Tally:
    """Counts of one recommending body in one campaign, read once for a whole page."""

    def __init__(self, campaign: Campaign, recommender: Organisation) -> None:
        self.rules = rules_for(campaign, recommender)
        self.labels = type_labels(campaign)
        rows = Submission.objects.filter(
            campaign=campaign, recommender=recommender, state__in=PLACED | PENDING
        ).values_list("unit_id", "topic_type", "state")
        self.used: Counter[tuple[int, str]] = Counter()
        self.pending: Counter[tuple[int, str]] = Counter()
        for unit_id, topic_type, state in rows:
            counter = self.used if State(state) in PLACED else self.pending
            counter[unit_id, topic_type] += 1

    def meter(self, rule: QuotaRule, unit_id: int | None = None) -> Meter:
        """``unit_id`` is needed for rules counted per unit."""

        def count(counter: Counter[tuple[int, str]]) -> int:
            return sum(
                n
                for (unit, topic_type), n in counter.items()
                if (rule.subject == QuotaRule.Subject.RECOMMENDER or unit == unit_id)
                and rule.topic_type in ("", topic_type)
            )

        label = self.labels.get(rule.topic_type, "")
        return Meter(rule, label or "推荐名额", count(self.used), count(self.pending))

    def own(self) -> list[Meter]:
        """The meters of the recommending body itself."""
        subject = QuotaRule.Subject.RECOMMENDER
        return [self.meter(rule) for rule in self.rules if rule.subject == subject]

    def of_unit(self, unit_id: int) -> list[Meter]:
        """The meters of one unit within the recommending body."""
        subject = QuotaRule.Subject.UNIT
        return [self.meter(r, unit_id) for r in self.rules if r.subject == subject]

    def covering(self, submission: Submission) -> Iterable[Meter]:
        """Every meter a submission would draw on."""
        for rule in self.rules:
            if rule.topic_type in ("", submission.topic_type):
                yield self.meter(rule, submission.unit_id)
