"""What it costs to have a child process look at an upload: ``-m benchmarks.inspecting``."""

from __future__ import annotations

import io
import os
import resource
import statistics
import tempfile
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
os.environ.setdefault("VAR_DIR", tempfile.mkdtemp())

import django

django.setup()

import pikepdf  # noqa: E402 - Django is set up first
from django.conf import settings  # noqa: E402 - Django is set up first
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402 - Django is set up first
from PIL import Image  # noqa: E402 - Django is set up first

from qcportal.documents import inspecting, uploads  # noqa: E402 - Django is set up first

MIB = 1024 * 1024
RUNS = 5


def pdf(pages: int) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as made:
        for _ in range(pages):
            made.add_blank_page()
        made.save(out)
    return out.getvalue()


def picture(width: int, height: int) -> bytes:
    out = io.BytesIO()
    noise = Image.effect_noise((width // 4, height // 4), 60).resize((width, height))
    noise.convert("RGB").save(out, "JPEG", quality=85)
    return out.getvalue()


def took(name: str, content: bytes, kind: str) -> float:
    """Median milliseconds of RUNS inspections after one to warm up."""
    found = []
    for _ in range(RUNS + 1):
        given = SimpleUploadedFile(name, content)
        before = time.perf_counter()
        uploads.inspect(given, [kind], 100 * MIB)
        found.append(time.perf_counter() - before)
    return statistics.median(found[1:]) * 1000


def main() -> None:
    files = [
        ("盖章页.pdf", pdf(1), "pdf"),
        ("成果报告.pdf", pdf(60), "pdf"),
        ("照片12.jpg", picture(4000, 3000), "jpg"),
        ("照片40.jpg", picture(8000, 5000), "jpg"),
    ]
    for name, content, kind in files:
        settings.INSPECT_UPLOADS_APART = True
        apart = took(name, content, kind)
        settings.INSPECT_UPLOADS_APART = False
        here = took(name, content, kind)
        print(
            f"{name} {len(content) / MIB:.1f} MB: {apart:.0f} ms apart, {here:.0f} ms in place"
        )
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = (used.ru_utime + used.ru_stime) / (len(files) * (RUNS + 1)) * 1000
    print(f"processor time of a child: {spent:.0f} ms on average")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"largest child: {peak:.0f} MB; program {inspecting.INSPECTOR.name}")


if __name__ == "__main__":
    main()
