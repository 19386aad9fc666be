"""A filled Word form read back: label → what stands in its space. Plain data out;
knows no form and no award.

Reads what word.py lays out and what associations hand out in the same manner: tables of
``label, space, label, space``, a label over a large space, a label over a table with a
head. Merged cells count once, deleted text of tracked changes not at all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import IO, Any

import docx
from docx.oxml.ns import qn

from qcportal.documents import archives
from qcportal.refusals import refuse

MOST_CELLS = 20_000
# What stands before a ticked choice; Word's own check box and the common stand-ins.
TICKS = "☑☒√✓✔■●◼"
BOXES = "□☐○◻"
_BRACKETS = re.compile(r"[（(〔【\[][^）)〕】\]]*[）)〕】\]]")


@dataclass
class Read:
    """Everything a file says: tables as lines of cells, and the words outside them."""

    tables: list[list[list[list[str]]]]
    paragraphs: list[str]


def read(file: IO[bytes]) -> Read:
    """Every table of a .docx. Raises Refused ``file_broken``, ``word_too_large`` and
    those of archives.check."""
    archives.check(file)
    file.seek(0)
    try:
        document = docx.Document(file)
        tables = [_lines(table._tbl) for table in document.tables]
        words = [_paragraph(p._p) for p in document.paragraphs]
    except Exception:  # noqa: BLE001 - python-docx stumbles in many ways
        refuse(
            "file_broken", "这份 Word 打不开，请用 Word 或 WPS 另存为 .docx 后再传。"
        )
    if sum(len(line) for lines in tables for line in lines) > MOST_CELLS:
        refuse("word_too_large", "这份 Word 的表格太大，不像是申报表。")
    return Read(tables, [text for text in words if text.strip()])


def key_of(label: str) -> str:
    """A label as it is compared: no blanks, brackets with their words, marks or width."""
    plain = unicodedata.normalize("NFKC", label)
    plain = _BRACKETS.sub("", plain)
    return "".join(c for c in plain if c.isalnum()).lower()


def ticked(text: str, labels: list[str]) -> list[str]:
    """The labels of a choice that are marked in ``text``; one that stands alone without
    any box counts too."""
    by_name = {"".join(label.split()): label for label in labels}
    names = sorted(by_name, key=len, reverse=True)
    marks = f"[{TICKS}{BOXES}]"
    wanted = "|".join([*map(re.escape, names), marks])
    said = re.findall(wanted, "".join(text.split())) if names else []
    marked = [one in TICKS for one in said if one in TICKS + BOXES]
    if marked:
        # Marks stand before their labels or, where a label begins, behind them.
        before = said[0] not in by_name
        pairs = pairwise(said)
        found = {
            by_name[name]
            for one, other in pairs
            for mark, name in ([(one, other)] if before else [(other, one)])
            if mark in TICKS and name in by_name
        }
        return [label for label in labels if label in found]
    alone = [label for label in labels if key_of(label) == key_of(text)]
    if alone:
        return alone
    parts = [key_of(part) for part in re.split(r"[、,，;；\s]+", text) if part.strip()]
    named = [label for label in labels if key_of(label) in parts]
    return named if len(named) == len(parts) else []


def _lines(table: Any) -> list[list[list[str]]]:
    return [list(_cells(row)) for row in table.iter(qn("w:tr"))]


def _cells(row: Any) -> Iterator[list[str]]:
    """Cells of a row; the continuation of a cell merged downwards is left out."""
    for cell in row.iter(qn("w:tc")):
        merge = cell.find(f"{qn('w:tcPr')}/{qn('w:vMerge')}")
        if merge is not None and merge.get(qn("w:val")) != "restart":
            continue
        yield [_paragraph(p) for p in cell.iter(qn("w:p"))]


def _paragraph(paragraph: Any) -> str:
    """The words of a paragraph with those in fields, insertions and content controls."""
    said: list[str] = []
    for node in paragraph.iter():
        if node.tag == qn("w:t"):
            said.append(node.text or "")
        elif node.tag in (qn("w:br"), qn("w:cr")):
            said.append("\n")
        elif node.tag == qn("w:tab"):
            said.append("\t")
        elif node.tag == qn("w:sym"):
            said.append("☑" if node.get(qn("w:char"), "").upper() in _SYMBOLS else "□")
    return "".join(said)


# Wingdings and Wingdings 2: ticked and crossed boxes, ticks.
_SYMBOLS = {"F0FE", "F0FD", "F052", "F053", "F0FC", "F050", "00FE", "00FD", "0052"}
