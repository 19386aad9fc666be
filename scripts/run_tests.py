"""The whole suite twice: on the embedded defaults, then on PostgreSQL and Redis.

Run as ``python -m scripts.run_tests [pytest arguments]``. Tests marked ``postgres``
assert locks and races that only exist there; they are left out of the first run by
marker, so that no test of either run is skipped.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from scripts import services, system

ROOT = Path(__file__).resolve().parent.parent
SERVICE_VARIABLES = ("DATABASE_URL", "REDIS_URL")
NO_TESTS = 5  # pytest's exit code when nothing was collected


def environment(extra: dict[str, str]) -> dict[str, str]:
    """This process's environment without the portal's own variables, plus extra."""
    kept = {k: v for k, v in os.environ.items() if k not in SERVICE_VARIABLES}
    kept["CHROMIUM"] = system.chromium() or ""
    return kept | extra


def pytest(title: str, arguments: list[str], extra: dict[str, str]) -> tuple[int, str]:
    """Run pytest, passing its output on; answers its code and its closing line."""
    print(f"\n== {title}", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", *arguments]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(extra),
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    last = ""
    for line in process.stdout or ():
        print(line, end="", flush=True)
        last = line.strip() or last
    return process.wait(), last


def main(arguments: list[str]) -> int:
    """Both runs; answers the exit code."""
    started = time.monotonic()
    runs = {}
    title = "Embedded: SQLite and files"
    runs[title] = pytest(title, ["-m", "not postgres", *arguments], {})
    title = "Services: PostgreSQL and Redis"
    with services.running() as addresses:
        runs[title] = pytest(title, arguments, addresses)
    print(f"\n== Both runs, {time.monotonic() - started:.0f} s")
    for title, (_code, last) in runs.items():
        print(f"{title}: {last.strip('= ')}")
    # With arguments that select tests of one run only, the other may be empty.
    harmless = {0, NO_TESTS} if arguments else {0}
    codes = [code for code, _last in runs.values()]
    return 0 if set(codes) <= harmless and 0 in codes else 1


def stopped(_number: int, _frame: object) -> None:
    """SIGTERM: leave through every ``finally``, so that no server stays behind."""
    sys.exit(143)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stopped)
    sys.exit(main(sys.argv[1:]))
