"""A sender of files in pieces, for tests: says what tus says, one request at a time."""

from __future__ import annotations

import base64
import hashlib
import io

from django.urls import reverse

from qcportal.documents.tus import Declared
from submissions.arrivals import SlotUpload

TUS = {"headers": {"Tus-Resumable": "1.0.0"}}
BODY = "application/offset+octet-stream"


def metadata(name: str, sha256: str) -> str:
    pairs = {"filename": name, "sha256": sha256}
    return ",".join(
        f"{key} {base64.b64encode(text.encode()).decode()}"
        for key, text in pairs.items()
    )


def declare(client, submission, slot, name, content, *, size=None, sha256=None, **more):
    """POST: the declared file; ``more`` headers."""
    headers = {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": str(len(content) if size is None else size),
        "Upload-Metadata": metadata(
            name, hashlib.sha256(content).hexdigest() if sha256 is None else sha256
        ),
    } | more
    path = reverse("submissions:upload_begin", args=[submission.code, slot])
    return client.post(path, headers=headers, content_type="application/octet-stream")


def send(client, path, offset, piece, *, checksum="", **more):
    """PATCH: a piece from ``offset``."""
    headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": str(offset)} | more
    if checksum:
        headers["Upload-Checksum"] = checksum
    return client.patch(path, piece, content_type=BODY, headers=headers)


def whole(client, submission, slot, name, content, *, pieces=3):
    """Declared and sent in so many pieces; the row as it is afterwards."""
    answer = declare(client, submission, slot, name, content)
    assert answer.status_code == 201, answer.content.decode()
    path, offset = answer["Location"], 0
    step = max(1, -(-len(content) // pieces))
    while offset < len(content):
        answer = send(client, path, offset, content[offset : offset + step])
        assert answer.status_code == 204, answer.content.decode()
        offset = int(answer["Upload-Offset"])
    return row_at(path)


def row_at(path: str) -> SlotUpload:
    """The upload a location names."""
    key = path.rstrip("/").rpartition("/")[2]
    return SlotUpload.objects.select_related("upload", "attachment__document").get(
        upload__key=key
    )


def said(name: str, content: bytes) -> Declared:
    """What a sender declares of the content."""
    return Declared(name, len(content), hashlib.sha256(content).hexdigest())


def body(content: bytes) -> io.BytesIO:
    return io.BytesIO(content)
