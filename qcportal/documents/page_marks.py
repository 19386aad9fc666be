"""What the QR code on one page of a paper says: which print, which page of how many.

The text is an address people's phones can open and the portal can read back::

    HTTPS://PORTAL.EXAMPLE/V/QC1-7F3K92QD-2-3-9AB3C1D2-K
                             |   |        | | |        check character
                             |   |        | | first 8 signs of the content's SHA-256
                             |   |        | pages
                             |   |        page, from 1
                             |   check code of the print, without its dash
                             version of this format

Upper case, digits, ``-/:.`` only: a QR code stores these in 5.5 bits instead of 8, so
the squares are larger on paper (docs/decisions/0015). Standard library only: the child
that reads scans imports this without Django.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

VERSION = "QC1"
SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGEST = 8  # hexadecimal signs of the content hash that are printed
MOST_PAGES = 999
_MARK = re.compile(
    r"(?P<said>QC1-(?P<code>[0-9A-Z]{8})-(?P<page>[1-9][0-9]{0,2})-"
    r"(?P<pages>[1-9][0-9]{0,2})-(?P<digest>[0-9A-F]{8}))-(?P<check>[0-9A-Z])"
)


@dataclass(frozen=True)
class PageMark:
    """``check_code`` as printed (7F3K-92QD), ``digest`` 8 upper-case hex signs."""

    check_code: str
    page: int
    pages: int
    digest: str


def text(mark: PageMark, site_url: str) -> str:
    """The whole address. Scheme and host do not know upper from lower case; a
    ``site_url`` with a path of its own is kept as it is."""
    said = (
        f"{VERSION}-{mark.check_code.replace('-', '')}-{mark.page}-{mark.pages}"
        f"-{mark.digest[:DIGEST].upper()}"
    )
    site = site_url.rstrip("/")
    site = site if "/" in site.partition("://")[2] else site.upper()
    return f"{site}/V/{said}-{check_sign(said)}"


def parse(said: str) -> PageMark | None:
    """The mark in an address or in its last part; None for any other text."""
    found = _MARK.fullmatch(said.strip().rstrip("/").rpartition("/")[2].upper())
    if found is None or check_sign(found["said"]) != found["check"]:
        return None
    page, pages = int(found["page"]), int(found["pages"])
    if page > pages:
        return None
    code = found["code"]
    return PageMark(f"{code[:4]}-{code[4:]}", page, pages, found["digest"])


def check_sign(said: str) -> str:
    """ISO 7064 MOD 37,36 over digits and letters (dashes are passed over)."""
    rest = 36
    for sign in said.replace("-", ""):
        rest = (rest + SIGNS.index(sign)) % 36 or 36
        rest = rest * 2 % 37
    return SIGNS[(37 - rest) % 36]
