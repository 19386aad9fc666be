"""The browser of the kit's tests, and people who work in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from tests.journeys.browsing import Person
from tests.qcportal.ui.conftest import chromium  # noqa: F401 - a fixture


@pytest.fixture
def person(
    live_server,
    settings,
    chromium: Browser,  # noqa: F811 - the fixture itself
) -> Iterator[Callable[..., Person]]:
    """A signed-in person in a window of their own; ``width`` in CSS pixels. Fails the
    test on any script error, policy violation or failed request."""
    settings.SITE_URL = live_server.url
    people: list[Person] = []

    def enter(actor=None, channel: str = "", width: int = 1440) -> Person:
        one = Person(chromium, live_server.url, width)
        people.append(one)
        if actor:
            one.sign_in(actor, channel)
        return one

    yield enter
    troubles = [one.leave() for one in people]
    assert troubles == [[] for _ in people]
