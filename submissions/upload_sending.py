"""Hands ids to the broker. A broker that is away fails nobody: the sweep sends again."""

import functools
import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import ChannelError, OperationalError

logger = logging.getLogger(__name__)
TAKE_IN = "submissions.take_in_upload"


def send(name: str, row_id: int) -> None:
    """Have the task ``name`` run for a row, once the transaction commits."""
    transaction.on_commit(functools.partial(_send, name, row_id))


def _send(name: str, row_id: int) -> None:
    try:
        task = current_app.tasks.get(name)
        if task is not None:
            task.apply_async((row_id,))
        else:
            current_app.send_task(name, (row_id,))
    except (OperationalError, ChannelError, OSError) as error:
        logger.warning("%s %s not sent, the sweep will: %s", name, row_id, error)
