"""Windows at their edges, and moving them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from qcportal.campaigns import actions, rules
from qcportal.campaigns.models import Window, WindowChange
from qcportal.campaigns.stages import Stage
from qcportal.refusals import Refused

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def window(campaign) -> Window:
    return campaign.windows.get(stage=Stage.FILING)


@pytest.mark.parametrize(
    ("edge", "after", "codes"),
    [
        ("opens_at", -SECOND, ["window_not_open"]),
        ("opens_at", timedelta(0), []),
        ("closes_at", -SECOND, []),
        ("closes_at", -timedelta(microseconds=1), []),
        ("closes_at", timedelta(0), ["window_closed"]),
        ("closes_at", SECOND, ["window_closed"]),
    ],
)
def test_a_window_is_half_open(campaign, window, edge, after, codes) -> None:
    at = getattr(window, edge) + after
    assert [r.code for r in rules.why_closed(campaign, Stage.FILING, at)] == codes
    assert window.is_open(at) is (codes == [])


def test_a_stage_without_a_window_is_closed(campaign, window, noon) -> None:
    window.delete()
    found = list(rules.why_closed(campaign, Stage.FILING, noon))
    assert [r.code for r in found] == ["no_window"]


def test_a_moment_is_said_in_the_portals_time_zone() -> None:
    assert rules.moment(datetime(2020, 7, 12, 14, 0, tzinfo=UTC)) == "7月12日 22:00"


def test_a_moved_window_keeps_what_it_was(window, cast, noon) -> None:
    opens, closes = window.opens_at, window.closes_at
    later = closes + timedelta(days=1)
    actions.move_window(
        window.pk, opens_at=opens, closes_at=later, reason=" 系统维护顺延 ",
        by=cast.association, at=noon,
    )  # fmt: skip
    window.refresh_from_db()
    assert (window.opens_at, window.closes_at) == (opens, later)
    change = WindowChange.objects.get()
    assert (
        change.old_opens_at, change.old_closes_at, change.new_opens_at,
        change.new_closes_at, change.reason, change.by, change.at,
    ) == (opens, closes, opens, later, "系统维护顺延", cast.association.user, noon)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"reason": " "}, ["reason_missing"]),
        ({"same": True}, ["nothing_changed"]),
        ({"backwards": True}, ["window_order"]),
        ({"reason": "", "same": True}, ["reason_missing", "nothing_changed"]),
    ],
)
def test_a_window_is_not_moved_without_need_reason_or_order(
    window, cast, noon, changes, codes
) -> None:
    closes = window.closes_at + timedelta(days=0 if changes.get("same") else 1)
    if changes.get("backwards"):
        closes = window.opens_at
    with pytest.raises(Refused) as no:
        actions.move_window(
            window.pk, opens_at=window.opens_at, closes_at=closes,
            reason=changes.get("reason", "顺延"), by=cast.association, at=noon,
        )  # fmt: skip
    assert no.value.codes == codes
    assert not WindowChange.objects.exists()


def test_numbers_run_without_gap_per_campaign_and_name(campaign, cast) -> None:
    other = cast.other_association.organisation.campaigns.get()
    drawn = [
        actions.next_number(of, name)
        for of, name in (
            (campaign, "a"),
            (campaign, "a"),
            (campaign, "b"),
            (other, "a"),
        )
    ]
    assert drawn == [1, 2, 1, 1]


def test_running_a_campaign_is_granted_and_taken_back(cast, campaign, noon) -> None:
    user = cast.judge.user
    actions.let_run(campaign, user, by=cast.association, at=noon)
    assert user.has_perm("campaigns.run_campaign", campaign)
    actions.stop_running(campaign, user, by=cast.association, at=noon)
    fresh = type(user).objects.get(pk=user.pk)
    assert not fresh.has_perm("campaigns.run_campaign", campaign)
