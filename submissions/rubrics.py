"""Which rubric a result is scored by (docs/decisions/0013). Pure reading.

A revision has one: that of the first sheet written on it; until one is written, the
newest published of its category and topic type.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from qcportal.campaigns.models import Rubric
from submissions.models import ScoreSheet, Submission


def in_use(submissions: Iterable[Submission]) -> dict[int, Rubric]:
    """Submission id → its rubric with the criteria, in three queries for however many;
    left out where the topic type has none."""
    found = list(submissions)
    rubrics = with_criteria(
        Rubric.objects.filter(category__in={one.category_id for one in found})
    )
    newest = {
        (one.category_id, one.topic_type): one
        for one in sorted(rubrics.values(), key=lambda one: one.version)
        if one.published_at is not None
    }
    first = first_written(ScoreSheet.objects.all(), found)
    chosen = {
        one.pk: rubrics.get(first.get(one.revision_id or 0, 0))
        or newest.get((one.category_id, one.topic_type))
        or newest.get((one.category_id, ""))
        for one in found
    }
    return {pk: rubric for pk, rubric in chosen.items() if rubric is not None}


def with_criteria(rubrics: QuerySet[Rubric]) -> dict[int, Rubric]:
    return {one.pk: one for one in rubrics.prefetch_related("criteria")}


def first_written(
    rows: QuerySet[Any], submissions: Iterable[Submission]
) -> dict[int, int]:
    """Revision id → the rubric id of the first row (a sheet, an assignment) on it."""
    revisions = [one.revision_id for one in submissions if one.revision_id]
    written = rows.filter(revision__in=revisions).order_by("-pk")
    return dict(written.values_list("revision_id", "rubric_id"))
