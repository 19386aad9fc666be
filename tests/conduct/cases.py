"""Cases brought to any state through the real actions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from conduct import actions
from conduct.models import Case
from qcportal.campaigns.models import Campaign
from qcportal.documents import uploads
from tests import factories

MARK = "线人暗记"
PHONE, MAIL = "13899990009", "xianren@example.cn"


def upload(name: str) -> tuple[Any, uploads.Inspected]:
    file = factories.png_file(name)
    return file, uploads.inspect(file, ["png", "pdf"], 1024 * 1024)


def complaint(campaign: Campaign, body: Any, at: datetime, **given: Any) -> Case:
    said = actions.Said(**{
        "kind": "fee", "text": "协会联络员要求每项成果交评审费2000元，转账给个人。",
        "campaign": campaign, "body": body, "body_name": body.name if body else "某协会",
        **given,
    })  # fmt: skip
    return actions.complain(said, at=at)[0]


def named_complaint(campaign: Campaign, body: Any, at: datetime) -> Case:
    """Everything of the complainant carries the mark: name, words, file name."""
    return complaint(
        campaign, body, at, name=MARK, phone=PHONE, email=MAIL,
        text=f"{MARK}：协会联络员要求每项成果交评审费2000元。", files=[upload(f"{MARK}的截图.png")],
    )  # fmt: skip


def fresh(case: Case) -> Case:
    return Case.objects.select_related("association", "body", "campaign").get(
        pk=case.pk
    )


def heard(case: Case, cast: factories.Cast, at: datetime) -> Case:
    """Accepted, the body asked, and its answer in."""
    by = cast.association
    actions.accept(case.pk, by=by, at=at)
    actions.ask_body(
        case.pk, question="请说明评审费的收取情况。", due_at=at + timedelta(days=5),
        version=fresh(case).version, by=by, at=at,
    )  # fmt: skip
    actions.answer(
        case.pk, text="联络员私自收取，已退还。", files=[upload("退款凭证.png")],
        by=cast.recommender, at=at,
    )  # fmt: skip
    return fresh(case)


def upheld(case: Case, cast: factories.Cast, at: datetime) -> Case:
    heard(case, cast, at)
    actions.conclude(
        case.pk, finding="upheld", words="经核实，收费情况属实。",
        version=fresh(case).version, by=cast.association, at=at,
    )  # fmt: skip
    return fresh(case)


def loss(at: datetime, **given: Any) -> actions.Loss:
    return actions.Loss(**{
        "kind": "struck_off", "begins_at": at - timedelta(hours=1), "ends_at": None,
        "reason": "向班组收取费用", **given,
    })  # fmt: skip
