"""May this scan or picture stand for a stamp? Reads only."""

from __future__ import annotations

from collections.abc import Iterator

from qcportal.documents.models import Document
from qcportal.refusals import Refusal
from qcportal.seals.models import ScanReading


def reading_of(scan: Document | None) -> ScanReading | None:
    """What was read from the scan when it was taken in."""
    return ScanReading.objects.filter(document=scan).first() if scan else None


def scan_faults(scan: Document, check_code: str) -> Iterator[Refusal]:
    """``scan_not_matched``: it was not read as this very print; ``scan_unreadable``:
    no code was read on a page and nobody was asked to compare it."""
    reading = reading_of(scan)
    if reading is None or reading.check_code != check_code:
        yield Refusal(
            "scan_not_matched",
            "这份盖章页不是刚打印的这一份，请重新上传盖章页。",
            "scan",
        )
    elif reading.needs_look and not reading.look_reason:
        yield Refusal(
            "scan_unreadable",
            "盖章页上有二维码没读到。请拍清楚页脚再传；确实拍不清的，写明原因请人工核对。",
            "scan",
        )
