"""The demo: everybody there, every state to be seen, its log-ins work, its books agree."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import Role
from qcportal.campaigns.models import Campaign
from reviews.models import Certificate, Publication
from submissions.lifecycle import State
from submissions.models import Submission

pytestmark = pytest.mark.django_db

DESKS = {
    "group": "/submissions/",
    "unit": "/submissions/stamping/",
    "recommender": "/recommenders/",
    "association": "/reviews/",
    "judge": "/reviews/judging/",
}


@pytest.fixture
def demo(settings):
    settings.DEMO = True
    call_command("demo", verbosity=0)


def said(capsys, *command: str) -> str:
    capsys.readouterr()
    call_command(*command)
    return capsys.readouterr().out


def test_the_demo_is_whole(demo, capsys):
    # 25 units and a double of one, to be merged; the host and a lower association.
    tiers = Counter(Organisation.objects.values_list("tier", flat=True))
    assert tiers == {
        Role.GROUP: 40, Role.UNIT: 26, Role.RECOMMENDER: 6, Role.ASSOCIATION: 2,
    }  # fmt: skip
    # The notice of Shanghai 2020 knows no reserve list.
    states = set(Submission.objects.values_list("state", flat=True))
    assert states == set(State) - {State.RESERVED}
    assert Campaign.objects.newest().code == "shanghai-2020"
    kinds = Counter(Publication.objects.values_list("kind", flat=True))
    assert kinds == {"notice": 2, "results": 1}
    assert Certificate.objects.exists()
    assert said(capsys, "check_books") == "账目全部对得上。\n"
    accounts = json.loads(said(capsys, "demo_accounts", "--json"))
    assert {account["role"] for account in accounts} == set(Role)
    assert {role: desk_of(accounts, role) for role in DESKS} == DESKS
    with pytest.raises(CommandError, match="只装进空库"):
        call_command("demo")


def desk_of(accounts: list[dict[str, str]], role: str) -> str:
    """Where the first demo log-in of a role arrives through the sign-in page."""
    first = next(account for account in accounts if account["role"] == role)
    typed = {name: first[name] for name in ("username", "password")}
    response = Client().post(f"/accounts/sign-in/{role}/", typed, follow=True)
    assert response.status_code == 200
    return response.request["PATH_INFO"]


def test_nobody_fills_a_real_portal_with_the_demo(settings):
    settings.DEMO = settings.DEBUG = False
    with pytest.raises(CommandError, match="只能装在演示环境"):
        call_command("demo")
    assert not Organisation.objects.exists()


def test_demo_log_ins_are_printed_on_a_demo_only(settings):
    settings.DEMO = settings.DEBUG = False
    with pytest.raises(CommandError, match="才有演示账号"):
        call_command("demo_accounts")
