"""How text messages leave the house. ``settings.SMS_BACKEND`` names one of these, or the
dotted path of a class of the same shape."""

from __future__ import annotations

import json
import sys
from typing import Protocol
from urllib.request import Request, urlopen

from django.conf import settings
from django.utils.module_loading import import_string

TIMEOUT = 10  # seconds
KNOWN = {
    "console": "qcportal.inbox.gateways.Console",
    "http": "qcportal.inbox.gateways.JsonPost",
}


class NotSent(Exception):  # noqa: N818 - reads as a sentence: raise NotSent
    """The gateway did not take it. The text never holds the number or the message."""


class Gateway(Protocol):
    def send(self, to: str, body: str, key: str) -> None:
        """``to``: 11 digits; ``key``: the same for a repetition. Raises NotSent."""


class Console:
    """For developing and the demo: the message stands in the worker's log."""

    def send(self, to: str, body: str, key: str) -> None:
        sys.stdout.write(f"\n短信 → {to}\n【{settings.SMS_SIGNATURE}】{body}\n\n")
        sys.stdout.flush()


class JsonPost:
    """POST of ``{"id", "to", "text", "signature"}`` as JSON to SMS_URL, with the header
    ``Authorization: Bearer SMS_TOKEN``; any answer but 2xx means it was not taken."""

    def send(self, to: str, body: str, key: str) -> None:
        if not settings.SMS_URL.startswith(("https://", "http://")):
            raise NotSent("SMS_URL is not an address")
        said = {"id": key, "to": to, "text": body, "signature": settings.SMS_SIGNATURE}
        request = Request(  # noqa: S310 - the scheme was looked at above
            settings.SMS_URL,
            data=json.dumps(said, ensure_ascii=False).encode(),
            headers={
                "Content-Type": "application/json; charset=utf-8",
                "Authorization": f"Bearer {settings.SMS_TOKEN}",
            },
        )
        try:
            with urlopen(request, timeout=TIMEOUT):  # noqa: S310 - as above
                return
        except (OSError, ValueError) as error:
            status = getattr(error, "code", "")
            raise NotSent(f"{type(error).__name__} {status}".strip()) from error


def gateway() -> Gateway | None:
    """The one the settings name; None where no text messages are sent."""
    name = settings.SMS_BACKEND
    return import_string(KNOWN.get(name, name))() if name else None
