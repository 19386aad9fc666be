"""Which print a scan is of: pure questions over the marks that were read.

Words say which sheet of paper is meant and what to do; they never tell whose a foreign
paper is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from qcportal.documents.scan_pages import SeenPage
from qcportal.refusals import Refusal
from qcportal.seals.models import ScanReading

Outcome = ScanReading.Outcome
FIELD = "scan"


@dataclass(frozen=True)
class Print:
    """What is expected: its check code, content hash and, where the paper is made, its
    number of pages; ``older`` says by check code what was printed before it, ``others``
    which papers of the same person's own it may be taken for."""

    check_code: str
    content_hash: str
    pages: int | None = None
    older: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Match:
    """``missing`` and ``doubled`` are page numbers; ``unread`` counts pages without a
    code; ``refusals`` is empty for what may be kept."""

    outcome: ScanReading.Outcome
    refusals: Sequence[Refusal] = ()
    missing: Sequence[int] = ()
    doubled: Sequence[int] = ()
    unread: int = 0
    pages: int = 0


def match(seen: Sequence[SeenPage], expected: Print) -> Match:
    """The outcome, worst first: older, foreign, pages missing, unreadable, matched."""
    ours = [
        one.mark.page for one in seen if one.mark and _is_of(one, expected)
    ]  # fmt: skip
    strange = [
        (place, one) for place, one in enumerate(seen, start=1)
        if one.mark and not _is_of(one, expected)
    ]  # fmt: skip
    if strange:
        return _strange(strange, expected)
    unread = sum(one.mark is None for one in seen)
    said = [one.mark.pages for one in seen if one.mark]
    pages = expected.pages or max(said, default=0)
    missing = sorted(set(range(1, pages + 1)) - set(ours))
    doubled = sorted(page for page, times in Counter(ours).items() if times > 1)
    if not unread and missing:
        return Match(
            Outcome.MISSING, tuple(_missing(missing, pages)), missing, doubled, 0, pages
        )
    outcome = Outcome.UNREADABLE if unread or not seen else Outcome.MATCHED
    return Match(outcome, (), missing, doubled, unread, pages)


def _is_of(one: SeenPage, expected: Print) -> bool:
    mark = one.mark
    return (
        mark is not None
        and mark.check_code == expected.check_code
        and mark.digest == expected.content_hash[:8].upper()
        and (expected.pages is None or mark.pages == expected.pages)
    )


def _strange(strange: Sequence[tuple[int, SeenPage]], expected: Print) -> Match:
    refusals, outcome = [], Outcome.OLD
    for place, one in strange:
        code = one.mark.check_code if one.mark else ""
        if code in expected.older:
            said = Refusal("scan_old", f"第 {place} 张：{expected.older[code]}", FIELD)
        else:
            outcome = Outcome.FOREIGN
            words = expected.others.get(code, _FOREIGN)
            said = Refusal("scan_foreign", f"第 {place} 张{words}", FIELD)
        refusals.append(said)
    return Match(outcome, tuple(refusals))


_FOREIGN = "不是这份表：页脚二维码是别的材料的。请只传刚打印的这一份的盖章页。"


def _missing(missing: Sequence[int], pages: int) -> Iterator[Refusal]:
    listed = "、".join(str(page) for page in missing)
    yield Refusal(
        "scan_pages_missing",
        f"这份表共 {pages} 页，还缺第 {listed} 页。请把所有页一起选上再传，先后次序不限。",
        FIELD,
    )
