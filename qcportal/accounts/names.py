"""Names and codes of organisations, read as people mean them. Pure.

The unified social credit code (统一社会信用代码, GB 32100-2015) has 18 characters of an
alphabet without I, O, S, V and Z; the last is a check character, modulo 31.
"""

from __future__ import annotations

import re
import unicodedata

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LENGTH = 18
WEIGHTS = tuple(pow(3, i, 31) for i in range(LENGTH - 1))
FORMS = re.compile(
    r"(有限责任公司|股份有限公司|集团有限公司|有限公司|集团公司|公司|集团)"
)
DROPPED = re.compile(r"[\s()（）\[\]【】《》<>·.,，。、\-—_'\"“”]+")


def clean_code(text: str) -> str:
    """As on the licence: half width, upper case, no spaces or dashes."""
    return re.sub(r"[\s\-]+", "", unicodedata.normalize("NFKC", text)).upper()


def check_character(first: str) -> str:
    """The 18th character for the first 17, all of ``ALPHABET``."""
    total = sum(ALPHABET.index(c) * w for c, w in zip(first, WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def code_fault(code: str) -> str:
    """What is wrong with a cleaned code, as a sentence; empty if nothing is."""
    if len(code) != LENGTH:
        return f"统一社会信用代码是 18 位，现在是 {len(code)} 位，请对照营业执照核对。"
    strange = next((c for c in code if c not in ALPHABET), "")
    if strange:
        return (
            f"代码里不会有“{strange}”（不用字母 I、O、S、V、Z），请对照营业执照核对。"
        )
    if code[-1] != check_character(code[:-1]):
        return "校验位不对，请对照营业执照核对。"
    return ""


def same_key(name: str) -> str:
    """Equal for names that differ only in width, case, blanks, brackets and dots."""
    return DROPPED.sub("", unicodedata.normalize("NFKC", name)).casefold()


def like_key(name: str) -> str:
    """Equal also for names that differ in the legal form (有限公司, 集团 …)."""
    key = same_key(name)
    return FORMS.sub("", key) or key
