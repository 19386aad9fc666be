"""Has a child process read the signatures of a PDF somebody gave us."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from qcportal.documents import inspecting
from qcportal.signatures import keys, reading

INSPECTOR = Path(__file__).with_name("inspector.py")


def examine(upload: Any, name: str, at: datetime) -> reading.Report:
    """The report on an inspected PDF; leaves the file at its start.

    Trusted are the portal's own certificates and TRUSTED_CERTIFICATES_DIR. Raises
    Refused as ``inspecting.look`` does.
    """
    trusted = keys.trusted()
    if not settings.INSPECT_UPLOADS_APART:
        upload.seek(0)
        content = upload.read()
        upload.seek(0)
        return reading.look(content, trusted, at)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / str(number) for number in range(len(trusted))]
        for path, content in zip(paths, trusted, strict=True):
            path.write_bytes(content)
        raw = inspecting.apart(
            INSPECTOR, upload, name, at.isoformat(), *map(str, paths)
        )
    return reading.from_json(raw)
