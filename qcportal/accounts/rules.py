"""Questions about the person on the seat, whatever the act."""

from __future__ import annotations

from collections.abc import Iterator

from qcportal.accounts.actors import Actor
from qcportal.refusals import Refusal


def why_not_in_person(actor: Actor | None) -> Iterator[Refusal]:
    """``standing_in``: sealing, judging, deciding, publishing, members and passwords
    are the seat holder's own; an officer who stands in may not do them."""
    if actor and actor.stand_in:
        yield Refusal(
            "standing_in",
            f"您在代{actor.holder.name}办理。盖章、评分、定奖、公布、改人员和密码要由本人办，请先结束代办。",
        )


def why_not_approve(actor: Actor) -> Iterator[Refusal]:
    """``approval_needed``: the organisation wants a second pair of eyes before what it
    hands over leaves the house."""
    if actor.organisation.needs_approval and not actor.may("approve_for"):
        yield Refusal(
            "approval_needed",
            "贵单位要求送出前由审核人确认，请本单位的审核人或管理员登录后办这一步。您填的内容都在。",
        )
