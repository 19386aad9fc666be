"""A certificate authority of one's own: the demo's, and the tests'.

Nobody outside trusts it. Every name it gives says 演示证书, so that no paper of a demo
can pass for a real one.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DEMO_NAME = "演示证书"
DEMO_ROOT = "演示根证书（不可信）"
ROOT_DAYS, LEAF_DAYS = 3650, 1825
# The demo's stand for twenty years, so that its papers need no clock.
DEMO_BEGINS, DEMO_DAYS = datetime(2020, 1, 1, tzinfo=UTC), 7300
FILES = ("root.pem", "cert.pem", "key.pem")


@dataclass(frozen=True)
class Issued:
    """A certificate with its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def key_pem(self, passphrase: bytes = b"") -> bytes:
        """PKCS#8, encrypted when a passphrase is given."""
        how: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if passphrase:
            how = serialization.BestAvailableEncryption(passphrase)
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how
        )


def root(name: str, *, at: datetime, days: int = ROOT_DAYS) -> Issued:
    """A self-signed authority (EC P-256), good from an hour before ``at``."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = _begin(subject, subject, key, at, days)
    builder = builder.add_extension(x509.BasicConstraints(True, 0), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    return Issued(builder.sign(key, hashes.SHA256()), key)


def leaf(
    by: Issued, name: str, organisation: str, *, at: datetime, days: int = LEAF_DAYS
) -> Issued:
    """A certificate for signing documents; ``name`` and ``organisation`` up to 64
    characters each (X.520)."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, name[:64]),
        ]
    )
    builder = _begin(subject, by.certificate.subject, key, at, days)
    builder = builder.add_extension(x509.BasicConstraints(False, None), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key()),
        critical=False,
    )
    return Issued(builder.sign(by.key, hashes.SHA256()), key)


def demo(folder: Path) -> Path:
    """The folder with the demo's root.pem, cert.pem and key.pem, made once.

    Two processes at the same time end up with one set: the folder is filled aside and
    renamed. Files are readable by their owner alone (0600, folder 0700).
    """
    if all((folder / name).exists() for name in FILES):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix="signing-", dir=folder.parent))
    above = root(DEMO_ROOT, at=DEMO_BEGINS, days=DEMO_DAYS)
    issued = leaf(
        above, DEMO_NAME, f"{DEMO_NAME}，没有效力", at=DEMO_BEGINS, days=DEMO_DAYS
    )
    _write(aside / "root.pem", above.certificate_pem)
    _write(aside / "cert.pem", issued.certificate_pem)
    _write(aside / "key.pem", issued.key_pem())
    try:
        aside.rename(folder)
    except OSError:  # another process was first
        shutil.rmtree(aside, ignore_errors=True)
        if not all((folder / name).exists() for name in FILES):
            raise
    return folder


def _begin(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    at: datetime,
    days: int,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(secrets.token_bytes(16)) | 1)
        .not_valid_before(at - timedelta(hours=1))
        .not_valid_after(at + timedelta(days=days))
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=not signs_certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
