"""Ordering and making papers: the row is the outbox, the broker carries only ids.

An action orders inside its transaction; a task of the owner's app makes::

    # actions.py
    form = making.order("application_form", "申报表.pdf",
                        maker=tasks.render_application_form.name, by=actor.user)

    # tasks.py
    @making.paper_task("submissions.render_application_form")
    def render_application_form(document):
        revision = Revision.objects.get(form=document)
        return papers.application_form(revision)        # bytes

Losing a message, delivering it twice, killing a worker: all harmless. A row is made
by whoever holds it (conditional UPDATE, ``attempts`` is the token); a maker that went
silent is overtaken, and what it brings afterwards is thrown away.
"""

import functools
import hashlib
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from celery import current_app, shared_task
from django.core.files.base import ContentFile
from django.db import DatabaseError, connection, models, transaction
from django.utils import timezone
from kombu.exceptions import ChannelError, OperationalError

from qcportal.documents import keeping, pdf
from qcportal.documents.models import CONTENT_TYPES, Document

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
HEARTBEAT = timedelta(seconds=5)
SILENT_AFTER = timedelta(seconds=30)
RESEND_AFTER = timedelta(seconds=15)
EXPORT_LIFETIME = timedelta(days=7)

_STARTS = {
    "pdf": b"%PDF-", "xlsx": b"PK", "docx": b"PK", "zip": b"PK",
    "jpg": b"\xff\xd8\xff", "png": b"\x89PNG",
}  # fmt: skip


@dataclass(frozen=True)
class Made:
    """What a maker brings: the file's bytes and, where it was signed, when, by whom
    (the certificate's name) and with which certificate (SHA-256, hex)."""

    content: bytes
    signed_at: datetime | None = None
    signed_by: str = ""
    signed_with: str = ""


class NotAPaper(Exception):  # noqa: N818 - says what came back
    """A maker returned something its title does not promise."""


def order(
    kind: str,
    title: str,
    maker: str,
    by: Any = None,
    lifetime: timedelta | None = None,
) -> Document:
    """Write the row of a paper and have it made once the transaction commits.

    ``kind`` is a short word of the owner's, ``title`` the Chinese file name with its
    extension (pdf, xlsx, docx, zip, jpg, png), ``maker`` a task name, ``by`` a user. With
    ``lifetime`` (exports: EXPORT_LIFETIME) the file is dropped afterwards. A broker
    that is away does not fail the request: the sweep sends the row later.
    """
    document = Document(
        kind=kind,
        title=title,
        maker=maker,
        ordered_by=by,
        origin=Document.Origin.MADE,
    )
    if document.extension not in _STARTS:
        raise ValueError(f"a paper's title ends in one of {list(_STARTS)}: {title}")
    if lifetime is not None:
        document.expires_at = document.ordered_at + lifetime
    document.content_type = CONTENT_TYPES[document.extension]
    document.save()
    transaction.on_commit(functools.partial(_send, document))
    return document


def retry(document: Document, by: Any) -> bool:
    """Have a FAILED or EXPIRED paper made again; False (no effect) in other states."""
    again = Document.objects.filter(
        pk=document.pk,
        origin=Document.Origin.MADE,
        status__in=[Document.Status.FAILED, Document.Status.EXPIRED],
    ).update(
        status=Document.Status.WAITING,
        attempts=0,
        error="",
        progress=0,
        progress_text="",
        sent_at=None,
        ordered_at=timezone.now(),
        ordered_by=by,
        expires_at=_new_expiry(document),
    )
    if again:
        document.refresh_from_db()
        transaction.on_commit(functools.partial(_send, document))
    return bool(again)


def report(document: Document, percent: int, text: str = "") -> None:
    """Tell the waiting page how far a long paper is: 0–100 and a short sentence."""
    _held(document).update(
        progress=max(0, min(100, percent)),
        progress_text=text[:100],
        started_at=timezone.now(),
    )


def paper_task(name: str) -> Callable[[Callable[[Document], bytes | Made]], Any]:
    """Make a Celery task called ``name`` of a function document → bytes, or ``Made``
    where there is more to keep than the bytes.

    The task takes a document id, never raises, and may run twice. Content type comes
    from the document's title, pages are counted for PDFs.
    """

    def decorate(make: Callable[[Document], bytes | Made]) -> Any:
        @shared_task(name=name, ignore_result=True)
        @functools.wraps(make)
        def task(document_id: int) -> None:
            fulfil(document_id, make)

        return task

    return decorate


def fulfil(document_id: int, make: Callable[[Document], bytes | Made]) -> bool:
    """Claim the row, make, store; True if this very run brought the file.

    An exception puts the row back to WAITING (the sweep sends it again) and, at the
    third attempt, to FAILED with the error kept for staff.
    """
    document = _claim(document_id, at=timezone.now())
    if document is None:
        return False
    try:
        with _beating(document):
            made = make(document)
            return _store(document, made if isinstance(made, Made) else Made(made))
    except Exception as error:  # noqa: BLE001 - any fault of a maker ends in the row
        _fault(document, error)
        return False


def sweep(at: datetime) -> int:
    """Send forgotten rows again, give up hopeless ones, drop expired files.

    Returns how many rows were sent.
    """
    _give_up(at)
    expire(at)
    forgotten = Document.objects.forgotten(
        sent_before=at - RESEND_AFTER, beating_before=at - SILENT_AFTER
    ).filter(origin=Document.Origin.MADE)
    return sum(_send(document, at=at) for document in forgotten.order_by("id"))


def expire(at: datetime) -> int:
    """Drop the files of papers past their keeping time; the rows stay."""
    due = Document.objects.filter(status=Document.Status.READY, expires_at__lte=at)
    count = 0
    for document in due:
        stored = document.file.name or ""
        count += Document.objects.filter(
            pk=document.pk, status=Document.Status.READY
        ).update(status=Document.Status.EXPIRED, file="")
        keeping.drop(stored)
    return count


def _new_expiry(document: Document) -> datetime | None:
    if document.expires_at is None:
        return None
    return timezone.now() + (document.expires_at - document.ordered_at)


def _send(document: Document, at: datetime | None = None) -> bool:
    """Hand the id to the broker; False when the broker is away."""
    # Marked first: an eager or very quick task must find its own marks last.
    Document.objects.filter(pk=document.pk).update(sent_at=at or timezone.now())
    try:
        task = current_app.tasks.get(document.maker)
        if task is not None:
            task.apply_async((document.pk,))
        else:
            current_app.send_task(document.maker, (document.pk,))
    except (OperationalError, ChannelError, OSError) as error:
        logger.warning("document %s not sent, sweep will: %s", document.pk, error)
        Document.objects.filter(pk=document.pk).update(sent_at=None)
        return False
    return True


def _claim(document_id: int, at: datetime) -> Document | None:
    """Take the row for this run, or None: ready, gone, or in another's hands."""
    free = models.Q(status=Document.Status.WAITING) | models.Q(
        status=Document.Status.MAKING,
        started_at__lt=at - SILENT_AFTER,
        attempts__lt=MAX_ATTEMPTS,
    )
    with transaction.atomic():
        claimed = Document.objects.filter(
            free, pk=document_id, origin=Document.Origin.MADE
        ).update(
            status=Document.Status.MAKING,
            attempts=models.F("attempts") + 1,
            started_at=at,
            progress=0,
            progress_text="",
        )
        if not claimed:
            logger.info("document %s: nothing to do", document_id)
            return None
        return Document.objects.get(pk=document_id)


def _held(document: Document) -> models.QuerySet[Document]:
    """The row, as long as this run still holds it."""
    return Document.objects.filter(
        pk=document.pk,
        status=Document.Status.MAKING,
        attempts=document.attempts,
    )


@contextmanager
def _beating(document: Document) -> Iterator[None]:
    """Renew the row's heartbeat from a thread, so that only the dead fall silent."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(HEARTBEAT.total_seconds()):
            try:
                _held(document).update(started_at=timezone.now())
            except DatabaseError as error:
                logger.warning("document %s: no heartbeat: %s", document.pk, error)
            finally:
                connection.close()  # this thread's own connection

    heart = threading.Thread(target=beat, daemon=True, name="document-heartbeat")
    heart.start()
    try:
        yield
    finally:
        done.set()


def _store(document: Document, made: Made) -> bool:
    """Write the file under a random name, then the row; overtaken runs leave nothing."""
    content, start = made.content, _STARTS[document.extension]
    if not isinstance(content, bytes) or not content.startswith(start):
        raise NotAPaper(f"{document.maker} did not return {document.extension} bytes")
    pages = pdf.page_count(content) if document.extension == "pdf" else None
    stored = keeping.write(document, ContentFile(content))
    kept = _held(document).update(
        status=Document.Status.READY,
        file=stored,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        pages=pages,
        signed_at=made.signed_at,
        signed_by=made.signed_by[:120],
        signed_with=made.signed_with,
        progress=100,
        progress_text="",
        error="",
        ready_at=timezone.now(),
    )
    if not kept:
        keeping.drop(stored)
        logger.info("document %s: overtaken, its file is dropped", document.pk)
    return bool(kept)


def _fault(document: Document, error: Exception) -> None:
    last = document.attempts >= MAX_ATTEMPTS
    logger.error(
        "document %s (%s), attempt %s: %s",
        document.pk,
        document.maker,
        document.attempts,
        type(error).__name__,
        exc_info=error,
    )
    _held(document).update(
        status=Document.Status.FAILED if last else Document.Status.WAITING,
        error=f"{type(error).__name__}: {error}"[:2000],
        sent_at=None,
        progress=0,
        progress_text="",
    )


def _give_up(at: datetime) -> None:
    """A row whose makers were killed three times would kill a fourth."""
    Document.objects.filter(
        status=Document.Status.MAKING,
        attempts__gte=MAX_ATTEMPTS,
        started_at__lt=at - SILENT_AFTER,
    ).update(
        status=Document.Status.FAILED,
        error=f"The maker fell silent {MAX_ATTEMPTS} times (killed or out of memory).",
    )
