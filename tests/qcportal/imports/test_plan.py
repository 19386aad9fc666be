"""The dry run: what it shows, what it refuses, what it never tells."""

from __future__ import annotations

from typing import Any

import pytest

from qcportal.accounts.actions import grant_seat
from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import Duty
from qcportal.imports import actions
from qcportal.imports.models import Line
from qcportal.imports.plan import Plan
from qcportal.imports.reading import read
from qcportal.refusals import Refused
from tests import factories
from tests.qcportal.imports.books import FULL, book, code

UNIT = "上海申浦轨道车辆维修有限公司"
OTHER_UNIT = "上海张江晶微电子材料有限公司"
PERSON = {"name": "钱思远", "mobile": "13900001111"}


def told(plan: Plan) -> list[tuple[str, str]]:
    """``单位!C2`` or ``单位 第 2 行`` with the kind and sentence."""
    return [
        (Line(table=t.place.table, row=t.place.row, letter=t.place.letter).place,
         f"{t.kind}: {t.sentence}")
        for t in plan.told
    ]  # fmt: skip


def faults(plan: Plan) -> list[tuple[str, str]]:
    return [
        (w, s.removeprefix("fault: ")) for w, s in told(plan) if s.startswith("fault")
    ]


def plan_for(actor: Actor, **rows: list[dict[str, Any]]) -> Plan:
    return actions.plan_of(read(book(**rows)), actor)


def seated(**seat: str) -> dict[str, list[dict[str, str]]]:
    return {"people": [PERSON], "seats": [{"person": PERSON["mobile"], **seat}]}


@pytest.fixture
def manager(cast, noon) -> Actor:
    """The unit's own manager."""
    return factories.seat("郑一鸣", cast.unit.organisation, Duty.MANAGER, noon)


def test_everything_new_in_one_file(cast):
    assert told(plan_for(cast.association, **FULL)) == [
        ("单位 第 2 行", "add: 登记单位，推荐单位：浦东新区质量协会"),
        ("小组 第 2 行", "add: 登记小组，所在单位：上海临港铸造有限公司"),
        ("人员 第 2 行", "join: 将按手机号 139****1111 加入；已有账号的用原账号"),
        ("人员 第 3 行", "join: 将按邮箱加入；已有账号的用原账号"),
        ("职务 第 2 行", "add: 在上海临港铸造有限公司任管理员"),
        ("职务 第 3 行", "add: 在上海临港铸造有限公司 砂型QC小组任经办人"),
    ]


def test_known_units_show_what_changes_and_empty_cells_wipe_nothing(cast):
    plan = plan_for(
        cast.association,
        units=[
            {"name": UNIT, "industry": "制造业", "credit_code": code(7)},
            {"name": OTHER_UNIT, "recommender": "浦东新区质量协会"},
            {"name": "上海申浦轨道车辆维修有限公司 ", "address": "上海市浦东新区川沙路1180号"},
        ],
    )  # fmt: skip
    assert [(t.kind, t.changes) for t in plan.told[:2]] == [
        ("change", [["统一社会信用代码", "", code(7)], ["行业", "交通运输", "制造业"]]),
        ("change", [["推荐单位", "", "浦东新区质量协会"]]),
    ]
    assert plan.changed[0][0].address == "上海市浦东新区川沙路1180号"
    assert faults(plan) == []


def test_faults_of_units(cast):
    kept = Organisation.objects.filter(name=OTHER_UNIT)
    kept.update(credit_code=code(9))
    foreign = cast.other_association.organisation
    factories.organisation("unit", "江南机床有限公司", registrar=foreign)
    plan = plan_for(
        cast.association,
        units=[
            {"name": "上海新厂", "credit_code": "91310000MA1FL00060", "recommender": "浦东新区质量协会"},
            {"name": "上海新厂二厂", "credit_code": code(9), "recommender": "浦东新区质量协会"},
            {"name": "上海新厂三厂"},
            {"name": "上海新厂四厂", "recommender": "没有这家协会"},
            {"name": "江南机床有限公司", "region": "江南"},
            {"name": "上海新厂五厂", "recommender": "浦东新区质量协会", "region": "浦东新区"},
            {"name": "上海新厂五厂", "recommender": "浦东新区质量协会", "region": "徐汇区"},
            {"name": "上海新厂五厂", "recommender": "浦东新区质量协会", "region": "浦东新区"},
            {"name": "新协会", "tier": "推荐单位"},
        ],
    )  # fmt: skip
    assert faults(plan) == [
        ("单位!C2", "校验位不对，请对照营业执照核对。"),
        ("单位!C3", f"这个代码登记在“{OTHER_UNIT}”名下，和这一行对不上，请核对。要改名请打秘书处电话。"),
        ("单位!D4", "新单位要写推荐单位。"),
        ("单位!D5", "没有找到“没有这家协会”，或者它不在您能办的范围里，请核对全称或信用代码。"),
        ("单位!B6", "“江南机床有限公司”已经登记过，不在您能办的范围里，请删掉这一行。"),
        ("单位!I8", "和第 7 行是同一条，“地区”却不一样，请核对后只留一行。"),
        ("单位!E10", "推荐单位要选类别。"),
    ]  # fmt: skip
    assert ("单位 第 9 行", "same: 和第 7 行相同，只算一次") in told(plan)


def test_a_recommending_body_enters_units_under_itself_only(cast):
    plan = plan_for(
        cast.recommender,
        units=[
            {"name": "上海新厂"},
            {"name": "上海二厂", "recommender": "轨道交通行业质量协会"},
            {"name": UNIT, "region": "浦东新区"},
            {"name": OTHER_UNIT},
            {"name": "新协会", "tier": "推荐单位", "recommender_class": "科协"},
        ],
    )
    body = cast.recommender.organisation
    assert [(u.name, b) for u, b in plan.hangs] == [("上海新厂", body)]
    assert faults(plan) == [
        ("单位!D3", "没有找到“轨道交通行业质量协会”，或者它不在您能办的范围里，请核对全称或信用代码。"),
        ("单位!I4", "和登记的不一样。登记信息由秘书处改，请写成和登记的一样，或者留空。"),
        ("单位!B5", f"“{OTHER_UNIT}”已经登记过，不在您能办的范围里，请删掉这一行。"),
        ("单位!B6", "新推荐单位由秘书处登记，请删掉这一行。"),
    ]  # fmt: skip


def test_a_body_keeps_out_of_units_that_manage_their_own_people(cast, noon):
    sheet = {
        **seated(unit=UNIT, duty="经办人"),
        "groups": [{"unit": UNIT, "name": "新星QC小组"}],
    }
    assert faults(plan_for(cast.recommender, **sheet)) == []
    factories.seat("郑一鸣", cast.unit.organisation, Duty.MANAGER, noon)
    assert faults(plan_for(cast.recommender, **sheet)) == [
        ("小组!B2", "这家单位有自己的管理员，小组由它登记。"),
        ("职务!B2", "这家单位有自己的管理员，人员由它自己管理，请删掉这一行。"),
    ]


def test_a_unit_reaches_itself_and_its_groups(cast, manager):
    plan = plan_for(
        manager,
        units=[{"name": "上海新厂"}],
        groups=[
            {"name": "新星QC小组"},
            {"name": "启明星QC小组", "unit": UNIT},
            {"name": "微尘QC小组", "unit": OTHER_UNIT},
        ],
        people=[PERSON],
        seats=[
            {"person": "13900001111", "duty": "审核人"},
            {"person": "13900001111", "group": "新星QC小组", "duty": "审核人"},
            {"person": "13900001111", "unit": OTHER_UNIT, "duty": "经办人"},
            {"person": "13900001111", "unit": "浦东新区质量协会", "duty": "管理员"},
        ],
    )
    out = "没有找到“{}”，或者它不在您能办的范围里，请核对全称或信用代码。"
    assert told(plan)[1:4] == [
        ("小组 第 2 行", f"add: 登记小组，所在单位：{UNIT}"),
        ("小组 第 3 行", f"same: {UNIT}，已经登记，没有变化"),
        ("小组!A4", "fault: " + out.format(OTHER_UNIT)),
    ]
    assert faults(plan)[0] == ("单位!B2", "新单位由秘书处登记，请删掉这一行。")
    assert faults(plan)[2:] == [
        ("职务!D3", "班组没有这个职责，可以填：经办人、管理员。"),
        ("职务!B4", out.format(OTHER_UNIT)),
        ("职务!B5", out.format("浦东新区质量协会")),
    ]


def test_a_strangers_mobile_and_mailbox_look_like_nobodys(cast, manager, noon):
    sheet = {
        "people": [
            {"name": "钱思远", "mobile": "13900001111", "email": "qian@example.com"},
            {"name": "孙立新", "email": "qian@example.com"},
            {"name": "孙立新", "mobile": "13900002222"},
        ],
        "seats": [
            {"person": "13900001111", "duty": "经办人"},
            {"person": "13900002222", "duty": "经办人"},
            {"person": "qian@example.com", "duty": "经办人"},
        ],
    }
    before = plan_for(manager, **sheet)
    elsewhere = cast.other_unit.organisation
    stranger = factories.seat("何其正", elsewhere, Duty.CLERK, noon).user
    stranger.mobile, stranger.email = "13900001111", "qian@example.com"
    stranger.save()
    after = plan_for(manager, **sheet)
    assert told(after) == told(before)
    assert [t.name for t in after.told] == [t.name for t in before.told]
    assert [p.pk for p, _, _ in before.seats] == [None, None]
    assert [p.pk for p, _, _ in after.seats] == [stranger.pk, None]
    assert len(after.people) == 1


def test_one_strangers_two_rows_look_like_two_people(cast, manager, noon):
    sheet = {
        "people": [
            {"name": "钱思远", "mobile": "13900001111"},
            {"name": "孙立新", "email": "sun@example.com"},
        ],
        "seats": [
            {"person": "13900001111", "duty": "经办人"},
            {"person": "sun@example.com", "duty": "经办人"},
        ],
    }
    before = told(plan_for(manager, **sheet))
    stranger = cast.other_unit.user
    stranger.mobile, stranger.email = "13900001111", "sun@example.com"
    stranger.save()
    assert told(plan_for(manager, **sheet)) == before


def test_own_people_are_known_and_never_overwritten(cast, manager):
    own = cast.unit.user
    own.mobile = "13900001111"
    own.save()
    sheet = seated(duty="审核人")
    assert faults(plan_for(manager, **sheet)) == [
        ("人员!A2", "这个账号是王敏的，姓名不一样，请核对。"),
        ("职务!A2", "“人员”里这个人的那一行有要改的地方，请先改好它。"),
    ]
    plan = plan_for(manager, people=[{**PERSON, "name": "王敏"}], seats=[
        {"person": "13900001111", "duty": "审核人"},
        {"person": own.username, "duty": "经办人"},
    ])  # fmt: skip
    assert told(plan) == [
        ("人员 第 2 行", "same: 已有账号，姓名、手机和邮箱以账号为准"),
        ("职务 第 2 行", f"add: 在{UNIT}任审核人"),
        ("职务 第 3 行", f"same: 已经是{UNIT}的经办人"),
    ]


def test_faults_of_people_and_duties(cast, manager):
    plan = plan_for(
        manager,
        people=[
            {"name": "钱思远", "username": cast.other_unit.user.username, "mobile": "13900001111"},
            {"name": "孙立新", "username": "sun-lixin"},
            {"name": "李空闲", "mobile": "13900003333"},
            {"name": "吴同号", "mobile": "13900004444"},
            {"name": "吴异名", "mobile": "13900004444"},
            {"mobile": "12345"},
            {"name": "周甲", "mobile": "13900005555", "email": "office@example.com"},
            {"name": "周乙", "mobile": "13900006666", "email": "office@example.com"},
        ],
        seats=[
            {"person": "13900001111", "duty": "经办人"},
            {"person": "sun-lixin", "duty": "经办人"},
            {"person": "13900004444", "duty": "老板"},
            {"person": "13900005555", "duty": "经办人"},
            {"person": "13900006666", "duty": "经办人"},
            {"person": "office@example.com", "duty": "经办人"},
            {"person": "13900007777", "duty": "经办人"},
            {"duty": "经办人"},
        ],
    )  # fmt: skip
    assert faults(plan) == [
        ("人员!B2", "这个用户名有人用了，请换一个。就是他本人的话，请把用户名空着。"),
        ("人员!C3", "手机和邮箱至少填一项，不然本人无法登录。"),
        ("人员 第 4 行", "“职务”里没有用到这个人，请在“职务”加一行，或者删掉这一行。"),
        ("人员!A6", "和第 5 行是同一条，“姓名”却不一样，请核对后只留一行。"),
        ("人员!A7", "“姓名”没有填。"),
        ("人员!C7", "手机号是 11 位数字，现在是 5 位，请核对。"),
        ("职务!A2", "“人员”里这个人的那一行有要改的地方，请先改好它。"),
        ("职务!A3", "“人员”里这个人的那一行有要改的地方，请先改好它。"),
        ("职务!D4", "“老板”不在可选的里面，请从下拉里选：经办人、审核人、印章管理员、管理员。"),
        ("职务!A7", "这个邮箱在“人员”里有几行，请改写手机或用户名。"),
        ("职务!A8", "“人员”里没有这个人，请在“人员”加一行。"),
        ("职务!A9", "“人员”没有填。"),
    ]  # fmt: skip


def test_who_may_not_import(cast, manager, noon):
    for actor in (cast.group, cast.unit, cast.judge):
        with pytest.raises(Refused):
            plan_for(actor, **FULL)
    helped = Actor(manager.membership, stand_in=cast.association.membership)
    with pytest.raises(Refused) as no:
        plan_for(helped, **FULL)
    assert no.value.codes == ["standing_in"]


def test_as_many_queries_for_a_hundred_rows_as_for_one(cast, django_assert_num_queries):
    def rows(count: int) -> dict[str, list[dict[str, str]]]:
        units = [
            {"name": f"上海{n}号厂", "recommender": "浦东新区质量协会"}
            for n in range(count)
        ]
        people = [
            {"name": "钱思远", "mobile": f"139{n:08d}", "email": f"q{n}@example.com"}
            for n in range(count)
        ]
        seats = [
            {"person": p["mobile"], "unit": u["name"], "duty": "管理员"}
            for p, u in zip(people, units, strict=True)
        ]
        return {"units": units, "people": people, "seats": seats}  # fmt: skip

    grant_seat(cast.unit.user, cast.unit.organisation, Duty.MANAGER, by=None, at=cast.unit.membership.began_at)  # fmt: skip
    actions.plan_of(read(book(**rows(1))), cast.association)  # fills Django's caches
    for count in (1, 100):
        asked = read(book(**rows(count)))
        with django_assert_num_queries(8):
            assert actions.plan_of(asked, cast.association).faults == 0
