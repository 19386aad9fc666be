"""Has the child read the pages of a stamped scan, with the limits of every upload.

The web process decodes nothing (see inspecting.py); it hands over bytes that were
inspected before and takes back what was read and one merged PDF.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any

from django.conf import settings

from qcportal.documents import child, scan_pages
from qcportal.documents.page_marks import PageMark
from qcportal.documents.scan_pages import SeenPage
from qcportal.refusals import refuse


@dataclass(frozen=True)
class ReadScan:
    """``merged``: the expected print's pages in order, then the unread ones, as one
    PDF; empty bytes when there is neither. ``kept``: how many pages it has."""

    pages: list[SeenPage]
    merged: bytes
    kept: int


def read(uploads: Sequence[Any], check_code: str) -> ReadScan:
    """Read inspected PDFs, JPEGs and PNGs for the print ``check_code``.

    Raises Refused ``scan_too_many_pages``; ``scan_not_read`` where the child was ended
    by its limits or broke.
    """
    if not settings.INSPECT_UPLOADS_APART:
        return here([_whole(one) for one in uploads], check_code)
    with tempfile.TemporaryFile() as file:
        _hand_over(file, uploads, check_code)
        answer = child.ask("scan", file)
    if answer is None:
        refuse(
            "scan_not_read",
            "盖章页没能读完，请把图片缩小些，或扫描成 PDF 后再传。",
            "scan",
        )
    head, _, merged = answer.partition(b"\n")
    said = json.loads(head)
    if said.get("too_many"):
        refuse("scan_too_many_pages", "页数太多了，请只传这份表的盖章页。", "scan")
    pages = [
        SeenPage(number, page, turn, PageMark(**mark) if mark else None)
        for number, page, turn, mark in said["pages"]
    ]
    return ReadScan(pages, merged, said["kept"])


def here(files: Sequence[bytes], check_code: str) -> ReadScan:
    """The same in this process, for pages the portal drew itself (the demo, tests)."""
    seen = scan_pages.read(files)
    order = scan_pages.in_order(seen, check_code)
    merged = scan_pages.merge(files, order) if order else b""
    return ReadScan(seen, merged, len(order))


def _whole(upload: Any) -> bytes:
    upload.seek(0)
    content: bytes = upload.read()
    upload.seek(0)
    return content


def _hand_over(file: IO[bytes], uploads: Sequence[Any], check_code: str) -> None:
    head = {"check_code": check_code, "sizes": [one.size for one in uploads]}
    file.write(json.dumps(head).encode() + b"\n")
    for one in uploads:
        one.seek(0)
        for piece in one.chunks():
            file.write(piece)
        one.seek(0)
    file.seek(0)
