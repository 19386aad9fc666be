"""Whom somebody means who types a user name, a mobile number or an e-mail address."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.db.models import Exists, OuterRef, Q

from qcportal.accounts import mobiles
from qcportal.accounts.models import User


@dataclass(frozen=True)
class Meant:
    """What was typed, as the portal reads it, and whom it means (None: nobody).

    ``subject`` is what limits count by: all names of one person are one.
    """

    text: str
    user: User | None

    @property
    def subject(self) -> str:
        return f"user:{self.user.pk}" if self.user else f"text:{self.text.casefold()}"


def clean(typed: str) -> str:
    """Half width, composed, without blanks around; case is looked past when asked."""
    return unicodedata.normalize("NFKC", typed).strip()[:150]


def find(typed: str) -> Meant:
    """One query, whoever is meant. A verified number or address goes before a user name
    that reads the same, so that nobody can sit on somebody else's number."""
    text = clean(typed)
    number = mobiles.index(text) if mobiles.is_mobile(text) else ""
    verified = EmailAddress.objects.filter(
        user=OuterRef("pk"), email__iexact=text, verified=True
    )
    rows = list(
        User.objects.filter(
            Q(username__iexact=text)
            | Q(email__iexact=text) & ~Q(email="")
            | Q(mobile_index=number) & ~Q(mobile_index="")
        )
        .annotate(mail_verified=Exists(verified))
        .order_by("pk")[:20]
    )
    found = _chosen([row for row in rows if row.is_active], text, number)
    return Meant(text, found)


def _chosen(rows: list[User], text: str, number: str) -> User | None:
    """The first of these groups with exactly one person in it."""
    low = text.casefold()
    groups = (
        [u for u in rows if number and u.mobile_index == number and u.mobile_verified_at],
        [u for u in rows if u.email.casefold() == low and u.mail_verified],
        [u for u in rows if u.username == text],
        [u for u in rows if u.username.casefold() == low],
        [u for u in rows if number and u.mobile_index == number],
        [u for u in rows if u.email.casefold() == low],
    )  # fmt: skip
    return next((group[0] for group in groups if len(group) == 1), None)
