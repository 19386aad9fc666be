"""Two clerks who import the same at once: one writes, the other is shown what moved."""

from __future__ import annotations

import pytest

from qcportal.accounts.models import Membership, Organisation, User
from qcportal.imports import actions, tasks
from qcportal.imports.models import Import
from tests import factories
from tests.qcportal.imports.books import FULL, book
from tests.recommenders.test_races import at_once

assert tasks
pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def click(found: Import, actor, at):
    return lambda: actions.order(found.pk, by=actor, at=at)


def counts() -> tuple[int, int, int]:
    return (
        Organisation.objects.filter(
            name__in=["上海临港铸造有限公司", "砂型QC小组"]
        ).count(),
        User.objects.filter(name__in=["钱思远", "孙立新"]).count(),
        Membership.objects.filter(user__name__in=["钱思远", "孙立新"]).count(),
    )


def test_two_files_with_the_same_rows(cast, noon):
    other = factories.seat("吴桂芳", cast.association.organisation, "manager", noon)
    found = [
        actions.begin(book(**FULL), by=actor, at=noon)
        for actor in (cast.association, other)
    ]
    answers = at_once(
        [click(found[0], cast.association, noon), click(found[1], other, noon)]
    )
    assert answers == ["done", "done"]
    for one in found:
        one.refresh_from_db()
    assert sorted(one.status for one in found) == ["applied", "checked"]
    late = next(one for one in found if one.status == "checked")
    assert late.counts == {"same": 6}
    assert late.moved == 6
    assert counts() == (2, 2, 2)


def test_two_clicks_on_one_import(cast, noon):
    found = actions.begin(book(**FULL), by=cast.association, at=noon)
    answers = at_once([click(found, cast.association, noon)] * 4)
    assert set(answers) == {"done"}
    found.refresh_from_db()
    assert (found.status, counts()) == ("applied", (2, 2, 2))
