"""May the recommending body? Questions about places, ranks, papers and the handover."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import Role
from qcportal.accounts.rules import why_not_approve, why_not_in_person
from qcportal.campaigns.models import Campaign
from qcportal.campaigns.rules import why_closed_for_all, why_not_recommending_body
from qcportal.campaigns.stages import Stage
from qcportal.documents.models import Document
from qcportal.refusals import Refusal
from qcportal.seals.rules import scan_faults
from recommenders.models import (
    Candidate,
    Dossier,
    Paper,
    SiteVisit,
    TableStamp,
)
from submissions import places
from submissions import rules as submission_rules
from submissions.lifecycle import MoveName, State
from submissions.models import ScoreSheet, Submission, Tier

MOST_PHOTOS = 12


def why_not_in_standing(
    recommender: Organisation, at: datetime, campaign: Campaign
) -> Iterator[Refusal]:
    """``standing_lost``: the right to recommend is suspended or struck off."""
    yield from why_not_recommending_body(campaign, recommender, at, own=True)


def why_not_score(
    submission: Submission, actor: Actor, at: datetime
) -> Iterator[Refusal]:
    """The recommending body's panel scores while it may still act on the result."""
    named = {
        State.RECOMMENDED: MoveName.TAKE_BACK, State.RESERVED: MoveName.UNRESERVE,
    }.get(submission.state_enum)  # fmt: skip
    if named:
        yield from submission_rules.why_not(named, submission, actor, at)
    else:
        yield from submission_rules.why_not(MoveName.RECOMMEND, submission, actor, at)
    yield from why_not_in_standing(actor.organisation, at, submission.campaign)


def why_not_stamp(
    submission: Submission, actor: Actor, at: datetime,
    *, evidence: str, scan: Document | None, confirmed: bool,
) -> Iterator[Refusal]:  # fmt: skip
    """The recommending body's seal on its opinion of one result."""
    sheet = submission_rules.sheet_of(submission, Tier.RECOMMENDER)
    yield from why_not_in_person(actor)
    yield from why_not_score(submission, actor, at)
    yield from submission_rules.sheet_faults(sheet, submission.campaign.opinion_limit)
    yield from submission_rules.evidence_faults(sheet, evidence, scan, confirmed, actor)


def why_not_recommend(
    submission: Submission,
    actor: Actor,
    at: datetime,
    tally: places.Tally | None = None,
) -> Iterator[Refusal]:
    """``quota_full`` / ``unit_quota_full`` (Shanghai 2020 三.3), ``sheet_missing`` … ;
    past the soft line there is a caution ``quota_soft``."""
    yield from submission_rules.why_not(MoveName.RECOMMEND, submission, actor, at)
    yield from why_not_in_standing(actor.organisation, at, submission.campaign)
    sheet = submission_rules.sheet_of(submission, Tier.RECOMMENDER)
    yield from submission_rules.sheet_faults(sheet, submission.campaign.opinion_limit)
    yield from submission_rules.stamp_look_faults(submission, actor)
    yield from site_visit_faults(submission)
    yield from place_refusals(submission, actor.organisation, tally)
    yield from reserve_cautions(submission, actor.organisation)


def reserve_of(
    recommender: Organisation, submission: Submission
) -> QuerySet[Submission]:
    """The body's reserve list in the submission's category, in its order."""
    return (
        Submission.objects.filter(
            campaign=submission.campaign_id, recommender=recommender,
            category=submission.category_id, state=State.RESERVED,
        )
        .select_related("campaign", "category", "unit")
        .order_by("candidate__rank", "code")
    )  # fmt: skip


def reserve_cautions(
    submission: Submission, recommender: Organisation
) -> Iterator[Refusal]:
    """``reserve_waiting``: somebody on the reserve list would come first."""
    if submission.state_enum != State.STAMPED:
        return
    first = reserve_of(recommender, submission).first()
    if first is not None:
        yield Refusal(
            "reserve_waiting",
            f"候补里还有《{first.title}》在等名额，请看是否先递补它。",
            kind="caution",
        )


def why_not_reserve(
    submission: Submission,
    actor: Actor,
    at: datetime,
    tally: places.Tally | None = None,
) -> Iterator[Refusal]:
    """``place_free``, ``no_reserve``, ``reserve_full``: onto the reserve list only goes
    what no place is left for, and only as many as the rules allow."""
    yield from submission_rules.why_not(MoveName.RESERVE, submission, actor, at)
    yield from why_not_in_standing(actor.organisation, at, submission.campaign)
    sheet = submission_rules.sheet_of(submission, Tier.RECOMMENDER)
    yield from submission_rules.sheet_faults(sheet, submission.campaign.opinion_limit)
    yield from submission_rules.stamp_look_faults(submission, actor)
    yield from site_visit_faults(submission)
    yield from reserve_refusals(submission, actor.organisation, tally)


def reserve_refusals(
    submission: Submission, recommender: Organisation, tally: places.Tally | None = None
) -> Iterator[Refusal]:
    """Why the reserve list does not take it."""
    tally = tally or places.Tally(submission.campaign, recommender)
    full = [meter for meter in tally.covering(submission) if meter.full]
    if not full:
        yield Refusal("place_free", "还有名额，请直接推荐，不用候补。")
    for meter in full:
        if meter.barred or not meter.rule.reserve:
            yield Refusal("no_reserve", f"{meter.label}没有设候补。")
        elif not meter.reserve_left:
            yield Refusal(
                "reserve_full",
                f"{meter.label}的候补 {meter.rule.reserve} 项已满，请先移出一项。",
            )


def why_not_move_up(
    submission: Submission, actor: Actor, at: datetime
) -> Iterator[Refusal]:
    """As ``why_not_recommend``; besides ``not_first_in_reserve``: one that stands
    before it and could have the place goes first."""
    yield from submission_rules.why_not(MoveName.MOVE_UP, submission, actor, at)
    yield from why_not_in_standing(actor.organisation, at, submission.campaign)
    sheet = submission_rules.sheet_of(submission, Tier.RECOMMENDER)
    yield from submission_rules.sheet_faults(sheet, submission.campaign.opinion_limit)
    yield from submission_rules.stamp_look_faults(submission, actor)
    yield from site_visit_faults(submission)
    tally = places.Tally(submission.campaign, actor.organisation)
    yield from place_refusals(submission, actor.organisation, tally)
    for other in reserve_of(actor.organisation, submission):
        if other.pk == submission.pk:
            return
        if not list(only_refusals(place_refusals(other, actor.organisation, tally))):
            yield behind_in_reserve(other)
            return


def behind_in_reserve(other: Submission) -> Refusal:
    """``not_first_in_reserve``: ``other`` stands before it and could have the place."""
    return Refusal(
        "not_first_in_reserve",
        f"候补里《{other.title}》排在前面，请先递补它。要换次序，请先改名次。",
    )


def only_refusals(found: Iterable[Refusal]) -> Iterator[Refusal]:
    """Without the cautions."""
    return (refusal for refusal in found if refusal.kind == "refusal")


def place_refusals(
    submission: Submission, recommender: Organisation, tally: places.Tally | None = None
) -> Iterator[Refusal]:
    """Every quota rule that has no place left for this result."""
    tally = tally or places.Tally(submission.campaign, recommender)
    for meter in tally.covering(submission):
        per_unit = meter.rule.subject != meter.rule.Subject.RECOMMENDER
        if meter.barred:
            yield Refusal(
                "not_in_good_standing",
                "主办单位登记的本年度会籍不是“正常”，暂时没有推荐名额，请联系秘书处。",
            )
        elif meter.full and per_unit:
            yield Refusal(
                "unit_quota_full",
                f"{submission.unit.label}的{meter.label}名额 {meter.places} 项已用完{_through_whom(meter)}。要换成这一项，请先取消已推荐的那项。",
            )
        elif meter.beyond:
            yield Refusal(
                "quota_full",
                f"贵单位{meter.label}现在是 {meter.places} 项，已推荐 {meter.used} 项。已推荐的都保留，比名额少了才能再推荐。",
            )
        elif meter.full:
            yield Refusal(
                "quota_full",
                f"贵单位{meter.label} {meter.places} 项已用完。要换成这一项，请先取消另一项推荐。",
            )
        elif meter.past_soft:
            yield Refusal(
                "quota_soft",
                f"已推荐 {meter.used} 项，过了提醒线 {meter.rule.soft} 项，最多 {meter.places} 项。",
                kind="caution",
            )


def _through_whom(meter: places.Meter) -> str:
    """Says that others' recommendations count too, where they do."""
    subject = meter.rule.Subject
    return {
        subject.UNIT_OVERALL: "（各推荐单位合计）",
        subject.UNIT_REGION: "（本地区各推荐单位合计）",
    }.get(subject(meter.rule.subject), "")


def last_visit(submission: Submission) -> SiteVisit | None:
    """The 现场核查 that counts: the newest of the body that now has the result."""
    return (
        SiteVisit.objects.filter(
            submission=submission, recommender=submission.recommender
        )
        .prefetch_related("photos__document")
        .first()
    )


def site_visit_faults(submission: Submission) -> Iterator[Refusal]:
    """``site_visit_missing`` where the campaign requires one (Hubei 2023: on site, read
    the records, verify); ``site_visit_negative`` when the newest one says no, whether
    required or not."""
    visit = last_visit(submission)
    if visit is None:
        if submission.category.requires_site_visit:
            yield Refusal(
                "site_visit_missing",
                "还没有现场核查。本活动要求推荐前到现场看记录、核实过程。",
            )
    elif visit.conclusion == SiteVisit.Conclusion.FALSE:
        yield Refusal(
            "site_visit_negative",
            f"{visit.visited_on:%Y-%m-%d} 现场核查的结论是“{visit.get_conclusion_display()}”。",
        )


def why_not_visit(
    submission: Submission, actor: Actor, at: datetime
) -> Iterator[Refusal]:
    """On site while the result is on the body's desk and before it is recommended."""
    yield from submission_rules.why_not(MoveName.RECOMMEND, submission, actor, at)
    yield from why_not_in_standing(actor.organisation, at, submission.campaign)


def visit_faults(
    campaign: Campaign, *, visited_on: date, persons: str,
    answers: Mapping[str, tuple[str, str]], conclusion: str, remark: str, photos: int,
    at: datetime,
) -> Iterator[Refusal]:  # fmt: skip
    """What a visit lacks; ``answers`` is item code → (answer, note), ``field`` names
    the form's field."""
    if visited_on > timezone.localtime(at).date():
        yield Refusal("day_ahead", "核查日期还没到，请核查以后再填。", "visited_on")
    if not persons.strip():
        yield Refusal("missing", "请写核查人员的姓名。", "persons")
    for item in campaign.site_visit_items:
        answer, note = answers.get(item["code"], ("", ""))
        field = f"item-{item['code']}"
        if answer not in SiteVisit.Answer.values:
            yield Refusal("missing", f"请选择“{item['label']}”是否符合。", field)
        elif answer != SiteVisit.Answer.YES and not note.strip():
            yield Refusal(
                "note_missing", "不完全符合的，请写看到了什么。", f"{field}-note"
            )
    if conclusion not in SiteVisit.Conclusion.values:
        yield Refusal("missing", "请选择结论。", "conclusion")
    elif conclusion != SiteVisit.Conclusion.TRUE and not remark.strip():
        yield Refusal("remark_missing", "请写明原因或要整改的地方。", "remark")
    if photos > MOST_PHOTOS:
        yield Refusal("too_many_files", f"一次最多 {MOST_PHOTOS} 张照片。", "photos")


def why_not_rank(dossier: Dossier, actor: Actor, at: datetime) -> Iterator[Refusal]:
    """Ranks may change while the recommending window is open."""
    if (
        actor.role != Role.RECOMMENDER
        or dossier.recommender_id != actor.organisation.pk
    ):
        yield Refusal("not_yours", "名次由推荐单位自己排。")
    yield from why_desk_closed(dossier, at)


def why_desk_closed(dossier: Dossier, at: datetime) -> Iterator[Refusal]:
    """The recommending window as it is for this body, over all its categories."""
    campaign = dossier.campaign
    through = [c for c in campaign.categories_in_order if c.needs_recommender]
    yield from why_closed_for_all(
        campaign, Stage.RECOMMENDING, at, through, dossier.recommender_id
    )


# --- summary and statistics -------------------------------------------------------


def why_not_write_dossier(
    dossier: Dossier, actor: Actor, at: datetime
) -> Iterator[Refusal]:
    yield from why_not_rank(dossier, actor, at)


def number(value: Any) -> Decimal | None:
    """A typed figure (thousands commas allowed) as a number, None if it is not one."""
    try:
        found = Decimal(str(value).replace(",", "").replace("，", "").strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def computed(
    campaign: Campaign, figures: Mapping[str, Any]
) -> dict[str, Decimal | None]:
    """The rates of the statistics sheet: 100 × part / whole, two decimals; None without
    both figures or with a zero whole (domain.md §4.8)."""
    rates: dict[str, Decimal | None] = {}
    for item in campaign.statistics:
        if item.get("part"):
            part, whole = (
                number(figures.get(item["part"])),
                number(figures.get(item["whole"])),
            )
            rates[item["code"]] = (
                (part * 100 / whole).quantize(Decimal("0.01"))
                if part is not None and whole
                else None
            )
    return rates


def statistics_faults(
    campaign: Campaign, figures: Mapping[str, Any]
) -> Iterator[Refusal]:
    """``figure_missing``, ``figure_wrong``, ``figures_disagree``; field = item code."""
    labels = {item["code"]: item["label"] for item in campaign.statistics}
    for item in campaign.statistics:
        if item.get("part"):
            continue
        raw = str(figures.get(item["code"], "")).strip()
        value = number(raw)
        if not raw:
            yield Refusal(
                "figure_missing", f"请填写“{item['label']}”，没有就填 0", item["code"]
            )
        elif (
            value is None or value < 0 or (item.get("whole_number", True) and value % 1)
        ):
            yield Refusal(
                "figure_wrong",
                f"“{item['label']}”要填{'整' if item.get('whole_number', True) else ''}数，例如 1,286",
                item["code"],
            )
        for other in item.get("at_most", []):
            limit = number(figures.get(other))
            if value is not None and limit is not None and value > limit:
                yield Refusal(
                    "figures_disagree",
                    f"“{item['label']}”{value:,} 比“{labels[other]}”{limit:,} 多 {value - limit:,}，请核对这 2 格。",
                    item["code"],
                )


def dossier_faults(dossier: Dossier) -> Iterator[Refusal]:
    """``summary_missing``, ``statistics_missing``: the precondition of recommending
    (Shanghai 2020 三.2). Nothing where the campaign asks for neither."""
    if not dossier.campaign.needs_dossier:
        return
    if dossier.summary_id is None:
        yield Refusal("summary_missing", "还没有上传活动总结，它是推荐的基础条件。")
    if dossier.statistics_done_at is None:
        yield Refusal(
            "statistics_missing", "活动统计表还没有填完，它是推荐的基础条件。"
        )


# --- the papers and the handover ---------------------------------------------------


def recommended(dossier: Dossier) -> list[Candidate]:
    """Those that take a place, by category and rank."""
    return list(
        Candidate.objects.filter(dossier_id=dossier.pk, recommended_at__isnull=False)
        .select_related(
            "category",
            "submission__unit",
            "submission__category",
            "submission__revision__form",
            "submission__campaign",
            "submission__form",
        )
        .order_by("category__order", "category_id", "rank")
    )


def list_hash(rows: list[dict[str, Any]]) -> str:
    """SHA-256 over the listed facts: a paper whose hash differs from today's is old."""
    return hashlib.sha256(
        json.dumps(rows, ensure_ascii=False, sort_keys=True).encode()
    ).hexdigest()


def live_table_stamp(paper: Paper | None) -> TableStamp | None:
    return paper.stamps.filter(voided_at__isnull=True).first() if paper else None


def why_not_make_papers(
    dossier: Dossier, actor: Actor, at: datetime, rows: list[dict[str, Any]]
) -> Iterator[Refusal]:
    if (
        actor.role != Role.RECOMMENDER
        or dossier.recommender_id != actor.organisation.pk
    ):
        yield Refusal("not_yours", "这些表由推荐单位生成。")
    if not rows:
        yield Refusal(
            "nothing_recommended", "还没有推荐任何成果，请先到推荐工作台推荐。"
        )


def why_not_stamp_table(
    dossier: Dossier, paper: Paper | None, rows: list[dict[str, Any]], actor: Actor,
    at: datetime, *, evidence: str, scan: Document | None, confirmed: bool,
) -> Iterator[Refusal]:  # fmt: skip
    """The seal on the 推荐表: on the paper that says what the list says now."""
    yield from why_not_in_person(actor)
    yield from why_not_rank(dossier, actor, at)
    yield from table_faults(paper, rows)
    if evidence == "scan" and scan is None:
        yield Refusal("stamp_missing", "还没有上传盖章的推荐表。", "scan")
    elif evidence == "scan" and scan is not None and paper is not None:
        yield from scan_faults(scan, paper.check_code)
    elif evidence == "seal_picture":
        yield from submission_rules.why_not_use_seal_picture(actor, dossier.campaign)
    if not confirmed:
        yield Refusal("not_confirmed", "请看过盖章页，再勾选确认。", "confirmed")


def table_faults(paper: Paper | None, rows: list[dict[str, Any]]) -> Iterator[Refusal]:
    if paper is None:
        yield Refusal("table_missing", "还没有生成推荐表。")
    elif paper.list_hash != list_hash(rows):
        yield Refusal("table_old", "名单改过，推荐表要重新生成。")


def the_table(paper: Paper | None) -> Paper:
    """The 推荐表, for acts whose rule has found it."""
    if paper is None:
        raise ValueError("no table was made")
    return paper


def the_table_stamp(paper: Paper | None) -> TableStamp:
    """The live stamp of the 推荐表, for acts whose rule has found it."""
    stamp = live_table_stamp(paper)
    if stamp is None:
        raise ValueError("the table is not stamped")
    return stamp


def _stamped_revisions(candidates: list[Candidate]) -> set[int]:
    """Revisions whose recommending opinion carries a live stamp, in one query."""
    return set(
        ScoreSheet.objects.filter(
            revision__in=[c.submission.revision_id for c in candidates],
            tier=Tier.RECOMMENDER,
            stamps__voided_at__isnull=True,
            stamps__isnull=False,
        ).values_list("revision_id", flat=True)
    )


def why_not_submit(
    dossier: Dossier, paper: Paper | None, rows: list[dict[str, Any]],
    candidates: list[Candidate], actor: Actor, at: datetime,
) -> Iterator[Refusal]:  # fmt: skip
    """Everything between the bench and the association: window, standing, summary and
    statistics, each result's stamped opinion, the stamped table of today's list."""
    yield from why_not_rank(dossier, actor, at)
    yield from why_not_approve(actor)
    yield from why_not_in_standing(dossier.recommender, at, dossier.campaign)
    yield from dossier_faults(dossier)
    waiting = [c for c in candidates if c.submission.state_enum == State.RECOMMENDED]
    if not waiting:
        yield Refusal("nothing_to_submit", "没有已推荐、还没提交的成果。")
    stamped = _stamped_revisions(waiting)
    for candidate in waiting:
        if candidate.submission.revision_id not in stamped:
            yield Refusal(
                "opinion_not_stamped",
                f"《{candidate.submission.title}》的推荐意见还没有盖章。",
            )
    yield from table_faults(paper, rows)
    if paper is not None and live_table_stamp(paper) is None:
        yield Refusal("table_not_stamped", "推荐表还没有盖章。")
