"""May the association? Questions about checks, judging, awards and publication."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Membership, User
from qcportal.accounts.roles import Role
from qcportal.accounts.rules import why_not_in_person
from qcportal.campaigns import access, definition, scoring
from qcportal.campaigns.models import AwardLevel, Campaign, CheckItem
from qcportal.campaigns.rules import moment, why_ended
from qcportal.refusals import Refusal
from reviews import standings
from reviews.models import Assignment, Check, Decision, Publication
from submissions import places
from submissions import rules as submission_rules
from submissions.lifecycle import MoveName, State
from submissions.models import ScoreSheet, Stamp, Submission, Tier

REMARK_AT_LEAST = 10


# --- the formal check ---------------------------------------------------------------


@dataclass(frozen=True)
class Finding:
    """What the portal itself can say of a check item: None = a person must look."""

    fits: bool | None
    words: str


def findings(submission: Submission) -> dict[str, Finding]:
    """Answers of the automatic items, by their code (domain.md §4.3)."""
    revision = submission.filed_revision
    content = revision.content
    written = revision.form.form.value(content, "unit_name")
    same = written == submission.unit.name
    unit_sheet = submission_rules.sheet_of(submission, Tier.UNIT)
    body_sheet = submission_rules.sheet_of(submission, Tier.RECOMMENDER)
    present = set(revision.attachments.values_list("slot", flat=True))
    missing = [
        s.label
        for s in revision.form.form.papers
        if s.required and s.code not in present
    ]
    return {
        "name_as_on_seal": Finding(
            same,
            "自动识别：一致" if same else f"登记的公章名称是“{submission.unit.name}”",
        ),
        "unit_stamp": _no_unit_stamp(submission) or _stamped(unit_sheet),
        "recommender_stamp": _direct(submission)
        or _stamped_before(submission, body_sheet)
        or _stamped(body_sheet),
        "papers_complete": Finding(
            not missing, "材料齐全" if not missing else "缺" + "、".join(missing)
        ),
        "within_quota": _within_quota(submission),
    }


def _stamped(sheet: ScoreSheet | None) -> Finding:
    stamp = submission_rules.live_stamp(sheet)
    if stamp is None:
        return Finding(False, "没有有效的盖章")
    look = stamp.signature_words or "请看印章是否清楚"
    return Finding(
        True, f"{stamp.act.get_evidence_display()}，{moment(stamp.at)}，{look}"
    )


def _stamped_before(submission: Submission, sheet: ScoreSheet | None) -> Finding | None:
    """After an amendment the recommending body does not stamp again: its stamp on the
    revision it recommended is named, and a person judges whether that still holds."""
    if submission_rules.live_stamp(sheet) is not None:
        return None
    earlier = (
        Stamp.objects.filter(
            sheet__revision__submission=submission,
            sheet__tier=Tier.RECOMMENDER,
            sheet__revision__number__lt=submission.filed_revision.number,
        )
        .select_related("sheet__revision", "act")
        .first()
    )
    if earlier is None:
        return None
    number = earlier.sheet.revision.number
    return Finding(
        None,
        f"推荐单位{moment(earlier.at)} 对第 {number} 版盖过章，补正后是第 "
        f"{submission.filed_revision.number} 版，请人工判断",
    )


def _no_unit_stamp(submission: Submission) -> Finding | None:
    if submission.category.needs_unit_stamp:
        return None
    return Finding(True, "本类别不用单位盖章")


def _direct(submission: Submission) -> Finding | None:
    if not submission.category.needs_recommender:
        return Finding(True, "本类别不经推荐单位")
    if submission.recommender_id is None:
        return Finding(True, "直接申报，秘书处已确认")
    return None


def _within_quota(submission: Submission) -> Finding:
    if not submission.category.needs_recommender:
        return Finding(True, "本类别不经推荐单位，不占名额")
    if submission.recommender is None:
        return Finding(True, "直接申报，不占名额")
    tally = places.Tally(submission.campaign, submission.recommender)
    meters = list(tally.covering(submission))
    words = "，".join(f"{m.label} {m.used}/{m.places}" for m in meters)
    if all(m.used <= m.places for m in meters):
        return Finding(True, words or "没有名额规则")
    if places.kept(submission):
        return Finding(True, f"{words}，推荐在先，名额后来减少，保留")
    return Finding(False, words)


def items_of(submission: Submission) -> list[CheckItem]:
    """The lines of the formal check for this result: those of all categories and those
    of its own."""
    return list(
        CheckItem.objects.filter(campaign=submission.campaign_id).filter(
            Q(category__isnull=True) | Q(category=submission.category_id)
        )
    )


def why_not_pass(
    submission: Submission, answers: Mapping[int, bool], actor: Actor, at: datetime
) -> Iterator[Refusal]:
    """``item_unanswered``, ``item_unfit``: passes only with every item answered 符合;
    ``stamp_not_looked``, ``stamp_faulty`` for the stamp of the tier before."""
    yield from submission_rules.why_not(MoveName.PASS_CHECK, submission, actor, at)
    yield from submission_rules.stamp_look_faults(submission, actor)
    items = items_of(submission)
    unanswered = [item for item in items if item.pk not in answers]
    unfit = [item for item in items if answers.get(item.pk) is False]
    if unanswered:
        yield Refusal(
            "item_unanswered",
            f"还有 {len(unanswered)} 项没有核对：{unanswered[0].text}。",
        )
    if unfit:
        yield Refusal(
            "item_unfit", f"有 {len(unfit)} 项不符，只能退回补正：{unfit[0].text}。"
        )


# --- judging ------------------------------------------------------------------------


@dataclass(frozen=True)
class Pool:
    """What giving many results to many judges asks, read once for all of them."""

    seen: frozenset[int]  # results the clerk sees
    campaigns: frozenset[int]  # the clerk runs
    judges: frozenset[int]  # in the campaign's pool
    seats: Mapping[int, Sequence[Membership]]  # by judge, those that may conflict


def pool_of(
    campaign: Campaign, judges: Sequence[User], actor: Actor, results: Iterable[int]
) -> Pool:
    """``results``: numbers of those that are given out."""
    seats: dict[int, list[Membership]] = {judge.pk: [] for judge in judges}
    for seat in conflicting_seats().filter(user__in=seats):
        seats[seat.user_id].append(seat)
    seen = Submission.objects.visible_to(actor).filter(pk__in=list(results))
    may = (j.pk for j in judges if j.has_perm("campaigns.judge_campaign", campaign))
    return Pool(
        frozenset(seen.values_list("pk", flat=True)),
        frozenset(access.run_by(actor).values_list("pk", flat=True)),
        frozenset(may),
        seats,
    )


def conflicting_seats() -> QuerySet[Membership]:
    """Seats in force, a judge's own as a judge left out."""
    rows = Membership.objects.filter(ended_at__isnull=True).exclude(duty="judge")
    return rows.select_related("organisation")


def conflicts(
    judge: User, submission: Submission, seats: Iterable[Membership] | None = None
) -> Iterator[Refusal]:
    """Why a judge must not score a result: a seat at its unit or recommending body."""
    organisations = {submission.unit_id, submission.group_id, submission.recommender_id}
    if seats is None:
        seats = conflicting_seats().filter(user=judge)
    for seat in seats:
        if (
            seat.organisation_id in organisations
            or seat.organisation.parent_id in organisations
        ):
            yield Refusal(
                "conflict", f"{judge.name}回避：在{seat.organisation.label}任职"
            )


def why_not_assign(
    submission: Submission, judge: User, actor: Actor, at: datetime,
    pool: Pool | None = None,
) -> Iterator[Refusal]:  # fmt: skip
    """``not_yours``, ``wrong_state``, ``not_a_judge``, ``conflict``."""
    pool = pool or pool_of(submission.campaign, [judge], actor, [submission.pk])
    if submission.state_enum != State.JUDGING:
        yield from submission_rules.why_not(
            MoveName.SEND_TO_JUDGES, submission, actor, at, seen=pool.seen
        )
    elif submission.campaign_id not in pool.campaigns:
        yield Refusal("not_yours", "分配专家由秘书处办理。")
    if judge.pk not in pool.judges:
        yield Refusal("not_a_judge", f"{judge.name}不在本活动的专家库里。")
    yield from conflicts(judge, submission, pool.seats[judge.pk])


def why_not_judge(
    assignment: Assignment, actor: Actor, at: datetime
) -> Iterator[Refusal]:
    """``not_yours``, ``recused``, ``judging_over``: until the award is being decided a
    judge may still change the own sheet."""
    yield from why_not_in_person(actor)
    if actor.role != Role.JUDGE or assignment.judge_id != actor.user.pk:
        yield Refusal("not_yours", "这份评审任务不是您的。")
        return
    if assignment.recused_at:
        yield Refusal("recused", "您已申请回避，这一份不用评了。")
    if assignment.submission.state_enum != State.JUDGING:
        yield Refusal("judging_over", "秘书处已开始评定奖项，评分不能再改。")
    yield from why_ended(assignment.submission.campaign)


def why_not_hand_in(
    assignment: Assignment, actor: Actor, at: datetime
) -> Iterator[Refusal]:
    """All criteria marked, and a remark for the group."""
    yield from why_not_judge(assignment, actor, at)
    yield from scoring.faults(assignment.rubric, assignment.marks)
    written = definition.length(assignment.remark.strip())
    if written < REMARK_AT_LEAST:
        yield Refusal(
            "remark_short",
            f"请写评语，优点和建议，至少 {REMARK_AT_LEAST} 字，现在是 {written} 字。",
            "remark",
        )


def score_of(submission: Submission, campaign: Campaign) -> scoring.Score | None:
    """The one score of a result from the sheets handed in; recused ones do not count."""
    totals = [one.total for one in submission.assignments.all() if one.counts]
    return scoring.combine(
        totals, drop_from=campaign.drop_from, decimals=campaign.decimals
    )


# --- awards -------------------------------------------------------------------------


def why_not_decide(
    submission: Submission, level: AwardLevel | None, actor: Actor, at: datetime,
    seen: Collection[int] | None = None, levels: Collection[AwardLevel] | None = None,
) -> Iterator[Refusal]:  # fmt: skip
    """``wrong_level``, ``sheets_missing``: every assigned judge handed in or recused.
    ``seen`` as ``submissions.rules.why_not``; ``levels``: the category's, if read
    already."""
    yield from why_not_in_person(actor)
    yield from submission_rules.why_not(
        MoveName.DECIDE, submission, actor, at, seen=seen
    )
    allowed = submission.category.levels if levels is None else levels
    if level is not None and level not in allowed:
        yield Refusal("wrong_level", "这个奖项不属于本活动的这个类别。")
    sheets = list(submission.assignments.all())
    if open_sheets := sum(one.is_open for one in sheets):
        yield Refusal(
            "sheets_missing",
            f"《{submission.title}》还有 {open_sheets} 位专家没有交评分。",
        )
    if level is not None and not any(one.counts for one in sheets):
        yield Refusal("no_score", f"《{submission.title}》还没有专家评分，不能定奖。")


def undecided(campaign: Campaign) -> int:
    """Results that passed the check and have no decision yet."""
    return Submission.objects.filter(
        campaign=campaign, state__in=[State.CHECKED, State.JUDGING]
    ).count()


def awarded_level(submission: Submission) -> AwardLevel:
    """The level decided; ValueError where there is none."""
    level = submission.decision.level
    if level is None:
        raise ValueError(f"{submission.code} has no award")
    return level


def why_not_announce(
    campaign: Campaign, closes_at: datetime, actor: Actor, at: datetime
) -> Iterator[Refusal]:
    """The public notice begins once everything is decided and no tie is split."""
    yield from why_not_run(campaign, actor)
    yield from why_ended(campaign)
    if Publication.objects.filter(
        campaign=campaign, kind=Publication.Kind.NOTICE
    ).exists():
        yield Refusal("already_announced", "本活动已经公示。")
        return
    if count := undecided(campaign):
        yield Refusal("undecided", f"还有 {count} 项通过形审的成果没有评定。")
    decided = Decision.objects.filter(
        submission__campaign=campaign, submission__state=State.DECIDED
    )
    if not decided.filter(level__isnull=False).exists():
        yield Refusal("nothing_awarded", "还没有评定任何奖项。")
    yield from split_tie_refusals(campaign)
    if closes_at < at.replace(second=0, microsecond=0):  # typed to the minute
        yield Refusal("notice_ends_early", "公示截止时间不能早于现在。", "closes_at")


def split_tie_refusals(campaign: Campaign) -> Iterator[Refusal]:
    """``tie_split``, three at most: equal in everything that counts, unlike in award."""
    several = len(campaign.categories_in_order) > 1
    for category in campaign.categories_in_order:
        results = Submission.objects.filter(
            campaign=campaign, category=category, state=State.DECIDED
        )
        found = standings.ranking(campaign, results.defer("content"))
        named = f"{category.name}：" if several else ""
        for score in standings.split_ties(found)[:3]:
            yield Refusal(
                "tie_split",
                f"{named}{score} 分的成果同分不同奖，同分不能被线切开。",
            )


def why_not_run(campaign: Campaign, actor: Actor) -> Iterator[Refusal]:
    yield from why_not_in_person(actor)
    if (
        actor.role != Role.ASSOCIATION
        or not access.run_by(actor).filter(pk=campaign.pk).exists()
    ):
        yield Refusal("not_yours", "这是秘书处的事，您没有办理本活动的权限。")


def why_not_publish(
    campaign: Campaign, actor: Actor, at: datetime
) -> Iterator[Refusal]:
    """Only after the public notice has run its days."""
    yield from why_not_run(campaign, actor)
    yield from why_ended(campaign)
    notice = notice_of(campaign)
    if notice is None:
        yield Refusal("no_notice", "要先公示，公示期满才能公布。")
    elif notice.closes_at and at < notice.closes_at:
        yield Refusal(
            "notice_running", f"公示到 {moment(notice.closes_at)}，期满才能公布。"
        )
    if Publication.objects.filter(
        campaign=campaign, kind=Publication.Kind.RESULTS
    ).exists():
        yield Refusal("already_published", "结果已经公布。要改名单请发更正。")


def notice_of(campaign: Campaign) -> Publication | None:
    return Publication.objects.filter(
        campaign=campaign, kind=Publication.Kind.NOTICE, replaced_by__isnull=True
    ).first()


def results_of(campaign: Campaign) -> Publication | None:
    return Publication.objects.filter(
        campaign=campaign, kind=Publication.Kind.RESULTS, replaced_by__isnull=True
    ).first()


def notice_end(start: date, working_days: int) -> date:
    """The last day of a notice of n working days beginning the day after ``start``.

    Counts Monday to Friday; the clerk corrects for holidays (调休) on the page.
    """
    day = start
    while working_days > 0:
        day += timedelta(days=1)
        if day.weekday() < 5:
            working_days -= 1
    return day


def open_check(submission: Submission) -> Check | None:
    """The check of the revision that counts, if begun."""
    return Check.objects.filter(revision=submission.revision).first()
