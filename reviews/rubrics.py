"""By which rubric the judges score a result (docs/decisions/0013). Pure reading.

All judges of one revision have one: that of the first assignment, else the one the
unit and the recommending body scored by, else the newest published.
"""

from __future__ import annotations

from collections.abc import Iterable

from qcportal.campaigns.models import Rubric
from reviews.models import Assignment
from submissions import rubrics
from submissions.models import Submission


def in_use(submissions: Iterable[Submission]) -> dict[int, Rubric]:
    """Submission id → its rubric; left out where the topic type has none."""
    found = list(submissions)
    given = rubrics.first_written(Assignment.objects.all(), found)
    known = rubrics.with_criteria(Rubric.objects.filter(pk__in=set(given.values())))
    first = {
        one.pk: known[given[one.revision_id]]
        for one in found
        if one.revision_id in given
    }
    return rubrics.in_use(found) | first
