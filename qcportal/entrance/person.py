"""Somebody signing in or minding the own account: a person, not (yet) on a seat."""

from __future__ import annotations

from dataclasses import dataclass

from qcportal.accounts.models import User


@dataclass(frozen=True)
class Person:
    """What the trail wants of whoever acts (qcportal.audit.record.Who)."""

    user: User
    organisation_key: str = ""
    organisation_name: str = ""

    @property
    def user_key(self) -> str:
        return str(self.user.pk)

    @property
    def user_name(self) -> str:
        return self.user.name
