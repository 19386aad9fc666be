"""The sheets of units and groups: what is new, what changes, what may not."""

from __future__ import annotations

from collections.abc import Iterable

from qcportal.accounts.models import Organisation
from qcportal.accounts.names import clean_code, same_key
from qcportal.accounts.roles import Role
from qcportal.imports.columns import CLASSES, TIERS
from qcportal.imports.models import Line
from qcportal.imports.plan import Work
from qcportal.imports.reading import Row
from qcportal.imports.rules import OUT_OF_REACH
from qcportal.refusals import Refusal
from qcportal.registrations import rules as register_rules
from qcportal.registrations.entering import FACTS

Kind = Line.Kind
ENDED = "“{}”已停用，请先请秘书处恢复使用。"


def plan_units(work: Work) -> None:
    """Recommending bodies first: units may hang under them."""
    rows = sorted(work.rows("units"), key=lambda row: tier_of(row) == Role.UNIT)
    for row in rows:
        name = row.get("name")
        key = ("top", tier_of(row), row.get("credit_code") or same_key(name))
        if not work.repeated(key, row, name) and not _unit(work, row):
            work.failed.add(same_key(name))


def tier_of(row: Row) -> Role:
    return TIERS[row.get("tier") or "单位"]


def _unit(work: Work, row: Row) -> bool:
    """False if the row is at fault."""
    tier, name, code = tier_of(row), row.get("name"), row.get("credit_code")
    coded = work.index.coded(code)
    named = work.index.same_name(tier, name, None)
    found = coded or named
    before = work.plan.faults
    if coded is not None and (coded.tier != tier or not _same_name(coded, name)):
        whose = coded.name if work.desk.reaches(coded) else "另一家"
        work.fault(row, "credit_code", f"这个代码登记在“{whose}”名下，和这一行对不上，请核对。要改名请打秘书处电话。", name)  # fmt: skip
    elif found is not None and found.pk is None:
        work.fault(row, "name", "和前面的一行重名，代码却不一样，请核对。", name)
    elif found is None:
        _new_unit(work, row)
    elif not work.desk.reaches(found):
        work.fault(row, "name", f"“{found.name}”已经登记过，不在您能办的范围里，请删掉这一行。", name)  # fmt: skip
    elif not found.is_active:
        work.fault(row, "name", ENDED.format(found.name), name)
    else:
        _known_unit(work, row, found)
    return work.plan.faults == before


def _same_name(one: Organisation, name: str) -> bool:
    return same_key(name) in {
        same_key(n) for n in [one.name, *(f["name"] for f in one.former_names)]
    }


def _refused(work: Work, row: Row, column: str, refusals: Iterable[Refusal]) -> bool:
    """Tell the first refusal beside its cell; True if there was one."""
    for one in refusals:
        work.fault(row, one.field or column, one.message, row.get("name"))
        return True
    return False


def _new_unit(work: Work, row: Row) -> None:
    tier, name, code = tier_of(row), row.get("name"), row.get("credit_code")
    desk = work.desk
    if _refused(work, row, "name", desk.why_not_enter(tier)):
        return
    if _refused(work, row, "name", register_rules.name_faults(tier, name, None, "name", known=work.index)):  # fmt: skip
        return
    if _refused(work, row, "credit_code", register_rules.code_faults(code, known=work.index)):  # fmt: skip
        return
    kind = row.get("recommender_class")
    if tier == Role.RECOMMENDER and not kind:
        work.fault(row, "recommender_class", "推荐单位要选类别。", name)
        return
    body = None
    if tier == Role.UNIT:
        body = _body(work, row, required=True)
        if body is None:
            return
    made = Organisation(
        tier=tier, name=name, registrar=desk.registrar,
        recommender_class=CLASSES[kind] if tier == Role.RECOMMENDER else "",
        **{one: row.get(one) for one in FACTS},
    )  # fmt: skip
    work.index.add(made)
    work.plan.tops.append(made)
    if body is not None:
        work.plan.hangs.append((made, body))
    under = f"，推荐单位：{body.name}" if body else ""
    work.tell(row, Kind.ADD, name, f"登记{made.get_tier_display()}{under}")


def _body(work: Work, row: Row, *, required: bool) -> Organisation | None:
    """The recommending body a row names; the desk's own where it is one."""
    text, own = row.get("recommender"), work.desk.own
    if not text:
        if work.desk.role == Role.RECOMMENDER:
            return own
        if required:
            work.fault(row, "recommender", "新单位要写推荐单位。", row.get("name"))
        return None
    found = find(work, text, Role.RECOMMENDER)
    if found is None or not work.desk.reaches(found):
        work.fault(row, "recommender", OUT_OF_REACH.format(text), row.get("name"))
        return None
    unit = Organisation(tier=Role.UNIT)
    if required and _refused(work, row, "recommender", work.desk.why_not_hang(unit, found)):  # fmt: skip
        return None
    return found


def find(work: Work, text: str, tier: Role) -> Organisation | None:
    """By credit code or by name, in use."""
    coded = work.index.coded(clean_code(text))
    if coded is not None and coded.tier == tier and coded.is_active:
        return coded
    return work.index.same_name(tier, text, None)


def _known_unit(work: Work, row: Row, found: Organisation) -> None:
    name, before = row.get("name"), work.plan.faults
    changes = _changes(work, row, found)
    kind = row.get("recommender_class")
    if kind and CLASSES[kind] != found.recommender_class:
        work.fault(row, "recommender_class", "已登记的类别不能在这里改，请打秘书处电话。", name)  # fmt: skip
    body = None
    if found.tier == Role.UNIT and row.get("recommender"):
        body = _body(work, row, required=False)
    fresh = body is not None and (found.pk, body.pk) not in work.hung
    if (
        body is not None
        and fresh
        and not _refused(work, row, "recommender", work.desk.why_not_hang(found, body))
    ):
        changes.append(["推荐单位", "", body.name])
        work.plan.hangs.append((found, body))
    if work.plan.faults == before:
        said = "" if changes else "已经登记，没有变化"
        work.tell(row, Kind.CHANGE if changes else Kind.SAME, name, said, changes)


def _changes(work: Work, row: Row, found: Organisation) -> list[list[str]]:
    """Facts that differ, set on ``found``; empty cells change nothing."""
    names = [n for n in FACTS if row.get(n) and row.get(n) != getattr(found, n)]
    changes = []
    for one in names:
        column = row.table.column(one)
        if _refused(work, row, one, work.desk.why_not_change(found)):
            continue
        if one == "credit_code" and _refused(
            work, row, one, register_rules.code_faults(row.get(one), found, work.index)
        ):
            continue
        changes.append([column.title, getattr(found, one), row.get(one)])
        setattr(found, one, row.get(one))
    if changes:
        work.index.add(found)  # a code given here may be referred to below
        work.plan.changed.append((found, names))
    return changes


# --- groups ---------------------------------------------------------------------------


def plan_groups(work: Work) -> None:
    for row in work.rows("groups"):
        unit = unit_of(work, row, "name")
        if unit is None:
            work.failed.add(same_key(row.get("name")))
            continue
        name = row.get("name")
        key = ("group", unit.key, same_key(name))
        if not work.repeated(key, row, name):
            _group(work, row, unit)


def unit_of(work: Work, row: Row, named: str) -> Organisation | None:
    """The unit a row names, or the own one; told if there is none."""
    text, name = row.get("unit"), row.get(named)
    if not text:
        if work.desk.role == Role.UNIT:
            return work.desk.own
        work.fault(row, "unit", "请写所在单位的全称或信用代码。", name)
        return None
    found = find(work, text, Role.UNIT)
    if found is not None and work.desk.reaches(found):
        return found
    if same_key(text) in work.failed:
        work.fault(row, "unit", f"“单位”里“{text}”那一行有要改的地方，请先改好它。", name)  # fmt: skip
    else:
        work.fault(row, "unit", OUT_OF_REACH.format(text), name)
    return None


def _group(work: Work, row: Row, unit: Organisation) -> None:
    name = row.get("name")
    found = work.index.same_name(Role.GROUP, name, unit)
    if found is not None:
        work.parents[found.key] = unit
        before = work.plan.faults
        changes = _changes(work, row, found)
        if work.plan.faults == before:
            said = f"{unit.name}，" + ("" if changes else "已经登记，没有变化")
            kind = Kind.CHANGE if changes else Kind.SAME
            work.tell(row, kind, name, said.rstrip("，"), changes)
        return
    if _refused(work, row, "name", work.desk.why_not_enter_group(unit)):
        work.failed.add(same_key(name))
        return
    made = Organisation(
        tier=Role.GROUP, name=name, parent=unit, department=row.get("department"),
        registrar=work.desk.registrar,
    )  # fmt: skip
    work.index.add(made, unit)
    work.parents[made.key] = unit
    work.plan.groups.append(made)
    work.tell(row, Kind.ADD, name, f"登记小组，所在单位：{unit.name}")
