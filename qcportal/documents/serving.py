"""A document as a response. Who may have it is decided by the owner's view before.

The storage name is never shown; uploads are handed over so that nothing in them can
run in the reader's session.
"""

import io
import logging
from typing import Any

import pypdfium2
from django.conf import settings
from django.core.cache import cache
from django.core.files import File
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse
from django.utils.http import content_disposition_header
from PIL import Image, ImageOps, UnidentifiedImageError
from redis.exceptions import RedisError

from qcportal.documents import keeping, pdf
from qcportal.documents.models import CONTENT_TYPES, Document
from qcportal.documents.uploads import clean_name

logger = logging.getLogger(__name__)
NOTHING_RUNS = "sandbox; default-src 'none'; frame-ancestors 'self'"
# Some browsers refuse to open their PDF viewer in a sandbox; the viewer is its own.
PDF_VIEWER = "default-src 'none'; frame-ancestors 'self'"
PAGE_CACHE_SECONDS = 24 * 3600
_DPI = (40, 200)
_PICTURE_SIDE = 2000  # px


def respond(
    document: Document, *, as_attachment: bool = True, filename: str | None = None
) -> HttpResponse | FileResponse:
    """The file under its title or ``filename``; 404 unless READY and really there.

    ``as_attachment=False`` shows PDFs and pictures in the page; anything else is a
    download all the same.
    """
    stored = _stored(document)
    response: HttpResponse | FileResponse
    shown = not as_attachment and (document.is_pdf or document.is_image)
    if settings.ACCEL_REDIRECT_PREFIX:
        response = HttpResponse(content_type=document.content_type)
        prefix = settings.ACCEL_REDIRECT_PREFIX.rstrip("/")
        response["X-Accel-Redirect"] = f"{prefix}/{stored}"
    else:
        response = FileResponse(_open(document), content_type=document.content_type)
        response["Content-Length"] = document.size
    name = clean_name(filename or document.title)
    disposition = content_disposition_header(not shown, name)
    response["Content-Disposition"] = disposition or "attachment"
    return _sealed(response, viewer=shown and document.is_pdf)


def attachment(content: bytes, name: str) -> HttpResponse:
    """Bytes made for this very answer as a download; the type follows the extension."""
    name = clean_name(name)
    response = HttpResponse(
        content, content_type=CONTENT_TYPES[name.rsplit(".", 1)[-1]]
    )
    disposition = content_disposition_header(True, name)
    response["Content-Disposition"] = disposition or "attachment"
    return _sealed(response)


def page_image(
    document: Document, number: int, dpi: int = 80
) -> HttpResponse | FileResponse:
    """Page ``number`` (from 1) of a PDF, or a picture made small, as PNG.

    For phones without a PDF viewer. 404 beyond the last page and for other kinds;
    kept in the cache by digest.
    """
    dpi = min(max(dpi, _DPI[0]), _DPI[1])
    key = f"page:{document.sha256}:{number}:{dpi}"
    _stored(document)
    content = _cached(key)
    if content is None:
        content = _drawn(document, number, dpi)
        _cache(key, content)
    return _sealed(HttpResponse(content, content_type="image/png"))


def read(document: Document) -> bytes:
    """The whole file, for papers that take others in; 404 when it is not there."""
    _stored(document)
    with _open(document) as file:
        return file.read()


def _stored(document: Document) -> str:
    stored = document.file.name or ""
    if not document.is_ready or not keeping.STORED_NAME.fullmatch(stored):
        if document.is_ready:
            logger.error("document %s has an odd storage name", document.pk)
        raise Http404
    if not default_storage.exists(stored):
        logger.error("document %s: its file is missing", document.pk)
        raise Http404
    return stored


def _open(document: Document) -> "File[Any]":
    try:
        return default_storage.open(document.file.name or "")
    except FileNotFoundError as error:
        logger.error("document %s: its file is missing", document.pk)
        raise Http404 from error


def _sealed(
    response: HttpResponse | FileResponse, *, viewer: bool = False
) -> HttpResponse | FileResponse:
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = PDF_VIEWER if viewer else NOTHING_RUNS
    return response


def _drawn(document: Document, number: int, dpi: int) -> bytes:
    content = read(document)
    try:
        if document.is_pdf:
            return pdf.page_image(content, number, dpi)
        if document.is_image and number == 1:
            return _small(content)
    except (
        IndexError,
        pypdfium2.PdfiumError,
        UnidentifiedImageError,
        OSError,
    ) as error:
        raise Http404 from error
    raise Http404


def _small(content: bytes) -> bytes:
    """A picture turned upright and at most _PICTURE_SIDE wide and high, as PNG."""
    with Image.open(io.BytesIO(content), formats=["JPEG", "PNG"]) as image:
        image.draft("RGB", (_PICTURE_SIDE, _PICTURE_SIDE))
        upright = ImageOps.exif_transpose(image).convert("RGB")
    upright.thumbnail((_PICTURE_SIDE, _PICTURE_SIDE))
    out = io.BytesIO()
    upright.save(out, "PNG")
    return out.getvalue()


def _cached(key: str) -> bytes | None:
    try:
        return cache.get(key)
    except (RedisError, OSError):
        return None  # without the cache the page is drawn again


def _cache(key: str, content: bytes) -> None:
    try:
        cache.set(key, content, PAGE_CACHE_SECONDS)
    except (RedisError, OSError) as error:
        logger.warning("page picture not cached: %s", error)
