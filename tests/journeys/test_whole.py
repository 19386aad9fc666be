"""The portal as one command starts it: its worker is killed, its papers come all the
same, and nothing is left running."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from scripts.services import free_port

pytestmark = pytest.mark.processes
ROOT = Path(__file__).resolve().parents[2]
PAPERS = 7  # files of the notice, the form twice; one that is not made yet has no link
PATIENCE = 180  # seconds; a killed worker is believed dead after half a minute
OURS = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "SECRET_KEY", "DEBUG")


def wait_for(what) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if what():
            return
        threading.Event().wait(0.2)
    pytest.fail("waited in vain")


def get(address: str) -> bytes:
    """The body behind an address, empty while there is none."""
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310
            return answer.read()
    except urllib.error.URLError:
        return b""


def running(folder: Path, *words: str) -> set[int]:
    """Processes that work in ``folder`` and whose command line holds all ``words``."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            place = f"VAR_DIR={folder}".encode() in (entry / "environ").read_bytes()
            line = (entry / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if place and line and all(word in line for word in words):
            found.add(int(entry.name))
    return found


@pytest.fixture
def portal(tmp_path):
    """A campaign with its downloads ordered, and ``manage.py up`` on a free port."""
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    site = f"http://127.0.0.1:{port}"
    env = kept | {"DEMO": "1", "VAR_DIR": str(tmp_path), "SITE_URL": site}
    env |= {"SWEEP_SECONDS": "2", "WORKER_CONCURRENCY": "1"}
    env |= {"CELERY_TASK_ALWAYS_EAGER": "0"}
    manage = [sys.executable, "manage.py"]
    for command in (
        ["migrate", "-v0"],
        ["load_campaign", "shanghai-2020", "--open-now"],
    ):
        subprocess.run([*manage, *command], cwd=ROOT, env=env, check=True)
    up = subprocess.Popen([*manage, "up", "--port", str(port)], cwd=ROOT, env=env)
    yield site, tmp_path, up
    if up.poll() is None:
        up.terminate()
        up.wait(60)


def downloads(site: str) -> list[str]:
    """The addresses of what can be downloaded, as the public page lists them."""
    page = get(f"{site}/downloads/").decode()
    return sorted(set(re.findall(r'href="(/downloads/[^"]+/)"', page)))


def test_a_killed_worker_comes_back_and_every_paper_with_it(portal):
    site, folder, up = portal
    wait_for(lambda: running(folder, "celery", "worker"))
    for pid in running(folder, "celery", "worker"):
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: get(f"{site}/health/"))
    wait_for(lambda: running(folder, "celery", "worker"))
    wait_for(lambda: len(downloads(site)) == PAPERS)
    starts = {get(site + path)[:2] for path in downloads(site)}
    assert starts == {b"%P", b"PK"}
    up.terminate()
    assert up.wait(60) == 0
    wait_for(lambda: not running(folder))
