"""Many at once are no more than many one by one."""

import pytest

from qcportal.entrance import codes, limits, second_factor
from qcportal.entrance.models import Code
from qcportal.inbox.models import Mail
from qcportal.refusals import refuse
from tests.qcportal.entrance.conftest import SECRET, digits_at, set_up
from tests.recommenders.test_races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def issued(user, noon):
    code = codes.order("sign_in", user, at=noon, way="email")
    codes.issue(code.pk, at=noon)
    body = Mail.objects.latest("pk")
    return str(code.key), body


def test_a_code_lets_one_of_eight_in(person, noon, monkeypatch):
    monkeypatch.setattr("secrets.randbelow", lambda most: 123456)
    key, _ = issued(person, noon)
    acts = [lambda: codes.use(key, "sign_in", "123456", at=noon)] * 8
    answers = at_once(acts)
    assert sorted(answers, key=str) == [("code_over",)] * 7 + ["done"]


def test_eight_guesses_at_once_are_three(person, noon, monkeypatch):
    monkeypatch.setattr("secrets.randbelow", lambda most: 123456)
    key, _ = issued(person, noon)
    acts = [lambda: codes.use(key, "sign_in", "000000", at=noon)] * 8
    answers = at_once(acts)
    assert answers.count(("code_wrong",)) == 2
    assert answers.count(("code_over",)) == 6
    assert Code.objects.get().tries == 3


def test_every_try_gets_a_number_of_its_own(db, noon):
    numbers = []
    acts = [lambda: numbers.append(limits.add(limits.WRONG, "text:x", noon))] * 8
    assert at_once(acts) == ["done"] * 8
    assert sorted(numbers) == list(range(1, 9))


def test_a_code_of_the_app_and_a_recovery_code_are_right_once(person, noon):
    set_up(person, noon.replace(year=noon.year - 1))
    for typed in (digits_at(SECRET, noon), second_factor.codes_left(person)[0]):

        def step(typed=typed):
            if not second_factor.check(person, typed, at=noon):
                refuse("wrong", "不对")

        assert sorted(at_once([step] * 6), key=str) == [("wrong",)] * 5 + ["done"]
