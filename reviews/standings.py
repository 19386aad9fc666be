"""How the results stand, who judges how much, where a cut would fall.

Reads only, and for a whole page at once: the number of queries does not grow with the
number of rows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet

from qcportal.accounts.models import User
from qcportal.accounts.roles import Duty
from qcportal.campaigns import scoring
from qcportal.campaigns.models import AwardLevel, Campaign
from recommenders.models import Candidate
from reviews.models import Assignment, Decision
from submissions.lifecycle import State
from submissions.models import ScoreSheet, Submission, Tier

# What passed the formal check and is not released: these stand in the ranking.
RANKED = (State.CHECKED, State.JUDGING, State.DECIDED)
# A judge's opinion far from the others' asks for a second look.
WIDE_SPREAD = Decimal(10)


@dataclass(frozen=True)
class Standing:
    """One result in the ranking. ``rank`` is shared by equal scores, None without one;
    ``decision`` is None until somebody decided, a decision may be for no award.
    ``tie`` orders equal scores by the campaign's rule; ``settled``: it had to."""

    submission: Submission
    rank: int | None
    score: scoring.Score | None
    own: Decimal | None
    body: Decimal | None
    handed_in: int
    assigned: int
    decision: Decision | None
    tie: tuple[Decimal, ...] = ()
    settled: bool = False

    @property
    def weight(self) -> tuple[Decimal, ...]:
        """By what it is ranked; equal weights are never parted."""
        return (self.score.value, *self.tie) if self.score else ()

    @property
    def wide(self) -> bool:
        return self.score is not None and self.score.spread > WIDE_SPREAD


def ranking(campaign: Campaign, results: QuerySet[Submission]) -> list[Standing]:
    """``results`` (of one category) by score, best first, equal scores by the
    campaign's order for ties; those without a score last, by code."""
    rows = list(
        results.select_related("decision__level", "recommender", "form", "category")
    )
    sheets, open_sheets = _judges_sheets(rows)
    own, body = _tier_totals(rows)
    places = _recommended_places(rows) if campaign.tie_order else {}
    found = []
    for row in rows:
        score = _combined(campaign, [total for total, _ in sheets[row.pk]])
        found.append(
            Standing(
                submission=row,
                rank=None,
                score=score,
                own=own.get(row.revision_id),
                body=body.get(row.revision_id),
                handed_in=len(sheets[row.pk]),
                assigned=len(sheets[row.pk]) + open_sheets[row.pk],
                decision=getattr(row, "decision", None),
                tie=scoring.tie_key(
                    [marks for _, marks in sheets[row.pk]],
                    campaign.tie_order,
                    drop_from=campaign.drop_from,
                    recommended=places.get(row.pk),
                ),
            )
        )
    return ranked(found)


def ranked(found: Iterable[Standing]) -> list[Standing]:
    """In order, with ranks: equal weights share one."""
    ordered = sorted(found, key=lambda one: one.submission.code)
    ordered.sort(key=lambda one: one.weight, reverse=True)
    weights = [one.weight for one in ordered if one.score]
    first: dict[tuple[Decimal, ...], int] = {}
    for place, weight in enumerate(weights, 1):
        first.setdefault(weight, place)
    scores = Counter(one.score.value for one in ordered if one.score)
    alike = Counter(weights)
    return [
        replace(
            one,
            rank=first[one.weight],
            settled=scores[one.score.value] > alike[one.weight],
        )
        if one.score
        else one
        for one in ordered
    ]


def moved_by(campaign: Campaign, settings: Mapping[str, Any]) -> int:
    """How many decided results would have another rank under other settings of scoring
    (columns of the campaign by name)."""
    otherwise = copy(campaign)
    for name, value in settings.items():
        setattr(otherwise, name, value)
    moved = 0
    decided = Submission.objects.filter(decision__isnull=False)
    for category in campaign.categories_in_order:
        if not decided.filter(category=category).exists():
            continue
        results = Submission.objects.filter(
            Q(category=category), Q(state__in=RANKED) | Q(decision__isnull=False)
        ).defer("content")
        now, then = ranking(campaign, results), ranking(otherwise, results)
        after = {one.submission.pk: one.rank for one in then}
        moved += sum(
            one.decision is not None and one.rank != after[one.submission.pk]
            for one in now
        )
    return moved


def split_ties(found: Iterable[Standing]) -> list[Decimal]:
    """Scores that stand on both sides of a cut although nothing tells them apart."""
    levels: dict[tuple[Decimal, ...], set[int | None]] = defaultdict(set)
    for one in found:
        if one.score and one.decision:
            levels[one.weight].add(one.decision.level_id)
    return sorted({w[0] for w, several in levels.items() if len(several) > 1})[::-1]


def _recommended_places(rows: Sequence[Submission]) -> dict[int, int]:
    """Submission id → the place its recommending body gave it."""
    placed = Candidate.objects.filter(submission__in=rows, rank__isnull=False)
    return dict(placed.values_list("submission_id", "rank"))


def _combined(campaign: Campaign, totals: list[Decimal]) -> scoring.Score | None:
    return scoring.combine(
        totals, drop_from=campaign.drop_from, decimals=campaign.decimals
    )


def _judges_sheets(
    rows: Sequence[Submission],
) -> tuple[dict[int, list[tuple[Decimal, dict[str, str]]]], dict[int, int]]:
    """(submission id → (total, marks) that count, submission id → sheets still open)."""
    sheets: dict[int, list[tuple[Decimal, dict[str, str]]]] = defaultdict(list)
    still_open: dict[int, int] = defaultdict(int)
    found = Assignment.objects.filter(submission__in=rows, recused_at__isnull=True)
    for pk, total, marks, handed_in in found.values_list(
        "submission_id", "total", "marks", "submitted_at"
    ):
        if handed_in:
            sheets[pk].append((total, marks))
        else:
            still_open[pk] += 1
    return sheets, still_open


def _tier_totals(
    rows: Sequence[Submission],
) -> tuple[dict[int, Decimal], dict[int, Decimal]]:
    """(revision id → the unit's own total, revision id → the recommending body's)."""
    found: dict[str, dict[int, Decimal]] = {Tier.UNIT: {}, Tier.RECOMMENDER: {}}
    sheets = ScoreSheet.objects.filter(
        revision__in=[row.revision_id for row in rows], complete=True
    )
    for revision, tier, total in sheets.values_list("revision_id", "tier", "total"):
        found[tier][revision] = total
    return found[Tier.UNIT], found[Tier.RECOMMENDER]


@dataclass(frozen=True)
class Tie:
    """Equal scores on a cut: the whole group stays below the line."""

    level: AwardLevel
    score: Decimal
    above: int
    below: int
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Cut:
    """A proposal: submission id → award level, and the ties it met at the lines."""

    levels: Mapping[int, AwardLevel]
    ties: Sequence[Tie] = ()
    lines: Mapping[str, tuple[int, Decimal | None, Decimal | None]] = field(
        default_factory=dict
    )


def cut(standings: Sequence[Standing], counts: Iterable[tuple[AwardLevel, int]]) -> Cut:
    """Awards by number, highest level first. What nothing tells apart is never parted:
    a group that straddles a line falls below it whole, and is named in ``ties``.

    ``lines`` maps a level's code to (results above the line, score just above, score
    just below).
    """
    scored = [one for one in standings if one.score]
    values = [one.score.value for one in scored]
    weights = [one.weight for one in scored]
    levels: dict[int, AwardLevel] = {}
    ties, lines, start = [], {}, 0
    for level, wanted in counts:
        end = min(start + max(wanted, 0), len(scored))
        if start < end < len(scored) and weights[end - 1] == weights[end]:
            first = weights.index(weights[end])
            last = len(weights) - weights[::-1].index(weights[end])
            group = tuple(one.submission.code for one in scored[first:last])
            ties.append(Tie(level, values[end], end - first, last - end, group))
            end = max(first, start)
        levels |= {one.submission.pk: level for one in scored[start:end]}
        above = values[end - 1] if end > start else None
        lines[level.code] = (end, above, values[end] if end < len(values) else None)
        start = end
    return Cut(levels, ties, lines)


# --- judges ---------------------------------------------------------------------------


def judges_of(campaign: Campaign) -> QuerySet[User]:
    """The pool: people with a judge's seat at the host and the right to judge this
    campaign, both in force. Asked of the rows themselves: guardian's own listing keeps
    people who have left."""
    return (
        User.objects.filter(
            is_active=True,
            memberships__duty=Duty.JUDGE,
            memberships__ended_at__isnull=True,
            memberships__organisation=campaign.host_id,
            campaignuserobjectpermission__content_object=campaign,
            campaignuserobjectpermission__permission__codename="judge_campaign",
        )
        .distinct()
        .order_by("pk")
    )


@dataclass(frozen=True)
class Load:
    """A judge's work in one campaign: sheets given, handed in, stepped back from."""

    judge: User
    given: int
    handed_in: int
    recused: int

    @property
    def percent(self) -> int:
        return round(100 * self.handed_in / self.given) if self.given else 0


def loads(campaign: Campaign) -> list[Load]:
    """The pool with its work, in one query each."""
    standing = Q(recused_at__isnull=True)
    counts = {
        row["judge"]: row
        for row in Assignment.objects.filter(submission__campaign=campaign)
        .order_by()
        .values("judge")
        .annotate(
            given=Count("pk", filter=standing),
            handed_in=Count("pk", filter=standing & Q(submitted_at__isnull=False)),
            recused=Count("pk", filter=~standing),
        )
    }
    return [
        Load(
            judge,
            *(
                counts.get(judge.pk, {}).get(n, 0)
                for n in ("given", "handed_in", "recused")
            ),
        )
        for judge in judges_of(campaign)
    ]
