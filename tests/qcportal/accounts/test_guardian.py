"""django-guardian's pitfalls: first what the library does, then what the portal does.

If the first half of a test fails after an upgrade, the pitfall is gone and the portal's
care for it may go as well.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from guardian.core import ObjectPermissionChecker
from guardian.models import UserObjectPermission
from guardian.shortcuts import assign_perm, get_objects_for_user, remove_perm

from qcportal.accounts.actions import end_seat, grant_seat
from qcportal.accounts.actors import Actor, seats_of
from qcportal.accounts.models import (
    Organisation,
    OrganisationUserObjectPermission,
    User,
)
from qcportal.accounts.roles import Duty, Role
from qcportal.campaigns import access
from qcportal.campaigns.models import Campaign, CampaignUserObjectPermission
from qcportal.notices.models import Notice
from submissions.models import Submission
from tests import factories

pytestmark = pytest.mark.django_db


def again(actor: Actor) -> Actor:
    """The actor as the next request would build it."""
    user = User.objects.get(pk=actor.user.pk)
    return Actor(type(actor.membership).objects.get(pk=actor.membership.pk, user=user))


def test_an_inactive_user_lists_nothing(cast, walk) -> None:
    walk.submitted()
    officer = cast.association.user
    officer.is_active = False
    officer.save(update_fields=["is_active"])
    officer = User.objects.get(pk=officer.pk)

    # The library: asked about one object it says no, listing it hands all of them out.
    campaign = Campaign.objects.get(code=walk.campaign.code)
    assert not officer.has_perm("campaigns.run_campaign", campaign)
    listed = get_objects_for_user(officer, "campaigns.run_campaign")
    assert list(listed) == [campaign]

    # The portal: no seat, no campaign, no submission.
    gone = again(cast.association)
    assert seats_of(officer) == []
    assert list(access.run_by(gone)) == []
    assert list(Submission.objects.visible_to(gone)) == []


def test_a_right_taken_back_is_gone_with_the_next_request(cast) -> None:
    keeper, unit = cast.keeper.user, cast.unit.organisation

    # The library: a checker kept beyond the request goes on saying yes.
    kept = ObjectPermissionChecker(keeper)
    assert kept.has_perm("seal_for", unit)
    remove_perm("seal_for", keeper, unit)
    assert kept.has_perm("seal_for", unit)

    # The portal: the actor is built anew, and asks anew.
    assert not again(cast.keeper).may("seal_for")
    assert again(cast.keeper).may("act_for")


def test_a_seat_ended_closes_the_desk_in_an_open_session(cast, client_of, noon) -> None:
    client = client_of(cast.recommender)
    assert client.get("/recommenders/").status_code == 200
    end_seat(cast.recommender.membership, by=None, at=noon)
    answer = client.get("/recommenders/")
    assert (answer.status_code, answer.url) == (302, "/accounts/no-seat/")


def test_grants_die_with_their_organisation(cast, campaign, noon) -> None:
    # The library: generic grants stay when the object goes, and its successor under
    # the same key inherits them.
    words = {"campaign": campaign, "title": "通知", "body": "", "published_at": noon}
    notice = Notice.objects.create(slug="first", **words)
    assign_perm("notices.change_notice", cast.unit.user, notice)
    key = notice.pk
    notice.delete()
    heir = Notice.objects.create(pk=key, slug="second", **words)
    assert cast.unit.user.has_perm("notices.change_notice", heir)

    # The portal: grants point at the organisation itself.
    gone = Organisation.objects.create(tier=Role.UNIT, name="上海临江仪表有限公司")
    pk = gone.pk
    assign_perm("act_for", cast.unit.user, gone)
    assert OrganisationUserObjectPermission.objects.filter(content_object=pk).exists()
    gone.delete()
    heir = Organisation.objects.create(
        pk=pk, tier=Role.UNIT, name="上海浦江仪表有限公司"
    )
    assert not cast.unit.user.has_perm("accounts.act_for", heir)
    assert UserObjectPermission.objects.count() == 1  # the notice's, from above


def test_a_global_grant_opens_nothing(cast, walk, client_of) -> None:
    found = walk.submitted()
    stranger = cast.other_association
    stranger.user.user_permissions.add(
        Permission.objects.get(codename="run_campaign"),
        Permission.objects.get(codename="act_for"),
    )
    user = User.objects.get(pk=stranger.user.pk)

    # The library: asked about one it says no, listing it hands everything out.
    assert not user.has_perm("campaigns.run_campaign", walk.campaign)
    listed = get_objects_for_user(user, "campaigns.run_campaign")
    assert walk.campaign in listed

    # The portal: only grants on the campaign itself count.
    assert [c.code for c in access.run_by(again(stranger))] == ["jiangnan-2019"]
    client = client_of(again(stranger))
    assert client.get(f"/reviews/entries/{found.code}/").status_code == 404


def test_a_superuser_is_nobody_at_the_desks(cast, walk, noon) -> None:
    walk.submitted()
    root = factories.person("系统维护")
    root.is_superuser = root.is_staff = True
    root.save(update_fields=["is_superuser", "is_staff"])

    # The library: a superuser lists everything.
    assert walk.campaign in get_objects_for_user(root, "campaigns.run_campaign")

    # The portal: without a seat no desk, and on a seat only what the duty gives.
    assert seats_of(root) == []
    clerk = Actor(
        grant_seat(root, cast.unit.organisation, Duty.CLERK, by=None, at=noon)
    )
    assert clerk.permissions == frozenset({"act_for"})
    end_seat(clerk.membership, by=None, at=noon)
    assert seats_of(root) == []


def test_a_seat_without_its_grant_is_no_seat(cast) -> None:
    remove_perm("act_for", cast.unit.user, cast.unit.organisation)
    assert seats_of(User.objects.get(pk=cast.unit.user.pk)) == []


def test_a_grant_without_a_seat_is_no_seat(cast) -> None:
    person = factories.person("过路人")
    assign_perm("act_for", person, cast.unit.organisation)
    assert seats_of(person) == []


def test_the_second_of_two_duties_keeps_its_rights_when_the_first_ends(
    cast, noon
) -> None:
    unit = cast.unit.organisation
    second = grant_seat(cast.unit.user, unit, Duty.SEAL_KEEPER, by=None, at=noon)
    end_seat(second, by=None, at=noon + timedelta(hours=1))
    assert again(cast.unit).permissions == frozenset({"act_for"})
    end_seat(cast.unit.membership, by=None, at=noon + timedelta(hours=2))
    assert seats_of(User.objects.get(pk=cast.unit.user.pk)) == []
    assert not OrganisationUserObjectPermission.objects.filter(
        user=cast.unit.user
    ).exists()


def test_running_a_campaign_can_be_taken_back_at_once(cast, walk, client_of, noon):
    client = client_of(cast.association)
    path = f"/campaigns/{walk.campaign.code}/settings/"
    assert client.get(path).status_code == 200
    CampaignUserObjectPermission.objects.filter(user=cast.association.user).delete()
    assert client.get(path).status_code == 404
