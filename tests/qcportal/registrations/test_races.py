"""Two desks at the same instant, on PostgreSQL: one wins, the other is told why."""

import pytest
from django.db.models import Count

from qcportal.accounts.models import Membership, Organisation, User
from qcportal.accounts.names import check_character
from qcportal.accounts.roles import Duty, Role
from qcportal.audit.models import TrailEntry
from qcportal.registrations import actions, founding, merging
from qcportal.registrations.founding import Founding
from qcportal.registrations.models import Merge
from qcportal.registrations.rules import Application
from submissions import year_actions
from submissions.yearbook import GroupYear
from tests import factories
from tests.submissions import yearly
from tests.test_race import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = 5


def code(serial):
    first = f"91310000MA1FL{serial:04d}"
    return first + check_character(first)


def applied(cast, at, name, serial, **given):
    return actions.apply(
        Application(
            "unit", "钱思远", f"qian-{serial}", "md5$x", organisation_name=name,
            recommender=cast.recommender.organisation, agreed=True, **given,
        ),
        at=at,
    )  # fmt: skip


def approve(found, by, at):
    return lambda: actions.approve(found.pk, by=by, at=at)


def test_two_desks_approve_one_application_once(cast, noon):
    for n in range(ROUNDS):
        found = applied(cast, noon, f"上海第{n}厂", n)
        answers = at_once(
            approve(found, cast.recommender, noon),
            approve(found, cast.association, noon),
        )
        assert answers == ["already_decided", "done"]
    assert User.objects.filter(username__startswith="qian-").count() == ROUNDS
    assert Organisation.objects.filter(name__startswith="上海第").count() == ROUNDS
    assert TrailEntry.objects.filter(what="registration_approved").count() == ROUNDS
    seats = Membership.objects.filter(user__username__startswith="qian-")
    assert set(seats.values_list("duty")) == {(Duty.MANAGER.value,)}
    assert seats.count() == ROUNDS


@pytest.mark.parametrize("same", ["name", "code"])
def test_two_applications_for_one_unit_make_one(cast, noon, same):
    """Both were in order when they were looked at; the name, or the code, is one's."""
    for n in range(ROUNDS):
        both = [
            applied(
                cast, noon, f"上海第{n}厂" if same == "name" else f"上海第{n}{k}厂",
                10 * n + k, credit_code=code(n) if same == "code" else "",
            )
            for k in (1, 2)
        ]  # fmt: skip
        answers = at_once(
            approve(both[0], cast.recommender, noon),
            approve(both[1], cast.association, noon),
        )
        assert answers.count("done") == 1, answers
        assert set(answers) <= {"done", f"{same}_registered", "taken_meanwhile"}
    doubled = (
        Organisation.objects.values("name").annotate(n=Count("pk")).filter(n__gt=1)
    )
    assert list(doubled) == []
    assert User.objects.filter(username__startswith="qian-").count() == ROUNDS


def test_two_units_given_one_code(cast, noon):
    units = [cast.unit.organisation, cast.other_unit.organisation]

    def give(unit):
        facts = {"credit_code": code(7)}
        actions.keep_facts(unit.pk, facts, by=cast.association, at=noon)

    for _ in range(ROUNDS):
        Organisation.objects.filter(credit_code=code(7)).update(credit_code="")
        answers = at_once(lambda: give(units[0]), lambda: give(units[1]))
        assert answers.count("done") == 1, answers
        assert set(answers) <= {"done", "code_registered", "taken_meanwhile"}
        assert Organisation.objects.filter(credit_code=code(7)).count() == 1


def test_one_association_is_taken_up_once(cast, noon):
    given = Founding("below", "临港新片区质量协会", cast.association.organisation)

    def click():
        founding.found(given, by=cast.association, at=noon)

    assert at_once(click, click) == ["done", "name_registered"]
    assert Organisation.objects.filter(name=given.name).count() == 1


def test_merging_each_into_the_other_at_once_leaves_one(cast, walk, noon):
    walk.stamped()
    unit = cast.unit.organisation

    def merge(source, target):
        return lambda: merging.merge(
            source.pk, target.pk, "重复", by=cast.association, at=noon
        )

    for n in range(ROUNDS):
        twin = factories.unit_of(f"上海申浦{n}厂", cast.recommender.organisation)
        answers = at_once(merge(unit, twin), merge(twin, unit))
        assert answers == ["done", "not_in_use"]
        made = Merge.objects.get(undone_at__isnull=True)
        assert {made.source, made.target} == {unit, twin}
        used = Organisation.objects.in_use().filter(pk__in=[unit.pk, twin.pk])
        assert list(used) == [made.target]
        undo = [lambda: merging.undo(made.pk, by=cast.association, at=noon)] * 2  # noqa: B023
        assert at_once(*undo) == ["done", "undone"]
    assert Organisation.objects.in_use().filter(pk=unit.pk).exists()


def test_one_body_into_two_others_at_once_goes_into_one(cast, walk, noon):
    walk.recommended()
    source = cast.recommender.organisation
    others = [factories.organisation(Role.RECOMMENDER, f"浦东质协{n}") for n in (1, 2)]
    acts = [
        lambda o=other: merging.merge(
            source.pk, o.pk, "重复", by=cast.association, at=noon
        )
        for other in others
    ]
    assert at_once(*acts) == ["done", "not_in_use"]
    target = Merge.objects.get().target
    assert source.dossiers.count() == 0
    assert target.dossiers.count() == 1


def test_registration_numbers_are_drawn_once_each(cast, noon):
    units = [cast.group, cast.second_group]
    years = [yearly.sent_year(group, noon) for group in units]

    def confirm(year):
        return lambda: year_actions.confirm_year(year.pk, by=cast.unit, at=noon)

    answers = at_once(*[confirm(y) for y in years for _ in (1, 2)])
    assert answers == ["done"] * 4  # a second click changes nothing
    numbers = sorted(GroupYear.objects.values_list("number", flat=True))
    stem = numbers[0].removesuffix("0001")
    assert numbers == [f"{stem}0001", f"{stem}0002"]
