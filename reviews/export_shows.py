"""How an export is shown: its filters in words, its state, what may be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from qcportal.accounts.models import Organisation
from qcportal.campaigns.shows import type_labels
from reviews.entry_filters import described
from reviews.models import Export


@dataclass(frozen=True)
class Job:
    """One line. ``state`` is waiting, making, ready, failed or expired."""

    export: Export
    state: str
    filters: str
    took: int | None

    @property
    def running(self) -> bool:
        return self.state in {"waiting", "making"}


def is_over(export: Export, at: datetime) -> bool:
    """Past its keeping time, whether the sweep has dropped the file yet or not."""
    expires_at = export.document.expires_at or export.expires_at
    return export.document.is_expired or at >= expires_at


def jobs(exports: list[Export], at: datetime) -> list[Job]:
    """Lines for exports that came with campaign, document and person."""
    names = _names(exports)
    return [
        Job(
            export,
            "expired" if is_over(export, at) else export.document.status.lower(),
            described(export.filters, names),
            _seconds(export),
        )
        for export in exports
    ]


def _seconds(export: Export) -> int | None:
    paper = export.document
    if paper.ready_at is None:
        return None
    return max(1, round((paper.ready_at - paper.ordered_at).total_seconds()))


def _names(exports: list[Export]) -> dict[str, str]:
    """Organisation key or topic type → its word, for every export at once."""
    keys = {
        export.filters[name]
        for export in exports
        for name in ("recommender", "unit")
        if export.filters.get(name)
    }
    bodies = Organisation.objects.filter(key__in=keys)
    names = {str(body.key): body.label for body in bodies}
    for campaign in {export.campaign for export in exports}:
        names |= type_labels(campaign)
        names |= {f"category {c.code}": c.name for c in campaign.categories_in_order}
    return names
