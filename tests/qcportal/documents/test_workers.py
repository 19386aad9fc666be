"""Real workers are killed in the middle of a paper; the paper is made all the same."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings
from django.db import connection
from django.utils import timezone

from qcportal.documents.models import Document

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

PATIENCE = 180  # seconds until a wait is given up
FOLDER = Path(settings.VAR_DIR)
LOG = FOLDER / "workers.log"


def wait_for(what):
    """Look again until ``what()`` is true; fails after PATIENCE."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if what():
            return
        threading.Event().wait(0.05)
    pytest.fail(f"waited in vain; the workers say:\n{LOG.read_text()[-3000:]}")


@pytest.fixture(autouse=True)
def real_broker():
    current_app.conf.task_always_eager = False
    yield
    current_app.conf.task_always_eager = True


@pytest.fixture
def start_worker():
    """Start workers in process groups of their own; none outlives the test."""
    started = []

    def start():
        worker = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "qcportal", "worker", "-c", "2"],
            env=os.environ
            | {
                "DJANGO_SETTINGS_MODULE": "tests.qcportal.documents.worker_settings",
                "WORKER_DATABASE": str(connection.settings_dict["NAME"]),
            },
            start_new_session=True,
            stdout=LOG.open("ab"),
            stderr=subprocess.STDOUT,
        )
        started.append(worker)
        return worker

    yield start
    for worker in started:
        kill(worker)


def kill(worker):
    if worker.poll() is None:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


def waiting(maker):
    now = timezone.now()
    return Document.objects.create(
        kind="form",
        title="申报表.pdf",
        origin="MADE",
        maker=maker,
        ordered_at=now,
        sent_at=now,
    )


def send(document):
    current_app.send_task(document.maker, (document.pk,))


def is_silent(document):
    started = Document.objects.get(pk=document.pk).started_at
    return started is not None and started < timezone.now() - timedelta(seconds=1.2)


def has_status(document, status):
    return lambda: Document.objects.get(pk=document.pk).status == status


def test_a_killed_worker_loses_no_paper(start_worker):
    document = waiting("tests.documents.held_up")
    send(document)
    send(document)  # delivered twice besides
    worker = start_worker()
    wait_for((FOLDER / f"began-{document.pk}-1").exists)
    kill(worker)
    wait_for(lambda: is_silent(document))
    (FOLDER / f"go-{document.pk}").touch()
    start_worker()
    wait_for(has_status(document, "READY"))
    row = Document.objects.get(pk=document.pk)
    assert (row.attempts, row.pages, row.error) == (2, 2, "")


def test_a_paper_that_kills_its_makers_is_given_up_and_others_go_on(start_worker):
    poison = waiting("tests.documents.kills_its_maker")
    send(poison)
    start_worker()

    def given_up():
        current_app.send_task("documents.sweep")
        threading.Event().wait(0.5)
        return has_status(poison, "FAILED")()

    wait_for(given_up)
    row = Document.objects.get(pk=poison.pk)
    assert row.attempts == 3
    assert row.error.startswith("The maker fell silent 3 times")
    good = waiting("tests.documents.held_up")
    (FOLDER / f"go-{good.pk}").touch()
    send(good)
    wait_for(has_status(good, "READY"))
