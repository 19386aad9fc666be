"""The body of a notice: plain text whose structure is read from how official notices
write it. Nothing is marked up, nothing is HTML.

Levels after GB/T 9704 (domain.md §7): 一、 (black), （一） (italic), 1. and （1） (plain).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from qcportal.notices.models import Notice

_CHINESE = "一二三四五六七八九十百"
FIRST = re.compile(rf"[{_CHINESE}]+、")
SECOND = re.compile(rf"[（(][{_CHINESE}]+[）)]")
# A heading is a line of its own; a sentence after it belongs to the paragraph.
LONGEST_HEADING = 40
_ENDS = "。；;！!？?，,：:"
_LONGEST_LIST = Notice._meta.get_field("addressees").max_length or 300


@dataclass(frozen=True)
class Block:
    """``kind``: head (一、), subhead (（一）) or text; ``lead`` is the part of a text's
    first sentence that heads it (``（一）活动目的。后面的文字``), else empty."""

    kind: str
    text: str
    lead: str = ""


def blocks(body: str) -> Iterator[Block]:
    """The paragraphs of a body in order; empty lines only part them."""
    for line in body.splitlines():
        said = line.strip(" \t\u3000")
        if said:
            yield _block(said)


def _block(said: str) -> Block:
    kind = "head" if FIRST.match(said) else "subhead" if SECOND.match(said) else "text"
    if kind == "text":
        return Block("text", said)
    if len(said) <= LONGEST_HEADING and said[-1] not in _ENDS:
        return Block(kind, said)
    lead, mark, rest = said.partition("。")
    if kind == "subhead" and mark and rest and len(lead) <= LONGEST_HEADING:
        return Block("text", rest, f"{lead}。")
    return Block("text", said)


def addressees_apart(body: str) -> tuple[str, str]:
    """(whom it is sent to, the rest) of a body that begins ``各有关单位：``; the colon
    belongs to the page. ("", body) where it does not begin so."""
    first, _, rest = body.strip().partition("\n")
    first, rest = first.strip(), rest.strip()
    sent = first.endswith(("：", ":")) and len(first) <= _LONGEST_LIST
    if sent and rest and not FIRST.match(first):
        return first[:-1], rest
    return "", body.strip()
