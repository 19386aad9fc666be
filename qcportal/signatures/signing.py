"""The portal's own papers: rendered, given their fields, signed, proved, handed on.

Called by the tasks that make papers (``issue``); what it returns is stored as it is and
never rendered again. PAdES-B, EC P-256 or RSA, optionally with a time stamp.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pypdfium2
from django.conf import settings
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign import fields, signers
from pyhanko.sign.general import SigningError
from pyhanko.sign.timestamps import HTTPTimeStamper, TimestampRequestError

from qcportal.accounts.models import Organisation
from qcportal.documents import pdf
from qcportal.documents.making import Made
from qcportal.documents.models import Document
from qcportal.signatures import keys, reading

OWN_FIELD = "Portal"
TSA_SECONDS = 10
BOX = (132, 62)  # points: 46 by 22 mm, a little more than a seal is wide
REASON = "平台签发"
APPEND_ONLY = 3  # ISO 32000-1, table 219: signatures exist, append only


class NotSigned(Exception):  # noqa: N818 - says what happened
    """A paper that ought to be signed is not; the sentence says why (for staff)."""


@dataclass(frozen=True)
class Place:
    """A field kept free for somebody's later signature: its ``name`` in the file, what
    a viewer calls it, and the ``words`` on the paper it stands over (none: unseen)."""

    name: str
    label: str
    words: str = ""


UNIT = Place("Unit", "单位签名", "（单位盖章）")
RECOMMENDER = Place("Recommender", "推荐单位签名", "（推荐单位盖章）")
ASSOCIATION = Place("Association", "主办单位签名")


def words(organisation: Organisation) -> str:
    """What a paper says of its own signature; empty where it will have none."""
    key = keys.key_for(organisation.key)
    return f"本文件带数字签名：{key.name}" if key else ""


def issue(
    template: str,
    facts: Mapping[str, Any],
    *,
    host: Organisation,
    document: Document,
    at: datetime,
    places: Sequence[Place] = (),
    draw: Callable[..., bytes] = pdf.render,
) -> Made:
    """A paper of templates/papers/, signed for ``host`` where a key is set up.

    ``draw(template, facts, identifier=…)`` brings the final bytes: whatever else is to
    be put on the pages is on them before the signature.

    With ``places`` later signatures may be added and nothing else; without, nothing.
    The document's key becomes the file's ID, so that a copy saved anew is still known.
    Raises what ``pdf.render`` does, KeyUnusable and NotSigned.
    """
    facts = {**facts, "signed_words": words(host)}
    content = draw(template, facts, identifier=str(document.key))
    key = keys.key_for(host.key)
    return finish(content, key, at=at, places=places)


def finish(
    content: bytes,
    key: keys.SigningKey | None,
    *,
    at: datetime,
    places: Sequence[Place] = (),
) -> Made:
    """Fields first, then the signature, then the proof of it. Without a key only the
    fields. Raises KeyUnusable and NotSigned."""
    if key is None:
        return Made(_with_places(content, places) if places else content)
    if unusable := key.why_unusable(at):
        raise keys.KeyUnusable(unusable)
    signed = _signed(content, key, places)
    _prove(signed, key, at)
    return Made(signed, signed_at=at, signed_by=key.name, signed_with=key.fingerprint)


def _with_places(content: bytes, places: Sequence[Place]) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    _prepare(writer, content, places)
    # As the first signature would set it: then that one changes nothing but its field.
    writer.root["/AcroForm"]["/SigFlags"] = generic.NumberObject(APPEND_ONLY)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _signed(content: bytes, key: keys.SigningKey, places: Sequence[Place]) -> bytes:
    out = io.BytesIO()
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(content))
        fields.append_signature_field(writer, fields.SigFieldSpec(OWN_FIELD))
        _prepare(writer, content, places)
        later = fields.MDPPerm.FILL_FORMS if places else fields.MDPPerm.NO_CHANGES
        how = signers.PdfSignatureMetadata(
            field_name=OWN_FIELD,
            certify=True,
            docmdp_permissions=later,
            subfilter=fields.SigSeedSubFilter.PADES,
            reason=REASON,
            name=key.name,
            md_algorithm="sha256",
        )
        signers.PdfSigner(how, key.signer, timestamper=_timestamper()).sign_pdf(
            writer, output=out
        )
    except TimestampRequestError as error:
        raise NotSigned(f"时间戳服务没有回应，这份文件还没有签名：{error}") from error
    except (SigningError, PdfError, ValueError, OSError) as error:
        raise NotSigned(f"这份文件没有签成：{error}") from error
    return out.getvalue()


def _prepare(
    writer: IncrementalPdfFileWriter, content: bytes, places: Sequence[Place]
) -> None:
    for place in places:
        page, box = _over(content, place.words)
        fields.append_signature_field(
            writer,
            fields.SigFieldSpec(
                place.name, on_page=page, box=box, readable_field_name=place.label
            ),
        )


def _over(
    content: bytes, words_there: str
) -> tuple[int, tuple[int, int, int, int] | None]:
    """Page (from 0) and box around the last place where the words stand; else (0, None):
    a field nobody sees."""
    if not words_there:
        return 0, None
    with pdf.drawing():
        opened = pypdfium2.PdfDocument(content)
        try:
            for number in reversed(range(len(opened))):
                if found := _last(opened[number].get_textpage(), words_there):
                    return number, _box(found)
        finally:
            opened.close()
    return 0, None


def _last(page: Any, text: str) -> tuple[float, float, float, float] | None:
    """Left, bottom, right, top (points) of the last occurrence on a page."""
    search, found = page.search(text, match_case=True), None
    while hit := search.get_next():
        index, count = hit
        boxes = [page.get_charbox(index + step) for step in range(count)]
        lefts, lows, rights, highs = zip(*boxes, strict=True)
        found = min(lefts), min(lows), max(rights), max(highs)
    return found


def _box(found: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
    left, low, right, high = found
    x, y = (left + right) / 2, (low + high) / 2
    wide, tall = BOX
    return (
        round(x - wide / 2), round(y - tall / 2),
        round(x + wide / 2), round(y + tall / 2),
    )  # fmt: skip


def _timestamper() -> HTTPTimeStamper | None:
    if not settings.SIGNING_TSA_URL:
        return None
    return HTTPTimeStamper(settings.SIGNING_TSA_URL, timeout=TSA_SECONDS)


def _prove(content: bytes, key: keys.SigningKey, at: datetime) -> None:
    """Read it back as a stranger would: some faults of signing show only then."""
    report = reading.look(content, key.roots, at)
    found = [one for one in report.signatures if one.field == OWN_FIELD]
    if report.broken or len(found) != 1:
        raise NotSigned("签完核对没有通过：文件里没有找到签名。")
    if found[0].state != reading.VALID:
        raise NotSigned(f"签完核对没有通过：{found[0].reason}")
    if found[0].fingerprint != key.fingerprint:
        raise NotSigned("签完核对没有通过：签名的不是配置的证书。")
