"""Two clicks at once on forwarding, and one change told from two places."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from qcportal.accounts.roles import Duty, Role
from qcportal.campaigns import forward_actions, presets
from qcportal.campaigns.actions import let_recommend
from qcportal.campaigns.higher_changes import What, tell_lower
from qcportal.inbox.models import Message
from tests import factories

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def at_once(act: Callable[[], Any], times: int = 4) -> list[Any]:
    gate, answers = threading.Barrier(times), []

    def run() -> None:
        try:
            gate.wait(timeout=30)
            answers.append(act())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return answers


@pytest.fixture
def forwarding():
    """(the higher campaign, the clerk below, now)."""
    at = timezone.now()
    preset = presets.read(presets.FOLDER / "national-2023.toml")
    days = (at + timedelta(days=60) - preset.closing()).days
    moved = presets.Preset(preset.raw, timedelta(days=days), preset.name)
    higher = presets.load(moved, published_at=at - timedelta(days=3))
    own = factories.organisation(Role.ASSOCIATION, "西藏自治区质量协会", letters="XZ")
    let_recommend(higher, own, "", by=None, at=at)
    return higher, factories.seat("德吉", own, Duty.MANAGER, at), at


def test_clicks_at_once_make_one_campaign(forwarding) -> None:
    higher, clerk, at = forwarding
    found = at_once(
        lambda: forward_actions.forward(higher.pk, days=20, by=clerk, at=at).pk
    )
    assert len(found) == 4
    assert len(set(found)) == 1
    assert higher.forwarded_as.count() == 1


def test_one_change_delivered_at_once_is_told_once(forwarding) -> None:
    higher, clerk, at = forwarding
    forward_actions.forward(higher.pk, days=20, by=clerk, at=at)
    # Routes are read by the first message, and locks wait for five seconds only.
    reverse("campaigns:list")
    told = at_once(
        lambda: tell_lower(higher, What.NOTICE, "notice-0", "发了通知。", at=at)
    )
    assert sorted(told) == [0, 0, 0, 1]
    assert Message.objects.filter(organisation=clerk.organisation).count() == 1
