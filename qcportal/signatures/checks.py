"""What is wrong with the signing keys, said at the start of the portal."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from asn1crypto.x509 import Certificate
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.utils import timezone

from qcportal.signatures import keys, reading

SOON = timedelta(days=60)


@register()
def check_signing(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """``signatures.W001`` no key (papers carry no signature), ``E001`` a key that cannot
    be used, ``W002`` a certificate about to expire, ``W003`` a key others may read,
    ``E002`` a trusted certificate that cannot be read."""
    return [*_keys(timezone.now()), *_trusted()]


def _keys(at: datetime) -> Iterator[CheckMessage]:
    if not (settings.SIGNING_DIR or settings.DEMO or settings.DEBUG):
        yield Warning(
            "The portal's papers carry no digital signature.",
            hint="Set SIGNING_DIR (docs/signatures.md).", id="signatures.W001",
        )  # fmt: skip
    if not settings.SIGNING_DIR:
        return  # the demo makes its own when it first needs one
    try:
        found = list(keys.every_key())
        keys.key_for()
    except (keys.KeyUnusable, OSError) as error:
        yield Error(str(error), id="signatures.E001")
        return
    for key in found:
        yield from _faults(key, at)


def _faults(key: keys.SigningKey, at: datetime) -> Iterator[CheckMessage]:
    if unusable := key.why_unusable(at):
        yield Error(unusable, id="signatures.E001")
    elif key.ends_at < at + SOON:
        yield Warning(
            f"The certificate in {key.folder} ends on {key.ends_at:%Y-%m-%d}.",
            hint="Papers are not made any more once it has ended.",
            id="signatures.W002",
        )
    for name in (keys.PKCS12, keys.KEY):
        path = key.folder / name
        if path.exists() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield Warning(
                f"{path} can be read by others.", hint=f"chmod 600 {path}",
                id="signatures.W003",
            )  # fmt: skip


def _trusted() -> Iterator[CheckMessage]:
    try:
        files = keys.trusted_files()
    except OSError as error:
        yield Error(f"TRUSTED_CERTIFICATES_DIR: {error}", id="signatures.E002")
        return
    for path in files:
        try:
            for kind, der in reading.parts(path.read_bytes()):
                if kind == "CERTIFICATE":
                    Certificate.load(der).native  # noqa: B018 - parses all of it
        except (OSError, ValueError) as error:
            yield Error(f"{path} is no certificate: {error}", id="signatures.E002")
