"""Where a person is signed in: allauth's rows, kept in step with Django's sessions."""

from __future__ import annotations

from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.http import HttpRequest

from qcportal.accounts.models import User


def open_ones(user: User, *, at: datetime) -> QuerySet[UserSession]:
    """The sessions that still let the person in, the one seen last first."""
    live = Session.objects.filter(expire_date__gt=at).values("session_key")
    rows = UserSession.objects.filter(user=user, session_key__in=live)
    return rows.order_by("-last_seen_at", "-pk")


def seen(request: HttpRequest, *, at: datetime) -> None:
    UserSession.objects.filter(session_key=request.session.session_key).update(
        last_seen_at=at
    )


def renew_key(request: HttpRequest) -> None:
    """A new key for the same session; its row follows."""
    old = request.session.session_key
    request.session.cycle_key()
    follow(old, request)


def follow(old: str | None, request: HttpRequest) -> None:
    """The row of the session ``old`` goes on under the session's key of now."""
    if request.session.session_key is None:
        request.session.save()
    rows = UserSession.objects.filter(session_key=old)
    rows.update(session_key=request.session.session_key)


def end(session: UserSession) -> None:
    Session.objects.filter(session_key=session.session_key).delete()
    session.delete()


def end_all(user: User, *, but: str | None = None) -> int:
    """End every session of the person except that of the key ``but``; how many."""
    rows = UserSession.objects.filter(user=user).exclude(session_key=but or "")
    keys = list(rows.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    rows.delete()
    return len(keys)


def forget(request: HttpRequest) -> None:
    """The row of a session that is being signed out."""
    UserSession.objects.filter(session_key=request.session.session_key).delete()
