"""Build the TrueType faces the papers are set in: four from Noto CJK, one of rare names.

The stock collections hold five languages and 65,000 glyphs in cubic outlines; PDFs
made from them are several times larger and slower than from the faces built here:
Simplified Chinese forms only, quadratic outlines, no vertical or layout tables.
The fifth face holds the ideographs of names that Noto does not draw (most of extension
B and beyond), from Hanazono Mincho; papers fall back to it character by character.
Run it as ``python -m scripts.fonts``; it does nothing when the faces are up to date.
"""

import concurrent.futures
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from fontTools import subset
from fontTools.cu2qu import curve_to_quadratic
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.basePen import BasePen
from fontTools.pens.reverseContourPen import ReverseContourPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont

from scripts import system

ROOT = Path(__file__).resolve().parent.parent
FACES = {
    "QCSerif-Regular": "NotoSerifCJK-Regular.ttc",
    "QCSerif-Bold": "NotoSerifCJK-Bold.ttc",
    "QCSans-Regular": "NotoSansCJK-Regular.ttc",
    "QCSans-Bold": "NotoSansCJK-Bold.ttc",
}
RARE, RARE_SOURCE = "QCRare-Regular", "HanaMinB.ttf"
# Latin, punctuation, arrows, mathematics, boxes and ticks, enclosed digits, kana of
# the BMP's symbol area; the unified ideographs with extension A; compatibility forms;
# every supplementary ideograph the face has (names of people live there).
KEPT = [
    (0x20, 0x24F),
    (0x2B0, 0x36F),
    (0x370, 0x3FF),
    (0x400, 0x45F),
    (0x2000, 0x2BFF),
    (0x2E80, 0x33FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFE10, 0xFE1F),
    (0xFE30, 0xFE4F),
    (0xFF00, 0xFFEF),
    (0x20000, 0x323AF),
]
# Noto CJK has no ballot boxes, and every form needs them: they are its white square
# with these polygons on top, in fractions of the square, clockwise.
BOX = 0x25A1
TICK = [
    (0.16, 0.5),
    (0.24, 0.58),
    (0.42, 0.37),
    (0.77, 0.84),
    (0.86, 0.77),
    (0.43, 0.17),
]
FALL = [(0.16, 0.77), (0.23, 0.84), (0.84, 0.23), (0.77, 0.16)]
RISE = [(0.77, 0.84), (0.84, 0.77), (0.23, 0.16), (0.16, 0.23)]
BALLOTS = {0x2610: [], 0x2611: [TICK], 0x2612: [FALL, RISE]}
# One unit of a 1,000-unit em: 0.004 mm on a 12-point character.
MAX_ERROR = 1.0
REPORT_EVERY = 10000


class QuadraticPen(BasePen):
    """Draw cubic outlines on a TrueType pen; a fraction of the generic pen's cost."""

    def __init__(self, glyph_set: object, out: ReverseContourPen) -> None:
        super().__init__(glyph_set)
        self.out = out

    def _moveTo(self, point: tuple[float, float]) -> None:  # noqa: N802 - pen protocol
        self.out.moveTo(point)

    def _lineTo(self, point: tuple[float, float]) -> None:  # noqa: N802
        self.out.lineTo(point)

    def _curveToOne(self, one: tuple, two: tuple, three: tuple) -> None:  # noqa: N802
        cubic = (self._getCurrentPoint(), one, two, three)
        self.out.qCurveTo(*curve_to_quadratic(cubic, MAX_ERROR)[1:])

    def _closePath(self) -> None:  # noqa: N802
        self.out.closePath()


def kept_characters(face: TTFont) -> dict[int, str]:
    """Code point → glyph name, for the kept ranges the face has."""
    have = face.getBestCmap()
    return {
        code: name
        for code, name in sorted(have.items())
        if any(first <= code <= last for first, last in KEPT)
    }


def simplified_chinese(collection: TTCollection) -> TTFont:
    """The face of a Noto CJK collection whose family name ends in " SC"."""
    for font in collection.fonts:
        family = font["name"].getBestFamilyName() or ""
        if family.split(" Bold")[0].endswith("CJK SC"):
            return font
    raise SystemExit("The font collection has no Simplified Chinese face.")


def outlines(
    face: TTFont, names: list[str], report: Callable[[int], None]
) -> tuple[dict, dict, set[str]]:
    """TrueType glyphs and metrics by name, and the names that draw something."""
    source = face.getGlyphSet()
    widths = face["hmtx"].metrics
    glyphs, metrics, inked = {}, {}, set()
    for count, name in enumerate(names, 1):
        pen = TTGlyphPen(None)
        # TrueType turns its outer contours the other way round than PostScript.
        source[name].draw(QuadraticPen(source, ReverseContourPen(pen)))
        glyph = pen.glyph()
        glyph.recalcBounds(None)
        glyphs[name] = glyph
        if glyph.numberOfContours:
            inked.add(name)
        metrics[name] = widths[name]
        if count % REPORT_EVERY == 0:
            report(count)
    return glyphs, metrics, inked


def add_ballots(characters: dict, glyphs: dict, metrics: dict, inked: set) -> None:
    """Add the ballot boxes the face lacks, made from its white square."""
    square = glyphs[characters[BOX]]
    left, width = square.xMin, square.xMax - square.xMin
    bottom, height = square.yMin, square.yMax - square.yMin
    for code, marks in BALLOTS.items():
        if code in characters:
            continue
        pen = TTGlyphPen(None)
        square.draw(pen, None)
        for mark in marks:
            first, *rest = [
                (round(left + x * width), round(bottom + y * height)) for x, y in mark
            ]
            pen.moveTo(first)
            for point in rest:
                pen.lineTo(point)
            pen.closePath()
        name = f"uni{code:04X}"
        characters[code], glyphs[name] = name, pen.glyph()
        glyphs[name].recalcBounds(None)
        metrics[name] = metrics[characters[BOX]]
        inked.add(name)


def names_of(face: TTFont, title: str) -> dict[str, str]:
    """Name records: our own family, the source's copyright and licence."""
    family, style = title.split("-")
    records = {"familyName": family.replace("QC", "QC "), "styleName": style}
    records |= {"uniqueFontIdentifier": title, "psName": title}
    records["fullName"] = f"{records['familyName']} {style}"
    for key, number in (("copyright", 0), ("licenseDescription", 13)):
        record = face["name"].getDebugName(number)
        if record:
            records[key] = record
    return records


def build_face(title: str, source: Path, target: Path) -> list[int]:
    """Write one TrueType face; answers the code points with non-empty outlines."""
    started = time.monotonic()
    face = simplified_chinese(TTCollection(source, lazy=True))
    characters = kept_characters(face)
    order = list(dict.fromkeys([".notdef", *characters.values()]))

    def report(count: int) -> None:
        print(f"  fonts: {title} {count * 100 // len(order)} %", flush=True)

    glyphs, metrics, inked = outlines(face, order, report)
    add_ballots(characters, glyphs, metrics, inked)
    order = list(glyphs)
    builder = FontBuilder(face["head"].unitsPerEm, isTTF=True)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap(characters)
    builder.setupGlyf(glyphs)
    # The left bearing must be the outline's own, or renderers shift the glyph.
    left = {n: (w, glyphs[n].xMin) for n, (w, _) in metrics.items()}
    builder.setupHorizontalMetrics(left)
    hhea, os2, post = face["hhea"], face["OS/2"], face["post"]
    builder.setupHorizontalHeader(
        ascent=hhea.ascent, descent=hhea.descent, lineGap=hhea.lineGap
    )
    builder.setupNameTable(names_of(face, title), mac=False)
    builder.setupOS2(
        **{k: v for k, v in vars(os2).items() if k not in {"tableTag", "panose"}}
    )
    builder.setupPost(
        keepGlyphNames=False,
        underlinePosition=post.underlinePosition,
        underlineThickness=post.underlineThickness,
    )
    builder.font["head"].macStyle = face["head"].macStyle
    partial = target.with_suffix(".partial")
    builder.save(partial)
    partial.replace(target)
    size = target.stat().st_size / 1e6
    print(
        f"  fonts: {title} done, {len(order)} glyphs, {size:.1f} MB,"
        f" {time.monotonic() - started:.0f} s",
        flush=True,
    )
    return [code for code, name in characters.items() if name in inked]


def build_rare(source: Path, target: Path, have: set[int]) -> set[int]:
    """Write the face of what the four lack; answers its code points with outlines."""
    started = time.monotonic()
    options = subset.Options(
        layout_features=[], hinting=False, glyph_names=False, notdef_outline=True,
        recalc_bounds=True, drop_tables=["DSIG", "FFTM", "GSUB", "GPOS", "vhea", "vmtx", "VORG"],
    )  # fmt: skip
    with TTFont(source) as face:
        wanted = {code for code in face.getBestCmap() if code > 0xFFFF} - have
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=wanted)
        cutter.subset(face)
        for number, text in ((1, "QC Rare"), (3, RARE), (4, "QC Rare"), (6, RARE)):
            face["name"].setName(text, number, 3, 1, 0x409)
        outlines_of = face["glyf"]
        drawn = {
            code
            for code, name in face.getBestCmap().items()
            if outlines_of[name].numberOfContours
        }
        partial = target.with_suffix(".partial")
        face.save(partial)
    partial.replace(target)
    size = target.stat().st_size / 1e6
    print(
        f"  fonts: {RARE} done, {len(drawn)} glyphs, {size:.1f} MB,"
        f" {time.monotonic() - started:.0f} s",
        flush=True,
    )
    return drawn


def ranges(codes: set[int]) -> Iterator[tuple[int, int]]:
    """Sorted code points as inclusive (first, last) pairs."""
    run: list[int] = []
    for code in sorted(codes):
        if run and code != run[1] + 1:
            yield run[0], run[1]
            run = []
        run = [run[0] if run else code, code]
    if run:
        yield run[0], run[1]


def inputs(folder: Path, rare: Path) -> str:
    """A digest of this script and of the source files' names and sizes."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for path in (*(folder / name for name in FACES.values()), rare):
        digest.update(f"{path.name} {path.stat().st_size}".encode())
    return digest.hexdigest()


def up_to_date(fonts: Path, digest: str) -> bool:
    """True if coverage.json carries this digest and the five faces exist."""
    try:
        made_from = json.loads((fonts / "coverage.json").read_text())["inputs"]
    except (OSError, ValueError, KeyError):
        return False
    return made_from == digest and all(
        (fonts / f"{name}.ttf").is_file() for name in (*FACES, RARE)
    )


def build(fonts: Path) -> None:
    """Build the faces and coverage.json in ``fonts``, two at a time.

    coverage.json: {"inputs": digest, "ranges": [[first, last], …]} – the code points
    that all four faces draw with ink, and those of the rare face. Raises SystemExit if
    a source font is absent.
    """
    source = system.noto_folder()
    if source is None:
        raise SystemExit(
            "The fonts Noto Serif CJK and Noto Sans CJK were not found.\n"
            "Install them with: apt-get install fonts-noto-cjk"
        )
    rare = system.rare_font()
    if rare is None:
        raise SystemExit(
            "The font Hanazono Mincho (rare characters of names) was not found.\n"
            "Install it with: apt-get install fonts-hanazono"
        )
    digest = inputs(source, rare)
    if up_to_date(fonts, digest):
        return
    fonts.mkdir(exist_ok=True)
    print("  fonts: building four faces from Noto CJK (once)", flush=True)
    workers = min(2, os.cpu_count() or 1)
    with concurrent.futures.ProcessPoolExecutor(workers) as pool:
        made = [
            pool.submit(build_face, title, source / name, fonts / f"{title}.ttf")
            for title, name in FACES.items()
        ]
        inked = set.intersection(*(set(face.result()) for face in made))
    inked |= build_rare(rare, fonts / f"{RARE}.ttf", inked)
    coverage = {"inputs": digest, "ranges": list(ranges(inked))}
    (fonts / "coverage.json").write_text(json.dumps(coverage), encoding="utf-8")


if __name__ == "__main__":
    build(Path(os.environ.get("FONTS_DIR") or ROOT / "fonts"))
    sys.exit(0)
