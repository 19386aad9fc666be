"""The only writer of what came back signed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction

from qcportal.accounts.actors import Actor
from qcportal.audit.record import record
from qcportal.documents import uploads
from qcportal.documents.models import Document
from qcportal.refusals import refuse_if
from qcportal.signatures import rules
from qcportal.signatures.models import SignedCopy
from qcportal.signatures.reading import Report

KIND = "signed_copy"


@transaction.atomic
def keep(
    issued: Document,
    upload: Any,
    inspected: uploads.Inspected,
    report: Report,
    *,
    by: Actor,
    at: datetime,
) -> SignedCopy:
    """Keep an inspected PDF that is ``issued`` with signatures added, and what they say.

    Raises Refused with the codes of ``rules.why_not_accept``; nothing is stored then.
    """
    refuse_if(rules.why_not_accept(report, issued, field="signed"))
    added = rules.added_signatures(report, issued)
    document = uploads.store_upload(upload, inspected, KIND, by=by.user)
    copy = SignedCopy.objects.create(
        document=document, issued=issued, issued_sha256=issued.sha256,
        state=added[-1].state, signatures=[asdict(one) for one in added],
        checked_at=at,
    )  # fmt: skip
    record(
        by, "signed_copy_kept", str(document.key), at=at, sha256=document.sha256,
        issued=issued.sha256, state=copy.state, signer=added[-1].fingerprint,
    )  # fmt: skip
    return copy
