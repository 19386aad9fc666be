"""The import of a workbook with 5,000 rows: read, dry run, applied.

``python -m benchmarks.importing`` measures on SQLite, with ``--services`` on a private
PostgreSQL and Redis. Builds a scratch database of its own and leaves nothing behind.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from typing import Any

from benchmarks.recommending import ROOT, scratch_database

UNITS, GROUPS, PEOPLE, SEATS = 1_000, 1_000, 1_500, 1_500
KNOWN, RUNS = 2_000, 3


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", action="store_true", help="PostgreSQL and Redis")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.services and not chosen.child:
        return _with_services()
    with scratch_database():
        _measure()
    return 0


def _with_services() -> int:
    from scripts import services  # noqa: PLC0415 - not needed for SQLite

    with services.running() as addresses:
        command = [sys.executable, "-m", "benchmarks.importing", "--child"]
        return subprocess.run(  # noqa: S603 - this very module
            command, cwd=ROOT, env={**os.environ, **addresses}, check=False
        ).returncode


def rows() -> dict[str, list[dict[str, Any]]]:
    """Everything new: units with a group each, people with a seat each."""
    return {
        "units": [
            {"name": f"上海第{n}机械厂", "recommender": "浦东新区质量协会", "region": "浦东新区"}
            for n in range(UNITS)
        ],
        "groups": [
            {"unit": f"上海第{n}机械厂", "name": f"第{n}QC小组"} for n in range(GROUPS)
        ],
        "people": [
            {"name": f"第{n}人", "mobile": f"139{n:08d}"} for n in range(PEOPLE)
        ],
        "seats": [
            {"person": f"139{n:08d}", "unit": f"上海第{n % UNITS}机械厂", "duty": "管理员"}
            for n in range(SEATS)
        ],
    }  # fmt: skip


def _measure() -> None:
    from django.db import connection  # noqa: PLC0415 - models want a set-up Django
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from qcportal.accounts.models import Organisation  # noqa: PLC0415
    from qcportal.imports import actions, tasks  # noqa: PLC0415
    from qcportal.imports.reading import read  # noqa: PLC0415
    from tests import world  # noqa: PLC0415
    from tests.qcportal.imports.books import book  # noqa: PLC0415

    assert tasks  # noqa: S101 - registered with the broker
    walk, at = world.walk_now(), timezone.now()
    by = walk.cast.association
    Organisation.objects.bulk_create(
        Organisation(tier="unit", name=f"老单位{n}") for n in range(KNOWN)
    )
    sheet = book(**rows())
    size = sheet.size
    print(f"{connection.vendor}: 5,000 rows, {size / 1024:.0f} KB, {KNOWN:,} organisations known")  # fmt: skip

    def timed(what: str, act: Any) -> None:
        spent = []
        for _ in range(RUNS):
            sheet.seek(0)
            began = time.perf_counter()
            act()
            spent.append(time.perf_counter() - began)
        with CaptureQueriesContext(connection) as asked:
            act()
        print(f"| {what} | {len(asked)} | {statistics.median(spent):.1f} s |")

    said = read(sheet)
    timed("read", lambda: read(sheet))
    timed("dry run", lambda: actions.plan_of(said, by))
    sheet.seek(0)
    with CaptureQueriesContext(connection) as asked:
        began = time.perf_counter()
        made = actions.begin(sheet, by=by, at=at)  # the broker carries out at once
        spent = time.perf_counter() - began
    print(f"| uploaded, checked, lines kept | {len(asked)} | {spent:.1f} s |")
    with CaptureQueriesContext(connection) as asked:
        began = time.perf_counter()
        actions.order(made.pk, by=by, at=at)
        spent = time.perf_counter() - began
    made.refresh_from_db()
    print(f"| applied ({made.status}) | {len(asked)} | {spent:.1f} s |")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MB")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
