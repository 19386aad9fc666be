"""Renew the lock files: Python with hashes, npm with digests, no addresses in either.

Run as ``python -m scripts.lock`` (or ``make lock``) after editing a ``.in`` file or
package.json. An address in a lock file would tie the project to one package index.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
# Compiled in this order: later files must agree with portal.txt pin by pin.
NAMES = ("portal", "tests", "services", "node")


def compile_requirements(name: str) -> None:
    """Write requirements/NAME.txt from NAME.in, for all platforms of Python 3.11+."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--universal"]
    command += ["--generate-hashes", "--no-header", "--no-annotate", "--quiet"]
    command += ["--python-version", "3.11", f"{name}.in", "-o", f"{name}.txt"]
    if name != "portal":
        command += ["-c", "portal.txt"]
    subprocess.run(command, cwd=REQUIREMENTS, check=True)


def without_addresses(lock: dict) -> dict:
    """An npm lock without the fields that carry addresses."""
    packages = {
        path: {k: v for k, v in entry.items() if k not in {"funding", "resolved"}}
        for path, entry in lock["packages"].items()
    }
    return lock | {"packages": packages}


def lock_npm() -> None:
    """Write package-lock.json from package.json."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is needed to renew package-lock.json.")
    subprocess.run([npm, "install", "--package-lock-only"], cwd=ROOT, check=True)
    path = ROOT / "package-lock.json"
    lock = without_addresses(json.loads(path.read_text(encoding="utf-8")))
    path.write_text(json.dumps(lock, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    for name in NAMES:
        compile_requirements(name)
    lock_npm()
