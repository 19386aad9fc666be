"""May a file be sent, and until when? Questions about uploads; reads only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Sum

from qcportal.accounts.actors import Actor
from qcportal.campaigns.definition import PaperSlot
from qcportal.campaigns.rules import closing
from qcportal.campaigns.stages import Stage
from qcportal.documents.models import Upload
from qcportal.documents.resumable import KEPT, MIB
from qcportal.documents.tus import Declared
from qcportal.documents.uploads import why_not_named
from qcportal.refusals import Refusal
from submissions import rules
from submissions.arrivals import SlotUpload
from submissions.lifecycle import State
from submissions.models import Submission

MOST_OPEN = 30  # unfinished uploads of one person
MOST_OPEN_BYTES = 2048 * MIB


def why_not_begin(
    submission: Submission, slot: PaperSlot, said: Declared, actor: Actor, at: datetime
) -> Iterator[Refusal]:
    """Whether a declared file may be sent: what ``why_not_attach`` asks,
    ``file_type``, ``identity_number``, ``file_empty``, ``file_too_large``,
    ``too_many_uploads``."""
    yield from rules.why_not_write(submission, actor, at)
    coming = submission.slot_uploads.unfinished().filter(slot=slot.code).count()
    yield from rules.why_no_room(submission, slot.code, coming)
    yield from why_not_named(said.name, slot.extensions)
    if said.size == 0:
        yield Refusal("file_empty", f"“{said.name}”是空文件，请检查后重新选择。")
    elif said.size > slot.max_bytes:
        yield Refusal(
            "file_too_large",
            f"“{said.name}”有 {said.size / MIB:.1f} MB，超过 {slot.max_mb} MB。请压缩或分开保存后再上传。",
        )
    mine = Upload.objects.filter(by=actor.user, status=Upload.Status.OPEN)
    sent = mine.aggregate(size=Sum("size"))["size"] or 0
    if mine.count() >= MOST_OPEN or sent + said.size > MOST_OPEN_BYTES:
        yield Refusal(
            "too_many_uploads", "您没传完的文件太多，请先传完或去掉几份，再传新的。"
        )


def arrival(submission: Submission, begun_at: datetime, at: datetime) -> datetime:
    """The instant a file is judged by: what had begun before the closing may finish
    within the campaign's minutes after it. Open at this instant means both: it had
    begun while the window was open, and the minutes are not over."""
    return max(begun_at, at - minutes_after(submission))


def minutes_after(submission: Submission) -> timedelta:
    return timedelta(minutes=submission.campaign.upload_grace_minutes)


def why_not_receive(
    found: SlotUpload, submission: Submission, actor: Actor, at: datetime
) -> Iterator[Refusal]:
    """Whether bytes of a begun upload are still taken: ``locked``, window codes."""
    instant = arrival(submission, found.upload.begun_at, at)
    yield from rules.why_not_hold(submission, actor, instant)


def why_not_take_in(
    found: SlotUpload, submission: Submission, at: datetime
) -> Iterator[Refusal]:
    """Whether a whole file may stand in its slot: judged by when it was received."""
    received = found.upload.received_at or at
    yield from why_not_receive(found, submission, found.actor, received)
    yield from rules.why_no_room(submission, found.slot)


def why_not_file_later(
    submission: Submission, actor: Actor, at: datetime
) -> Iterator[Refusal]:
    """Whether the group may file now with files on their way: everything else must be
    there. ``nothing_awaited`` where no file is on its way."""
    coming = submission.slot_uploads.unfinished()
    slots = set(coming.values_list("slot", flat=True))
    if not slots:
        yield Refusal("nothing_awaited", "文件都传完了，请直接提交。")
    yield from rules.why_not_file_but_files(submission, actor, at, slots)


def why_not_cancel_filing(
    submission: Submission, actor: Actor, at: datetime
) -> Iterator[Refusal]:
    """``nothing_waits``; else what keeps from writing."""
    if submission.waiting_filing is None:
        yield Refusal("nothing_waits", "没有在等文件的提交，请刷新页面。")
        return
    yield from rules.why_not_hold(submission, actor, at)


def why_not_drop(
    found: SlotUpload, submission: Submission, actor: Actor
) -> Iterator[Refusal]:
    """``not_yours``, ``filing_waits`` where a filing waits for it."""
    if found.filing is not None and found.filing.is_waiting and found.upload.is_open:
        yield Refusal(
            "filing_waits", "这次提交正在等这份文件。不要它请先取消这次提交。"
        )


def last_moment(submission: Submission, at: datetime) -> datetime:
    """Until when files of a filing at ``at`` may come in: the campaign's minutes after
    the closing (of an amendment: after its deadline)."""
    closes_at = closing(submission.campaign, Stage.FILING, rules.whose(submission))
    if submission.state_enum == State.AMENDMENT_ASKED:
        closes_at = submission.due_at
    return (closes_at or at + KEPT) + minutes_after(submission)


def same(submission: Submission, slot: str, said: Declared) -> SlotUpload | None:
    """The unfinished upload of this very file into this slot, to go on with."""
    return (
        submission.slot_uploads.filter(
            slot=slot, upload__status=Upload.Status.OPEN,
            upload__sha256=said.sha256, upload__size=said.size,
        ).select_related("upload").first()
    )  # fmt: skip
