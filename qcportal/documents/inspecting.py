"""Has a child process look at an upload, with limits, and reads its answer.

The web process never opens a picture, a PDF or an archive somebody sent (threats:
bombs). ``inspector.py`` does, in a process of its own that may be lost.
"""

import json
import logging
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from qcportal import env
from qcportal.documents import contents
from qcportal.refusals import Refusal, refuse

logger = logging.getLogger(__name__)
INSPECTOR = Path(__file__).with_name("inspector.py")
SECONDS = 30  # of the wall clock; the child's own limit counts processor time
KEPT_ENVIRONMENT = ("LD_LIBRARY_PATH", "SYSTEMROOT")  # never keys and passwords


@dataclass(frozen=True)
class Seen:
    """``kind``: the extension the content deserves, "" when unknown; ``pages`` of a
    sound PDF; ``refusals``: what is wrong with it."""

    kind: str
    pages: int | None
    refusals: list[Refusal]


def look(upload: Any, name: str) -> Seen:
    """What the child says of the file; leaves it at its start.

    Raises Refused ``file_not_inspected`` where the child was ended by its limits or
    broke, ``inspector_away`` where it could not be started. ``name`` is for sentences.
    """
    if not settings.INSPECT_UPLOADS_APART:
        return Seen(*contents.look(upload))
    found = apart(INSPECTOR, upload, name)
    refusals = [Refusal(code, message) for code, message in found["refusals"]]
    return Seen(found["kind"], found["pages"], refusals)


def apart(program: Path, upload: Any, name: str, *arguments: str) -> dict[str, Any]:
    """Run a program of ours on a file, with limits; the JSON of its last line.

    Standard input of the program is the file, ``name`` is for sentences. Raises Refused
    as ``look`` does.
    """
    try:
        with _as_file(upload) as file:
            done = _run(program, file, arguments)
    except subprocess.TimeoutExpired:
        done = None
    except OSError:
        logger.exception("The inspector of uploads could not be started")
        refuse("inspector_away", "现在检查不了文件，请过几分钟再上传。")
    finally:
        upload.seek(0)
    if done is None or done.returncode != 0:
        _log(done)
        refuse(
            "file_not_inspected",
            f"“{name}”太大或太复杂，没能检查完。请压缩图片，或用原来的软件另存后再上传。",
        )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _as_file(upload: Any) -> IO[bytes]:
    """A file of its own, so that nobody's place in it is moved."""
    if hasattr(upload, "temporary_file_path"):
        return Path(upload.temporary_file_path()).open("rb")
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    upload.seek(0)
    shutil.copyfileobj(upload, copy)
    copy.seek(0)
    return copy


def _run(
    program: Path, file: IO[bytes], arguments: tuple[str, ...]
) -> subprocess.CompletedProcess[bytes]:
    environment = env.handed_on(KEPT_ENVIRONMENT)
    return subprocess.run(  # noqa: S603 - our own program, no word of the user
        [sys.executable, "-P", str(program), *arguments],
        stdin=file, capture_output=True, timeout=SECONDS, check=False,
        env=environment | {"PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip


def _log(done: subprocess.CompletedProcess[bytes] | None) -> None:
    if done is None:
        logger.warning("The inspector of uploads was ended after %s s", SECONDS)
        return
    said = done.stderr.decode("utf-8", "replace")[-500:]
    logger.warning("The inspector of uploads ended with %s: %s", done.returncode, said)
