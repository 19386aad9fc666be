"""The only writers of passwords, numbers, addresses and second factors. Each leaves a
line in the trail, tells the person and ends the sessions it must."""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from qcportal.accounts import mobiles
from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Membership, User
from qcportal.audit.record import Who, record
from qcportal.entrance import letters, rules, second_factor, sessions
from qcportal.entrance.models import Code
from qcportal.inbox import mailing, texting
from qcportal.inbox.actions import tell
from qcportal.refusals import refuse, refuse_if


def _locked(user: User) -> User:
    """The row, held until the transaction ends."""
    return User.objects.select_for_update().get(pk=user.pk)


def _inform(user: User, what: str, at: datetime, *, email: str = "") -> None:
    """By mail to ``email``, else to the address on record."""
    to = email or user.email
    if to:
        subject, text = letters.changed(user.name, what)
        mailing.order(to, subject, text, at=at)


def _proved(code: Code, user: User, at: datetime) -> None:
    """The code came by a way that is therefore the person's."""
    if code.way == Code.Way.MOBILE and not user.mobile_verified_at:
        user.mobile_verified_at = at
        user.save(update_fields=["mobile_verified_at"])
    elif code.way == Code.Way.EMAIL and user.email:
        verify_email(user, user.email)


def verify_email(user: User, email: str) -> bool:
    """Note that the address is the person's; False if it is proved to be another's."""
    if EmailAddress.objects.filter(email__iexact=email, verified=True).exclude(
        user=user
    ):
        return False
    EmailAddress.objects.filter(user=user).delete()
    EmailAddress.objects.create(
        user=user, email=email.lower(), verified=True, primary=True
    )
    return True


@transaction.atomic
def prove_by(code: Code, *, at: datetime) -> User:
    """Whose code it was, once it was right."""
    if code.user is None:
        raise ValueError("a code of nobody is never right")
    user = _locked(code.user)
    _proved(code, user, at)
    return user


@transaction.atomic
def reset_password(
    code: Code, password: str, *, by: Who, at: datetime, address: str
) -> User:
    """A new password by a code that was right. Every session ends."""
    user = prove_by(code, at=at)
    user.set_password(password)
    user.save(update_fields=["password"])
    sessions.end_all(user)
    record(by, "password_reset", str(user.pk), at=at, address=address)
    _inform(user, "密码重设了", at)
    return user


@transaction.atomic
def password_changed(
    user: User, *, by: Who, at: datetime, address: str, session_key: str | None
) -> int:
    """After the person wrote a new password: the other sessions end; how many."""
    ended = sessions.end_all(user, but=session_key)
    record(by, "password_changed", str(user.pk), at=at, address=address)
    _inform(user, "改了密码", at)
    return ended


@transaction.atomic
def change_name(user: User, name: str, *, by: Who, at: datetime) -> None:
    """How the portal addresses the person. What was filed or printed keeps the old."""
    found = _locked(user)
    if found.name == name:
        return
    was, found.name = found.name, name
    found.save(update_fields=["name"])
    record(by, "name_changed", str(user.pk), at=at, name=name, was=was)


@transaction.atomic
def change_mobile(code: Code, *, by: Who, at: datetime, address: str) -> None:
    """The number the code was sent to becomes the person's. Raises Refused
    (``mobile_taken``): only who holds the number learns that."""
    user = (
        _locked(code.user) if code.user else refuse("code_over", "请重新获取验证码。")
    )
    user.mobile, user.mobile_verified_at = mobiles.clean(code.to), at
    index = mobiles.index(user.mobile)
    taken = "这个手机号登记在另一个账号上。是您自己的账号，请用那个账号登录，或打帮助电话合并。"
    if User.objects.filter(mobile_index=index).exclude(pk=user.pk).exists():
        refuse("mobile_taken", taken, "code")
    try:
        with transaction.atomic():
            user.save(update_fields=["mobile", "mobile_index", "mobile_verified_at"])
    except IntegrityError:
        refuse("mobile_taken", taken, "code")
    shown = mobiles.mask(user.mobile)
    record(by, "mobile_changed", str(user.pk), at=at, address=address, shown=shown)
    _inform(user, "换了手机号", at)


@transaction.atomic
def change_email(code: Code, *, by: Who, at: datetime, address: str) -> None:
    """The address the code was sent to becomes the person's; the old one is told.
    Raises Refused (``email_taken``)."""
    user = (
        _locked(code.user) if code.user else refuse("code_over", "请重新获取验证码。")
    )
    old, user.email = user.email, code.to
    if not verify_email(user, code.to):
        refuse(
            "email_taken",
            "这个邮箱登记在另一个账号上，请换一个，或打帮助电话。",
            "code",
        )
    user.save(update_fields=["email"])
    record(by, "email_changed", str(user.pk), at=at, address=address)
    _inform(user, "换了邮箱", at, email=old)


# --- the second factor --------------------------------------------------------------


@transaction.atomic
def switch_on(
    user: User, secret: str, typed: str, *, by: Who, at: datetime, address: str,
    session_key: str | None,
) -> None:  # fmt: skip
    """Turn the second step on, or move it to another phone. Raises Refused
    (``code_wrong``). The other sessions end."""
    _locked(user)
    if not second_factor.switch_on(user, secret, typed, at=at):
        refuse(
            "code_wrong",
            "验证码不对。请看手机上现在的 6 位数字，再输一遍；一直不对，请把手机时间设成自动。",
            "code",
        )
    sessions.end_all(user, but=session_key)
    record(by, "second_factor_on", str(user.pk), at=at, address=address)
    _inform(user, "设置了两步验证", at)


@transaction.atomic
def switch_off(user: User, *, by: Who, at: datetime, address: str) -> None:
    """Raises Refused (``second_factor_needed``)."""
    _locked(user)
    refuse_if(rules.why_not_switch_off(user))
    if second_factor.drop(user):
        record(by, "second_factor_off", str(user.pk), at=at, address=address)
        _inform(user, "关了两步验证", at)


@transaction.atomic
def renew_recovery_codes(user: User, *, by: Who, at: datetime) -> None:
    _locked(user)
    if not second_factor.is_on(user):
        refuse("no_factor", "还没有设置两步验证，没有备用码可换。")
    second_factor.renew_codes(user)
    record(by, "recovery_codes_renewed", str(user.pk), at=at)


@transaction.atomic
def drop_second_factor(
    seat: Membership, reason: str, *, overseen: bool = False, by: Actor, at: datetime
) -> None:
    """For a colleague whose phone is gone. The caller has asked whether ``by`` manages
    the organisation. Every session ends; the person is told."""
    user = _locked(seat.user)
    refuse_if(rules.why_not_drop_second_factor(seat, reason, by, overseen=overseen))
    second_factor.drop(user)
    sessions.end_all(user)
    record(by, "second_factor_dropped", str(seat.organisation.key), at=at,
           user=user.pk, name=user.name, reason=reason.strip()[:200])  # fmt: skip
    tell(seat.organisation, f"{user.name}的两步验证已清除",
         f"{by.user_name}办理。原因：{reason.strip()[:200]}", at=at, icon="lock")  # fmt: skip
    if user.email:
        subject, text = letters.factor_dropped(
            user.name, by.organisation_name, by.user_name
        )
        mailing.order(user.email, subject, text, at=at)
    elif user.mobile and texting.available(at=at):
        said = "您账号的两步验证已由管理员清除，请重新登录设置。不是您请人办的，请打秘书处电话。"
        texting.order(user.mobile, said, at=at, expires_at=at + letters.NEWS_FOR)


# --- sessions -----------------------------------------------------------------------


@transaction.atomic
def end_session(
    user: User, session_id: int, *, by: Who, at: datetime, address: str
) -> bool:
    """One of the person's own; False if it is none (any more)."""
    found = sessions.open_ones(user, at=at).filter(pk=session_id).first()
    if found is None:
        return False
    sessions.end(found)
    record(by, "sessions_ended", str(user.pk), at=at, address=address, count=1)
    return True


@transaction.atomic
def end_other_sessions(
    user: User, *, by: Who, at: datetime, address: str, session_key: str | None
) -> int:
    """Everywhere but here; how many."""
    count = sessions.end_all(user, but=session_key)
    record(by, "sessions_ended", str(user.pk), at=at, address=address, count=count)
    return count
