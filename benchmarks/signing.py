"""What signing costs, 300 certificates above all: ``-m benchmarks.signing``."""

from __future__ import annotations

import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
os.environ.setdefault("VAR_DIR", tempfile.mkdtemp())

import django

django.setup()

from cryptography.hazmat.primitives import serialization  # noqa: E402 - Django is set up first
from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: E402 - Django is set up first
from django.conf import settings  # noqa: E402 - Django is set up first
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402 - Django is set up first
from django.template.loader import render_to_string  # noqa: E402 - Django is set up first
from django.utils import timezone  # noqa: E402 - Django is set up first

from qcportal.documents import pdf  # noqa: E402 - Django is set up first
from qcportal.signatures import authority, examining, keys, signing  # noqa: E402 - Django is set up first

COUNT = 300
RUNS = 20
PLACES = (signing.UNIT, signing.RECOMMENDER, signing.ASSOCIATION)


def facts(number: int) -> dict[str, Any]:
    return {
        "number": f"SQC2020-1-{number:04}", "unit_name": "上海申浦轨道车辆维修有限公司",
        "group_name": f"启明星QC小组{number}", "title": "降低列车客室车门故障率",
        "words": "你小组的成果“降低列车客室车门故障率”被评为2020年优秀质量管理小组成果。",
        "level": "一等奖", "issuer": "某市质量协会", "issued": "二〇二〇年十二月",
        "verify_code": "0000-0000-0000-0000",
        "qr": pdf.qr_data_uri(f"https://portal.example/verify/{number:016}/"),
    }  # fmt: skip


def certificates() -> list[bytes]:
    """All in one document, then parted."""
    pages = [
        render_to_string("papers/certificate.html", facts(n)) for n in range(COUNT)
    ]
    head, _, rest = pages[0].partition("<body")
    bodies = [page.partition("<body")[2].partition(">")[2].rpartition("</body>")[0] for page in pages]  # fmt: skip
    opening = "<body" + rest.partition(">")[0] + ">"
    return pdf.split(
        pdf.render_html(head + opening + "".join(bodies) + "</body></html>")
    )


def key_of(folder: Path, rsa_bits: int = 0) -> keys.SigningKey:
    """A loaded key: EC P-256, or RSA of so many bits."""
    at = timezone.now()
    above = authority.root("测量用根", at=at)
    if rsa_bits:
        made = rsa.generate_private_key(65537, rsa_bits)
        authority.ec.generate_private_key = lambda curve: made  # type: ignore[assignment]
    issued = authority.leaf(above, "测量用证书", "某市质量协会", at=at)
    folder.mkdir()
    (folder / "root.pem").write_bytes(above.certificate_pem)
    (folder / "cert.pem").write_bytes(issued.certificate_pem)
    (folder / "key.pem").write_bytes(
        issued.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )  # fmt: skip
    settings.SIGNING_DIR = str(folder)
    found = keys.key_for()
    assert found is not None  # noqa: S101
    return found


def took(act: Callable[[], Any], runs: int = RUNS) -> float:
    """Median milliseconds of this process's processor time, after one to warm up."""
    spent = []
    for _ in range(runs + 1):
        before = time.process_time()
        act()
        spent.append(time.process_time() - before)
    return statistics.median(spent[1:]) * 1000


def child_time(act: Callable[[], Any], runs: int = 5) -> float:
    """Mean milliseconds of processor time of the children an act starts."""

    def spent() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    before = spent()
    for _ in range(runs):
        act()
    return (spent() - before) / runs * 1000


def main() -> None:
    folder, at = Path(tempfile.mkdtemp()), timezone.now()
    elliptic = key_of(folder / "ec")
    before = time.process_time()
    parts = certificates()
    rendered = time.process_time() - before
    print(f"{COUNT} certificates rendered at once and parted: {rendered:.1f} s")
    before = time.process_time()
    signed = [signing.finish(part, elliptic, at=at).content for part in parts]
    spent = time.process_time() - before
    grown = sum(map(len, signed)) - sum(map(len, parts))
    print(
        f"signed and proved, EC P-256: {spent:.1f} s, {spent / COUNT * 1000:.0f} ms each,"
        f" {grown / COUNT / 1024:.1f} KB more each"
    )
    one = parts[0]
    print(f"EC P-256, one: {took(lambda: signing.finish(one, elliptic, at=at)):.0f} ms")
    print(f"signing alone: {took(lambda: signing._signed(one, elliptic, ())):.0f} ms")
    form = took(lambda: signing.finish(one, elliptic, at=at, places=PLACES))
    print(f"with three empty fields: {form:.0f} ms")
    upload = SimpleUploadedFile("证书.pdf", signed[0])
    settings.INSPECT_UPLOADS_APART = True
    apart = child_time(lambda: examining.examine(upload, "证书.pdf", at))
    settings.INSPECT_UPLOADS_APART = False
    here = took(lambda: examining.examine(upload, "证书.pdf", at))
    print(f"signatures read: {apart:.0f} ms in a child, {here:.0f} ms in place")
    heavy = key_of(folder / "rsa", 2048)
    print(f"RSA-2048, one: {took(lambda: signing.finish(one, heavy, at=at)):.0f} ms")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"largest: {peak:.0f} MB here, {child:.0f} MB the child")


if __name__ == "__main__":
    main()
