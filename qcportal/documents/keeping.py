"""The one way into and out of the storage: random names, whole files, no orphans."""

import logging
import os
import re
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.core.files import File
from django.core.files.storage import default_storage

from qcportal.documents.models import Document, UploadPart, stored_name

logger = logging.getLogger(__name__)
FOLDER, PARTS = "documents", "uploads"
STORED_NAME = re.compile(r"documents/[0-9a-f]{2}/[0-9a-f]{32}\.[a-z0-9]{1,5}")
# Younger files may belong to a transaction that has not committed yet.
UNOWNED_AFTER = timedelta(days=1)


def write(document: Document, content: "File[Any]") -> str:
    """Store the file whole under a new random name, flushed to disk; the name."""
    return _write(stored_name(document, document.title), content)


def write_part(content: "File[Any]") -> str:
    """Store a piece of an unfinished upload, flushed to disk; the name."""
    name = uuid.uuid4().hex
    return _write(f"{PARTS}/{name[:2]}/{name}.part", content)


def _write(name: str, content: "File[Any]") -> str:
    stored = default_storage.save(name, content)
    try:
        path = default_storage.path(stored)
    except NotImplementedError:
        return stored  # object stores answer only when all is kept
    with open(path, "rb") as file:  # noqa: PTH123 - a descriptor is wanted
        os.fsync(file.fileno())
    return stored


def drop(stored: str) -> None:
    """Delete a stored file; a file already gone is fine."""
    default_storage.delete(stored)


def unowned(at: datetime) -> Iterator[str]:
    """Stored files and pieces no row names, older than UNOWNED_AFTER."""
    for top, rows, name in (
        (FOLDER, Document.objects.all(), "file"),
        (PARTS, UploadPart.objects.all(), "stored"),
    ):
        for folder in _listed(top)[0]:
            stored = [f"{top}/{folder}/{one}" for one in _listed(f"{top}/{folder}")[1]]
            owned = rows.filter(**{f"{name}__in": stored}).values_list(name, flat=True)
            yield from _old(sorted({*stored} - {*owned}), at)


def _old(names: list[str], at: datetime) -> Iterator[str]:
    for name in names:
        if default_storage.get_modified_time(name) <= at - UNOWNED_AFTER:
            yield name


def drop_unowned(at: datetime) -> int:
    """Delete what killed makers and rolled-back uploads left behind; how many."""
    names = list(unowned(at))
    for name in names:
        logger.warning("stored file without a row is deleted: %s", name)
        drop(name)
    return len(names)


def missing() -> Iterator[Document]:
    """READY rows whose file is not in the storage (restores of different ages)."""
    for document in Document.objects.filter(status=Document.Status.READY).iterator():
        if not default_storage.exists(document.file.name or ""):
            yield document


def _listed(folder: str) -> tuple[list[str], list[str]]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []
    return list(folders), list(files)
