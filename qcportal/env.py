"""Typed readers of the environment. A wrong value stops the start with its name.

Every reader also looks for ``NAME_FILE`` (a path whose content is the value), so
that secrets can be mounted as files.
"""

import base64
import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    """The value of ``name``, or of the file named by ``name_FILE``, else default."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE: {error}") from error
    return os.environ.get(name, default).strip()


def flag(name: str, default: bool = False) -> bool:
    """True for 1/true/yes/on, False for 0/false/no/off; anything else stops."""
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name}: expected true or false, got {value!r}")


def number(name: str, default: int) -> int:
    """A whole number, else ImproperlyConfigured."""
    value = text(name)
    try:
        return int(value) if value else default
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: expected a number") from error


def words(name: str, default: list[str] | None = None) -> list[str]:
    """A comma-separated list without blanks."""
    value = text(name)
    if not value:
        return default or []
    return [word.strip() for word in value.split(",") if word.strip()]


def keys(name: str, derive_from: str = "") -> list[str]:
    """Comma-separated keys of 32 bytes in URL-safe Base64; at least one.

    Unset, one is derived from ``derive_from`` (demo only); without that it stops.
    """
    given = words(name)
    if not given and derive_from:
        digest = hashlib.sha256(f"{name}:{derive_from}".encode()).digest()
        given = [base64.urlsafe_b64encode(digest).decode()]
    if not given:
        raise ImproperlyConfigured(f"{name} is not set (see .env.example)")
    for key in given:
        try:
            length = len(base64.urlsafe_b64decode(key))
        except ValueError:
            length = 0
        if length != 32:
            raise ImproperlyConfigured(
                f"{name}: expected keys of 32 bytes in URL-safe Base64"
            )
    return given


def handed_on(names: Iterable[str]) -> dict[str, str]:
    """Those of the machine's own variables that are set, for a child process."""
    return {name: os.environ[name] for name in names if name in os.environ}
