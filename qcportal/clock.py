"""The one clock. Deadlines are judged by the database's time, whatever the web
servers' clocks say."""

from datetime import datetime, timedelta

from django.db import connection
from django.http import HttpRequest
from django.utils import timezone


def now() -> datetime:
    """This instant by the database's clock; not the start of the transaction."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def judged(request: HttpRequest, grace_seconds: int) -> datetime:
    """The instant an act is judged by: when its request began (stamped by the
    middleware before the body was read) if that is at most ``grace_seconds`` ago,
    else now."""
    at = now()
    began: datetime = getattr(request, "began_at", None) or at
    return (
        began if timedelta(0) <= at - began <= timedelta(seconds=grace_seconds) else at
    )
