"""Every URL × every member of the cast: tests/access_matrix.csv, asked of the portal.

A row of the table: the route; ``with``, the things its path names (tests/world.py: all
of them belong to one published result of ``group``, under ``unit``, forwarded by
``recommender``, run by ``association``, scored by ``judge``); the status each person
gets for a GET (``in``: sent to sign in); and ``acts``, who may post there. Whoever is
not named in ``acts`` is refused, and nothing changes.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from qcportal.accounts.actors import Actor
from reviews import actions as reviewing
from tests import factories
from tests import world as worlds
from tests.test_house import routes

TABLE = Path(__file__).parent / "access_matrix.csv"
EVERYBODY = tuple(
    TABLE.read_text("utf-8").partition("\n")[0].split(",")[2:-1]
)  # the columns between ``with`` and ``acts``
REFUSED = {403, 404, 405, "in"}
# A GET may leave a line in the trail and a session.
READS_LEAVE = {"audit.TrailEntry", "sessions.Session"}


def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker) -> Iterator[worlds.World]:
    """Built once for the whole table; every test rolls its own changes back."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield worlds.build(worlds.walk_now())
        transaction.set_rollback(True)


def path_of(row: dict[str, str], things: dict[str, object]) -> str:
    words = dict(pair.split("=") for pair in row["with"].split())
    return reverse(row["route"], kwargs={k: things[w] for k, w in words.items()})


def client_for(actor: Actor | None, client_of) -> Client:
    return client_of(actor) if actor else Client()


def status(answer: HttpResponse) -> int | str:
    to_sign_in = answer.status_code == 302 and answer.url.startswith(
        "/accounts/sign-in"
    )
    return "in" if to_sign_in else answer.status_code


def may_act(row: dict[str, str], person: str) -> bool:
    named = row["acts"].split()
    signed_in = "signed_in" in named and person != "nobody"
    return person in named or "everybody" in named or signed_in


def stored(*, but: set[str] = frozenset()) -> dict[str, list[tuple]]:
    """Every row of every table."""
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values_list())
        for model in apps.get_models()
        if model._meta.label not in {"sessions.Session", *but}
    }


def changed(before: dict, after: dict) -> set[str]:
    return {label for label in before if before[label] != after[label]}


# --- the table ------------------------------------------------------------------------


def test_every_route_stands_in_the_table() -> None:
    assert {row["route"] for row in rows()} == set(routes())


def test_no_row_stands_twice_in_the_table() -> None:
    counted = Counter((row["route"], row["with"]) for row in rows())
    assert {row for row, times in counted.items() if times > 1} == set()


def test_the_table_names_the_whole_cast(world) -> None:
    assert tuple(world.people) == EVERYBODY


@pytest.mark.parametrize("person", EVERYBODY)
def test_each_page_answers_as_the_table_says(person, world, client_of, db) -> None:
    actor = world.people[person]
    client = client_for(actor, client_of)
    before = stored(but=READS_LEAVE)
    differing = {}
    for row in rows():
        answer = status(client.get(path_of(row, world.things)))
        if str(answer) != row[person]:
            differing[row["route"], row["with"]] = (row[person], answer)
    assert differing == {}
    assert changed(before, stored(but=READS_LEAVE)) == set(), "a GET wrote"


@pytest.mark.parametrize("person", EVERYBODY)
def test_posts_of_others_are_refused_and_change_nothing(
    person, world, client_of, db
) -> None:
    client = client_for(world.people[person], client_of)
    before, let_in = stored(), {}
    for row in rows():
        if may_act(row, person):
            continue
        answer = status(client.post(path_of(row, world.things), FILLED))
        reading = answer == 200 and row[person] == "200"  # a page that only reads
        if answer not in REFUSED and not reading:
            let_in[row["route"], row["with"]] = answer
    assert let_in == {}
    left = changed(before, stored())
    assert left <= {"audit.TrailEntry"}
    assert left == set() or person in {"association", "other_association"}


@pytest.mark.parametrize("person", EVERYBODY)
def test_whoever_may_act_is_let_in(person, world, client_of, db) -> None:
    """Else the column could name anybody."""
    shut_out = {}
    for row in rows():
        if not may_act(row, person) or row["route"] == "reviews:assign":
            continue
        with transaction.atomic():
            client = client_for(world.people[person], client_of)
            answer = status(client.post(path_of(row, world.things)))
            transaction.set_rollback(True)
        if answer in REFUSED and row["route"] not in ASKS_FOR_MORE:
            shut_out[row["route"], row["with"]] = answer
    assert shut_out == {}


# Every word any verb asks for, so that nobody is refused for an empty form alone.
FILLED = {
    "comment": "请补充", "reason": "请补充", "confirmed": "on", "version": "0",
    "evidence": "scan", "password": "xiaozu-2020-demo", "codes": "2020-SQC-0001",
    "seat": worlds.NO_KEY, "undertaken": "on", "act": "set_aside", "verdict": "set_aside",
    "opens_at": "2020-06-28T00:00", "closes_at": "2030-07-12T22:00", "judge": "1",
}  # fmt: skip
# 404 for a seat that is not one's own, and for a campaign not named; back to signing in
# where the password was not given yet.
ASKS_FOR_MORE = {
    "accounts:take_seat", "accounts:organisation_right", "accounts:second_step",
}  # fmt: skip


# --- not visible is not there ------------------------------------------------------------


# Masked anew, or counted on, with every request.
SECRETS = re.compile(r'"[0-9A-Za-z]{64}"|data-now="[^"]*"')


def said(answer: HttpResponse, path: str) -> tuple[int, str, tuple]:
    """Status, words and headers, without what differs from request to request."""
    body = b"".join(answer) if answer.streaming else answer.content
    text = SECRETS.sub("", body.decode()).replace(path, "")
    headers = tuple(sorted((k, v) for k, v in answer.items() if k != "Content-Length"))
    return answer.status_code, text, headers


@pytest.mark.parametrize(
    "person",
    ["second_group", "other_group", "other_unit", "other_recommender",
     "other_association", "fellow_judge", "idle_judge"],
)  # fmt: skip
def test_what_is_not_visible_answers_as_what_does_not_exist(
    person, world, client_of, db
) -> None:
    client = client_for(world.people[person], client_of)
    absent = {**world.things, **world.absent}
    compared, differing = 0, []
    for row in rows():
        there, nowhere = path_of(row, world.things), path_of(row, absent)
        if row[person] != "404" or there == nowhere:
            continue
        compared += 1
        if said(client.get(there), there) != said(client.get(nowhere), nowhere):
            differing.append((row["route"], row["with"]))
    assert differing == []
    assert compared >= (2 if "judge" in person else 4)


# --- ids in the body -----------------------------------------------------------------------


def test_own_pages_do_not_reach_files_of_another_submission(
    world, client_of, db
) -> None:
    own = world.walk.stamped(world.walk.cast.other_group)
    for person, pages in (
        ("other_group", ["file_download", "document_status", "page_image"]),
        ("other_unit", ["file_download", "document_status", "page_image"]),
        ("other_recommender", ["file_download", "document_status", "page_image"]),
    ):
        client = client_for(world.people[person], client_of)
        for page in pages:
            given = {"code": own.code, "key": world.things["records"]}
            given |= {"number": 1} if page == "page_image" else {}
            answer = client.get(reverse(f"submissions:{page}", kwargs=given))
            assert (person, page, answer.status_code) == (person, page, 404)


def test_codes_of_others_in_a_list_change_nothing(world, client_of, db) -> None:
    """The desk's batch verbs take codes from the form: foreign ones are passed over."""
    waiting = world.walk.scored(world.walk.cast.second_group, topic_type="innovation")
    form = {"chosen": [waiting.code], f"rank-{waiting.code}": "1"}

    def posted(person: str) -> set[str]:
        client = client_for(world.people[person], client_of)
        before = stored()
        for name in ("recommend_many", "rank"):
            client.post(reverse(f"recommenders:{name}"), form)
        return changed(before, stored())

    assert posted("other_recommender") <= {"recommenders.Dossier"}
    assert {"recommenders.Candidate", "submissions.Submission"} <= posted("recommender")


def test_awards_and_judges_of_another_campaign_stay(world, client_of, db) -> None:
    result = world.walk.judging(world.walk.cast.other_group)
    for assignment in result.assignments.all():
        reviewing.save_marks(
            assignment.pk, marks=factories.full_marks(assignment.rubric), remark="现状调查分层清楚，对策具体。",
            panel_remark="", version=0, hand_in=True, at=world.walk.at,
            by=next(p for p in (world.walk.cast.judge, world.walk.cast.judge2,
                                world.walk.cast.judge3) if p.user == assignment.judge),
        )  # fmt: skip
    form = {f"level-{result.code}": "1", "judge": world.people["idle_judge"].user.pk}
    wanted = f"?campaign={world.things['campaign']}"

    def posted(person: str) -> set[str]:
        client = client_for(world.people[person], client_of)
        before = stored()
        for name in ("awards_save", "awards_cut", "assign_evenly", "publish"):
            client.post(reverse(f"reviews:{name}"), form)
            client.post(reverse(f"reviews:{name}") + wanted, form)
        client.post(reverse("reviews:assign", args=[result.code]), form)
        return changed(before, stored())

    assert posted("other_association") == set()
    assert {"reviews.Decision", "submissions.Submission"} <= posted("association")
