"""What people are told whose account an import opened. Words only."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.urls import reverse

from qcportal.accounts.models import Organisation, User
from qcportal.accounts.roles import Duty

NAMED = 5  # duties named in one mail


def opened(
    person: User, seats: Sequence[tuple[Organisation, str]], by_organisation: str
) -> tuple[str, str]:
    """(subject, text) to somebody who has an account now: where it leads, and how to
    come in without a password. ``seats`` are (organisation, duty), at least one."""
    duties = [f"“{body.name}”{Duty(duty).label}" for body, duty in seats[:NAMED]]
    more = f"等 {len(seats)} 项" if len(seats) > NAMED else ""
    by_code, reset = (
        settings.SITE_URL + reverse(f"accounts:{n}") for n in ("code", "reset")
    )
    text = (
        f"{person.name}，您好：\n\n{by_organisation}为您开通了账号，职责是{'、'.join(duties)}{more}。\n\n"
        f"您的用户名：{person.username}\n\n"
        f"账号还没有密码，用这个邮箱收验证码就能登录：\n{by_code}\n\n"
        f"想用密码登录，先设一个：\n{reset}\n\n"
        f"如果您不认识{by_organisation}，不用理会这封邮件。\n\n本活动不收取任何费用。\n"
    )
    return f"{seats[0][0].label}的账号已开通", text
