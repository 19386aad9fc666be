"""Brings a submission to each of the eighteen states by the portal's real actions."""

from collections.abc import Callable

from recommenders import actions as recommending
from reviews import actions as reviewing
from submissions import actions as filing
from submissions.lifecycle import State
from submissions.models import Submission
from tests.factories import Walk

WHY = "请补充第三季度的测量数据。"


def returned(walk: Walk) -> Submission:
    found = walk.filed()
    filing.unit_return(found.pk, comment=WHY, by=walk.cast.unit, at=walk.at)
    return walk.fresh(found)


def direct_asked(walk: Walk) -> Submission:
    return walk.stamped(recommender="direct")


def not_recommended(walk: Walk) -> Submission:
    found = walk.stamped()
    recommending.decline(found.pk, comment=WHY, by=walk.cast.recommender, at=walk.at)
    return walk.fresh(found)


def amendment_asked(walk: Walk) -> Submission:
    found = walk.submitted()
    reviewing.ask_amendment(
        found.pk, {}, comment=WHY, by=walk.cast.association, at=walk.at
    )
    return walk.fresh(found)


def amended(walk: Walk) -> Submission:
    found = amendment_asked(walk)
    filing.file(found.pk, confirmed=True, by=walk.cast.group, at=walk.at)
    return walk.fresh(found)


def set_aside(walk: Walk) -> Submission:
    found = walk.submitted()
    reviewing.set_aside(found.pk, comment=WHY, by=walk.cast.association, at=walk.at)
    return walk.fresh(found)


def passed_over(walk: Walk) -> Submission:
    """Without an award when the other result of the unit has one."""
    found = walk.checked()
    reviewing.decide(found.pk, None, by=walk.cast.association, at=walk.at)
    walk.decided(walk.cast.second_group, topic_type="innovation")
    walk.announce()
    return walk.fresh(found)


def withdrawn(walk: Walk) -> Submission:
    found = walk.draft()
    filing.withdraw(found.pk, comment=WHY, by=walk.cast.group, at=walk.at)
    return walk.fresh(found)


REACHED: dict[State, Callable[[Walk], Submission]] = {
    State.DRAFT: Walk.draft,
    State.FILED: Walk.filed,
    State.RETURNED: returned,
    State.STAMPED: Walk.stamped,
    State.DIRECT_ASKED: direct_asked,
    State.RESERVED: Walk.reserved,
    State.RECOMMENDED: Walk.recommended,
    State.NOT_RECOMMENDED: not_recommended,
    State.SUBMITTED: Walk.submitted,
    State.AMENDMENT_ASKED: amendment_asked,
    State.AMENDED: amended,
    State.CHECKED: Walk.checked,
    State.SET_ASIDE: set_aside,
    State.JUDGING: Walk.judging,
    State.DECIDED: Walk.decided,
    State.ANNOUNCED: Walk.announced,
    State.PUBLISHED: Walk.published,
    State.PASSED_OVER: passed_over,
    State.WITHDRAWN: withdrawn,
}
