"""How a submission is shown: chips, rings, chains, sentences. Words only, no act.

For every desk. ``chip``, ``ring`` and ``topic_tag`` ask the database nothing when the
row came with ``with_people()``; ``holder`` is for a page of one; ``sentence`` also wants
``prefetch_related(*SENTENCE_NEEDS)``; ``chain`` and ``events`` read the steps.
Outcomes that are not released (lifecycle.UNRELEASED) read the same to everybody but
the association.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from qcportal.accounts.roles import Role
from qcportal.campaigns import definition
from qcportal.campaigns.rules import closing, moment, why_closed
from qcportal.campaigns.stages import Stage
from qcportal.ui import words
from submissions import rules
from submissions.lifecycle import EDITABLE, UNRELEASED, MoveName, State
from submissions.models import Step, Submission

S, M = State, MoveName
SENTENCE_NEEDS = (
    "steps__organisation", "attachments", "campaign__windows", "campaign__extensions",
)  # fmt: skip
TIERS = ("班组", "单位", "推荐单位", "秘书处", "专家", "公示")
SENT_BACK = frozenset({S.RETURNED, S.AMENDMENT_ASKED})

CHIPS: dict[State, tuple[str, str]] = {
    S.DRAFT: ("draft", "草稿，还没提交"),
    S.FILED: ("wait", "待单位盖章"),
    S.RETURNED: ("back", "退回修改"),
    S.STAMPED: ("wait", "待推荐单位处理"),
    S.DIRECT_ASKED: ("wait", "直接申报待确认"),
    S.RECOMMENDED: ("ok", "已推荐"),
    S.RESERVED: ("wait", "候补"),
    S.NOT_RECOMMENDED: ("end", "未推荐"),
    S.SUBMITTED: ("run", "形式审查中"),
    S.AMENDMENT_ASKED: ("back", "退回补正"),
    S.AMENDED: ("wait", "补正待单位盖章"),
    S.CHECKED: ("ok", "形审通过"),
    S.SET_ASIDE: ("end", "形审未通过"),
    S.JUDGING: ("run", "文审中"),
    S.DECIDED: ("run", "待审定"),
    S.ANNOUNCED: ("run", "公示中"),
    S.PUBLISHED: ("ok", "已公布"),
    S.PASSED_OVER: ("end", "未入选"),
    S.WITHDRAWN: ("end", "已撤回"),
}
# States that read 待您处理 to the one desk that must act next.
MINE: dict[State, Role] = {
    S.FILED: Role.UNIT,
    S.AMENDED: Role.UNIT,
    S.STAMPED: Role.RECOMMENDER,
    S.DIRECT_ASKED: Role.ASSOCIATION,
    S.SUBMITTED: Role.ASSOCIATION,
}
# The tier (index into TIERS) a submission stands at; None: nowhere any more.
STANDS_AT: dict[State, int | None] = {
    S.DRAFT: 0, S.RETURNED: 0, S.AMENDMENT_ASKED: 0, S.FILED: 1, S.AMENDED: 1,
    S.STAMPED: 2, S.RECOMMENDED: 2, S.RESERVED: 2, S.DIRECT_ASKED: 3, S.SUBMITTED: 3,
    S.CHECKED: 4, S.JUDGING: 4, S.DECIDED: 4, S.ANNOUNCED: 5, S.PUBLISHED: None,
    S.NOT_RECOMMENDED: None, S.SET_ASIDE: None, S.PASSED_OVER: None, S.WITHDRAWN: None,
}  # fmt: skip
# How many tiers had done their part when it ended.
PASSED_BEFORE_END = {
    S.PUBLISHED: 6, S.PASSED_OVER: 5, S.SET_ASIDE: 3, S.NOT_RECOMMENDED: 2,
    S.WITHDRAWN: 0,
}  # fmt: skip
DONE_BY: dict[MoveName, int] = {
    M.FILE: 0, M.FILE_PAST_UNIT: 0, M.FILE_UP: 0, M.AMEND: 0, M.AMEND_UP: 0,
    M.STAMP: 1, M.STAMP_DIRECT: 1, M.STAMP_UP: 1, M.STAMP_AMENDED: 1,
    M.SUBMIT: 2, M.ALLOW_DIRECT: 2, M.TAKE_OVER: 2, M.PASS_CHECK: 3, M.ANNOUNCE: 4, M.PUBLISH: 5,
}  # fmt: skip
DONE_WORDS = ("已提交", "已盖章", "已推荐", "审查通过", "评审结束", "已公布")
WAITING_FOR = {
    S.DRAFT: "还没提交",
    S.RETURNED: "退回修改，改好后重新提交",
    S.AMENDMENT_ASKED: "请补正后重新提交",
    S.FILED: "等待评分、出具推荐意见并盖章",
    S.AMENDED: "等待核对补正内容并重新盖章",
    S.STAMPED: "等待评审和推荐",
    S.RECOMMENDED: "已推荐，等推荐表盖章提交",
    S.RESERVED: "列入候补，有名额空出来才能递补",
    S.DIRECT_ASKED: "正在确认能否直接申报",
    S.SUBMITTED: "正在核对材料（形式审查）",
    S.CHECKED: "形式审查通过，等专家评审",
    S.JUDGING: "专家正在评审",
    S.DECIDED: "专家正在评审",
    S.ANNOUNCED: "公示中，请核对名称",
    S.PUBLISHED: "结果已公布",
    S.NOT_RECOMMENDED: "本届没有推荐",
    S.SET_ASIDE: "形式审查没有通过",
    S.PASSED_OVER: "本届未入选，感谢参与",
    S.WITHDRAWN: "已撤回申报",
}
NOW_WORDS = (
    "正在填写", "等待盖章", "等待推荐", "形式审查", "材料文审", "公示中",
)  # fmt: skip
LATER_WORDS = ("", "盖章", "推荐", "形式审查", "材料文审", "公布结果")
LATER_STAGES = (
    Stage.FILING, Stage.STAMPING, Stage.RECOMMENDING, Stage.CHECKING, Stage.JUDGING,
    None,
)  # fmt: skip
WHAT = {
    M.FILE: "提交成果",
    M.FILE_PAST_UNIT: "提交成果",
    M.FILE_UP: "提交成果",
    M.RECALL: "收回修改",
    M.RECALL_PAST_UNIT: "收回修改",
    M.WITHDRAW: "撤回申报",
    M.STAMP: "单位已盖章",
    M.STAMP_DIRECT: "单位已盖章，申请直接申报",
    M.STAMP_UP: "单位已盖章，提交秘书处",
    M.UNIT_RETURN: "单位退回，请修改",
    M.UNSTAMP: "单位撤回盖章",
    M.RECOMMEND: "已推荐",
    M.TAKE_BACK: "取消推荐",
    M.RESERVE: "列入候补",
    M.MOVE_UP: "候补递补，已推荐",
    M.UNRESERVE: "移出候补",
    M.RECOMMENDER_RETURN: "推荐单位退回，请修改",
    M.DECLINE: "推荐单位本届没有推荐",
    M.SUBMIT: "推荐单位已提交秘书处",
    M.ALLOW_DIRECT: "秘书处同意直接申报",
    M.REFUSE_DIRECT: "秘书处不同意直接申报，请修改",
    M.PASS_CHECK: "形式审查通过",
    M.ASK_AMENDMENT: "秘书处请您补正",
    M.SET_ASIDE: "形式审查没有通过",
    M.AMEND: "补正后提交",
    M.AMEND_UP: "补正后提交",
    M.STAMP_AMENDED: "单位已重新盖章",
    M.TAKE_OVER: "推荐单位失去推荐资格，秘书处接办",
    M.CHOOSE_ANEW: "推荐单位失去推荐资格，请另选推荐单位",
    M.CLOSE_BARRED: "推荐单位失去推荐资格，本届不再办理",
    M.SEND_TO_JUDGES: "已交专家评审",
    M.DECIDE: "评定奖项",
    M.ANNOUNCE: "列入公示",
    M.PASS_OVER: "本届未入选",
    M.PUBLISH: "结果已公布",
}
TONES = {
    M.UNIT_RETURN: "bad", M.RECOMMENDER_RETURN: "bad", M.REFUSE_DIRECT: "bad",
    M.ASK_AMENDMENT: "bad", M.DECLINE: "bad", M.SET_ASIDE: "bad", M.UNSTAMP: "wait",
    M.TAKE_BACK: "wait", M.RESERVE: "wait", M.UNRESERVE: "wait", M.CHOOSE_ANEW: "bad",
    M.CLOSE_BARRED: "bad",
}  # fmt: skip


@dataclass(frozen=True)
class ChainStep:
    """One hand of the chain; ``state`` is done, now, back or later."""

    label: str
    state: str
    note: str = ""
    more: str = ""


@dataclass(frozen=True)
class Event:
    """One line of the log."""

    what: str
    at: datetime
    who: str = ""
    comment: str = ""
    tone: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Holder:
    """Props of the holder panel; ``since`` is a span in words, ``at`` when it came."""

    who: str
    text: str
    since: str
    at: datetime | None
    tone: str


def seen_state(submission: Submission, role: Role | None) -> State:
    """The state as ``role`` may know it: what is decided is not known yet."""
    state = submission.state_enum
    return S.JUDGING if state in UNRELEASED and role != Role.ASSOCIATION else state


def chip(
    submission: Submission, role: Role | None, at: datetime | None = None
) -> tuple[str, str]:
    """(kind, words) of the state chip as ``role`` reads it. With ``at``, what was not
    done in time says so."""
    state = seen_state(submission, role)
    if MINE.get(state) == role and role is not None:
        return "mine", "待您处理"
    if at is not None and state == S.DRAFT and filing_is_over(submission, at):
        return "end", "未提交，已关闭"
    if (
        at is not None
        and state == S.AMENDMENT_ASKED
        and _amendment_lapsed(submission, at)
    ):
        return "bad", "补正逾期"
    if state == S.PUBLISHED and submission.award:
        return submission.award_style, submission.award
    return CHIPS[state]


def certificate_path(submission: Submission) -> str:
    """Where the certificate downloads, or an empty string before there is one."""
    number = submission.certificate_number
    return f"/reviews/certificates/{number}/" if number else ""


def filing_is_over(submission: Submission, at: datetime) -> bool:
    """Whether the group's window has closed."""
    closes_at = closing(submission.campaign, Stage.FILING, rules.whose(submission))
    return closes_at is not None and at >= closes_at


def _amendment_lapsed(submission: Submission, at: datetime) -> bool:
    return submission.due_at is not None and at >= submission.due_at


def topic_tag(submission: Submission) -> tuple[str, str]:
    """(kind, label) for ``type_tag``; two empty strings while none is chosen."""
    return submission.topic_type, submission.topic_type_label


def ring(submission: Submission) -> list[str]:
    """Six arcs for ``ring``: done, now, back, gold or later, one per tier."""
    state = submission.state_enum
    if state == S.PUBLISHED:
        return ["gold"] * len(TIERS)
    here = STANDS_AT[state]
    if here is None:
        passed = PASSED_BEFORE_END[state]
        return ["done"] * passed + ["later"] * (len(TIERS) - passed)
    now = "back" if state in SENT_BACK else "now"
    parts = ["done"] * here + [now] + ["later"] * (len(TIERS) - here - 1)
    if state in {S.AMENDMENT_ASKED, S.AMENDED}:
        parts[2] = "done"  # the place given by the recommending body stands
    return parts


def chain(submission: Submission, role: Role | None = None) -> list[ChainStep]:
    """The way through six hands with times; reads the steps and the windows."""
    done_at: dict[int, datetime] = {}
    for step in reversed(list(submission.steps.all())):
        tier = DONE_BY.get(MoveName(step.move))
        if tier is not None:
            done_at[tier] = step.at
    states = ring(submission)
    return [
        _chain_step(
            submission, tier, "done" if state == "gold" else state, done_at, role
        )
        for tier, state in enumerate(states)
    ]


def _chain_step(
    submission: Submission,
    tier: int,
    state: str,
    done_at: dict[int, datetime],
    role: Role | None,
) -> ChainStep:
    label = TIERS[tier]
    if tier == 1 and not submission.category.needs_unit_stamp:
        return ChainStep(label, state, "不用盖章", "本类别不经单位")
    if tier == 2 and not submission.category.needs_recommender:
        return ChainStep(label, state, "不用推荐", "本类别不经推荐单位")
    if tier == 2 and submission.recommender is None and state != "later":
        return ChainStep(label, state, "直接申报", "不经推荐单位")
    if state == "done":
        note = moment(done_at[tier]) if tier in done_at else ""
        return ChainStep(label, state, note, DONE_WORDS[tier])
    if state in {"now", "back"}:
        words_now = "退回修改" if state == "back" else NOW_WORDS[tier]
        came = "" if _secret(submission, role) else moment(submission.state_since)
        return ChainStep(label, state, f"{came} 收到" if came else "", words_now)
    stage = LATER_STAGES[tier]
    closes_at = (
        closing(submission.campaign, stage, rules.whose(submission)) if stage else None
    )
    note = f"{moment(closes_at)} 前" if closes_at else ""
    whose = submission.recommender.label if tier == 2 and submission.recommender else ""
    return ChainStep(label, state, whose or LATER_WORDS[tier], note)


def events(submission: Submission, role: Role = Role.GROUP) -> list[Event]:
    """What happened, newest first, down to 开始填写. What is decided but not released
    is left out for everybody but the association."""
    steps = submission.steps.select_related("organisation")
    found = [
        Event(
            WHAT[MoveName(step.move)],
            step.at,
            f"{Role(step.role).label} {step.by_name}",
            step.comment,
            TONES.get(MoveName(step.move), ""),
        )
        for step in steps
        if role == Role.ASSOCIATION or step.move != M.DECIDE
    ]
    return [*found, Event("开始填写", submission.created_at, "班组", tone="start")]


def holder(submission: Submission, at: datetime, role: Role | None = None) -> Holder:
    """Who has it now and since when, for ``holder``. ``role`` is the reader's desk."""
    state = seen_state(submission, role)
    over = submission.holder is None
    tone = "bad" if state in SENT_BACK else "wait"
    if over:
        tone = "ok" if state == S.PUBLISHED else "run"
    elif submission.holder == Role.ASSOCIATION or state == S.JUDGING:
        tone = "run"
    silent = over or _secret(submission, role)
    return Holder(
        holder_name(submission, role),
        _waiting_for(submission, state, at),
        "" if silent else words.span_text(at - submission.state_since),
        None if silent else submission.state_since,
        tone,
    )


def _waiting_for(submission: Submission, state: State, at: datetime) -> str:
    """What it waits for; nothing any more where the year went on without it."""
    if submission.holder is None:
        return WAITING_FOR[state]
    if submission.campaign.ended_at is not None:
        return "活动已经办结，停在这一步"
    closed = why_closed(
        submission.campaign, Stage.RECOMMENDING, at, rules.whose(submission)
    )
    if state == S.RESERVED and list(closed):
        return "推荐已截止，候补没有递补"
    return WAITING_FOR[state]


def _secret(submission: Submission, role: Role | None) -> bool:
    """When a decision fell is as secret as what it was: judged and decided look alike."""
    return submission.state_enum in UNRELEASED and role != Role.ASSOCIATION


def holder_name(submission: Submission, role: Role | None = None) -> str:
    """``单位 · 申浦维修``, ``您这里``, ``评审专家``, ``已结束``."""
    state = seen_state(submission, role)
    if state == S.JUDGING:
        return "评审专家"
    match submission.holder:
        case None:
            return "结果已公布" if state == S.PUBLISHED else "已结束"
        case Role.ASSOCIATION:
            return "公示" if state == S.ANNOUNCED else "秘书处"
        case where if where == role:
            return "您这里"
        case Role.GROUP:
            return f"班组 · {submission.group_name or submission.group.label}"
        case Role.UNIT:
            return f"单位 · {submission.unit.label}"
    named = submission.recommender.label if submission.recommender else ""
    return f"推荐单位 · {named}"


def latest_step(submission: Submission) -> Step | None:
    """The last move, from the prefetched steps if there are any."""
    steps = list(submission.steps.all())
    return steps[0] if steps else None


def lacking(submission: Submission) -> int:
    """How many places of the content are still empty or wrong, papers included."""
    form = submission.form.form
    standing = {a.slot for a in submission.attachments.all() if a.removed_at is None}
    papers = [s for s in form.papers if s.required and s.code not in standing]
    return len(list(definition.faults(form, submission.content))) + len(papers)


def sentence(submission: Submission, at: datetime) -> tuple[str, str]:
    """(bold beginning, rest) of the line under a title on the group's desk."""
    state = seen_state(submission, Role.GROUP)
    if state == S.DRAFT:
        return _draft_sentence(submission, at)
    if state in SENT_BACK:
        return "轮到您了：", _returned_sentence(submission, at)
    if state in EDITABLE or submission.holder is None or state == S.ANNOUNCED:
        return "", WAITING_FOR[state]
    where = holder_name(submission, Role.GROUP)
    waited = words.span_text(at - submission.state_since)
    if state == S.JUDGING:
        return "", WAITING_FOR[state]
    return "", f"现在在{where}，{WAITING_FOR[state]}，已等 {waited}"


def _draft_sentence(submission: Submission, at: datetime) -> tuple[str, str]:
    if filing_is_over(submission, at):
        return "", "关闭时还没提交，内容都还在，可以打开看"
    saved = f"{moment(submission.saved_at)} 存过"
    count = lacking(submission)
    if count:
        return f"还差 {count} 项没填", f"，{saved}"
    return "都填好了", f"，核对后就能提交，{saved}"


def _returned_sentence(submission: Submission, at: datetime) -> str:
    step = latest_step(submission)
    said = (
        f"{Role(step.role).label} {step.by_name} {moment(step.at)} 退回" if step else ""
    )
    if submission.state_enum == S.AMENDMENT_ASKED and submission.due_at:
        if _amendment_lapsed(submission, at):
            return f"补正期限 {moment(submission.due_at)} 已过，请打秘书处电话"
        return f"{said}，请在 {moment(submission.due_at)} 前补正"
    again = "，改好后单位要重新盖章" if submission.category.needs_unit_stamp else ""
    return f"{said}{again}"


def return_reason(submission: Submission) -> Step | None:
    """The step that sent it back, while it is back; else None."""
    return latest_step(submission) if submission.state_enum in SENT_BACK else None


def receipt(submission: Submission) -> Sequence[tuple[str, str]]:
    """(label, words) of the receipt of what was filed last; empty for a first draft."""
    revision = submission.revision
    if revision is None:
        return ()
    late = revision.completed_at
    complete = [("文件收全", f"{moment(late)}，提交前已开始传")] if late else []
    return (
        ("受理编号", submission.code),
        ("版次", f"第 {revision.number} 版"),
        ("收到时间", f"{moment(revision.filed_at)}（以服务器时间为准）"),
        *complete,
        ("核对码", revision.check_code),
    )


def renamed(submission: Submission) -> list[tuple[str, str]]:
    """(label, as it was) of what was read word by word at the last filing and is
    otherwise now."""
    if submission.revision is None:
        return []
    now = dict(rules.names(submission))
    return [
        (one["label"], one["text"])
        for one in submission.revision.confirmed
        if now.get(one["label"]) != one["text"]
    ]
