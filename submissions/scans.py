"""The scan between its upload and the stamp: kept by the portal, known to the session.

The browser never names a document. A scan is bound to the sheet's check code: once
the sheet is changed or printed anew, the scan of the older print no longer counts.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from qcportal.accounts.actors import Actor
from qcportal.documents import uploads
from qcportal.documents.models import Document
from submissions.models import ScoreSheet

KIND = "stamp_scan"


def _slot(sheet: ScoreSheet) -> str:
    return f"{KIND}:{sheet.pk}"


@transaction.atomic
def keep(
    session: Any,
    sheet: ScoreSheet,
    upload: Any,
    inspected: uploads.Inspected,
    *,
    by: Actor,
) -> Document:
    """Store an inspected upload and remember it for this sheet as it is printed now."""
    document = uploads.store_upload(upload, inspected, KIND, by=by.user)
    session[_slot(sheet)] = {
        "document": str(document.key),
        "check_code": sheet.check_code,
        "organisation": by.organisation_key,
    }
    return document


def held(session: Any, sheet: ScoreSheet | None, *, by: Actor) -> Document | None:
    """The scan this person uploaded for the sheet as printed now, or None."""
    kept = session.get(_slot(sheet)) if sheet else None
    if not kept or kept["organisation"] != by.organisation_key:
        return None
    if not sheet.check_code or kept["check_code"] != sheet.check_code:
        return None
    return Document.objects.filter(
        key=kept["document"], kind=KIND, ordered_by=by.user
    ).first()


def outdated(session: Any, sheet: ScoreSheet | None) -> bool:
    """Whether a scan was uploaded for an older print of the sheet."""
    kept = session.get(_slot(sheet)) if sheet else None
    return bool(kept) and kept["check_code"] != sheet.check_code


def forget(session: Any, sheet: ScoreSheet) -> None:
    session.pop(_slot(sheet), None)
