"""The group's hand on the files in its slots: turn, order, several pictures as one PDF.

The picture that was sent stays as it came; what is made of it is a paper of its own,
ordered here, made by ``tasks.render_picture``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from qcportal.accounts.actors import Actor
from qcportal.campaigns.definition import PaperSlot
from qcportal.documents.making import order
from qcportal.documents.models import Document
from qcportal.refusals import refuse, refuse_if
from submissions import actions, rules, tasks
from submissions.arrivals import PictureSource
from submissions.models import Attachment, Submission

TURNS = (90, 180, 270)


@transaction.atomic
def turn(attachment_id: int, degrees: int, *, by: Actor, at: datetime) -> Attachment:
    """Turn a picture to the right, about the one that was sent. Raises Refused."""
    standing, submission = _held(attachment_id, by, at)
    document = standing.document
    if not document.is_image or degrees not in TURNS:
        refuse("not_a_picture", "只有图片能旋转，请刷新页面。")
    before = document.picture_sources.first()
    source, was = (before.source, before.turn) if before else (document, 0)
    now = (was + degrees) % 360
    made = _ordered(document.title, [(source, now)], by) if now else source
    return _stand_instead(submission, [standing], made, by=by, at=at)


@transaction.atomic
def merge(submission_id: int, slot_code: str, *, by: Actor, at: datetime) -> Attachment:
    """All pictures standing in the slot as one PDF, in their order. Raises Refused."""
    submission = actions.locked(submission_id)
    refuse_if(rules.why_not_write(submission, by, at))
    slot = _merging(submission, slot_code)
    pictures = [
        one
        for one in rules.current_attachments(submission).get(slot_code, [])
        if one.document.is_image and one.document.is_ready
    ]
    if len(pictures) < 2:
        refuse("too_few_pictures", "有两张以上的图片才能合并。")
    title = f"{slot.label}（{len(pictures)} 页）.pdf"
    made = _ordered(title, [(one.document, 0) for one in pictures], by)
    return _stand_instead(submission, pictures, made, by=by, at=at)


def _merging(submission: Submission, code: str) -> PaperSlot:
    slot = submission.form.form.slot(code)
    if slot is None or not slot.merge:
        refuse("no_slot", "这一项材料不用合并，请刷新页面。")
    return slot


@transaction.atomic
def part(attachment_id: int, *, by: Actor, at: datetime) -> None:
    """Take a merged PDF apart again: its pictures stand where it stood."""
    standing, submission = _held(attachment_id, by, at)
    sources = list(standing.document.picture_sources.select_related("source"))
    if len(sources) < 2:
        refuse("not_merged", "这一份不是合并出来的，请刷新页面。")
    _step_back([standing], at)
    for one in sources:
        actions.put_in(submission, standing.slot, one.source, by=by, at=at)


@transaction.atomic
def move(attachment_id: int, *, up: bool, by: Actor, at: datetime) -> None:
    """One place up or down among the files of its slot; at the end nothing changes."""
    standing, submission = _held(attachment_id, by, at)
    files = rules.current_attachments(submission)[standing.slot]
    here = next(i for i, one in enumerate(files) if one.pk == attachment_id)
    there = here - 1 if up else here + 1
    if 0 <= there < len(files):
        files[here], files[there] = files[there], files[here]
    for position, one in enumerate(files, 1):
        Attachment.objects.filter(pk=one.pk).update(position=position)


def _held(attachment_id: int, by: Actor, at: datetime) -> tuple[Attachment, Submission]:
    found = Attachment.objects.get(pk=attachment_id)
    submission = actions.locked(found.submission_id)
    refuse_if(rules.why_not_write(submission, by, at))
    standing = (
        Attachment.objects.filter(pk=attachment_id, removed_at__isnull=True)
        .select_related("document")
        .first()
    )
    if standing is None:
        refuse("file_gone", "这份文件已经拿掉了，请刷新页面。")
    return standing, submission


def _ordered(title: str, sources: list[tuple[Document, int]], by: Actor) -> Document:
    """A file to be made of (picture, turn)."""
    made = order(
        "attachment", title[-200:], maker=tasks.render_pictures.name, by=by.user
    )
    PictureSource.objects.bulk_create(
        PictureSource(made=made, source=source, position=position, turn=degrees)
        for position, (source, degrees) in enumerate(sources, 1)
    )
    return made


def _stand_instead(
    submission: Submission, gone: list[Attachment], made: Document,
    *, by: Actor, at: datetime,
) -> Attachment:  # fmt: skip
    """``made`` in the first one's place; the others step back."""
    _step_back(gone, at)
    first = gone[0]
    return Attachment.objects.create(
        submission=submission, slot=first.slot, document=made, added_at=at,
        added_by=by.user, position=first.position,
    )  # fmt: skip


def _step_back(gone: Iterable[Attachment], at: datetime) -> None:
    Attachment.objects.filter(pk__in=[one.pk for one in gone]).update(removed_at=at)
