"""Mobile numbers as people type them, as the portal keeps them and as it shows them.

A mobile number is 11 digits beginning with 13–19 and belongs to a person: it is kept
encrypted and shown masked to whoever need not call. A landline (``021-0000 0000``) is
the number of an office and stands in public notices; it is another kind of field, kept
and shown as it is. Pure.
"""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError

from qcportal.accounts.encryption import blind_index
from qcportal.ui.words import masked_mobile as mask
from qcportal.ui.words import mobiles_masked as mask_within

MOBILE = re.compile(r"1[3-9]\d{9}")
FILLERS = re.compile(r"[\s\-‐-―−—·.()]+")
COUNTRY = re.compile(r"^(\+|00)86|^86(?=1[3-9]\d{9}$)")

__all__ = ["clean", "index", "is_mobile", "mask", "mask_within", "normalise"]


def normalise(text: str) -> str:
    """Half width, without blanks, dashes and +86; no promise that it is a mobile."""
    narrow = FILLERS.sub("", unicodedata.normalize("NFKC", text))
    return COUNTRY.sub("", narrow)


def is_mobile(text: str) -> bool:
    return bool(MOBILE.fullmatch(normalise(text)))


def clean(text: str) -> str:
    """The 11 digits; empty stays empty. Raises ValidationError with a sentence."""
    number = normalise(text)
    if not number:
        return ""
    if not re.fullmatch(r"[0-9]+", number):
        raise ValidationError("手机号只填数字，例如 13800000000。", code="mobile")
    if number.startswith("0"):
        raise ValidationError(
            "这是固定电话，这里请填 11 位手机号。", code="mobile_landline"
        )
    if len(number) != 11:
        raise ValidationError(
            f"手机号是 11 位数字，现在是 {len(number)} 位，请核对。", code="mobile"
        )
    if not MOBILE.fullmatch(number):
        raise ValidationError("手机号以 13 到 19 开头，请核对。", code="mobile")
    return number


def index(text: str) -> str:
    """The blind index of a number however it was typed; empty for empty.

    ``User.objects.filter(mobile_index=mobiles.index(typed))``
    """
    return blind_index(normalise(text))
