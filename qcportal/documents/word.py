"""A form as a Word file. Plain data in, bytes out; nothing about awards.

Laid out like the paper: A4, title centred, a bordered table of label and space, one
Word table per printed row (Word draws neighbouring tables as one). Every table is
``label, space, label, space …`` or, for rows, a head over numbered lines, so that a
filled file can be read back cell by cell.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import docx
from docx.document import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table, _Cell
from docx.text.run import Run

from qcportal.documents.excel import SITE, plain

PAGE, MARGIN = (Mm(210), Mm(297)), Mm(25)
WIDTH = 160  # mm of the table
LONG_SPACE = 8  # empty lines under a long text's label
# Shares of the width: label, space, … for one to four fields in a row.
SHARES = {
    1: (20, 80), 2: (20, 35, 20, 25), 3: (15, 20, 12, 20, 12, 21),
    4: (14, 22, 8, 13, 8, 13, 8, 14),
}  # fmt: skip


def form(facts: Mapping[str, Any]) -> bytes:
    """The form of ``submissions.papers.form_facts`` (blank or filled) as docx bytes."""
    document = docx.Document()
    _page(document, facts["title"])
    _line(document, facts["title"], size=20, face="黑体", centred=True)
    above = facts.get("heading") or "推荐单位"
    _line(document, f"{above}：{facts.get('recommender') or '　' * 8}", size=12)
    for row in facts["rows"]:
        _row(document, row)
    _line(document, "单位盖章：　　　　　　　　　　　　　　年　　月　　日", size=12)
    for note in facts.get("notes") or ():
        _line(document, note, size=10.5)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _page(document: Document, title: str) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = PAGE
    section.left_margin = section.right_margin = MARGIN
    section.top_margin = section.bottom_margin = MARGIN
    properties = document.core_properties
    properties.title, properties.author = plain(title)[:255], SITE
    properties.comments = ""
    _face(document.styles["Normal"], "宋体", 11)


def _face(styled: Any, face: str, size: float) -> None:
    """Latin and East Asian face both, or Word takes another one for Chinese."""
    styled.font.name, styled.font.size = face, Pt(size)
    styled.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), face)


def _line(
    document: Document, text: str, *, size: float, face: str = "宋体", centred: bool = False
) -> None:  # fmt: skip
    paragraph = document.add_paragraph()
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _face(paragraph.add_run(plain(text)), face, size)


def _row(document: Document, row: Sequence[Mapping[str, Any]]) -> None:
    first = row[0]
    if first["kind"] == "rows":
        _rows(document, first)
    elif first["kind"] == "textarea":
        table = _table(document, 2, (100,))
        _label(table.cell(0, 0), first)
        texts = first.get("paragraphs") or [""] * LONG_SPACE
        _write(table.cell(1, 0), texts)
    else:
        shares = SHARES[min(len(row), 4)]
        table = _table(document, 1, shares)
        for index, cell in enumerate(row[:4]):
            _label(table.cell(0, 2 * index), cell)
            _write(table.cell(0, 2 * index + 1), [_space(cell)])


def _space(cell: Mapping[str, Any]) -> str:
    """What stands in the space: the boxes of a choice, or the text."""
    if cell.get("choices"):
        return "　".join(
            f"{'☑' if choice['chosen'] else '□'}{choice['label']}"
            for choice in cell["choices"]
        )
    return str(cell.get("text", ""))


def _rows(document: Document, cell: Mapping[str, Any]) -> None:
    count = len(cell["columns"]) + 1
    lines = cell["rows"] or [[""] * (count - 1)]
    share = 92 / (count - 1)
    table = _table(document, len(lines) + 2, (8, *[share] * (count - 1)))
    _label(table.cell(0, 0).merge(table.cell(0, count - 1)), cell)
    said = cell.get("column_asks") or [""] * (count - 1)
    _write(table.cell(1, 0), ["序号"])
    for index, head in enumerate(cell["columns"], 1):
        _label(table.cell(1, index), {"label": head, "asks": said[index - 1]})
    for number, texts in enumerate(lines, 1):
        _write(table.cell(number + 1, 0), [str(number)])
        for index, text in enumerate(texts, 1):
            _write(table.cell(number + 1, index), str(text).split("\n"))


def _table(document: Document, rows: int, shares: Sequence[float]) -> Table:
    table = document.add_table(rows=rows, cols=len(shares), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for column, share in enumerate(shares):
        for line in table.rows:
            line.cells[column].width = Mm(WIDTH * share / 100)
    return table


def _label(cell: _Cell, said: Mapping[str, Any]) -> None:
    """The label; what the field asks stands small in a paragraph of its own."""
    _write(cell, [said["label"]])
    if said.get("asks"):
        small: Run = cell.add_paragraph().add_run(plain(f"（{said['asks']}）"))
        _face(small, "宋体", 9)


def _write(cell: _Cell, texts: Sequence[str]) -> None:
    cell.paragraphs[0].add_run(plain(texts[0]))
    for text in texts[1:]:
        cell.add_paragraph(plain(text))
