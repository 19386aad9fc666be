"""Makers for a real worker, and its clock made quick: seconds instead of minutes."""

import os
import signal
import threading
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from qcportal.documents import making
from tests.qcportal.documents import specimens

making.HEARTBEAT = timedelta(milliseconds=200)
making.SILENT_AFTER = timedelta(seconds=1)
making.RESEND_AFTER = timedelta(seconds=1)

FOLDER = Path(settings.VAR_DIR)


@making.paper_task("tests.documents.held_up")
def held_up(document):
    """Says that it began, then waits for the test's leave (60 s at most)."""
    (FOLDER / f"began-{document.pk}-{document.attempts}").touch()
    for _ in range(600):
        if (FOLDER / f"go-{document.pk}").exists():
            return specimens.pdf(document.attempts)
        threading.Event().wait(0.1)
    raise TimeoutError


@making.paper_task("tests.documents.kills_its_maker")
def kills_its_maker(document):
    os.kill(os.getpid(), signal.SIGKILL)
