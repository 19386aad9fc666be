"""Private PostgreSQL and Redis for one test run: free ports, a temporary folder.

``with running() as urls:`` starts both and stops them; nothing of the machine's own
servers is touched. Durability is switched off: never use this for real data.
"""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from scripts import system

PATIENCE = 30  # seconds a server may take to answer
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
}


def free_port() -> int:
    """A TCP port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int, process: subprocess.Popen, log: Path) -> None:
    """Wait until the port answers. Raises SystemExit with the log's end."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.05)
    tail = log.read_text(errors="replace")[-2000:]
    raise SystemExit(f"{process.args[0]} did not start:\n{tail}")


def unprivileged() -> dict[str, object]:
    """Popen arguments that leave root's rights, which PostgreSQL refuses."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def reachable_binaries(folder: Path) -> Path:
    """PostgreSQL's programs where an unprivileged user may run them.

    A wheel inside root's home cannot be reached by another user; it is copied.
    """
    binaries = system.postgres_folder()
    if binaries is None:
        raise SystemExit("PostgreSQL's programs were not found (make test gets them).")
    if os.geteuid() != 0 or system.ROOT not in binaries.parents:
        return binaries
    package = binaries.parent.parent
    for source in (package, package.with_name(f"{package.name}.libs")):
        if source.is_dir():
            shutil.copytree(source, folder / source.name)
    return folder / package.name / binaries.relative_to(package)


@contextlib.contextmanager
def server(command: list[str], port: int, folder: Path, **options) -> Iterator[None]:
    """Run one server until the block ends."""
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, **options)
    try:
        wait_for(port, process, log)
        yield
    finally:
        # PostgreSQL's fast shutdown; on SIGTERM it would wait for its clients.
        process.send_signal(signal.SIGINT)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A PostgreSQL cluster in ``folder``; yields its postgres:// address."""
    binaries = reachable_binaries(folder)
    data, password = folder / "data", secrets.token_hex(16)
    secret = folder / "password"
    secret.write_text(password)
    data.mkdir()
    user = unprivileged()
    if user:
        for path in (folder, data, secret):
            os.chown(path, user["user"], user["group"])
    command = [str(binaries / "initdb"), "-D", str(data), "-U", "portal"]
    command += [f"--pwfile={secret}", "--auth=scram-sha-256", "--no-sync"]
    command += ["--encoding=UTF8", "--locale=C.UTF-8"]
    made = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        **user,
    )
    if made.returncode:
        raise SystemExit(f"initdb could not make a database:\n{made.stderr}")
    port = free_port()
    settings = [f"--{name}={value}" for name, value in FAST.items()]
    # Short socket path: the kernel allows about 100 characters.
    command = [str(binaries / "postgres"), "-D", str(data), "-p", str(port)]
    command += ["-k", str(folder), *settings]
    with server(command, port, folder, cwd=folder, **user):
        yield f"postgres://portal:{password}@127.0.0.1:{port}/postgres"


@contextlib.contextmanager
def redis(folder: Path) -> Iterator[str]:
    """A Redis-compatible server in ``folder``; yields its redis:// address."""
    program = system.redis_server()
    if program is None:
        raise SystemExit("No Redis server was found (make test gets one).")
    port = free_port()
    command = [str(program), "--port", str(port), "--bind", "127.0.0.1"]
    command += ["--save", "", "--appendonly", "no", "--dir", str(folder)]
    with server(command, port, folder):
        yield f"redis://127.0.0.1:{port}/0"


@contextlib.contextmanager
def running() -> Iterator[dict[str, str]]:
    """Both servers; yields {"DATABASE_URL": …, "REDIS_URL": …}."""
    with contextlib.ExitStack() as stack:
        folders = []
        for name in ("pg", "redis"):
            made = tempfile.TemporaryDirectory(prefix=f"qcportal-{name}-")
            folders.append(Path(stack.enter_context(made)))
        database = stack.enter_context(postgres(folders[0]))
        cache = stack.enter_context(redis(folders[1]))
        yield {"DATABASE_URL": database, "REDIS_URL": cache}
