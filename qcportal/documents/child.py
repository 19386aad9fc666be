"""Has the child process do what the web process must not: open what somebody sent."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import IO

from qcportal import env
from qcportal.documents.inspecting import INSPECTOR, KEPT_ENVIRONMENT

logger = logging.getLogger(__name__)
SECONDS = 60  # of the wall clock; the child's own limit counts processor time


def ask(word: str, file: IO[bytes]) -> bytes | None:
    """The answer of inspector.py called with ``word`` and ``file`` as its standard
    input; None where it was ended by its limits, broke or could not be started."""
    try:
        done = subprocess.run(  # noqa: S603 - our own program, no word of the user
            [sys.executable, "-P", str(INSPECTOR), word],
            stdin=file, capture_output=True, timeout=SECONDS, check=False,
            env=env.handed_on(KEPT_ENVIRONMENT) | {"PYTHONIOENCODING": "utf-8"},
        )  # fmt: skip
    except (subprocess.TimeoutExpired, OSError):
        logger.exception("The child (%s) was ended or could not be started", word)
        return None
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace")[-500:]
        logger.warning("The child (%s) gave no answer: %s", word, said)
        return None
    return done.stdout
