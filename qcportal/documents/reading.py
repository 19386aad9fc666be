"""Word and PowerPoint as PDF, for reading in the page. Optional: needs LibreOffice.

The copy is a paper of its own beside the file that was sent; what counts is the file.
LibreOffice runs apart: a profile folder of its own, limits, a clock, one at a time.
"""

import fcntl
import logging
import os
import resource
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings

from qcportal import env
from qcportal.documents import making
from qcportal.documents.models import Document

logger = logging.getLogger(__name__)
KINDS = frozenset({"doc", "docx", "ppt", "pptx"})
MAKER = "documents.make_reading_copy"
SECONDS, CPU_SECONDS = 150, 120
LARGEST = 200 * 1024 * 1024  # bytes LibreOffice may write
KEPT_ENVIRONMENT = ("LD_LIBRARY_PATH",)  # never keys and passwords


class NotConverted(Exception):  # noqa: N818 - says what happened
    """LibreOffice is away, was ended by its limits, or left no PDF."""


def program() -> str:
    """Where LibreOffice is: ``SOFFICE``, else on the path; empty: it is not there."""
    return shutil.which(settings.SOFFICE or "soffice") or ""


def order_copies(documents: list[Document], by: Any) -> None:
    """Order a PDF for each Word or PowerPoint file that has none. In a transaction."""
    if not program():
        return
    for document in documents:
        if document.extension in KINDS and document.reading_id is None:
            title = f"{Path(document.title).stem[:190]}.pdf"
            document.reading = making.order("reading_copy", title, maker=MAKER, by=by)
            document.save(update_fields=["reading"])


def shown(document: Document) -> Document | None:
    """What can be read in the page: the file itself or its PDF; None: neither."""
    if document.is_ready and (document.is_pdf or document.is_image):
        return document
    copy = document.reading
    return copy if copy is not None and copy.is_ready else None


def why_not_shown(document: Document) -> str:
    """A sentence for readers, empty where it can be shown."""
    if shown(document) is not None:
        return ""
    if document.is_waiting or (document.reading and document.reading.is_waiting):
        return "正在生成，请过几秒刷新"
    called = (
        "Word 文件"
        if document.extension in {"doc", "docx"}
        else f"{document.extension.upper()} 文件"
    )
    if document.extension in KINDS and not program():
        return f"{called}，没有装转换程序，只能下载后打开看"
    return f"{called}，请下载后打开看"


def as_pdf(content: bytes, extension: str) -> bytes:
    """The file as PDF bytes. Raises NotConverted."""
    found = program()
    if not found:
        raise NotConverted("LibreOffice is not installed")
    with tempfile.TemporaryDirectory(prefix="reading-") as name, _alone():
        folder = Path(name)
        source = folder / f"file.{extension}"
        source.write_bytes(content)
        _run(found, folder, source)
        made = folder / "out" / "file.pdf"
        if not made.is_file():
            raise NotConverted("LibreOffice left no PDF")
        return made.read_bytes()


@contextmanager
def _alone() -> Iterator[None]:
    """One conversion at a time on this machine."""
    path = Path(settings.VAR_DIR) / "libreoffice.lock"
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(found: str, folder: Path, source: Path) -> None:
    command = [
        found, "--headless", "--norestore", "--nolockcheck", "--nodefault",
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--convert-to", "pdf", "--outdir", str(folder / "out"), str(source),
    ]  # fmt: skip
    process = subprocess.Popen(  # noqa: S603 - our own program, no word of the user
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, start_new_session=True, preexec_fn=_limit,
        env=env.handed_on(KEPT_ENVIRONMENT) | {"HOME": str(folder), "PATH": os.defpath},
    )  # fmt: skip
    try:
        said = process.communicate(timeout=SECONDS)[1]
    except subprocess.TimeoutExpired as late:
        raise NotConverted(f"LibreOffice was ended after {SECONDS} s") from late
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.returncode != 0:
        text = said.decode("utf-8", "replace")[-300:]
        raise NotConverted(f"LibreOffice ended with {process.returncode}: {text}")


def _limit() -> None:
    for what, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, LARGEST),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
