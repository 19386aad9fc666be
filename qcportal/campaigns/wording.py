"""How documents are numbered and found: 文号 with any brackets is one number."""

from __future__ import annotations

import re
import unicodedata

_OPENING, _CLOSING = "〔[【(（［", "〕]】)）］"
_SPACE = re.compile(r"\s+")
_FOLDED = str.maketrans(dict.fromkeys(_OPENING, "〔") | dict.fromkeys(_CLOSING, "〕"))


def number_key(number: str) -> str:
    """A document number as it is searched: ``沪质协[2020] 17号`` and ``沪质协〔2020〕17号``
    are one. Notices type the brackets in every way (seeds: 〔〕, [], （）)."""
    text = unicodedata.normalize("NFKC", number).translate(_FOLDED)
    return _SPACE.sub("", text).casefold()
