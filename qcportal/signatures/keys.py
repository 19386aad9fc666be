"""Whose key signs, and whom the portal trusts. Files named by the settings; no rows.

``SIGNING_DIR`` holds the portal's own key: ``signer.p12``, or ``key.pem`` with
``cert.pem`` and, where there are any between it and the root, ``chain.pem``. A folder
below it, named by the key of an association's organisation, holds that association's
own. The demo makes its own once (``authority.demo``).
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from asn1crypto import keys as asn1_keys
from asn1crypto import pem
from asn1crypto.core import Sequence
from asn1crypto.x509 import Certificate
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import pkcs12
from django.conf import settings
from django.utils import timezone
from pyhanko.sign.signers import SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from qcportal.signatures import authority, reading

logger = logging.getLogger(__name__)
PKCS12, KEY, CERTIFICATE, CHAIN, ROOT = (
    "signer.p12", "key.pem", "cert.pem", "chain.pem", "root.pem",
)  # fmt: skip
TRUSTED_SUFFIXES = {".pem", ".crt", ".cer", ".der", ".crl"}


class KeyUnusable(Exception):  # noqa: N818 - says what is wrong
    """A key that is configured cannot sign; the sentence says why (for staff)."""


@dataclass(frozen=True)
class SigningKey:
    """A loaded key. ``name`` as it is shown (the certificate's CN), ``organisation``
    its O, ``fingerprint`` SHA-256 (hex) of the certificate, ``roots`` what a reader
    has to trust for it (DER)."""

    signer: SimpleSigner
    name: str
    organisation: str
    fingerprint: str
    begins_at: datetime
    ends_at: datetime
    roots: tuple[bytes, ...]
    folder: Path

    def why_unusable(self, at: datetime) -> str:
        """A sentence where the certificate does not stand at ``at``; else empty."""
        if self.begins_at <= at <= self.ends_at:
            return ""
        ends = timezone.localtime(self.ends_at)
        return (
            f"签名证书“{self.name}”不在有效期内（到 {ends:%Y-%m-%d}），请换上新的证书。"
        )


def base_folder() -> Path | None:
    """Where the portal's keys are, or None: nothing is signed."""
    if settings.SIGNING_DIR:
        return Path(settings.SIGNING_DIR)
    if settings.DEMO:
        return authority.demo(settings.VAR_DIR / "signing")
    return None


def key_for(organisation_key: object = "") -> SigningKey | None:
    """The key of an association (by its organisation's key), else the portal's own,
    else None: signing is not set up. Raises KeyUnusable."""
    base = base_folder()
    if base is None:
        return None
    own = base / str(organisation_key) if organisation_key else base
    return _loaded(own if _has_key(own) else base)


def every_key() -> Iterator[SigningKey]:
    """The portal's own key and every association's. Raises KeyUnusable."""
    yield from map(_loaded, _folders())


def trusted() -> list[bytes]:
    """What a verifier trusts: the roots of the portal's own keys and the files of
    TRUSTED_CERTIFICATES_DIR (PEM or DER). What cannot be read is left out; the check
    at the start names it."""
    found: list[bytes] = []
    for folder in _folders():
        try:
            found += _loaded(folder).roots
        except KeyUnusable as error:
            logger.warning("%s", error)
    for path in trusted_files():
        try:
            content = path.read_bytes()
            for _, der in reading.parts(content):
                Sequence.load(der, strict=True)
            found.append(content)
        except (OSError, ValueError) as error:
            logger.warning("%s is not trusted: %s", path, error)
    return found


def trusted_files() -> list[Path]:
    """The files of TRUSTED_CERTIFICATES_DIR, by name; OSError without the folder."""
    if not settings.TRUSTED_CERTIFICATES_DIR:
        return []
    folder = Path(settings.TRUSTED_CERTIFICATES_DIR)
    return sorted(one for one in folder.iterdir() if one.suffix in TRUSTED_SUFFIXES)


def _folders() -> list[Path]:
    base = base_folder()
    if base is None or not base.is_dir():
        return []
    below = sorted(one for one in base.iterdir() if one.is_dir())
    return [one for one in [base, *below] if _has_key(one)]


def _has_key(folder: Path) -> bool:
    return (folder / PKCS12).exists() or (folder / KEY).exists()


def _loaded(folder: Path) -> SigningKey:
    """Loaded once per process and state of the files: an RSA key costs 80 ms."""
    names = (PKCS12, KEY, CERTIFICATE, CHAIN, ROOT)
    try:
        times = tuple(
            (folder / name).stat().st_mtime_ns if (folder / name).exists() else 0
            for name in names
        )
        return _load(folder, times, settings.SIGNING_PASSPHRASE)
    except (OSError, ValueError, TypeError, KeyError, IndexError) as error:
        raise KeyUnusable(
            f"签名用的私钥或证书读不出来（{folder}：{error}），请检查文件和口令。"
        ) from error


@functools.lru_cache(maxsize=32)
def _load(folder: Path, times: tuple[int, ...], passphrase: str) -> SigningKey:
    secret = passphrase.encode() or None
    if (folder / PKCS12).exists():
        key, certificate, others = _from_pkcs12(folder / PKCS12, secret)
    else:
        key, certificate, others = _from_pem(folder, secret)
    if certificate.public_key.sha256 != _public(key):
        raise ValueError("私钥和证书不是一对")
    store = SimpleCertificateStore()
    store.register_multiple(others)
    # Without its issuers a certificate can only be trusted as it is.
    roots = [one for one in others if one.self_signed != "no"] or [certificate]
    subject = certificate.subject.native
    return SigningKey(
        signer=SimpleSigner(
            signing_cert=certificate, signing_key=key, cert_registry=store
        ),
        name=str(subject.get("common_name", "")),
        organisation=str(subject.get("organization_name", "")),
        fingerprint=certificate.sha256.hex(),
        begins_at=certificate.not_valid_before,
        ends_at=certificate.not_valid_after,
        roots=tuple(one.dump() for one in roots),
        folder=folder,
    )


def _from_pkcs12(
    path: Path, secret: bytes | None
) -> tuple[asn1_keys.PrivateKeyInfo, Certificate, list[Certificate]]:
    key, certificate, more = pkcs12.load_key_and_certificates(path.read_bytes(), secret)
    if key is None or certificate is None:
        raise ValueError("文件里没有私钥或证书")
    der = serialization.Encoding.DER
    others = [Certificate.load(one.public_bytes(der)) for one in more]
    return _info(key), Certificate.load(certificate.public_bytes(der)), others


def _from_pem(
    folder: Path, secret: bytes | None
) -> tuple[asn1_keys.PrivateKeyInfo, Certificate, list[Certificate]]:
    raw = (folder / KEY).read_bytes()
    encrypted = b"ENCRYPTED" in raw
    key = serialization.load_pem_private_key(raw, secret if encrypted else None)
    first, *others = _certificates((folder / CERTIFICATE).read_bytes())
    for name in (CHAIN, ROOT):
        if (folder / name).exists():
            others += _certificates((folder / name).read_bytes())
    return _info(key), first, others


def _certificates(content: bytes) -> list[Certificate]:
    parts: Iterable[tuple[str, object, bytes]] = pem.unarmor(content, multiple=True)
    return [Certificate.load(der) for _, _, der in parts]


def _info(key: object) -> asn1_keys.PrivateKeyInfo:
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey):
        raise ValueError("只能用 RSA 或 EC 的私钥")
    return asn1_keys.PrivateKeyInfo.load(
        key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def _public(key: asn1_keys.PrivateKeyInfo) -> bytes:
    loaded = serialization.load_der_private_key(key.dump(), None)
    public = loaded.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return asn1_keys.PublicKeyInfo.load(public).sha256
