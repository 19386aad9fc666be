"""The one way to write the trail, and the outcome of a look at the books."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

from qcportal.audit.models import BooksCheck, TrailEntry
from qcportal.ui.words import mobiles_masked


class Who(Protocol):
    """Anything that acts: see qcportal.accounts.actors.Actor."""

    @property
    def user_key(self) -> str: ...
    @property
    def user_name(self) -> str: ...
    @property
    def organisation_key(self) -> str: ...
    @property
    def organisation_name(self) -> str: ...


def record(
    by: Who | None,
    what: str,
    about: str = "",
    *,
    at: datetime,
    campaign: str = "",
    **data: Any,
) -> TrailEntry:
    """Append one line. ``what`` is a code from docs/glossary.md, ``about`` the public
    key of the thing acted on, ``data`` plain JSON values; a mobile number in a reason
    or a search is kept masked, for the trail is never rewritten."""
    entry = _entry(by, what, about, at, campaign, data)
    entry.save(force_insert=True)
    return entry


def record_many(
    by: Who | None,
    what: str,
    things: Iterable[tuple[str, dict[str, Any]]],
    *,
    at: datetime,
    campaign: str = "",
) -> None:
    """The same line for many things, each a pair (``about``, ``data``)."""
    TrailEntry.objects.bulk_create(
        [_entry(by, what, about, at, campaign, data) for about, data in things],
        batch_size=500,
    )


def _entry(
    by: Who | None, what: str, about: str, at: datetime, campaign: str,
    data: dict[str, Any],
) -> TrailEntry:  # fmt: skip
    return TrailEntry(
        at=at,
        user_key=by.user_key if by else "",
        user_name=by.user_name if by else "系统",
        organisation_key=by.organisation_key if by else "",
        organisation_name=by.organisation_name if by else "",
        what=what,
        about=about,
        campaign=campaign,
        data=_masked(data),
    )


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mobiles_masked(value)
    if isinstance(value, dict):
        return {key: _masked(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(one) for one in value]
    return value


def keep_check(
    found: Sequence[dict[str, str]], *, digests: bool, at: datetime
) -> BooksCheck:
    """One line for one run; ``found`` as ``BooksCheck.findings``."""
    return BooksCheck.objects.create(
        at=at, digests=digests, count=len(found),
        findings=list(found[: BooksCheck.KEPT]),
    )  # fmt: skip
