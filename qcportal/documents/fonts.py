"""Which fonts the papers are set in, and which characters they can draw.

The project's own TrueType files (settings.FONTS_DIR, built by scripts/fonts.py) come
first: four faces, and one of rare names that the papers fall back to character by
character. Without them the system's Noto CJK is used by name.
"""

import functools
import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register
from fontTools.ttLib import TTFont
from weasyprint.urls import URLFetcher, URLFetcherResponse

# family, weight, file: never two files for one family and weight, or WeasyPrint
# draws the glyph numbers of one with the outlines of the other.
FACES = [
    ("QC Serif", 400, "QCSerif-Regular.ttf"),
    ("QC Serif", 700, "QCSerif-Bold.ttf"),
    ("QC Sans", 400, "QCSans-Regular.ttf"),
    ("QC Sans", 700, "QCSans-Bold.ttf"),
]
# Ideographs of names beyond the four: a family of its own, so that the rule above holds.
RARE = ("QC Rare", 400, "QCRare-Regular.ttf")
STOCK_NAMES = ["NotoSerifCJK-Regular.ttc", "NotoSansCJK-Regular.ttc"]
STOCK_FOLDERS = [
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path.home() / ".local/share/fonts",
    Path.home() / ".fonts",
]
_OWNER = "owner.pid"
# Always drawable, or not drawn at all: line ends, tab, blanks.
_BLANK = set("\n\r\t \u3000\u00a0")


def built_faces() -> list[tuple[str, int, Path]]:
    """The project's own faces, or an empty list unless all four are there."""
    faces = [(family, weight, _built(name)) for family, weight, name in FACES]
    return faces if all(path.is_file() for _, _, path in faces) else []


def face_rules() -> str:
    """@font-face rules for the built faces, addressed as ``papers-font:<file>``."""
    family, weight, name = RARE
    rare = [(family, weight, _built(name))] if _built(name).is_file() else []
    return "\n".join(
        f'@font-face {{ font-family: "{family}"; font-weight: {weight};'
        f' src: url("papers-font:{path.name}"); }}'
        for family, weight, path in (*built_faces(), *rare)
    )


class FontFetcher(URLFetcher):
    """Reads the built faces and nothing else: used for face_rules() only."""

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        addresses = {f"papers-font:{name}": name for _, _, name in (*FACES, RARE)}
        if url not in addresses:
            raise ValueError(f"not a paper font: {url}")
        return URLFetcherResponse(url, _built(addresses[url]).read_bytes())


def tidy_copies(folder: Path | None) -> None:
    """Mark WeasyPrint's copies of the faces as ours and delete those of the dead.

    Every process copies the four files (some 48 MB) to a temporary folder; a worker
    that is killed or replaced does not clear it away.
    """
    if folder is None:
        return
    (folder / _OWNER).write_text(str(os.getpid()))
    for owner in folder.parent.glob(f"weasyprint-*/{_OWNER}"):
        try:
            os.kill(int(owner.read_text()), 0)
        except ProcessLookupError:
            shutil.rmtree(owner.parent, ignore_errors=True)
        except (OSError, ValueError):
            continue  # alive under another user, or going away this moment


def unprintable(text: str) -> list[str]:
    """The characters of ``text`` the papers cannot draw, each once, in order.

    Names of people and organisations are asked for before they are printed: a glyph
    that is missing or empty would silently shorten a name.
    """
    drawable = _drawable()
    missing = (
        character
        for character in text
        if character not in _BLANK and ord(character) not in drawable
    )
    return list(dict.fromkeys(missing))


@functools.cache
def _drawable() -> frozenset[int]:
    coverage = settings.FONTS_DIR / "coverage.json"
    if built_faces() and coverage.is_file():
        return frozenset(_listed(json.loads(coverage.read_text("utf-8"))))
    paths = [path for _, _, path in built_faces()] or stock_fonts()
    sets = [_mapped(path) for path in paths]
    return frozenset.intersection(*sets) if sets else frozenset()


def _listed(coverage: Any) -> Iterable[int]:
    """Code points of coverage.json: a list of numbers or [first, last] pairs."""
    entries = coverage["ranges"] if isinstance(coverage, dict) else coverage
    for entry in entries:
        if isinstance(entry, int):
            yield entry
        else:
            yield from range(entry[0], entry[1] + 1)


def _mapped(path: Path) -> frozenset[int]:
    number = 2 if path.suffix == ".ttc" else -1  # JP, KR, SC, TC, HK
    with TTFont(path, fontNumber=number, lazy=True) as font:
        return frozenset(font.getBestCmap())


def _built(name: str) -> Path:
    return Path(settings.FONTS_DIR) / name


def stock_fonts() -> list[Path]:
    """The system's Noto Serif CJK and Noto Sans CJK; fewer than two if absent."""
    found = []
    for name in STOCK_NAMES:
        for folder in STOCK_FOLDERS:
            path = next(folder.rglob(name), None) if folder.is_dir() else None
            if path is not None:
                found.append(path)
                break
    return found


@register()
def check_fonts(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Without a Chinese font every paper would be refused for missing glyphs."""
    if built_faces() or len(stock_fonts()) == len(STOCK_NAMES):
        return []
    return [
        Warning(
            "No Chinese font for papers: neither the four QC*.ttf files in "
            "FONTS_DIR nor Noto Serif CJK and Noto Sans CJK on the system.",
            hint="Install fonts-noto-cjk, then run scripts/fonts.py.",
            id="documents.W001",
        )
    ]
