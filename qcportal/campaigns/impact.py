"""What a change of a campaign does to what was filed already, said before it is done.

The campaigns know nothing of what is filed; ``settings.CAMPAIGN_CHANGE_ASKED_OF`` names
who does. Each answers a Change with refusals (it cannot be done) and cautions (it may,
and this is what follows).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from qcportal.campaigns.models import Campaign, Category
from qcportal.refusals import Refusal


@dataclass(frozen=True)
class Change:
    """``what``: a block or kind of lines of the settings (``settings_rules``), or
    ``window``, ``category``, ``extension``, ``end``. ``fields``: names that differ,
    with the values after it in ``new``. ``of``: the row that changes, if it is one."""

    campaign: Campaign
    what: str
    fields: frozenset[str] = frozenset()
    new: Mapping[str, Any] = field(default_factory=dict)
    of: Any = None
    category: Category | None = None
    stage: str = ""
    removing: bool = False


def affected(change: Change, at: datetime) -> list[Refusal]:
    """Everybody's answers, refusals before cautions."""
    found: list[Refusal] = []
    for name in settings.CAMPAIGN_CHANGE_ASKED_OF:
        found += import_string(name)(change, at)
    return sorted(found, key=lambda refusal: refusal.kind == "caution")
