"""The child that reads signatures: a program, run by path, never imported by the portal.

Standard input is the PDF (seekable), arguments are the moment of asking (ISO 8601) and
the paths of trusted certificates; standard output is one line of JSON, a
``reading.Report``. A hostile file that eats memory or time ends this process alone.
"""

import importlib
import importlib.util
import json
import sys
from datetime import datetime
from pathlib import Path
from types import ModuleType

UPLOADS = Path(__file__).resolve().parents[1] / "documents" / "inspector.py"


def limits() -> ModuleType:
    """The inspector of uploads, by its path: its package would bring Django along."""
    spec = importlib.util.spec_from_file_location("uploads_inspector", UPLOADS)
    if spec is None or spec.loader is None:
        raise ImportError(UPLOADS)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    first = limits()
    first.limit()
    first.bare_package()
    reading = importlib.import_module("qcportal.signatures.reading")  # limited by now
    at, *paths = sys.argv[1:]
    roots = [Path(path).read_bytes() for path in paths]
    with open(0, "rb", closefd=False) as file:
        report = reading.look(file.read(), roots, datetime.fromisoformat(at))
    print(json.dumps(report.as_json()))  # noqa: T201


if __name__ == "__main__":
    main()
