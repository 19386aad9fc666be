"""The recommending body's desk, workbook and papers with 10,000 results.

``python -m benchmarks.recommending`` measures on SQLite, with ``--services`` on a private
PostgreSQL and Redis. Builds a scratch database of its own and leaves nothing behind.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS, UNITS, RECOMMENDED, RUNS = 10_000, 500, 200, 5


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", action="store_true", help="PostgreSQL and Redis")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.services and not chosen.child:
        return _with_services()
    _measure_all()
    return 0


def _with_services() -> int:
    from scripts import services  # noqa: PLC0415 - not needed for SQLite

    with services.running() as addresses:
        command = [sys.executable, "-m", "benchmarks.recommending", "--child"]
        return subprocess.run(  # noqa: S603 - this very module
            command, cwd=ROOT, env={**os.environ, **addresses}, check=False
        ).returncode


@contextmanager
def scratch_database() -> Iterator[None]:
    """Django with the tests' settings on an empty database, dropped at the end."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django  # noqa: PLC0415 - after the settings are named

    django.setup()
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import setup_test_environment  # noqa: PLC0415

    setup_test_environment()
    name = connection.creation.create_test_db(verbosity=0)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def _measure_all() -> None:
    with scratch_database():
        from django.db import connection  # noqa: PLC0415

        from benchmarks import scenes  # noqa: PLC0415 - models want a set-up Django

        began = time.perf_counter()
        scene = scenes.build(RESULTS, UNITS, RECOMMENDED)
        built = time.perf_counter() - began
        print(
            f"{connection.vendor}, Python {platform.python_version()}, "
            f"{os.cpu_count()} CPUs; {RESULTS:,} results of {UNITS} units, "
            f"{RECOMMENDED} recommended (built in {built:.0f} s)\n"
        )
        print("| What | Queries | Median of 5 | Note |")
        print("|---|---:|---:|---|")
        for what, act in scenes.pages(scene):
            _line(what, act, counted=True)
        for what, act in scenes.papers(scene):
            _line(what, act, counted=False)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"\nPeak memory of the process: {memory:.0f} MB")


def _line(what: str, act: Callable[[], Any], *, counted: bool) -> None:
    """One row of the table: a warm-up, then the median of five runs."""
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    with CaptureQueriesContext(connection) as queries:
        note = act()
    count = str(len(queries)) if counted else "—"  # the next request forgets them
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        act()
        times.append(time.perf_counter() - began)
    print(f"| {what} | {count} | {statistics.median(times) * 1000:,.0f} ms | {note} |")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
