"""Two rows of one unit, body or group made one: what moves, what stands against it,
and the way back.

Generic: every foreign key to Organisation of any app is looked up in Django's own
registry, hidden ones too, so a model added later is not forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models, transaction

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import (
    Affiliation,
    MemberClass,
    Membership,
    Organisation,
    OrganisationGroupObjectPermission,
    OrganisationUserObjectPermission,
)
from qcportal.accounts.roles import Role
from qcportal.audit.record import record
from qcportal.refusals import Refusal, refuse_if
from qcportal.registrations import rules
from qcportal.registrations.models import AffiliationRequest, Merge

# Where both have the same row, the source's stays behind on the ended unit.
STAYS: tuple[type[models.Model], ...] = (
    Affiliation, AffiliationRequest, MemberClass, Membership,
    OrganisationUserObjectPermission, OrganisationGroupObjectPermission,
)  # fmt: skip
UNSPOKEN = (OrganisationUserObjectPermission, OrganisationGroupObjectPermission)


# Models of other apps in words, by label; a model not named here says its own name.
WORDS = {
    "accounts.organisation": "小组",
    "campaigns.quotarule": "名额规定",
    "inbox.message": "消息",
    "recommenders.dossier": "推荐材料",
    "recommenders.standing": "推荐资格",
    "reviews.export": "导出名单",
    "seals.sealact": "盖章记录",
    "seals.sealpicture": "印章图样",
    "submissions.revision": "成果版次",
    "submissions.scoresheet": "评分与意见表",
    "submissions.stamplook": "盖章页核对",
    "submissions.step": "流转记录",
}


# Why both may not have it, where renaming does not help; of the source's row.
CLASHES = {
    "recommenders.dossier": "两家在“{row.campaign}”都有推荐材料，名次、总结和盖章各是各的，不能合并。请停用不用的那一家。",
    "submissions.groupyear": "两个小组 {row.year} 年都有注册登记，成员、课题和注册号各是各的，不能合并。请停用不用的那个小组。",
    "campaigns.quotarule": "两家在“{row.campaign}”都有单独的名额规定，请先去掉一条，再合并。",
    "seals.sealpicture": "两家都有在用的印章图样，请先停用其中一枚，再合并。",
}
TIERS = (Role.GROUP, Role.UNIT, Role.RECOMMENDER)


@dataclass(frozen=True)
class Relation:
    model: type[models.Model]
    field: str

    @property
    def label(self) -> str:
        name = WORDS.get(self.model._meta.label_lower, self.model._meta.verbose_name)
        if self.field == "registrar":
            return "登记的单位"
        return str(name)

    def rows(self, organisation_id: int) -> models.QuerySet[Any]:
        return self.model._base_manager.filter(**{self.field: organisation_id})


@dataclass(frozen=True)
class Moving:
    """What of one relation moves, stays behind or stands in the way (primary keys).
    ``yields``: rows of the target that say nothing and make room."""

    relation: Relation
    moves: list[int]
    stays: list[int]
    clashes: list[str]
    yields: list[int]


def relations() -> list[Relation]:
    """Every foreign key to an organisation but the merges' own."""
    fields = Organisation._meta.get_fields(include_hidden=True)
    found = [
        Relation(f.related_model, f.field.name)
        for f in fields
        if (f.one_to_many or f.one_to_one) and f.auto_created and not f.concrete
    ]
    return [r for r in found if r.model is not Merge]


def preview(source: Organisation, target: Organisation) -> list[Moving]:
    """Relation by relation; nothing is written. Relations without rows are left out."""
    found = [_moving(r, source, target) for r in relations()]
    return [m for m in found if m.moves or m.stays or m.clashes]


def _moving(relation: Relation, source: Organisation, target: Organisation) -> Moving:
    moves, stays, clashes, yields = [], [], [], []
    for row in relation.rows(source.pk):
        if _fits(row, relation.field, target):
            moves.append(row.pk)
        elif relation.model in STAYS or _says_nothing(row):
            stays.append(row.pk)
        elif room := _makes_room(row, relation.field):
            moves.append(row.pk)
            yields += room
        else:
            clashes.append(_clash(relation, row))
    return Moving(relation, moves, stays, clashes, yields)


def _clash(relation: Relation, row: models.Model) -> str:
    words = CLASHES.get(relation.model._meta.label_lower)
    if words:
        return words.format(row=row)
    return f"两家都有{relation.label}“{row}”，请先改名或停用其中一个，再合并。"


def _keys(model: type[models.Model]) -> set[str]:
    """Fields of its rules of uniqueness without a condition."""
    return {
        name
        for c in model._meta.constraints
        if isinstance(c, models.UniqueConstraint) and c.condition is None
        for name in c.fields
    }


def _says_nothing(row: models.Model) -> bool:
    """A row that only exists, as made by a first look: nothing but its key is filled,
    and nothing hangs on it."""
    model = type(row)
    for field in model._meta.concrete_fields:
        if field.primary_key or field.name in _keys(model):
            continue
        if getattr(row, field.attname) != field.get_default():
            return False
    return not any(
        r.related_model._base_manager.filter(**{r.field.name: row.pk}).exists()
        for r in model._meta.related_objects
    )


def _makes_room(row: models.Model, field: str) -> list[int]:
    """The target's rows in the way, if none of them says anything; ``row`` points at
    the target already."""
    found: dict[int, models.Model] = {}
    for constraint in _constraints(type(row), field):
        if constraint.condition is not None:
            return []
        wanted = {name: getattr(row, name) for name in constraint.fields}
        rows = type(row)._base_manager.filter(**wanted).exclude(pk=row.pk)
        found |= {one.pk: one for one in rows}
    return list(found) if all(_says_nothing(one) for one in found.values()) else []


def _fits(row: models.Model, field: str, target: Organisation) -> bool:
    """Whether the row may point at ``target``, asked of every rule of uniqueness."""
    setattr(row, field, target)
    if isinstance(row, Affiliation) and row.unit_id == row.recommender_id:
        return False
    model = type(row)
    others = model._base_manager.exclude(pk=row.pk)
    if model._meta.get_field(field).unique:
        return not others.filter(**{field: target}).exists()
    for names in model._meta.unique_together:
        wanted = {name: getattr(row, name) for name in names}
        if field in names and others.filter(**wanted).exists():
            return False
    return all(_holds(c, row) for c in _constraints(model, field))


def _constraints(
    model: type[models.Model], field: str
) -> list[models.UniqueConstraint]:
    return [
        c
        for c in model._meta.constraints
        if isinstance(c, models.UniqueConstraint) and field in c.fields
    ]


def _holds(constraint: models.BaseConstraint, row: models.Model) -> bool:
    try:
        constraint.validate(type(row), row)
    except ValidationError:
        return False
    return True


def why_not_merge(
    source: Organisation, target: Organisation, reason: str | None, actor: Actor
) -> Iterator[Refusal]:
    """``reason`` None: not asked yet (the preview)."""
    yield from rules.why_not_keep_register(actor)
    if source.pk == target.pk:
        yield Refusal("same_unit", "请选另一家。", "target")
    if Role.ASSOCIATION in {source.tier, target.tier}:
        yield Refusal(
            "association_stays",
            "协会不能合并：活动、公布和证书都以它的名义，请各自保留。",
            "target",
        )
    elif source.tier != target.tier or source.tier not in TIERS:
        yield Refusal(
            "other_tier", "同一层级的才能合并：单位和单位，小组和小组。", "target"
        )
    elif source.tier == Role.GROUP and source.parent_id != target.parent_id:
        yield Refusal("other_unit", "只有同一家单位的小组能合并。", "target")
    if not (source.is_active and target.is_active):
        yield Refusal("not_in_use", "两家都要在用才能合并。", "target")
    if reason is not None:
        yield from rules.reason_faults(reason)


def clashes(moving: list[Moving]) -> Iterator[Refusal]:
    """``clash``: both have what only one may have."""
    for one in moving:
        for said in one.clashes:
            yield Refusal("clash", said, "target")


@transaction.atomic
def merge(
    source_id: int, target_id: int, reason: str, *, by: Actor, at: datetime
) -> Merge:
    """Everything of the source moves to the target; the source goes out of use."""
    source, target = _locked(source_id, target_id)
    refuse_if(why_not_merge(source, target, reason, by))
    moving = preview(source, target)
    refuse_if(clashes(moving))
    kept = {**_facts(target), "source_code": source.credit_code}
    for one in moving:
        one.relation.model._base_manager.filter(pk__in=one.yields).delete()
        _point(one.relation, one.moves, target.pk)
    _take_facts(source, target, at)
    kept["after"] = _facts(target)
    made = Merge.objects.create(
        source=source, target=target, moved=[_kept(m) for m in moving if m.moves],
        kept=kept, reason=reason.strip(), at=at, by_name=by.user_name,
    )  # fmt: skip
    record(by, "organisations_merged", str(target.key), at=at, name=target.name,
           was=source.name, reason=reason.strip(),
           count=sum(len(m.moves) for m in moving))  # fmt: skip
    return made


def _locked(*keys: int) -> list[Organisation]:
    """Both rows, locked in one order whichever is which."""
    rows = Organisation.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    found = {row.pk: row for row in rows}
    return [found[key] for key in keys]


def _point(relation: Relation, keys: list[int], organisation_id: int) -> None:
    rows = relation.model._base_manager.filter(pk__in=keys)
    rows.update(**{relation.field: organisation_id})


def _kept(moving: Moving) -> dict[str, Any]:
    relation = moving.relation
    return {"model": relation.model._meta.label_lower, "field": relation.field,
            "pks": moving.moves}  # fmt: skip


def _facts(found: Organisation) -> dict[str, Any]:
    return {"credit_code": found.credit_code, "former_names": found.former_names}


def _take_facts(source: Organisation, target: Organisation, at: datetime) -> None:
    """The source's name becomes a former name, its code fills an empty one."""
    code, source.is_active = source.credit_code, False
    if code and not target.credit_code:
        source.credit_code = ""
    source.save(update_fields=["is_active", "credit_code"])
    names = [*source.former_names, {"name": source.name, "until": at.isoformat()}]
    target.former_names = [*target.former_names, *names]
    target.credit_code = target.credit_code or code
    target.save(update_fields=["former_names", "credit_code"])


# --- the way back -------------------------------------------------------------------


def why_not_undo(made: Merge, actor: Actor) -> Iterator[Refusal]:
    """``undone``, ``moved_on``: a row is elsewhere or gone; ``grown``: something new
    hangs on what would go back; ``clash``: it no longer fits."""
    yield from rules.why_not_keep_register(actor)
    if made.undone_at is not None:
        yield Refusal("undone", "这次合并已经撤销过了。")
        return
    if not made.target.is_active:
        yield Refusal("not_in_use", "并入的单位已停用，请先恢复。")
    if _facts(made.target) != made.kept["after"]:
        yield Refusal("moved_on", "合并后并入单位的名称或代码又改过，不能自动撤销。")
    for entry in made.moved:
        relation = Relation(apps.get_model(entry["model"]), entry["field"])
        rows = relation.rows(made.target_id).filter(pk__in=entry["pks"])
        if rows.count() != len(entry["pks"]):
            yield Refusal(
                "moved_on", f"合并后有的{relation.label}又动过，不能自动撤销。"
            )
        for row in rows:
            if not _fits(row, entry["field"], made.source):
                yield Refusal("clash", f"{relation.label}“{row}”和原单位的重复。")
    yield from _grown(made)


def _grown(made: Merge) -> Iterator[Refusal]:
    """Rows made since that name both the target and what would go back."""
    said = {
        (one.code, one.message): one for one in [*_new_of_groups(made), *_acted(made)]
    }
    yield from said.values()


def _acted(made: Merge) -> Iterator[Refusal]:
    """The target's rows on something that would go back, directly or one step away."""
    moved = {(e["model"], e["field"]): set(e["pks"]) for e in made.moved}
    gone: dict[str, set[int]] = {}
    for (label, _), keys in moved.items():
        gone.setdefault(label, set()).update(keys)
    gone.pop(Organisation._meta.label_lower, None)
    for relation in relations():
        kept = moved.get((relation.model._meta.label_lower, relation.field), set())
        rows = relation.rows(made.target_id).exclude(pk__in=kept)
        for path, label in _paths(relation.model):
            if label in gone and rows.filter(**{f"{path}__in": gone[label]}).exists():
                yield Refusal(
                    "grown", f"合并后又办过（{relation.label}），不能自动撤销。"
                )


def _paths(model: type[models.Model]) -> Iterator[tuple[str, str]]:
    """(look-up path, label of the model it ends at), one and two keys long."""
    for field in _foreign(model):
        yield field.name, field.related_model._meta.label_lower
        for further in _foreign(field.related_model):
            label = further.related_model._meta.label_lower
            yield f"{field.name}__{further.name}", label


def _foreign(model: type[models.Model]) -> list[Any]:
    return [f for f in model._meta.concrete_fields if f.is_relation]


def _new_of_groups(made: Merge) -> Iterator[Refusal]:
    """Rows made since that name both a group that would go back and the target."""
    moved = {(e["model"], e["field"]): set(e["pks"]) for e in made.moved}
    groups = moved.get(("accounts.organisation", "parent"), set())
    by_model: dict[type[models.Model], list[str]] = {}
    for relation in relations():
        by_model.setdefault(relation.model, []).append(relation.field)
    for model, fields in by_model.items():
        for field in fields:
            kept = moved.get((model._meta.label_lower, field), set())
            for other in fields:
                if other == field or model is Organisation:
                    continue
                rows = model._base_manager.filter(
                    **{field: made.target_id, f"{other}__in": groups}
                )
                if rows.exclude(pk__in=kept).exists():
                    label = Relation(model, field).label
                    yield Refusal(
                        "grown", f"合并后小组又有了新的{label}，不能自动撤销。"
                    )


@transaction.atomic
def undo(merge_id: int, *, by: Actor, at: datetime) -> None:
    """Everything that moved goes back; the source is in use again."""
    Merge.objects.select_for_update().get(pk=merge_id)
    made = Merge.objects.select_related("source", "target").get(pk=merge_id)
    made.source, made.target = _locked(made.source_id, made.target_id)
    refuse_if(why_not_undo(made, by))
    for entry in made.moved:
        relation = Relation(apps.get_model(entry["model"]), entry["field"])
        _point(relation, entry["pks"], made.source_id)
    made.target.credit_code = made.kept["credit_code"]
    made.target.former_names = made.kept["former_names"]
    made.target.save(update_fields=["credit_code", "former_names"])
    made.source.credit_code, made.source.is_active = made.kept["source_code"], True
    made.source.save(update_fields=["credit_code", "is_active"])
    made.undone_at, made.undone_by_name = at, by.user_name
    made.save(update_fields=["undone_at", "undone_by_name"])
    record(by, "merge_undone", str(made.target.key), at=at,
           name=made.target.name, was=made.source.name)  # fmt: skip
