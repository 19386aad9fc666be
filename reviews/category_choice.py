"""Which category a page of the association speaks of: ``?category=<code>``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.http import urlencode

from qcportal.campaigns.models import Campaign, Category


@dataclass(frozen=True)
class Link:
    """One category over a page: its name, its address, whether it is the one shown."""

    name: str
    url: str
    current: bool


def several(campaign: Campaign) -> bool:
    return len(campaign.categories_in_order) > 1


def asked_category(campaign: Campaign, data: Mapping[str, str]) -> Category | None:
    """The category named by its code in the address or the form; None for another
    campaign's or none."""
    code = data.get("category", "")
    return next((c for c in campaign.categories_in_order if c.code == code), None)


def category_of(campaign: Campaign, data: Mapping[str, str]) -> Category | None:
    """For pages of one category at a time: the one named, else the first; None only
    while the campaign has none."""
    return asked_category(campaign, data) or next(
        iter(campaign.categories_in_order), None
    )


def links(
    campaign: Campaign, chosen: Category | None, *, every: str = ""
) -> list[Link]:
    """Links to the categories; ``every`` is the word of a first link without one. Empty
    where there is nothing to choose."""
    if not several(campaign):
        return []
    found = [Link(every, "?", chosen is None)] if every else []
    return found + [
        Link(c.name, "?" + urlencode({"category": c.code}), c == chosen)
        for c in campaign.categories_in_order
    ]
