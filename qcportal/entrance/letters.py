"""What mails and text messages of the door say. Words only."""

from __future__ import annotations

from datetime import timedelta

from qcportal.entrance.models import Code

MINUTES = 5
NEWS_FOR = timedelta(days=1)  # until then a text message that is no code may go out


def code_text(purpose: str, digits: str) -> str:
    """A text message; the signature is put before it by the gateway."""
    what = Code.Purpose(purpose).label
    return f"验证码 {digits}，用于{what}，{MINUTES} 分钟内有效。秘书处不会向您要验证码，请不要告诉别人。"


def code_mail(name: str, purpose: str, digits: str) -> tuple[str, str]:
    """(subject, text); the code stands in the text alone."""
    what = Code.Purpose(purpose).label
    text = (
        f"{name}，您好：\n\n您的验证码是 {digits}，用于{what}，{MINUTES} 分钟内有效，只能用一次。\n\n"
        "秘书处不会向您要验证码，请不要告诉别人。不是您本人在办的话，不用理会这封邮件。\n"
    )
    return f"{what}的验证码", text


def changed(name: str, what: str) -> tuple[str, str]:
    """(subject, text) after something about the account changed, e.g. 密码改了."""
    text = (
        f"{name}，您好：\n\n您的账号刚才{what}。是您本人办的，不用理会这封邮件。\n\n"
        "不是您本人办的，请马上用“忘了密码”重设密码，并打秘书处电话。\n"
    )
    return f"您的账号{what}", text


def factor_dropped(name: str, organisation: str, by: str) -> tuple[str, str]:
    text = (
        f"{name}，您好：\n\n{organisation}的{by}为您清除了登录的第二步验证。"
        "您在所有设备上已退出，请用密码重新登录，按提示重新设置。\n\n"
        "您没有请人办过这件事的话，请马上打秘书处电话。\n"
    )
    return "您的第二步验证已清除", text
