"""The frame of desk pages: folded navigation, and ways to every tab on a phone."""

import re

import pytest
from django.urls import reverse

from qcportal.accounts.actions import end_seat, grant_seat
from qcportal.accounts.actors import Actor
from qcportal.accounts.roles import Duty


def page(client, name, *args):
    return client.get(reverse(name, args=args)).content.decode()


def test_the_associations_navigation_is_closed_until_asked_for(
    cast, campaign, client_of
):
    text = page(client_of(cast.association), "people:members")
    assert '<details class="spine-fold"><summary>' in text
    fold = text[text.index('<details class="spine-fold">') :]
    fold = fold[: fold.index("</details>")]
    beside = text[text.index('<aside class="spine"') : text.index("</aside>")]
    links = re.compile(r'<a href="([^"]+)"')
    assert links.findall(fold) == links.findall(beside)
    assert "/audit/" in links.findall(fold)


def test_tabs_that_do_not_fit_below_stand_in_the_menu(cast, campaign, client_of):
    text = page(client_of(cast.recommender), "people:members")
    menu = text[text.index('<div class="menu-box">') :]
    menu = menu[: menu.index("</details>")]
    for name in ("accounts:registrations", "notices:help"):
        assert f'href="{reverse(name)}"' in menu
    below = text[text.index('<nav class="tabbar"') :]
    assert below.count("<a href=") == 4


@pytest.mark.parametrize(
    ("who", "name"),
    [("unit", "submissions:unit_years"), ("recommender", "accounts:affiliations")],
)
def test_a_manager_is_led_to_imports_and_a_clerk_is_not(
    cast, campaign, client_of, noon, who, name
):
    actor = getattr(cast, who)
    link = f'href="{reverse("imports:list")}"'
    seat = actor.membership
    found = {}
    for duty in ("manager", "clerk"):
        end_seat(seat, by=None, at=noon)
        seat = grant_seat(actor.user, actor.organisation, Duty(duty), by=None, at=noon)
        found[duty] = link in page(client_of(Actor(seat)), name)
    assert found == {"manager": True, "clerk": False}
