"""Cases as the pages show them: to the association, to the complainant, to the body.

Each of the three reads its own projection; what is not named here is not shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conduct.models import Case, CaseStep
from qcportal.documents.excel import Column, Sheet
from qcportal.ui.words import local

W = CaseStep.What
CHIPS = {
    Case.State.RECEIVED: "wait", Case.State.HANDLING: "run", Case.State.HEARING: "wait",
    Case.State.CONCLUDED: "ok", Case.State.DISMISSED: "end",
}  # fmt: skip
TONES = {
    W.RECEIVED: "start", W.OPENED: "start", W.ASKED: "wait", W.DISMISSED: "bad",
    W.RIGHT_LOST: "bad", W.REOPENED: "wait",
}  # fmt: skip
# What the complainant reads of each step, and whether its words too.
TO_COMPLAINANT: dict[str, tuple[str, bool]] = {
    W.RECEIVED: ("收到您的反映", False),
    W.ADDED: ("您补充了情况", False),
    W.ACCEPTED: ("已受理，开始核实", False),
    W.ASKED: ("已请对方说明情况", False),
    W.ANSWERED: ("对方已作说明", False),
    W.CONCLUDED: ("已办结", True),
    W.DISMISSED: ("不予受理", True),
    W.REOPENED: ("重新办理", False),
    W.RIGHT_LOST: ("已停止对方的推荐资格", False),
}
TO_BODY: dict[str, tuple[str, bool]] = {
    W.ASKED: ("请贵单位说明情况", True),
    W.EXTENDED: ("说明期限延长", False),
    W.ANSWERED: ("贵单位作出说明", True),
    W.CONCLUDED: ("作出结论", True),
    W.REOPENED: ("重新办理", False),
    W.RIGHT_LOST: ("停止推荐资格", False),
    W.RIGHT_RESTORED: ("恢复推荐资格", True),
}


def chip(case: Case) -> tuple[str, str]:
    state = Case.State(case.state)
    words = str(state.label)
    if state == Case.State.CONCLUDED and case.finding:
        words = f"{words}：{case.get_finding_display()}"
    return CHIPS[state], words


def body_chip(case: Case) -> tuple[str, str]:
    """As the body reads it: it is the one that is waited for."""
    if case.state == Case.State.HEARING:
        return "mine", "等贵单位说明"
    return chip(case)


def events(case: Case) -> list[dict[str, Any]]:
    """Everything, for the association."""
    return [
        {
            "what": step.get_what_display(), "at": step.at, "comment": step.comment,
            "who": " ".join(filter(None, [step.organisation_name, step.by_name])),
            "tone": TONES.get(W(step.what), ""),
        }
        for step in case.steps.all()
    ]  # fmt: skip


def _part(case: Case, words: dict[str, tuple[str, bool]]) -> list[dict[str, Any]]:
    return [
        {"what": words[step.what][0], "at": step.at,
         "comment": step.comment if words[step.what][1] else "",
         "tone": TONES.get(W(step.what), "")}
        for step in case.steps.all()
        if step.what in words
    ]  # fmt: skip


def complainant_events(case: Case) -> list[dict[str, Any]]:
    """No names of officers, nothing of what the body said."""
    return _part(case, TO_COMPLAINANT)


def body_events(case: Case) -> list[dict[str, Any]]:
    """From the question on: that somebody complained, and what, is not in it."""
    return _part(case, TO_BODY)


def holder(case: Case) -> tuple[str, str, str] | None:
    """(who, what, tone) of an open case, for everybody."""
    match Case.State(case.state):
        case Case.State.RECEIVED:
            return case.association.name, "等待受理", "wait"
        case Case.State.HANDLING:
            return case.association.name, "正在核实", "run"
        case Case.State.HEARING:
            return "涉及的单位", "等它说明情况", "wait"
    return None


def ledger_sheet(title: str, cases: Iterable[Case]) -> Sheet:
    """The ledger as a table: what, about whom, where it stands. Neither who complains
    nor what was written, since that may tell who it was."""
    columns = [
        Column("案件编号", 14), Column("来源", 10), Column("类别", 12), Column("活动", 28),
        Column("涉及单位", 28), Column("收到", 12), Column("状态", 16), Column("认定", 10),
        Column("承办人", 10), Column("说明期限", 12), Column("办结", 12),
    ]  # fmt: skip
    rows = (
        [
            one.code, one.get_origin_display(), one.get_kind_display(),
            one.campaign.name if one.campaign else "", one.about, _day(one.received_at),
            one.get_state_display(), one.get_finding_display() if one.finding else "",
            one.handler_name, _day(one.due_at), _day(one.closed_at),
        ]
        for one in cases
    )  # fmt: skip
    return Sheet(title, columns, rows, landscape=True)


def _day(at: Any) -> str:
    return f"{local(at):%Y-%m-%d}" if at else ""
