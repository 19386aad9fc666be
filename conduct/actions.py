"""The only writers of cases, and of the loss of the right to recommend.

Lock order: case → body → submission → dossier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from conduct import notices, rules
from conduct.models import (
    Case,
    CaseFile,
    CaseStep,
    Complainant,
    PendingDecision,
    new_receipt,
    receipt_hash,
)
from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Organisation, User
from qcportal.accounts.rules import why_not_in_person
from qcportal.audit.record import record
from qcportal.campaigns.models import Campaign, Extension, Standing
from qcportal.campaigns.rules import closing
from qcportal.campaigns.stages import Stage
from qcportal.documents import uploads
from qcportal.refusals import refuse, refuse_if
from recommenders import actions as recommending
from recommenders.models import Candidate
from submissions import actions as submission_actions
from submissions.lifecycle import MoveName, State
from submissions.models import Submission
from submissions.rules import whose

What, Choice = CaseStep.What, PendingDecision.Choice
Upload = tuple[Any, uploads.Inspected]


@dataclass
class Said:
    """What somebody wrote in the complaint box, cleaned. Empty contact: anonymous."""

    kind: str
    text: str
    campaign: Campaign
    body: Organisation | None = None
    body_name: str = ""
    name: str = ""
    phone: str = ""
    email: str = ""
    files: Sequence[Upload] = field(default_factory=list)


def locked(case_id: int) -> Case:
    Case.objects.select_for_update().get(pk=case_id)
    found = Case.objects.select_related("association", "campaign", "body", "handler")
    return found.get(pk=case_id)


def _unchanged(case: Case, version: int) -> None:
    """Two handlers at once: the second one's act is refused, nothing is overwritten."""
    if version != case.version:
        refuse(
            "stale_version",
            "另一位同事刚刚办过这件，您的操作没有做。请看过最新情况再办。",
        )


def _step(
    case: Case, what: str, *, by: Actor | None, at: datetime, comment: str = "",
    **changes: Any,
) -> CaseStep:  # fmt: skip
    """Write the changes and the step of one act; the caller holds the lock."""
    for name, value in changes.items():
        setattr(case, name, value)
    case.version += 1
    case.save(update_fields=[*changes, "version"])
    return CaseStep.objects.create(
        case=case, what=what, comment=comment.strip(), at=at,
        by_name=by.user_name if by else "",
        organisation_name=by.organisation_name if by else "",
    )  # fmt: skip


def _code(case: Case) -> str:
    """The campaign a line of the trail belongs to."""
    return case.campaign.code if case.campaign else ""


def _keep(
    case: Case, files: Sequence[Upload], side: str, by: Actor | None, at: datetime
) -> None:
    """Files under numbers: a name like 张三的截图.png would tell who sent it. Whoever
    complains is not written down as the one who uploaded."""
    before = case.files.filter(side=side).count()
    label = CaseFile.Side(side).label
    for number, (upload, inspected) in enumerate(files, before + 1):
        document = uploads.store_upload(
            upload, inspected, "case_file", by=by.user if by else None,
            title=f"{label}材料{number}.{inspected.extension}",
        )  # fmt: skip
        CaseFile.objects.create(case=case, side=side, document=document, at=at)


# --- the complainant ---------------------------------------------------------------------


@transaction.atomic
def complain(given: Said, *, at: datetime) -> tuple[Case, str]:
    """A new case and its receipt, which is told once and kept by nobody here."""
    receipt = new_receipt()
    case = Case.objects.create(
        receipt_hash=receipt_hash(receipt), association=given.campaign.host,
        campaign=given.campaign, origin=Case.Origin.COMPLAINT, kind=given.kind,
        body=given.body, body_name=given.body_name, text=given.text,
        state=Case.State.RECEIVED, received_at=at,
    )  # fmt: skip
    Complainant.objects.create(
        case=case, name=given.name, phone=given.phone, email=given.email
    )
    CaseStep.objects.create(case=case, what=What.RECEIVED, at=at)
    _keep(case, given.files, CaseFile.Side.COMPLAINANT, None, at)
    record(None, "complaint_received", case.code, at=at, campaign=_code(case))
    notices.received(case, receipt, given.email, at)
    return case, receipt


@transaction.atomic
def add(case_id: int, text: str, files: Sequence[Upload], *, at: datetime) -> None:
    """The complainant adds words and files by the receipt."""
    case = locked(case_id)
    refuse_if(rules.why_not_add(case, text))
    CaseStep.objects.create(case=case, what=What.ADDED, comment=text.strip(), at=at)
    _keep(case, files, CaseFile.Side.COMPLAINANT, None, at)
    notices.added(case, at)


# --- the association ---------------------------------------------------------------------


@transaction.atomic
def open_own(
    *, kind: str, text: str, campaign: Campaign, body: Organisation | None,
    body_name: str, files: Sequence[Upload], by: Actor, at: datetime,
) -> Case:  # fmt: skip
    """The association found something out itself; whoever opens it handles it."""
    refuse_if(why_not_in_person(by))
    case = Case.objects.create(
        association=by.organisation, campaign=campaign, origin=Case.Origin.OWN,
        kind=kind, body=body, body_name=body_name, text=text,
        state=Case.State.HANDLING, handler=by.user, handler_name=by.user_name,
        received_at=at,
    )  # fmt: skip
    CaseStep.objects.create(
        case=case, what=What.OPENED, at=at, by_name=by.user_name,
        organisation_name=by.organisation_name,
    )  # fmt: skip
    _keep(case, files, CaseFile.Side.ASSOCIATION, by, at)
    record(by, "case_opened", case.code, at=at, campaign=_code(case))
    return case


@transaction.atomic
def accept(case_id: int, *, by: Actor, at: datetime) -> None:
    """Take it up. A second click of the same person changes nothing."""
    case = locked(case_id)
    if case.state == Case.State.HANDLING and case.handler_id == by.user.pk:
        return
    refuse_if(rules.why_not_accept(case, by))
    _step(case, What.ACCEPTED, by=by, at=at, state=Case.State.HANDLING,
          handler=by.user, handler_name=by.user_name)  # fmt: skip
    record(by, "case_accepted", case.code, at=at, campaign=_code(case))
    notices.moved_on(case, "已受理", at)


@transaction.atomic
def transfer(
    case_id: int, to: User | None, *, version: int, by: Actor, at: datetime
) -> None:
    """Another officer handles it from now on."""
    case = locked(case_id)
    refuse_if(rules.why_not_transfer(case, to, by))
    _unchanged(case, version)
    name = to.name if to else ""
    state = Case.State.HANDLING if case.state == Case.State.RECEIVED else case.state
    _step(case, What.TRANSFERRED, by=by, at=at, comment=f"承办人：{name}",
          handler=to, handler_name=name, state=state)  # fmt: skip
    record(by, "case_transferred", case.code, at=at, campaign=_code(case))


@transaction.atomic
def name_body(
    case_id: int, body: Organisation, *, version: int, by: Actor, at: datetime
) -> None:
    """Which organisation on the register it is about, before it was asked."""
    case = locked(case_id)
    refuse_if(rules.why_not_handle(case, by))
    _unchanged(case, version)
    if case.asked_at is not None:
        refuse("asked_already", "已经请对方说明过，不能再换涉及单位。", "body")
    _step(case, What.NAMED, by=by, at=at, comment=body.name, body=body)


@transaction.atomic
def note(case_id: int, text: str, *, by: Actor, at: datetime) -> None:
    """Something for the file; only the association reads it."""
    case = locked(case_id)
    refuse_if(rules.why_not_touch(case, by))
    if not text.strip():
        refuse("text_missing", "请写要记下的内容。", "comment")
    _step(case, What.NOTED, by=by, at=at, comment=text)


@transaction.atomic
def ask_body(
    case_id: int, *, question: str, due_at: datetime, version: int, by: Actor,
    at: datetime,
) -> None:  # fmt: skip
    """The body is asked to answer, in the handler's words, until ``due_at``."""
    case = locked(case_id)
    refuse_if(rules.why_not_ask(case, by, question=question, due_at=due_at, at=at))
    _unchanged(case, version)
    _step(case, What.ASKED, by=by, at=at, comment=question, state=Case.State.HEARING,
          question=question.strip(), asked_at=at, due_at=due_at)  # fmt: skip
    record(by, "case_asked", case.code, at=at, campaign=_code(case))
    notices.asked(case, at)


@transaction.atomic
def extend(
    case_id: int, *, due_at: datetime, reason: str, version: int, by: Actor,
    at: datetime,
) -> None:  # fmt: skip
    """More time to answer, with the reason."""
    case = locked(case_id)
    refuse_if(rules.why_not_extend(case, by, due_at=due_at, at=at))
    _unchanged(case, version)
    if not reason.strip():
        refuse("comment_missing", "请写延长的原因。", "comment")
    _step(case, What.EXTENDED, by=by, at=at, comment=reason, due_at=due_at)
    record(by, "case_extended", case.code, at=at, campaign=_code(case))
    notices.asked(case, at)


@transaction.atomic
def answer(
    case_id: int, *, text: str, files: Sequence[Upload], by: Actor, at: datetime
) -> None:
    """What the body says for itself; once."""
    case = locked(case_id)
    refuse_if(rules.why_not_answer(case, by, text=text, at=at))
    _step(case, What.ANSWERED, by=by, at=at, comment=text, state=Case.State.HANDLING)
    _keep(case, files, CaseFile.Side.BODY, by, at)
    record(by, "case_answered", case.code, at=at, campaign=_code(case))
    notices.answered(case, at)


@transaction.atomic
def conclude(
    case_id: int, *, finding: str, words: str, version: int, by: Actor, at: datetime
) -> None:
    """The finding with its reasons; complainant and body read both."""
    case = locked(case_id)
    refuse_if(rules.why_not_conclude(case, by, finding=finding, at=at))
    _unchanged(case, version)
    if not words.strip():
        refuse("comment_missing", "请写结论和理由，反映人和对方都会看到。", "words")
    _step(case, What.CONCLUDED, by=by, at=at, comment=words, finding=finding,
          state=Case.State.CONCLUDED, conclusion=words.strip(), closed_at=at)  # fmt: skip
    record(by, "case_concluded", case.code, at=at, campaign=_code(case))
    notices.moved_on(case, "已办结", at)
    notices.concluded(case, at)


@transaction.atomic
def dismiss(case_id: int, *, words: str, version: int, by: Actor, at: datetime) -> None:
    """Not for this office, with the reason; the complainant reads it."""
    case = locked(case_id)
    refuse_if(rules.why_not_dismiss(case, by))
    _unchanged(case, version)
    if not words.strip():
        refuse("comment_missing", "请写不予受理的原因，反映人会看到。", "comment")
    _step(case, What.DISMISSED, by=by, at=at, comment=words, finding="",
          state=Case.State.DISMISSED, conclusion=words.strip(), closed_at=at)  # fmt: skip
    record(by, "case_dismissed", case.code, at=at, campaign=_code(case))
    notices.moved_on(case, "有了答复", at)


@transaction.atomic
def reopen(case_id: int, *, reason: str, version: int, by: Actor, at: datetime) -> None:
    """Handle a closed case anew; whoever reopens it handles it. What was concluded
    stays readable in the steps."""
    case = locked(case_id)
    refuse_if(rules.why_not_reopen(case, by, at))
    _unchanged(case, version)
    if not reason.strip():
        refuse("comment_missing", "请写重新办理的原因。", "comment")
    _step(case, What.REOPENED, by=by, at=at, comment=reason, state=Case.State.HANDLING,
          handler=by.user, handler_name=by.user_name, finding="", conclusion="",
          closed_at=None)  # fmt: skip
    record(by, "case_reopened", case.code, at=at, campaign=_code(case))
    notices.moved_on(case, "重新办理", at)


# --- the right to recommend --------------------------------------------------------------


@dataclass(frozen=True)
class Loss:
    """From when until when (None: for good), and why; the reason is told to all."""

    kind: str
    begins_at: datetime
    ends_at: datetime | None
    reason: str


@transaction.atomic
def take_right(
    case_id: int, loss: Loss, choices: Mapping[str, str], *, until: datetime | None,
    version: int, by: Actor, at: datetime,
) -> Standing:  # fmt: skip
    """The body loses its right, and every pending result its fate, all at once or not
    at all. ``choices``: 受理编号 → choice; ``until``: for those sent back. A second
    click answers with the first's loss."""
    case = locked(case_id)
    standing = rules.standing_of(case, at)
    if standing is not None:
        return standing
    if case.body_id:  # two cases about one body wait for each other here
        Organisation.objects.select_for_update(no_key=True).get(pk=case.body_id)
    rows = _locked_pending(case)
    refuse_if(rules.why_not_take_right(case, by, at))
    _unchanged(case, version)
    if not loss.reason.strip():
        refuse("reason_missing", "请写原因，对方、班组和单位都会看到。", "reason")
    refuse_if(rules.loss_faults(kind=loss.kind, begins_at=loss.begins_at, ends_at=loss.ends_at, at=at))  # fmt: skip
    refuse_if(rules.decision_faults(rows, choices, until=until, at=at))
    standing = Standing.objects.create(
        recommender=rules.the_body(case), association=case.association, kind=loss.kind,
        reason=loss.reason.strip(), case=case.code, begins_at=loss.begins_at,
        ends_at=loss.ends_at,
    )  # fmt: skip
    for row in rows:
        _settle(case, row, choices[row.code], standing, until, by, at)
    summary = notices.summed_up([choices[row.code] for row in rows])
    _step(case, What.RIGHT_LOST, by=by, at=at,
          comment=f"{standing.get_kind_display()}。{summary}".rstrip("。") + "。")  # fmt: skip
    record(by, "right_lost", case.code, at=at, campaign=_code(case), name=standing.recommender.name,
           reason=standing.reason, count=len(rows))  # fmt: skip
    notices.right_lost(case, standing, at)
    return standing


def _locked_pending(case: Case) -> list[Submission]:
    """What hangs on the body, held; asked again under the locks, so that one that came
    in meanwhile is seen and one that went is not."""
    ids = sorted(row.pk for row in rules.pending(case))
    for pk in ids:
        submission_actions.locked(pk)
    rows = rules.pending(case)
    for campaign in {row.campaign_id: row.campaign for row in rows}.values():
        if case.body:
            recommending.locked(recommending.dossier_of(campaign, case.body).pk)
    return rows


def _settle(
    case: Case, row: Submission, choice: str, lost: Standing, until: datetime | None,
    by: Actor, at: datetime,
) -> None:  # fmt: skip
    PendingDecision.objects.create(
        case=case, submission=row, choice=choice, was=row.state, at=at, by=by.user
    )
    title = Choice(choice).label
    words = f"{lost.recommender.name}被{lost.get_kind_display()}，{title}。原因：{lost.reason}"
    before = row.state_enum
    if choice == Choice.ANEW:
        _send_back(row, words, until, by, at)
    elif choice == Choice.CLOSE:
        _close(row, words, by, at)
    elif before in (State.STAMPED, State.RESERVED, State.RECOMMENDED):
        _take_over(row, words, by, at)
    if choice in (Choice.DIRECT, Choice.ANEW):
        row.recommender = None
        row.save(update_fields=["recommender"])
    if choice != Choice.STAY:
        Candidate.objects.filter(submission=row).update(
            recommended_at=None, recommended_by=None
        )
    record(by, "pending_decided", row.code, at=at, campaign=row.campaign.code,
           reason=title)  # fmt: skip
    notices.result_decided(row, choice, lost, until, at)


def _take_over(row: Submission, words: str, by: Actor, at: datetime) -> None:
    submission_actions.advance(row, MoveName.TAKE_OVER, by=by, at=at, comment=words)


def _close(row: Submission, words: str, by: Actor, at: datetime) -> None:
    submission_actions.advance(row, MoveName.CLOSE_BARRED, by=by, at=at, comment=words)


def _send_back(
    row: Submission, words: str, until: datetime | None, by: Actor, at: datetime
) -> None:
    """Back to the group without a body chosen, with time to choose and to stamp."""
    submission_actions.advance(row, MoveName.CHOOSE_ANEW, by=by, at=at, comment=words)
    chosen = row.form.form.meaning("recommender")
    if chosen:
        row.content = {**row.content, chosen.code: ""}
    row.version += 1
    row.save(update_fields=["content", "version"])
    for stage in (Stage.FILING, Stage.STAMPING, Stage.RECOMMENDING):
        now_closes = closing(row.campaign, stage, whose(row))
        if until is not None and now_closes is not None and now_closes < until:
            Extension.objects.create(
                campaign=row.campaign, stage=stage, record=row.code, closes_at=until,
                reason="推荐单位失去推荐资格，另选推荐单位", by=by.user, at=at,
            )  # fmt: skip


@transaction.atomic
def restore_right(
    case_id: int, *, reason: str, version: int, by: Actor, at: datetime
) -> None:
    """The right comes back from now on; what was decided meanwhile stays decided."""
    case = locked(case_id)
    refuse_if(rules.why_not_restore(case, by, at))
    _unchanged(case, version)
    if not reason.strip():
        refuse("comment_missing", "请写恢复的原因。", "comment")
    standing = rules.standing_of(case, at)
    if standing is None:
        raise ValueError(f"{case.code}: no loss in force")
    standing.ends_at, standing.end_reason = at, reason.strip()[:200]
    standing.save(update_fields=["ends_at", "end_reason"])
    _step(case, What.RIGHT_RESTORED, by=by, at=at, comment=reason)
    record(by, "right_restored", case.code, at=at, campaign=_code(case), name=standing.recommender.name,
           reason=standing.end_reason)  # fmt: skip
    notices.right_restored(case, standing.end_reason, at)


def seen_complainant(case: Case, *, by: Actor, at: datetime) -> None:
    """Somebody read who complains: on record, before the page is shown."""
    record(by, "complainant_seen", case.code, at=at, campaign=_code(case))


def read_file(case: Case, *, by: Actor, at: datetime) -> None:
    record(by, "case_file_read", case.code, at=at, campaign=_code(case))


def exported(count: int, *, by: Actor, at: datetime) -> None:
    record(by, "conduct_exported", at=at, rows=count)
