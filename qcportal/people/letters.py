"""What mails of this part say. Words only."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from qcportal.accounts.roles import Duty
from qcportal.campaigns.rules import moment
from qcportal.people.models import Invitation

NO_FEE = "本活动不收取任何费用。"


def link(invitation: Invitation) -> str:
    """The whole address that opens the invitation."""
    return settings.SITE_URL + reverse("people:invitation", args=[invitation.token])


def invitation(of: Invitation) -> tuple[str, str]:
    """(subject, text) to the invited person."""
    wanted = f"担任{Duty(of.duty).label}"
    if of.campaign:
        wanted += f"（{of.campaign.name}）"
    text = (
        f"{of.name}，您好：\n\n{of.by_name}邀请您在“{of.organisation.name}”{wanted}。\n\n"
        f"请打开下面的链接，设好用户名和密码就能办理；已经有账号的，登录后加入：\n{link(of)}\n\n"
        f"链接 {moment(of.expires_at)} 前有效，只能用一次，请不要转发给别人。"
        "如果您不认识邀请人，不用理会这封邮件。\n\n"
        f"{NO_FEE}有人借此收费的，请到 {settings.SITE_URL}/complaints/ 反映。\n"
    )
    return f"{of.organisation.label}邀请您办理申报", text


def handed_over(organisation: str, old: str, new: str, duties: str) -> tuple[str, str]:
    """(subject, text) to both sides of a hand-over."""
    text = (
        f"您好：\n\n“{organisation}”的工作已经交接：{old}的职责（{duties}）由{new}接手。"
        f"{old}的账号不再代表“{organisation}”办理，办过的事和记录都保留。\n\n"
        "如果您对此不知情，请马上打秘书处电话。\n"
    )
    return f"{organisation}的工作已交接给{new}", text
