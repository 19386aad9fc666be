"""The sheets of people and duties: who gets an account, who gets which seat."""

from __future__ import annotations

from qcportal.accounts import mobiles
from qcportal.accounts.models import Organisation, User
from qcportal.accounts.names import same_key
from qcportal.accounts.roles import Duty, Role
from qcportal.imports.bodies import find
from qcportal.imports.columns import DUTIES
from qcportal.imports.models import Line
from qcportal.imports.persons import Key, keys_of_row, keys_of_text, new_username
from qcportal.imports.plan import Work
from qcportal.imports.reading import Row
from qcportal.imports.rules import OUT_OF_REACH
from qcportal.registrations.rules import USERNAME_TAKEN

Kind = Line.Kind


def plan_people(work: Work) -> None:
    for row in work.rows("people"):
        if not _earlier(work, row):
            _person(work, row)


def _earlier(work: Work, row: Row) -> bool:
    keys: list[Key] = keys_of_row(row)
    again = next((key for key in keys if key in work.seen), keys[0])
    if work.repeated(again, row, row.get("name")):
        return True
    for key in keys:
        work.seen.setdefault(key, row)
    return False


def _person(work: Work, row: Row) -> None:
    name, persons = row.get("name"), work.persons
    if not persons.is_used(row):
        work.fault(row, "", "“职务”里没有用到这个人，请在“职务”加一行，或者删掉这一行。", name)  # fmt: skip
        return
    named = persons.account(("username", row.get("username").lower()))
    taken = row.get("username").lower() in persons.taken
    if (named is not None or taken) and not persons.acquainted(named):
        work.fault(row, "username", USERNAME_TAKEN + "就是他本人的话，请把用户名空着。", name)  # fmt: skip
        return
    found = named or persons.meant(row)
    if persons.acquainted(found):
        _acquaintance(work, row, found)
        return
    if not row.get("mobile") and not row.get("email"):
        work.fault(row, "mobile", "手机和邮箱至少填一项，不然本人无法登录。", name)
        return
    if found is None:
        found = User(
            username=row.get("username") or new_username(), name=name,
            email=row.get("email"), mobile=row.get("mobile"),
        )  # fmt: skip
        work.plan.people.append(found)
    persons.settle(row, found)
    by = f"手机号 {mobiles.mask(row.get('mobile'))} " if row.get("mobile") else "邮箱"
    work.tell(row, Kind.JOIN, name, f"将按{by}加入；已有账号的用原账号")


def _acquaintance(work: Work, row: Row, found: User | None) -> None:
    name = row.get("name")
    if found is None:
        return
    if same_key(found.name) != same_key(name):
        work.fault(row, "name", f"这个账号是{found.name}的，姓名不一样，请核对。", name)
        return
    work.persons.settle(row, found)
    work.tell(row, Kind.SAME, name, "已有账号，姓名、手机和邮箱以账号为准")


# --- duties ---------------------------------------------------------------------------


def plan_seats(work: Work) -> None:
    for row in work.rows("seats"):
        person = _who(work, row)
        body = _where(work, row)
        if person is None or body is None:
            continue
        duty = DUTIES[row.get("duty")]
        # Two rows of one stranger must not be told from rows of two.
        whose = person.pk if work.persons.acquainted(person) else -id(person)
        key = ("seat", whose, body.key, duty)
        if not work.repeated(key, row, work.persons.called(person)):
            _seat(work, row, person, body, duty)


def _who(work: Work, row: Row) -> User | None:
    text, persons = row.get("person"), work.persons
    found = persons.referred(text)
    if found is not None:
        return found
    keys = keys_of_text(text)
    if any(key in persons.shared for key in keys):
        work.fault(row, "person", "这个邮箱在“人员”里有几行，请改写手机或用户名。")
    elif any(key in persons.typed for key in keys):
        work.fault(row, "person", "“人员”里这个人的那一行有要改的地方，请先改好它。")
    else:
        work.fault(row, "person", "“人员”里没有这个人，请在“人员”加一行。")
    return None


def _where(work: Work, row: Row) -> Organisation | None:
    """The organisation of a seat: the group if one is named, else the unit or body."""
    text, group = row.get("unit"), row.get("group")
    if not text:
        top: Organisation | None = work.desk.own
    else:
        both = [find(work, text, tier) for tier in (Role.UNIT, Role.RECOMMENDER)]
        found = [one for one in both if one is not None and work.desk.reaches(one)]
        if text and same_key(text) == same_key(work.desk.own.name):
            found = [work.desk.own]
        if len(found) > 1 and found[0] is not found[1] and not group:
            work.fault(row, "unit", "有一家单位和一家推荐单位都叫这个名字，请写信用代码。")  # fmt: skip
            return None
        top = found[0] if found else None
    if top is None:
        _not_found(work, row, "unit", text)
        return None
    return _group(work, row, top) if group else top


def _group(work: Work, row: Row, unit: Organisation) -> Organisation | None:
    group = row.get("group")
    if unit.tier != Role.UNIT:
        work.fault(row, "unit", "请写小组所在单位的全称或信用代码。")
        return None
    found = work.index.same_name(Role.GROUP, group, unit)
    if found is None:
        _not_found(work, row, "group", group)
        return None
    work.parents[found.key] = unit
    return found


def _not_found(work: Work, row: Row, column: str, text: str) -> None:
    if same_key(text) in work.failed:
        work.fault(row, column, f"“{text}”登记的那一行有要改的地方，请先改好它。")
    else:
        work.fault(row, column, OUT_OF_REACH.format(text))


def _seat(work: Work, row: Row, person: User, body: Organisation, duty: Duty) -> None:
    name = work.persons.called(person)
    parent = work.parents.get(body.key)
    for one in work.desk.why_not_seat(body, parent, duty):
        column = "duty" if one.code == "duty_unknown" else "unit"
        work.fault(row, column, one.message, name)
        return
    where = f"{parent.name} {body.name}" if parent else body.name
    if (body.pk, duty) in work.persons.known.get(person.pk or 0, set()):
        work.tell(row, Kind.SAME, name, f"已经是{where}的{duty.label}")
        return
    work.plan.seats.append((person, body, duty))
    work.tell(row, Kind.ADD, name, f"在{where}任{duty.label}")
