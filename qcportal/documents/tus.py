"""The words of the tus protocol 1.0.0: headers in, headers out. Knows no rows but Upload.

Extensions: creation, termination, checksum, expiration.
A view asks ``wrong_version``, reads ``declared``, ``offset``, ``checksum`` and answers
with ``answer``. https://tus.io/protocols/resumable-upload names the status codes.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils.http import http_date

from qcportal.documents.models import Upload
from qcportal.documents.resumable import PART

VERSION = "1.0.0"
EXTENSIONS = "creation,termination,checksum,expiration"
CHECKSUMS = ("sha1", "sha256", "md5")
BODY_TYPE = "application/offset+octet-stream"
CHECKSUM_MISMATCH = 460
_NUMBER = re.compile(r"[0-9]{1,15}")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


class BadHeader(Exception):  # noqa: N818 - says what came
    """The request does not keep to the protocol; ``status`` is the answer's."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True)
class Declared:
    """What the sender says of the file: ``size`` in bytes, ``sha256`` in hex."""

    name: str
    size: int
    sha256: str


def method(request: HttpRequest) -> str:
    """The request's method; a POST may carry another one in a header."""
    override = request.headers.get("X-HTTP-Method-Override", "")
    return (
        override.upper()
        if request.method == "POST" and override
        else str(request.method)
    )


def check_version(request: HttpRequest) -> None:
    """Raises BadHeader 412 unless the sender speaks our version."""
    if request.headers.get("Tus-Resumable") != VERSION:
        raise BadHeader(f"Tus-Resumable: {VERSION}", 412)


def declared(request: HttpRequest) -> Declared:
    """Name, size and digest of a new upload. Raises BadHeader."""
    if request.headers.get("Upload-Defer-Length"):
        raise BadHeader("Upload-Defer-Length is not offered")
    said = _metadata(request.headers.get("Upload-Metadata", ""))
    sha256 = said.get("sha256", "")
    if not said.get("filename") or not _SHA256.fullmatch(sha256):
        raise BadHeader("Upload-Metadata: filename and sha256 are needed")
    size = _number(request, "Upload-Length")
    return Declared(said["filename"], size, sha256.lower())


def offset(request: HttpRequest, upload: Upload) -> int:
    """Where the body of a PATCH begins. Raises BadHeader 415, 400, 413."""
    if request.content_type != BODY_TYPE:
        raise BadHeader(f"Content-Type: {BODY_TYPE}", 415)
    start = _number(request, "Upload-Offset")
    if start + _number(request, "Content-Length") > upload.size:
        raise BadHeader("more bytes than declared", 413)
    return start


def checksum(request: HttpRequest) -> tuple[str, bytes] | None:
    """(digest's name, its bytes) of Upload-Checksum. Raises BadHeader 400, 413."""
    said = request.headers.get("Upload-Checksum", "")
    if not said:
        return None
    name, _, text = said.partition(" ")
    if name not in CHECKSUMS:
        raise BadHeader(f"Upload-Checksum: {','.join(CHECKSUMS)}")
    try:
        digest = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadHeader("Upload-Checksum: not Base64") from error
    if len(digest) != hashlib.new(name, usedforsecurity=False).digest_size:
        raise BadHeader("Upload-Checksum: wrong length")
    if _number(request, "Content-Length") > PART:
        raise BadHeader(f"with a checksum at most {PART} bytes", 413)
    return name, digest


def answer(status: int, upload: Upload | None = None, text: str = "") -> HttpResponse:
    """A response of the protocol; ``text`` is for people."""
    response = HttpResponse(
        text, status=status, content_type="text/plain; charset=utf-8"
    )
    response["Tus-Resumable"] = VERSION
    response["Cache-Control"] = "no-store"
    if status == 412:
        response["Tus-Version"] = VERSION
    if upload is not None:
        response["Upload-Offset"] = str(upload.offset)
        response["Upload-Length"] = str(upload.size)
        if upload.is_open:
            response["Upload-Expires"] = http_date(upload.expires_at.timestamp())
    return response


def options(most: int) -> HttpResponse:
    """What is offered; ``most`` bytes a file."""
    response = answer(204)
    response["Tus-Version"], response["Tus-Extension"] = VERSION, EXTENSIONS
    response["Tus-Max-Size"] = str(most)
    response["Tus-Checksum-Algorithm"] = ",".join(CHECKSUMS)
    return response


def _metadata(said: str) -> dict[str, str]:
    """Keys and texts of Upload-Metadata. Raises BadHeader."""
    found: dict[str, str] = {}
    for pair in filter(None, (one.strip() for one in said.split(","))):
        key, _, coded = pair.partition(" ")
        try:
            found[key] = base64.b64decode(coded, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError, ValueError) as error:
            raise BadHeader("Upload-Metadata: not Base64 of UTF-8") from error
    return found


def _number(request: HttpRequest, name: str) -> int:
    said = request.headers.get(name, "")
    if not _NUMBER.fullmatch(said):
        raise BadHeader(f"{name}: a number of bytes")
    return int(said)
