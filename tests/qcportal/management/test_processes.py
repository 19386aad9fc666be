"""Child processes are started again, stopped, and never outlive their parent."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time

import pytest
from django.core.management.base import CommandError

from qcportal.management.commands import up
from qcportal.management.processes import TRIES, Child, Family, GaveUpError

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = textwrap.dedent("""
    import signal, subprocess, sys, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    inner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    print(inner.pid, flush=True)
    time.sleep(60)
""")
PARENT = textwrap.dedent("""
    import pathlib, sys, time
    from qcportal.management.processes import Child
    child = Child("sleeper", sys.argv[2:], pathlib.Path(sys.argv[1]))
    child.start()
    print(child.process.pid, flush=True)
    time.sleep(60)
""")


def until(truth, seconds=10):
    """Ask again and again; False if the time is over."""
    deadline = time.monotonic() + seconds
    while not truth():
        if time.monotonic() > deadline:
            return False
        os.sched_yield()
    return True


def gone(pid):
    """True if no such process runs (a zombie does not run)."""
    try:
        with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture
def family(tmp_path):
    family = Family([Child("sleeper", SLEEPER, tmp_path / "logs" / "sleeper.log")])
    family.start()
    yield family
    family.stop()


def test_a_killed_child_is_started_again(family):
    (child,) = family.children
    first = child.process.pid
    assert family.keep() == []

    child.process.kill()
    child.process.wait()

    assert family.keep() == ["sleeper"]
    assert child.process.pid != first
    assert child.process.poll() is None


def test_a_child_that_cannot_live_is_given_up(tmp_path):
    child = Child("broken", [sys.executable, "-c", "exit(3)"], tmp_path / "log")
    child.start()
    for _again in range(TRIES - 1):
        child.process.wait()
        assert child.keep() is True
    child.process.wait()

    with pytest.raises(GaveUpError) as error:
        child.keep()

    assert error.value.args == ("broken", tmp_path / "log")


def test_stop_ends_a_stubborn_child_and_what_it_started(tmp_path, monkeypatch):
    monkeypatch.setattr("qcportal.management.processes.PATIENCE", 0.2)
    log = tmp_path / "log"
    child = Child("stubborn", [sys.executable, "-c", STUBBORN], log)
    family = Family([child])
    family.start()
    assert until(lambda: log.read_text().strip())
    inner = int(log.read_text())

    family.stop()

    assert child.process.returncode == -signal.SIGKILL
    assert until(lambda: gone(inner))


def test_children_die_with_a_killed_parent(tmp_path):
    command = [sys.executable, "-c", PARENT, str(tmp_path / "log"), *SLEEPER]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    assert not gone(pid)

    parent.kill()
    parent.wait()
    parent.stdout.close()

    assert until(lambda: gone(pid))


def test_a_taken_port_is_refused_with_a_way_out():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError) as error:
            up.refuse_taken_port("127.0.0.1", port)

    assert str(error.value) == (
        f"Port {port} of 127.0.0.1 cannot be used (Address already in use).\n"
        f"Choose another one, for example: make demo PORT={port + 1}"
    )
