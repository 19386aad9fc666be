"""What a change of a running campaign does to what was filed already.

Asked by ``qcportal.campaigns.impact`` (see settings.CAMPAIGN_CHANGE_ASKED_OF). Counts
only; a refusal where the change cannot be made any more, else a caution in one sentence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime

from django.db.models import Q, QuerySet

from qcportal.campaigns import quota_words
from qcportal.campaigns.impact import Change
from qcportal.campaigns.models import Rubric
from qcportal.campaigns.rules import moment
from qcportal.campaigns.settings_rules import CATEGORY_WAY
from qcportal.campaigns.stages import Stage
from qcportal.documents.fonts import unprintable
from qcportal.refusals import Refusal
from recommenders.models import Handover
from reviews import standings
from reviews.models import Assignment, Certificate, Check, Decision, PublicationEntry
from submissions import places
from submissions.lifecycle import FINAL, State
from submissions.models import ScoreSheet, Submission, Tier

# What each stage still waits for, and how it is said.
WAITING = {
    Stage.FILING: {
        State.DRAFT: "项草稿还没提交", State.RETURNED: "项退回修改还没重新提交",
    },
    Stage.STAMPING: {State.FILED: "项等单位盖章"},
    Stage.RECOMMENDING: {
        State.STAMPED: "项等推荐单位评审", State.RECOMMENDED: "项已推荐还没提交秘书处",
    },
    Stage.CHECKING: {State.SUBMITTED: "项等形式审查"},
    Stage.JUDGING: {State.CHECKED: "项等分配专家", State.JUDGING: "项在评审"},
}  # fmt: skip
WAY = frozenset(CATEGORY_WAY)
NUMBERS = {"year", "letters"}
MOST_NAMED = 10


ALWAYS = {"extension", "rubric"}  # asked of campaigns nobody sees yet, too


def affected(change: Change, at: datetime) -> Iterator[Refusal]:
    """Refusals and cautions; nothing for a campaign nobody has filed in."""
    if change.campaign.published_at is None and change.what not in ALWAYS:
        return
    asked = ASKED.get(change.what)
    if asked:
        yield from asked(change, at)


def _caution(code: str, message: str, field: str = "") -> Refusal:
    return Refusal(code, message, field, "caution")


def _states(change: Change) -> Counter[State]:
    """How many of the campaign (or of the category) stand where."""
    rows = Submission.objects.filter(campaign=change.campaign)
    if change.category is not None:
        rows = rows.filter(category=change.category)
    return Counter(State(state) for state in rows.values_list("state", flat=True))


def waiting(change: Change, stage: Stage) -> list[str]:
    """``3 项草稿还没提交`` … what the stage still waits for."""
    counted = _states(change)
    named = WAITING[stage].items()
    return [f"{counted[state]} {words}" for state, words in named if counted[state]]


def _window(change: Change, at: datetime) -> Iterator[Refusal]:
    """Closing earlier: who is still under way. ``left_behind``, ``less_time``."""
    closes_at = change.new.get("closes_at")
    if closes_at is None or closes_at >= change.of.closes_at:
        return
    found = waiting(change, Stage(change.stage))
    if not found:
        return
    said = "，".join(found)
    if closes_at <= at:
        yield _caution("left_behind", f"会留下没办完的：{said}。", "closes_at")
    else:
        yield _caution(
            "less_time", f"{said}，都要在 {moment(closes_at)} 前办完。", "closes_at"
        )


def _naming(change: Change, at: datetime) -> Iterator[Refusal]:
    """``number_in_use`` for what numbers are made of; ``papers_keep_their_words``."""
    rows = Submission.objects.filter(campaign=change.campaign)
    if change.fields & NUMBERS and rows.exists():
        field = sorted(change.fields & NUMBERS)[0]
        yield Refusal(
            "number_in_use",
            f"已有 {rows.count()} 项成果按原来的年度和字母编了受理编号，不能再改。",
            field,
        )
    filed = rows.filter(revision__isnull=False).count()
    if change.fields & {"name", "document_number", "result_words"} and filed:
        yield _caution(
            "papers_keep_their_words",
            f"已提交的 {filed} 项，生成过的申报表和意见表还是原来的写法；以后生成的用新的。",
        )


def _certificate(change: Change, at: datetime) -> Iterator[Refusal]:
    """``certificates_keep``: what was issued is frozen."""
    issued = Certificate.objects.filter(
        entry__publication__campaign=change.campaign
    ).count()
    if issued:
        yield _caution(
            "certificates_keep",
            f"已发的 {issued} 张证书不变；以后发的用新的写法，同一活动会有两种。",
        )


def _conditions(change: Change, at: datetime) -> Iterator[Refusal]:
    """``handed_over_already``, ``amendments_keep``."""
    handed = Handover.objects.filter(dossier__campaign=change.campaign)
    bodies = handed.values("dossier").distinct().count()
    if "needs_dossier" in change.fields and bodies:
        yield _caution(
            "handed_over_already",
            f"已有 {bodies} 家推荐单位提交过，不受影响；其余的按新的条件。",
        )
    amending = _states(change)[State.AMENDMENT_ASKED]
    if "amendment_days" in change.fields and amending:
        yield _caution(
            "amendments_keep",
            f"正在补正的 {amending} 项期限不变，以后退回的按新的天数。",
        )


def _publicity(change: Change, at: datetime) -> Iterator[Refusal]:
    if change.campaign.publications.exists():
        yield _caution("notice_keeps", "已经发布的公示期限不变，以后发布的按新的天数。")


def _category(change: Change, at: datetime) -> Iterator[Refusal]:
    """``category_in_use`` for the way up and for removing; ``honoured_already``."""
    counted = _states(change)
    going = sum(n for state, n in counted.items() if state != State.WITHDRAWN)
    if change.removing and counted.total():
        yield Refusal(
            "category_in_use",
            f"这一类已有 {counted.total()} 项申报，不能删除。",
        )
    elif change.fields & WAY - {"has_contest"} and going:
        drafts = counted[State.DRAFT]
        yield Refusal(
            "category_in_use",
            f"这一类已有 {going} 项在办（其中草稿 {drafts} 项），渠道安排不能再改。",
            sorted(change.fields & WAY)[0],
        )
    printed = PublicationEntry.objects.filter(
        publication__campaign=change.campaign, submission__category=change.category
    ).count()
    if not change.removing and change.fields - WAY and printed:
        yield _caution(
            "honoured_already",
            f"已公示、公布的 {printed} 条还是原来的写法；以后的用新的。",
        )


def _awards(change: Change, at: datetime) -> Iterator[Refusal]:
    """``award_in_use`` for removing or re-coding; ``decided_already`` for a new name."""
    decided = Decision.objects.filter(level=change.of).count()
    if not decided:
        return
    if change.removing or change.fields & {"code", "category"}:
        yield Refusal(
            "award_in_use",
            f"已有 {decided} 项评为“{change.of.name}”，不能删，也不能换代码和类别。",
            "code",
        )
    else:
        yield _caution(
            "decided_already",
            f"已有 {decided} 项评为“{change.of.name}”，还没公示的跟着改，已公示的不变。",
        )


def _checks(change: Change, at: datetime) -> Iterator[Refusal]:
    done = Check.objects.filter(
        submission__campaign=change.campaign, decided_at__isnull=False
    ).count()
    if done:
        yield _caution(
            "checked_already", f"已经审过的 {done} 项不重审，其余的按新的核对项。"
        )


def _of_rubric(change: Change) -> QuerySet[Submission]:
    """The results the rubric is for, filed and not out of the race; one for the whole
    category leaves out the types that have a table of their own."""
    rows = Submission.objects.filter(
        category=change.category, revision__isnull=False
    ).exclude(state__in=FINAL)
    if change.of.topic_type:
        return rows.filter(topic_type=change.of.topic_type)
    published = change.of.category.rubrics.filter(published_at__isnull=False)
    own = published.exclude(topic_type="").values("topic_type")
    return rows.exclude(topic_type__in=own)


def _strange(rubric: Rubric) -> Iterator[Refusal]:
    """``unprintable``: what the fonts of the 意见表 cannot draw."""
    texts = [rubric.name, *(f"{c.name}{c.hint}" for c in rubric.criteria_list)]
    if found := "、".join("".join(unprintable("".join(texts)))[:5]):
        yield Refusal(
            "unprintable", f"“{found}”在意见表上打印不出来，请换一种写法。", "rows"
        )


def _rubric(change: Change, at: datetime) -> Iterator[Refusal]:
    """``unprintable``; ``sheets_keep``, ``results_take_new``, ``two_tables`` of a
    version to be published."""
    yield from _strange(change.of)
    results = _of_rubric(change)
    sheets = ScoreSheet.objects.filter(revision__in=results.values("revision"))
    tiers = Counter(sheets.values_list("tier", flat=True))
    given = Assignment.objects.filter(submission__in=results, recused_at__isnull=True)
    counted = (
        (tiers[Tier.UNIT], "份单位自评"), (tiers[Tier.RECOMMENDER], "份推荐评审"),
        (given.count(), "份专家评审"),
    )  # fmt: skip
    said = "、".join(f"{count} {words}" for count, words in counted if count)
    begun = results.filter(
        Q(revision__in=sheets.values("revision")) | Q(pk__in=given.values("submission"))
    ).count()
    fresh = results.count() - begun
    if begun:
        yield _caution(
            "sheets_keep",
            f"已有 {said}，涉及 {begun} 项，留在原来的表上，评完为止都不变。",
        )
    if fresh:
        yield _caution("results_take_new", f"还没有人评分的 {fresh} 项改用新的表。")
    if begun and fresh:
        yield _caution(
            "two_tables", "同一类里会有两张表评出来的成果一起排名，请确认合适。"
        )


def _scoring(change: Change, at: datetime) -> Iterator[Refusal]:
    """``ranks_decided`` where it would order decided results otherwise;
    ``judging_begun``, ``judges_lacking``, ``judges_over``."""
    campaign, new = change.campaign, change.new
    if moved := standings.moved_by(campaign, new):
        yield Refusal(
            "ranks_decided",
            f"奖项已经评定，这样改会动 {moved} 项的名次，不能改。",
            sorted(change.fields)[0],
        )
        return
    given = Assignment.objects.filter(
        submission__campaign=campaign, recused_at__isnull=True
    )
    handed_in = given.filter(submitted_at__isnull=False).count()
    if change.fields - {"judges_per_submission"} and given.exists():
        yield _caution(
            "judging_begun",
            f"已经分配 {given.count()} 份评审，交了 {handed_in} 份；"
            "得分和名次马上按新的算法重算。",
        )
    if "judges_per_submission" in change.fields:
        yield from _judges(given, new["judges_per_submission"])


def _judges(given: QuerySet[Assignment], wanted: int) -> Iterator[Refusal]:
    open_now = given.filter(submission__state__in=[State.CHECKED, State.JUDGING])
    counts = Counter(open_now.values_list("submission", flat=True)).values()
    lacking = sum(count < wanted for count in counts)
    over = sum(count > wanted for count in counts)
    if lacking:
        yield _caution("judges_lacking", f"{lacking} 项会变成还缺专家，要补分配。")
    if over:
        yield _caution("judges_over", f"{over} 项已经多于 {wanted} 位，多的仍然算。")


def _quotas(change: Change, at: datetime) -> Iterator[Refusal]:
    """``places_overrun``: who has recommended more than it would have places. What was
    recommended stays (docs/decisions/0014); only nothing more goes up."""
    now = places.overruns(change.campaign)
    later = places.overruns(change.campaign, change.new["rules"])
    more = [
        one for key, one in later.items()
        if key not in now or one.places < now[key].places
    ]  # fmt: skip
    if more:
        said = quota_words.some(map(_overrun, more), MOST_NAMED, "处")
        yield _caution(
            "places_overrun",
            f"已推荐的多于新的名额，已推荐的都保留，降到名额以下之前不能再推荐新的：{said}。",
        )


def _overrun(one: places.Overrun) -> str:
    unit = f"的{one.unit.label}" if one.unit else ""
    label = "" if one.label == "推荐名额" else f"{one.label}"
    return f"{one.body.label}{unit}{label}已推荐 {one.used} 项，新的名额 {one.places}，超出 {one.over} 项"


def _extension(change: Change, at: datetime) -> Iterator[Refusal]:
    """``record_unknown``, ``record_ended``."""
    code = change.new.get("record", "")
    if not code:
        return
    found = Submission.objects.filter(campaign=change.campaign, code=code).first()
    if found is None:
        yield Refusal("record_unknown", "本活动里没有这个受理编号。", "whom")
    elif found.state_enum in FINAL:
        yield Refusal("record_ended", "这一项已经办结，不用延期。", "whom")


def _end(change: Change, at: datetime) -> Iterator[Refusal]:
    """``still_under_way``: what would be left as it is."""
    rows = Submission.objects.filter(campaign=change.campaign)
    going = rows.exclude(Q(state__in=FINAL) | Q(state=State.DRAFT)).count()
    drafts = rows.filter(state=State.DRAFT).count()
    open_sheets = Assignment.objects.filter(
        submission__campaign=change.campaign, submitted_at=None, recused_at=None
    ).count()
    said = [
        f"{count} {words}"
        for count, words in (
            (going, "项还在办"), (drafts, "项草稿没提交"), (open_sheets, "份评审没交"),
        )
        if count
    ]  # fmt: skip
    if said:
        yield _caution("still_under_way", f"还有 {'，'.join(said)}，办结后都停在原处。")


ASKED: dict[str, Callable[[Change, datetime], Iterator[Refusal]]] = {
    "window": _window,
    "naming": _naming,
    "certificate": _certificate,
    "conditions": _conditions,
    "publicity": _publicity,
    "category": _category,
    "awards": _awards,
    "checks": _checks,
    "scoring": _scoring,
    "rubric": _rubric,
    "quotas": _quotas,
    "extension": _extension,
    "end": _end,
}
