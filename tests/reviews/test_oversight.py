"""Whose people the secretariat looks after, and where the register leads to them."""

import pytest
from django.urls import reverse

from qcportal.accounts.roles import Duty, Role
from qcportal.people import rules
from reviews.oversight import organisations_of
from tests import factories

pytestmark = pytest.mark.django_db


def page_of(organisation):
    return reverse("accounts:organisation_page", args=[organisation.key])


def members_of(organisation):
    return reverse("overseen:members", args=[organisation.key])


def test_the_registers_page_leads_to_the_members(cast, client_of, walk):
    walk.stamped()
    unit, desk = cast.unit.organisation, client_of(cast.association)
    assert members_of(unit) in desk.get(page_of(unit)).content.decode()
    assert desk.get(members_of(unit)).status_code == 200


def test_no_link_where_the_page_would_not_be_found(cast, client_of, walk):
    """Nothing of the unit reached the association, and nobody took it up."""
    unit, desk = factories.unit_of("上海无主厂"), client_of(cast.association)
    assert members_of(unit) not in desk.get(page_of(unit)).content.decode()
    assert desk.get(members_of(unit)).status_code == 404


def test_what_the_association_took_up_is_overseen_by_its_managers(cast, noon):
    host = cast.association.organisation
    unit = factories.unit_of("上海新登记厂", registrar=host)
    clerk = factories.seat("小周", host, Duty.CLERK, noon)
    assert unit in organisations_of(cast.association)
    assert unit not in organisations_of(clerk)
    assert unit not in organisations_of(cast.other_association)


def test_an_association_is_overseen_until_it_has_a_manager(cast, noon, client_of):
    host = cast.association.organisation
    lower = factories.organisation(Role.ASSOCIATION, "临港质量协会", registrar=host)
    desk = client_of(cast.association)
    clerk = desk.post(
        members_of(lower) + "invitations/", {"name": "新人", "duty": "clerk"}
    )
    assert clerk.status_code == 422
    why = rules.why_not_invite(lower, Duty.CLERK, None, cast.association, overseen=True)
    assert [r.code for r in why] == ["manager_first"]
    manager = {"name": "新人", "duty": "manager"}
    assert desk.post(members_of(lower) + "invitations/", manager).status_code == 302
    assert lower.invitations.get().duty == "manager"
    factories.seat("新人", lower, Duty.MANAGER, noon)
    assert desk.get(members_of(lower)).status_code == 404
    why = rules.why_not_manage(lower, cast.association, overseen=True)
    assert [r.code for r in why] == ["not_manager"]


def test_an_association_seats_its_recommending_clerk(cast, client_of, campaign):
    desk, host = client_of(cast.association), cast.association.organisation
    given = {"name": "章远", "duty": "recommending", "campaign": campaign.code}
    answer = desk.post(reverse("people:invite"), given)
    assert answer.status_code == 409
    assert "推荐经办人不办理本协会的活动" in answer.content.decode()
    assert (
        desk.post(reverse("people:invite"), given | {"campaign": ""}).status_code == 302
    )
    assert host.invitations.get().duty == "recommending"
