"""The lock files carry no addresses, every package has a hash, and they agree.

Run as ``python -m scripts.check_locks``; needs no network.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PIN = re.compile(r"^([A-Za-z0-9._-]+(?:\[[^\]]*\])?)==(\S+)", re.MULTILINE)
NAMED = re.compile(r"^([A-Za-z0-9._-]+)", re.MULTILINE)


def canonical(name: str) -> str:
    """A package name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name.split("[")[0]).lower()


def pins(text: str) -> dict[str, str]:
    """Package → version of a requirements lock."""
    return {canonical(name): version for name, version in PIN.findall(text)}


def lock_files() -> list[Path]:
    """Every lock file of the project."""
    return [*sorted((ROOT / "requirements").glob("*.txt")), ROOT / "package-lock.json"]


def complaints() -> Iterator[str]:
    """What is wrong with the lock files, one sentence each."""
    for path in lock_files():
        if "://" in path.read_text(encoding="utf-8"):
            yield f"{path.name} contains an address"
    portal = pins((ROOT / "requirements" / "portal.txt").read_text(encoding="utf-8"))
    for source in sorted((ROOT / "requirements").glob("*.in")):
        text = source.with_suffix(".txt").read_text(encoding="utf-8")
        locked = pins(text)
        for entry in re.split(r"\n(?=\S)", text.strip()):
            if "--hash=sha256:" not in entry:
                yield f"{source.stem}.txt: no hash for {entry.splitlines()[0]}"
        for name in NAMED.findall(source.read_text(encoding="utf-8")):
            if not name.startswith("-") and canonical(name) not in locked:
                yield f"{source.name} names {name}, which {source.stem}.txt lacks"
        for name in portal.keys() & locked.keys():
            if portal[name] != locked[name]:
                yield f"{source.stem}.txt and portal.txt differ in {name}"


if __name__ == "__main__":
    found = list(complaints())
    for complaint in found:
        print(complaint)
    sys.exit(1 if found else 0)
