"""What it costs to read stamped scans: ``.venv/bin/python -m benchmarks.reading_scans``."""

from __future__ import annotations

import io
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
os.environ.setdefault("VAR_DIR", tempfile.mkdtemp())

import django

django.setup()

import pypdfium2  # noqa: E402 - Django is set up first
from django.conf import settings  # noqa: E402 - Django is set up first
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402 - Django is set up first
from PIL import Image  # noqa: E402 - Django is set up first

from qcportal.documents import paging, pdf, scan_pages, scan_reading  # noqa: E402 - Django is set up first

RUNS = 5
CODE, HASH = "7F3K-92QD", "9ab3c1d2" + "0" * 56
FACTS = {
    "code": "2020-SQC-0001", "revision": "第 1 版", "check_code": CODE,
    "qr": paging.PLACE, "title": "成果评分与推荐意见表",
    "paragraphs": ["同意推荐。"] * 100,
}  # fmt: skip


def drawn(paper: bytes, dpi: int) -> list[Image.Image]:
    document = pypdfium2.PdfDocument(paper)
    return [p.render(scale=dpi / 72).to_pil().convert("RGB") for p in document]


def jpeg(image: Image.Image, quality: int = 70) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def took(act: Callable[[], Any]) -> float:
    """Median milliseconds of RUNS after one to warm up."""
    found = []
    for _ in range(RUNS + 1):
        before = time.perf_counter()
        act()
        found.append(time.perf_counter() - before)
    return statistics.median(found[1:]) * 1000


def main() -> None:
    plain = pdf.render("papers/opinion_form.html", FACTS)
    paper = paging.mark(plain, check_code=CODE, content_hash=HASH)
    pages = len(drawn(paper, 20))
    marked = took(lambda: paging.mark(plain, check_code=CODE, content_hash=HASH))
    print(f"drawing the codes of {pages} pages: {marked:.0f} ms")
    blank = jpeg(Image.new("RGB", (2480, 3508), "white"))
    photo = drawn(paper, 300)[0].rotate(3, expand=True, fillcolor="#555")
    cases = [(f"JPEG {dpi} dpi", [jpeg(p) for p in drawn(paper, dpi)])
             for dpi in (100, 150, 200, 300)]  # fmt: skip
    cases += [("PDF", [paper]), ("JPEG 300 dpi, turned by 3", [jpeg(photo)]),
              ("JPEG 300 dpi, nothing to read", [blank])]  # fmt: skip
    for name, files in cases:
        count = len(scan_pages.read(files))
        read = took(lambda files=files: scan_pages.read(files)) / count
        whole = took(lambda files=files: scan_reading.here(files, CODE)) / count
        print(f"{name}: {read:.0f} ms a page to read, {whole:.0f} ms with merging")
    settings.INSPECT_UPLOADS_APART = True
    files = [SimpleUploadedFile("1.jpg", jpeg(p)) for p in drawn(paper, 200)]
    apart = took(lambda: scan_reading.read(files, CODE))
    print(
        f"{len(files)} photos at 200 dpi in the child, start included: {apart:.0f} ms"
    )


if __name__ == "__main__":
    main()
