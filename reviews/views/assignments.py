"""分配专家: who judges what, how much everybody has, who must step aside."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns.models import Campaign
from qcportal.clock import now
from qcportal.refusals import Refusal
from reviews import actions, bulk, rules, standings
from reviews.campaign_choice import campaign_of
from reviews.category_choice import asked_category, links
from reviews.forms import ListFilter
from reviews.models import Assignment
from submissions.lifecycle import State
from submissions.models import Submission

PER_PAGE = 25
TO_ASSIGN = (State.CHECKED, State.JUDGING)


def _results(request: HttpRequest, campaign: Campaign) -> QuerySet[Submission]:
    standing = Q(assignments__recused_at__isnull=True)
    return (
        Submission.objects.visible_to(request.actor)
        .filter(campaign=campaign, state__in=TO_ASSIGN)
        .annotate(
            judges=Count("assignments", filter=standing & Q(assignments__isnull=False)),
            handed_in=Count(
                "assignments",
                filter=standing & Q(assignments__submitted_at__isnull=False),
            ),
        )
        .defer("content")
        .order_by("judges", "code")
    )


@require_safe
@acting_as(Role.ASSOCIATION)
def assignments(request: HttpRequest) -> HttpResponse:
    """Results with their judges, the pool with its load, a panel to add one."""
    campaign, filters = campaign_of(request), ListFilter(request.GET)
    category = asked_category(campaign, request.GET)
    results, loads = _results(request, campaign), standings.loads(campaign)
    if category is not None:
        results = results.filter(category=category)
    found = results.filtered({"q": filters.chosen().get("q", "")})
    page = Paginator(found.select_related("form", "unit", "category"), PER_PAGE).get_page(request.GET.get("page"))  # fmt: skip
    wanted = campaign.judges_per_submission
    counts = list(results.values_list("judges", flat=True))
    context = {
        "campaign": campaign, "category": category,
        "categories": links(campaign, category, every="全部类别"),
        "filters": filters, "page": page, "rows": _rows(page, wanted),
        "loads": loads, "wanted": wanted, "results": len(counts),
        "given": sum(min(n, wanted) for n in counts), "needed": len(counts) * wanted,
        "short": sum(n < wanted for n in counts),
        "handed_in": sum(load.handed_in for load in loads),
        "sheets": sum(load.given for load in loads),
        **_panel(request, results, loads),
    }  # fmt: skip
    return render(request, "reviews/assignments/list.html", context)


def _rows(page: Page, wanted: int) -> list[dict[str, Any]]:
    """A page's results, each with its sheets (the judge's name and how far)."""
    sheets: dict[int, list[Assignment]] = {}
    for sheet in Assignment.objects.filter(submission__in=list(page)).select_related("judge"):  # fmt: skip
        sheets.setdefault(sheet.submission_id, []).append(sheet)
    return [
        {
            "submission": one,
            "sheets": sheets.get(one.pk, []),
            "missing": max(0, wanted - one.judges),
        }
        for one in page
    ]


def _panel(request: HttpRequest, results: QuerySet[Submission], loads: list[standings.Load]) -> dict[str, Any]:  # fmt: skip
    """The result named by ``?for=`` with every judge and what stands against each."""
    chosen = results.select_related("campaign", "category").filter(code=request.GET.get("for", "")).first()  # fmt: skip
    if chosen is None:
        return {"chosen": None}
    has = {
        sheet.judge_id: sheet for sheet in Assignment.objects.filter(submission=chosen)
    }
    judges = [load.judge for load in loads]
    pool = rules.pool_of(chosen.campaign, judges, request.actor, [chosen.pk])
    return {
        "chosen": chosen,
        "candidates": [
            (load, _against(request, chosen, load, has.get(load.judge.pk), pool))
            for load in sorted(loads, key=lambda load: load.given)
        ],
    }


def _against(request: HttpRequest, chosen: Submission, load: standings.Load, sheet: Assignment | None, pool: rules.Pool) -> list[Refusal]:  # fmt: skip
    if sheet and sheet.recused_at:
        return [Refusal("recused", f"已申请回避：{sheet.recusal}")]
    if sheet:
        return [Refusal("assigned", "已在评这一份")]
    return list(rules.why_not_assign(chosen, load.judge, request.actor, now(), pool))


@require_POST
@acting_as(Role.ASSOCIATION)
def assign_evenly(request: HttpRequest) -> HttpResponse:
    """Fill every result up to the campaign's number, least loaded judges first."""
    campaign = campaign_of(request)
    pool = list(standings.judges_of(campaign))
    category = asked_category(campaign, request.POST)
    made, short = bulk.assign_evenly(
        campaign, pool, by=request.actor, at=now(), category=category
    )
    if made:
        messages.success(request, f"分配了 {made} 份评审任务，专家已收到通知。")
    if short:
        listed = "、".join(short[:5]) + ("等" if len(short) > 5 else "")
        messages.warning(request, f"还有 {len(short)} 份缺专家：{listed}。没有不用回避的人选了，请增加专家。")  # fmt: skip
    if not made and not short:
        messages.info(request, "每份成果的专家都够了，没有要分配的。")
    query = f"?category={category.code}" if category else ""
    return redirect(reverse("reviews:assignments") + query)


@require_POST
@acting_as(Role.ASSOCIATION)
def assign(request: HttpRequest, code: str) -> HttpResponse:
    """Give one result to one judge of the pool."""
    visible = Submission.objects.visible_to(request.actor).select_related("campaign")
    submission = get_object_or_404(visible, code=code)
    number = request.POST.get("judge", "")
    pool = standings.judges_of(submission.campaign)
    judge = get_object_or_404(pool, pk=number if number.isdecimal() and len(number) < 12 else 0)  # fmt: skip
    actions.assign(submission.pk, judge, by=request.actor, at=now())
    messages.success(request, f"{submission.code} 已分给{judge.name}。")
    category = asked_category(submission.campaign, request.POST)
    kept = f"&category={category.code}" if category else ""
    return redirect(f"{reverse('reviews:assignments')}?for={code}{kept}#panel")
