"""The whole life of a submission on one page: states, moves, who, when.

docs/lifecycle.md is generated from MOVES (``manage.py lifecycle``). Holds no queries
and knows no models.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from django.db import models

from qcportal.accounts.roles import Role
from qcportal.campaigns.stages import Stage


class State(models.TextChoices):
    DRAFT = "draft", "草稿，还没提交"
    FILED = "filed", "待单位盖章"
    RETURNED = "returned", "退回修改"
    STAMPED = "stamped", "待推荐单位处理"
    DIRECT_ASKED = "direct_asked", "直接申报待确认"
    RECOMMENDED = "recommended", "已推荐"
    RESERVED = "reserved", "候补"
    NOT_RECOMMENDED = "not_recommended", "未推荐"
    SUBMITTED = "submitted", "形式审查中"
    AMENDMENT_ASKED = "amendment_asked", "退回补正"
    AMENDED = "amended", "补正待单位盖章"
    CHECKED = "checked", "形审通过"
    SET_ASIDE = "set_aside", "形审未通过"
    JUDGING = "judging", "文审中"
    DECIDED = "decided", "待审定"
    ANNOUNCED = "announced", "公示中"
    PUBLISHED = "published", "已公布"
    PASSED_OVER = "passed_over", "未入选"
    WITHDRAWN = "withdrawn", "已撤回"


FINAL = frozenset(
    {
        State.NOT_RECOMMENDED,
        State.SET_ASIDE,
        State.PUBLISHED,
        State.PASSED_OVER,
        State.WITHDRAWN,
    }
)


class Reach(IntEnum):
    """How far up a submission ever got; what a tier has seen it may go on seeing."""

    GROUP = 0
    UNIT = 1
    RECOMMENDER = 2
    ASSOCIATION = 3
    PUBLIC = 4


class MoveName(models.TextChoices):
    FILE = "file", "提交"
    FILE_PAST_UNIT = "file_past_unit", "提交推荐单位"
    FILE_UP = "file_up", "提交秘书处"
    RECALL = "recall", "收回修改"
    RECALL_PAST_UNIT = "recall_past_unit", "收回修改"
    WITHDRAW = "withdraw", "撤回申报"
    STAMP = "stamp", "盖章并提交"
    STAMP_DIRECT = "stamp_direct", "盖章并申请直接申报"
    STAMP_UP = "stamp_up", "盖章并提交秘书处"
    UNIT_RETURN = "unit_return", "退回修改"
    UNSTAMP = "unstamp", "撤回盖章"
    RECOMMEND = "recommend", "推荐"
    TAKE_BACK = "take_back", "取消推荐"
    RESERVE = "reserve", "列入候补"
    MOVE_UP = "move_up", "递补"
    UNRESERVE = "unreserve", "移出候补"
    RECOMMENDER_RETURN = "recommender_return", "退回修改"
    DECLINE = "decline", "不推荐"
    SUBMIT = "submit", "提交秘书处"
    ALLOW_DIRECT = "allow_direct", "同意直接申报"
    REFUSE_DIRECT = "refuse_direct", "不同意直接申报"
    PASS_CHECK = "pass_check", "形式审查通过"
    ASK_AMENDMENT = "ask_amendment", "退回补正"
    SET_ASIDE = "set_aside", "形式审查不通过"
    AMEND = "amend", "补正后提交"
    AMEND_UP = "amend_up", "补正后提交秘书处"
    STAMP_AMENDED = "stamp_amended", "补正盖章"
    TAKE_OVER = "take_over", "秘书处接办"
    CHOOSE_ANEW = "choose_anew", "退回另选推荐单位"
    CLOSE_BARRED = "close_barred", "不再办理"
    SEND_TO_JUDGES = "send_to_judges", "分配专家"
    DECIDE = "decide", "评定奖项"
    ANNOUNCE = "announce", "列入公示"
    PASS_OVER = "pass_over", "未入选"
    PUBLISH = "publish", "公布"


@dataclass(frozen=True)
class Move:
    """One arrow: who may take a submission from where to where, in which window.

    ``stage`` None means no window; ``amending`` means the submission's own deadline
    (``due_at``) is the window.
    """

    name: MoveName
    from_states: frozenset[State]
    to_state: State
    role: Role
    stage: Stage | None = None
    needs_comment: bool = False
    amending: bool = False
    reach: Reach = Reach.GROUP


def _move(
    name: MoveName, from_states: set[State], to_state: State, role: Role,
    stage: Stage | None = None, *, needs_comment: bool = False,
    amending: bool = False, reach: Reach = Reach.GROUP,
) -> Move:  # fmt: skip
    return Move(
        name,
        frozenset(from_states),
        to_state,
        role,
        stage,
        needs_comment,
        amending,
        reach,
    )


S, M, R = State, MoveName, Role
MOVES: dict[MoveName, Move] = {
    move.name: move
    for move in (
        # the group
        _move(
            M.FILE,
            {S.DRAFT, S.RETURNED},
            S.FILED,
            R.GROUP,
            Stage.FILING,
            reach=Reach.UNIT,
        ),
        _move(
            M.FILE_PAST_UNIT,
            {S.DRAFT, S.RETURNED},
            S.STAMPED,
            R.GROUP,
            Stage.FILING,
            reach=Reach.RECOMMENDER,
        ),
        _move(
            M.FILE_UP,
            {S.DRAFT, S.RETURNED},
            S.SUBMITTED,
            R.GROUP,
            Stage.FILING,
            reach=Reach.ASSOCIATION,
        ),
        _move(M.RECALL, {S.FILED}, S.DRAFT, R.GROUP, Stage.FILING),
        _move(M.RECALL_PAST_UNIT, {S.STAMPED}, S.DRAFT, R.GROUP, Stage.FILING),
        _move(
            M.WITHDRAW,
            {S.DRAFT, S.FILED, S.RETURNED},
            S.WITHDRAWN,
            R.GROUP,
            needs_comment=True,
        ),
        _move(M.AMEND, {S.AMENDMENT_ASKED}, S.AMENDED, R.GROUP, amending=True),
        _move(M.AMEND_UP, {S.AMENDMENT_ASKED}, S.SUBMITTED, R.GROUP, amending=True),
        # the unit
        _move(
            M.STAMP,
            {S.FILED},
            S.STAMPED,
            R.UNIT,
            Stage.STAMPING,
            reach=Reach.RECOMMENDER,
        ),
        _move(
            M.STAMP_DIRECT,
            {S.FILED},
            S.DIRECT_ASKED,
            R.UNIT,
            Stage.STAMPING,
            reach=Reach.ASSOCIATION,
        ),
        _move(
            M.STAMP_UP,
            {S.FILED},
            S.SUBMITTED,
            R.UNIT,
            Stage.STAMPING,
            reach=Reach.ASSOCIATION,
        ),
        _move(
            M.UNIT_RETURN,
            {S.FILED},
            S.RETURNED,
            R.UNIT,
            Stage.STAMPING,
            needs_comment=True,
        ),
        _move(
            M.UNSTAMP, {S.STAMPED}, S.FILED, R.UNIT, Stage.STAMPING, needs_comment=True
        ),
        _move(M.STAMP_AMENDED, {S.AMENDED}, S.SUBMITTED, R.UNIT, amending=True),
        # the recommending body
        _move(
            M.RECOMMEND, {S.STAMPED}, S.RECOMMENDED, R.RECOMMENDER, Stage.RECOMMENDING
        ),
        _move(
            M.TAKE_BACK, {S.RECOMMENDED}, S.STAMPED, R.RECOMMENDER, Stage.RECOMMENDING
        ),
        _move(M.RESERVE, {S.STAMPED}, S.RESERVED, R.RECOMMENDER, Stage.RECOMMENDING),
        _move(
            M.MOVE_UP, {S.RESERVED}, S.RECOMMENDED, R.RECOMMENDER, Stage.RECOMMENDING
        ),
        _move(M.UNRESERVE, {S.RESERVED}, S.STAMPED, R.RECOMMENDER, Stage.RECOMMENDING),
        _move(
            M.RECOMMENDER_RETURN,
            {S.STAMPED},
            S.RETURNED,
            R.RECOMMENDER,
            Stage.RECOMMENDING,
            needs_comment=True,
        ),
        _move(
            M.DECLINE,
            {S.STAMPED, S.RESERVED},
            S.NOT_RECOMMENDED,
            R.RECOMMENDER,
            Stage.RECOMMENDING,
            needs_comment=True,
        ),
        _move(
            M.SUBMIT,
            {S.RECOMMENDED},
            S.SUBMITTED,
            R.RECOMMENDER,
            Stage.RECOMMENDING,
            reach=Reach.ASSOCIATION,
        ),
        # the association
        _move(
            M.ALLOW_DIRECT,
            {S.DIRECT_ASKED},
            S.SUBMITTED,
            R.ASSOCIATION,
            needs_comment=True,
        ),
        _move(
            M.REFUSE_DIRECT,
            {S.DIRECT_ASKED},
            S.RETURNED,
            R.ASSOCIATION,
            needs_comment=True,
        ),
        _move(M.PASS_CHECK, {S.SUBMITTED}, S.CHECKED, R.ASSOCIATION),
        _move(
            M.ASK_AMENDMENT,
            {S.SUBMITTED},
            S.AMENDMENT_ASKED,
            R.ASSOCIATION,
            needs_comment=True,
        ),
        _move(
            M.SET_ASIDE,
            {S.SUBMITTED, S.AMENDMENT_ASKED, S.AMENDED},
            S.SET_ASIDE,
            R.ASSOCIATION,
            needs_comment=True,
        ),
        # when a body has lost its right to recommend
        _move(
            M.TAKE_OVER,
            {S.STAMPED, S.RESERVED, S.RECOMMENDED},
            S.SUBMITTED,
            R.ASSOCIATION,
            needs_comment=True,
            reach=Reach.ASSOCIATION,
        ),
        _move(
            M.CHOOSE_ANEW,
            {
                S.FILED,
                S.STAMPED,
                S.RESERVED,
                S.RECOMMENDED,
                S.SUBMITTED,
                S.CHECKED,
            },
            S.RETURNED,
            R.ASSOCIATION,
            needs_comment=True,
        ),
        _move(
            M.CLOSE_BARRED,
            {
                S.FILED,
                S.STAMPED,
                S.RESERVED,
                S.RECOMMENDED,
                S.SUBMITTED,
                S.AMENDMENT_ASKED,
                S.AMENDED,
                S.CHECKED,
                S.JUDGING,
                S.DECIDED,
                S.ANNOUNCED,
            },
            S.NOT_RECOMMENDED,
            R.ASSOCIATION,
            needs_comment=True,
        ),
        _move(M.SEND_TO_JUDGES, {S.CHECKED}, S.JUDGING, R.ASSOCIATION),
        _move(M.DECIDE, {S.CHECKED, S.JUDGING, S.DECIDED}, S.DECIDED, R.ASSOCIATION),
        _move(M.ANNOUNCE, {S.DECIDED}, S.ANNOUNCED, R.ASSOCIATION, reach=Reach.PUBLIC),
        _move(M.PASS_OVER, {S.DECIDED}, S.PASSED_OVER, R.ASSOCIATION),
        _move(M.PUBLISH, {S.ANNOUNCED}, S.PUBLISHED, R.ASSOCIATION, reach=Reach.PUBLIC),
    )
}

# Who has a submission in a state; None = nobody, it is over or public.
HOLDERS: dict[State, Role | None] = {
    S.DRAFT: R.GROUP,
    S.RETURNED: R.GROUP,
    S.AMENDMENT_ASKED: R.GROUP,
    S.FILED: R.UNIT,
    S.AMENDED: R.UNIT,
    S.STAMPED: R.RECOMMENDER,
    S.RECOMMENDED: R.RECOMMENDER,
    S.RESERVED: R.RECOMMENDER,
    S.DIRECT_ASKED: R.ASSOCIATION,
    S.SUBMITTED: R.ASSOCIATION,
    S.CHECKED: R.ASSOCIATION,
    S.JUDGING: R.JUDGE,
    S.DECIDED: R.ASSOCIATION,
    S.ANNOUNCED: R.ASSOCIATION,
    S.NOT_RECOMMENDED: None,
    S.SET_ASIDE: None,
    S.PUBLISHED: None,
    S.PASSED_OVER: None,
    S.WITHDRAWN: None,
}

# States in which the content may be written.
EDITABLE = frozenset({S.DRAFT, S.RETURNED, S.AMENDMENT_ASKED})
# The arrow that files, by the category's way up: (unit stamps?, a body recommends?).
FILING_MOVES = {
    (True, True): M.FILE, (True, False): M.FILE,
    (False, True): M.FILE_PAST_UNIT, (False, False): M.FILE_UP,
}  # fmt: skip
# States in which the unit scores, gives its opinion and stamps.
STAMPABLE = frozenset({S.FILED, S.AMENDED})
# States that take one of the recommending body's places.
PLACED = frozenset(
    {
        S.RECOMMENDED, S.SUBMITTED, S.AMENDMENT_ASKED, S.AMENDED, S.CHECKED, S.JUDGING,
        S.DECIDED, S.ANNOUNCED, S.PUBLISHED, S.PASSED_OVER,
    }
)  # fmt: skip
# States whose outcome is the association's secret until it is released.
UNRELEASED = frozenset({S.JUDGING, S.DECIDED})
