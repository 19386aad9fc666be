"""50 MB over a throttled line that breaks three times: ``-m benchmarks.uploading``.

A small TCP proxy stands between a sender of tus pieces and the portal under gunicorn;
it lets so many bytes a second through and cuts every connection three times on the way.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import io
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

FOLDER = tempfile.mkdtemp(prefix="uploading-")
os.environ |= {"VAR_DIR": FOLDER, "DEBUG": "1", "DEMO": "1", "LOG_LEVEL": "ERROR",
               "DJANGO_SETTINGS_MODULE": "qcportal.settings"}  # fmt: skip

import django  # noqa: E402 - the environment above comes first

django.setup()

import pikepdf  # noqa: E402 - Django is set up first
from django.core.management import call_command  # noqa: E402 - Django is set up first
from django.test import Client  # noqa: E402 - Django is set up first
from django.utils import timezone  # noqa: E402 - Django is set up first

from qcportal import clock  # noqa: E402 - Django is set up first
from qcportal.accounts.middleware import SEAT_SESSION_KEY  # noqa: E402 - Django is set up first
from submissions import upload_actions  # noqa: E402 - Django is set up first
from submissions.arrivals import SlotUpload  # noqa: E402 - Django is set up first
from tests.world import walk_now  # noqa: E402 - Django is set up first

MIB = 1024 * 1024
SIZE, PIECE, RATE = 50 * MIB, 2 * MIB, 4 * MIB  # bytes, bytes, bytes a second
CUTS = (0.2, 0.5, 0.8)  # of the file, in the middle of a piece


class Line(threading.Thread):
    """A proxy to ``port``: RATE bytes a second upwards; ``cut_at`` bytes, it breaks."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.target, self.carried = port, 0
        self.cut_at = [int(share * SIZE) + PIECE // 2 for share in CUTS]
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        self.breaks = 0

    def run(self) -> None:
        while True:
            near, _ = self.door.accept()
            far = socket.create_connection(("127.0.0.1", self.target))
            threading.Thread(target=self._back, args=(far, near), daemon=True).start()
            threading.Thread(target=self._up, args=(near, far), daemon=True).start()

    def _up(self, near: socket.socket, far: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := near.recv(64 * 1024):
                time.sleep(len(data) / RATE)
                self.carried += len(data)
                if self.cut_at and self.carried > self.cut_at[0]:
                    self.cut_at.pop(0)
                    self.breaks += 1
                    break
                far.sendall(data)
        for one in (near, far):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    @staticmethod
    def _back(far: socket.socket, near: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := far.recv(64 * 1024):
                near.sendall(data)


class Sender:
    """Says what the page's script says, over the line."""

    def __init__(self, port: int, cookies: str, token: str) -> None:
        self.port = port
        self.headers = {
            "Cookie": cookies,
            "X-CSRFToken": token,
            "Tus-Resumable": "1.0.0",
        }

    def ask(self, method: str, path: str, body: bytes = b"", **more: str) -> Any:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=90)
        headers = self.headers | {
            key.replace("_", "-"): text for key, text in more.items()
        }
        try:
            line.request(method, path, body=body, headers=headers)
            answer = line.getresponse()
            answer.read()
            return answer
        finally:
            line.close()

    def send(self, path: str, content: bytes) -> int:
        """Until all is there; how often it had to ask where to go on."""
        offset, asked = 0, 0
        while offset < len(content):
            try:
                answer = self.ask(
                    "PATCH", path, content[offset : offset + PIECE], Upload_Offset=str(offset),
                    Content_Type="application/offset+octet-stream",
                )  # fmt: skip
                offset = int(answer.headers["Upload-Offset"])
            except (OSError, http.client.HTTPException, TypeError):
                time.sleep(0.5)
                asked += 1
                offset = int(self.ask("HEAD", path).headers["Upload-Offset"])
        return asked


def big_pdf() -> bytes:
    made = pikepdf.new()
    made.add_blank_page()
    made.Root.Extra = made.make_indirect(pikepdf.Stream(made, os.urandom(SIZE)))
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


def serve(port: int) -> subprocess.Popen[bytes]:
    command = [
        sys.executable, "-m", "gunicorn", "qcportal.wsgi", "--bind", f"127.0.0.1:{port}",
        "--workers", "1", "--threads", "4", "--timeout", "120", "--log-level", "error",
    ]  # fmt: skip
    server = subprocess.Popen(command)  # noqa: S603 - our own program
    for _ in range(200):
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port)),
        ):
            return server
        time.sleep(0.1)
    raise SystemExit("The server did not start.")


def peak_memory(process: int) -> float:
    """MB, of the largest process under the server's first."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):
            text = status.read_text()
            if f"PPid:\t{process}\n" in text:
                found.append(int(re.search(r"VmHWM:\s+(\d+)", text).group(1)) / 1024)
    return max(found, default=0.0)


def main() -> None:
    call_command("migrate", verbosity=0)
    walk = walk_now()
    draft, by = walk.draft(), walk.cast.group
    client = Client()
    client.force_login(by.user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session[SEAT_SESSION_KEY] = str(by.membership.key)
    session.save()
    token = secrets.token_hex(16)
    cookies = f"sessionid={session.session_key}; csrftoken={token}"
    content = big_pdf()
    port = free_port()
    server = serve(port)
    try:
        http.client.HTTPConnection("127.0.0.1", port, timeout=120).request(
            "GET", "/health/"
        )
        time.sleep(20)  # the worker loads the portal with its first request
        line = Line(port)
        line.start()
        measure(Sender(line.port, cookies, token), line, server, draft, content)
    finally:
        server.terminate()
        time.sleep(3)
        server.kill()
        server.wait()


def measure(
    sender: Sender, line: Line, server: Any, draft: Any, content: bytes
) -> None:
    said = {"filename": "扫描件.pdf", "sha256": hashlib.sha256(content).hexdigest()}
    coded = ",".join(
        f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in said.items()
    )
    began = time.perf_counter()
    begun = sender.ask(
        "POST", f"/submissions/{draft.code}/uploads/to/records/",
        Upload_Length=str(len(content)), Upload_Metadata=coded,
    )  # fmt: skip
    asked = sender.send(urlsplit(begun.headers["Location"]).path, content)
    sent = time.perf_counter() - began
    found = SlotUpload.objects.get()
    memory, before = peak_memory(server.pid), time.perf_counter()
    upload_actions.take_in(found.pk, at=clock.now())
    looked = time.perf_counter() - before
    found.refresh_from_db()
    whole = found.attachment.document.sha256 == said["sha256"]
    print(f"{timezone.now():%Y-%m-%d %H:%M} whole and unchanged: {whole}")
    print(
        f"{len(content) / MIB:.1f} MB at {RATE / MIB:.0f} MB/s in pieces of {PIECE / MIB:.0f} MB"
    )
    print(
        f"sent in {sent:.1f} s ({len(content) / RATE:.1f} s is the line), {line.breaks} breaks, asked again {asked} times"
    )
    print(
        f"carried {line.carried / MIB:.1f} MB: {(line.carried - len(content)) / MIB:.2f} MB twice or headers"
    )
    print(
        f"server process at most {memory:.0f} MB; joined, inspected and stored in {looked:.1f} s"
    )


if __name__ == "__main__":
    main()
