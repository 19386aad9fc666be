"""The files that come with the form: taken in slot by slot, each fault beside its slot."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest

from qcportal.accounts.actors import Actor
from qcportal.campaigns.deadlines import judged
from qcportal.campaigns.definition import PaperSlot
from qcportal.documents import uploads
from qcportal.refusals import Refused, refuse_if
from submissions import actions, rules
from submissions.editor import slot_input
from submissions.models import Submission


def attach_all(request: HttpRequest, submission: Submission) -> dict[str, list[str]]:
    """Take in every file of the post; slot code → what is wrong with it."""
    errors: dict[str, list[str]] = {}
    at = judged(request, submission.campaign)
    for slot in submission.form.form.papers:
        for upload in request.FILES.getlist(slot_input(slot)):
            try:
                _take_in(submission, slot, upload, by=request.actor, at=at)
            except Refused as refused:
                errors.setdefault(slot.code, []).append(str(refused))
    return errors


def _take_in(
    submission: Submission, slot: PaperSlot, upload: Any, *, by: Actor, at: datetime
) -> None:
    refuse_if(rules.why_not_attach(submission, slot.code, by, at))
    inspected = uploads.inspect(
        upload, slot.extensions, slot.max_bytes, field=slot_input(slot)
    )
    with transaction.atomic():
        document = uploads.store_upload(upload, inspected, "attachment", by=by.user)
        actions.attach(submission.pk, slot.code, document, by=by, at=at)
