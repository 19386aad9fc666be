"""The only writers of consent texts and consents."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import User
from qcportal.audit.record import record
from qcportal.campaigns.models import Campaign
from qcportal.inbox.actions import tell
from qcportal.privacy import rules
from qcportal.privacy.models import Consent, ConsentText
from qcportal.privacy.words import FIRST
from qcportal.refusals import refuse, refuse_if


def load_first(*, at: datetime) -> ConsentText:
    """The first words, on a portal that has none; else the version in force."""
    found = ConsentText.objects.in_force()
    if found is not None:
        return found
    return ConsentText.objects.create(version=1, body=FIRST, published_at=at)


def publish(
    body: str, changes: str, *, after: int, by: Actor, at: datetime
) -> ConsentText:
    """A new version, in force at once; everybody is asked at the next sign-in.
    ``after`` is the version the editor read; two editors cannot both be next."""
    refuse_if(rules.why_not_publish(by, body))
    last = ConsentText.objects.in_force()
    version = last.version if last else 0
    if version != after:
        refuse("stale_version", "刚才有人发布了新版本，请先看看再改。")
    try:
        with transaction.atomic():
            made = ConsentText.objects.create(
                version=version + 1, body=body.strip(), changes=changes.strip(),
                published_at=at, published_by=by.user,
                published_by_name=f"{by.organisation_name} {by.user_name}",
            )  # fmt: skip
            record(by, "consent_published", f"v{made.version}", at=at,
                   changes=made.changes)  # fmt: skip
    except IntegrityError:
        refuse("stale_version", "刚才有人发布了新版本，请先看看再改。")
    return made


@transaction.atomic
def agree(
    user: User, version: int, *, by: Actor | None, at: datetime, address: str = ""
) -> None:
    """The person agrees to the version that was read; a second click is one consent."""
    text = ConsentText.objects.in_force()
    if text is None:
        return
    if text.version != version:
        refuse("stale_version", "同意书刚刚有了新版本，请看过再勾选。")
    _, made = Consent.objects.get_or_create(
        user=user, text=text, defaults={"at": at, "address": address or None}
    )
    if made:
        record(by, "consent_given", f"v{text.version}", at=at, user=user.pk,
               name=user.name)  # fmt: skip


def agree_applying(application: str, *, at: datetime, address: str = "") -> None:
    """An applicant without an account agrees with the application."""
    text = ConsentText.objects.in_force()
    if text is not None:
        Consent.objects.get_or_create(
            application=application, text=text,
            defaults={"at": at, "address": address or None},
        )  # fmt: skip


def adopt(application: str, user: User) -> None:
    """The account is opened: what was agreed to with the application is the user's."""
    Consent.objects.filter(application=application, user=None).update(user=user)


@transaction.atomic
def ask_withdrawal(user: User, reason: str, *, by: Actor | None, at: datetime) -> None:
    """The person wants to withdraw: the secretariat gets it to do. Nothing of theirs
    ends by itself, for results of a whole group may hang on it."""
    User.objects.select_for_update().get(pk=user.pk)
    refuse_if(rules.why_not_withdraw(user, reason))
    Consent.objects.filter(user=user).update(withdrawal_asked_at=at)
    newest = Campaign.objects.select_related("host").newest()
    record(by, "consent_withdrawal_asked", str(user.pk), at=at, name=user.name)
    if newest is not None:
        where = f"（{by.organisation_name}）" if by else ""
        words = f"：{reason.strip()}" if reason.strip() else "。"
        tell(newest.host, f"{user.name}要求撤回个人信息同意",
             f"用户名 {user.username}{where}{words}", at=at, kind="todo",
             icon="shield-check", tone="warn")  # fmt: skip
