"""Keys, papers and signatures for the tests of signatures."""

from __future__ import annotations

import functools
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from asn1crypto import keys as asn1_keys
from asn1crypto import pem, tsp
from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from qcportal.signatures import authority
from qcportal.signatures.authority import Issued

# Programs write their own clock into a signature: the tests stand at the same hour.
NOW = datetime.now(UTC).replace(microsecond=0)
ROOT = "测试根证书"


class Heedless(signers.PdfSigner):
    """A program that does not ask what a paper allows."""

    def _enforce_certification_constraints(self, reader) -> None:
        pass


@functools.cache
def root(name: str) -> Issued:
    return authority.root(name, at=NOW)


def leaf(name: str, organisation: str, *, by: str = ROOT, days: int = 1825, at=NOW) -> Issued:  # fmt: skip
    return authority.leaf(root(by), name, organisation, at=at, days=days)


def loaded(certificate: bytes, key: bytes) -> Issued:
    """A certificate and its key from PEM."""
    found = serialization.load_pem_private_key(key, None)
    return Issued(x509.load_pem_x509_certificate(certificate), found)


def keep(folder: Path, issued: Issued, *, by: str = ROOT, passphrase: bytes = b"") -> Path:  # fmt: skip
    """The files of a key as SIGNING_DIR has them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (
        ("root.pem", root(by).certificate_pem),
        ("cert.pem", issued.certificate_pem),
        ("key.pem", issued.key_pem(passphrase)),
    ):
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o600)
    return folder


def trust(folder: Path, *names: str) -> Path:
    """A folder of trusted roots."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, name in enumerate(names):
        (folder / f"{index}.pem").write_bytes(root(name).certificate_pem)
    return folder


def sign(content: bytes, issued: Issued, field: str, *, box=None, page: int = 0, anyhow: bool = False) -> bytes:  # fmt: skip
    """As another program would: into an empty field of that name, or into its own;
    ``anyhow`` also where the paper forbids it."""
    store = SimpleCertificateStore()
    signer = signers.SimpleSigner(
        signing_cert=Certificate.load(pem.unarmor(issued.certificate_pem)[2]),
        signing_key=asn1_keys.PrivateKeyInfo.load(pem.unarmor(issued.key_pem())[2]),
        cert_registry=store,
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    if box:
        spec = fields.SigFieldSpec(field, box=box, on_page=page)
        fields.append_signature_field(writer, spec)
    how = signers.PdfSignatureMetadata(
        field_name=field, subfilter=fields.SigSeedSubFilter.PADES
    )
    out = io.BytesIO()
    program = Heedless(how, signer) if anyhow else signers.PdfSigner(how, signer)
    program.sign_pdf(writer, output=out)
    return out.getvalue()


def revoked(by: Issued, *leaves: Issued) -> bytes:
    """The authority's list of what it took back (PEM)."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(
        by.certificate.subject
    ).last_update(NOW - timedelta(minutes=30)).next_update(NOW + timedelta(days=30))  # fmt: skip
    for one in leaves:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder()
            .serial_number(one.certificate.serial_number)
            .revocation_date(NOW - timedelta(minutes=30))
            .build()
        )
    made = builder.sign(by.key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM)


@contextmanager
def time_stamp_service(issued: Issued) -> Iterator[str]:
    """The address of a service (RFC 3161) on this machine, stamping with ``issued``."""
    stamper = DummyTimeStamper(
        Certificate.load(pem.unarmor(issued.certificate_pem)[2]),
        asn1_keys.PrivateKeyInfo.load(pem.unarmor(issued.key_pem())[2]),
        certs_to_embed=SimpleCertificateStore(),
    )

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            request = tsp.TimeStampReq.load(asked)
            answer = stamper.request_tsa_response(request).dump()
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *said: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def time_stamper(by: str = ROOT) -> Issued:
    """A certificate for stamping time."""
    above, key = root(by), rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "时间戳服务")])
    builder = x509.CertificateBuilder(
        above.certificate.subject, name, key.public_key(), 4711,
        NOW - timedelta(hours=1), NOW + timedelta(days=3650),
    )  # fmt: skip
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    builder = builder.add_extension(usage, critical=True)
    return Issued(builder.sign(above.key, hashes.SHA256()), key)
