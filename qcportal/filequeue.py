"""The task queue in a folder, for machines without Redis.

Kombu's own transport opens a message file first and fills it afterwards; a worker
looking at that moment reads an empty message and ends. Here a file gets its name only
when it is complete. Everything else is Kombu's.
"""

import contextlib
import os
import time
import uuid
from pathlib import Path
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps

SCHEME = "files"


class Channel(filesystem.Channel):
    """A channel whose files appear whole."""

    def _put(self, queue: str, payload: dict[str, Any], **_kwargs: Any) -> None:
        """Put a message at the end of the queue. Raises ChannelError if it cannot."""
        name = f"{time.time_ns()}_{uuid.uuid4()}.{queue}.msg"
        target = Path(self.data_folder_out) / name
        partial = target.with_name(f".{name}.part")
        try:
            partial.write_text(dumps(payload), encoding="utf-8")
            partial.replace(target)
        except OSError as error:
            raise ChannelError(f"Cannot add {target} to the queue") from error

    def _queue_bind(self, exchange: str, *args: Any) -> None:
        """Bind a queue; a new table of queues appears with its first content."""
        table = self._exchange_file(exchange)
        if not table.exists():
            table.parent.mkdir(parents=True, exist_ok=True)
            partial = table.with_name(f".{uuid.uuid4()}.part")
            partial.write_text("[]", encoding="utf-8")
            # A link, not a rename: another process may have been first.
            with contextlib.suppress(FileExistsError):
                os.link(partial, table)
            partial.unlink()
        super()._queue_bind(exchange, *args)


class Transport(filesystem.Transport):
    """The transport behind ``files://``."""

    Channel = Channel


def register() -> None:
    """Make ``files://`` known to Kombu."""
    TRANSPORT_ALIASES[SCHEME] = f"{__name__}:{Transport.__name__}"
