"""Looking writes nothing: the dossier is made by the body's first act."""

import pytest
from django.urls import reverse

from recommenders.models import Dossier

pytestmark = pytest.mark.django_db
PAGES = ("desk", "papers", "statistics", "confirm_table")


@pytest.mark.parametrize("page", PAGES)
def test_a_look_makes_no_dossier(cast, walk, client_of, page):
    walk.stamped()
    path = reverse(f"recommenders:{page}")
    for query in ("", f"?campaign={walk.campaign.code}"):
        answer = client_of(cast.recommender).get(path + query)
        assert answer.status_code in ((302, 409) if page == "confirm_table" else (200,))
    assert not Dossier.objects.exists()


def test_the_first_figures_make_it(cast, walk, client_of):
    walk.stamped()
    desk = client_of(cast.recommender)
    desk.post(reverse("recommenders:save_figures"), {"version": "0"})
    assert Dossier.objects.get().recommender == cast.recommender.organisation
    assert desk.get(reverse("recommenders:statistics")).status_code == 200
    assert Dossier.objects.count() == 1


def test_recommending_before_any_look_makes_it(cast, walk, client_of):
    found = walk.scored()
    desk = client_of(cast.recommender)
    desk.post(reverse("recommenders:recommend", args=[found.code]))
    assert walk.fresh(found).candidate.dossier == Dossier.objects.get()
