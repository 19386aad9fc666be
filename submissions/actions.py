"""The only writers of submissions: lock, ask the rules again, write, leave a step.

Lock order everywhere: campaign counter → submission → dossier → places.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Organisation
from qcportal.audit.record import record
from qcportal.campaigns import definition, form_changes, scoring
from qcportal.campaigns.access import recommenders_for
from qcportal.campaigns.actions import next_number
from qcportal.campaigns.models import Campaign, Category, Rubric
from qcportal.documents import reading
from qcportal.documents.making import order
from qcportal.documents.models import Document
from qcportal.refusals import refuse, refuse_if
from qcportal.seals.models import Evidence, SealAct
from qcportal.ui import identity
from submissions import known as known_facts
from submissions import merging, notices, proof, rubrics, rules, tasks
from submissions.lifecycle import EDITABLE, MOVES, MoveName, State
from submissions.merging import Choice, Held, Merged, Opened, Typed
from submissions.models import (
    Attachment,
    DraftPreview,
    FieldEdit,
    FrozenAttachment,
    FrozenRecord,
    Reminder,
    Revision,
    ScoreSheet,
    Stamp,
    StampLook,
    Step,
    Submission,
    Tier,
    new_check_code,
)
from submissions.yearbook import Topic

MOVED = ["state", "state_since", "reach"]  # what an arrow changes in a row
BATCH = 500
PREVIEW_LIFETIME = timedelta(hours=2)


def locked(submission_id: int) -> Submission:
    """The row, held until the transaction ends; everything is asked again under it."""
    Submission.objects.select_for_update().get(pk=submission_id)
    return Submission.objects.with_people().get(pk=submission_id)


def locked_many(ids: Iterable[int]) -> list[Submission]:
    """The rows by number, the lowest locked first, held until the transaction ends."""
    wanted = sorted(ids)
    rows = Submission.objects.filter(pk__in=wanted).order_by("pk")
    list(rows.select_for_update().values_list("pk", flat=True))
    return list(rows.with_people().select_related("campaign__host"))


def advance(
    submission: Submission,
    name: MoveName,
    *,
    by: Actor,
    at: datetime,
    comment: str = "",
) -> Step:
    """Take one arrow of the table. With ``advance_many`` the only place that assigns
    ``state``; the caller holds the lock and has asked the rules."""
    move = MOVES[name]
    if move.needs_comment and not comment.strip():
        refuse("comment_missing", "请写明原因，对方会看到。", "comment")
    if identity.holds_number(comment):
        refuse("identity_number", identity.SENTENCE, "comment")
    step = _take(submission, name, by, at, comment)
    step.save(force_insert=True)
    submission.save(update_fields=MOVED)
    notices.moved(submission, step)
    return step


def advance_many(
    submissions: Sequence[Submission], name: MoveName, *, by: Actor, at: datetime
) -> None:
    """The same arrow for many at once; not for moves that need a reason."""
    if MOVES[name].needs_comment:
        raise ValueError(f"{name} needs a reason of its own")
    steps = [_take(one, name, by, at) for one in submissions]
    Step.objects.bulk_create(steps, batch_size=BATCH)
    Submission.objects.bulk_update(submissions, MOVED, batch_size=BATCH)
    for one, step in zip(submissions, steps, strict=True):
        notices.moved(one, step)


def _take(
    submission: Submission, name: MoveName, by: Actor, at: datetime, comment: str = ""
) -> Step:
    """The arrow's step and the new state, neither stored yet."""
    move = MOVES[name]
    step = Step(
        submission=submission, move=name, from_state=submission.state,
        to_state=move.to_state, by=by.user, by_name=by.user_name,
        organisation=by.organisation, role=by.role, revision=submission.revision,
        comment=comment.strip(), at=at,
    )  # fmt: skip
    submission.state = move.to_state
    submission.state_since = at
    submission.reach = max(submission.reach, move.reach)
    return step


# --- the group ------------------------------------------------------------------


@transaction.atomic
def begin(
    category: Category, *, by: Actor, at: datetime, topic: Topic | None = None
) -> Submission:
    """A new draft of the group in the category's newest form, with what the portal
    already knows of group, unit and registered topic filled in. Raises Refused."""
    refuse_if(rules.why_not_begin(category, by, at))
    campaign = category.campaign
    if topic is not None:
        refuse_if(rules.why_not_take_topic(campaign, topic, by))
    unit, form = by.organisation.parent, category.newest_form
    if unit is None or form is None:
        refuse("no_unit", "班组没有所在单位，请联系秘书处。")
    serial = next_number(campaign, "submission")
    submission = Submission(
        campaign=campaign, category=category, form=form, group=by.organisation, unit=unit,
        code=f"{campaign.year}-{campaign.letters}-{serial:04d}",
        state_since=at, created_by=by.user, created_at=at, saved_at=at, topic=topic,
    )  # fmt: skip
    known = _known_facts(campaign, form.form, by.organisation, by.holder.name)
    if topic is not None:
        known |= proof.known_facts(form.form, topic)
    _write(submission, known)
    submission.save()
    return submission


@transaction.atomic
def take_topic(
    submission_id: int, topic: Topic | None, *, by: Actor, at: datetime
) -> None:
    """Tie a draft to a registered topic (or to none); what was typed stays."""
    submission = locked(submission_id)
    refuse_if(rules.why_not_write(submission, by, at))
    if topic is not None:
        refuse_if(rules.why_not_take_topic(submission.campaign, topic, by, submission))
    submission.topic = topic
    submission.save(update_fields=["topic"])


def _known_facts(
    campaign: Campaign,
    form: definition.FormDefinition,
    group: Organisation,
    person: str,
) -> dict[str, Any]:
    unit, content = group.parent, definition.empty(form)
    content |= known_facts.standing_facts(form, group, person)
    content |= known_facts.registered(form, group, campaign.year)
    options = list(recommenders_for(campaign, unit)[:2]) if unit else []
    field = form.meaning("recommender")
    if field and len(options) == 1:
        content[field.code] = str(options[0].key)
    return content


# What ``_write`` sets in a row that stands already.
WRITTEN = ["content", "row_keys", "title", "group_name", "unit_name", "topic_type",
           "recommender", "mobile_index", "version", "saved_at"]  # fmt: skip


def _write(
    submission: Submission,
    content: Mapping[str, Any],
    keys: Mapping[str, list[str]] | None = None,
) -> None:
    """Set content and what mirrors it; the caller saves. Without ``keys`` the rows that
    stay as they were keep theirs."""
    form, before = submission.form.form, submission.held
    kept = {
        code: content.get(code, definition.empty(form)[code]) for code in form.by_code
    }
    after = merging.aligned(form, before, kept) if keys is None else Held(kept, keys)
    submission.content, submission.row_keys = kept, dict(after.keys)
    submission.title = form.value(kept, "title").strip()[:200]
    submission.group_name = form.honoured(kept).strip()[:200]
    submission.unit_name = form.value(kept, "unit_name").strip()[:200]
    if submission.state == State.AMENDMENT_ASKED:
        return  # a place is counted by type and body: they stay as they were recommended
    submission.topic_type = form.value(kept, "topic_type")[:30]
    submission.recommender = _recommender(submission, form.value(kept, "recommender"))


def _recommender(submission: Submission, chosen: str) -> Organisation | None:
    if not submission.category.needs_recommender:
        return None
    options = recommenders_for(submission.campaign, submission.unit)
    return next((o for o in options if str(o.key) == chosen), None)


@transaction.atomic
def save_draft(
    submission_id: int,
    content: Mapping[str, Any],
    *,
    version: int,
    by: Actor,
    at: datetime,
) -> Submission:
    """Write the whole working copy. ``version`` is the one the content was made from:
    an older one raises Refused ``stale_version`` and nothing is overwritten."""
    submission = locked(submission_id)
    refuse_if(rules.why_not_write(submission, by, at))
    if version != submission.version:
        refuse(
            "stale_version",
            "另一个窗口或另一位同事刚刚改过这份草稿，您这里的改动没有盖掉它。请先看看最新内容。",
        )
    refuse_if(definition.not_kept(submission.form.form, content))
    _rewrite(submission, content, None, window="", by=by, at=at)
    return submission


@transaction.atomic
def merge_draft(
    submission_id: int,
    typed: Typed,
    *,
    opened: Opened,
    choices: Mapping[str, Choice] | None = None,
    by: Actor,
    at: datetime,
) -> tuple[Submission, Merged]:
    """Write what a page changed and leave what another window changed meanwhile. What
    both changed is not written: it comes back as clashes. Raises Refused."""
    submission = locked(submission_id)
    refuse_if(rules.why_not_write(submission, by, at))
    form, marks = submission.form.form, opened.marks
    if marks is None:
        current = opened.version == submission.version
        marks = merging.marks_of(form, submission.held) if current else {}
    own = rules.written_by_window(submission, opened.window)
    merged = merging.merge(
        form, submission.held, typed, marks, own=own, choices=choices
    )
    refuse_if(definition.not_kept(form, merged.stored.content))
    if merged.stored.content != submission.content:
        stored = merged.stored
        _rewrite(submission, stored.content, stored.keys,
                 window=opened.window, by=by, at=at)  # fmt: skip
    return submission, merged


def _rewrite(
    submission: Submission, content: Mapping[str, Any],
    keys: Mapping[str, list[str]] | None, *, window: str, by: Actor, at: datetime,
) -> None:  # fmt: skip
    """Write the working copy and note who wrote which place; the caller has asked."""
    before = submission.held
    _write(submission, content, keys)
    submission.version += 1
    submission.saved_at = at
    submission.save(update_fields=WRITTEN)
    places = merging.changed_places(submission.form.form, before, submission.held)
    FieldEdit.objects.bulk_create(
        [
            FieldEdit(submission=submission, place=place, version=submission.version,
                      at=at, by=by.user, by_name=by.user_name, window=window)
            for place in places
        ],
        update_conflicts=True,
        unique_fields=["submission", "place"],
        update_fields=["version", "at", "by", "by_name", "window"],
    )  # fmt: skip


@transaction.atomic
def take_known(
    submission_id: int, codes: Iterable[str], *, by: Actor, at: datetime
) -> list[str]:
    """Fill the named fields, as far as they are still empty, with what the portal knows
    (``submissions.known``); the labels of those filled. Raises Refused."""
    submission = locked(submission_id)
    refuse_if(rules.why_not_write(submission, by, at))
    wanted = set(codes)
    taken = [
        offer
        for offer in known_facts.offers(submission, by.holder.name)
        if offer.code in wanted
    ]
    if taken:
        content = {**submission.content, **{one.code: one.value for one in taken}}
        _rewrite(submission, content, None, window="", by=by, at=at)
    return [offer.item.label for offer in taken]


@transaction.atomic
def begin_all(
    category: Category,
    contents: Iterable[Mapping[str, Any]],
    *,
    by: Actor,
    at: datetime,
) -> tuple[list[Submission], list[str]]:
    """A draft for each content, and the titles left out because the group has a draft of
    that name: a second click, or the same sheet again, begins nothing twice. All or
    none. Raises Refused ``nothing_chosen`` and those of ``begin``."""
    given = list(contents)
    if not given:
        refuse("nothing_chosen", "请至少选一项。")
    refuse_if(rules.why_not_begin(category, by, at))
    Organisation.objects.select_for_update().get(pk=by.organisation.pk)
    newest = category.newest_form
    if newest is None:
        refuse("no_form", "这个类别还没有申报表，请联系秘书处。")
    drafts = Submission.objects.filter(
        category=category, group=by.organisation, state__in=EDITABLE
    )
    titles = set(drafts.values_list("title", flat=True))
    begun, known = [], []
    for content in given:
        refuse_if(definition.not_kept(newest.form, content))
        title = newest.form.value(content, "title")
        if title in titles:
            known.append(title or "没有写题目的")
            continue
        titles.add(title)
        made = begin(category, by=by, at=at)
        _rewrite(made, {**made.content, **content}, None, window="", by=by, at=at)
        begun.append(made)
    return begun, known


@transaction.atomic
def order_preview(submission_id: int, *, by: Actor, at: datetime) -> DraftPreview:
    """Have the draft drawn as it would print. One at a time, and not anew while nothing
    was changed or within 10 seconds: then the one that stands is answered."""
    submission = locked(submission_id)
    refuse_if(rules.why_not_write(submission, by, at))
    standing = rules.preview_of(submission)
    if standing and not rules.may_draw_anew(standing, submission, at):
        return standing
    title = f"{submission.title or submission.code}_草稿.pdf"
    document = order("draft_form", title[-200:], maker=tasks.render_draft.name,
                     by=by.user, lifetime=PREVIEW_LIFETIME)  # fmt: skip
    made, _ = DraftPreview.objects.update_or_create(
        submission=submission,
        defaults={"document": document, "version": submission.version, "at": at},
    )
    return made


@transaction.atomic
def take_newest_form(
    submission_id: int, *, version: int, by: Actor, at: datetime
) -> Submission:
    """Move a draft onto the newest published form: the content goes along by field
    code, what does not fit stays readable beside it until it is filed. Raises Refused
    ``stale_version``, ``no_newer_form``, ``amending``."""
    submission = locked(submission_id)
    refuse_if(rules.why_not_take_newest_form(submission, by, at))
    if version != submission.version:
        refuse(
            "stale_version", "另一个窗口刚刚改过这份草稿，请先看看最新内容再换新版。"
        )
    newest = submission.category.newest_form
    if newest is None:
        refuse("no_newer_form", "没有新的申报表。")
    content, left = form_changes.carry(
        submission.form.form, newest.form, submission.content
    )
    submission.left_over += [{"label": one.label, "text": one.text} for one in left]
    record(by, "form_taken", submission.code, at=at, campaign=submission.campaign.code,
           old=submission.form.version, new=newest.version)  # fmt: skip
    submission.form = newest
    _write(submission, content)
    submission.version += 1
    submission.saved_at = at
    submission.save(update_fields=["form", "left_over", *WRITTEN])
    return submission


@transaction.atomic
def attach(
    submission_id: int, slot: str, document: Document, *, by: Actor, at: datetime
) -> Attachment:
    """Put an uploaded file in a slot; in a slot for one, the older file steps back."""
    submission = locked(submission_id)
    refuse_if(rules.why_not_attach(submission, slot, by, at))
    return put_in(submission, slot, document, by=by, at=at)


def put_in(
    submission: Submission, slot: str, document: Document, *, by: Actor, at: datetime
) -> Attachment:
    """Stand a file last in its slot; the caller holds the lock and has asked."""
    found = submission.form.form.slot(slot)
    standing = submission.attachments.filter(slot=slot, removed_at__isnull=True)
    if found and not found.many:
        standing.update(removed_at=at)
    last = standing.aggregate(last=Max("position"))["last"] or 0
    return Attachment.objects.create(
        submission=submission,
        slot=slot,
        document=document,
        added_at=at,
        added_by=by.user,
        position=last + 1,
    )


@transaction.atomic
def detach(attachment_id: int, *, by: Actor, at: datetime) -> None:
    """Take a file out of its slot. The row stays; frozen revisions keep the file."""
    attachment = Attachment.objects.get(pk=attachment_id)
    submission = locked(attachment.submission_id)
    refuse_if(rules.why_not_write(submission, by, at))
    Attachment.objects.filter(pk=attachment_id, removed_at__isnull=True).update(
        removed_at=at
    )


@transaction.atomic
def file(
    submission_id: int, *, confirmed: bool, by: Actor, at: datetime,
    names: str | None = None,
) -> Revision:  # fmt: skip
    """Freeze a revision and hand it to the unit. A second click on the same draft
    answers with the revision of the first. ``names`` is the mark of what was read word
    by word (``rules.names_mark``): another one raises Refused ``names_changed``."""
    submission = locked(submission_id)
    if just_filed(submission, by):
        return submission.filed_revision
    refuse_if(rules.why_not_file(submission, by, at))
    refuse_if(rules.why_not_confirmed(submission, confirmed, names))
    return hand_in(submission, by=by, at=at)


def hand_in(
    submission: Submission,
    *,
    by: Actor,
    at: datetime,
    completed_at: datetime | None = None,
) -> Revision:
    """Freeze and hand on, as of ``at``; the caller holds the lock and has asked.
    ``completed_at``: when the last file came in, where it came after that."""
    name = rules.filing_move(submission)
    revision = _freeze(submission, by=by, at=at)
    if completed_at is not None:
        revision.completed_at = completed_at
        revision.save(update_fields=["completed_at"])
    submission.revision, submission.left_over = revision, []
    submission.save(update_fields=["revision", "left_over"])
    submission.edits.all().delete()
    _void_stamps(submission, "内容改过，原盖章作废", at)
    advance(submission, name, by=by, at=at)
    return revision


def just_filed(submission: Submission, by: Actor) -> bool:
    """Whether it is where the group's filing leads: the click before this one did it."""
    stamps = submission.category.needs_unit_stamp
    after = {State.FILED, State.AMENDED} if stamps else {State.STAMPED, State.SUBMITTED}
    return (
        submission.state in after
        and submission.group_id == by.organisation.pk
        and submission.revision is not None
    )


def _freeze(submission: Submission, *, by: Actor, at: datetime) -> Revision:
    number = submission.revisions.count() + 1
    form = submission.form.form
    content = form.in_force(submission.content)
    standing = [
        (a.slot, a.document)
        for slot, files in rules.current_attachments(submission).items()
        for a in files
        if form.slot(slot)  # a newer form may not ask for it any more
    ]
    papers = [
        {"slot": slot, "title": d.title, "sha256": d.sha256, "size": d.size}
        for slot, d in standing
    ]
    records = submission.topic.standing_records if submission.topic else []
    activity = proof.frozen(submission.topic, records) if submission.topic else {}
    said = {"code": submission.code, "number": number,
            "content": content, "papers": papers}  # fmt: skip
    if activity:
        said["activity"] = activity
    title = (
        f"{submission.unit_name}_{submission.group_name}_{submission.title}_申报表.pdf"
    )
    revision = Revision.objects.create(
        submission=submission, number=number, form=submission.form,
        content=content, papers=papers, activity=activity,
        confirmed=[{"label": a, "text": b} for a, b in rules.names(submission)],
        recommender_name=submission.recommender.name if submission.recommender else "",
        content_hash=digest(said),
        check_code=new_check_code(), filed_at=at, filed_by=by.user,
        filed_by_name=by.user_name,
        document=order("application_form", title[:200],
                       maker=tasks.render_application_form.name, by=by.user),
        receipt=order("receipt", f"{submission.code}_第{number}版_收件回执.pdf",
                      maker=tasks.render_receipt.name, by=by.user),
    )  # fmt: skip
    reading.order_copies([document for _, document in standing], by.user)
    FrozenAttachment.objects.bulk_create(
        FrozenAttachment(revision=revision, slot=slot, document=document)
        for slot, document in standing
    )
    FrozenRecord.objects.bulk_create(
        FrozenRecord(revision=revision, record=record) for record in records
    )
    return revision


def digest(value: Any) -> str:
    """SHA-256 (hex) over canonical JSON."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _void_stamps(submission: Submission, reason: str, at: datetime) -> None:
    Stamp.objects.filter(
        sheet__revision__submission=submission, voided_at__isnull=True
    ).update(voided_at=at, void_reason=reason)


@transaction.atomic
def recall(submission_id: int, *, by: Actor, at: datetime) -> None:
    """Take it back from the unit to improve it, while the filing window is open."""
    submission = locked(submission_id)
    refuse_if(rules.why_not_recall(submission, by, at))
    advance(submission, rules.recall_move(submission), by=by, at=at)


@transaction.atomic
def withdraw(submission_id: int, *, comment: str, by: Actor, at: datetime) -> None:
    """End the filing for good; everything stays readable."""
    submission = locked(submission_id)
    refuse_if(rules.why_not(MoveName.WITHDRAW, submission, by, at))
    advance(submission, MoveName.WITHDRAW, by=by, at=at, comment=comment)


@transaction.atomic
def remind(submission_id: int, *, by: Actor, at: datetime) -> None:
    """Nudge the desk that has it, once a day."""
    submission = locked(submission_id)
    refuse_if(rules.why_not_remind(submission, by, at))
    Reminder.objects.create(submission=submission, by=by.user, at=at)
    notices.reminded(submission, by.user_name, at)


# --- scores and stamps: the unit here, the recommending body from its own app -----


@transaction.atomic
def save_sheet(
    submission_id: int, *, marks: Mapping[str, str], opinion: str, version: int,
    by: Actor, at: datetime,
) -> ScoreSheet:  # fmt: skip
    """The unit's marks (criterion code → text) and opinion, half-way or complete."""
    submission = locked(submission_id)
    refuse_if(rules.why_not_score(submission, by, at))
    return write_sheet(
        submission,
        Tier.UNIT,
        marks=marks,
        opinion=opinion,
        version=version,
        by=by,
        at=at,
    )


def write_sheet(
    submission: Submission, tier: Tier, *, marks: Mapping[str, str], opinion: str,
    version: int, by: Actor, at: datetime,
) -> ScoreSheet:  # fmt: skip
    """Write a tier's sheet; the caller holds the lock and has asked its own rule.

    A changed sheet loses its printed paper and its stamp. An older ``version`` raises
    Refused ``stale_version``.
    """
    sheet, _ = ScoreSheet.objects.get_or_create(
        revision=submission.revision, tier=tier,
        defaults={"organisation": by.organisation, "rubric": rubric_for(submission),
                  "saved_at": at, "saved_by": by.user, "saved_by_name": by.user_name},
    )  # fmt: skip
    kept = {
        c.code: scoring.tidy(marks.get(c.code, "")) for c in sheet.rubric.criteria_list
    }
    if (kept, opinion) == (sheet.marks, sheet.opinion):
        return sheet
    if version != sheet.version:
        refuse(
            "stale_version",
            "另一位同事刚刚改过评分或意见，您这里的改动没有盖掉它。请刷新后再改。",
        )
    sheet.marks, sheet.opinion = kept, opinion
    sheet.total = scoring.total(sheet.rubric, kept)
    sheet.complete = not list(scoring.faults(sheet.rubric, kept))
    sheet.version += 1
    if sheet.check_code:
        sheet.replaced.create(
            check_code=sheet.check_code, content_hash=sheet.content_hash, at=at
        )
    sheet.paper, sheet.content_hash, sheet.check_code = None, "", ""
    sheet.saved_at, sheet.saved_by, sheet.saved_by_name = at, by.user, by.user_name
    sheet.save()
    sheet.stamps.filter(voided_at__isnull=True).update(
        voided_at=at, void_reason="评分或意见改过，原盖章作废"
    )
    return sheet


def rubric_for(submission: Submission) -> Rubric:
    """The rubric the submission's revision is scored by (``rubrics.in_use``). Raises
    Refused ``no_rubric``."""
    rubric = rubrics.in_use([submission]).get(submission.pk)
    if rubric is None:
        refuse("no_rubric", "这个课题类型还没有评审表，请联系秘书处。")
    return rubric


@transaction.atomic
def print_sheet(submission_id: int, *, by: Actor, at: datetime) -> ScoreSheet:
    """Order the unit's 成果评分与推荐意见表 for printing; again gives the same paper."""
    submission = locked(submission_id)
    refuse_if(rules.why_not_score(submission, by, at))
    return order_sheet_paper(submission, Tier.UNIT, by=by)


def order_sheet_paper(submission: Submission, tier: Tier, *, by: Actor) -> ScoreSheet:
    """Freeze what the sheet says into a paper with its own check code."""
    refuse_if(
        rules.sheet_faults(
            rules.sheet_of(submission, tier), submission.campaign.opinion_limit
        )
    )
    sheet = rules.written_sheet(submission, tier)
    if sheet.paper is not None:
        return sheet
    sheet.content_hash = digest(
        {"revision": sheet.revision.content_hash, "tier": sheet.tier,
         "marks": sheet.marks, "opinion": sheet.opinion, "by": sheet.organisation.name}
    )  # fmt: skip
    sheet.check_code = new_check_code()
    sheet.organisation_name = sheet.organisation.name
    title = f"{submission.unit_name}_{submission.title}_成果评分与推荐意见表（{Tier(tier).label}）.pdf"
    sheet.paper = order(
        "opinion_form", title[:200], maker=tasks.render_opinion_form.name, by=by.user
    )
    sheet.save(
        update_fields=["organisation_name", "content_hash", "check_code", "paper"]
    )
    return sheet


@transaction.atomic
def stamp(
    submission_id: int, *, evidence: str, scan: Document | None, confirmed: bool,
    by: Actor, at: datetime,
) -> Stamp:  # fmt: skip
    """The unit stands behind its sheet and hands the submission on. Raises Refused."""
    submission = locked(submission_id)
    name = rules.stamping_move(submission)
    refuse_if(
        rules.why_not_stamp(
            submission, by, at, evidence=evidence, scan=scan, confirmed=confirmed
        )
    )
    made = press(
        rules.written_sheet(submission, Tier.UNIT),
        evidence=evidence,
        scan=scan,
        by=by,
        at=at,
    )
    advance(submission, name, by=by, at=at)
    return made


def press(
    sheet: ScoreSheet, *, evidence: str, scan: Document | None, by: Actor, at: datetime
) -> Stamp:
    """One deliberate act of sealing, bound to the hash of what was printed."""
    by_picture = evidence == Evidence.SEAL_PICTURE
    act = SealAct.objects.create(
        organisation=by.organisation, organisation_name=by.organisation.name,
        by=by.user, by_name=by.user_name, at=at,
        evidence=evidence, content_hash=sheet.content_hash, check_code=sheet.check_code,
        paper=sheet.paper if by_picture else scan,
        picture=rules.live_seal_picture(by.organisation) if by_picture else None,
    )  # fmt: skip
    sheet.stamps.filter(voided_at__isnull=True).update(
        voided_at=at, void_reason="重新盖章"
    )
    paper = None
    if by_picture:
        title = f"{sheet.revision.submission.title}_成果评分与推荐意见表_带印模图像.pdf"
        paper = order("sealed_opinion_form", title[-200:],
                      maker=tasks.render_sealed_opinion_form.name, by=by.user)  # fmt: skip
    made = Stamp.objects.create(
        sheet=sheet, act=act, scan=None if by_picture else scan, paper=paper, at=at
    )
    record(by, "stamped", sheet.revision.submission.code, at=at,
           campaign=sheet.revision.submission.campaign.code, tier=sheet.tier,
           evidence=evidence, content_hash=sheet.content_hash)  # fmt: skip
    return made


@transaction.atomic
def look_at_stamp(
    submission_id: int, tier: str, *, points: Mapping[str, bool | None],
    pages: Collection[int], remark: str, by: Actor, at: datetime,
) -> StampLook:  # fmt: skip
    """The desk after ``tier`` answers for its stamp: the three points (rules.
    STAMP_POINTS, None = not answered) and, where no code was read, each page compared
    by eye. Raises Refused."""
    submission = locked(submission_id)
    refuse_if(rules.why_not_look(submission, tier, by, points, pages, remark))
    stamp = rules.stamp_before(submission, by)
    if stamp is None:
        refuse("no_stamp", "这里没有要核对的盖章页，请刷新页面。")
    look = StampLook.objects.create(
        stamp=stamp, organisation=by.organisation, role=by.role,
        name_matches=bool(points["name_matches"]), legible=bool(points["legible"]),
        dated=bool(points["dated"]), remark=remark.strip()[:200],
        pages=sorted(set(pages) & set(rules.pages_to_compare(stamp))),
        at=at, by=by.user, by_name=by.user_name,
    )  # fmt: skip
    record(by, "stamp_looked", submission.code, at=at,
           campaign=submission.campaign.code, tier=tier, sound=look.sound)  # fmt: skip
    return look


@transaction.atomic
def unit_return(submission_id: int, *, comment: str, by: Actor, at: datetime) -> None:
    """Give it back to the group with a reason."""
    submission = locked(submission_id)
    refuse_if(rules.why_not(MoveName.UNIT_RETURN, submission, by, at))
    advance(submission, MoveName.UNIT_RETURN, by=by, at=at, comment=comment)


@transaction.atomic
def unstamp(submission_id: int, *, comment: str, by: Actor, at: datetime) -> None:
    """The unit takes its stamp back before the recommending body has acted."""
    submission = locked(submission_id)
    refuse_if(rules.why_not(MoveName.UNSTAMP, submission, by, at))
    _void_stamps(submission, "单位撤回盖章", at)
    advance(submission, MoveName.UNSTAMP, by=by, at=at, comment=comment)


def note_award(
    submission: Submission, *, award: str, style: str, certificate_number: str
) -> None:
    """Copy down what was published. The caller holds the lock and has published."""
    submission.award = award
    submission.award_style = style
    submission.certificate_number = certificate_number
    submission.save(update_fields=["award", "award_style", "certificate_number"])
