"""The group's desk: what it has filed, where each thing is, what it may do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from qcportal.accounts.access import acting_as
from qcportal.accounts.actors import Actor
from qcportal.accounts.roles import CHANNELS, Role
from qcportal.campaigns.deadlines import judged
from qcportal.campaigns.models import Campaign, Category
from qcportal.campaigns.rules import Whose, closing, why_closed
from qcportal.campaigns.stages import Stage
from qcportal.clock import now
from submissions import actions, rules, shows, stamping
from submissions.forms import page_of
from submissions.lifecycle import EDITABLE, MOVES, UNRELEASED, MoveName
from submissions.models import Submission
from submissions.rules import Offer
from submissions.upload_shows import Coming
from submissions.views.editing import own
from submissions.year_forms import TopicChoiceForm
from submissions.yearbook import Topic


def open_categories(actor: Actor, at: datetime) -> list[Category]:
    """What the group may begin now, newest campaign first, in the campaign's order."""
    running = Campaign.objects.public().filter(ended_at__isnull=True)
    rows = (
        Category.objects.filter(campaign__in=running)
        .select_related("campaign__host")
        .prefetch_related("campaign__windows", "campaign__extensions")
        .order_by("-campaign__year", "-campaign__pk", "order", "pk")
    )
    return [c for c in rows if not any(rules.why_not_begin(c, actor, at))]


def _closed_words(at: datetime) -> str:
    """Why nothing can be begun now, in the words of the newest campaign."""
    newest = Campaign.objects.newest()
    if newest is None:
        return "现在没有开放申报的活动。"
    return " ".join(
        f"{newest.name}：{r.message}" for r in why_closed(newest, Stage.FILING, at)
    )


def _entry(submission: Submission, at: datetime) -> dict[str, Any]:
    bold, rest = shows.sentence(submission, at)
    kind, text = shows.chip(submission, Role.GROUP, at)
    to_write = submission.state_enum in EDITABLE and kind != "end"
    name = "edit" if to_write else "track"
    label = "看进度" if not to_write else "接着填" if kind == "draft" else "去修改"
    url = reverse(f"submissions:{name}", args=[submission.code])
    if certificate := shows.certificate_path(submission):
        url, label = certificate, "下载证书"
        rest = f"证书编号 {submission.certificate_number}"
    return {
        "submission": submission, "kind": kind, "text": text, "bold": bold, "rest": rest,
        "ring": shows.ring(submission), "tag": shows.topic_tag(submission),
        "url": url,
        "label": label, "to_write": to_write,
    }  # fmt: skip


@acting_as(Role.GROUP)
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """我的成果: this year's first, then earlier ones; 25 on a page."""
    at = now()
    mine = Submission.objects.visible_to(request.actor).with_people()
    rows = mine.order_by("-campaign__year", "-created_at", "-pk")
    page = page_of(
        rows.prefetch_related(*shows.SENTENCE_NEEDS), request.GET.get("page")
    )
    opened, newest = open_categories(request.actor, at), Campaign.objects.newest()
    entries = [_entry(submission, at) for submission in page]
    year = newest.year if newest else at.year
    context = {
        "page": page, "opened": opened[0].campaign if opened else None, "closed": "" if opened else _closed_words(at),
        "current": [e for e in entries if e["submission"].campaign.year >= year],
        "past": [e for e in entries if e["submission"].campaign.year < year],
    }  # fmt: skip
    return render(request, "submissions/desk.html", context)


@acting_as(Role.GROUP)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Which category, then what to have at hand; a post begins the draft."""
    at = now()
    found = open_categories(request.actor, at)
    if not found:
        closed = _closed_words(at)
        return render(request, "submissions/closed.html", {"closed": closed})
    category = chosen_category(request, found)
    if category is None:
        return render(request, "submissions/new_choice.html", {"categories": found})
    if request.method == "POST":
        chosen = TopicChoiceForm(_topics(request), request.POST).chosen()
        begun = actions.begin(category, by=request.actor, at=at, topic=chosen)
        return redirect("submissions:edit", begun.code)
    campaign = category.campaign
    mine = Whose(
        category, (request.actor.organisation.pk, request.actor.organisation.parent_id)
    )
    context = {
        "campaign": campaign, "category": category, "form": category.newest_form.form,
        "closes_at": closing(campaign, Stage.FILING, mine), "several": len(found) > 1,
        "topics": _offered(request, campaign),
    }  # fmt: skip
    return render(request, "submissions/new.html", context)


def chosen_category(request: HttpRequest, found: list[Category]) -> Category | None:
    """The category asked for (its primary key), or the only one there is."""
    asked = request.POST.get("category") or request.GET.get("category", "")
    if asked:
        return next((c for c in found if str(c.pk) == asked), None)
    return found[0] if len(found) == 1 else None


def _topics(request: HttpRequest) -> QuerySet[Topic]:
    return Topic.objects.visible_to(request.actor).with_records()


def _offered(
    request: HttpRequest, campaign: Campaign, besides: Submission | None = None
) -> list[dict[str, Any]]:
    """Registered topics a result may start from, each with what stands against it."""
    return [
        {
            "topic": topic,
            "count": len(topic.standing_records),
            "why": next(
                rules.why_not_take_topic(campaign, topic, request.actor, besides), None
            ),
        }
        for topic in _topics(request)[:20]
    ]


@acting_as(Role.GROUP)
@require_safe
def track(request: HttpRequest, code: str) -> HttpResponse:
    """办到哪一步了: who has it, the way, the log, what may be done."""
    submission, at = own(request, code), now()
    context = {
        "submission": submission,
        "tag": shows.topic_tag(submission),
        "chip": shows.chip(submission, Role.GROUP, at),
        "holder": shows.holder(submission, at, Role.GROUP),
        "chain": shows.chain(submission, Role.GROUP),
        "events": shows.events(submission, Role.GROUP),
        "receipt": shows.receipt(submission),
        "reason": shows.return_reason(submission),
        "sentence": shows.sentence(submission, at),
        "offers": _offers(request, submission, at),
        "files": _files(submission),
        "editable": submission.state_enum in EDITABLE,
        "coming": Coming(submission, at),
        "certificate": shows.certificate_path(submission),
        "activity": stamping.activity_tabs(submission),
        "topics": _offered(request, submission.campaign, submission)
        if submission.state_enum in EDITABLE
        else [],
    }
    return render(request, "submissions/track.html", context)


def _offers(request: HttpRequest, submission: Submission, at: datetime) -> list[Offer]:
    found = [
        offer.at_url(reverse(f"submissions:{name}", args=[submission.code]))
        for name, offer in _backwards(request, submission, at)
    ]
    holder = submission.holder
    secret = submission.state_enum in UNRELEASED  # judged and decided look alike
    if holder is None or holder == Role.GROUP or secret:
        return found
    refusals = tuple(rules.why_not_remind(submission, request.actor, at))
    url = reverse("submissions:remind", args=[submission.code])
    label = f"提醒{holder.label}"
    return [Offer("remind", label, refusals, False, "line", url), *found]


def _backwards(
    request: HttpRequest, submission: Submission, at: datetime
) -> list[tuple[str, Offer]]:
    """收回修改 and 撤回申报, where the state knows them."""
    state, found = submission.state_enum, []
    name = rules.recall_move(submission)
    if state in MOVES[name].from_states:
        why = rules.why_not_recall(submission, request.actor, at)
        found.append(("recall", rules.offer(name, why)))
    withdraw = rules.offers(submission, request.actor, at, (MoveName.WITHDRAW,))
    return [*found, *(("withdraw", offer) for offer in withdraw)]


def _files(submission: Submission) -> list[dict[str, Any]]:
    """The files that were filed, or stand in the draft, with their slot's label."""
    form = submission.form.form
    filed = submission.revision
    if filed is not None and submission.state_enum not in EDITABLE:
        rows = filed.attachments.select_related("document")
    else:
        standing = submission.attachments.filter(removed_at__isnull=True)
        rows = standing.select_related("document")
    labels = {slot.code: slot.label for slot in form.papers}
    return [
        {
            "label": labels.get(row.slot, row.slot),
            "document": row.document,
            "url": reverse(
                "submissions:file_download", args=[submission.code, row.document.key]
            ),
        }
        for row in rows
    ]


@acting_as(Role.GROUP)
@require_POST
def remind(request: HttpRequest, code: str) -> HttpResponse:
    """Nudge whoever has it, once a day."""
    submission = own(request, code)
    actions.remind(submission.pk, by=request.actor, at=now())
    whom = CHANNELS[submission.holder] if submission.holder else ""
    messages.success(request, f"已提醒（{whom}），对方登录就能看到。")
    return redirect("submissions:track", code)


@acting_as(Role.GROUP)
@require_POST
def recall(request: HttpRequest, code: str) -> HttpResponse:
    """Take it back from the unit to write on."""
    submission = own(request, code)
    at = judged(request, submission.campaign)
    actions.recall(submission.pk, by=request.actor, at=at)
    messages.success(request, "已收回，可以修改了。改好后请重新提交。")
    return redirect("submissions:edit", code)


@acting_as(Role.GROUP)
@require_POST
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """End the filing for good, with a reason."""
    submission = own(request, code)
    comment = request.POST.get("comment", "")
    at = judged(request, submission.campaign)
    actions.withdraw(submission.pk, comment=comment, by=request.actor, at=at)
    messages.success(request, "已撤回申报，内容仍可查看。")
    return redirect("submissions:track", code)
