"""Whole or not at all."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from qcportal.accounts.actors import Actor, seats_of
from qcportal.accounts.models import Affiliation, Membership, Organisation, User
from qcportal.audit.models import TrailEntry
from qcportal.imports import actions, tasks
from qcportal.imports.models import Import
from qcportal.inbox.models import Mail, Message
from qcportal.management import books as accounting
from qcportal.refusals import Refused
from tests import factories
from tests.qcportal.imports.books import FULL, book, code

assert tasks  # registered with the tests' broker, which carries out at once
NEW = "上海临港铸造有限公司"


def begun(actor, at, **rows) -> Import:
    made = actions.begin(book(**rows), by=actor, at=at)
    actions.check(made.pk, at=at)
    made.refresh_from_db()
    return made


def applied(found, actor, at) -> Import:
    actions.order(found.pk, by=actor, at=at)
    actions.apply(found.pk, at=at)
    found.refresh_from_db()
    return found


def stored() -> tuple[int, ...]:
    models = (Organisation, Affiliation, User, Membership, TrailEntry)
    return tuple(model.objects.count() for model in models)


def test_everything_is_written_at_once(cast, noon):
    found = begun(cast.association, noon, **FULL)
    assert (found.status, found.counts, found.rows) == (
        "checked",
        {"add": 4, "join": 2},
        6,
    )
    found = applied(found, cast.association, noon)
    assert (found.status, found.applied_by_name) == ("applied", "周岚")
    unit = Organisation.objects.get(name=NEW)
    group = Organisation.objects.get(name="砂型QC小组")
    assert (unit.credit_code, unit.industry, unit.registrar) == (
        code(1),
        "制造业",
        cast.association.organisation,
    )
    assert (group.parent, group.department) == (unit, "铸造车间")
    assert (
        Affiliation.objects.get(unit=unit).recommender == cast.recommender.organisation
    )
    person = User.objects.get(username="shenpu-qian")
    assert (person.name, person.mobile, person.has_usable_password()) == (
        "钱思远",
        "13900001111",
        False,
    )
    [seat] = seats_of(person)
    assert Actor(seat).may("manage_members")
    other = User.objects.get(email="sun@example.com")
    assert [(s.organisation, s.duty) for s in seats_of(other)] == [(group, "clerk")]
    assert list(accounting.grants_disagree()) == []
    lines = TrailEntry.objects.filter(data__imported=str(found.key)).order_by("pk")
    assert [line.what for line in lines] == [
        "organisation_registered", "organisation_registered", "affiliation_made",
        "seat_granted", "seat_granted",
    ]  # fmt: skip
    assert TrailEntry.objects.get(what="imported").data == {
        "name": "名单.xlsx",
        "count": 6,
    }
    assert (
        Message.objects.get(title="导入完成").organisation
        == cast.association.organisation
    )


def test_a_second_click_and_a_second_run_change_nothing(cast, noon):
    found = applied(begun(cast.association, noon, **FULL), cast.association, noon)
    before = stored()
    actions.order(found.pk, by=cast.association, at=noon)
    actions.apply(found.pk, at=noon)
    actions.check(found.pk, at=noon)
    assert stored() == before
    again = begun(cast.association, noon, **FULL)
    assert again.counts == {"same": 6}
    with pytest.raises(Refused) as no:
        actions.order(again.pk, by=cast.association, at=noon)
    assert no.value.codes == ["nothing"]


def test_one_fault_keeps_everything_out_and_the_file_comes_back_marked(
    cast, noon, django_capture_on_commit_callbacks
):
    rows = {**FULL, "people": [*FULL["people"], {"name": "李空闲", "mobile": "123"}]}
    before = stored()
    with django_capture_on_commit_callbacks(execute=True):
        found = begun(cast.association, noon, **rows)
    assert found.faults == 1
    assert stored() == before
    with pytest.raises(Refused) as no:
        actions.order(found.pk, by=cast.association, at=noon)
    assert no.value.codes == ["faults"]
    factories.make(found.marked)
    found.marked.refresh_from_db()
    with found.marked.file.open() as file:
        tab = load_workbook(io.BytesIO(file.read()))["人员"]
    assert tab["E4"].value == "人员!C4：手机号是 11 位数字，现在是 3 位，请核对。"
    assert tab["E3"].value is None
    assert tab["C4"].fill.fgColor.rgb == "FFFCE0DC"


def test_what_moved_since_the_dry_run_is_shown_and_nothing_is_written(cast, noon):
    found = begun(cast.association, noon, **FULL)
    factories.organisation("unit", NEW, registrar=cast.association.organisation)
    before = stored()
    found = applied(found, cast.association, noon)
    assert stored() == before
    assert (found.status, found.applied_at) == ("checked", None)
    moved = [
        (one.place, one.kind, one.changes) for one in found.lines.filter(moved=True)
    ]
    assert moved == [
        ("单位 第 2 行", "change", [["统一社会信用代码", "", code(1)], ["行业", "", "制造业"],
         ["地区", "", "浦东新区"], ["推荐单位", "", "浦东新区质量协会"]]),
    ]  # fmt: skip
    assert found.moved == 1
    assert applied(found, cast.association, noon).status == "applied"


def test_rights_lost_after_the_dry_run_count(cast, noon):
    found = begun(cast.association, noon, **FULL)
    actions.order(found.pk, by=cast.association, at=noon)
    Membership.objects.filter(pk=cast.association.membership.pk).update(ended_at=noon)
    before = stored()
    actions.apply(found.pk, at=noon)
    found.refresh_from_db()
    assert stored() == before
    assert found.status == "unreadable"
    assert found.reason.startswith("人员由本单位的管理员管理")


def test_a_fault_while_writing_leaves_nothing(cast, noon, monkeypatch):
    found = begun(cast.association, noon, **FULL)
    actions.order(found.pk, by=cast.association, at=noon)
    # Somebody takes the name in the moment between the plan and the writing.
    plan_of, tries = actions.plan_of, []

    def late(said, by):
        plan = plan_of(said, by)
        tries.append(plan)
        if len(tries) == 2:
            User.objects.create(username="shenpu-qian", name="别人")
        return plan

    monkeypatch.setattr(actions, "plan_of", late)
    before = stored()
    actions.apply(found.pk, at=noon)
    found.refresh_from_db()
    assert stored() == before
    assert found.status == "checked"


def test_a_worker_killed_in_the_middle_is_swept_up(cast, noon, monkeypatch):
    found = begun(cast.association, noon, **FULL)
    actions.order(found.pk, by=cast.association, at=noon)
    monkeypatch.setattr(actions.account_actions, "grant_seats", _killed)
    before = stored()
    with pytest.raises(KeyboardInterrupt):
        actions.apply(found.pk, at=noon)
    assert stored() == before
    monkeypatch.undo()
    assert actions.sweep(at=noon + timedelta(minutes=1)) == 0
    assert actions.sweep(at=noon + timedelta(minutes=6)) == 1
    found.refresh_from_db()
    assert found.status == "applied"


def _killed(*_, **__):
    raise KeyboardInterrupt


def test_a_lost_message_is_sent_again_and_hopeless_files_are_given_up(cast, noon):
    made = actions.begin(book(**FULL), by=cast.association, at=noon)
    assert actions.sweep(at=noon + timedelta(seconds=31)) == 1
    made.refresh_from_db()
    assert made.status == "checked"
    Import.objects.filter(pk=made.pk).update(
        status="reading", attempts=3, started_at=noon
    )
    assert actions.sweep(at=noon + timedelta(minutes=6)) == 0
    made.refresh_from_db()
    assert (made.status, made.reason) == ("unreadable", actions.GAVE_UP)


def test_an_existing_person_only_gets_the_seat(cast, noon):
    stranger = cast.other_unit.user
    stranger.mobile = "13900001111"
    stranger.save()
    found = applied(begun(cast.association, noon, **{
        **FULL, "people": [{"name": "沈佳怡", "mobile": "13900001111", "email": "new@example.com"}],
        "seats": FULL["seats"][:1],
    }), cast.association, noon)  # fmt: skip
    assert found.status == "applied"
    stranger.refresh_from_db()
    assert (stranger.name, stranger.email) == ("沈佳怡", "")
    assert (
        Membership.objects.filter(
            user=stranger, organisation__name=NEW, duty="manager"
        ).count()
        == 1
    )


def test_the_same_file_sent_twice_is_one_import(cast, noon):
    sheet = book(**FULL)
    first = actions.begin(sheet, by=cast.association, at=noon)
    assert actions.begin(sheet, by=cast.association, at=noon) == first
    with pytest.raises(Refused) as no:
        actions.begin(sheet, by=cast.unit, at=noon)
    assert no.value.codes == ["not_manager"]


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("名单.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "旧版的表格"),
        ("名单.csv", "姓名,手机".encode(), "文本文件"),
        ("名单.xlsx", "姓名,手机".encode(), "内容却是别的类型"),
        ("名单.docx", b"", "空文件"),
        ("名单.xlsx", b"PK\x03\x04" + b"\0" * 100, "内容却是"),
    ],
)
def test_other_files_are_refused_with_a_sentence(cast, noon, name, content, word):
    with pytest.raises(Refused) as no:
        actions.begin(SimpleUploadedFile(name, content), by=cast.association, at=noon)
    assert word in no.value.refusals[0].message
    assert no.value.refusals[0].field == "file"
    assert Import.objects.count() == 0


def test_three_thousand_faults_are_three_thousand_sentences(cast, noon):
    people = [{"name": "钱思远", "mobile": str(n)} for n in range(3000)]
    found = begun(cast.association, noon, people=people)
    assert (found.faults, found.lines.count()) == (3000, 3000)


def test_who_got_an_account_and_has_a_mailbox_is_told_how_to_come_in(cast, noon):
    known = User.objects.create(username="known-one", name="许知行", email="known@example.com")  # fmt: skip
    rows = {
        "units": FULL["units"],
        "groups": FULL["groups"],
        "people": [
            *FULL["people"],
            {"name": "许知行", "email": "known@example.com"},
        ],
        "seats": [
            *FULL["seats"],
            {"person": "sun@example.com", "unit": NEW, "duty": "审核人"},
            {"person": "known@example.com", "unit": NEW, "duty": "经办人"},
        ],
    }

    found = applied(begun(cast.association, noon, **rows), cast.association, noon)

    assert (found.status, known.memberships.count()) == ("applied", 1)
    [letter] = (
        Mail.objects.all()
    )  # not to who has no mailbox, nor to who had an account
    person = User.objects.get(email="sun@example.com")
    assert (letter.to, letter.subject) == (
        "sun@example.com", "【QC成果申报】砂型QC小组的账号已开通",
    )  # fmt: skip
    assert letter.body == (
        "孙立新，您好：\n\n上海市质量协会为您开通了账号，职责是“砂型QC小组”经办人、“上海临港铸造有限公司”审核人。\n\n"
        f"您的用户名：{person.username}\n\n"
        "账号还没有密码，用这个邮箱收验证码就能登录：\nhttp://127.0.0.1:8000/accounts/code/\n\n"
        "想用密码登录，先设一个：\nhttp://127.0.0.1:8000/accounts/reset/\n\n"
        "如果您不认识上海市质量协会，不用理会这封邮件。\n\n本活动不收取任何费用。\n"
    )


def test_nobody_is_written_to_when_nothing_was_written(cast, noon):
    found = begun(cast.association, noon, **FULL)
    Organisation.objects.create(tier="unit", name=NEW)

    found = applied(found, cast.association, noon)

    assert (found.status, Mail.objects.count()) == ("checked", 0)
