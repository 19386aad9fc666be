"""A paper is made once, whatever happens to messages, workers and the broker."""

import hashlib
import threading
from datetime import UTC, datetime, timedelta

import pytest
from celery import current_app
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction

from qcportal.documents import keeping, making, tasks
from qcportal.documents.models import Document
from tests.qcportal.documents import specimens

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 7, 6, 4, 0, tzinfo=UTC)
PAPER = specimens.pdf(2)
NOBODY = "tests.documents.nobody_makes_this"


@making.paper_task("tests.documents.two_pages")
def two_pages(document):
    making.report(document, 50, "正在写第 1 页，共 2 页")
    return PAPER


@making.paper_task("tests.documents.always_stumbles")
def always_stumbles(document):
    raise ValueError("指标没有单位")


def ordered(maker=NOBODY, **fields):
    """A row as order() leaves it when its message was lost."""
    facts = {
        "kind": "form",
        "title": "申报表.pdf",
        "origin": "MADE",
        "maker": maker,
        "ordered_at": NOON,
        "content_type": "application/pdf",
    }
    return Document.objects.create(**facts | fields)


def fresh(document):
    return Document.objects.get(pk=document.pk)


def stored_files():
    folders = keeping._listed("documents")[0]
    return sorted(
        f"documents/{folder}/{name}"
        for folder in folders
        for name in keeping._listed(f"documents/{folder}")[1]
    )


@pytest.fixture(autouse=True)
def empty_storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def broker_away(settings):
    """Messages go to a port where nobody listens."""
    before = current_app.conf.broker_url, current_app.conf.broker_transport_options
    current_app.conf.update(
        task_always_eager=False,
        broker_url="redis://127.0.0.1:9/0",
        broker_transport_options={"socket_connect_timeout": 1},
    )
    current_app._after_fork()
    yield
    current_app.conf.update(
        task_always_eager=True,
        broker_url=before[0],
        broker_transport_options=before[1],
    )
    current_app._after_fork()


def test_an_order_is_made_after_the_commit(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        document = making.order("form", "申报表.pdf", maker=two_pages.name)
        assert document.status == "WAITING"
        assert stored_files() == []
    document = fresh(document)
    assert (
        document.status,
        document.content_type,
        document.sha256,
        document.size,
        document.pages,
        document.attempts,
        document.progress,
        document.progress_text,
        document.error,
        document.expires_at,
    ) == (
        "READY",
        "application/pdf",
        hashlib.sha256(PAPER).hexdigest(),
        len(PAPER),
        2,
        1,
        100,
        "",
        "",
        None,
    )
    assert stored_files() == [document.file.name]
    with default_storage.open(document.file.name) as file:
        assert file.read() == PAPER


def order_and_stumble():
    with transaction.atomic():
        making.order("form", "申报表.pdf", maker=two_pages.name)
        raise ZeroDivisionError


def test_an_order_rolled_back_leaves_nothing(django_capture_on_commit_callbacks):
    with (
        django_capture_on_commit_callbacks(execute=True) as callbacks,
        pytest.raises(ZeroDivisionError),
    ):
        order_and_stumble()
    assert (callbacks, Document.objects.count()) == ([], 0)


def test_a_title_must_promise_a_kind():
    with pytest.raises(ValueError, match="申报表"):
        making.order("form", "申报表", maker=two_pages.name)
    assert Document.objects.count() == 0


def test_a_second_delivery_changes_nothing():
    document = ordered(two_pages.name)
    two_pages(document.pk)
    first, files = fresh(document).__dict__, stored_files()
    two_pages(document.pk)
    second = fresh(document).__dict__
    del first["_state"], second["_state"]
    assert (second, stored_files()) == (first, files)


def test_a_run_beside_a_living_one_does_nothing():
    document = ordered()
    calls = []

    def outer(row):
        calls.append("outer")
        assert making.fulfil(row.pk, inner) is False
        return PAPER

    def inner(row):
        calls.append("inner")
        return PAPER

    assert making.fulfil(document.pk, outer) is True
    assert (calls, fresh(document).attempts) == (["outer"], 1)


def test_a_silent_maker_is_overtaken_and_brings_nothing_later():
    document = ordered()

    def slow(row):
        Document.objects.filter(pk=row.pk).update(started_at=NOON)
        assert making.fulfil(row.pk, lambda again: specimens.pdf(1)) is True
        return PAPER

    assert making.fulfil(document.pk, slow) is False
    after = fresh(document)
    assert (after.status, after.pages, after.attempts) == ("READY", 1, 2)
    assert stored_files() == [after.file.name]


def test_an_unknown_id_is_no_fault():
    assert making.fulfil(987_654, lambda row: PAPER) is False


def test_three_stumbles_end_in_failed_and_retry_begins_anew():
    document = ordered(always_stumbles.name)
    seen = []
    for _ in range(4):
        always_stumbles(document.pk)
        row = fresh(document)
        seen.append((row.status, row.attempts, row.error))
    error = "ValueError: 指标没有单位"
    assert seen == [
        ("WAITING", 1, error),
        ("WAITING", 2, error),
        ("FAILED", 3, error),
        ("FAILED", 3, error),
    ]
    assert stored_files() == []
    assert making.retry(fresh(document), by=None) is True
    row = fresh(document)
    assert (row.status, row.attempts, row.error) == ("WAITING", 0, "")
    assert making.retry(row, by=None) is False
    assert making.fulfil(document.pk, lambda again: PAPER) is True


@pytest.mark.parametrize("content", [b"", b"<html>", None, "%PDF-1.7", b"PK\3\4"])
def test_what_is_no_pdf_is_not_stored(content):
    document = ordered()
    assert making.fulfil(document.pk, lambda row: content) is False
    row = fresh(document)
    assert (row.status, row.error, stored_files()) == (
        "WAITING",
        f"NotAPaper: {NOBODY} did not return pdf bytes",
        [],
    )


def test_a_dead_broker_does_not_break_the_request(
    broker_away, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        document = making.order("form", "申报表.pdf", maker=NOBODY)
    row = fresh(document)
    assert (row.status, row.sent_at) == ("WAITING", None)
    assert making.sweep(row.ordered_at + timedelta(minutes=1)) == 0


def test_the_sweep_makes_what_was_forgotten():
    waiting = ordered(two_pages.name)
    killed = ordered(two_pages.name, status="MAKING", attempts=1, started_at=NOON)
    assert making.sweep(NOON + timedelta(seconds=31)) == 2
    assert [fresh(waiting).status, fresh(killed).status] == ["READY", "READY"]
    assert [fresh(waiting).attempts, fresh(killed).attempts] == [1, 2]


@pytest.mark.parametrize(
    ("seconds", "fields", "sent"),
    [
        (14, {}, 0),
        (16, {}, 1),
        (16, {"sent_at": NOON + timedelta(seconds=5)}, 0),
        (21, {"sent_at": NOON + timedelta(seconds=5)}, 1),
        (29, {"status": "MAKING", "attempts": 1, "started_at": NOON}, 0),
        (31, {"status": "MAKING", "attempts": 1, "started_at": NOON}, 1),
        (99, {"status": "FAILED", "attempts": 3}, 0),
        (99, {"status": "EXPIRED", "attempts": 1}, 0),
    ],
)
def test_the_sweep_sends_at_the_edge(seconds, fields, sent):
    # Silence is measured against the real clock too, so the maker finds it old.
    ordered(two_pages.name, **fields)
    assert making.sweep(NOON + timedelta(seconds=seconds)) == sent


def test_a_row_that_kills_its_makers_is_given_up():
    document = ordered(
        two_pages.name, status="MAKING", attempts=making.MAX_ATTEMPTS, started_at=NOON
    )
    two_pages(document.pk)
    assert fresh(document).status == "MAKING"
    assert making.sweep(NOON + timedelta(minutes=1)) == 0
    row = fresh(document)
    assert (row.status, row.attempts) == ("FAILED", 3)
    assert row.error.startswith("The maker fell silent 3 times")


def test_exports_expire_and_can_be_made_again():
    document = ordered(two_pages.name, expires_at=NOON + timedelta(days=7))
    two_pages(document.pk)
    assert making.expire(NOON + timedelta(days=7, seconds=-1)) == 0
    assert making.expire(NOON + timedelta(days=7)) == 1
    row = fresh(document)
    assert (row.status, row.file.name, stored_files()) == ("EXPIRED", "", [])
    assert making.retry(row, by=None) is True
    row = fresh(document)
    assert row.expires_at - row.ordered_at > timedelta(days=6, hours=23)


def test_progress_is_kept_in_bounds():
    document = ordered()
    seen = []

    def make(row):
        for percent in (-5, 40, 400):
            making.report(row, percent, "字" * 150)
            seen.append((fresh(row).progress, len(fresh(row).progress_text)))
        return PAPER

    making.fulfil(document.pk, make)
    assert seen == [(0, 100), (40, 100), (100, 100)]


def test_the_task_by_its_name_sweeps():
    document = ordered(two_pages.name)
    tasks.sweep.delay()
    assert fresh(document).status == "READY"


def test_files_without_rows_are_dropped_after_a_day():
    document = ordered()
    making.fulfil(document.pk, lambda row: PAPER)
    orphan = keeping.write(document, default_storage.open(fresh(document).file.name))
    now = datetime.now(UTC)
    assert keeping.drop_unowned(now) == 0
    assert keeping.drop_unowned(now + timedelta(days=1, minutes=1)) == 1
    assert stored_files() == [fresh(document).file.name]
    assert default_storage.exists(orphan) is False
    default_storage.delete(fresh(document).file.name)
    assert list(keeping.missing()) == [document]


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "LOST"},
        {"origin": "FOUND"},
        {"status": "READY"},
        {"status": "READY", "file": "documents/a"},
        {"maker": ""},
        {"progress": 101},
    ],
)
def test_the_database_refuses_what_cannot_be(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        ordered(**fields)


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (1023, "1023 B"), (88_064, "86 KB"), (19_503_514, "18.6 MB")],
)
def test_sizes_are_told_for_people(size, text):
    assert Document(size=size).size_text == text


def test_the_questions_a_page_asks():
    answers = {
        status: [
            document.is_waiting,
            document.is_ready,
            document.is_failed,
            document.is_expired,
        ]
        for status in Document.Status.values
        for document in [Document(status=status)]
    }
    assert answers == {
        "WAITING": [True, False, False, False],
        "MAKING": [True, False, False, False],
        "READY": [False, True, False, False],
        "FAILED": [False, False, True, False],
        "EXPIRED": [False, False, False, True],
    }


@pytest.mark.django_db(transaction=True)
def test_eight_runs_at_once_make_one_file():
    document = ordered()
    start, answers = threading.Barrier(8), []

    def run():
        start.wait()
        try:
            answers.append(making.fulfil(document.pk, lambda row: PAPER))
        finally:
            connection.close()

    runs = [threading.Thread(target=run) for _ in range(8)]
    for one in runs:
        one.start()
    for one in runs:
        one.join()
    row = fresh(document)
    assert (sorted(answers), row.attempts) == ([False] * 7 + [True], 1)
    assert stored_files() == [row.file.name]


@pytest.mark.django_db(transaction=True)
def test_a_long_paper_keeps_its_heartbeat(monkeypatch):
    monkeypatch.setattr(making, "HEARTBEAT", timedelta(milliseconds=10))
    document = ordered()

    def make(row):
        Document.objects.filter(pk=row.pk).update(started_at=NOON)
        moved = threading.Event()
        for _ in range(500):
            if fresh(row).started_at > NOON:
                return PAPER
            moved.wait(0.01)
        return b"the heart never beat"

    assert making.fulfil(document.pk, make) is True
