"""The only writers of notices and their attachments.

Every act locks the campaign first: two clerks change its notices one after the other,
and none while the campaign itself is being published.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.files import File
from django.db import transaction
from django.db.models import F, Max

from qcportal.accounts.actors import Actor
from qcportal.audit.record import record
from qcportal.campaigns import settings_rules
from qcportal.campaigns.models import Campaign
from qcportal.campaigns.settings_actions import ASIDE, locked
from qcportal.campaigns.wording import number_key
from qcportal.documents import uploads
from qcportal.documents.making import order
from qcportal.documents.models import Document
from qcportal.notices import files, forwarding, rendering, rules
from qcportal.notices.models import Notice, NoticeAttachment
from qcportal.refusals import refuse, refuse_if

Kind = NoticeAttachment.Kind


def _held(notice_id: int) -> Notice:
    """The notice as it stands, with its campaign held until the transaction ends."""
    campaign = locked(
        Notice.objects.values_list("campaign", flat=True).get(pk=notice_id)
    )
    found = Notice.objects.select_related("corrects__campaign").get(pk=notice_id)
    found.campaign = campaign
    return found


def _said(notice: Notice) -> dict[str, Any]:
    """What every line of the trail says of a notice."""
    return {"campaign": notice.campaign.code, "notice": notice.title}


def _touch(notice: Notice, by: Actor, at: datetime, **changes: Any) -> Notice:
    """Keeps the changes under the next version."""
    changes |= {
        "version": notice.version + 1, "saved_at": at, "saved_by_name": by.user_name,
    }  # fmt: skip
    for name, value in changes.items():
        setattr(notice, name, value)
    notice.save(update_fields=list(changes))
    return notice


# --- the notice itself --------------------------------------------------------------


@transaction.atomic
def begin(
    campaign_id: int, values: Mapping[str, Any], *, by: Actor, at: datetime
) -> Notice:
    """A new draft. ``values`` by name of ``rules.FIELDS``. Raises Refused."""
    campaign = locked(campaign_id)
    refuse_if(rules.why_not_begin(campaign, by))
    refuse_if(rules.faults(values, None, campaign))
    begun = _create(campaign, values, by=by, at=at)
    record(by, "notice_begun", begun.slug, at=at, **_said(begun))
    return begun


def _create(
    campaign: Campaign, values: Mapping[str, Any], *, by: Actor, at: datetime,
    **more: Any,
) -> Notice:  # fmt: skip
    return Notice.objects.create(
        campaign=campaign, slug=files.free_slug(f"{campaign.code}-{campaign.notices.count() + 1}"),
        document_number_key=number_key(values.get("document_number", "")),
        saved_at=at, saved_by_name=by.user_name, **values, **more,
    )  # fmt: skip


@transaction.atomic
def save_notice(
    notice_id: int, values: Mapping[str, Any], *,
    version: int, by: Actor, at: datetime, quietly: bool = False,
) -> Notice:  # fmt: skip
    """Keep the words of a notice nobody could read yet. Nothing differs: nothing is
    done. ``quietly``: a save while typing, which leaves no line of its own."""
    notice = _held(notice_id)
    changed = sorted(settings_rules.differing(notice, values, rules.FIELDS))
    refuse_if(
        rules.why_not_write(notice, by, version if changed else notice.version, at)
    )
    if not changed:
        return notice
    refuse_if(rules.faults(values, notice, notice.campaign))
    new = {name: values[name] for name in changed}
    if "document_number" in new:
        new["document_number_key"] = number_key(new["document_number"])
    _touch(notice, by, at, **new)
    if not quietly:
        record(by, "notice_changed", notice.slug, at=at, **_said(notice),
               fields=settings_rules.labels(Notice, changed))  # fmt: skip
    return notice


@transaction.atomic
def publish(
    notice_id: int, *, hour: datetime, version: int, by: Actor, at: datetime
) -> Notice:
    """Public from ``hour`` on; ``hour == at`` is at once. While the campaign is being
    set up it becomes public with the campaign, not before the hour."""
    notice = _held(notice_id)
    refuse_if(rules.why_not_publish(notice, hour, by, version, at))
    _touch(notice, by, at, published_at=hour)
    if rules.is_public(notice, at):
        _bring_out(notice, at)
    record(by, "notice_published", notice.slug, at=at, **_said(notice),
           published=hour.isoformat())  # fmt: skip
    return notice


@transaction.atomic
def take_back(notice_id: int, *, version: int, by: Actor, at: datetime) -> Notice:
    """A draft again, before its hour."""
    notice = _held(notice_id)
    refuse_if(rules.why_not_take_back(notice, by, version, at))
    _touch(notice, by, at, published_at=None)
    record(by, "notice_taken_back", notice.slug, at=at, **_said(notice))
    return notice


@transaction.atomic
def withdraw(notice_id: int, *, reason: str, by: Actor, at: datetime) -> Notice:
    """Its page stays and says why; its files are no longer offered."""
    notice = _held(notice_id)
    refuse_if(rules.why_not_withdraw(notice, reason, by, at))
    _touch(notice, by, at, withdrawn_at=at, withdrawn_reason=reason.strip())
    record(by, "notice_withdrawn", notice.slug, at=at, **_said(notice),
           reason=reason.strip())  # fmt: skip
    return notice


@transaction.atomic
def correct(notice_id: int, *, by: Actor, at: datetime) -> Notice:
    """A draft that corrects a public notice: a copy with its attachments, the files
    shared. A second click leads to the one begun already."""
    notice = _held(notice_id)
    refuse_if(rules.why_not_correct(notice, by, at))
    begun = notice.corrections.filter(published_at__isnull=True).first()
    if begun:
        return begun
    copied = {name: getattr(notice, name) for name in rules.FIELDS}
    copied |= {
        "is_main": False,
        "title": f"更正：{notice.title}"[:120],
        "signed_on": None,
    }
    made = _create(notice.campaign, copied, by=by, at=at, corrects=notice)
    for found in notice.attachments.all():
        found.pk, found.notice = None, made
        found._state.adding = True
        found.save(force_insert=True)
    record(
        by, "notice_corrected", notice.slug, at=at, **_said(notice), by_notice=made.slug
    )
    return made


@transaction.atomic
def drop(notice_id: int, *, version: int, by: Actor, at: datetime) -> None:
    """Throw a draft away, with its attachments."""
    notice = _held(notice_id)
    refuse_if(rules.why_not_write(notice, by, version, at))
    if notice.published_at is not None:
        refuse("planned", "这份通知已经排定公开时间，先改回草稿再删。")
    if NoticeAttachment.objects.filter(link=notice).exists():
        refuse("in_use", "别的通知把它当作附件，先从那里拿掉。")
    record(by, "notice_dropped", notice.slug, at=at, **_said(notice))
    notice.attachments.all().delete()
    notice.delete()


def bring_out(*, at: datetime) -> int:
    """The papers of the notices whose hour has come, with their campaign's publication
    or by themselves; how many. May run twice."""
    due = Notice.objects.public_at(at).filter(paper__isnull=True)
    return sum(_bring_out_one(pk, at) for pk in due.values_list("pk", flat=True))


@transaction.atomic
def _bring_out_one(notice_id: int, at: datetime) -> int:
    notice = _held(notice_id)
    due = (
        rules.is_public(notice, at) and not notice.withdrawn_at and not notice.paper_id
    )
    if due:
        _bring_out(notice, at)
    return int(due)


def _bring_out(notice: Notice, at: datetime) -> None:
    """Order the notice as a paper, and again what was made from older settings; tell
    the associations that forwarded the campaign."""
    name = f"{notice.title}"[:180]
    notice.paper = order("notice", f"{name}.pdf", maker=rendering.render_notice.name)
    notice.save(update_fields=["paper"])
    for found in rules.outdated_files(notice):
        _order_files(found)
    forwarding.tell_lower(notice, at=at)


# --- attachments --------------------------------------------------------------------


def _order_files(found: NoticeAttachment, by: Actor | None = None) -> None:
    made = files.ordered(found.kind, found.number, found.title, by.user if by else None)
    found.document, found.word = made.get("document"), made.get("word")
    found.save(update_fields=["document", "word"])


@transaction.atomic
def add_attachment(
    notice_id: int, values: Mapping[str, Any], upload: File[Any] | None = None, *,
    version: int, by: Actor, at: datetime,
) -> NoticeAttachment:  # fmt: skip
    """One more at the end. ``values`` by name of ``rules.ATTACHMENT_FIELDS``; ``upload``
    for one that is a file. Raises Refused, also for what ``uploads.inspect`` says."""
    notice = _held(notice_id)
    refuse_if(rules.why_not_write(notice, by, version, at))
    refuse_if(rules.why_not_attach(notice))
    refuse_if(rules.attachment_faults(values, notice, notice.attachments.all()))
    last = notice.attachments.aggregate(last=Max("order"))["last"] or 0
    made = NoticeAttachment(notice=notice, order=last + 1, **values)
    made.document = _stored(upload, by) if made.kind == Kind.UPLOAD else None
    made.save()
    if made.kind != Kind.UPLOAD:
        _order_files(made, by)
    _touch(notice, by, at)
    record(by, "notice_attached", notice.slug, at=at, **_said(notice),
           attachment=_named(made))  # fmt: skip
    return made


def _stored(upload: File[Any] | None, by: Actor) -> Document | None:
    if upload is None:
        return None
    inspected = uploads.inspect(upload, rules.UPLOADS, rules.LARGEST, field="file")
    return uploads.store_upload(upload, inspected, "notice_attachment", by=by.user)


def _named(found: NoticeAttachment) -> str:
    return f"附件{found.number} {found.title}"


@transaction.atomic
def change_attachment(
    notice_id: int, place: int, values: Mapping[str, Any], upload: File[Any] | None = None, *,
    version: int, by: Actor, at: datetime,
) -> NoticeAttachment:  # fmt: skip
    """Attachment ``place`` (from 1): renamed, renumbered, another content, another file.
    A file that went stays as a row: a corrected notice may show it still."""
    notice, rows = _open(notice_id, version=version, by=by, at=at)
    found = rows[place - 1]
    others = [row for row in rows if row.pk != found.pk]
    refuse_if(rules.attachment_faults(values, notice, others))
    before = {name: getattr(found, name) for name in rules.ATTACHMENT_FIELDS}
    if upload is None and before == dict(values):
        return found
    for name, value in values.items():
        setattr(found, name, value)
    if found.kind == Kind.UPLOAD:
        kept = found.document if before["kind"] == Kind.UPLOAD else None
        found.document, found.word = _stored(upload, by) or kept, None
    found.save()
    if found.kind != Kind.UPLOAD:
        _order_files(found, by)
    _touch(notice, by, at)
    record(by, "notice_attachment_changed", notice.slug, at=at, **_said(notice),
           attachment=_named(found), new_file=upload is not None)  # fmt: skip
    return found


@transaction.atomic
def move_attachment(
    notice_id: int, place: int, step: int, *, version: int, by: Actor, at: datetime
) -> None:
    """Attachment ``place`` one up (``step`` −1) or down (1); its number stays with it."""
    notice, rows = _open(notice_id, version=version, by=by, at=at)
    target = min(max(place - 1 + step, 0), len(rows) - 1)
    if target == place - 1:
        return
    rows.insert(target, rows.pop(place - 1))
    notice.attachments.update(order=F("order") + ASIDE)
    for number, row in enumerate(rows, 1):
        row.order = number
        row.save(update_fields=["order"])
    _touch(notice, by, at)
    record(by, "notice_attachment_moved", notice.slug, at=at, **_said(notice),
           attachment=_named(rows[target]))  # fmt: skip


@transaction.atomic
def remove_attachment(
    notice_id: int, place: int, *, version: int, by: Actor, at: datetime
) -> None:
    notice, rows = _open(notice_id, version=version, by=by, at=at)
    gone = rows[place - 1]
    record(by, "notice_detached", notice.slug, at=at, **_said(notice),
           attachment=_named(gone))  # fmt: skip
    gone.delete()
    _touch(notice, by, at)


def _open(
    notice_id: int, *, version: int, by: Actor, at: datetime
) -> tuple[Notice, list[NoticeAttachment]]:
    notice = _held(notice_id)
    refuse_if(rules.why_not_write(notice, by, version, at))
    return notice, list(notice.attachments.all())
