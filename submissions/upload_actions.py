"""The only writers of uploads into slots, and of filings that wait for them.

Lock order: submission → upload. Whatever comes twice (the last piece, a message, the
sweep) finds the row settled and changes nothing.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction

from qcportal.accounts.actors import Actor
from qcportal.audit.record import record
from qcportal.campaigns.definition import PaperSlot
from qcportal.campaigns.rules import moment
from qcportal.documents import resumable, uploads
from qcportal.documents.models import Upload
from qcportal.documents.tus import Declared
from qcportal.refusals import Refusal, Refused, refuse, refuse_if
from submissions import actions, notices, rules, upload_rules, upload_sending
from submissions.arrivals import PendingFiling, SlotUpload
from submissions.models import Submission

logger = logging.getLogger(__name__)
# Not the file's fault: it is looked at again in a while.
AWAY = frozenset({"scanner_away", "inspector_away"})
# A last piece that was in time may still be on its way into the row.
UNDER_WAY = timedelta(seconds=10)
GAVE_UP = "这份文件没能检查完，请压缩或用原来的软件另存后重新上传。"
LEFT_LYING = "太久没有接着传，已经清掉。"


# --- a file on its way --------------------------------------------------------------


@transaction.atomic
def begin_upload(
    submission_id: int, slot_code: str, said: Declared, *, by: Actor, at: datetime
) -> SlotUpload:
    """Declare a file for a slot. The same file declared again is gone on with; in a
    slot for one, another unfinished file gives way. Raises Refused."""
    submission = actions.locked(submission_id)
    slot = _slot(submission, slot_code)
    before = upload_rules.same(submission, slot_code, said)
    if before is not None:
        refuse_if(upload_rules.why_not_receive(before, submission, by, at))
        return before
    refuse_if(upload_rules.why_not_begin(submission, slot, said, by, at))
    if not slot.many:
        for older in _open(submission, slot_code):
            resumable.drop(older.upload, at)
    _put_away(submission, slot_code, at)
    name = uploads.clean_name(said.name)
    return SlotUpload.objects.create(
        submission=submission, slot=slot_code, seat=by.membership, stand_in=by.stand_in,
        upload=resumable.begin(name, said.size, said.sha256, by=by.user, at=at),
    )  # fmt: skip


def _slot(submission: Submission, code: str) -> PaperSlot:
    found = submission.form.form.slot(code)
    if found is None:
        refuse("no_slot", "没有这一项材料，请刷新页面。")
    return found


def _open(submission: Submission, slot: str) -> list[SlotUpload]:
    found = submission.slot_uploads.filter(slot=slot, upload__status=Upload.Status.OPEN)
    return list(found.select_related("upload"))


def _put_away(submission: Submission, slot: str, at: datetime) -> None:
    """A new choice answers what was said of the refused one."""
    submission.slot_uploads.filter(
        slot=slot, upload__status=Upload.Status.REFUSED, put_away_at__isnull=True
    ).update(put_away_at=at)


def receive(
    found: SlotUpload,
    start: int,
    body: resumable.Body,
    *,
    checksum: tuple[str, bytes] | None = None,
    by: Actor,
    at: datetime,
) -> Upload:
    """Keep what a PATCH brings; a whole file is sent to be looked at. No lock is held
    while bytes travel. Raises Refused, resumable.OffsetMoved, ChecksumDiffers."""
    refuse_if(upload_rules.why_not_receive(found, found.submission, by, at))
    upload = resumable.append(found.upload, start, body, checksum=checksum)
    if upload.is_received:
        upload_sending.send(upload_sending.TAKE_IN, found.pk)
    return upload


@transaction.atomic
def drop_upload(found_id: int, *, by: Actor, at: datetime) -> None:
    """The group does not want it: an unfinished one is dropped, a refused one is not
    spoken of any more. One that is being looked at stays."""
    found = SlotUpload.objects.select_related("upload", "filing").get(pk=found_id)
    submission = actions.locked(found.submission_id)
    found.refresh_from_db()
    refuse_if(upload_rules.why_not_drop(found, submission, by))
    if not resumable.drop(found.upload, at):
        SlotUpload.objects.filter(pk=found_id, put_away_at__isnull=True).update(
            put_away_at=at
        )


# --- taking in ----------------------------------------------------------------------


def take_in(found_id: int, *, at: datetime) -> None:
    """Join a whole file, look at it as at any upload, stand it in its slot; then see
    whether a filing waited for it. Runs once however often it is called; may be killed
    anywhere."""
    found = SlotUpload.objects.select_related("upload", "submission").get(pk=found_id)
    claimed = resumable.claim(found.upload_id, at)
    if claimed is None:
        _give_up(found, at)
        return
    try:
        with resumable.joined(claimed) as file:
            _stand(found_id, file, at)
    except Refused as refused:
        if AWAY & set(refused.codes):
            resumable.put_back(claimed, at)
            return
        resumable.refused(claimed, str(refused), at)
    settle(found.submission_id, at=at)


def _give_up(found: SlotUpload, at: datetime) -> None:
    upload = found.upload
    idle = resumable.to_look_at(at).filter(pk=upload.pk).exists()
    if resumable.is_hopeless(upload) and idle:
        logger.error("upload %s: its lookers were killed", upload.pk)
        resumable.refused(upload, GAVE_UP, at)
        settle(found.submission_id, at=at)


def _stand(found_id: int, file: resumable.WholeFile, at: datetime) -> None:
    """Inspect without a lock, then lock, ask again and write. Raises Refused."""
    found = SlotUpload.objects.select_related("submission__form").get(pk=found_id)
    slot = _slot(found.submission, found.slot)
    inspected = uploads.inspect(file, slot.extensions, slot.max_bytes)
    with transaction.atomic():
        submission = actions.locked(found.submission_id)
        found = (
            SlotUpload.objects.select_for_update(of=("self",))
            .select_related("upload", "seat__user", "seat__organisation", "stand_in")
            .get(pk=found_id)
        )
        if not found.upload.is_received:
            return
        refuse_if(upload_rules.why_not_take_in(found, submission, at))
        by = found.actor
        document = uploads.store_upload(file, inspected, "attachment", by=by.user)
        found.attachment = actions.put_in(
            submission, found.slot, document, by=by, at=at
        )
        found.save(update_fields=["attachment"])
        resumable.taken(found.upload, at)


# --- filings that wait --------------------------------------------------------------


@transaction.atomic
def file_when_complete(
    submission_id: int, *, confirmed: bool, by: Actor, at: datetime,
    names: str | None = None,
) -> PendingFiling:  # fmt: skip
    """File in time with files on their way: it is done when the last one is taken in.
    A second click answers with the filing of the first. ``names`` as ``actions.file``.
    Raises Refused."""
    submission = actions.locked(submission_id)
    waiting = submission.waiting_filing
    if waiting is not None:
        return waiting
    refuse_if(upload_rules.why_not_file_later(submission, by, at))
    refuse_if(rules.why_not_confirmed(submission, confirmed, names))
    pending = PendingFiling.objects.create(
        submission=submission, seat=by.membership, stand_in=by.stand_in,
        by_name=by.user_name, at=at, deadline=upload_rules.last_moment(submission, at),
    )  # fmt: skip
    coming = submission.slot_uploads.unfinished()
    coming.update(filing=pending)
    record(by, "filing_waits", submission.code, at=at,
           campaign=submission.campaign.code, files=coming.count())  # fmt: skip
    return pending


@transaction.atomic
def cancel_filing(submission_id: int, *, by: Actor, at: datetime) -> None:
    """Take a waiting filing back; files go on travelling. Raises Refused."""
    submission = actions.locked(submission_id)
    refuse_if(upload_rules.why_not_cancel_filing(submission, by, at))
    pending = submission.waiting_filing
    if pending is not None:
        _end(pending, PendingFiling.Status.CANCELLED, at)
        record(by, "filing_cancelled", submission.code, at=at,
               campaign=submission.campaign.code)  # fmt: skip


@transaction.atomic
def settle(submission_id: int, *, at: datetime) -> None:
    """See whether a waiting filing is done or has lapsed: asked after every file and
    by the beat. Of two that ask at once the second finds it ended."""
    submission = actions.locked(submission_id)
    pending = submission.waiting_filing
    if pending is None:
        return
    awaited = [one.upload for one in pending.awaited.select_related("upload")]
    why = _why_lapsed(pending, awaited, at)
    if why:
        _lapse(submission, pending, why, at)
    elif all(upload.is_taken for upload in awaited):
        _complete(submission, pending, awaited, at)


def _why_lapsed(pending: PendingFiling, awaited: list[Upload], at: datetime) -> str:
    """In words, or empty: a file was refused, or did not come in time."""
    when = moment(pending.deadline)
    for upload in awaited:
        if upload.is_refused:
            return f"文件没有收下：{upload.reason}"
        if upload.status == Upload.Status.DROPPED:
            return f"“{upload.name}”没有传完。"
        if upload.is_open and at >= pending.deadline + UNDER_WAY:
            return f"“{upload.name}”到 {when} 还没有传完，只收到 {upload.percent}%。"
        if upload.received_at and upload.received_at >= pending.deadline:
            return f"“{upload.name}”过了 {when} 才传完。"
    return ""


def _lapse(
    submission: Submission, pending: PendingFiling, why: str, at: datetime
) -> None:
    _end(pending, PendingFiling.Status.LAPSED, at, why)
    record(pending.actor, "filing_lapsed", submission.code, at=at,
           campaign=submission.campaign.code, reason=why[:200])  # fmt: skip
    notices.filing_lapsed(submission, pending, at)


def _complete(
    submission: Submission, pending: PendingFiling, awaited: list[Upload], at: datetime
) -> None:
    """File as of the act's instant; what stands against it now makes it lapse."""
    _end(pending, PendingFiling.Status.FILED, at)
    by = pending.actor
    against: list[Refusal] = [
        one
        for one in rules.why_not_file(submission, by, pending.at)
        if one.kind == "refusal"
    ]
    if against:
        why = "".join(one.message for one in against)
        _lapse(submission, pending, why, at)
        return
    received = [upload.received_at for upload in awaited if upload.received_at]
    actions.hand_in(
        submission, by=by, at=pending.at, completed_at=max(received, default=at)
    )


def _end(
    pending: PendingFiling, status: PendingFiling.Status, at: datetime, why: str = ""
) -> None:
    pending.status, pending.ended_at, pending.reason = status, at, why
    pending.save(update_fields=["status", "ended_at", "reason"])


# --- the beat -----------------------------------------------------------------------


def sweep(*, at: datetime) -> None:
    """What a lost message or a killed worker left; filings whose time is over; files
    left lying. Harmless at any time."""
    resumable.sweep(at)
    for found in SlotUpload.objects.filter(upload__in=resumable.to_look_at(at)):
        upload_sending.send(upload_sending.TAKE_IN, found.pk)
    waiting = PendingFiling.objects.filter(status=PendingFiling.Status.WAITING)
    awaited = SlotUpload.objects.filter(filing__in=waiting).values("upload")
    for upload in resumable.left_lying(at).exclude(pk__in=awaited):
        resumable.drop(upload, at, LEFT_LYING)
    for submission_id in waiting.values_list("submission_id", flat=True):
        settle(submission_id, at=at)
