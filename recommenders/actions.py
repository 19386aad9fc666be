"""The only writers of the recommending body's year.

Lock order: submission → dossier → places. Places are counted under the last two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max, Q

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Organisation
from qcportal.audit.record import record
from qcportal.campaigns.actions import hold_places
from qcportal.campaigns.models import Campaign
from qcportal.documents.making import order
from qcportal.documents.models import Document
from qcportal.refusals import Refused, refuse, refuse_if
from qcportal.seals.models import Evidence, SealAct
from recommenders import papers, rules, tasks
from recommenders.models import Candidate, Dossier, Handover, Paper, TableStamp
from submissions import actions as submission_actions
from submissions import places
from submissions import rules as submission_rules
from submissions.lifecycle import MoveName, State
from submissions.models import ScoreSheet, Stamp, Submission, Tier, new_check_code


def dossier_of(campaign: Campaign, recommender: Organisation) -> Dossier:
    """The body's dossier, made on first use."""
    dossier, _ = Dossier.objects.get_or_create(
        campaign=campaign, recommender=recommender
    )
    return dossier


def locked(dossier_id: int) -> Dossier:
    Dossier.objects.select_for_update().get(pk=dossier_id)
    return Dossier.objects.select_related("campaign", "recommender").get(pk=dossier_id)


# --- one result -------------------------------------------------------------------


@transaction.atomic
def save_sheet(
    submission_id: int, *, marks: Mapping[str, str], opinion: str, version: int,
    by: Actor, at: datetime,
) -> ScoreSheet:  # fmt: skip
    """The panel's marks and the body's opinion, half-way or complete."""
    submission = submission_actions.locked(submission_id)
    refuse_if(rules.why_not_score(submission, by, at))
    return submission_actions.write_sheet(
        submission,
        Tier.RECOMMENDER,
        marks=marks,
        opinion=opinion,
        version=version,
        by=by,
        at=at,
    )


@transaction.atomic
def print_sheet(submission_id: int, *, by: Actor, at: datetime) -> ScoreSheet:
    """Order the body's 成果评分与推荐意见表 for printing."""
    submission = submission_actions.locked(submission_id)
    refuse_if(rules.why_not_score(submission, by, at))
    return submission_actions.order_sheet_paper(submission, Tier.RECOMMENDER, by=by)


@transaction.atomic
def stamp(
    submission_id: int, *, evidence: str, scan: Document | None, confirmed: bool,
    by: Actor, at: datetime,
) -> Stamp:  # fmt: skip
    """The body's seal on its opinion of one result. The same scan, or the picture once
    more on the same sheet (a second click), answers with the stamp that stands."""
    submission = submission_actions.locked(submission_id)
    refuse_if(
        rules.why_not_stamp(
            submission, by, at, evidence=evidence, scan=scan, confirmed=confirmed
        )
    )
    sheet = submission_rules.written_sheet(submission, Tier.RECOMMENDER)
    standing = submission_rules.live_stamp(sheet)
    if standing and (standing.act.evidence, standing.scan) == (evidence, scan):
        return standing
    return submission_actions.press(sheet, evidence=evidence, scan=scan, by=by, at=at)


@transaction.atomic
def recommend(submission_id: int, *, by: Actor, at: datetime) -> Candidate:
    """Take a place for a result. A second click answers with the first's place.

    Raises Refused (``quota_full``, ``unit_quota_full``, window, state …).
    """
    submission, dossier, candidate = _at_the_places(submission_id, by)
    if (
        submission.state == State.RECOMMENDED
        and dossier.recommender_id == submission.recommender_id
    ):
        return candidate
    refuse_if(rules.why_not_recommend(submission, by, at))
    _take_place(candidate, by=by, at=at)
    submission_actions.advance(submission, MoveName.RECOMMEND, by=by, at=at)
    return candidate


def _at_the_places(
    submission_id: int, by: Actor
) -> tuple[Submission, Dossier, Candidate]:
    """Everything held that counts when a place is taken: the submission, the dossier,
    the body's places and, where rules count over several bodies, the unit's."""
    submission = submission_actions.locked(submission_id)
    dossier = locked(dossier_of(submission.campaign, by.organisation).pk)
    tally = places.Tally(submission.campaign, by.organisation)
    hold_places(submission.campaign, *places.held_with(tally, submission))
    # Settings read before the lock may have changed while it was waited for.
    submission.campaign = Campaign.objects.select_related("host").get(
        pk=submission.campaign_id
    )
    return submission, dossier, _candidate(dossier, submission)


def _take_place(candidate: Candidate, *, by: Actor, at: datetime) -> None:
    """Onto the list. It is made anew: what was set aside meanwhile leaves it."""
    Candidate.objects.filter(
        dossier=candidate.dossier_id, submission__state=State.SET_ASIDE
    ).update(recommended_at=None, recommended_by=None)
    candidate.rank = candidate.rank or _next_rank(candidate)
    candidate.recommended_at, candidate.recommended_by = at, by.user
    candidate.save(update_fields=["rank", "recommended_at", "recommended_by"])


@transaction.atomic
def reserve(submission_id: int, *, by: Actor, at: datetime) -> Candidate:
    """Onto the reserve list, behind those that stand there: no place is taken. A
    second click changes nothing. Raises Refused (``place_free``, ``reserve_full`` …)."""
    submission, _, candidate = _at_the_places(submission_id, by)
    if (
        submission.state == State.RESERVED
        and submission.recommender_id == by.organisation.pk
    ):
        return candidate
    refuse_if(rules.why_not_reserve(submission, by, at))
    candidate.rank = candidate.rank or _next_rank(candidate)
    candidate.save(update_fields=["rank"])
    submission_actions.advance(submission, MoveName.RESERVE, by=by, at=at)
    return candidate


@transaction.atomic
def move_up(submission_id: int, *, by: Actor, at: datetime) -> Candidate:
    """The first of the reserve takes a place that came free; never by itself. Raises
    Refused (``quota_full``, ``not_first_in_reserve`` …)."""
    submission, dossier, candidate = _at_the_places(submission_id, by)
    if (
        submission.state == State.RECOMMENDED
        and dossier.recommender_id == submission.recommender_id
    ):
        return candidate
    refuse_if(rules.why_not_move_up(submission, by, at))
    _take_place(candidate, by=by, at=at)
    submission_actions.advance(submission, MoveName.MOVE_UP, by=by, at=at)
    return candidate


@transaction.atomic
def unreserve(submission_id: int, *, comment: str, by: Actor, at: datetime) -> None:
    """Off the reserve list again, back among those that wait."""
    submission = submission_actions.locked(submission_id)
    locked(dossier_of(submission.campaign, by.organisation).pk)
    refuse_if(submission_rules.why_not(MoveName.UNRESERVE, submission, by, at))
    submission_actions.advance(
        submission, MoveName.UNRESERVE, by=by, at=at, comment=comment
    )


def recommend_many(
    submission_ids: Sequence[int], *, by: Actor, at: datetime
) -> tuple[list[int], list[tuple[int, Refused]]]:
    """The single verb for each, one transaction each: (done, [(id, why not)])."""
    done: list[int] = []
    refused: list[tuple[int, Refused]] = []
    for submission_id in submission_ids:
        try:
            recommend(submission_id, by=by, at=at)
            done.append(submission_id)
        except Refused as no:
            refused.append((submission_id, no))
    return done, refused


def _candidate(dossier: Dossier, submission: Submission) -> Candidate:
    candidate, _ = Candidate.objects.get_or_create(
        submission=submission,
        defaults={"dossier": dossier, "category": submission.category},
    )
    if candidate.dossier_id != dossier.pk:  # the group chose another body meanwhile
        candidate.dossier, candidate.rank, candidate.recommended_at = (
            dossier,
            None,
            None,
        )
        candidate.save(update_fields=["dossier", "rank", "recommended_at"])
    return candidate


def _next_rank(candidate: Candidate) -> int:
    """Behind everybody of its category."""
    beside = Candidate.objects.filter(
        dossier=candidate.dossier_id, category=candidate.category_id
    )
    return (beside.aggregate(last=Max("rank"))["last"] or 0) + 1


@transaction.atomic
def take_back(submission_id: int, *, comment: str, by: Actor, at: datetime) -> None:
    """Give the place back while the window is open and nothing was handed over."""
    submission = submission_actions.locked(submission_id)
    dossier = locked(dossier_of(submission.campaign, by.organisation).pk)
    refuse_if(submission_rules.why_not(MoveName.TAKE_BACK, submission, by, at))
    Candidate.objects.filter(dossier=dossier, submission=submission).update(
        recommended_at=None, recommended_by=None
    )
    submission_actions.advance(
        submission, MoveName.TAKE_BACK, by=by, at=at, comment=comment
    )


@transaction.atomic
def send_back(submission_id: int, *, comment: str, by: Actor, at: datetime) -> None:
    """Back to the group with a reason; the unit must stamp the next revision anew."""
    submission = submission_actions.locked(submission_id)
    refuse_if(submission_rules.why_not(MoveName.RECOMMENDER_RETURN, submission, by, at))
    submission_actions.advance(
        submission, MoveName.RECOMMENDER_RETURN, by=by, at=at, comment=comment
    )


@transaction.atomic
def decline(submission_id: int, *, comment: str, by: Actor, at: datetime) -> None:
    """Not recommended this year; final."""
    submission = submission_actions.locked(submission_id)
    refuse_if(submission_rules.why_not(MoveName.DECLINE, submission, by, at))
    submission_actions.advance(
        submission, MoveName.DECLINE, by=by, at=at, comment=comment
    )


@transaction.atomic
def rank(
    dossier_id: int, order_of_codes: Sequence[str], *, by: Actor, at: datetime
) -> None:
    """Set the order of the bench: ``order_of_codes`` best first, each category for
    itself; others keep no rank unless recommended or in reserve, which then follow."""
    dossier = locked(dossier_id)
    refuse_if(rules.why_not_rank(dossier, by, at))
    wanted = list(dict.fromkeys(order_of_codes))
    visible = Submission.objects.visible_to(by).filter(campaign=dossier.campaign)
    found = {
        s.code: s for s in visible.filter(code__in=wanted).select_related("category")
    }
    chosen = [_candidate(dossier, found[code]) for code in wanted if code in found]
    kept = Q(recommended_at__isnull=False) | Q(submission__state=State.RESERVED)
    rest = dossier.candidates.exclude(pk__in={c.pk for c in chosen}).filter(kept)
    everyone: dict[int, list[Candidate]] = {}
    for candidate in [*chosen, *rest.order_by("rank")]:
        everyone.setdefault(candidate.category_id, []).append(candidate)
    dossier.candidates.filter(recommended_at__isnull=True).update(rank=None)
    # Two passes: the ranks are unique, also half-way.
    top = dossier.candidates.aggregate(last=Max("rank"))["last"] or 0
    top += sum(map(len, everyone.values()))
    for offset in (top, 0):
        for candidates in everyone.values():
            for place, candidate in enumerate(candidates, 1):
                Candidate.objects.filter(pk=candidate.pk).update(rank=offset + place)


# --- the dossier --------------------------------------------------------------------


@transaction.atomic
def keep_summary(
    dossier_id: int, document: Document, *, by: Actor, at: datetime
) -> None:
    """The 活动总结 as uploaded; a newer one takes its place."""
    dossier = locked(dossier_id)
    refuse_if(rules.why_not_write_dossier(dossier, by, at))
    dossier.summary, dossier.summary_at = document, at
    dossier.save(update_fields=["summary", "summary_at"])
    record(by, "summary_kept", dossier.recommender.letters, at=at,
           campaign=dossier.campaign.code, sha256=document.sha256)  # fmt: skip


@transaction.atomic
def save_statistics(
    dossier_id: int, figures: Mapping[str, str], *, done: bool, version: int,
    by: Actor, at: datetime,
) -> Dossier:  # fmt: skip
    """Keep the figures; ``done`` declares them complete (refused while they disagree)."""
    dossier = locked(dossier_id)
    refuse_if(rules.why_not_write_dossier(dossier, by, at))
    if version != dossier.statistics_version:
        refuse(
            "stale_version",
            "另一位同事刚刚改过统计表，您这里的改动没有盖掉它。请刷新后再改。",
        )
    codes = [i["code"] for i in dossier.campaign.statistics if not i.get("part")]
    kept = {code: str(figures.get(code, "")).strip() for code in codes}
    if done:
        refuse_if(rules.statistics_faults(dossier.campaign, kept))
    dossier.statistics = kept
    dossier.statistics_version += 1
    dossier.statistics_saved_at = at
    dossier.statistics_done_at = at if done else None
    dossier.save(
        update_fields=["statistics", "statistics_version", "statistics_saved_at",
                       "statistics_done_at"]
    )  # fmt: skip
    return dossier


MAKERS = {
    Paper.Kind.TABLE: ("推荐表.pdf", tasks.render_recommendation_table.name),
    Paper.Kind.SUMMARY: ("推荐汇总表.xlsx", tasks.render_summary_sheet.name),
    Paper.Kind.SUMMARY_PDF: ("推荐汇总表.pdf", tasks.render_summary_table.name),
    Paper.Kind.REVIEW: ("评审汇总表.xlsx", tasks.render_review_sheet.name),
}


@transaction.atomic
def make_paper(dossier_id: int, kind: str, *, by: Actor, at: datetime) -> Paper:
    """Order a paper of today's list; if the newest says the same, that one."""
    dossier = locked(dossier_id)
    rows = papers.current_rows(dossier)
    refuse_if(rules.why_not_make_papers(dossier, by, at, rows))
    newest = newest_paper(dossier, kind)
    if newest and newest.list_hash == rules.list_hash(rows):
        return newest
    title, maker = MAKERS[Paper.Kind(kind)]
    return Paper.objects.create(
        dossier=dossier, kind=kind, facts=rows, list_hash=rules.list_hash(rows),
        check_code=new_check_code(), made_at=at, made_by=by.user,
        document=order(f"recommenders_{kind}", f"{dossier.recommender.name}_{title}",
                       maker=maker, by=by.user),
    )  # fmt: skip


def newest_paper(dossier: Dossier, kind: str) -> Paper | None:
    rows = Paper.objects.filter(dossier_id=dossier.pk, kind=kind)
    return rows.select_related("document").first()


@transaction.atomic
def stamp_table(
    dossier_id: int, *, evidence: str, scan: Document | None, confirmed: bool,
    by: Actor, at: datetime,
) -> TableStamp:  # fmt: skip
    """The body's seal on today's 推荐表."""
    dossier = locked(dossier_id)
    rows = papers.current_rows(dossier)
    paper = newest_paper(dossier, Paper.Kind.TABLE)
    refuse_if(
        rules.why_not_stamp_table(
            dossier,
            paper,
            rows,
            by,
            at,
            evidence=evidence,
            scan=scan,
            confirmed=confirmed,
        )
    )
    paper = rules.the_table(paper)
    by_picture = evidence == Evidence.SEAL_PICTURE
    act = SealAct.objects.create(
        organisation=by.organisation, organisation_name=by.organisation.name,
        by=by.user, by_name=by.user_name, at=at,
        evidence=evidence, content_hash=paper.list_hash, check_code=paper.check_code,
        paper=paper.document if by_picture else scan,
        picture=submission_rules.live_seal_picture(by.organisation) if by_picture else None,
    )  # fmt: skip
    paper.stamps.filter(voided_at__isnull=True).update(voided_at=at)
    record(by, "table_stamped", dossier.recommender.letters, at=at,
           campaign=dossier.campaign.code, evidence=evidence, list_hash=paper.list_hash)  # fmt: skip
    return TableStamp.objects.create(
        paper=paper, act=act, at=at, scan=None if by_picture else scan,
        sealed=_sealed_table(paper, by) if by_picture else None,
    )  # fmt: skip


def _sealed_table(paper: Paper, by: Actor) -> Document:
    """Order the 推荐表 with the body's own seal picture on it."""
    title = paper.document.title.replace(".pdf", "_带印模图像.pdf")
    return order(
        "recommenders_sealed_table",
        title,
        maker=tasks.render_sealed_table.name,
        by=by.user,
    )


@transaction.atomic
def submit(dossier_id: int, *, by: Actor, at: datetime) -> Handover:
    """Hand every recommended result to the association, all or none."""
    waiting = list(
        Candidate.objects.filter(
            dossier_id=dossier_id, submission__state=State.RECOMMENDED
        )
        .order_by("submission_id")
        .values_list("submission_id", flat=True)
    )
    held = {pk: submission_actions.locked(pk) for pk in waiting}
    dossier = locked(dossier_id)
    candidates = rules.recommended(dossier)
    rows = papers.rows(candidates)
    paper = newest_paper(dossier, Paper.Kind.TABLE)
    refuse_if(rules.why_not_submit(dossier, paper, rows, candidates, by, at))
    going = [c for c in candidates if c.submission_id in held]
    for candidate in going:
        submission_actions.advance(
            held[candidate.submission_id], MoveName.SUBMIT, by=by, at=at
        )
    record(by, "handed_over", dossier.recommender.letters, at=at,
           campaign=dossier.campaign.code, count=len(going))  # fmt: skip
    return Handover.objects.create(
        dossier=dossier, stamp=rules.the_table_stamp(paper),
        codes=[c.submission.code for c in going], at=at, by=by.user,
    )  # fmt: skip
