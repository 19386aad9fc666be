"""May a PDF that came back signed stand for the stamp on a paper of ours?"""

from __future__ import annotations

from collections.abc import Iterator

from qcportal.accounts.actors import Actor
from qcportal.documents.models import Document
from qcportal.refusals import Refusal
from qcportal.signatures import reading
from qcportal.signatures.models import SignedCopy
from qcportal.signatures.reading import Report, Signature


def why_not_accept(
    report: Report, issued: Document, *, field: str = ""
) -> Iterator[Refusal]:
    """``not_issued`` (not the portal's file of this very print), ``not_signed`` (nobody
    signed it since), ``changed_since`` (something else was changed), ``signature_invalid``.
    """
    first = next((one for one in report.revisions if one.sha256 == issued.sha256), None)
    if first is None:
        yield Refusal(
            "not_issued",
            "这不是本页生成的那份 PDF，或者被别的软件另存过。请下载上面的意见表，直接在原文件上签名。",
            field,
        )
        return
    added = added_signatures(report, issued)
    if not added:
        yield Refusal("not_signed", "文件里还没有您的数字签名，请签好再上传。", field)
        return
    if not first.only_signed:
        yield Refusal(
            "changed_since",
            "除了签名，文件里还有别的改动，不能用。请重新下载意见表，只签名，不做批注和修改。",
            field,
        )
    for one in added:
        if one.state == reading.INVALID:
            yield Refusal(
                "signature_invalid", f"{one.signer}的签名无效：{one.reason}", field
            )


def added_signatures(report: Report, issued: Document) -> list[Signature]:
    """The signatures that were added to what the portal issued, in order."""
    return [one for one in report.signatures if one.covers > issued.size]


def cautions(copy: SignedCopy, name: str) -> Iterator[Refusal]:
    """What the next reader has to look at himself: an issuer nobody vouches for, or a
    certificate of another name than ``name``."""
    last = copy.read[-1]
    if last.state != reading.VALID:
        yield Refusal(
            "signature_unproved", f"签名无法验证：{last.reason}", kind="caution"
        )
    if name not in {last.organisation, last.name}:
        yield Refusal(
            "signature_name",
            f"证书上的名称是“{last.signer}”，和“{name}”不一样，请核对。",
            kind="caution",
        )


def why_not_use(
    copy: SignedCopy | None, issued: Document, *, field: str = ""
) -> Iterator[Refusal]:
    """``signature_missing``: nothing uploaded that was signed on this very print."""
    if copy is None or copy.issued_id != issued.pk:
        yield Refusal("signature_missing", "还没有上传签好名的意见表。", field)


def held(issued: Document | None, *, by: Actor) -> SignedCopy | None:
    """The newest signed copy of this very print that this person uploaded, or None."""
    if issued is None:
        return None
    return (
        SignedCopy.objects.filter(issued=issued, document__ordered_by=by.user)
        .select_related("document")
        .first()
    )
