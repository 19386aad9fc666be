"""How documents are numbered and found: 文号 with any brackets is one number; what may
stand in the rule of a certificate's number and in its words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from string import Formatter

_OPENING, _CLOSING = "〔[【(（［", "〕]】)）］"
_SPACE = re.compile(r"\s+")
_FOLDED = str.maketrans(dict.fromkeys(_OPENING, "〔") | dict.fromkeys(_CLOSING, "〕"))


def number_key(number: str) -> str:
    """A document number as it is searched: ``沪质协[2020] 17号`` and ``沪质协〔2020〕17号``
    are one. Notices type the brackets in every way (seeds: 〔〕, [], （）)."""
    text = unicodedata.normalize("NFKC", number).translate(_FOLDED)
    return _SPACE.sub("", text).casefold()


_SERIAL = re.compile(r"0?\dd")
PATTERN_NAMES = ("letters", "year", "category", "level", "serial")
CERTIFICATE_NAMES = ("title", "year", "result")


def _names(template: str) -> list[tuple[str, str]] | None:
    """(name, format) of every placeholder, None where the braces do not match."""
    try:
        found = list(Formatter().parse(template))
    except ValueError:
        return None
    if any(conversion for _, _, _, conversion in found):
        return None
    return [(name, form or "") for _, name, form, _ in found if name is not None]


def pattern_faults(pattern: str) -> Iterator[str]:
    """What is wrong with a rule for certificate numbers, in sentences."""
    names = _names(pattern)
    if names is None:
        yield "证书编号规则里的大括号不成对"
        return
    for name, form in names:
        if name not in PATTERN_NAMES:
            yield f"证书编号规则里不认识 {{{name}}}，可以用 {_listed(PATTERN_NAMES)}"
        elif form and (name != "serial" or not _SERIAL.fullmatch(form)):
            yield f"证书编号规则里的 {{{name}:{form}}} 写法不对，例如 {{serial:04d}}"
    if "serial" not in dict(names):
        yield "证书编号规则里要有流水号 {serial}，不然编号会重复"


def certificate_faults(words: str) -> Iterator[str]:
    """What is wrong with the text of a certificate, in sentences."""
    names = _names(words)
    if names is None:
        yield "证书正文里的大括号不成对"
        return
    for name, form in names:
        if name not in CERTIFICATE_NAMES or form:
            yield f"证书正文里不认识 {{{name}}}，可以用 {_listed(CERTIFICATE_NAMES)}"


def _listed(names: Iterable[str]) -> str:
    return "、".join("{" + name + "}" for name in names)


def certificate_number(
    pattern: str, *, letters: str, year: int, category: str, level: str, serial: int
) -> str:
    """A number by its rule; the rule has no ``pattern_faults``."""
    return pattern.format(
        letters=letters, year=year, category=category, level=level, serial=serial
    )
