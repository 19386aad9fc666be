"""Has a child process read the signatures of a PDF somebody gave us."""

from __future__ import annotations

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
    trusted = keys.trusted_files()
    if not settings.INSPECT_UPLOADS_APART:
        upload.seek(0)
        content = upload.read()
        upload.seek(0)
        return reading.look(content, [one.read_bytes() for one in trusted], at)
    paths = map(str, trusted)
    raw = inspecting.apart(INSPECTOR, upload, name, at.isoformat(), *paths)
    return reading.from_json(raw)
