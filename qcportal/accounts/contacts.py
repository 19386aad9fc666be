"""Who reads a mobile number in full. One rule for pages, papers, tables and mails."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from qcportal.accounts import mobiles
from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import Role


def may_see_mobile(
    actor: Actor | None,
    *,
    own: Organisation | None,
    above: Iterable[Organisation | None],
    host: Organisation | None,
) -> bool:
    """``own`` is whose contact it is, with the unit of a group; ``above`` the next
    level, which has to call back; ``host`` the secretariat. Everybody else, and judges
    always, read 138****5678. Standing in, the seat counts."""
    if actor is None or actor.role == Role.JUDGE:
        return False
    near = {own, own.parent if own else None, host, *above} - {None}
    return actor.organisation in near


def shown(value: Any, may: bool) -> Any:
    """A text, or the JSON of a form, as somebody may read it: numbers in full or
    masked, wherever they stand."""
    if may:
        return value
    if isinstance(value, str):
        whole = mobiles.is_mobile(value)
        return (
            mobiles.mask(mobiles.normalise(value))
            if whole
            else mobiles.mask_within(value)
        )
    if isinstance(value, dict):
        return {key: shown(one, may) for key, one in value.items()}
    if isinstance(value, list):
        return [shown(one, may) for one in value]
    return value
