"""The writers of the rules of places. Single places beyond them: ``actions``.

Each act locks the campaign, then the places of every body in it, so that nobody takes
a place by a rule that is just being changed; asks; says what changed in the trail.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from qcportal.accounts.actors import Actor
from qcportal.audit.record import record
from qcportal.campaigns import quota_rules as rules
from qcportal.campaigns import quota_words as words
from qcportal.campaigns import quotas, settings_rules
from qcportal.campaigns.actions import hold_places
from qcportal.campaigns.models import Campaign, QuotaRule
from qcportal.campaigns.shows import type_labels
from qcportal.refusals import Refusal, Refused, refuse, refuse_if


class _Act:
    """One change of the rules under its locks."""

    def __init__(
        self, campaign_id: int, *, seen: str, reason: str, confirmed: bool,
        by: Actor, at: datetime,
    ) -> None:  # fmt: skip
        # NO KEY UPDATE: rows that point at the campaign can still be written, or who
        # holds places and writes one would wait for us while we wait for the places.
        found = Campaign.objects.select_for_update(no_key=True).get(pk=campaign_id)
        refuse_if(settings_rules.why_not_set(found, by))
        hold_places(found, *quotas.bodies_in(found))
        self.campaign = found
        self.before = rules.rules_of(found)
        self.types = type_labels(found)
        self.categories = {c.pk: c.name for c in found.categories_in_order}
        self.reason, self.confirmed, self.by, self.at = reason, confirmed, by, at
        now_seen = rules.rules_seen(self.before)
        refuse_if(
            settings_rules.why_not_change(
                found, by, seen=seen, now_seen=now_seen, reason=reason
            )
        )

    def write(self, after: list[QuotaRule]) -> list[Refusal]:
        """The rules as they shall stand (unsaved ones are new): asked, saved and said.
        Returns what was foreseen."""
        if len(after) > rules.MOST_RULES:
            refuse("too_many_rules", f"名额规定最多 {rules.MOST_RULES} 条。")
        found = rules.foreseen(self.campaign, after, self.at)
        cautions = [one for one in found if one.kind == "caution"]
        stopping = list(
            settings_rules.unconfirmed(found, self.campaign, confirmed=self.confirmed)
        )
        if stopping:  # with what would follow, for the page to say
            raise Refused([*stopping, *cautions])
        kept = {rule.pk: rule for rule in after if rule.pk}
        for rule in self.before:
            if rule.pk not in kept:
                self._remove(rule)
            elif rules.plain(rule) != rules.plain(kept[rule.pk]):
                self._change(rule, kept[rule.pk])
        for rule in (rule for rule in after if rule.pk is None):
            rule.save()
            said = self._said(rule, to=words.limit(rule))
            record(self.by, "quota_added", self.campaign.code, at=self.at, **said)
        self.campaign.places_changed_at = self.at
        self.campaign.save(update_fields=["places_changed_at"])
        return cautions

    def _remove(self, rule: QuotaRule) -> None:
        said = self._said(rule, was=words.limit(rule))
        record(self.by, "quota_removed", self.campaign.code, at=self.at, **said)
        rule.delete()

    def _change(self, old: QuotaRule, new: QuotaRule) -> None:
        """Said with the limit before; with the whole rule where it is for others now."""
        new.save(update_fields=rules.FIELDS)
        was = words.limit(old)
        if self._name(old) != self._name(new):
            was = f"{self._name(old)} {was}"
        said = self._said(new, was=was, to=words.limit(new))
        record(self.by, "quota_changed", self.campaign.code, at=self.at, **said)

    def _said(self, rule: QuotaRule, was: str = "", to: str = "") -> dict[str, Any]:
        return {
            "campaign": self.campaign.code, "name": self._name(rule), "was": was,
            "to": to, "reason": self.reason.strip(),
        }  # fmt: skip

    def _name(self, rule: QuotaRule) -> str:
        return words.name(rule, self.types, self.categories)


@transaction.atomic
def save_table(
    campaign_id: int, values: Mapping[rules.Cell, int | None], *,
    seen: str, reason: str = "", confirmed: bool = False, by: Actor, at: datetime,
) -> list[Refusal]:  # fmt: skip
    """All numbers of the table at once, or none. An empty one takes its rule away,
    unless that says 不限. Returns the cautions.

    Raises Refused (``not_yours``, ``campaign_ended``, ``stale_version``,
    ``reason_missing``, ``not_confirmed``, or at a number's name ``places_number``,
    ``soft_above_hard``).
    """
    act = _Act(campaign_id, seen=seen, reason=reason, confirmed=confirmed, by=by, at=at)
    named = {
        cell.name: rule for cell in values for rule in act.before if cell.holds(rule)
    }
    by_name = {cell.name: places for cell, places in values.items()}
    refuse_if(rules.cell_faults(by_name, named))
    after = {rule.pk: rule for rule in act.before}
    new = []
    for cell, places in values.items():
        rule = named.get(cell.name)
        if rule is None and places is not None:
            new.append(_of_cell(act.campaign, cell, places))
        elif rule is not None and places != rule.hard:
            after.pop(rule.pk)
            if places is not None:
                after[rule.pk] = _changed(rule, {"hard": places})
    same = all(after.get(rule.pk) is rule for rule in act.before)
    if same and not new:
        return []
    return act.write([*after.values(), *new])


def _of_cell(campaign: Campaign, cell: rules.Cell, places: int) -> QuotaRule:
    return QuotaRule(
        campaign=campaign, subject=cell.subject, hard=places,
        recommender_class=cell.recommender_class, topic_type=cell.topic_type,
    )  # fmt: skip


def _changed(rule: QuotaRule, values: Mapping[str, Any]) -> QuotaRule:
    """A copy with other values; the rule itself stays as it was."""
    found = copy.copy(rule)
    for name, value in values.items():
        setattr(found, name, value)
    return found


@transaction.atomic
def add_rule(
    campaign_id: int, values: Mapping[str, Any], *,
    seen: str, reason: str = "", confirmed: bool = False, by: Actor, at: datetime,
) -> list[Refusal]:  # fmt: skip
    """One more rule. ``values``: the fields of ``quota_rules.FIELDS`` and ``unlimited``.
    Returns the cautions; raises Refused as ``save_table``, and ``rule_faults``."""
    act = _Act(campaign_id, seen=seen, reason=reason, confirmed=confirmed, by=by, at=at)
    refuse_if(rules.rule_faults(act.campaign, values, act.before))
    made = QuotaRule(campaign=act.campaign, **_columns(values))
    return act.write([*act.before, made])


@transaction.atomic
def save_rule(
    campaign_id: int, rule_id: int, values: Mapping[str, Any], *,
    seen: str, reason: str = "", confirmed: bool = False, by: Actor, at: datetime,
) -> list[Refusal]:  # fmt: skip
    """Another wording of one rule; nothing differs: nothing is done."""
    act = _Act(campaign_id, seen=seen, reason=reason, confirmed=confirmed, by=by, at=at)
    old = next(rule for rule in act.before if rule.pk == rule_id)
    others = [rule for rule in act.before if rule.pk != rule_id]
    refuse_if(rules.rule_faults(act.campaign, values, others))
    new = _changed(old, _columns(values))
    if rules.plain(new) == rules.plain(old):
        return []
    return act.write([*others, new])


@transaction.atomic
def remove_rule(
    campaign_id: int, rule_id: int, *,
    seen: str, reason: str = "", confirmed: bool = False, by: Actor, at: datetime,
) -> list[Refusal]:  # fmt: skip
    """The rule goes; what it limited is then limited by the wider ones, or by none."""
    act = _Act(campaign_id, seen=seen, reason=reason, confirmed=confirmed, by=by, at=at)
    return act.write([rule for rule in act.before if rule.pk != rule_id])


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: values.get(name) for name in rules.FIELDS}
    for name in ("recommender_class", "region", "topic_type"):
        given[name] = given[name] or ""
    given["reserve"] = given["reserve"] or 0
    given["needs_good_standing"] = bool(given["needs_good_standing"])
    return given
