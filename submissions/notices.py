"""Messages that leave when something here moves: to whom, in which words."""

from __future__ import annotations

from datetime import datetime

from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import Role
from qcportal.campaigns.rules import moment
from qcportal.inbox.actions import tell
from qcportal.inbox.models import Message
from submissions.arrivals import PendingFiling
from submissions.lifecycle import MoveName
from submissions.models import Step, Submission

TODO, PROGRESS = Message.Kind.TODO, Message.Kind.PROGRESS


def desk_path(submission: Submission, role: Role) -> str:
    """Where a tier opens the submission."""
    return {
        Role.GROUP: f"/submissions/{submission.code}/",
        Role.UNIT: f"/submissions/{submission.code}/stamp/",
        Role.RECOMMENDER: f"/recommenders/submissions/{submission.code}/",
        Role.ASSOCIATION: f"/reviews/checks/{submission.code}/",
    }.get(role, "/")


def _to(
    organisation: Organisation | None, role: Role, submission: Submission, title: str,
    body: str, at: datetime, **look: str,
) -> None:  # fmt: skip
    if organisation is not None:
        tell(organisation, f"{title}：{submission.title}", body, at=at,
             link=desk_path(submission, role), **look)  # fmt: skip


def moved(submission: Submission, step: Step) -> None:
    """Tell the desk that has it now, and the group where it is."""
    s, at, who = submission, step.at, f"{step.organisation.label} {step.by_name}"
    group, unit, recommender, host = s.group, s.unit, s.recommender, s.campaign.host
    match MoveName(step.move):
        case MoveName.FILE:
            _to(
                unit,
                Role.UNIT,
                s,
                "请评分、出具意见并盖章",
                f"{s.group_name}提交，{moment(at)} 收到。",
                at,
                kind=TODO,
                icon="rubber-stamp",
                tone="warn",
                link_label="出具意见",
            )
            _to(
                group,
                Role.GROUP,
                s,
                "提交成功",
                f"受理编号 {s.code}，已交给{unit.name}。",
                at,
                icon="send",
                tone="ok",
                link_label="看进度",
            )
        case MoveName.FILE_PAST_UNIT | MoveName.FILE_UP | MoveName.AMEND_UP:
            up = step.move != MoveName.FILE_PAST_UNIT
            _to(
                host if up else recommender,
                Role.ASSOCIATION if up else Role.RECOMMENDER,
                s,
                "收到成果",
                f"{s.group_name}提交，{moment(at)} 收到。",
                at,
                kind=TODO,
                icon="inbox",
                tone="warn",
                link_label="去核对" if up else "去评审",
            )
            whom = host if up or recommender is None else recommender
            _to(
                group,
                Role.GROUP,
                s,
                "提交成功",
                f"受理编号 {s.code}，已交给{whom.name}。",
                at,
                icon="send",
                tone="ok",
                link_label="看进度",
            )
        case MoveName.AMEND:
            _to(
                unit,
                Role.UNIT,
                s,
                "补正后请重新盖章",
                f"{s.group_name}已补正。",
                at,
                kind=TODO,
                icon="rubber-stamp",
                tone="warn",
                link_label="去盖章",
            )
        case (
            MoveName.UNIT_RETURN | MoveName.RECOMMENDER_RETURN | MoveName.REFUSE_DIRECT
        ):
            _to(
                group,
                Role.GROUP,
                s,
                "请修改",
                f"{who}退回：{step.comment}",
                at,
                kind=TODO,
                icon="arrow-back-up",
                tone="bad",
                link_label="去修改",
            )
        case MoveName.ASK_AMENDMENT:
            due = moment(s.due_at) if s.due_at else ""
            _to(
                group,
                Role.GROUP,
                s,
                "请补正",
                f"{due} 前补正：{step.comment}",
                at,
                kind=TODO,
                icon="arrow-back-up",
                tone="bad",
                link_label="去补正",
            )
        case MoveName.STAMP:
            _to(
                recommender,
                Role.RECOMMENDER,
                s,
                "收到成果",
                f"{unit.name}已盖章，等您评审推荐。",
                at,
                kind=TODO,
                icon="inbox",
                tone="warn",
                link_label="去评审",
            )
            _to(
                group,
                Role.GROUP,
                s,
                "单位已盖章",
                f"已交给{recommender.name if recommender else ''}。",
                at,
                icon="check",
                tone="ok",
                link_label="看进度",
            )
        case MoveName.STAMP_DIRECT:
            _to(
                host,
                Role.ASSOCIATION,
                s,
                "申请直接申报",
                f"{unit.name}没有推荐单位，请确认。",
                at,
                kind=TODO,
                icon="inbox",
                tone="warn",
                link_label="去确认",
            )
        case MoveName.STAMP_UP:
            _to(
                host,
                Role.ASSOCIATION,
                s,
                "收到成果",
                f"{unit.name}已盖章提交。",
                at,
                kind=TODO,
                icon="inbox",
                tone="warn",
                link_label="去核对",
            )
            _to(
                group,
                Role.GROUP,
                s,
                "单位已盖章",
                f"已交给{host.name}。",
                at,
                icon="check",
                tone="ok",
                link_label="看进度",
            )
        case MoveName.STAMP_AMENDED:
            _to(
                host,
                Role.ASSOCIATION,
                s,
                "补正回来",
                f"{unit.name}已重新盖章。",
                at,
                kind=TODO,
                icon="inbox",
                tone="warn",
                link_label="去核对",
            )
        case MoveName.SUBMIT | MoveName.RECOMMEND | MoveName.PASS_CHECK:
            words = {
                MoveName.SUBMIT: ("已提交秘书处", "秘书处正在核对材料。"),
                MoveName.RECOMMEND: ("已推荐", "等推荐表盖章后提交秘书处。"),
                MoveName.PASS_CHECK: ("形式审查通过", "等专家评审。"),
            }[MoveName(step.move)]
            _to(
                group,
                Role.GROUP,
                s,
                words[0],
                words[1],
                at,
                icon="check",
                tone="ok",
                link_label="看进度",
            )
        case MoveName.DECLINE | MoveName.SET_ASIDE:
            _to(
                group,
                Role.GROUP,
                s,
                MoveName(step.move).label,
                step.comment,
                at,
                icon="info-circle",
                tone="info",
                link_label="看原因",
            )
            _to(
                unit,
                Role.UNIT,
                s,
                MoveName(step.move).label,
                step.comment,
                at,
                icon="info-circle",
            )
        case MoveName.PUBLISH:
            _to(group, Role.GROUP, s, "结果已公布", "证书可以下载了。",
                at, icon="award", tone="ok", link_label="看证书")  # fmt: skip
        case _:
            pass


def reminded(submission: Submission, who: str, at: datetime) -> None:
    """A nudge to the desk that has it."""
    holder = submission.holder
    organisation = (
        {
            Role.GROUP: submission.group,
            Role.UNIT: submission.unit,
            Role.RECOMMENDER: submission.recommender,
            Role.ASSOCIATION: submission.campaign.host,
        }.get(holder)
        if holder
        else None
    )
    if holder and organisation:
        _to(organisation, holder, submission, "请尽快办理", f"{who}提醒您：这项成果在等您。",
            at, kind=TODO, icon="bell-ringing", tone="warn", link_label="去办理")  # fmt: skip


def filing_lapsed(submission: Submission, pending: PendingFiling, at: datetime) -> None:
    """The group filed in time, but a file did not come: nothing was filed."""
    _to(
        submission.group,
        Role.GROUP,
        submission,
        "没有提交成",
        f"{moment(pending.at)} 的提交没有办成：{pending.reason}草稿和已经传好的文件都还在。",
        at,
        kind=TODO,
        icon="alert-circle",
        tone="bad",
        link_label="看情况",
    )
