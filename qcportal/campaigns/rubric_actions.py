"""The only writers of rubrics. A published one is never written again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from qcportal.accounts.actors import Actor
from qcportal.audit.record import record
from qcportal.campaigns import impact, rubric_rules
from qcportal.campaigns.models import Campaign, Category, Criterion, Rubric
from qcportal.campaigns.settings_rules import unconfirmed
from qcportal.refusals import refuse_if

MOST_LINE = 200


def _locked(rubric_id: int) -> Rubric:
    """The rubric as it stands, its campaign held until the transaction ends."""
    campaign_id = Rubric.objects.values_list("category__campaign", flat=True).get(
        pk=rubric_id
    )
    Campaign.objects.select_for_update().get(pk=campaign_id)
    return Rubric.objects.select_related("category__campaign").get(pk=rubric_id)


def copy_criteria(source: Rubric, target: Rubric) -> None:
    Criterion.objects.bulk_create(
        Criterion(rubric=target, order=c.order, code=c.code, name=c.name,
                  points=c.points, hint=c.hint)
        for c in source.criteria_list
    )  # fmt: skip


@transaction.atomic
def begin_rubric(
    category_id: int, topic_type: str, *, like: Rubric | None, by: Actor, at: datetime
) -> Rubric:
    """A new version to be written: a copy of ``like``, or with no criteria at all.
    Raises Refused ``already_writing``, ``unknown_type``."""
    campaign_id = Category.objects.values_list("campaign", flat=True).get(
        pk=category_id
    )
    Campaign.objects.select_for_update().get(pk=campaign_id)
    category = Category.objects.select_related("campaign").get(pk=category_id)
    refuse_if(rubric_rules.why_not_begin(category, topic_type, by))
    newest = category.rubrics.filter(topic_type=topic_type).first()
    own = (
        {name: getattr(like, name) for name in rubric_rules.OWN}
        if like
        else {"name": _name_for(category, topic_type)}
    )
    begun = Rubric.objects.create(
        category=category, topic_type=topic_type,
        version=newest.version + 1 if newest else 1,
        saved_at=at, saved_by_name=by.user_name, **own,
    )  # fmt: skip
    if like:
        copy_criteria(like, begun)
    record(by, "rubric_begun", category.code, at=at, **_said(begun))
    return begun


def _name_for(category: Category, topic_type: str) -> str:
    label = rubric_rules.scopes(category).get(topic_type, "") if topic_type else ""
    return f"{label or category.name}评审表"[:60]


@transaction.atomic
def save_rubric(
    rubric_id: int, own: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], *,
    edition: int, by: Actor, at: datetime,
) -> Rubric:  # fmt: skip
    """Keep an unpublished rubric: its own values (``rubric_rules.OWN``) and its criteria
    in order (code, name, points, hint). It may be half-written. A row without a code,
    or with one the rubric has not, gets a new one. Raises Refused: ``frozen``,
    ``stale_version``, ``points_low``, ``too_many``, …"""
    found = _locked(rubric_id)
    refuse_if(rubric_rules.why_not_write(found, by, edition))
    refuse_if(rubric_rules.why_not_save(rows))
    # Asked of the database again: whatever happens, a published row is not written.
    Rubric.objects.filter(pk=found.pk, published_at__isnull=True).update(
        **{name: own[name] for name in rubric_rules.OWN},
        edition=found.edition + 1, saved_at=at, saved_by_name=by.user_name,
    )  # fmt: skip
    coded = _coded(found, rows)
    found.criteria.all().delete()
    Criterion.objects.bulk_create(
        Criterion(rubric=found, order=n, code=code, name=row["name"].strip(),
                  points=row["points"], hint=row["hint"].strip())
        for n, (code, row) in enumerate(coded, 1)
    )  # fmt: skip
    return Rubric.objects.select_related("category__campaign").get(pk=found.pk)


def _coded(
    rubric: Rubric, rows: Sequence[Mapping[str, Any]]
) -> list[tuple[str, Mapping[str, Any]]]:
    """Each row under its code. One code is one criterion in all versions of a category
    (同分排序 names codes), so a new row takes one nobody had."""
    kept = {criterion.code for criterion in rubric.criteria_list}
    of_category = Criterion.objects.filter(rubric__category=rubric.category_id)
    taken = set(of_category.values_list("code", flat=True))
    fresh = (f"c{n}" for n in range(1, 100_000) if f"c{n}" not in taken)
    found = []
    for row in rows:
        code = row.get("code") or ""
        if code not in kept:
            code = next(fresh)
        kept.discard(code)
        found.append((code, row))
    return found


@transaction.atomic
def publish_rubric(
    rubric_id: int, *, edition: int, reason: str, confirmed: bool = False,
    by: Actor, at: datetime,
) -> Rubric:  # fmt: skip
    """Freeze the version for ever: results nobody has scored yet take it, sheets already
    written stay on theirs (docs/decisions/0013). A second click changes nothing. Raises
    Refused: every fault at its place, ``reason_missing``, ``not_confirmed``, …"""
    found = _locked(rubric_id)
    if found.published_at is not None and found.edition == edition:
        return found
    refuse_if(rubric_rules.why_not_publish(found, reason, by, edition))
    campaign = found.category.campaign
    change = impact.Change(campaign, "rubric", of=found, category=found.category)
    refuse_if(unconfirmed(impact.affected(change, at), campaign, confirmed=confirmed))
    Rubric.objects.filter(pk=found.pk, published_at__isnull=True).update(
        published_at=at, reason=reason.strip()
    )
    found.published_at, found.reason = at, reason.strip()
    _ask_to_compare(campaign, found)
    record(by, "rubric_published", found.category.code, at=at, reason=found.reason,
           **_said(found))  # fmt: skip
    return found


def _ask_to_compare(campaign: Campaign, rubric: Rubric) -> None:
    """An unusual total is one more line of 请核对; those of older versions go."""
    older = rubric.category.rubrics.filter(
        topic_type=rubric.topic_type, published_at__isnull=False
    ).exclude(pk=rubric.pk)
    gone = {rubric_rules.to_compare(one) for one in older.select_related("category")}
    line = rubric_rules.to_compare(rubric)[:MOST_LINE]
    lines = [text for text in campaign.please_check if text not in gone]
    if line and line not in lines:
        lines.append(line)
    if lines != campaign.please_check:
        campaign.please_check = lines
        campaign.save(update_fields=["please_check"])


@transaction.atomic
def drop_rubric(rubric_id: int, *, edition: int, by: Actor, at: datetime) -> None:
    """Throw an unpublished version away."""
    found = _locked(rubric_id)
    refuse_if(rubric_rules.why_not_write(found, by, edition))
    record(by, "rubric_dropped", found.category.code, at=at, **_said(found))
    found.criteria.all().delete()
    Rubric.objects.filter(pk=found.pk, published_at__isnull=True).delete()


def _said(rubric: Rubric) -> dict[str, Any]:
    """What every line of the trail says of a version."""
    return {"campaign": rubric.category.campaign.code, "name": rubric.name,
            "topic_type": rubric.topic_type, "version": rubric.version}  # fmt: skip
