"""The one way into and out of the storage: random names, whole files, no orphans."""

import logging
import os
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.core.files import File
from django.core.files.storage import default_storage

from qcportal.documents.models import Document, stored_name

logger = logging.getLogger(__name__)
FOLDER = "documents"
STORED_NAME = re.compile(r"documents/[0-9a-f]{2}/[0-9a-f]{32}\.[a-z0-9]{1,5}")
# Younger files may belong to a transaction that has not committed yet.
UNOWNED_AFTER = timedelta(days=1)


def write(document: Document, content: "File[Any]") -> str:
    """Store the file whole under a new random name, flushed to disk; the name."""
    stored = default_storage.save(stored_name(document, document.title), content)
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
    """Stored files no row names, older than UNOWNED_AFTER."""
    for folder in _listed(FOLDER)[0]:
        names = [
            f"{FOLDER}/{folder}/{name}" for name in _listed(f"{FOLDER}/{folder}")[1]
        ]
        owned = set(
            Document.objects.filter(file__in=names).values_list("file", flat=True)
        )
        for name in names:
            young = default_storage.get_modified_time(name) > at - UNOWNED_AFTER
            if name not in owned and not young:
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
