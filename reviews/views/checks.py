"""形式审查: the queue, one result beside its items, the verdict."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from qcportal.accounts.access import acting_as
from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import Role
from qcportal.campaigns.deadlines import judged
from qcportal.campaigns.models import Campaign, CheckItem
from qcportal.campaigns.rules import moment
from qcportal.clock import now
from qcportal.refusals import Refusal, Refused
from reviews import actions, rules, shows
from reviews.campaign_choice import campaign_of
from reviews.category_choice import several
from reviews.forms import CheckFilter, CheckForm
from reviews.models import Check
from submissions.lifecycle import State
from submissions.looking import look_card
from submissions.models import Submission
from submissions.stamping import activity_tabs

PER_PAGE = 25
# Past its recommending body by the secretariat's leave, not by its category's way.
DIRECT = Q(recommender__isnull=True, category__needs_recommender=True)
IN_COLUMN = 40  # of the queue, shown beside the papers


def _queue(request: HttpRequest, campaign: Campaign, asked: dict[str, Any]) -> QuerySet[Submission]:  # fmt: skip
    """What waits for the check, oldest first, as filtered."""
    before = Check.objects.filter(
        submission=OuterRef("pk"), verdict=Check.Verdict.AMENDMENT
    )
    found = (
        Submission.objects.visible_to(request.actor)
        .filter(campaign=campaign, state=State.SUBMITTED)
        .filtered({
            "q": asked.get("q", ""), "recommender": str(asked.get("recommender", "")),
            "category": asked.get("category", ""),
        })
        .annotate(amended=Exists(before))
        .select_related("recommender", "form", "category")
        .defer("content")
        .order_by("state_since", "code")
    )  # fmt: skip
    if asked.get("kind") == "back":
        found = found.filter(amended=True)
    if asked.get("kind") == "direct":
        found = found.filter(DIRECT)
    return found


def _tally(request: HttpRequest, campaign: Campaign) -> dict[str, int]:
    """How far the checks are, and what this person decided today."""
    checks = Check.objects.filter(submission__campaign=campaign).exclude(verdict="")
    waiting = _queue(request, campaign, {})
    today = timezone.localtime(now()).replace(hour=0, minute=0, second=0, microsecond=0)
    done = checks.exclude(submission__state=State.SUBMITTED)
    counts = {
        "waiting": waiting.count(),
        "back": waiting.filter(amended=True).count(),
        "direct": waiting.filter(DIRECT).count(),
        "done": done.values("submission").distinct().count(),
        "mine": checks.filter(
            decided_by=request.actor.user, decided_at__gte=today
        ).count(),
    }
    counts["all"] = counts["done"] + counts["waiting"]
    counts["percent"] = round(100 * counts["done"] / counts["all"]) if counts["all"] else 0  # fmt: skip
    return counts


@require_safe
@acting_as(Role.ASSOCIATION)
def checks(request: HttpRequest) -> HttpResponse:
    """The queue as a list."""
    campaign, form = campaign_of(request), CheckFilter(request.GET)
    found = _queue(request, campaign, form.chosen())
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    bodies = Organisation.objects.filter(
        pk__in=_queue(request, campaign, {}).order_by().values("recommender")
    )
    rows = [(one, shows.queue_tag(one)) for one in page]
    context = {
        "campaign": campaign, "form": form, "page": page, "rows": rows, "bodies": bodies,
        "tally": _tally(request, campaign), "suffix": _suffix(form),
        "several": several(campaign),
    }  # fmt: skip
    return render(request, "reviews/checks/list.html", context)


def _suffix(form: CheckFilter) -> str:
    """The filters, to be kept in every link of the queue."""
    query = urlencode(form.query())
    return f"?{query}" if query else ""


@require_http_methods(["GET", "HEAD", "POST"])
@acting_as(Role.ASSOCIATION)
def check(request: HttpRequest, code: str) -> HttpResponse:
    """One result: papers, items, the verdict. A refused verdict loses nothing typed."""
    visible = Submission.objects.visible_to(request.actor).with_people()
    submission = get_object_or_404(visible.filter(revision__isnull=False), code=code)
    items = rules.items_of(submission)
    findings = rules.findings(submission)
    form = CheckForm(items, findings, request.POST or None, initial=_initial(submission, items, findings))  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            return _act(request, submission, form)
        except Refused as no:
            return _page(request, submission, form, no.refusals, status=409)
    return _page(request, submission, form, status=422 if form.is_bound else 200)


def _initial(submission: Submission, items: list[CheckItem], findings: dict[str, rules.Finding]) -> dict[str, str]:  # fmt: skip
    """What was answered before; else what the portal found by itself."""
    kept = rules.open_check(submission)
    answers = {a.item_id: a for a in kept.answers.all()} if kept else {}
    initial: dict[str, str] = {"comment": kept.comment if kept else ""}
    for item in items:
        found = findings.get(item.automatic)
        if item.pk in answers:
            initial[f"fits-{item.pk}"] = "yes" if answers[item.pk].fits else "no"
            initial[f"note-{item.pk}"] = answers[item.pk].note
        elif found and found.fits is not None:
            initial[f"fits-{item.pk}"] = "yes" if found.fits else "no"
            initial[f"note-{item.pk}"] = "" if found.fits else found.words
    return initial


def _act(request: HttpRequest, submission: Submission, form: CheckForm) -> HttpResponse:
    answers, comment = form.answers(), form.cleaned_data["comment"]
    following = _following(request, submission)
    at = judged(request, submission.campaign)
    given: dict[str, Any] = {"by": request.actor, "at": at}
    match request.POST.get("act"):
        case "pass":
            actions.pass_check(submission.pk, answers, **given)
            messages.success(request, f"{submission.code} 形式审查通过。")
        case "return":
            told = shows.composed_comment(form.items, answers, comment)
            due = actions.ask_amendment(submission.pk, answers, comment=told, **given)
            messages.success(request, f"{submission.code} 已退回补正，期限到 {moment(due)}。")  # fmt: skip
        case "set_aside":
            actions.set_aside(submission.pk, comment=comment, **given)
            messages.success(request, f"{submission.code} 形式审查不通过，已告诉班组和单位。")  # fmt: skip
        case "save":
            actions.answer_items(submission.pk, answers, **given)
            messages.success(request, "核对到一半的已经存好。")
            return redirect(request.get_full_path())
        case _:
            raise Http404
    return redirect(following)


def _following(request: HttpRequest, submission: Submission) -> str:
    """The next of the queue as filtered, or the list when all are done."""
    form = CheckFilter(request.GET)
    queue = list(
        _queue(request, submission.campaign, form.chosen()).values_list("code", flat=True)
    )  # fmt: skip
    before, after = _neighbours(queue, submission.code)
    target = after or before
    if not target:
        return reverse("reviews:checks")
    return reverse("reviews:check", args=[target]) + _suffix(form)


def _neighbours(queue: list[str], code: str) -> tuple[str, str]:
    if code not in queue:
        return "", next(iter(queue), "")
    at = queue.index(code)
    return (queue[at - 1] if at else ""), (queue[at + 1] if at + 1 < len(queue) else "")


def _page(
    request: HttpRequest, submission: Submission, form: CheckForm,
    refusals: list[Refusal] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    filters = CheckFilter(request.GET)
    queue = list(_queue(request, submission.campaign, filters.chosen()))
    before, after = _neighbours([one.code for one in queue], submission.code)
    due = timezone.localtime(now() + timedelta(days=submission.campaign.amendment_days))  # fmt: skip
    context = {
        "submission": submission, "form": form, "rows": form.rows(), "refusals": refusals,
        "card": look_card(submission, request.actor),
        "several": several(submission.campaign),
        "waits": submission.state == State.SUBMITTED, "filters": filters,
        "suffix": _suffix(filters), "before": before, "after": after,
        "queue": [(one, shows.queue_tag(one)) for one in _around(queue, submission.code)],
        "queue_count": len(queue), "tally": _tally(request, submission.campaign),
        "due": due.replace(hour=17, minute=0, second=0, microsecond=0),
        "tabs": [
            *shows.viewer_tabs(shows.check_papers(submission),
                               "reviews:check_file", "reviews:check_page", submission.code),
            *activity_tabs(submission),
        ],
        "automatic": sum(1 for f in form.findings.values() if f.fits),
    }  # fmt: skip
    return render(request, "reviews/checks/check.html", context, status=status)


def _around(queue: list[Submission], code: str) -> list[Submission]:
    """The stretch of the queue in which ``code`` stands."""
    codes = [one.code for one in queue]
    at = codes.index(code) if code in codes else 0
    first = max(0, min(at - IN_COLUMN // 4, len(queue) - IN_COLUMN))
    return queue[first : first + IN_COLUMN]
