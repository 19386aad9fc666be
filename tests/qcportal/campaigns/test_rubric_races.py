"""Two clerks on one rubric at the same instant, on PostgreSQL."""

from __future__ import annotations

import pytest

from qcportal.audit.models import TrailEntry
from qcportal.campaigns import rubric_actions, rubric_rules
from qcportal.campaigns.models import Rubric
from tests.test_race import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_one_begins_one_saves_and_both_may_publish(campaign, cast, noon):
    category = campaign.categories.get(code="result")
    first = category.rubrics.get(topic_type="problem")
    by = cast.association

    def begin():
        rubric_actions.begin_rubric(category.pk, "problem", like=first, by=by, at=noon)

    assert at_once(begin, begin) == ["already_writing", "done"]
    made = Rubric.objects.get(published_at=None)

    def save(name):
        own, rows = rubric_rules.facts_of(Rubric.objects.get(pk=made.pk))
        rows[0]["name"] = name
        return lambda: rubric_actions.save_rubric(
            made.pk, own, rows, edition=0, by=by, at=noon
        )

    assert at_once(save("甲"), save("乙")) == ["done", "stale_version"]

    def publish():
        rubric_actions.publish_rubric(
            made.pk, edition=1, reason="新标准", confirmed=True, by=by, at=noon
        )

    assert at_once(publish, publish, save("丙")) in (
        ["done", "done", "stale_version"], ["done", "done", "frozen"],
    )  # fmt: skip
    made.refresh_from_db()
    assert (made.edition, made.criteria.count()) == (1, 6)
    assert made.published_at is not None
    assert TrailEntry.objects.filter(what="rubric_published").count() == 1
