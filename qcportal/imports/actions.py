"""The only writers of imports. Lock order: the import, then organisations by number.

An import is applied whole or not at all: the plan is made again under the locks, and
if it is not the one the dry run showed, nothing is written and the new one is shown.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial

from django.core.files import File
from django.db import IntegrityError, transaction
from django.db import OperationalError as DatabaseBusy
from django.db.models import F
from django.urls import reverse
from kombu.exceptions import ChannelError, OperationalError

from qcportal.accounts import actions as account_actions
from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Membership, Organisation
from qcportal.audit.record import record
from qcportal.documents import making, uploads
from qcportal.documents.models import Document
from qcportal.imports import letters, marking, rules, sending
from qcportal.imports.bodies import plan_groups, plan_units
from qcportal.imports.models import KEPT_FOR, MAX_ATTEMPTS, Import, Line
from qcportal.imports.plan import Plan, Told, finish, work_on
from qcportal.imports.reading import Read, read
from qcportal.imports.seating import plan_people, plan_seats
from qcportal.inbox import mailing
from qcportal.inbox.actions import tell
from qcportal.refusals import Refused, refuse, refuse_if
from qcportal.registrations import entering

logger = logging.getLogger(__name__)

MAX_BYTES = 10 * uploads.MIB
BATCH = 500
GAVE_UP = "读这个文件时出了问题，已经试了几次。请另存为 .xlsx 后重新上传，还不行请打秘书处电话。"
Status = Import.Status


@transaction.atomic
def begin(upload: File[object], *, by: Actor, at: datetime) -> Import:
    """Keep the file and have it read; the same file still being checked is not begun
    twice. Raises Refused."""
    refuse_if(rules.why_not_import(by))
    _refuse_old_kinds(upload)
    inspected = uploads.inspect(upload, ["xlsx"], MAX_BYTES, field="file")
    Organisation.objects.select_for_update().get(pk=by.organisation.pk)
    known = Import.objects.visible_to(by).filter(
        upload__sha256=inspected.sha256, status=Status.READING
    )
    if (same := known.first()) is not None:
        return same
    kept = uploads.store_upload(upload, inspected, "import", by=by.user)
    kept.expires_at = at + KEPT_FOR
    kept.save(update_fields=["expires_at"])
    made = Import.objects.create(
        organisation=by.organisation, by=by.membership, by_name=by.user_name,
        uploaded_at=at, upload=kept, sent_at=at,
    )  # fmt: skip
    transaction.on_commit(partial(send, made.pk, Status.READING))
    return made


def _refuse_old_kinds(upload: File[object]) -> None:
    name = (upload.name or "").lower()
    if name.endswith((".xls", ".et")):
        refuse(
            "file_type",
            "这是旧版的表格，请在 Excel 或 WPS 里另存为 .xlsx 再传。",
            "file",
        )
    if name.endswith((".csv", ".txt")):
        refuse("file_type", "这是文本文件，请把内容填进模板，存成 .xlsx 再传。", "file")


def send(import_id: int, status: str) -> None:
    """Hand the id to the broker; when it is away, the sweep does it later."""
    task = sending.CHECK if status == Status.READING else sending.APPLY
    try:
        sending.send(task, import_id)
    except (OperationalError, ChannelError, OSError) as error:
        logger.warning("import %s not sent, the sweep will: %s", import_id, error)


def sweep(*, at: datetime) -> int:
    """Send again what nobody works on; give up what was tried three times."""
    due = Import.objects.forgotten(at)
    hopeless = due.filter(attempts__gte=MAX_ATTEMPTS)
    hopeless.filter(status=Status.READING).update(
        status=Status.UNREADABLE, reason=GAVE_UP
    )
    hopeless.filter(status=Status.APPLYING).update(
        status=Status.CHECKED, attempts=0, started_at=None
    )
    listed = list(due.values_list("pk", "status"))
    for number, status in listed:
        Import.objects.filter(pk=number).update(sent_at=at)
        send(number, status)
    return len(listed)


def _take(import_id: int, status: str, at: datetime) -> Import | None:
    """The import if it still waits for this; the try is counted before the work."""
    taken = Import.objects.filter(pk=import_id, status=status).update(
        attempts=F("attempts") + 1, started_at=at
    )
    rows = Import.objects.select_related("organisation", "upload")
    return rows.get(pk=import_id) if taken else None


# --- the dry run ------------------------------------------------------------------------


def check(import_id: int, *, at: datetime) -> None:
    """Read the file and write down what it would change. A second run finds it done."""
    found = _take(import_id, Status.READING, at)
    if found is None:
        return
    try:
        said = _read(found)
        plan = plan_of(said, _actor(found.by_id))
    except Refused as no:
        reason = no.refusals[0].message[:300]
        Import.objects.filter(pk=import_id, status=Status.READING).update(
            status=Status.UNREADABLE, reason=reason, checked_at=at
        )
        return
    with transaction.atomic():
        found = Import.objects.select_for_update().get(pk=import_id)
        if found.status == Status.READING:
            _write_down(found, said, plan, at)


def plan_of(said: Read, by: Actor) -> Plan:
    """What the file would do now, by the rules. Raises Refused if ``by`` may not."""
    refuse_if(rules.why_not_import(by))
    work = work_on(said, by)
    for build in (plan_units, plan_groups, plan_people, plan_seats):
        build(work)
    return finish(work)


def _read(found: Import) -> Read:
    with found.upload.file.open() as file:
        return read(file)


def _actor(membership_id: int) -> Actor:
    rows = Membership.objects.select_related("user", "organisation__parent")
    return Actor(rows.get(pk=membership_id))


def _write_down(
    found: Import, said: Read, plan: Plan, at: datetime,
    before: set[tuple[object, ...]] | None = None,
) -> None:  # fmt: skip
    """Replace the lines; those not in ``before`` are marked as moved."""
    found.lines.all().delete()
    lines = [_line(found, n, one, before) for n, one in enumerate(plan.told)]
    Line.objects.bulk_create(lines, batch_size=BATCH)
    found.status, found.checked_at = Status.CHECKED, at
    found.counts = plan.counts
    found.rows = sum(len(rows) for rows in said.typed.values())
    found.moved = sum(line.moved for line in lines)
    found.marked = _order_marked(found) if plan.faults else None
    found.attempts, found.started_at = 0, None
    found.save(
        update_fields=[
            "status", "checked_at", "counts", "rows", "moved", "marked", "attempts",
            "started_at",
        ]
    )  # fmt: skip


def _line(
    found: Import, number: int, one: Told, before: set[tuple[object, ...]] | None
) -> Line:
    place = one.place
    return Line(
        imported=found, number=number, table=place.table, row=place.row,
        letter=place.letter, column=place.column, kind=one.kind, name=one.name[:200],
        sentence=one.sentence[:300], changes=one.changes,
        moved=before is not None and signature(one) not in before,
    )  # fmt: skip


def signature(one: Told | Line) -> tuple[object, ...]:
    """Equal for lines that say the same, before and after being stored."""
    place = one.place if isinstance(one, Told) else one
    return (
        place.table, place.row, place.letter, str(one.kind), one.name[:200],
        one.sentence[:300], str([list(map(str, c)) for c in one.changes]),
    )  # fmt: skip


def _order_marked(found: Import) -> Document:
    stem = found.upload.title.removesuffix(".xlsx")
    return making.order(
        "import_marked", f"{stem[:60]}（标出要改的地方）.xlsx",
        maker=marking.mark.name, by=_actor(found.by_id).user, lifetime=KEPT_FOR,
    )  # fmt: skip


# --- applying -----------------------------------------------------------------------------


@transaction.atomic
def order(import_id: int, *, by: Actor, at: datetime) -> None:
    """Have everything imported. A second click finds it ordered. Raises Refused."""
    found = Import.objects.select_for_update().get(pk=import_id)
    if found.status == Status.APPLYING or found.is_applied:
        return
    refuse_if(rules.why_not_apply(found, by))
    found.status, found.moved, found.sent_at = Status.APPLYING, 0, at
    found.applied_by, found.applied_by_name = by.membership, by.user_name
    found.attempts, found.started_at = 0, None
    found.save(
        update_fields=[
            "status", "moved", "sent_at", "applied_by", "applied_by_name", "attempts",
            "started_at",
        ]
    )  # fmt: skip
    transaction.on_commit(partial(send, found.pk, Status.APPLYING))


def apply(import_id: int, *, at: datetime) -> None:
    """Write everything, or nothing and show what moved. A second run finds it done."""
    found = _take(import_id, Status.APPLYING, at)
    if found is None:
        return
    try:
        said = _read(found)
        by = _actor(found.applied_by_id or found.by_id)
        with transaction.atomic():
            applied = _apply(import_id, said, by, at)
    except IntegrityError as error:  # a name or number taken between plan and writing
        logger.info("import %s: overtaken: %s", import_id, error)
        applied = False
    except DatabaseBusy as error:  # somebody holds a lock; the sweep tries again
        logger.warning("import %s: database busy: %s", import_id, error)
        Import.objects.filter(pk=import_id, status=Status.APPLYING).update(
            started_at=None, sent_at=at
        )
        return
    except Refused as no:
        logger.info("import %s: no longer allowed: %s", import_id, no.codes)
        Import.objects.filter(pk=import_id, status=Status.APPLYING).update(
            status=Status.UNREADABLE, reason=no.refusals[0].message[:300]
        )
        return
    if not applied:
        _show_again(import_id, said, by, at)


def _apply(import_id: int, said: Read, by: Actor, at: datetime) -> bool:
    """Under the locks; False if the plan is not the one that was shown."""
    found = Import.objects.select_for_update().get(pk=import_id)
    if found.status != Status.APPLYING:
        return True
    _lock(plan_of(said, by).touched() | {by.organisation.pk, _register(by)})
    plan = plan_of(said, by)
    shown = {signature(line) for line in found.lines.all()}
    if plan.faults or shown != {signature(one) for one in plan.told}:
        return False
    _carry_out(plan, str(found.key), by, at)
    found.status, found.applied_at = Status.APPLIED, at
    found.attempts, found.started_at = 0, None
    found.save(update_fields=["status", "applied_at", "attempts", "started_at"])
    record(by, "imported", str(found.key), at=at, name=found.upload.title,
           count=found.changes)  # fmt: skip
    tell(found.organisation, "导入完成", f"“{found.upload.title}”里的 {found.changes} 条都已导入，{by.user_name}办理。",
         at=at, icon="circle-check", tone="ok", link=reverse("imports:page", args=[found.key]),
         link_label="看结果")  # fmt: skip
    return True


def _register(by: Actor) -> int:
    """The register is one: whoever writes to it holds its association's row."""
    registrar = rules.Desk(by).registrar
    return registrar.pk if registrar else by.organisation.pk


def _lock(numbers: Iterable[int]) -> None:
    listed = sorted(set(numbers))
    for start in range(0, len(listed), BATCH):
        part = listed[start : start + BATCH]
        list(Organisation.objects.select_for_update().filter(pk__in=part).order_by("pk").values_list("pk"))  # fmt: skip


def _carry_out(plan: Plan, key: str, by: Actor, at: datetime) -> None:
    """By the writers of the register and of accounts; each line names the import."""
    entering.enter(plan.tops, by=by, at=at, imported=key)
    entering.enter(plan.groups, by=by, at=at, imported=key)
    entering.keep(plan.changed, by=by, at=at, imported=key)
    entering.hang(plan.hangs, by=by, at=at, imported=key)
    account_actions.open_accounts(plan.people)
    account_actions.grant_seats(plan.seats, by=by, at=at, imported=key)
    mailing.order_many(_letters(plan, by), at=at)


def _letters(plan: Plan, by: Actor) -> Iterator[tuple[str, str, str]]:
    """To everybody whose account this opens and who has a mailbox: how to come in."""
    seats: dict[int, list[tuple[Organisation, str]]] = {}
    for person, body, duty in plan.seats:
        seats.setdefault(person.pk, []).append((body, duty))
    for person in plan.people:
        if person.email and person.pk in seats:
            subject, text = letters.opened(
                person, seats[person.pk], by.organisation_name
            )
            yield person.email, subject, text


def _show_again(import_id: int, said: Read, by: Actor, at: datetime) -> None:
    """Nothing was written: the dry run as it is now, with what moved since the last."""
    plan = plan_of(said, by)
    with transaction.atomic():
        found = Import.objects.select_for_update().get(pk=import_id)
        if found.status == Status.APPLYING:
            before = {signature(line) for line in found.lines.all()}
            _write_down(found, said, plan, at, before)
