"""The child that opens uploads: a program, run by path, never imported by the portal.

Standard input is the file itself (seekable), standard output one line of JSON:
``{"kind": "pdf", "pages": 3, "refusals": [["code", "sentence"], …]}``. A hostile file
that eats memory or time ends this process, not the one that serves pages.

Called with the word ``scan`` it reads stamped pages instead: standard input begins with
a line ``{"check_code": "7F3K-92QD", "sizes": [bytes, …]}`` and goes on with the files,
standard output with ``{"pages": [[file, page, turn, mark], …], "size": bytes}`` (or
``{"too_many": true}``) and the merged PDF. With the word ``imprint`` it lifts a seal's
imprint off a photo: standard output begins with ``{"width": px, "height": px}`` (or
``{"fault": "none"}``) and goes on with the PNG.
"""

import contextlib
import importlib
import json
import resource
import sys
import types
from pathlib import Path

MIB = 1024 * 1024
MEMORY = 768 * MIB  # address space: libraries ~150 MiB, a picture of 40 megapixels ~300
CPU_SECONDS = 20


def limit() -> None:
    """Before any parser is loaded. Where a system has no such limit, the parent's
    clock still stands."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


def bare_package() -> None:
    """``qcportal`` without its ``__init__``: Celery and Django are not needed to look
    at a file and would be most of the start."""
    package = types.ModuleType("qcportal")
    package.__path__ = [str(Path(__file__).resolve().parents[1])]
    sys.modules["qcportal"] = package


def read_scan() -> None:
    """The stamped pages on standard input, read and merged (scan_pages)."""
    scan_pages = importlib.import_module("qcportal.documents.scan_pages")
    with open(0, "rb", closefd=False) as file:
        asked = json.loads(file.readline())
        files = [file.read(size) for size in asked["sizes"]]
    out = sys.stdout.buffer
    try:
        seen = scan_pages.read(files)
    except scan_pages.TooManyPages:
        out.write(b'{"too_many": true}\n')
        return
    merged = b""
    order = scan_pages.in_order(seen, asked["check_code"])
    if order:
        merged = scan_pages.merge(files, order)
    pages = [
        [one.file, one.page, one.turn, one.mark and vars(one.mark)] for one in seen
    ]
    head = {"pages": pages, "size": len(merged), "kept": len(order)}
    out.write(json.dumps(head).encode() + b"\n" + merged)


def lift_imprint() -> None:
    """The seal's imprint in the picture on standard input (imprints)."""
    imprints = importlib.import_module("qcportal.documents.imprints")
    with open(0, "rb", closefd=False) as file:
        content = file.read()
    out = sys.stdout.buffer
    try:
        found = imprints.lift(content)
    except imprints.NoImprint as no:
        out.write(json.dumps({"fault": no.code}).encode() + b"\n")
        return
    head = {"width": found.width, "height": found.height}
    out.write(json.dumps(head).encode() + b"\n" + found.png)


def main() -> None:
    limit()
    bare_package()
    other = {"scan": read_scan, "imprint": lift_imprint}.get("".join(sys.argv[1:]))
    if other is not None:
        other()
        return
    contents = importlib.import_module("qcportal.documents.contents")  # limited by now
    with open(0, "rb", closefd=False) as file:
        kind, pages, refusals = contents.look(file)
    said = [[refusal.code, refusal.message] for refusal in refusals]
    print(json.dumps({"kind": kind, "pages": pages, "refusals": said}))  # noqa: T201


if __name__ == "__main__":
    main()
