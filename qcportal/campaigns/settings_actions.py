"""The writers of a campaign's settings: blocks, lines, categories, its life.

Every act locks the campaign first, asks the rules, says what changed in the trail.
``seen`` is the fingerprint the form was drawn with (settings_rules).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import models, transaction

from qcportal.accounts.actors import Actor
from qcportal.audit.record import record
from qcportal.campaigns import gaps, higher_changes, impact, wording
from qcportal.campaigns import settings_rules as rules
from qcportal.campaigns.models import (
    Campaign,
    Category,
    Criterion,
    FormVersion,
    Rubric,
)
from qcportal.campaigns.rubric_actions import copy_criteria
from qcportal.campaigns.rubric_rules import OWN
from qcportal.refusals import refuse, refuse_if

# Room above every order in use, to renumber under a constraint.
ASIDE = 10000


def locked(campaign_id: int) -> Campaign:
    """The campaign, its row locked: two clerks change it one after the other."""
    return Campaign.objects.select_for_update().get(pk=campaign_id)


# --- blocks -------------------------------------------------------------------------


@transaction.atomic
def save_block(
    campaign_id: int, block: str, values: Mapping[str, Any], *,
    seen: str, reason: str = "", confirmed: bool = False, by: Actor, at: datetime,
) -> Campaign:  # fmt: skip
    """Columns of the campaign that change together. Nothing differs: nothing is done."""
    campaign = locked(campaign_id)
    fields = rules.BLOCKS[block]
    changed = rules.differing(campaign, values, fields)
    if not changed:
        refuse_if(rules.why_not_set(campaign, by))
        return campaign
    now_seen = rules.block_seen(campaign, block)
    refuse_if(
        rules.why_not_change(campaign, by, seen=seen, now_seen=now_seen, reason=reason)
    )
    refuse_if(rules.value_faults(values))
    change = impact.Change(campaign, block, changed, values)
    found = impact.affected(change, at)
    refuse_if(rules.unconfirmed(found, campaign, confirmed=confirmed))
    before = rules.values_of(campaign, sorted(changed))
    _write(campaign, values, changed)
    if "document_number" in changed:
        campaign.document_number_key = wording.number_key(campaign.document_number)
        campaign.save(update_fields=["document_number_key"])
    record(
        by, "campaign_changed", block, at=at, campaign=campaign.code,
        fields=rules.labels(Campaign, changed), before=before,
        after=rules.values_of(campaign, sorted(changed)), reason=reason.strip(),
    )  # fmt: skip
    return campaign


def _write(
    row: models.Model, values: Mapping[str, Any], fields: frozenset[str]
) -> None:
    for name in fields:
        setattr(row, name, values[name])
    row.save(update_fields=sorted(fields))


# --- lines --------------------------------------------------------------------------


def _open_lines(
    campaign_id: int, kind: str, *, seen: str, reason: str, by: Actor
) -> tuple[Campaign, list[Any]]:
    """The campaign locked and its lines as they stand; refused when stale."""
    campaign = locked(campaign_id)
    rows = rules.LINES[kind].rows(campaign)
    now_seen = rules.lines_seen(kind, rows)
    refuse_if(
        rules.why_not_change(campaign, by, seen=seen, now_seen=now_seen, reason=reason)
    )
    return campaign, rows


@transaction.atomic
def add_line(
    campaign_id: int, kind: str, values: Mapping[str, Any], *,
    seen: str, reason: str = "", by: Actor, at: datetime,
) -> models.Model:  # fmt: skip
    """A new line at the end."""
    campaign, rows = _open_lines(campaign_id, kind, seen=seen, reason=reason, by=by)
    if len(rows) >= rules.MOST_LINES:
        refuse("too_many_lines", f"最多 {rules.MOST_LINES} 行，请先删掉不要的。")
    refuse_if(rules.line_faults(kind, values, rows))
    order = max((row.order for row in rows), default=0) + 1
    line = rules.LINES[kind].model._default_manager.create(
        campaign=campaign, order=order, **values
    )
    record(by, "line_added", kind, at=at, campaign=campaign.code, line=str(name_of(line)),
           after=rules.values_of(line, rules.LINES[kind].fields), reason=reason.strip())  # fmt: skip
    _tell_lower(campaign, kind, name_of(line), "是新加的", at)
    return line


def _tell_lower(
    campaign: Campaign, kind: str, name: str, words: str, at: datetime
) -> None:
    """Lower associations that forwarded the campaign go by its timetable."""
    if kind == "milestones":
        higher_changes.milestone_changed(campaign, name, words, at)


def name_of(line: Any) -> str:
    """What a line is called in a sentence."""
    return getattr(line, "title", "") or getattr(line, "name", "") or line.text


@transaction.atomic
def save_line(
    campaign_id: int, kind: str, place: int, values: Mapping[str, Any], *,
    seen: str, reason: str = "", confirmed: bool = False, by: Actor, at: datetime,
) -> None:  # fmt: skip
    """Line ``place`` (from 1, as on the page ``seen`` is of)."""
    campaign, rows = _open_lines(campaign_id, kind, seen=seen, reason=reason, by=by)
    line = rows[place - 1]
    changed = rules.differing(line, values, rules.LINES[kind].fields)
    if not changed:
        return
    refuse_if(rules.line_faults(kind, values, [r for r in rows if r.pk != line.pk]))
    change = impact.Change(campaign, kind, changed, values, of=line)
    found = impact.affected(change, at)
    refuse_if(rules.unconfirmed(found, campaign, confirmed=confirmed))
    before = rules.values_of(line, sorted(changed))
    _write(line, values, changed)
    record(by, "line_changed", kind, at=at, campaign=campaign.code, line=name_of(line),
           fields=rules.labels(type(line), changed), before=before,
           after=rules.values_of(line, sorted(changed)), reason=reason.strip())  # fmt: skip
    if changed & {"title", "label", "starts_on", "ends_on"}:
        _tell_lower(campaign, kind, name_of(line), _now_says(line), at)


def _now_says(line: Any) -> str:
    return f"改为 {line.label}" if hasattr(line, "label") else ""


@transaction.atomic
def remove_line(
    campaign_id: int, kind: str, place: int, *,
    seen: str, reason: str = "", confirmed: bool = False, by: Actor, at: datetime,
) -> None:  # fmt: skip
    """Line ``place`` goes; ``in_use`` where something filed already hangs on it."""
    campaign, rows = _open_lines(campaign_id, kind, seen=seen, reason=reason, by=by)
    line = rows[place - 1]
    found = impact.affected(impact.Change(campaign, kind, of=line, removing=True), at)
    refuse_if(rules.unconfirmed(found, campaign, confirmed=confirmed))
    record(by, "line_removed", kind, at=at, campaign=campaign.code, line=name_of(line),
           before=rules.values_of(line, rules.LINES[kind].fields), reason=reason.strip())  # fmt: skip
    _tell_lower(campaign, kind, name_of(line), "去掉了", at)
    _delete(line, f"“{name_of(line)}”已经用上了，不能删；可以改名称。")


def _delete(row: models.Model, message: str) -> None:
    try:
        with transaction.atomic():
            row.delete()
    except models.ProtectedError:
        refuse("in_use", message)


@transaction.atomic
def move_line(
    campaign_id: int, kind: str, place: int, step: int, *,
    seen: str, reason: str = "", by: Actor, at: datetime,
) -> None:  # fmt: skip
    """Line ``place`` up (``step`` −1) or down (1) among those of its category."""
    campaign, rows = _open_lines(campaign_id, kind, seen=seen, reason=reason, by=by)
    line = rows[place - 1]
    beside = [r for r in rows if _group(r) == _group(line)]
    old = beside.index(line)
    new = min(max(old + step, 0), len(beside) - 1)
    if new == old:
        return
    beside.insert(new, beside.pop(old))
    _renumber(beside)
    record(by, "line_moved", kind, at=at, campaign=campaign.code, line=name_of(line),
           reason=reason.strip())  # fmt: skip


def _group(line: Any) -> int | None:
    """Prizes are numbered within their category, other lines within the campaign."""
    return line.category_id if line._meta.model_name == "awardlevel" else None


def _renumber(rows: list[Any]) -> None:
    """The rows in this order on the same numbers; through numbers nobody uses, since
    the database lets none stand twice."""
    numbers = sorted(row.order for row in rows)
    for lift in (ASIDE, 0):
        for row, number in zip(rows, numbers, strict=True):
            row.order = number + lift
            row.save(update_fields=["order"])


# --- categories ---------------------------------------------------------------------


@transaction.atomic
def add_category(
    campaign_id: int, values: Mapping[str, Any], *, like: Category,
    seen: str, reason: str = "", by: Actor, at: datetime,
) -> Category:  # fmt: skip
    """A new category with copies of another one's newest form and rubrics."""
    campaign = locked(campaign_id)
    now_seen = rules.categories_seen(campaign)
    refuse_if(
        rules.why_not_change(campaign, by, seen=seen, now_seen=now_seen, reason=reason)
    )
    refuse_if(rules.category_faults(values))
    if campaign.categories.count() >= rules.MOST_CATEGORIES:
        refuse("too_many_categories", f"最多 {rules.MOST_CATEGORIES} 个类别。")
    order = campaign.categories.aggregate(last=models.Max("order"))["last"] or 0
    category = Category.objects.create(
        campaign=campaign, order=order + 1, code=_free_code(campaign), **values
    )
    copy_versions(like, category)
    record(by, "category_added", category.code, at=at, campaign=campaign.code,
           name=category.name, reason=reason.strip())  # fmt: skip
    return category


def _free_code(campaign: Campaign) -> str:
    taken = set(campaign.categories.values_list("code", flat=True))
    return next(f"c{n}" for n in range(1, 1000) if f"c{n}" not in taken)


def copy_versions(source: Category, target: Category) -> None:
    """The newest form and rubrics of ``source`` as version 1 of ``target``; published
    where they were, since the words are the same."""
    form = source.forms.order_by("-version").first()
    if form:
        FormVersion.objects.create(
            category=target, version=1, definition=form.definition,
            published_at=form.published_at,
        )  # fmt: skip
    seen: set[str] = set()
    for rubric in source.rubrics.order_by("topic_type", "-version"):
        if rubric.topic_type in seen:
            continue
        seen.add(rubric.topic_type)
        made = Rubric.objects.create(
            category=target, topic_type=rubric.topic_type, version=1,
            published_at=rubric.published_at,
            **{name: getattr(rubric, name) for name in OWN},
        )  # fmt: skip
        copy_criteria(rubric, made)


@transaction.atomic
def save_category(
    campaign_id: int, code: str, values: Mapping[str, Any], *,
    seen: str, reason: str = "", confirmed: bool = False, by: Actor, at: datetime,
) -> Category:  # fmt: skip
    campaign = locked(campaign_id)
    category = campaign.categories.get(code=code)
    changed = rules.differing(category, values, rules.CATEGORY_FIELDS)
    if not changed:
        refuse_if(rules.why_not_set(campaign, by))
        return category
    now_seen = rules.category_seen(category)
    refuse_if(
        rules.why_not_change(campaign, by, seen=seen, now_seen=now_seen, reason=reason)
    )
    refuse_if(rules.category_faults(values))
    change = impact.Change(
        campaign, "category", changed, values, of=category, category=category
    )
    found = impact.affected(change, at)
    refuse_if(rules.unconfirmed(found, campaign, confirmed=confirmed))
    before = rules.values_of(category, sorted(changed))
    _write(category, values, changed)
    record(by, "category_changed", category.code, at=at, campaign=campaign.code,
           name=category.name, fields=rules.labels(Category, changed), before=before,
           after=rules.values_of(category, sorted(changed)), reason=reason.strip())  # fmt: skip
    return category


@transaction.atomic
def remove_category(
    campaign_id: int, code: str, *,
    seen: str, reason: str = "", by: Actor, at: datetime,
) -> None:  # fmt: skip
    """A category nothing was begun in goes, with its form, rubrics, windows, places."""
    campaign = locked(campaign_id)
    category = campaign.categories.get(code=code)
    now_seen = rules.category_seen(category)
    refuse_if(
        rules.why_not_change(campaign, by, seen=seen, now_seen=now_seen, reason=reason)
    )
    refuse_if(rules.why_not_drop_category(campaign))
    change = impact.Change(
        campaign, "category", of=category, category=category, removing=True
    )
    refuse_if(impact.affected(change, at))
    record(by, "category_removed", code, at=at, campaign=campaign.code,
           name=category.name, reason=reason.strip())  # fmt: skip
    try:
        with transaction.atomic():
            Criterion.objects.filter(rubric__category=category).delete()
            for owned in (category.rubrics, category.forms, category.award_levels):
                owned.all().delete()
            campaign.check_items.filter(category=category).delete()
            category.delete()
    except models.ProtectedError:
        refuse("in_use", f"“{category.name}”已经用上了，不能删。")


@transaction.atomic
def move_category(
    campaign_id: int, code: str, step: int, *, seen: str, by: Actor, at: datetime
) -> None:
    """One place up or down on every page that lists categories."""
    campaign = locked(campaign_id)
    refuse_if(rules.why_not_set(campaign, by))
    if seen != rules.categories_seen(campaign):
        refuse("stale_version", "同事刚刚动过类别，请看过现在的顺序再调。")
    rows = list(campaign.categories.order_by("order", "pk"))
    old = next(i for i, row in enumerate(rows) if row.code == code)
    new = min(max(old + step, 0), len(rows) - 1)
    rows.insert(new, rows.pop(old))
    for number, row in enumerate(rows, 1):
        row.order = number
        row.save(update_fields=["order"])
    record(by, "category_moved", code, at=at, campaign=campaign.code)


# --- the life of a campaign ---------------------------------------------------------


@transaction.atomic
def publish(campaign_id: int, *, by: Actor, at: datetime) -> Campaign:
    """The campaign goes public with everything in it; every gap is a refusal."""
    campaign = locked(campaign_id)
    refuse_if(rules.why_not_publish(campaign, by))
    refuse_if(gaps.gaps(campaign, at))
    campaign.published_at = at
    campaign.save(update_fields=["published_at"])
    record(by, "campaign_published", campaign.code, at=at, campaign=campaign.code,
           name=campaign.name)  # fmt: skip
    return campaign


@transaction.atomic
def end(
    campaign_id: int, *, reason: str, confirmed: bool, by: Actor, at: datetime
) -> Campaign:
    """办结: nothing more is changed or opened in it; all of it stays to be read."""
    campaign = locked(campaign_id)
    found = list(rules.why_not_end(campaign, by, reason, at))
    refuse_if(rules.unconfirmed(found, campaign, confirmed=confirmed))
    campaign.ended_at = at
    campaign.save(update_fields=["ended_at"])
    record(by, "campaign_ended", campaign.code, at=at, campaign=campaign.code,
           reason=reason.strip())  # fmt: skip
    return campaign


@transaction.atomic
def reopen(campaign_id: int, *, reason: str, by: Actor, at: datetime) -> Campaign:
    """An ended campaign is open to the secretariat again; its windows stay as they are."""
    campaign = locked(campaign_id)
    refuse_if(rules.why_not_reopen(campaign, by, reason))
    campaign.ended_at = None
    campaign.save(update_fields=["ended_at"])
    record(by, "campaign_reopened", campaign.code, at=at, campaign=campaign.code,
           reason=reason.strip())  # fmt: skip
    return campaign
