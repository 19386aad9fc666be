"""Figures the portal can count itself, as proposals for the 活动统计表.

An item of the sheet names what it could be counted from (``counted_from`` of the
preset). The body may write something else: it also knows groups that are not here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from qcportal.campaigns.models import Campaign
from qcportal.campaigns.stages import Stage
from recommenders.models import Dossier
from submissions.yearbook import ActivityRecord, GroupMember, GroupYear


@dataclass(frozen=True)
class Proposal:
    """``value`` as the sheet keeps it; ``source`` says in words what was counted."""

    value: str
    source: str


def year_of(campaign: Campaign) -> int:
    """The calendar year whose registrations count: the one in which filing opens."""
    window = campaign.window(Stage.FILING)
    return timezone.localtime(window.opens_at).year if window else campaign.year


def registered(dossier: Dossier) -> QuerySet[GroupYear]:
    """Registrations with a number (confirmed at least once) of the body's units."""
    return GroupYear.objects.filter(
        year=year_of(dossier.campaign),
        unit__affiliations_above__recommender=dossier.recommender_id,
    ).exclude(number="")


def _groups(rows: QuerySet[GroupYear]) -> int:
    return rows.count()


def _active(rows: QuerySet[GroupYear]) -> int:
    records = ActivityRecord.objects.filter(topic__group_year=OuterRef("pk"))
    return rows.filter(Exists(records)).count()


def _members(rows: QuerySet[GroupYear]) -> int:
    return GroupMember.objects.filter(group_year__in=rows, left_on=None).count()


COUNTS: dict[str, tuple[Callable[[QuerySet[GroupYear]], int], str]] = {
    "registered_groups": (_groups, "隶属企业里单位已确认的小组"),
    "active_groups": (_active, "登记的小组里有活动记录的"),
    "group_members": (_members, "登记的小组里现有的成员"),
}


def proposals(dossier: Dossier) -> dict[str, Proposal]:
    """Item code → what the registrations say; empty while nobody registered."""
    asked = {
        item["code"]: COUNTS[item["counted_from"]]
        for item in dossier.campaign.statistics
        if item.get("counted_from") in COUNTS
    }
    rows = registered(dossier)
    if not asked or not rows.exists():
        return {}
    year = year_of(dossier.campaign)
    return {
        code: Proposal(str(count(rows)), f"{year}年小组登记：{words}")
        for code, (count, words) in asked.items()
    }
