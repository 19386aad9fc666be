"""The nightly look at the books: a row, a line of the log, a message when it changes."""

import inspect
import logging
import re
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse

from qcportal.audit import words
from qcportal.audit.models import BooksCheck
from qcportal.documents.models import Document
from qcportal.inbox.models import Message
from qcportal.management import books, nightly, tasks
from submissions.models import Submission

pytestmark = pytest.mark.django_db
CODES = re.compile(r'Finding\(\s*"(\w+)"')


def told():
    rows = Message.objects.filter(title__startswith="账目核对").order_by("pk")
    return [(m.organisation.name, m.title) for m in rows]


def broken(found, state="judging"):
    Submission.objects.filter(pk=found.pk).update(state=state)


@pytest.fixture
def sound(walk):
    return walk.published()


def test_sound_books_leave_a_row_and_tell_nobody(sound, client):
    tasks.check()
    row = BooksCheck.objects.get()
    assert (row.count, row.findings, row.digests) == (0, [], False)
    assert told() == []
    answer = client.get("/health/").json()["books"]
    assert answer == {"state": "ok", "at": row.at.isoformat()}


def test_a_fault_is_kept_logged_and_told_once_and_so_is_its_end(
    sound, cast, noon, client, caplog
):
    broken(sound)
    with caplog.at_level(logging.ERROR, logger="qcportal.management.nightly"):
        for night in range(3):
            nightly.check_books(digests=False, at=noon + timedelta(days=night))
    words_of = "状态是 judging，按流转记录应是 published。"
    assert BooksCheck.objects.first().findings == [
        {"code": "state_differs", "about": sound.code, "words": words_of}
    ]
    assert len(caplog.records) == 3
    assert f"state_differs {sound.code} {words_of}" in caplog.text
    hosts = [
        cast.association.organisation.name,
        cast.other_association.organisation.name,
    ]
    assert sorted(told()) == sorted((h, "账目核对：有 1 处对不上") for h in hosts)
    message = Message.objects.filter(title__startswith="账目核对")[0]
    assert message.body == "状态和流转记录不一致 1 处。请联系平台维护人员查看日志。"
    assert client.get("/health/").json()["books"]["state"] == "fault"
    broken(sound, "published")
    for night in (3, 4):
        nightly.check_books(digests=False, at=noon + timedelta(days=night))
    assert told()[2:] == [(h, "账目核对：又都对得上了") for h, _ in told()[2:]]
    assert len(told()) == 4


def overwrite(document, data):
    with default_storage.open(document.file.name, "r+b") as file:
        file.write(data)


def test_an_altered_file_stands_until_the_files_are_read_again(sound, noon, client):
    document = Document.objects.filter(status="READY").first()
    overwrite(document, b"%PDX")
    nightly.check_books(digests=True, at=noon)
    nightly.check_books(digests=False, at=noon + timedelta(days=1))
    assert client.get("/health/").json()["books"]["state"] == "fault"
    assert len(told()) == 2  # two hosts, once
    overwrite(document, b"%PDF")
    nightly.check_books(digests=True, at=noon + timedelta(days=7))
    assert client.get("/health/").json()["books"]["state"] == "ok"


def test_the_secretariat_reads_how_the_books_stand(sound, cast, client_of, noon):
    page, desk = reverse("audit:trail"), client_of(cast.association)
    assert "账目核对" not in desk.get(page).content.decode()
    nightly.check_books(digests=False, at=noon)
    assert "全部对得上" in desk.get(page).content.decode()
    broken(sound)
    nightly.check_books(digests=False, at=noon + timedelta(days=1))
    assert (
        "有 1 处对不上（状态和流转记录不一致 1 处）" in desk.get(page).content.decode()
    )


def test_every_finding_has_a_word():
    text = inspect.getsource(books)
    assert set(words.BOOKS) == set(CODES.findall(text))
