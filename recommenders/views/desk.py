"""推荐工作台: the bench, its ranks, recommending and giving back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns.deadlines import judged
from qcportal.campaigns.models import Campaign, Category
from qcportal.clock import now
from qcportal.ui.middleware import safe_referer
from recommenders import actions, models, shows
from recommenders.forms import CommentForm, DeskFilter, reordered, typed_ranks
from recommenders.models import Dossier
from recommenders.season import campaigns_of, dossier_kept, dossier_on, here
from submissions import places
from submissions.models import Submission

PER_PAGE = 25


@acting_as(Role.RECOMMENDER)
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """Every result that reached this body, by rank or by unit."""
    if not campaigns_of(request.actor).exists():
        return render(request, "recommenders/no_campaign.html")
    dossier, at = dossier_on(request), now()
    visible = Submission.objects.visible_to(request.actor)
    tally = places.Tally(dossier.campaign, dossier.recommender)
    units = shows.units_of(visible, dossier)
    tabs = shows.category_tabs(visible, dossier)
    filters = DeskFilter(
        request.GET,
        topic_types=tally.labels,
        units=[(key, label) for _, key, label in units],
        categories=[(tab.code, tab.name) for tab in tabs],
    )
    asked = shows.questions(dossier, request.actor, at, tally)
    context = {
        "dossier": dossier,
        "filters": filters,
        "tabs": tabs,
        **_bench(request, asked, filters),
        **_around(visible, asked, units),
        "keep": f"?campaign={dossier.campaign.code}" if "campaign" in request.GET else "",
    }  # fmt: skip
    return render(request, "recommenders/desk.html", context)


def _bench(
    request: HttpRequest, asked: shows.Questions, filters: DeskFilter
) -> dict[str, Any]:
    """The page of the list, its order and its quota line."""
    chosen = filters.chosen
    sort = chosen.get("sort") or "rank"
    found = models.bench(request.actor, asked.dossier).filtered(chosen)
    ordered = found.order_by(*shows.ORDERS[sort], "state_since", "pk")
    # Keys first: a late page must not work out every row it skips.
    keys = ordered.values_list("pk", flat=True)
    page = Paginator(keys, PER_PAGE).get_page(request.GET.get("page"))
    lines = shows.rows(_in_order(found, list(page.object_list)), asked)
    category = _category(asked.dossier.campaign, chosen.get("category", ""))
    one_order = category is not None
    by_rank = sort == "rank" and not filters.is_narrowed and one_order
    meter = shows.limit_of(asked.tally, category)
    hard = meter.places if meter else None
    return {
        "page": page,
        "rows": lines,
        "sort": sort,
        "cut": shows.cut_line(lines, hard) if by_rank else None,
        "hard": hard,
        "may_pick": any(line.rankable for line in lines),
        "may_rank": one_order and any(line.rankable for line in lines),
        "category": category,
    }


def _category(campaign: Campaign, code: str) -> Category | None:
    """The category whose ranks the list shows: the chosen one, or the only one."""
    every = campaign.categories_in_order
    if len(every) == 1:
        return every[0]
    return next((category for category in every if category.code == code), None)


def _in_order(found: QuerySet[Submission], keys: list[int]) -> list[Submission]:
    rows = found.in_bulk(keys)
    return [rows[key] for key in keys if key in rows]


def _around(visible: Any, asked: shows.Questions, units: list[Any]) -> dict[str, Any]:
    """Everything beside the list: figures, readiness, the units' places."""
    shown = shows.unit_places(units, asked.tally)
    return {
        "counts": shows.counts(visible, asked.dossier),
        "meters": asked.tally.own(),
        "ready": shows.readiness(asked.dossier),
        "closed": asked.closed,
        "free": [] if asked.closed else shows.free_for_reserve(asked),
        "past": shows.categories_past(asked.dossier.campaign),
        "unit_places": shown,
        "more_units": len(units) - len(shown),
        "contested": shows.contested(shown),
    }


@acting_as(Role.RECOMMENDER)
@require_POST
def rank(request: HttpRequest) -> HttpResponse:
    """Keep the numbers typed beside the results (``rank-<code>``)."""
    dossier = dossier_kept(request)
    typed = typed_ranks(request.POST)
    order = [
        code
        for ranked, wanted in _by_category(request, dossier, typed)
        for code in reordered(ranked, wanted)
    ]
    at = judged(request, dossier.campaign)
    actions.rank(dossier.pk, order, by=request.actor, at=at)
    messages.success(request, "名次已保存。")
    return _back(request)


def _by_category(
    request: HttpRequest, dossier: Dossier, typed: Mapping[str, int | None]
) -> list[tuple[list[tuple[str, int]], dict[str, int | None]]]:
    """Today's order and the typed numbers, each category for itself."""
    visible = Submission.objects.visible_to(request.actor)
    known = dict(
        visible.filter(campaign=dossier.campaign, code__in=typed).values_list(
            "code", "category_id"
        )
    )
    ranked: dict[int, list[tuple[str, int]]] = {pk: [] for pk in known.values()}
    standing = dossier.candidates.filter(rank__isnull=False).order_by("rank")
    for code, place, pk in standing.values_list(
        "submission__code", "rank", "category_id"
    ):
        ranked.setdefault(pk, []).append((code, place))
    return [
        (order, {code: place for code, place in typed.items() if known.get(code) == pk})
        for pk, order in ranked.items()
    ]


@acting_as(Role.RECOMMENDER)
@require_POST
def recommend_many(request: HttpRequest) -> HttpResponse:
    """推荐所选: each on its own; what cannot be recommended says why."""
    chosen = request.POST.getlist("chosen")[:PER_PAGE]
    mine = Submission.objects.visible_to(request.actor).select_related("campaign")
    visible = list(mine.filter(code__in=chosen))
    titles = {s.pk: s.title for s in visible}
    codes = {s.code: s.pk for s in visible}
    in_order = [codes[code] for code in dict.fromkeys(chosen) if code in codes]
    at = judged(request, visible[0].campaign if visible else None)
    done, refused = actions.recommend_many(in_order, by=request.actor, at=at)
    if not in_order:
        messages.warning(request, "请先勾选要推荐的成果。")
    if done:
        messages.success(request, f"已推荐 {len(done)} 项。")
    for pk, no in refused:
        messages.error(request, f"《{titles[pk]}》：{no}")
    return _back(request)


def _mine(request: HttpRequest, code: str) -> Submission:
    return get_object_or_404(Submission.objects.visible_to(request.actor), code=code)


def _verb(act: Callable[..., Any], said: str, *, with_comment: bool) -> Any:
    """A view that does one act on one result and goes back where it was pressed."""

    @acting_as(Role.RECOMMENDER)
    @require_POST
    def view(request: HttpRequest, code: str) -> HttpResponse:
        submission = _mine(request, code)
        form = CommentForm(request.POST)
        words = {"comment": form.said} if with_comment else {}
        at = judged(request, submission.campaign)
        act(submission.pk, by=request.actor, at=at, **words)
        messages.success(request, f"《{submission.title}》{said}")
        return _back(request)

    return view


recommend = _verb(actions.recommend, "已推荐。", with_comment=False)
take_back = _verb(actions.take_back, "已取消推荐，名额空出来了。", with_comment=True)
reserve = _verb(
    actions.reserve, "已列入候补，有名额空出来时由您决定是否递补。", with_comment=False
)
move_up = _verb(
    actions.move_up, "已递补。推荐表要重新生成、盖章并提交。", with_comment=False
)
unreserve = _verb(actions.unreserve, "已移出候补。", with_comment=True)
send_back = _verb(actions.send_back, "已退回班组修改。", with_comment=True)
decline = _verb(actions.decline, "本届不推荐，已告诉班组和单位。", with_comment=True)


def _back(request: HttpRequest) -> HttpResponse:
    """To the page the button stood on, filters and page kept."""
    return redirect(safe_referer(request) or here("desk", request))
