"""评奖划线: the ranking, the cut by numbers, the awards. Seen by the association alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns.models import AwardLevel, Campaign, Category
from qcportal.clock import now
from reviews import bulk, standings
from reviews.campaign_choice import campaign_of
from reviews.category_choice import category_of, links
from reviews.forms import NONE, AwardsForm, CountsForm
from reviews.standings import Standing
from reviews.views.publications import release_facts
from submissions.models import Submission

PER_PAGE = 50
BARS = 16  # of the drawing of scores
NAMED = 5  # refusals told one by one; the rest as a number


def _ranking(
    request: HttpRequest, campaign: Campaign, category: Category | None
) -> list[Standing]:
    visible = Submission.objects.visible_to(request.actor)
    results = visible.filter(
        campaign=campaign, category=category, state__in=standings.RANKED
    )
    return standings.ranking(campaign, results.defer("content"))


def _decided(ranked: Sequence[Standing]) -> dict[int, str]:
    """Result id → level code or NONE, where somebody has decided."""
    return {
        one.submission.pk: one.decision.level.code if one.decision.level else NONE
        for one in ranked
        if one.decision
    }


@require_safe
@acting_as(Role.ASSOCIATION)
def awards(request: HttpRequest) -> HttpResponse:
    """The ranking with the cut that the typed numbers would make."""
    campaign = campaign_of(request)
    category = category_of(campaign, request.GET)
    levels = category.levels if category else []
    ranked = _ranking(request, campaign, category)
    decided = _decided(ranked)
    tally = Counter(decided.values())
    counts = CountsForm(levels, request.GET if _asked(request, levels) else None,
                        initial={f"n-{lv.code}": tally[lv.code] or None for lv in levels})  # fmt: skip
    wanted = counts.counts() if counts.is_bound else None
    proposed = standings.cut(ranked, wanted) if wanted else None
    page = Paginator(ranked, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "campaign": campaign, "category": category,
        "categories": links(campaign, category), "tie_words": _tie_words(campaign, category),
        "page": page, "total": len(ranked), "proposed": proposed,
        "rows": [
            _row(at, one, levels, decided, proposed)
            for at, one in enumerate(page, page.start_index())
        ],
        "tallies": [(lv, counts[f"n-{lv.code}"], tally[lv.code]) for lv in levels],
        "counts": counts, "undecided": len(ranked) - len(decided),
        "none": tally[NONE], "awarded": sum(tally.values()) - tally[NONE],
        "histogram": _histogram(ranked, decided, levels),
        "checks": _checks(ranked), "query": urlencode(_asked(request, levels)),
        **release_facts(request, campaign),
    }  # fmt: skip
    return render(request, "reviews/awards/board.html", context)


def _board(request: HttpRequest) -> HttpResponse:
    """Back to the board of the category the form came from."""
    code = request.POST.get("category", "")
    query = f"?{urlencode({'category': code})}" if code else ""
    return redirect(reverse("reviews:awards") + query)


def _tie_words(campaign: Campaign, category: Category | None) -> str:
    """How equal scores are ordered: 同分时依次比“选题”“活动过程”，再比推荐顺序."""
    if not campaign.tie_order:
        return "同分的名次相同，不会被线切开"
    rubrics = category.rubrics.filter(published_at__isnull=False) if category else []
    named = {
        criterion.code: criterion.name
        for rubric in rubrics
        for criterion in rubric.criteria.all()
    }
    listed = "".join(f"“{named[c]}”" for c in campaign.tie_order if c in named)
    compared = f"依次比{listed}，再比推荐顺序" if listed else "比推荐顺序"
    return f"同分时{compared}；都相同的名次相同，不会被线切开"


def _asked(request: HttpRequest, levels: Sequence[AwardLevel]) -> dict[str, str]:
    """The numbers in the URL."""
    names = [f"n-{level.code}" for level in levels]
    return {name: request.GET[name] for name in names if request.GET.get(name)}


def _row(
    at: int, one: Standing, levels: Sequence[AwardLevel], decided: dict[int, str],
    proposed: standings.Cut | None,
) -> dict[str, Any]:  # fmt: skip
    """A line of the ranking, the choice in its select, and the line drawn under it."""
    pk, now_is = one.submission.pk, decided.get(one.submission.pk, "")
    suggested = proposed.levels.get(pk) if proposed else None
    value = _code(suggested) if proposed and one.score else now_is
    return {
        "standing": one,
        "name": f"level-{one.submission.code}",
        "options": [
            ("", "未定"), *((lv.code, lv.name) for lv in levels), (NONE, "不评奖"),
        ],
        "value": value,
        "changed": bool(proposed) and value != now_is,
        "line": next((lv for lv in levels if _ends(proposed, lv, at)), None),
    }  # fmt: skip


def _ends(proposed: standings.Cut | None, level: AwardLevel, at: int) -> bool:
    """Whether a proposed award's line runs under the ``at``-th result."""
    line = proposed.lines.get(level.code) if proposed else None
    return bool(line and line[1] is not None and line[0] == at)


def _checks(ranked: Sequence[Standing]) -> dict[str, Any]:
    """划线检查: what a clerk looks at before the line is drawn."""
    return {
        "split": standings.split_ties(ranked),
        "wide": sum(one.wide for one in ranked),
        "open": sum(one.assigned > one.handed_in for one in ranked),
        "unscored": sum(one.score is None for one in ranked),
    }


def _histogram(
    ranked: Sequence[Standing], decided: dict[int, str], levels: Sequence[AwardLevel]
) -> list[dict[str, Any]]:
    """Bars of two points, the lowest holding everything below it; coloured by the award
    most of its results have. Measures fit a drawing of 300 by 130."""
    style = {level.code: level.style for level in levels}
    scored = [one for one in ranked if one.score]
    tops = [int(one.score.value) // 2 * 2 for one in scored]
    if not tops:
        return []
    lowest = max(min(tops), max(tops) - 2 * (BARS - 1))
    bars: dict[int, Counter[str]] = {}
    for one, top in zip(scored, tops, strict=True):
        kind = style.get(decided.get(one.submission.pk, ""), "none")
        bars.setdefault(max(top, lowest), Counter())[kind] += 1
    most = max(bar.total() for bar in bars.values())
    starts = range(lowest, max(tops) + 2, 2)
    return [
        _bar(i, start, bars.get(start, Counter()), most)
        for i, start in enumerate(starts)
    ]


def _bar(index: int, start: int, kinds: Counter[str], most: int) -> dict[str, Any]:
    height = round(84 * kinds.total() / most)
    x = 4 + index * 292 // BARS
    return {
        "x": x, "width": 292 // BARS - 3, "middle": x + (292 // BARS - 3) // 2,
        "height": height, "top": 112 - height, "over": 108 - height,
        "count": kinds.total(), "label": start if index % 3 == 0 else "",
        "style": kinds.most_common(1)[0][0] if kinds else "none",
    }  # fmt: skip


# --- the writing half -----------------------------------------------------------------


@require_POST
@acting_as(Role.ASSOCIATION)
def awards_save(request: HttpRequest) -> HttpResponse:
    """The awards chosen on one page of the ranking."""
    campaign = campaign_of(request)
    category = category_of(campaign, request.POST)
    ranked = _ranking(request, campaign, category)
    ids = {one.submission.code: one.submission.pk for one in ranked}
    shown = {c: pk for c, pk in ids.items() if f"level-{c}" in request.POST}
    form = AwardsForm(category.levels if category else [], shown, request.POST)
    if not form.is_valid():
        messages.error(request, "有的奖项没有认出来，没有存。请刷新页面再选。")
        return _board(request)
    return _decide(request, form.choices(_decided(ranked)), ranked)


@require_POST
@acting_as(Role.ASSOCIATION)
def awards_cut(request: HttpRequest) -> HttpResponse:
    """Decide everything by the cut the typed numbers make; ties stay together."""
    campaign = campaign_of(request)
    category = category_of(campaign, request.POST)
    levels = category.levels if category else []
    counts = CountsForm(levels, request.POST).counts()
    if counts is None:
        messages.error(request, "请先填各奖项的项数，再划线。")
        return _board(request)
    ranked = _ranking(request, campaign, category)
    proposed, decided = standings.cut(ranked, counts), _decided(ranked)
    # A result nobody scored is left open: deciding it would shut its judges out.
    choices = {
        one.submission.pk: proposed.levels.get(one.submission.pk)
        for one in ranked
        if one.score
        and _code(proposed.levels.get(one.submission.pk))
        != decided.get(one.submission.pk)
    }
    return _decide(request, choices, ranked)


def _code(level: AwardLevel | None) -> str:
    return level.code if level else NONE


def _decide(
    request: HttpRequest, choices: dict[int, AwardLevel | None], ranked: Sequence[Standing]
) -> HttpResponse:  # fmt: skip
    done, refused = bulk.decide_many(choices, by=request.actor, at=now())
    if done:
        messages.success(request, f"评定了 {len(done)} 项。公示以前，外面看不到。")
    codes = {one.submission.pk: one.submission.code for one in ranked}
    for pk, no in refused[:NAMED]:
        messages.error(request, f"{codes[pk]}：{no}")
    if len(refused) > NAMED:
        messages.error(
            request, f"还有 {len(refused) - NAMED} 项因为同样的原因没有评定。"
        )
    if not done and not refused:
        messages.info(request, "和原来一样，没有要改的。")
    number, code = request.POST.get("page", ""), request.POST.get("category", "")
    kept = {"category": code, "page": number if number.isdecimal() else ""}
    query = urlencode({name: value for name, value in kept.items() if value})
    return redirect(reverse("reviews:awards") + (f"?{query}" if query else ""))
