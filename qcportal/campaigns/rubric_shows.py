"""What the pages of rubrics show: the tables in use, what a version changed, how marks
become a score. A presenter: reads, and decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import reverse

from qcportal.campaigns import scoring
from qcportal.campaigns.models import Campaign, Category, FormVersion, Rubric
from qcportal.campaigns.rubric_rules import ON_SITE, WHOLE
from qcportal.campaigns.scoring import plain
from qcportal.campaigns.shows import weights

WHOLE_CATEGORY = "-"  # in addresses, for a rubric of all topic types


def slug(topic_type: str) -> str:
    return topic_type or WHOLE_CATEGORY


def type_of(address: str) -> str:
    return "" if address == WHOLE_CATEGORY else address


@dataclass(frozen=True)
class Slot:
    """The place of one rubric: a topic type of a category. ``standing`` is the newest
    published, ``writing`` the one being written."""

    category: Category
    topic_type: str
    label: str
    standing: Rubric | None
    writing: Rubric | None

    @property
    def key(self) -> str:
        return f"{self.category.code}.{slug(self.topic_type)}"

    @property
    def shown(self) -> Rubric | None:
        return self.standing or self.writing

    @property
    def parts(self) -> list[tuple[str, float]]:
        return weights(self.shown) if self.shown else []

    @property
    def odd_total(self) -> bool:
        return bool(self.shown) and self.shown.points != WHOLE

    def url(self, name: str) -> str:
        where = [self.category.campaign.code, self.category.code, slug(self.topic_type)]
        if name == "rubric":
            where.append(self.shown.version)
        return reverse(f"campaigns:{name}", args=where)

    @property
    def edit_url(self) -> str:
        return self.url("edit_rubric")

    @property
    def view_url(self) -> str:
        return self.url("rubric")

    @property
    def begin_url(self) -> str:
        return reverse(
            "campaigns:begin_rubric", args=[self.category.campaign.code, self.category.code]
        )  # fmt: skip


def type_labels(campaign: Campaign) -> dict[int, dict[str, str]]:
    """Category id → topic types of its newest published form, by code; one query."""
    forms = FormVersion.objects.filter(
        category__campaign=campaign, published_at__isnull=False
    ).order_by("version")
    newest = {form.category_id: form for form in forms}
    return {
        pk: {t.code: t.label for t in form.form.topic_types}
        for pk, form in newest.items()
    }


def scope_label(topic_type: str, types: Mapping[str, str]) -> str:
    if topic_type == ON_SITE:
        return "现场评审"
    return types.get(topic_type, topic_type) if topic_type else "全部课题类型"


def slots(campaign: Campaign) -> dict[Category, list[Slot]]:
    """Every category with its tables, in three queries: those there are, and those its
    form asks for."""
    rows = Rubric.objects.filter(category__campaign=campaign).order_by("version")
    found: dict[tuple[int, str], dict[str, Rubric]] = {}
    for one in rows.prefetch_related("criteria"):
        kind = "standing" if one.published_at else "writing"
        found.setdefault((one.category_id, one.topic_type), {})[kind] = one
    labels = type_labels(campaign)
    shown = {}
    for category in campaign.categories_in_order:
        category.campaign = campaign
        types = labels.get(category.pk, {})
        have = [kind for pk, kind in found if pk == category.pk]
        wanted = list(types) if "" not in have else []
        keys = sorted({*wanted, *have}, key=lambda kind: _order(kind, types))
        shown[category] = [
            _slot(category, kind, scope_label(kind, types), found.get((category.pk, kind), {}))
            for kind in keys or [""]
        ]  # fmt: skip
    return shown


def in_use(campaign: Campaign) -> list[Slot]:
    """The tables results are scored by, those still being written where there is none."""
    return [one for places in slots(campaign).values() for one in places if one.shown]


def _order(kind: str, types: Mapping[str, str]) -> tuple[int, str]:
    """As in the form, then the table for all, then the visit and what is left."""
    known = list(types)
    if kind in known:
        return known.index(kind), ""
    return (len(known) if not kind else len(known) + 1), kind


def _slot(
    category: Category, kind: str, label: str, found: Mapping[str, Rubric]
) -> Slot:
    for rubric in found.values():
        rubric.category = category
    return Slot(category, kind, label, found.get("standing"), found.get("writing"))


def sources(campaign: Campaign, first: tuple[int, str] | None = None) -> list[Rubric]:
    """What a new table may be copied from: the newest published of every place, that of
    ``first`` (category id, topic type) before the others."""
    rows = Rubric.objects.filter(
        category__campaign=campaign, published_at__isnull=False
    ).select_related("category")
    newest = {
        (one.category_id, one.topic_type): one for one in rows.order_by("version")
    }
    ordered = sorted(newest.values(), key=lambda one: (one.category.order, one.pk))
    return sorted(ordered, key=lambda one: (one.category_id, one.topic_type) != first)


def changes(old: Rubric, new: Rubric) -> list[str]:
    """What ``new`` does otherwise than ``old``, in sentences."""
    said = []
    if old.name != new.name:
        said.append(f"名称“{old.name}”改为“{new.name}”")
    if old.source != new.source:
        said.append(f"依据改为“{new.source or '（空）'}”")
    if old.step != new.step:
        said.append(f"评分最小单位 {plain(old.step)} 分改为 {plain(new.step)} 分")
    if old.is_placeholder != new.is_placeholder:
        said.append("标为占位" if new.is_placeholder else "不再是占位")
    before = {c.code: c for c in old.criteria_list}
    after = {c.code: c for c in new.criteria_list}
    said += [f"去掉“{c.name}”（{plain(c.points)} 分）" for k, c in before.items() if k not in after]  # fmt: skip
    said += [f"增加“{c.name}”（{plain(c.points)} 分）" for k, c in after.items() if k not in before]  # fmt: skip
    common = [code for code in after if code in before]
    for code in common:
        said += _criterion_changes(before[code], after[code])
    if common != [code for code in before if code in after]:
        said.append("评审项目的顺序变了")
    if old.points != new.points:
        said.append(f"合计 {plain(old.points)} 分改为 {plain(new.points)} 分")
    return said


def _criterion_changes(old: Any, new: Any) -> list[str]:
    said = []
    if old.name != new.name:
        said.append(f"“{old.name}”改名为“{new.name}”")
    if old.points != new.points:
        said.append(f"“{new.name}”{plain(old.points)} 分改为 {plain(new.points)} 分")
    if old.hint != new.hint:
        said.append(f"“{new.name}”的要点改了")
    return said


# --- a worked example of the scoring --------------------------------------------------

EXAMPLE = tuple(map(Decimal, ("92.5", "71", "88.5", "84", "86.5", "90", "81.5")))


@dataclass(frozen=True)
class Worked:
    """One example of how sheets become a score."""

    count: int
    sheets: list[tuple[str, bool]]  # (total, left out?)
    result: str
    own: bool  # with the campaign's own number of judges

    @property
    def dropped(self) -> bool:
        return any(out for _, out in self.sheets)


def worked(values: Mapping[str, Any]) -> list[Worked]:
    """Examples by the very arithmetic of the results: with the campaign's number of
    judges, and with five."""
    own = values["judges_per_submission"]
    return [
        _worked(count, values, own=count == own)
        for count in dict.fromkeys([min(max(own, 1), len(EXAMPLE)), 5])
    ]


def _worked(count: int, values: Mapping[str, Any], *, own: bool) -> Worked:
    totals = EXAMPLE[:count]
    score = scoring.combine(
        totals, drop_from=values["drop_from"], decimals=values["decimals"]
    )
    left = list(score.dropped) if score else []
    sheets = []
    for total in totals:
        out = total in left
        if out:
            left.remove(total)
        sheets.append((plain(total), out))
    return Worked(count, sheets, f"{score.value:f}" if score else "", own)


@dataclass(frozen=True)
class TieStep:
    name: str
    first: str
    second: str


def tie_example(values: Mapping[str, Any], names: Mapping[str, str]) -> list[TieStep]:
    """Two results of one score, told apart by the campaign's order: each criterion of
    it, with both means, down to the one that decides (by ``scoring.tie_key``)."""
    order = [code for code in values["tie_order"] if code in names]
    if not order:
        return []
    decisive = order[min(1, len(order) - 1)]
    marks = [dict.fromkeys(order, "16"), dict.fromkeys(order, "16")]
    marks[0][decisive] = "17"
    keys = [
        scoring.tie_key([one], order, drop_from=values["drop_from"], recommended=1)
        for one in marks
    ]
    return [
        TieStep(names[code], plain(a), plain(b))
        for code, a, b in zip(order, *keys, strict=False)
    ][: order.index(decisive) + 1]


def criterion_names(campaign: Campaign) -> dict[str, str]:
    """Code → name of the criteria of all newest tables, joined where they differ."""
    found: dict[str, list[str]] = {}
    for places in slots(campaign).values():
        for slot in places:
            if slot.topic_type == ON_SITE or slot.standing is None:
                continue
            for criterion in slot.standing.criteria_list:
                names = found.setdefault(criterion.code, [])
                if criterion.name not in names:
                    names.append(criterion.name)
    return {code: "／".join(names) for code, names in found.items()}


def marks_of(rubric: Rubric) -> Sequence[dict[str, Any]]:
    """The criteria as a judge's sheet shows them (component ``stepper``)."""
    return [
        {"name": f"mark-{c.code}", "label": c.name, "most": scoring.number(c.points),
         "hint": c.hint, "step": plain(rubric.step)}
        for c in rubric.criteria_list
    ]  # fmt: skip
