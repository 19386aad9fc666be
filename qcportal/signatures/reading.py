"""What a PDF's signatures say: who, when, and whether anything changed since.

Bytes in, plain facts out; knows neither Django nor the portal, so that ``inspector.py``
can run it in a process of its own. Answers are words for people (Simplified Chinese).
"""

from __future__ import annotations

import hashlib
import io
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from asn1crypto import crl, pem
from asn1crypto.x509 import Certificate
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    DiffResult,
    FormUpdatingRule,
    GenericFieldModificationRule,
    ModificationLevel,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
)
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

VALID, UNKNOWN, INVALID = "valid", "unknown", "invalid"
STATES = {VALID: "有效", UNKNOWN: "无法验证", INVALID: "无效"}
MAX_SIGNATURES = 20
MAX_REVISIONS = 12
# A signature somebody adds in a place of his own may be as large as a seal with words,
# not large enough to cover what the paper says.
MAX_SIDE = 260  # points, 92 mm
_END = re.compile(rb"%%EOF(\r\n|\n|\r)?")
# As the default, but a later signature may bring its own visible field (as Acrobat
# allows after a certification): seal software in use here fills no prepared field.
POLICY = StandardDiffPolicy(
    global_rules=DEFAULT_DIFF_POLICY.global_rules,
    form_rule=FormUpdatingRule(
        field_rules=[
            SigFieldCreationRule(allow_new_visible_after_certify=True),
            SigFieldModificationRule(),
            GenericFieldModificationRule(),
        ]
    ),
)

# A changed file is an answer here, not a fault of the portal: no traces in the log.
for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Signature:
    """One signature. ``state``: VALID, UNKNOWN or INVALID, ``reason`` says why (empty
    when valid). ``at`` is ISO 8601 in UTC, as the signer's machine or, with
    ``timestamped``, a time-stamp authority says it. ``fingerprint``: SHA-256 (hex) of
    the certificate. ``covers``: how many bytes from the start were signed.
    ``expired_since``: the certificate was good at ``at`` and has expired since."""

    field: str
    name: str = ""
    organisation: str = ""
    issuer: str = ""
    fingerprint: str = ""
    at: str = ""
    timestamped: bool = False
    state: str = UNKNOWN
    code: str = ""
    reason: str = ""
    covers: int = 0
    expired_since: str = ""

    @property
    def signer(self) -> str:
        """As shown: the organisation, and the certificate's name where it differs."""
        names = dict.fromkeys(filter(None, (self.organisation, self.name)))
        return " · ".join(names) or "（证书上没有名称）"

    @property
    def moment(self) -> datetime | None:
        return datetime.fromisoformat(self.at) if self.at else None

    @property
    def state_words(self) -> str:
        return STATES[self.state]


@dataclass(frozen=True)
class Revision:
    """The file as it was once: its first ``length`` bytes with their SHA-256 (hex).
    ``only_signed``: whatever came after it is signatures and nothing else."""

    length: int
    sha256: str
    only_signed: bool


@dataclass(frozen=True)
class Report:
    """Everything read of one PDF. ``identifier``: the first half of the file's ID as
    text, which other programs keep when they save the file anew. ``broken``: the file
    cannot be read for signatures."""

    signatures: list[Signature] = field(default_factory=list)
    revisions: list[Revision] = field(default_factory=list)
    identifier: str = ""
    broken: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def from_json(raw: dict[str, Any]) -> Report:
    """The counterpart of ``Report.as_json``."""
    return Report(
        signatures=[Signature(**one) for one in raw["signatures"]],
        revisions=[Revision(**one) for one in raw["revisions"]],
        identifier=raw["identifier"],
        broken=raw["broken"],
    )


def look(content: bytes, roots: Sequence[bytes], at: datetime) -> Report:
    """Read every signature of a PDF, in order, and every earlier state of the file.

    ``roots``: certificates (PEM or DER) trusted as issuers, and revocation lists (PEM).
    ``at``: the moment of asking. Nothing is fetched from anywhere. A file that cannot
    be read gives a ``broken`` report; a signature that cannot be, an UNKNOWN one.
    """
    try:
        reader = PdfFileReader(io.BytesIO(content), strict=False)
        found = list(reader.embedded_regular_signatures)[: MAX_SIGNATURES + 1]
        identifier = _identifier(reader)
    except Exception:  # noqa: BLE001 - a foreign file may break a parser anywhere
        return Report(broken=True)
    trusted = _Trusted(roots)
    signatures = [_signature(one, trusted, at) for one in found[:MAX_SIGNATURES]]
    return Report(signatures, list(_revisions(content)), identifier)


def _identifier(reader: PdfFileReader) -> str:
    try:
        first = reader.trailer["/ID"][0]
    except (KeyError, IndexError, TypeError):
        return ""
    raw = getattr(first, "original_bytes", None) or bytes(first)
    return raw.decode("ascii", "replace")[:80]


# --- one signature ------------------------------------------------------------------


class _Trusted:
    """The issuers somebody decided to trust, and what they took back."""

    def __init__(self, roots: Iterable[bytes]) -> None:
        self.certificates: list[Certificate] = []
        self.lists: list[crl.CertificateList] = []
        for content in roots:
            for kind, der in parts(content):
                if kind == "X509 CRL":
                    self.lists.append(crl.CertificateList.load(der))
                else:
                    self.certificates.append(Certificate.load(der))

    def context(
        self, at: datetime, embedded: Iterable[Certificate]
    ) -> ValidationContext:
        return ValidationContext(
            trust_roots=self.certificates, other_certs=list(embedded), moment=at,
            allow_fetching=False,
        )  # fmt: skip

    def revoked_at(self, certificate: Certificate) -> datetime | None:
        """When its issuer took a certificate back, by the lists at hand. Lists are
        trusted as the files they are; the validator would ask only those a certificate
        names itself."""
        for one in self.lists:
            listed = one["tbs_cert_list"]
            if listed["issuer"] != certificate.issuer:
                continue
            for entry in listed["revoked_certificates"]:
                if entry["user_certificate"].native == certificate.serial_number:
                    return entry["revocation_date"].native
        return None


def parts(content: bytes) -> Iterator[tuple[str, bytes]]:
    """("CERTIFICATE" or "X509 CRL", DER) of everything in a PEM or DER file."""
    if not pem.detect(content):
        yield "CERTIFICATE", content
        return
    for kind, _, der in pem.unarmor(content, multiple=True):
        if kind in {"CERTIFICATE", "X509 CRL"}:
            yield kind, der


def _signature(
    found: EmbeddedPdfSignature, trusted: _Trusted, at: datetime
) -> Signature:
    said = Signature(field=str(found.field_name or ""))
    try:
        said = _who(said, found)
        return _judged(said, found, trusted, at)
    except Exception:  # noqa: BLE001 - whatever another program wrote as a signature
        return replace(
            said, state=UNKNOWN, code="unreadable",
            reason="签名的写法或算法（例如国密 SM2）本平台还不能验证。",
        )  # fmt: skip


def _who(said: Signature, found: EmbeddedPdfSignature) -> Signature:
    certificate = found.signer_cert
    subject = certificate.subject.native
    issuer = certificate.issuer.native
    claimed = found.self_reported_timestamp
    return replace(
        said,
        name=_text(subject.get("common_name")),
        organisation=_text(subject.get("organization_name")),
        issuer=_text(issuer.get("common_name") or issuer.get("organization_name")),
        fingerprint=certificate.sha256.hex(),
        at=_iso(claimed),
        covers=sum(int(one) for one in list(found.byte_range)[-2:]),
    )


def _text(value: Any) -> str:
    """One line of a name, whatever its certificate holds (several values, no text)."""
    first = value[0] if isinstance(value, list) and value else value
    return " ".join(str(first or "").split())[:120]


def _iso(moment: datetime | None) -> str:
    if moment is None:
        return ""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _judged(
    said: Signature, found: EmbeddedPdfSignature, trusted: _Trusted, at: datetime
) -> Signature:
    status = _status(found, trusted, at)
    stamp = status.timestamp_validity
    if stamp is not None and stamp.trusted:
        said = replace(said, at=_iso(stamp.timestamp), timestamped=True)
        status = _status(found, trusted, stamp.timestamp)
    if broken := _broken(status):
        code, reason = broken
        return replace(said, state=INVALID, code=code, reason=reason)
    taken_back = trusted.revoked_at(status.signing_cert)
    proved = said.moment if said.timestamped else None
    if taken_back and not (proved and proved < taken_back):
        return replace(said, state=INVALID, code="revoked", reason="证书已被吊销。")
    if status.trusted:
        return replace(said, state=VALID)
    return _untrusted(said, status, found, trusted, at)


def _status(
    found: EmbeddedPdfSignature, trusted: _Trusted, at: datetime
) -> PdfSignatureStatus:
    def context() -> ValidationContext:
        return trusted.context(at, found.other_embedded_certs)

    return validate_pdf_signature(
        found, context(), ts_validation_context=context(), diff_policy=POLICY
    )


def _broken(status: PdfSignatureStatus) -> tuple[str, str] | None:
    """(code, sentence) where the file is not what was signed."""
    if not status.intact:
        return "changed", "签名之后，文件里签过的内容被改动过。"
    if not status.valid:
        return "forged", "签名和证书对不上。"
    if status.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        return "partial", "签名没有管住整个文件。"
    if status.modification_level == ModificationLevel.OTHER or not status.docmdp_ok:
        return "added", "签名之后，文件里又加了或改了内容。"
    return None


def _untrusted(
    said: Signature,
    status: PdfSignatureStatus,
    found: EmbeddedPdfSignature,
    trusted: _Trusted,
    at: datetime,
) -> Signature:
    certificate, signed_at = status.signing_cert, said.moment or at
    begins, ends = certificate.not_valid_before, certificate.not_valid_after
    if status.revoked:
        return replace(said, state=INVALID, code="revoked", reason="证书已被吊销。")
    if not begins <= signed_at <= ends:
        return replace(
            said, state=INVALID, code="out_of_date", reason="签名时证书不在有效期内。"
        )
    if ends < at and _status(found, trusted, signed_at).trusted:
        return replace(
            said, state=UNKNOWN, code="expired", expired_since=_iso(ends),
            reason="证书后来到期了，签名没有时间戳，无法确认是到期前签的。",
        )  # fmt: skip
    return replace(
        said, state=UNKNOWN, code="unknown_issuer",
        reason=f"证书由“{said.issuer or '未写明的机构'}”签发，不在本平台信任的名单里。",
    )  # fmt: skip


# --- earlier states of the file -----------------------------------------------------


def _revisions(content: bytes) -> Iterator[Revision]:
    """Every state the file was once saved in, the whole file last."""
    digest, done, answer = hashlib.sha256(), 0, False
    for length in _lengths(content):
        digest.update(content[done:length])
        if content[done:length].strip():  # more than the last line end
            answer = length == len(content) or only_signed(content, length)
        done = length
        yield Revision(length, digest.hexdigest(), answer or length == len(content))


def _lengths(content: bytes) -> list[int]:
    """Where the file ended once: after each end mark, with and without its line end."""
    marks = list(_END.finditer(content))[:MAX_REVISIONS]
    ends = {mark.end() for mark in marks} | {mark.start() + 5 for mark in marks}
    return sorted(ends | {len(content)})


def only_signed(content: bytes, length: int) -> bool:
    """Whether nothing but signatures was added after the first ``length`` bytes."""
    if content[length:].strip() == b"":
        return True
    try:
        base = PdfFileReader(io.BytesIO(content[:length])).xrefs.total_revisions - 1
        reader = PdfFileReader(io.BytesIO(content))
        answer = POLICY.review_file(reader, base, doc_mdp=MDPPerm.FILL_FORMS)
        if not isinstance(answer, DiffResult):
            return False
        known = set(_fields(PdfFileReader(io.BytesIO(content[:length]))))
        sizes = [box for name, box in _fields(reader).items() if name not in known]
    except Exception:  # noqa: BLE001 - what cannot be compared is not the same
        return False
    small = all(max(box) <= MAX_SIDE for box in sizes)
    return small and answer.modification_level <= ModificationLevel.FORM_FILLING


def _fields(reader: PdfFileReader) -> dict[str, tuple[float, float]]:
    """Name of each field at the form's root → width and height in points."""
    found = {}
    for item in _items(_value(reader.root, "/AcroForm"), "/Fields"):
        sides = [(0.0, 0.0)]
        for box in [item, *_items(item, "/Kids")]:
            if "/Rect" in box:
                left, low, right, high = map(float, box["/Rect"])
                sides.append((abs(right - left), abs(high - low)))
        found[str(_value(item, "/T"))] = max(sides, key=max)
    return found


def _value(holder: Any, name: str) -> Any:
    """The value itself, never a reference to it; an empty one when there is none."""
    try:
        return holder[name]
    except KeyError:
        return {}


def _items(holder: Any, name: str) -> list[Any]:
    listed = _value(holder, name) if holder else {}
    return [listed[index] for index in range(len(listed))]
