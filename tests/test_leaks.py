"""What nobody may read: the texts of the neighbour.

Secrets are planted, everything a person can reach is read, and the secrets must not
be there. Each kind has its control: somebody who may read them does, and with the
filter taken out the test would fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from django.db import connection, transaction

from qcportal.audit.models import TrailEntry
from qcportal.documents.models import Document
from qcportal.inbox.models import Mail, Message
from qcportal.registrations import actions as registering
from qcportal.registrations.rules import Application
from recommenders import actions as recommending
from recommenders.models import Paper
from reviews import actions as reviewing
from submissions import actions as filing
from submissions.models import ScoreSheet, Submission, SubmissionQuerySet
from tests import factories
from tests import world as worlds
from tests.crawl import crawled, telling

OWN, SECOND, NEIGHBOUR = "甲组暗记", "丙组暗记", "乙组暗记"
PHONES = {OWN: "13811110001", SECOND: "13822220002", NEIGHBOUR: "13833330003"}
# Of an applicant for an account, of a person with one, and in the middle of a text.
APPLIED, OF_USER, WITHIN = "13844440004", "13855550005", "13866660006"
NUMBERS = [*PHONES.values(), APPLIED, OF_USER, WITHIN]


def planted(mark: str) -> dict[str, object]:
    """A content whose every free text carries the mark."""
    return {
        "title": f"{mark}降低故障率",
        "summary": f"{mark}小组按PDCA程序开展活动，锁定要因。现场电话 {WITHIN}。",
        "measure": f"{mark}故障率", "department": f"{mark}部", "mobile": PHONES[mark],
        "members": [
            {"name": f"{mark}{n}号", "gender": "f", "post": f"{mark}长",
             "part": f"{mark}负责"} for n in "一二三"
        ],
    }  # fmt: skip


def mark_the_rest(found: Submission, mark: str) -> None:
    """File names and opinions, which the walk writes alike for everybody."""
    for kind, ending in (("report", "docx"), ("records", "pdf")):
        row = found.attachments.get(slot=kind)
        Document.objects.filter(pk=row.document_id).update(
            title=f"{mark}{kind}.{ending}"
        )
    sheets = ScoreSheet.objects.filter(revision__submission=found)
    sheets.update(opinion=f"{mark}同意推荐。")


def apply_for_account(cast: factories.Cast, at: datetime) -> None:
    registering.apply(
        Application(
            channel="unit", person="申请人", username="applicant", password="!", mobile=APPLIED,
            organisation_name="上海某某机械有限公司", recommender=cast.recommender.organisation,
            agreed=True,
        ),
        at=at,
    )  # fmt: skip


# --- the neighbour's texts ----------------------------------------------------------------


@pytest.fixture(scope="module")
def twins(django_db_setup, django_db_blocker) -> Iterator[factories.Walk]:
    """``group`` published; beside it the same unit's second group with the recommending
    body, and another line: one with the judges, one returned, one a draft."""
    with django_db_blocker.unblock(), transaction.atomic():
        walk = worlds.walk_now()
        cast, at = walk.cast, walk.at
        mark_the_rest(walk.published(cast.group, **planted(OWN)), OWN)
        second = walk.recommended(
            cast.second_group, topic_type="innovation", **planted(SECOND)
        )
        mark_the_rest(second, SECOND)
        mark_the_rest(walk.judging(cast.other_group, **planted(NEIGHBOUR)), NEIGHBOUR)
        back = walk.filed(cast.other_group, **planted(NEIGHBOUR))
        filing.unit_return(
            back.pk, comment=f"{NEIGHBOUR}请补充。", by=cast.other_unit, at=at
        )
        walk.draft(cast.other_group, **planted(NEIGHBOUR))
        # The same texts in categories that leave a tier out.
        factories.three_categories(walk.campaign)
        for walk.category in ("team", "star"):
            mark_the_rest(
                walk.scored(cast.other_group, **planted(NEIGHBOUR)), NEIGHBOUR
            )
        mark_the_rest(walk.judging(cast.other_group, **planted(NEIGHBOUR)), NEIGHBOUR)
        walk.category = "result"
        for body in (cast.recommender, cast.other_recommender):
            dossier = recommending.dossier_of(walk.campaign, body.organisation)
            rows = dossier.candidates.filter(recommended_at__isnull=False)
            for kind in Paper.Kind.values if rows else ():
                recommending.make_paper(dossier.pk, kind, by=body, at=at)
        reviewing.export(walk.campaign, {}, by=cast.association, at=at)
        cast.unit.user.mobile = OF_USER
        cast.unit.user.save(update_fields=["mobile", "mobile_index"])
        apply_for_account(cast, at)
        reviewing.export(walk.campaign, {"q": PHONES[OWN]}, by=cast.association, at=at)
        worlds.make_for_real()
        yield walk
        transaction.set_rollback(True)


def neighbours(cast: factories.Cast) -> dict[str, list[str]]:
    """Who must not read whose marks, names and numbers."""
    far = [NEIGHBOUR, PHONES[NEIGHBOUR], cast.other_group.organisation_name,
           cast.other_group.user_name, cast.other_unit.user_name]  # fmt: skip
    near = [SECOND, PHONES[SECOND], cast.second_group.organisation_name]
    return {
        "group": [*far, *near], "unit": far, "recommender": far,
        "judge3": [SECOND, *PHONES.values(), APPLIED, WITHIN],
        "other_group": [OWN + "一号", PHONES[OWN], *near],
        "other_unit": [OWN + "一号", PHONES[OWN], *near],
        "other_recommender": [OWN + "一号", PHONES[OWN], *near],
        "other_association": [OWN + "一号", PHONES[OWN], *far, *near],
        "nobody": [OWN + "一号", OWN + "部", *PHONES.values(), *far, *near],
    }  # fmt: skip


PEOPLE = (
    "group", "unit", "recommender", "judge3", "other_group", "other_unit",
    "other_recommender", "other_association", "nobody",
)  # fmt: skip


@pytest.mark.parametrize("person", PEOPLE)
def test_nothing_of_the_neighbour_is_anywhere(person, twins, client_of, db) -> None:
    actor = getattr(twins.cast, person, None)
    pages = crawled(actor, client_of)
    assert telling(pages, neighbours(twins.cast)[person]) == {}


@pytest.mark.parametrize(
    ("person", "marks"),
    [
        ("group", [OWN]),
        ("second_group", [SECOND]),
        ("unit", [OWN, SECOND]),
        ("recommender", [OWN, SECOND]),
        ("other_unit", [NEIGHBOUR]),
        ("association", [OWN, SECOND, NEIGHBOUR]),
    ],
)
def test_everybody_does_read_what_is_theirs(
    person, marks, twins, client_of, db
) -> None:
    """The control: the marks are found where they may be."""
    pages = crawled(getattr(twins.cast, person), client_of)
    told = {mark for path in telling(pages, marks).values() for mark in path}
    assert told == set(marks)


@pytest.mark.parametrize("person", ["group", "unit", "recommender"])
def test_without_the_filter_the_neighbour_would_be_found(
    person, twins, client_of, db, monkeypatch
) -> None:
    """The control of the control: ``visible_to`` taken out, the crawl sees it."""
    monkeypatch.setattr(SubmissionQuerySet, "visible_to", lambda rows, actor: rows)
    pages = crawled(getattr(twins.cast, person), client_of)
    assert telling(pages, [NEIGHBOUR]) != {}


@pytest.mark.parametrize(
    "question",
    ["q=%E4%B9%99%E7%BB%84", "recommender=1", "unit=1", "group=1", "state=judging",
     "judge=1", "campaign__host=1", "expand=all", "fields=content", "order=score",
     "sort=score", "award=1", "type=innovation", "page=2", "view=all"],
)  # fmt: skip
def test_no_question_in_the_address_widens_a_list(question, twins, client_of, db):
    """A parameter nobody uses must not open what nobody may read."""
    cast = twins.cast
    for actor, paths in (
        (cast.group, ["/submissions/", "/messages/"]),
        (cast.unit, ["/submissions/stamping/", "/seals/", "/messages/"]),
        (cast.recommender, ["/recommenders/", "/recommenders/papers/"]),
        (cast.judge3, ["/reviews/judging/"]),
        (cast.other_association, ["/reviews/entries/", "/audit/", "/reviews/awards/"]),
    ):
        client = client_of(actor)
        for path in paths:
            answer = client.get(f"{path}?{question}", follow=True)
            assert answer.status_code in (200, 404)
            words = answer.content.decode()
            hidden = SECOND if actor is cast.judge3 else NEIGHBOUR
            # What was asked comes back in the search box; the mark in full never does.
            assert hidden not in words, (path, question)


def test_personal_numbers_stay_out_of_messages_and_the_trail(twins, db) -> None:
    for phone in PHONES.values():
        assert not Message.objects.filter(title__contains=phone).exists()
        assert not Message.objects.filter(body__contains=phone).exists()
        assert not Mail.objects.filter(body__contains=phone).exists()
    for entry in TrailEntry.objects.all():
        said = f"{entry.about}{entry.data}"
        assert not any(phone in said for phone in PHONES.values()), entry.what


@pytest.mark.parametrize("person", [*PEOPLE, "association", "second_group"])
def test_a_number_of_a_person_is_read_by_the_next_level_only(
    person, twins, client_of, db
) -> None:
    """The applicant's number by who may open the account; the number of a person with
    an account stands on no page of others."""
    pages = crawled(getattr(twins.cast, person, None), client_of)
    told = {n for found in telling(pages, [APPLIED, OF_USER]).values() for n in found}
    assert told == ({APPLIED} if person in ("recommender", "association") else set())


def test_the_contact_is_found_by_the_whole_number_by_those_who_may_read_it(twins, db):
    cast = twins.cast
    for actor, found in (
        (cast.association, {OWN}), (cast.unit, {OWN}), (cast.recommender, {OWN}),
        (cast.other_unit, set()), (cast.other_association, set()), (cast.judge3, set()),
    ):  # fmt: skip
        rows = Submission.objects.visible_to(actor)
        typed = f"{PHONES[OWN][:3]} {PHONES[OWN][3:7]}-{PHONES[OWN][7:]}"
        assert {r.title[:4] for r in rows.filtered({"q": typed})} == found
        assert not rows.filtered({"q": PHONES[OWN][:7]}).exists()


def test_no_table_holds_a_number_in_the_clear(twins, db) -> None:
    """Every value of every table, as whoever steals the database reads it."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"select * from {connection.ops.quote_name(table)}")  # noqa: S608
            for row in cursor.fetchall():
                words = " ".join(map(str, row))
                assert not [n for n in NUMBERS if n in words], (table, words)


def test_the_numbers_are_there_for_those_who_work_with_them(twins, db) -> None:
    """The control: what no table holds is read by the portal itself."""
    own = Submission.objects.get(title__startswith=OWN)
    assert own.content["mobile"] == PHONES[OWN]
    assert own.filed_revision.content["mobile"] == PHONES[OWN]
    assert WITHIN in own.filed_revision.content["summary"]
    facts = Paper.objects.exclude(facts=[]).first().facts
    assert {row["mobile"] for row in facts} <= set(PHONES.values())
