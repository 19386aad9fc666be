"""HTML to PDF, and PDF to pictures. Plain data in, bytes out; no models, no storage.

Nothing is read or fetched while rendering: pictures come in as ``data:`` addresses
(see ``data_uri`` and ``qr_data_uri``), styles from templates/papers/paper.css, fonts
from fonts.py. A character the fonts cannot draw stops the paper.
"""

import base64
import io
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pikepdf
import pypdfium2
import segno
from django.template.loader import render_to_string
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher

from qcportal.documents import fonts
from qcportal.documents.fonts import unprintable

__all__ = [
    "FetchRefused",
    "MissingGlyph",
    "PictureBroken",
    "data_uri",
    "drawing",
    "page_count",
    "page_image",
    "qr_data_uri",
    "qr_svg",
    "render",
    "render_html",
    "split",
    "to_images",
    "unprintable",
]

PAPER_CSS = "papers/paper.css"
_POINTS_PER_INCH = 72
# PDFium is not thread-safe: one page at a time per process.
_pdfium = threading.Lock()
_own = threading.local()


class MissingGlyph(Exception):  # noqa: N818 - says what is wrong
    """The fonts have no glyph for a character of the paper."""


class FetchRefused(Exception):  # noqa: N818 - says what happened
    """The paper asked for something outside itself."""


class PictureBroken(Exception):  # noqa: N818 - says what is wrong
    """A picture of the paper (seal, QR code, chart) could not be drawn."""


class _RenderWatch(logging.Filter):
    """WeasyPrint draws a box or nothing and only logs it: keep that, per thread."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if ".notdef glyph" in message:
            getattr(_own, "missing", []).append(message.split(":", 1)[-1].strip())
        elif message.startswith("Failed to "):
            getattr(_own, "broken", []).append(message)
        return record.levelno >= logging.ERROR


_weasyprint_log = logging.getLogger("weasyprint")
_weasyprint_log.setLevel(logging.WARNING)
_weasyprint_log.addFilter(_RenderWatch())


def render(
    template: str,
    facts: dict[str, Any],
    *,
    identifier: str | None = None,
    variant: str | None = "pdf/a-3b",
) -> bytes:
    """A template of templates/papers/ with its facts, as PDF bytes.

    ``identifier`` (any text, e.g. the paper's code and revision) makes the bytes
    repeatable; ``variant`` is a WeasyPrint PDF variant, None for a plain PDF. Every
    paper is tagged (headings, tables, paragraphs) for those who have it read out.
    Raises MissingGlyph, PictureBroken or FetchRefused.
    """
    html = render_to_string(template, facts)
    return render_html(html, identifier=identifier, variant=variant)


def render_html(
    html: str,
    *,
    identifier: str | None = None,
    variant: str | None = "pdf/a-3b",
) -> bytes:
    """A whole HTML page as PDF bytes. User text in it must have been escaped."""
    config, styles = _thread_styles()
    with _nothing_missing(), _no_fetch():
        return HTML(string=html, url_fetcher=_fetcher()).write_pdf(
            stylesheets=styles,
            font_config=config,
            pdf_variant=variant,
            pdf_tags=True,
            pdf_identifier=identifier.encode() if identifier else None,
        )


def page_count(content: bytes) -> int:
    """Pages of a PDF; pikepdf.PdfError if it is none."""
    with pikepdf.open(io.BytesIO(content)) as opened:
        return len(opened.pages)


def to_images(content: bytes, dpi: int = 80) -> list[bytes]:
    """Every page as PNG bytes."""
    return [
        page_image(content, number, dpi) for number in range(1, page_count(content) + 1)
    ]


@contextmanager
def drawing() -> Iterator[None]:
    """Whoever uses PDFium holds this: it knows one thread at a time."""
    with _pdfium:
        yield


def page_image(content: bytes, number: int, dpi: int = 80) -> bytes:
    """Page ``number`` (from 1) as PNG bytes; IndexError beyond the last page."""
    with _pdfium:
        document = pypdfium2.PdfDocument(content)
        try:
            if not 1 <= number <= len(document):
                raise IndexError(number)
            page = document[number - 1]
            picture = page.render(scale=_scale(page, dpi)).to_pil()
        finally:
            document.close()
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def split(content: bytes) -> list[bytes]:
    """One PDF per page: many certificates are rendered at once, then parted."""
    parts = []
    with pikepdf.open(io.BytesIO(content)) as whole:
        for page in whole.pages:
            part = pikepdf.new()
            part.pages.append(page)
            out = io.BytesIO()
            part.save(out)
            parts.append(out.getvalue())
    return parts


def qr_svg(text: str) -> str:
    """A QR code of ``text`` as an SVG element (error correction M, no border)."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", border=0, xmldecl=False, svgns=True, omitsize=True
    )
    return out.getvalue().decode("utf-8")


def qr_data_uri(text: str) -> str:
    """The same as a ``data:`` address for <img src>."""
    return data_uri(qr_svg(text).encode(), "image/svg+xml")


def data_uri(content: bytes, content_type: str) -> str:
    """Bytes as a ``data:`` address, e.g. the picture of a seal (image/png)."""
    return f"data:{content_type};base64,{base64.b64encode(content).decode()}"


def _scale(page: Any, dpi: int) -> float:
    """dpi as PDFium's scale, lowered so that a huge page stays below 4,000 px."""
    scale = dpi / _POINTS_PER_INCH
    longest = max(page.get_size()) or 1
    return min(scale, 4000 / longest)


def _fetcher() -> URLFetcher:
    return URLFetcher(allowed_protocols=["data"], fail_on_errors=True)


def _thread_styles() -> tuple[FontConfiguration, list[CSS]]:
    """Fonts and parsed styles, one set per thread: a shared one crashes the process."""
    if not hasattr(_own, "styles"):
        config = FontConfiguration()
        faces = CSS(
            string=fonts.face_rules(),
            font_config=config,
            url_fetcher=fonts.FontFetcher(),
        )
        fonts.tidy_copies(config._folder)
        paper = CSS(
            string=render_to_string(PAPER_CSS),
            font_config=config,
            url_fetcher=_fetcher(),
        )
        _own.config, _own.styles = config, [faces, paper]
    return _own.config, _own.styles


@contextmanager
def _nothing_missing() -> Iterator[None]:
    _own.missing, _own.broken = [], []
    _weasyprint_log.setLevel(logging.WARNING)  # whatever configured logging since
    yield
    if _own.broken:
        raise PictureBroken("; ".join(_own.broken))
    if _own.missing:
        raise MissingGlyph("、".join(dict.fromkeys(_own.missing)))


@contextmanager
def _no_fetch() -> Iterator[None]:
    try:
        yield
    except FatalURLFetchingError as error:
        raise FetchRefused(str(error)) from error
