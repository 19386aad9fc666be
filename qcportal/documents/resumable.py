"""Files that arrive in pieces, over lines that break.

Every piece is a stored file of its own with its row, so that any storage will do and
nothing is lost when a server or a browser is started anew. A piece counts only if it
begins where the last one ended (conditional UPDATE): of two windows that send the same
file one is told where to go on, and no lock is held while bytes travel.

The owner's app says who may send what and takes the joined file in; it calls
``claim``, ``joined`` and one of ``taken``, ``refused``, ``put_back``.
"""

import hashlib
import hmac
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.core.files import File
from django.core.files.storage import default_storage
from django.core.files.temp import NamedTemporaryFile
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db import models, transaction
from django.http import UnreadablePostError

from qcportal import clock
from qcportal.documents import keeping
from qcportal.documents.models import Upload
from qcportal.refusals import refuse

logger = logging.getLogger(__name__)
MIB = 1024 * 1024
PIECE = 256 * 1024  # read from the line at once
PART = 8 * MIB  # stored at once: what a killed server loses at most
KEPT = timedelta(days=3)  # an unfinished upload, after its last piece
SILENT_AFTER = timedelta(minutes=6)  # longer than a task may run
MAX_ATTEMPTS = 3
LOOK_AGAIN = timedelta(seconds=30)


WholeFile = File  # what ``joined`` gives


class Body(Protocol):
    """What a request is read by."""

    def read(self, size: int, /) -> bytes: ...


class OffsetMoved(Exception):  # noqa: N818 - says what happened
    """Another sender was there first, or the upload is not open any more."""


class ChecksumDiffers(Exception):  # noqa: N818 - says what happened
    """The piece is not what its sender says it is; nothing of it was kept."""


def begin(name: str, size: int, sha256: str, *, by: Any, at: datetime) -> Upload:
    """The row of a declared file; ``size`` in bytes, ``sha256`` 64 hex digits."""
    return Upload.objects.create(
        name=name, size=size, sha256=sha256.lower(), by=by,
        begun_at=at, expires_at=at + KEPT,
    )  # fmt: skip


def append(
    upload: Upload, start: int, body: Body, *, checksum: tuple[str, bytes] | None = None
) -> Upload:
    """Keep what arrives, from byte ``start``, until the file is whole or the line ends.

    What came before a line broke is kept. With ``checksum`` (name of a hashlib digest,
    its bytes) the body, at most PART long, is kept whole or not at all. Answers the row
    as it is now. Raises OffsetMoved, ChecksumDiffers.
    """
    if not Upload.objects.filter(
        pk=upload.pk, status=Upload.Status.OPEN, offset=start
    ).exists():
        raise OffsetMoved
    ended = False
    while not ended and start < upload.size:
        with NamedTemporaryFile(suffix=".part") as spool:
            room = min(PART, upload.size - start)
            size, ended, digest = _spool(body, spool, room, checksum)
            if digest is not None and checksum is not None:
                if not hmac.compare_digest(digest, checksum[1]):
                    raise ChecksumDiffers
                ended = True
            if size:
                _keep(upload, start, size, File(spool))
                start += size
    upload.refresh_from_db()
    return upload


def _spool(
    body: Body, spool: Any, room: int, checksum: tuple[str, bytes] | None
) -> tuple[int, bool, bytes | None]:
    """(bytes read, whether the line ended, the digest of what was read)."""
    size, digest = (
        0,
        hashlib.new(checksum[0], usedforsecurity=False) if checksum else None,
    )
    while size < room:
        try:
            piece = body.read(min(PIECE, room - size))
        except (UnreadablePostError, OSError):
            piece = b""  # the line broke: what came is kept
        if not piece:
            break
        spool.write(piece)
        size += len(piece)
        if digest is not None:
            digest.update(piece)
    spool.flush()
    spool.seek(0)
    return size, size < room, digest.digest() if digest is not None else None


def _keep(upload: Upload, start: int, size: int, content: "File[Any]") -> None:
    stored = keeping.write_part(content)
    at, end = clock.now(), start + size
    whole: dict[str, Any] = {}
    if end == upload.size:
        whole = {"status": Upload.Status.RECEIVED, "received_at": at}
    try:
        with transaction.atomic():
            moved = Upload.objects.filter(
                pk=upload.pk, status=Upload.Status.OPEN, offset=start
            ).update(offset=end, expires_at=at + KEPT, **whole)
            if not moved:
                raise OffsetMoved
            upload.parts.create(start=start, size=size, stored=stored)
    except Exception:
        keeping.drop(stored)
        raise


def claim(upload_id: int, at: datetime) -> Upload | None:
    """Take up a whole file to look at it, or None: settled, or in another's hands.

    One whose lookers were killed MAX_ATTEMPTS times is not given out again; it is
    ``hopeless``.
    """
    free = models.Q(looked_at=None) | models.Q(looked_at__lt=at - SILENT_AFTER)
    claimed = Upload.objects.filter(
        free, pk=upload_id, status=Upload.Status.RECEIVED, attempts__lt=MAX_ATTEMPTS
    ).update(looked_at=at, attempts=models.F("attempts") + 1)
    return Upload.objects.get(pk=upload_id) if claimed else None


def put_back(upload: Upload, at: datetime) -> None:
    """The scanner is away: to be looked at again, which does not count against it."""
    Upload.objects.filter(pk=upload.pk, attempts=upload.attempts).update(
        looked_at=at - SILENT_AFTER + LOOK_AGAIN, attempts=upload.attempts - 1
    )


def to_look_at(at: datetime) -> "models.QuerySet[Upload]":
    """Whole files nobody looks at, hopeless ones included."""
    free = models.Q(looked_at=None) | models.Q(looked_at__lt=at - SILENT_AFTER)
    return Upload.objects.filter(free, status=Upload.Status.RECEIVED)


def is_hopeless(upload: Upload) -> bool:
    """Whether its lookers were killed too often to have another try."""
    return upload.is_received and upload.attempts >= MAX_ATTEMPTS


@contextmanager
def joined(upload: Upload) -> "Iterator[File[Any]]":
    """The whole file under its own name, in a temporary file.

    Raises Refused ``upload_incomplete``, ``upload_differs`` (not what was declared).
    """
    with TemporaryUploadedFile(upload.name, "", upload.size, None) as whole:
        digest, end = hashlib.sha256(), 0
        for part in upload.parts.all():
            if part.start != end:
                break
            end += _copy(part.stored, whole, digest)
        whole.flush()
        whole.seek(0)
        if end != upload.size:
            refuse("upload_incomplete", f"“{upload.name}”没有收全，请重新上传这一份。")
        if digest.hexdigest() != upload.sha256:
            refuse(
                "upload_differs",
                f"收到的“{upload.name}”和您选的那一份不一样，请重新上传。传的时候请不要改动文件。",
            )
        yield whole


def _copy(stored: str, whole: Any, digest: Any) -> int:
    size = 0
    try:
        with default_storage.open(stored) as part:
            while piece := part.read(PIECE):
                whole.write(piece)
                digest.update(piece)
                size += len(piece)
    except FileNotFoundError:
        logger.error("a piece of an upload is missing: %s", stored)
    return size


def taken(upload: Upload, at: datetime) -> bool:
    """Settle a whole file as taken in, once. In the transaction that takes it in."""
    return _settle(upload, Upload.Status.TAKEN, [Upload.Status.RECEIVED], at)


def refused(upload: Upload, reason: str, at: datetime) -> bool:
    """Settle as not taken; ``reason`` is the sentence people read."""
    before = [Upload.Status.OPEN, Upload.Status.RECEIVED]
    return _settle(upload, Upload.Status.REFUSED, before, at, reason)


def drop(upload: Upload, at: datetime, reason: str = "") -> bool:
    """The sender does not want it any more, or it was left lying too long."""
    return _settle(upload, Upload.Status.DROPPED, [Upload.Status.OPEN], at, reason)


def _settle(
    upload: Upload, status: str, before: list[Any], at: datetime, reason: str = ""
) -> bool:
    """Whether this very call settled it; its pieces go once that is committed."""
    moved = Upload.objects.filter(pk=upload.pk, status__in=before).update(
        status=status, settled_at=at, reason=reason
    )
    if moved:
        transaction.on_commit(lambda: clear(upload.pk))
    upload.refresh_from_db()
    return bool(moved)


def clear(upload_id: int) -> None:
    """Delete the pieces of a settled upload; what is gone already is fine."""
    settled = Upload.objects.filter(pk=upload_id, settled_at__isnull=False).first()
    if settled is None:
        return
    for part in settled.parts.all():
        keeping.drop(part.stored)
        part.delete()


def left_lying(at: datetime) -> "models.QuerySet[Upload]":
    """Unfinished uploads whose keeping time is over."""
    return Upload.objects.filter(status=Upload.Status.OPEN, expires_at__lte=at)


def sweep(at: datetime) -> None:
    """Delete pieces that a kill between settling and clearing left."""
    done = Upload.objects.filter(settled_at__lt=at - LOOK_AGAIN, parts__isnull=False)
    for pk in done.values_list("pk", flat=True).distinct():
        clear(pk)
