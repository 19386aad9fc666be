"""Who complains: on one page of the association, and nowhere else at all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core import mail
from django.db import transaction
from django.test import Client

from conduct.models import Case, Complainant
from qcportal.accounts.roles import Duty
from qcportal.audit.models import TrailEntry
from qcportal.documents.models import Document
from qcportal.inbox.models import Mail, Message
from tests import factories
from tests import world as worlds
from tests.conduct import cases
from tests.crawl import crawled, telling, text_of

SECRETS = [cases.MARK, cases.PHONE, cases.MAIL]


@pytest.fixture(scope="module")
def told(django_db_setup, django_db_blocker) -> Iterator[tuple[factories.Walk, Case]]:
    """A named complaint about the body, with a marked file, taken to the loss."""
    with django_db_blocker.unblock(), transaction.atomic():
        walk = worlds.walk_now()
        walk.stamped()
        body = walk.cast.recommender.organisation
        case = cases.named_complaint(walk.campaign, body, walk.at)
        cases.upheld(case, walk.cast, walk.at)
        worlds.make_everything()
        yield walk, cases.fresh(case)
        transaction.set_rollback(True)


PEOPLE = [
    "nobody", "group", "unit", "recommender", "other_recommender", "judge",
    "other_association",
]  # fmt: skip


@pytest.mark.parametrize("person", PEOPLE)
def test_nobody_else_reads_who_complains(person, told, client_of, db):
    walk, _ = told
    actor = getattr(walk.cast, person, None)
    assert telling(crawled(actor, client_of), SECRETS) == {}


def test_an_officer_without_the_case_reads_nothing_of_it(told, client_of, db):
    walk, case = told
    clerk = factories.seat("办事员", walk.campaign.host, Duty.CLERK, walk.at)
    client = client_of(clerk)
    for path in ("", "complainant/", "right/"):
        assert client.get(f"/conduct/{case.code}/{path}").status_code == 404
    assert case.code not in client.get("/conduct/").content.decode()


def test_the_handler_reads_it_on_one_page_and_that_is_on_record(told, client_of, db):
    walk, case = told
    client = client_of(walk.cast.association)
    page = client.get(f"/conduct/{case.code}/complainant/").content.decode()
    assert all(secret in page for secret in SECRETS)
    line = TrailEntry.objects.filter(what="complainant_seen").latest("pk")
    assert (line.about, line.user_name) == (case.code, walk.cast.association.user_name)
    ledger = client.get("/conduct/").content.decode()
    book = text_of(client.get("/conduct/export/").content)
    for said in (ledger, book):
        assert case.code in said
        assert telling({"x": said}, SECRETS) == {}


def test_the_body_sees_the_question_and_its_own_files_only(told, client_of, db):
    walk, case = told
    client = client_of(walk.cast.recommender)
    page = client.get(f"/hearings/{case.code}/").content.decode()
    assert "请说明评审费的收取情况。" in page
    assert "联络员私自收取，已退还。" in page
    for hidden in ("2000元", "收到反映", "受理", "周岚"):
        assert hidden not in page
    for file in case.files.select_related("document"):
        own = file.side == "body"
        answer = client.get(f"/hearings/{case.code}/files/{file.document.key}/")
        assert answer.status_code == (200 if own else 404)
        assert (
            client.get(f"/conduct/{case.code}/files/{file.document.key}/").status_code
            == 403
        )


def test_rows_letters_and_file_names_carry_no_mark(told, db):
    _, case = told
    assert Complainant.objects.get(case=case).name == cases.MARK
    for rows in (Message.objects, TrailEntry.objects, Document.objects):
        assert telling({"x": str(list(rows.values()))}, SECRETS) == {}
    files = Document.objects.filter(kind="case_file", title__startswith="反映人")
    assert [(d.title, d.ordered_by) for d in files] == [("反映人材料1.png", None)]
    letters = [m for m in Mail.objects.all() if m.to != cases.MAIL]
    assert telling({str(m.pk): f"{m.subject}{m.body}" for m in letters}, SECRETS) == {}
    assert all(m.to == [cases.MAIL] or cases.MARK not in m.body for m in mail.outbox)


def test_a_receipt_opens_the_case_without_names(told, db):
    walk, _ = told
    body = walk.cast.recommender.organisation
    said = {"text": "又收了一次。"}
    case = cases.complaint(walk.campaign, body, walk.at)
    client = Client()
    for receipt in ("2222-2222-2222-2222", case.code, str(case.pk)):
        assert client.get(f"/complaints/{receipt}/").status_code == 404
        assert client.post(f"/complaints/{receipt}/more/", said).status_code == 404
