"""How the books stand by the checks so far. Reads only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from qcportal.audit.models import BooksCheck

# Asked only when every file is read, once a week: stands until it is asked again.
OF_FILES = frozenset({"file_altered"})


@dataclass(frozen=True)
class Standing:
    """``at``: the last check; ``count`` may be more than the findings kept."""

    at: datetime
    count: int
    findings: list[dict[str, str]]

    @property
    def by_code(self) -> dict[str, int]:
        return dict(sorted(Counter(one["code"] for one in self.findings).items()))


def standing() -> Standing | None:
    """None before the first check."""
    last = BooksCheck.objects.first()
    if last is None:
        return None
    found, count = list(last.findings), last.count
    files = BooksCheck.objects.filter(digests=True).first()
    if files is not None and not last.digests:
        more = [one for one in files.findings if one["code"] in OF_FILES]
        found, count = found + more, count + len(more)
    return Standing(last.at, count, found)
