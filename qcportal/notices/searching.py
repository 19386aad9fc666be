"""Finding a notice by title, words and number, however its brackets are typed."""

from __future__ import annotations

from django.db.models import Q

from qcportal.campaigns.wording import number_key
from qcportal.notices.models import NoticeQuerySet

# The ways a number is written in the words of a notice (seeds: 〔〕, [], （）).
_BRACKETS = ("〔〕", "[]", "【】", "()", "（）", "［］")


def written(typed: str) -> list[str]:
    """``沪质协[2020]17号`` in every bracket style; anything else as it was typed."""
    key = number_key(typed)
    if "〔" not in key and "〕" not in key:
        return [typed]
    return [typed, *(key.replace("〔", b[0]).replace("〕", b[1]) for b in _BRACKETS)]


def found(notices: NoticeQuerySet, typed: str) -> NoticeQuerySet:
    """Those of ``notices`` that have the words, all of them without words."""
    typed = typed.strip()
    if not typed:
        return notices
    wanted = Q(document_number_key__contains=number_key(typed))
    for words in written(typed):
        wanted |= Q(title__icontains=words) | Q(body__icontains=words)
    return notices.filter(wanted)
