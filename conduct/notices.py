"""What people are told about a case. Words only; who complains is in none of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from conduct.models import Case, PendingDecision
from qcportal.campaigns.models import Standing
from qcportal.campaigns.rules import moment
from qcportal.inbox import mailing
from qcportal.inbox.actions import tell
from qcportal.inbox.models import Message
from submissions.models import Submission

TODO = Message.Kind.TODO
C = PendingDecision.Choice
NO_FEE = "本活动不收取任何费用。"
# What group and unit are told of their result; {body} is the recommending body.
TOLD: dict[str, tuple[str, str]] = {
    C.STAY: ("推荐继续有效", "{body}{lost}，您的成果已推荐在先，由秘书处接着办，不用重新提交。"),
    C.DIRECT: ("改由秘书处直接办理", "{body}{lost}，您的成果转为直接申报，由秘书处接着办，不用重新提交。"),
    C.ANEW: ("请另选推荐单位", "{body}{lost}，请另选一家推荐单位，再提交、盖章。{until}"),
    C.CLOSE: ("本届不再办理", "{body}{lost}，这项成果本届不再办理，原因见办理记录。"),
}  # fmt: skip


def follow_url(receipt: str) -> str:
    return settings.SITE_URL + reverse("complaints:case", args=[receipt])


def received(case: Case, receipt: str, email: str, at: datetime) -> None:
    """The association's desk; and the complainant, where an address was given."""
    tell(
        case.association, "收到一份反映，请受理", f"类别：{case.get_kind_display()}。", at=at,
        kind=TODO, icon="message-exclamation", tone="warn",
        link=reverse("conduct:case", args=[case.code]), link_label="去看",
    )  # fmt: skip
    if email:
        text = (
            f"您好：\n\n您反映的情况收到了。查询码：{receipt}\n\n"
            f"凭查询码可以看办到哪一步、补充材料，不用登录：\n{follow_url(receipt)}\n\n"
            "您是谁只有秘书处的承办人看得到，不会告诉涉及的单位。请不要转发这封邮件。\n\n"
            f"{NO_FEE}\n"
        )
        mailing.order(email, "您反映的情况收到了", text, at=at)


def moved_on(case: Case, words: str, at: datetime) -> None:
    """To the complainant's address, if any: that something happened, never what was
    said about the body."""
    email = getattr(getattr(case, "complainant", None), "email", "")
    if email:
        text = (
            f"您好：\n\n您反映的情况有了进展：{words}。\n\n"
            "请用查询码在平台“反映问题”页面查看。查询码在我们发给您的第一封邮件里。\n\n"
            f"{NO_FEE}\n"
        )
        mailing.order(email, f"您反映的情况：{words}", text, at=at)


def added(case: Case, at: datetime) -> None:
    tell(
        case.association, "反映人补充了情况", f"案件 {case.code}。", at=at, kind=TODO,
        icon="message-exclamation", tone="warn",
        link=reverse("conduct:case", args=[case.code]), link_label="去看",
    )  # fmt: skip


def _to_body(
    case: Case, title: str, body: str, at: datetime, tone: str, kind: str
) -> None:
    if case.body:
        tell(case.body, title, body, at=at, kind=kind, icon="scale", tone=tone,
             link=reverse("hearings:hearing", args=[case.code]), link_label="去看")  # fmt: skip


def asked(case: Case, at: datetime) -> None:
    due = moment(case.due_at) if case.due_at else ""
    words = f"{case.association.name}请贵单位在 {due} 前说明情况。"
    _to_body(case, "请说明情况", words, at, "warn", TODO)


def answered(case: Case, at: datetime) -> None:
    tell(
        case.association, "对方作出说明", f"案件 {case.code}，可以接着办。", at=at, kind=TODO,
        icon="scale", link=reverse("conduct:case", args=[case.code]), link_label="去看",
    )  # fmt: skip


def concluded(case: Case, at: datetime) -> None:
    if case.asked_at:
        words = f"认定：{case.get_finding_display()}。" if case.finding else ""
        _to_body(case, "情况核实已办结", words, at, "info", Message.Kind.PROGRESS)


def right_lost(case: Case, lost: Standing, at: datetime) -> None:
    until = f"，到 {moment(lost.ends_at)} 为止" if lost.ends_at else ""
    words = f"从 {moment(lost.begins_at)} 起{until}：{lost.reason}"
    _to_body(case, f"已{lost.get_kind_display()}", words, at, "bad", TODO)


def right_restored(case: Case, reason: str, at: datetime) -> None:
    _to_body(case, "推荐资格已恢复", reason, at, "ok", Message.Kind.PROGRESS)


def result_decided(
    submission: Submission, choice: str, lost: Standing, until: datetime | None,
    at: datetime,
) -> None:  # fmt: skip
    """Group and unit of one pending result."""
    title, words = TOLD[choice]
    text = words.format(
        body=lost.recommender.name, lost=f"已被{lost.get_kind_display()}",
        until=f"请在 {moment(until)} 前办完。" if until else "",
    )  # fmt: skip
    acts = choice == C.ANEW
    for organisation, link in (
        (submission.group, reverse("submissions:track", args=[submission.code])),
        (submission.unit, ""),
    ):
        tell(
            organisation, f"{title}：{submission.title}", text, at=at,
            kind=TODO if acts and link else Message.Kind.PROGRESS, icon="info-circle",
            tone="bad" if choice in (C.ANEW, C.CLOSE) else "info", link=link,
            link_label="去看" if link else "",
        )  # fmt: skip


def summed_up(choices: Sequence[str]) -> str:
    """``原推荐有效 2 项，退回另选推荐单位 1 项``."""
    counted = [(C(c).label, choices.count(c)) for c in C.values if c in choices]
    return "，".join(f"{label} {count} 项" for label, count in counted)
