"""Who must still agree, who may publish, and why not. Reads only."""

from __future__ import annotations

from collections.abc import Iterator

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import User
from qcportal.accounts.roles import Role
from qcportal.accounts.rules import why_not_in_person
from qcportal.campaigns.models import Campaign
from qcportal.privacy.models import Consent, ConsentText
from qcportal.refusals import Refusal


def due(user: User) -> ConsentText | None:
    """The version in force, if the user did not agree to it yet."""
    text = ConsentText.objects.in_force()
    if text is None or Consent.objects.filter(user=user, text=text).exists():
        return None
    return text


def agreed_before(user: User) -> ConsentText | None:
    """The newest version the user agreed to."""
    return ConsentText.objects.filter(consents__user=user).in_force()


def may_publish(actor: Actor | None) -> bool:
    """A manager of the association whose campaign is the newest."""
    if not actor or actor.role != Role.ASSOCIATION or not actor.may("manage_members"):
        return False
    newest = Campaign.objects.newest()
    return newest is not None and newest.host_id == actor.organisation.pk


def why_not_publish(actor: Actor | None, body: str) -> Iterator[Refusal]:
    yield from why_not_in_person(actor)
    if not may_publish(actor):
        yield Refusal("not_manager", "同意书由主办协会的管理员发布。")
    text = ConsentText.objects.in_force()
    if not body.strip():
        yield Refusal("missing", "请写正文。", "body")
    elif text is not None and text.body.strip() == body.strip():
        yield Refusal("same_words", "和现在的版本一字不差，不用发布。", "body")


def why_not_withdraw(user: User, reason: str) -> Iterator[Refusal]:
    last = Consent.objects.filter(user=user).first()
    if last is None:
        yield Refusal("nothing_agreed", "您还没有同意过，不用撤回。")
    elif last.withdrawal_asked_at:
        yield Refusal("already_asked", "您的要求已经送到秘书处，他们会联系您。")
    if len(reason.strip()) > 200:
        yield Refusal("reason_too_long", "请写在 200 字以内。", "reason")
