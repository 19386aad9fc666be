"""Acts of the association on many results at once: the same questions as for one, asked
from what is read once, and one writing for all. One transaction; the results' locks are
taken by number. The single verbs are in ``actions``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import prefetch_related_objects

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import User
from qcportal.audit.record import record_many
from qcportal.campaigns.models import AwardLevel, Campaign, Category, Rubric
from qcportal.inbox.actions import tell
from qcportal.inbox.models import Message
from qcportal.refusals import Refused, refuse_if
from reviews import rubrics, rules
from reviews.actions import decided_facts
from reviews.models import Assignment, Decision, new_key
from submissions import actions as submission_actions
from submissions.lifecycle import MoveName, State
from submissions.models import Submission

BATCH = 500
OPEN = (State.CHECKED, State.JUDGING)
Refusals = list[tuple[int, Refused]]


@dataclass
class _Round:
    """One round of giving out; ``load`` counts the judges' assignments as it goes."""

    judges: Sequence[User]
    pool: rules.Pool
    rubrics: Mapping[int, Rubric]  # by result; one without stays short of judges
    load: Counter[int]
    by: Actor
    at: datetime
    made: list[Assignment] = field(default_factory=list)

    def fill(self, submission: Submission) -> bool:
        """Judges for one result, least loaded first; False if it is still short."""
        known = list(submission.assignments.all())
        ever = {one.judge_id for one in known}
        lacking = submission.campaign.judges_per_submission
        lacking -= sum(one.recused_at is None for one in known)
        for judge in sorted(self.judges, key=lambda j: (self.load[j.pk], j.pk)):
            if lacking <= 0:
                break
            if judge.pk not in ever and self._may(submission, judge):
                self._give(submission, judge)
                lacking -= 1
        return lacking <= 0

    def _may(self, submission: Submission, judge: User) -> bool:
        found = rules.why_not_assign(submission, judge, self.by, self.at, self.pool)
        return next(found, None) is None and submission.pk in self.rubrics

    def _give(self, submission: Submission, judge: User) -> None:
        self.load[judge.pk] += 1
        self.made.append(Assignment(
            key=new_key(), submission=submission, revision=submission.filed_revision,
            judge=judge, rubric=self.rubrics[submission.pk], assigned_at=self.at,
        ))  # fmt: skip


@transaction.atomic
def assign_evenly(
    campaign: Campaign, judges: Sequence[User], *, by: Actor, at: datetime,
    category: Category | None = None,
) -> tuple[int, list[str]]:  # fmt: skip
    """Fill every checked result up to the campaign's number of judges, least loaded
    first, conflicts left out: (assignments made, codes still short). With a category
    only its results. Each judge is told once, however many there are."""
    waiting = Submission.objects.visible_to(by).filter(campaign=campaign)
    if category is not None:
        waiting = waiting.filter(category=category)
    ids = list(waiting.filter(state__in=OPEN).values_list("pk", flat=True))
    rows = [s for s in submission_actions.locked_many(ids) if s.state_enum in OPEN]
    prefetch_related_objects(rows, "assignments")
    load = Counter(
        Assignment.objects.filter(judge__in=judges).values_list("judge", flat=True)
    )
    pool = rules.pool_of(campaign, judges, by, ids)
    giving = _Round(judges, pool, rubrics.in_use(rows), load, by, at)
    rows.sort(key=lambda one: one.code)
    short = [one.code for one in rows if not giving.fill(one)]
    _keep(giving, campaign)
    return len(giving.made), short


def _keep(giving: _Round, campaign: Campaign) -> None:
    """Store what was given out, send the results on, tell the judges."""
    made, by, at = giving.made, giving.by, giving.at
    Assignment.objects.bulk_create(made, batch_size=BATCH)
    fresh = {a.submission_id: a.submission for a in made
             if a.submission.state_enum == State.CHECKED}  # fmt: skip
    submission_actions.advance_many(
        list(fresh.values()), MoveName.SEND_TO_JUDGES, by=by, at=at
    )
    lines = [(a.submission.code, {"judge": a.judge_id}) for a in made]
    record_many(by, "judge_assigned", lines, at=at, campaign=campaign.code)
    given = Counter(one.judge_id for one in made)
    for judge in giving.judges:
        if count := given[judge.pk]:
            tell(campaign.host, f"请评审 {count} 项成果", "成果报告和评审表已备好。",
                 at=at, kind=Message.Kind.TODO, icon="clipboard-check",
                 link="/reviews/judging/", link_label="去评审", person=judge)  # fmt: skip


@transaction.atomic
def decide_many(
    choices: Mapping[int, AwardLevel | None], *, by: Actor, at: datetime
) -> tuple[list[int], Refusals]:
    """Set the awards of many: (done, [(id, why not)]). What is refused stops none of
    the others; what no longer exists is passed over."""
    rows = {one.pk: one for one in submission_actions.locked_many(choices)}
    prefetch_related_objects(list(rows.values()), "assignments")
    visible = Submission.objects.visible_to(by).filter(pk__in=rows)
    seen = set(visible.values_list("pk", flat=True))
    levels = {c.pk: c.levels for c in {one.category for one in rows.values()}}
    refused: Refusals = []
    for pk in [pk for pk in choices if pk in rows]:
        one = rows[pk]
        try:
            refuse_if(
                rules.why_not_decide(
                    one, choices[pk], by, at, seen, levels[one.category_id]
                )
            )
        except Refused as no:
            refused.append((pk, no))
    stopped = {pk for pk, _ in refused}
    done = [pk for pk in choices if pk in rows and pk not in stopped]
    _decide([(rows[pk], choices[pk]) for pk in done], by, at)
    return done, refused


def _decide(
    chosen: Sequence[tuple[Submission, AwardLevel | None]], by: Actor, at: datetime
) -> None:
    decisions = [
        Decision(submission=one, **decided_facts(one, level, by, at))
        for one, level in chosen
    ]
    Decision.objects.bulk_create(
        decisions, batch_size=BATCH, update_conflicts=True, unique_fields=["submission"],
        update_fields=["level", "score", "sheets", "decided_at", "decided_by"],
    )  # fmt: skip
    rows = [one for one, _ in chosen]
    submission_actions.advance_many(rows, MoveName.DECIDE, by=by, at=at)
    for code in {one.campaign.code for one in rows}:
        lines = [
            (one.code, {"level": level.code if level else ""})
            for one, level in chosen
            if one.campaign.code == code
        ]
        record_many(by, "decided", lines, at=at, campaign=code)
