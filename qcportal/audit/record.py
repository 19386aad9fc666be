"""The one way to write the trail, and the outcome of a look at the books."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from qcportal.audit.models import BooksCheck, TrailEntry


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
    key of the thing acted on, ``data`` plain JSON values (never personal numbers)."""
    return TrailEntry.objects.create(
        at=at,
        user_key=by.user_key if by else "",
        user_name=by.user_name if by else "系统",
        organisation_key=by.organisation_key if by else "",
        organisation_name=by.organisation_name if by else "",
        what=what,
        about=about,
        campaign=campaign,
        data=data,
    )


def keep_check(
    found: Sequence[dict[str, str]], *, digests: bool, at: datetime
) -> BooksCheck:
    """One line for one run; ``found`` as ``BooksCheck.findings``."""
    return BooksCheck.objects.create(
        at=at, digests=digests, count=len(found),
        findings=list(found[: BooksCheck.KEPT]),
    )  # fmt: skip
