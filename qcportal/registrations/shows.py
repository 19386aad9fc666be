"""Applications and organisations as the pages show them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import CHANNELS, Role
from qcportal.refusals import Refusal
from qcportal.registrations import notices, rules
from qcportal.registrations.models import Registration, RegistrationState

CHIPS = {
    RegistrationState.WAITING: "wait",
    RegistrationState.RETURNED: "back",
    RegistrationState.APPROVED: "ok",
    RegistrationState.REFUSED: "bad",
    RegistrationState.WITHDRAWN: "end",
}
TONES = {"returned": "wait", "refused": "bad"}


@dataclass(frozen=True)
class Act:
    """A button for ``move_button``."""

    name: str
    label: str
    url: str
    refusals: tuple[Refusal, ...]
    kind: str = "primary"
    needs_comment: bool = False


def offer(
    label: str, kind: str, refusals: Iterable[Refusal], url: str, *, asks: bool = False
) -> Act:
    return Act(label, label, url, tuple(refusals), kind, asks)


def chip(found: Registration) -> tuple[str, str]:
    status = RegistrationState(found.status)
    return CHIPS[status], str(status.label)


def holder(found: Registration) -> tuple[str, str, str] | None:
    """Who has it now, in words: (who, text, tone); None when it is through."""
    if found.status == RegistrationState.WAITING:
        what = "单位" if found.unit_first else "申请"
        return rules.deciders(found), f"正在核对{what}", "wait"
    if found.status == RegistrationState.RETURNED:
        return "您", "改好后再送", "bad"
    return None


def events(found: Registration) -> list[dict[str, Any]]:
    """The steps, newest first; organisations decide, their people stay unnamed."""
    return [
        {"what": notices.STEPS[step.what], "at": step.at,
         "who": step.by_organisation or found.person, "comment": step.reason,
         "tone": TONES.get(step.what, "")}
        for step in found.steps.order_by("-at", "-pk")
    ]  # fmt: skip


def last_reason(found: Registration) -> str:
    """Why it was returned or refused, while it stands there."""
    if found.status not in (RegistrationState.RETURNED, RegistrationState.REFUSED):
        return ""
    step = found.steps.exclude(reason="").order_by("-at", "-pk").first()
    return step.reason if step else ""


def public_facts(found: Registration) -> list[tuple[str, str]]:
    """What was applied for, without mail and telephone."""
    rows = [
        ("通道", CHANNELS[Role(found.channel)]),
        ("申请人", found.person),
        ("用户名", found.username),
        ("加入" if found.joins else "登记", found.wanted),
        ("所在单位", _unit(found)),
        ("统一社会信用代码", found.credit_code),
        ("地区", found.region),
        ("行业", found.industry),
        ("通信地址", " ".join(filter(None, [found.address, found.postcode]))),
        ("部门", found.department),
        ("推荐单位", found.recommender.name if found.recommender else ""),
        ("类别", found.get_recommender_class_display() if found.recommender_class else ""),
    ]  # fmt: skip
    return [(label, text) for label, text in rows if text]


def _unit(found: Registration) -> str:
    if found.channel != Role.GROUP:
        return ""
    return found.unit.name if found.unit else f"{found.unit_name}（新登记）"


def case(found: Registration) -> str:
    """Which form a returned application needs."""
    if found.joins is not None:
        return "joins"
    if found.channel == Role.GROUP:
        return "group" if found.unit is not None else "group_unit"
    return found.channel


def given(found: Registration) -> dict[str, Any]:
    """The form's first values; mail and telephone are not shown to the code."""
    names = ("organisation_name", "unit_name", "recommender_class", "credit_code", "region",
             "industry", "address", "postcode", "department", "person", "username")  # fmt: skip
    values = {name: getattr(found, name) for name in names}
    values["recommender"] = found.recommender.key if found.recommender else None
    return values


def names_before(organisation: Organisation) -> str:
    return "、".join(entry["name"] for entry in organisation.former_names)


def is_key(text: str) -> bool:
    """Whether ``text`` can be the key of a row at all."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
