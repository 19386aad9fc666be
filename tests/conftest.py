"""The cast, the hour, the campaign. Negative tests use the neighbour beside the line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from celery import current_app
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from qcportal.accounts.actors import Actor
from qcportal.accounts.middleware import SEAT_SESSION_KEY
from qcportal.campaigns.models import Campaign
from qcportal.management.commands import load_campaign
from tests import factories


@pytest.fixture(autouse=True, scope="session")
def _known_tasks() -> None:
    """An eager queue runs what it knows; the web process of the portal only sends."""
    current_app.loader.import_default_modules()


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    """Limits (tries per minute) must not travel from test to test."""
    cache.clear()


@pytest.fixture
def noon() -> datetime:
    """An instant inside all windows of ``campaign``."""
    return timezone.now()


@pytest.fixture
def campaign(db: None) -> Campaign:
    """Shanghai 2020, its dates moved so that the online window is open."""
    path = load_campaign.campaign_presets.FOLDER / "shanghai-2020.toml"
    return load_campaign.load(path, open_now=True)


@pytest.fixture
def cast(campaign: Campaign, noon: datetime) -> factories.Cast:
    """One line of descent and its neighbours, each as an Actor."""
    return factories.cast(campaign, noon - timedelta(days=20))


@pytest.fixture
def walk(campaign: Campaign, cast: factories.Cast, noon: datetime) -> factories.Walk:
    """Submissions walked through the real actions to any state."""
    return factories.Walk(campaign, cast, noon)


@pytest.fixture
def client_of() -> Callable[[Actor], Client]:
    """A signed-in test client on the actor's seat."""

    def sign_in(actor: Actor) -> Client:
        client = Client()
        client.force_login(
            actor.user, backend="django.contrib.auth.backends.ModelBackend"
        )
        session = client.session
        session[SEAT_SESSION_KEY] = str(actor.membership.key)
        session.save()
        return client

    return sign_in


@pytest.fixture
def pdf_file():
    return factories.pdf_file


@pytest.fixture
def docx_file():
    return factories.docx_file


@pytest.fixture
def png_file():
    return factories.png_file
