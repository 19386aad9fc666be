"""The scan of the stamped 推荐表 between its upload and the confirmation.

The browser never names a document. A scan is bound to the paper's check code: once the
list is printed anew, the scan of the older print no longer counts.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from qcportal.accounts.actors import Actor
from qcportal.documents import uploads
from qcportal.documents.models import Document
from recommenders.models import Paper

KIND = "table_scan"


def _slot(paper: Paper) -> str:
    return f"{KIND}:{paper.check_code}"


@transaction.atomic
def keep(
    session: Any, paper: Paper, upload: Any, inspected: uploads.Inspected, *, by: Actor
) -> Document:
    """Store an inspected upload and remember it for this print of the table."""
    document = uploads.store_upload(upload, inspected, KIND, by=by.user)
    session[_slot(paper)] = {
        "document": str(document.key),
        "organisation": by.organisation_key,
    }
    return document


def held(session: Any, paper: Paper | None, *, by: Actor) -> Document | None:
    """The scan this person uploaded for this print, or None."""
    kept = session.get(_slot(paper)) if paper else None
    if not kept or kept["organisation"] != by.organisation_key:
        return None
    return Document.objects.filter(
        key=kept["document"], kind=KIND, ordered_by=by.user
    ).first()


def forget(session: Any, paper: Paper) -> None:
    session.pop(_slot(paper), None)
