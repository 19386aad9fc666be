"""Codes as somebody would read them on a phone, and an app that makes six digits."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from captcha.models import CaptchaStore
from django.core import mail
from django.test import Client

from qcportal.accounts.models import User
from qcportal.entrance import second_factor
from tests import factories

MOBILE = "13800006207"


@pytest.fixture
def person(cast) -> User:
    """The group's clerk, with a number and a mailbox."""
    user = cast.group.user
    user.mobile, user.email = MOBILE, "wang@example.com"
    user.save(update_fields=["mobile", "mobile_index", "email"])
    return user


@pytest.fixture
def posted(django_capture_on_commit_callbacks) -> Callable:
    """POST with everything done that waits for the commit."""

    def post(client: Client, path: str, data: dict, **extra):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(path, data, **extra)

    return post


@pytest.fixture
def texted(capsys) -> Callable[[], str]:
    """The digits of the last text message."""

    def read() -> str:
        return re.findall(r"验证码 (\d{6})", capsys.readouterr().out)[-1]

    return read


def mailed() -> str:
    return re.findall(r"验证码是 (\d{6})", mail.outbox[-1].body)[-1]


def signed_in(user: User, **extra) -> Client:
    """Through the door, as a person would."""
    client = Client(**extra)
    answer = client.post(
        "/accounts/sign-in/",
        {"username": user.username, "password": factories.PASSWORD},
    )
    assert answer.status_code == 302, answer.content.decode()
    return client


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def captcha_answer() -> dict[str, str]:
    """What somebody types who reads the newest picture."""
    store = CaptchaStore.objects.order_by("-pk")[0]
    return {"captcha_0": store.hashkey, "captcha_1": store.response}


def digits_at(secret: str, at) -> str:
    return format_hotp_value(hotp_value(secret, int(at.timestamp()) // 30))


SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def set_up(user: User, at) -> None:
    assert second_factor.switch_on(user, SECRET, digits_at(SECRET, at), at=at)
