"""mypy on the modules pyproject.toml asks full types of.

Run as ``python -m scripts.check_types``; modules not written yet are left out.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def typed_modules() -> list[str]:
    """The modules of mypy's strict section, as dotted names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    sections = project["tool"]["mypy"]["overrides"]
    return [
        name
        for section in sections
        if section.get("disallow_untyped_defs")
        for name in section["module"]
    ]


def exists(module: str) -> bool:
    """True if the module is a file or a folder of the project."""
    path = ROOT.joinpath(*module.split("."))
    return path.with_suffix(".py").is_file() or path.is_dir()


if __name__ == "__main__":
    options = [
        part for name in filter(exists, typed_modules()) for part in ("-m", name)
    ]
    command = [sys.executable, "-m", "mypy", *options]
    sys.exit(subprocess.run(command, cwd=ROOT, check=False).returncode)
