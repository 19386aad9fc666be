"""The only writers of the association's side.

Lock order: campaign → submission → dossier. What is released goes out in one
transaction; papers are ordered inside it and made after the commit.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import User
from qcportal.audit.record import record
from qcportal.campaigns import scoring
from qcportal.campaigns.actions import next_number
from qcportal.campaigns.models import AwardLevel, Campaign, Category
from qcportal.documents.making import EXPORT_LIFETIME, order
from qcportal.inbox.actions import tell
from qcportal.inbox.models import Message
from qcportal.refusals import refuse, refuse_if
from recommenders.notices import place_came_free
from reviews import papers, rubrics, rules, tasks
from reviews.models import (
    Assignment,
    Certificate,
    Check,
    CheckAnswer,
    Decision,
    Export,
    Publication,
    PublicationEntry,
    new_key,
    new_verify_code,
)
from submissions import actions as submission_actions
from submissions import rules as submission_rules
from submissions.lifecycle import MoveName, State
from submissions.models import Submission


def _locked_campaign(campaign_id: int) -> Campaign:
    Campaign.objects.select_for_update().get(pk=campaign_id)
    return Campaign.objects.select_related("host").get(pk=campaign_id)


# --- direct filing and the formal check ---------------------------------------------


@transaction.atomic
def allow_direct(submission_id: int, *, comment: str, by: Actor, at: datetime) -> None:
    """The secretariat's confirmation takes the place of the recommending body's stamp
    (Shanghai 2020 二.2.2); the step keeps the grounds."""
    submission = submission_actions.locked(submission_id)
    refuse_if(submission_rules.why_not(MoveName.ALLOW_DIRECT, submission, by, at))
    submission_actions.advance(
        submission, MoveName.ALLOW_DIRECT, by=by, at=at, comment=comment
    )


@transaction.atomic
def refuse_direct(submission_id: int, *, comment: str, by: Actor, at: datetime) -> None:
    submission = submission_actions.locked(submission_id)
    refuse_if(submission_rules.why_not(MoveName.REFUSE_DIRECT, submission, by, at))
    submission_actions.advance(
        submission, MoveName.REFUSE_DIRECT, by=by, at=at, comment=comment
    )


@transaction.atomic
def answer_items(
    submission_id: int,
    answers: Mapping[int, tuple[bool, str]],
    *,
    by: Actor,
    at: datetime,
) -> Check:
    """Keep the answers given so far: item id → (fits, note)."""
    submission = submission_actions.locked(submission_id)
    refuse_if(submission_rules.why_not(MoveName.PASS_CHECK, submission, by, at))
    return _keep_answers(submission, answers)


def _keep_answers(
    submission: Submission, answers: Mapping[int, tuple[bool, str]]
) -> Check:
    check, _ = Check.objects.get_or_create(
        revision=submission.revision, defaults={"submission": submission}
    )
    items = {item.pk for item in rules.items_of(submission)}
    for item_id, (fits, note) in answers.items():
        if item_id in items:
            CheckAnswer.objects.update_or_create(
                check_of=check, item_id=item_id,
                defaults={"fits": fits, "note": note.strip()[:200]},
            )  # fmt: skip
    return check


def _close_check(
    check: Check, verdict: str, comment: str, by: Actor, at: datetime
) -> None:
    check.verdict, check.comment = verdict, comment
    check.decided_at, check.decided_by = at, by.user
    check.save(update_fields=["verdict", "comment", "decided_at", "decided_by"])


@transaction.atomic
def pass_check(
    submission_id: int,
    answers: Mapping[int, tuple[bool, str]],
    *,
    by: Actor,
    at: datetime,
) -> None:
    """Every item fits: on to the judges. A second click changes nothing."""
    submission = submission_actions.locked(submission_id)
    if submission.state == State.CHECKED:
        return
    fits = {item: fit for item, (fit, _) in answers.items()}
    refuse_if(rules.why_not_pass(submission, fits, by, at))
    _close_check(_keep_answers(submission, answers), Check.Verdict.PASSED, "", by, at)
    submission_actions.advance(submission, MoveName.PASS_CHECK, by=by, at=at)


@transaction.atomic
def ask_amendment(
    submission_id: int, answers: Mapping[int, tuple[bool, str]], *, comment: str,
    by: Actor, at: datetime,
) -> datetime:  # fmt: skip
    """Back to the group with its own deadline (17:00 of the campaign's n-th day), which
    is returned."""
    submission = submission_actions.locked(submission_id)
    refuse_if(submission_rules.why_not(MoveName.ASK_AMENDMENT, submission, by, at))
    if not comment.strip():
        refuse("comment_missing", "请写明要补正什么，班组会看到。", "comment")
    _close_check(
        _keep_answers(submission, answers), Check.Verdict.AMENDMENT, comment, by, at
    )
    due = timezone.localtime(at + timedelta(days=submission.campaign.amendment_days))
    submission.due_at = due.replace(hour=17, minute=0, second=0, microsecond=0)
    submission.save(update_fields=["due_at"])
    submission_actions.advance(
        submission, MoveName.ASK_AMENDMENT, by=by, at=at, comment=comment
    )
    return submission.due_at


@transaction.atomic
def set_aside(submission_id: int, *, comment: str, by: Actor, at: datetime) -> None:
    """The formal check fails for good; the reason goes to group and unit."""
    submission = submission_actions.locked(submission_id)
    refuse_if(submission_rules.why_not(MoveName.SET_ASIDE, submission, by, at))
    if not comment.strip():
        refuse("comment_missing", "请写明原因，班组和单位会看到。", "comment")
    _close_check(
        _keep_answers(submission, {}), Check.Verdict.SET_ASIDE, comment, by, at
    )
    submission_actions.advance(
        submission, MoveName.SET_ASIDE, by=by, at=at, comment=comment
    )
    place_came_free(submission, at)


# --- judging ------------------------------------------------------------------------


@transaction.atomic
def assign(submission_id: int, judge: User, *, by: Actor, at: datetime) -> Assignment:
    """Give a result to a judge; the same again is the same assignment."""
    submission = submission_actions.locked(submission_id)
    known = submission.assignments.filter(judge=judge).first()
    if known and submission.state == State.JUDGING:
        return known
    refuse_if(rules.why_not_assign(submission, judge, by, at))
    rubric = rubrics.in_use([submission]).get(submission.pk)
    if rubric is None:
        refuse("no_rubric", "这个课题类型还没有评审表，请先在活动设置里发布。")
    assignment = Assignment.objects.create(
        key=new_key(), submission=submission, revision=submission.filed_revision, judge=judge,
        rubric=rubric, assigned_at=at,
    )  # fmt: skip
    if submission.state == State.CHECKED:
        submission_actions.advance(submission, MoveName.SEND_TO_JUDGES, by=by, at=at)
    record(by, "judge_assigned", submission.code, at=at,
           campaign=submission.campaign.code, judge=judge.pk)  # fmt: skip
    tell(submission.campaign.host, "请评审一项成果", "成果报告和评审表已备好。",
         at=at, kind=Message.Kind.TODO, icon="clipboard-check", link="/reviews/judging/",
         link_label="去评审", person=judge)  # fmt: skip
    return assignment


def _locked_assignment(assignment_id: int) -> Assignment:
    found = Assignment.objects.get(pk=assignment_id)
    submission_actions.locked(found.submission_id)
    Assignment.objects.select_for_update().get(pk=assignment_id)
    return Assignment.objects.select_related(
        "submission__campaign", "rubric", "judge"
    ).get(pk=assignment_id)


@transaction.atomic
def save_marks(
    assignment_id: int, *, marks: Mapping[str, str], remark: str, panel_remark: str,
    version: int, hand_in: bool, by: Actor, at: datetime,
) -> Assignment:  # fmt: skip
    """A judge's marks, half-way or handed in. An older ``version`` overwrites nothing."""
    assignment = _locked_assignment(assignment_id)
    refuse_if(rules.why_not_judge(assignment, by, at))
    if version != assignment.version:
        refuse(
            "stale_version",
            "您在另一个窗口改过这份评分，这里的改动没有盖掉它。请刷新后再改。",
        )
    rubric = assignment.rubric
    assignment.marks = {
        c.code: str(marks.get(c.code, "")).strip() for c in rubric.criteria_list
    }
    assignment.remark, assignment.panel_remark = remark.strip(), panel_remark.strip()
    assignment.total = scoring.total(rubric, assignment.marks)
    assignment.version += 1
    assignment.saved_at = at
    if hand_in:
        refuse_if(rules.why_not_hand_in(assignment, by, at))
        assignment.submitted_at = at
    else:
        assignment.submitted_at = None
    assignment.save()
    return assignment


@transaction.atomic
def recuse(assignment_id: int, *, reason: str, by: Actor, at: datetime) -> None:
    """The judge steps back; whatever was marked no longer counts."""
    assignment = _locked_assignment(assignment_id)
    refuse_if(rules.why_not_judge(assignment, by, at))
    if not reason.strip():
        refuse("comment_missing", "请写明回避原因。", "reason")
    assignment.recused_at, assignment.recusal = at, reason.strip()[:200]
    assignment.submitted_at = None
    assignment.save(update_fields=["recused_at", "recusal", "submitted_at"])
    record(by, "judge_recused", assignment.submission.code, at=at,
           campaign=assignment.submission.campaign.code)  # fmt: skip


# --- awards -------------------------------------------------------------------------


@transaction.atomic
def decide(
    submission_id: int, level: AwardLevel | None, *, by: Actor, at: datetime
) -> Decision:
    """Set the award of one result, or none. Nobody outside sees it before release."""
    submission = submission_actions.locked(submission_id)
    refuse_if(rules.why_not_decide(submission, level, by, at))
    decision, _ = Decision.objects.update_or_create(
        submission=submission, defaults=decided_facts(submission, level, by, at)
    )
    submission_actions.advance(submission, MoveName.DECIDE, by=by, at=at)
    record(by, "decided", submission.code, at=at, campaign=submission.campaign.code,
           level=level.code if level else "")  # fmt: skip
    return decision


def decided_facts(
    submission: Submission, level: AwardLevel | None, by: Actor, at: datetime
) -> dict[str, Any]:
    """A decision's fields: the award and the sheets it rests on."""
    score = rules.score_of(submission, submission.campaign)
    return {
        "level": level, "score": score.value if score else None,
        "sheets": [str(v) for v in (score.kept if score else ())],
        "decided_at": at, "decided_by": by.user,
    }  # fmt: skip


# --- publication ----------------------------------------------------------------------


@transaction.atomic
def announce(
    campaign_id: int, *, closes_at: datetime, by: Actor, at: datetime
) -> Publication:
    """Release the awards as a public notice; results without an award end here."""
    campaign = _locked_campaign(campaign_id)
    refuse_if(rules.why_not_announce(campaign, closes_at, by, at))
    notice = _publication(
        campaign, Publication.Kind.NOTICE, "公示名单", by, at, closes_at
    )
    decided = list(
        Submission.objects.filter(campaign=campaign, state=State.DECIDED)
        .order_by("pk").values_list("pk", flat=True)
    )  # fmt: skip
    awarded = []
    for pk in decided:
        submission = submission_actions.locked(pk)
        name = MoveName.ANNOUNCE if submission.decision.level_id else MoveName.PASS_OVER
        submission_actions.advance(submission, name, by=by, at=at)
        if submission.decision.level_id:
            awarded.append(submission)
    _freeze_entries(notice, awarded)
    record(
        by,
        "announced",
        campaign.code,
        at=at,
        campaign=campaign.code,
        count=len(awarded),
    )
    return notice


@transaction.atomic
def publish(campaign_id: int, *, by: Actor, at: datetime) -> Publication:
    """The final list, frozen, with a certificate for every line."""
    campaign = _locked_campaign(campaign_id)
    refuse_if(rules.why_not_publish(campaign, by, at))
    results = _publication(campaign, Publication.Kind.RESULTS, "", by, at, None)
    ids = list(
        Submission.objects.filter(campaign=campaign, state=State.ANNOUNCED)
        .order_by("pk").values_list("pk", flat=True)
    )  # fmt: skip
    awarded = []
    for pk in ids:
        submission = submission_actions.locked(pk)
        submission_actions.advance(submission, MoveName.PUBLISH, by=by, at=at)
        awarded.append(submission)
    _freeze_entries(results, awarded)
    for entry in results.entries.select_related(
        "publication__campaign", "submission__category__campaign"
    ):
        certificate = _issue(entry, by=by, at=at)
        submission_actions.note_award(
            entry.submission, award=entry.level_name, style=entry.level_style,
            certificate_number=certificate.number,
        )  # fmt: skip
    record(
        by,
        "published",
        campaign.code,
        at=at,
        campaign=campaign.code,
        count=len(awarded),
    )
    return results


def _publication(
    campaign: Campaign, kind: str, suffix: str, by: Actor, at: datetime,
    closes_at: datetime | None,
) -> Publication:  # fmt: skip
    title = papers.publication_title(campaign, suffix)
    return Publication.objects.create(
        campaign=campaign, kind=kind, title=title, opens_at=at, closes_at=closes_at, by=by.user,
        pdf=order("result_list", f"{title}.pdf", maker=tasks.render_result_list.name, by=by.user),
        excel=order("result_sheet", f"{title}.xlsx", maker=tasks.render_result_sheet.name, by=by.user),
    )  # fmt: skip


def _freeze_entries(publication: Publication, submissions: list[Submission]) -> None:
    """Copy what the public may read, by category, award and then by record number: the
    order within an award says nothing of the ranking."""
    ordered = sorted(
        submissions,
        key=lambda s: (
            s.category.order, s.category_id, rules.awarded_level(s).order, s.code,
        ),
    )  # fmt: skip
    PublicationEntry.objects.bulk_create(
        _entry(publication, index, submission)
        for index, submission in enumerate(ordered, 1)
    )


def _entry(
    publication: Publication, index: int, submission: Submission
) -> PublicationEntry:
    level = rules.awarded_level(submission)
    revision = submission.filed_revision
    form = revision.form.form
    measure = {
        m: form.value(revision.content, m, "public")
        for m in ("measure", "before", "target", "after")
    }
    return PublicationEntry(
        publication=publication, order=index, submission=submission,
        category_code=submission.category.code, category_name=submission.category.name,
        level_code=level.code, level_name=level.name, level_style=level.style,
        title=form.value(revision.content, "title"),
        group_name=form.honoured(revision.content),
        unit_name=form.value(revision.content, "unit_name"),
        recommender_name=revision.recommender_name,
        topic_type=submission.topic_type, topic_type_label=submission.topic_type_label,
        industry=submission.unit.industry, measure=measure,
    )  # fmt: skip


def _counter(category: Category, level_code: str) -> str:
    """Certificates of one pattern are counted together, whatever their category."""
    campaign, pattern = category.campaign, category.certificate_pattern
    if pattern in ("", campaign.certificate_pattern):
        return f"certificate-{level_code}"
    alike = [
        c for c in campaign.categories_in_order if c.certificate_pattern == pattern
    ]
    return f"certificate-{alike[0].pk}-{level_code}"


def _issue(entry: PublicationEntry, *, by: Actor, at: datetime) -> Certificate:
    campaign, category = entry.publication.campaign, entry.submission.category
    number = (category.certificate_pattern or campaign.certificate_pattern).format(
        letters=campaign.letters,
        year=campaign.year,
        level=entry.level_code,
        category=category.code,
        serial=next_number(campaign, _counter(category, entry.level_code)),
    )
    local = timezone.localtime(at)
    issued = papers.chinese_month(local.year, local.month)
    named = [entry.unit_name, entry.group_name, entry.title, "证书.pdf"]
    title = "_".join(part for part in named if part)
    return Certificate.objects.create(
        number=number, verify_code=new_verify_code(), entry=entry,
        facts=papers.certificate_facts(entry, number, issued),
        document=order("certificate", title[-200:], maker=tasks.render_certificate.name, by=by.user),
        issued_at=at,
    )  # fmt: skip


@transaction.atomic
def revoke(certificate_id: int, *, reason: str, by: Actor, at: datetime) -> None:
    """The certificate verifies as revoked from now on; the published list stays."""
    found = Certificate.objects.select_for_update().get(pk=certificate_id)
    campaign = found.entry.publication.campaign
    refuse_if(rules.why_not_run(campaign, by))
    if not reason.strip():
        refuse("comment_missing", "请写明撤销原因。", "reason")
    found.revoked_at, found.revoke_reason = at, reason.strip()[:200]
    found.save(update_fields=["revoked_at", "revoke_reason"])
    record(by, "certificate_revoked", found.number, at=at, campaign=campaign.code)


# --- exports ----------------------------------------------------------------------------


@transaction.atomic
def export(
    campaign: Campaign, filters: Mapping[str, Any], *, by: Actor, at: datetime
) -> Export:
    """The list exactly as filtered, as Excel; bound to who asked, kept for a while."""
    refuse_if(rules.why_not_run(campaign, by))
    rows = (
        Submission.objects.visible_to(by)
        .filter(campaign=campaign)
        .filtered(filters)
        .count()
    )
    title = f"{campaign.year}年{campaign.host.label}成果总表"
    record(by, "exported", campaign.code, at=at, campaign=campaign.code,
           rows=rows, filters=dict(filters))  # fmt: skip
    return Export.objects.create(
        key=new_key(), campaign=campaign, organisation=by.organisation, requested_by=by.user,
        title=title, filters=dict(filters), rows=rows, asked_at=at,
        expires_at=at + EXPORT_LIFETIME,
        document=order("export", f"{title}.xlsx", maker=tasks.render_export.name,
                       by=by.user, lifetime=EXPORT_LIFETIME),
    )  # fmt: skip
