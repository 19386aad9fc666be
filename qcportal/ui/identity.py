"""Numbers of identity cards (居民身份证, GB 11643), which the portal never takes. Pure.

18 characters: six for the place, eight for the day of birth, three in sequence, and a
check digit modulo 11. A unified social credit code has 18 characters too, but no day
of birth in the middle and another check character.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
PLACES = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
        "83",
    ]
)
WRITTEN = re.compile(
    r"(?<![0-9A-Za-z])(\d{6})[\s\-_]?(\d{4})[\s\-_]?(\d{4})[\s\-_]?(\d{3}[\dXx])(?![0-9A-Za-z])",
    re.ASCII,
)
SENTENCE = "这里有身份证号，请删掉。平台不收身份证号，申报也用不到。"


def is_number(text: str) -> bool:
    """Whether 18 characters without blanks are the number of an identity card."""
    text = text.upper()
    if not re.fullmatch(r"[0-9]{17}[0-9X]", text) or text[:2] not in PLACES:
        return False
    try:
        born = dt.date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    total = sum(int(c) * w for c, w in zip(text, WEIGHTS, strict=False))
    return born.year >= 1880 and CHECKS[total % 11] == text[17]


def holds_number(text: str) -> bool:
    """Whether such a number stands anywhere in a text, in one piece or in groups."""
    narrow = unicodedata.normalize("NFKC", text)
    return any(is_number("".join(m.groups())) for m in WRITTEN.finditer(narrow))
