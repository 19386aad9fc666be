"""The QR code of each single page, drawn into a finished PDF.

WeasyPrint repeats one foot on every page, so a code that names its page is drawn
afterwards: the template leaves a link to PLACE where the code goes, its rectangle says
where that came to lie on each page, and the link then leads where the code leads.
"""

from __future__ import annotations

import io
from decimal import Decimal
from itertools import groupby
from typing import Any

import pikepdf
import segno
from django.conf import settings

from qcportal.documents.page_marks import PageMark, text

PLACE = "qr:page"  # <a class="qr" href="qr:page"></a> in a paper's foot
ERROR_CORRECTION = "m"  # 15 % of the squares may be stamped over


class NoPlace(Exception):  # noqa: N818 - says what is wrong
    """A page has no place for its code."""


def mark(content: bytes, *, check_code: str, content_hash: str) -> bytes:
    """The PDF with every page's own code (see page_marks). Raises NoPlace.

    ``content_hash`` is SHA-256 in hex of what the paper says. A PDF/A stays one.
    """
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as paper:
        pages = len(paper.pages)
        for number, page in enumerate(paper.pages, start=1):
            one = PageMark(check_code, number, pages, content_hash[:8])
            _mark_page(paper, page, text(one, settings.SITE_URL), number)
        paper.save(out, deterministic_id=True)
    return out.getvalue()


def _mark_page(paper: pikepdf.Pdf, page: pikepdf.Page, said: str, number: int) -> None:
    links: Any = page.get("/Annots", [])
    places = [
        link for link in links
        if "/A" in link and str(link["/A"].get("/URI", "")) == PLACE
    ]  # fmt: skip
    if not places:
        raise NoPlace(f"page {number}")
    for place in places:
        place["/A"]["/URI"] = pikepdf.String(said)
        # What was drawn before may have turned the page upside down: own state.
        page.contents_add(paper.make_stream(b"q"), prepend=True)
        page.contents_add(paper.make_stream(b"Q " + _drawn(said, list(place["/Rect"]))))


def _drawn(said: str, rect: list[Any]) -> bytes:
    """Black squares as an artifact (no reader reads them out), in PDF points."""
    x1, y1, x2, y2 = (Decimal(str(number)) for number in rect)
    (left, right), (bottom, top) = sorted((x1, x2)), sorted((y1, y2))
    matrix = [list(row) for row in segno.make(said, error=ERROR_CORRECTION).matrix]
    side = min(right - left, top - bottom) / len(matrix)
    lines = ["/Artifact BMC q 0 0 0 rg"]
    for down, row in enumerate(matrix, start=1):
        across = 0
        for dark, run in groupby(row, key=bool):
            wide = len(list(run))
            if dark:
                x, y = left + across * side, top - down * side
                lines.append(f"{x:.3f} {y:.3f} {wide * side:.3f} {side:.3f} re")
            across += wide
    return "\n".join([*lines, "f Q EMC"]).encode()
