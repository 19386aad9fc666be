"""The one clock. Deadlines are judged by the database's time, whatever the web
servers' clocks say ."""

from datetime import datetime

from django.db import connection
from django.utils import timezone


def now() -> datetime:
    """This instant by the database's clock; not the start of the transaction."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]
