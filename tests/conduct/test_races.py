"""Two handlers at once, and a body that recommends while it loses its right."""

from __future__ import annotations

import pytest

from conduct import actions
from conduct.models import CaseStep, PendingDecision
from qcportal.accounts.roles import Duty
from qcportal.campaigns.models import Standing
from recommenders import actions as recommending
from tests import factories
from tests.conduct import cases
from tests.recommenders.test_races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_two_who_accept_at_once(campaign, cast, noon):
    case = cases.complaint(campaign, cast.recommender.organisation, noon)
    fellow = factories.seat("同事", campaign.host, Duty.MANAGER, noon)
    acts = [
        lambda by=by: actions.accept(case.pk, by=by, at=noon)
        for by in (cast.association, fellow)
    ]
    assert sorted(at_once(acts), key=str) == [("already_taken",), "done"]
    assert CaseStep.objects.filter(what="accepted").count() == 1


def test_the_loss_pressed_twice_at_once_is_one_loss(campaign, cast, walk, noon):
    found = walk.stamped()
    body = cast.recommender.organisation
    case = cases.upheld(cases.complaint(campaign, body, noon), cast, noon)

    def press():
        actions.take_right(
            case.pk, cases.loss(noon), {found.code: "direct"}, until=None,
            version=case.version, by=cast.association, at=noon,
        )  # fmt: skip

    assert at_once([press, press]) == ["done", "done"]
    assert Standing.objects.count() == PendingDecision.objects.count() == 1


def test_a_body_recommending_meanwhile_leaves_nothing_undecided(
    campaign, cast, walk, noon
):
    found = walk.scored()
    body = cast.recommender.organisation
    case = cases.upheld(cases.complaint(campaign, body, noon), cast, noon)

    def lose():
        actions.take_right(
            case.pk, cases.loss(noon), {found.code: "direct"}, until=None,
            version=case.version, by=cast.association, at=noon,
        )  # fmt: skip

    def recommend():
        recommending.recommend(found.pk, by=cast.recommender, at=noon)

    answers = at_once([lose, recommend])
    after = walk.fresh(found)
    assert answers[0] == "done"
    assert (after.state, after.recommender) == ("submitted", None)
    assert PendingDecision.objects.get().was in ("stamped", "recommended")
