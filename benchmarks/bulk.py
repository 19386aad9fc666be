"""Acts on many results at once: 300 recommended, 300 given to judges, 300 decided.

``python -m benchmarks.bulk`` measures on SQLite, with ``--services`` on a private
PostgreSQL and Redis. Builds a scratch database of its own and leaves nothing behind.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.recommending import ROOT, scratch_database

RESULTS, JUDGES = 300, 12


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
        command = [sys.executable, "-m", "benchmarks.bulk", "--child"]
        return subprocess.run(  # noqa: S603 - this very module
            command, cwd=ROOT, env={**os.environ, **addresses}, check=False
        ).returncode


def _measure() -> None:
    from django.db import connection  # noqa: PLC0415 - models want a set-up Django

    from benchmarks import bulk_scenes  # noqa: PLC0415

    scene = bulk_scenes.build(RESULTS, JUDGES)
    print(
        f"{connection.vendor}, Python {platform.python_version()}, "
        f"{os.cpu_count()} CPUs; {RESULTS} results, {JUDGES} judges\n"
    )
    print("| What | Queries | Time | Note |")
    print("|---|---:|---:|---|")
    for what, act in bulk_scenes.acts(scene):
        _line(what, act)


def _line(what: str, act: Callable[[], Any]) -> None:
    """One row: run once, as each act leaves its results behind."""
    from django.db import connection  # noqa: PLC0415

    counted = [0]

    def count(execute: Any, *rest: Any) -> Any:
        counted[0] += 1
        return execute(*rest)

    began = time.perf_counter()
    with connection.execute_wrapper(count):
        note = act()
    took = time.perf_counter() - began
    print(f"| {what} | {counted[0]:,} | {took:.1f} s | {note} |", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
