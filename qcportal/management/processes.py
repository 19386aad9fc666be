"""Child processes that live and die with the command that started them.

A child that ends is started again; a stop signal is passed on; and should this
process be killed outright, the kernel tells its children (Linux).
"""

import ctypes
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
PATIENCE = 20.0  # seconds a child may take to finish its work
SETTLED = 10.0  # a child that lived this long was healthy
TRIES = 5  # quick deaths in a row before giving up
_LIBC = ctypes.CDLL(None, use_errno=True)


class GaveUpError(Exception):
    """A child died again and again; carries its name and its log file."""


def _die_with_parent() -> None:
    """In the child: ask the kernel for SIGTERM when the parent is gone."""
    if hasattr(_LIBC, "prctl"):
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """One program: name, command line, log file, and its running process."""

    name: str
    command: list[str]
    log: Path
    process: subprocess.Popen | None = None
    started: float = 0.0
    quick_deaths: int = 0

    def start(self) -> None:
        """Start in a session of its own, so that Ctrl-C reaches only the parent."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        self.started = time.monotonic()

    def keep(self) -> bool:
        """Start again if it has ended; True if it had. Raises GaveUpError."""
        if self.process is None or self.process.poll() is None:
            return False
        lived = time.monotonic() - self.started
        self.quick_deaths = self.quick_deaths + 1 if lived < SETTLED else 0
        if self.quick_deaths >= TRIES:
            raise GaveUpError(self.name, self.log)
        self.start()
        return True

    def signal_all(self, number: int) -> None:
        """Send a signal to the process and to everything it started."""
        if self.process is not None:
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                return


@dataclass
class Family:
    """The children together."""

    children: list[Child] = field(default_factory=list)

    def start(self) -> None:
        """Start every child."""
        for child in self.children:
            child.start()

    def keep(self) -> list[str]:
        """Names of the children that had to be started again. Raises GaveUpError."""
        return [child.name for child in self.children if child.keep()]

    def stop(self) -> None:
        """Ask every child to finish, wait, then end what is left."""
        running = [child for child in self.children if child.process is not None]
        for child in running:
            child.process.terminate()
        deadline = time.monotonic() + PATIENCE
        for child in running:
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.signal_all(signal.SIGKILL)
                child.process.wait()
            # Whatever it left behind in its session goes too.
            child.signal_all(signal.SIGKILL)
