"""Blindness: no judge, no score, no award before its time; no name before a judge.

As in test_leaks.py, everything a person can reach is read. The control: the association
does read the same secrets.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.db import transaction

from reviews import actions as reviewing
from reviews.models import Decision
from submissions.models import ScoreSheet, Submission
from tests import factories
from tests import world as worlds
from tests.crawl import crawled, read_all, telling

# Numbers no page has for another reason.
TOTALS = {"unit": Decimal("87.25"), "recommender": Decimal("83.75")}
PANEL_WORDS = "评审组暗记：建议现场核实"


def score(walk: factories.Walk, found: Submission) -> None:
    """Three judges, three totals, so that the mean is no sheet's own number."""
    judges = (walk.cast.judge, walk.cast.judge2, walk.cast.judge3)
    for judge, share in zip(judges, (0.76, 0.81, 0.97), strict=True):
        sheet = found.assignments.get(judge=judge.user)
        marks = factories.full_marks(sheet.rubric, share)
        if sum(map(float, marks.values())) % 1 == 0:  # no other number has a half
            first = next(iter(marks))
            marks[first] = str(float(marks[first]) + 0.5)
        reviewing.save_marks(
            sheet.pk, marks=marks, version=0,
            remark="现状调查分层清楚，对策具体。", panel_remark=PANEL_WORDS,
            hand_in=True, by=judge, at=walk.at,
        )  # fmt: skip


@pytest.fixture(scope="module")
def judged(django_db_setup, django_db_blocker) -> Iterator[factories.Walk]:
    """One result decided and not yet released."""
    with django_db_blocker.unblock(), transaction.atomic():
        walk = worlds.walk_now()
        found = walk.judging(walk.cast.group)
        for tier, total in TOTALS.items():
            ScoreSheet.objects.filter(revision=found.revision, tier=tier).update(
                total=total
            )
        score(walk, found)
        level = walk.campaign.award_levels.first()
        reviewing.decide(found.pk, level, by=walk.cast.association, at=walk.at)
        worlds.make_for_real()
        yield walk
        transaction.set_rollback(True)


def judging_secrets(cast: factories.Cast) -> list[str]:
    """Names, log-ins, totals, the mean, the words for the panel."""
    judges = (cast.judge, cast.judge2, cast.judge3)
    found = Submission.objects.get(group=cast.group.organisation)
    totals = [f"{a.total.normalize():f}" for a in found.assignments.all()]
    mean = str(Decision.objects.get(submission=found).score)
    sheets = ScoreSheet.objects.filter(revision__submission=found)
    assert not {str(float(t)) for t in (*totals, mean)} & {
        str(float(s.total)) for s in sheets
    }
    people = [judge.user_name for judge in judges]
    keys = [assignment.key for assignment in found.assignments.all()]
    return [*people, *keys, PANEL_WORDS, mean, *totals]


APPLICANTS = ("group", "second_group", "unit", "recommender", "other_unit",
              "other_recommender", "other_association", "nobody")  # fmt: skip


@pytest.mark.parametrize("released", [False, True], ids=["decided", "published"])
@pytest.mark.parametrize("person", APPLICANTS)
def test_judges_and_their_scores_are_nowhere_on_the_applicants_side(
    person, released, judged, client_of, db
) -> None:
    cast = judged.cast
    secrets = judging_secrets(cast)
    if released:
        release(judged)
    pages = crawled(getattr(cast, person, None), client_of)
    assert telling(pages, secrets) == {}


def release(walk: factories.Walk) -> None:
    walk.announce()
    reviewing.publish(
        walk.campaign.pk, by=walk.cast.association, at=worlds.soon(walk.at)
    )
    worlds.make_for_real()


def test_the_association_does_read_them(judged, client_of, db) -> None:
    """The control: the secrets are the ones the pages would show."""
    pages = crawled(judged.cast.association, client_of)
    told = {
        s
        for found in telling(pages, judging_secrets(judged.cast)).values()
        for s in found
    }
    people = {
        j.user_name for j in (judged.cast.judge, judged.cast.judge2, judged.cast.judge3)
    }
    mean = str(Decision.objects.get().score)
    assert told >= {*people, mean}


@pytest.mark.parametrize("person", ["group", "unit", "recommender", "nobody"])
def test_an_award_is_not_told_before_it_is_released(person, judged, client_of, db):
    """What a page says of a decided result is what it says of one still judged."""
    found = Submission.objects.get(group=judged.cast.group.organisation)
    before = crawled(getattr(judged.cast, person, None), client_of)
    told = {path for path, text in before.items() if "待审定" in text}
    assert told == set()
    with transaction.atomic():
        Decision.objects.filter(submission=found).update(level=None, score=None)
        Submission.objects.filter(pk=found.pk).update(state="judging")
        after = crawled(getattr(judged.cast, person, None), client_of)
        transaction.set_rollback(True)
    assert sorted(before) == sorted(after)
    quiet = {p for p in before if plain(before[p]) != plain(after[p])}
    quiet -= {"/accounts/second-factor/"}  # draws a new secret whenever it is opened
    # The complaint forms carry the signed instant of their opening.
    quiet = {path for path in quiet if not path.startswith("/complaints/")}
    assert quiet == set()


def plain(text: str) -> str:
    """Without what changes with every request, or with the minute."""
    return worlds.PASSING.sub("", text)


def test_scores_of_one_tier_are_not_told_to_the_one_below(judged, client_of, db):
    unit, body = str(TOTALS["unit"]), str(TOTALS["recommender"])
    assert telling(crawled(judged.cast.group, client_of), [unit, body]) == {}
    above = crawled(judged.cast.unit, client_of)
    assert telling(above, [body]) == {}
    assert telling(above, [unit]) != {}
    own = crawled(judged.cast.recommender, client_of)
    assert {s for found in telling(own, [unit, body]).values() for s in found} == {
        unit,
        body,
    }


# --- whose it is, on the judge's side -----------------------------------------------------------


def identity(cast: factories.Cast) -> list[str]:
    found = Submission.objects.get(group=cast.group.organisation)
    bodies = [
        found.group.name,
        found.unit.name,
        found.unit.address,
        found.recommender.name,
    ]
    people = [member["name"] for member in found.content["members"]]
    seats = [cast.group.user_name, cast.unit.user_name, cast.recommender.user_name]
    keys = [str(o.key) for o in (found.group, found.unit, found.recommender)]
    return [*bodies, *people, *seats, *keys, "13800006207", found.code]


def test_no_page_of_a_judge_tells_whose_result_it_is(judged, client_of, db) -> None:
    for judge in (judged.cast.judge, judged.cast.judge2):
        client = client_of(judge)
        pages = read_all(
            client, ["/reviews/judging/", "/messages/", "/accounts/start/"]
        )
        sheets = [
            path
            for path in pages
            if path.startswith("/reviews/judging/0") or len(path) > 20
        ]
        assert sheets != []
        desk = {
            p: text
            for p, text in pages.items()
            if p.startswith(("/reviews/", "/messages/"))
        }
        assert telling(desk, identity(judged.cast)) == {}


def test_no_judge_reads_of_another_judge(judged, client_of, db) -> None:
    judges = (judged.cast.judge, judged.cast.judge2, judged.cast.judge3)
    for judge in judges:
        others = [j.user_name for j in judges if j is not judge]
        found = Submission.objects.get(group=judged.cast.group.organisation)
        theirs = found.assignments.exclude(judge=judge.user)
        secrets = [
            *others,
            *(a.key for a in theirs),
            *(f"{a.total.normalize():f}" for a in theirs),
        ]
        mean = str(Decision.objects.get(submission=found).score)
        pages = crawled(judge, client_of)
        assert telling(pages, [*secrets, mean]) == {}
