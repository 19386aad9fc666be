"""What applicants and desks are told. Words only."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from qcportal.accounts.roles import CHANNELS, Role
from qcportal.registrations.models import Registration, RegistrationStep
from qcportal.ui.words import mobiles_masked

STEPS = {
    "applied": "提交申请",
    "corrected": "改好后再次提交",
    "unit_approved": "所在单位已核对登记",
    "returned": "退回修改",
    "approved": "已开通",
    "refused": "未通过",
    "withdrawn": "申请人撤回",
}
MAILED = {
    "applied": "申请收到了。请记下查询码，随时可以查看办到哪一步。",
    "returned": "申请需要修改，请打开下面的网址改好后再送。",
    "approved": "账号已开通，请用申请时填的用户名和密码登录。",
    "refused": "申请没有通过，原因如下。有疑问请打秘书处电话。",
}

WITH_ACCOUNT = "已开通，请用您原来的账号登录，在右上角切换身份。"


def subject(step: RegistrationStep) -> str:
    """Without the portal's name: the outbox puts it in front."""
    return f"{STEPS[step.what]}：{step.registration.wanted}"


def mail_text(step: RegistrationStep) -> str:
    """Plain text; addresses are made from SITE_URL, never from a request. A mobile in
    a typed reason is masked: mails are forwarded and kept."""
    found = step.registration
    said = MAILED[step.what]
    if step.what == "approved" and found.has_account:
        said = WITH_ACCOUNT
    lines = [f"{found.person}：", "", said]
    if step.reason:
        lines.append(f"原因：{mobiles_masked(step.reason)}")
    lines += ["", f"查询码：{found.code}", settings.SITE_URL + status_path(found)]
    if step.what == "approved":
        door = reverse("accounts:sign_in_channel", args=[found.channel])
        lines.append(f"登录：{settings.SITE_URL}{door}")
    lines += [
        "",
        f"本活动不收取任何费用。有人借此收费的，请到 {settings.SITE_URL}/complaints/ 反映。",
    ]
    return "\n".join(lines)


def status_path(found: Registration) -> str:
    return reverse("accounts:registration", args=[found.code])


def review_path(found: Registration) -> str:
    return reverse("accounts:registration_review", args=[found.code])


def arrived(found: Registration) -> tuple[str, str]:
    """Title and body of the message on the desks that may decide."""
    channel = CHANNELS[Role(found.channel)]
    who = f"{found.person}（已有账号）" if found.has_account else found.person
    return f"{channel}有新的账号申请", f"{who}申请代表“{found.wanted}”办理。"
