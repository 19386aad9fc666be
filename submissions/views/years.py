"""本组年度: the group's registration of the year and its topics."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.clock import now
from qcportal.refusals import Refused
from submissions import year_actions, year_rules, year_shows
from submissions.forms import ContentForm, VersionForm, read_content
from submissions.procedures import REGISTRATION
from submissions.year_forms import TopicForm, TopicStartForm
from submissions.year_rules import local_day
from submissions.yearbook import GroupYear, Topic


def _this_year(request: HttpRequest) -> GroupYear | None:
    mine = GroupYear.objects.visible_to(request.actor).select_related("group", "unit")
    return mine.filter(year=local_day(now()).year).first()


def _own_year(request: HttpRequest) -> GroupYear:
    mine = GroupYear.objects.visible_to(request.actor).select_related("group", "unit")
    return get_object_or_404(mine, year=local_day(now()).year)


@acting_as(Role.GROUP)
@require_safe
def year(request: HttpRequest) -> HttpResponse:
    """This year's registration, its topics with their next step, earlier years."""
    row, at = _this_year(request), now()
    topics = Topic.objects.visible_to(request.actor).with_records()[:60]
    lines = [year_shows.topic_line(topic, Role.GROUP, at) for topic in topics]
    earlier = GroupYear.objects.visible_to(request.actor).filter(
        year__lt=local_day(at).year
    )
    context = {
        "row": row, "year": local_day(at).year, "chip": year_shows.chip(row, Role.GROUP),
        "members": row.standing_members if row else [],
        "paper": row.papers.select_related("document").first() if row else None,
        "now": [line for line in lines if row and line.topic.group_year_id == row.pk],
        "past": [line for line in lines if not row or line.topic.group_year_id != row.pk],
        "earlier": list(earlier), "at": at,
        "add": list(year_rules.why_not_add_topic(row, request.actor, at)) if row else [],
        "reopen": _reopen_offer(row, "submissions:year_reopen", []) if row and not row.is_open else None,
    }  # fmt: skip
    return render(request, "submissions/years/year.html", context)


def _reopen_offer(row: GroupYear | Topic, name: str, args: list[Any]) -> Any:
    url = reverse(name, args=args)
    return year_shows.offer("reopen", "申请变更", [], url, needs_comment=True)


@acting_as(Role.GROUP)
@require_POST
def year_begin(request: HttpRequest) -> HttpResponse:
    """Begin this year's registration, with last year's members."""
    row = year_actions.begin_year(by=request.actor, at=now())
    if row.standing_members:
        messages.info(request, "上一年度的成员已带过来，请核对增减。")
    return redirect("submissions:year_edit")


class _Frozen:
    """What _rows.html asks of an editor."""

    def __init__(self, frozen: bool) -> None:
        self.frozen = frozen


@acting_as(Role.GROUP)
@require_http_methods(["GET", "HEAD", "POST"])
def year_edit(request: HttpRequest) -> HttpResponse:
    """The registration form. POST keeps it; ``go=send`` also hands it to the unit."""
    row = _own_year(request)
    if request.method != "POST":
        if not row.is_open:
            return redirect("submissions:year")
        return _year_page(request, row, year_rules.year_content(row))
    typed = read_content(REGISTRATION, request.POST, year_rules.year_content(row))
    try:
        version = VersionForm.read(request.POST)
        year_actions.save_year(
            row.pk, typed, version=version, by=request.actor, at=now()
        )
        if request.POST.get("go") != "send":
            messages.success(request, "已存好，可以接着填。")
            return redirect("submissions:year_edit")
        year_actions.send_year(row.pk, by=request.actor, at=now())
    except Refused as refused:
        return _year_page(request, _own_year(request), typed, refused)
    messages.success(request, f"已报{row.unit.label}，等单位确认。")
    return redirect("submissions:year")


def _year_page(
    request: HttpRequest, row: GroupYear, content: dict[str, Any],
    refused: Refused | None = None,
) -> HttpResponse:  # fmt: skip
    refusals = refused.refusals if refused else []
    form = ContentForm(REGISTRATION, content, [], refusals)
    context = {
        "row": row, "refusals": refusals, "editor": _Frozen(False),
        "sections": [(s.title, form.lines(s)) for s in REGISTRATION.sections],
    }  # fmt: skip
    status = 422 if refused else 200
    if refused and "stale_version" in refused.codes:
        status = 409
    return render(request, "submissions/years/year_edit.html", context, status=status)


@acting_as(Role.GROUP)
@require_POST
def year_reopen(request: HttpRequest) -> HttpResponse:
    """Change what was sent or confirmed; the unit confirms anew."""
    row = _own_year(request)
    comment = request.POST.get("comment", "")
    year_actions.reopen_year(row.pk, comment=comment, by=request.actor, at=now())
    messages.success(request, "可以修改了，改好后请重新报单位确认。")
    return redirect("submissions:year_edit")


# --- topics -------------------------------------------------------------------------


def _topic(request: HttpRequest, key: UUID) -> Topic:
    return get_object_or_404(
        Topic.objects.visible_to(request.actor).with_records(), key=key
    )


@acting_as(Role.GROUP)
@require_http_methods(["GET", "HEAD", "POST"])
def topic_new(request: HttpRequest) -> HttpResponse:
    """Title and kind; the plan's steps follow from the kind."""
    row, at = _own_year(request), now()
    form = TopicStartForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            begun = year_actions.begin_topic(
                row.pk, **form.cleaned_data, by=request.actor, at=at
            )
            return redirect("submissions:topic_edit", begun.key)
        except Refused as refused:
            form.refuse(refused.refusals)
    context = {
        "form": form, "row": row,
        "closed": list(year_rules.why_not_add_topic(row, request.actor, at)),
    }  # fmt: skip
    status = 422 if form.errors else 200
    return render(request, "submissions/years/topic_new.html", context, status=status)


@acting_as(Role.GROUP, Role.UNIT)
@require_safe
def topic(request: HttpRequest, key: UUID) -> HttpResponse:
    """One topic: plan against what was done, and the timeline of dated records."""
    found, at, actor = _topic(request, key), now(), request.actor
    group = actor.role == Role.GROUP
    recording = list(year_rules.why_not_record(found, actor)) if group else []
    context = {
        "topic": found, "line": year_shows.topic_line(found, actor.role, at),
        "paper": found.papers.select_related("document").first(),
        "steps": year_shows.steps(found, at), "group": group,
        "records": year_shows.timeline(found, may_correct=group and not recording),
        "recording": recording, "offers": _topic_offers(request, found),
        "filed": list(found.submissions.visible_to(actor).select_related("campaign")),
        "numbered": [(s.label, found.planned(s.code)) for s in found.procedure.steps],
    }  # fmt: skip
    return render(request, "submissions/years/topic.html", context)


def _topic_offers(request: HttpRequest, found: Topic) -> list[Any]:
    """The acts of this desk on the topic, each with what stands against it."""
    actor, args = request.actor, [found.key]
    if actor.role == Role.UNIT:
        return decide_offers(found, "topic", args) if found.is_sent else []
    if found.is_over:
        return []
    made = []
    if found.is_open:
        why = list(year_rules.why_not_send_topic(found, actor))[:1]
        made.append(year_shows.offer("send", "报单位确认", why, reverse("submissions:topic_send", args=args), "primary"))  # fmt: skip
    else:
        made.append(_reopen_offer(found, "submissions:topic_reopen", args))
    if found.sent_at:
        why = list(year_rules.why_not_end(found, actor, done=True))
        made.append(year_shows.offer("finish", "标为完成", why, reverse("submissions:topic_finish", args=args)))  # fmt: skip
    made.append(year_shows.offer("stop", "停止课题", [], reverse("submissions:topic_stop", args=args), "back", needs_comment=True))  # fmt: skip
    return made


def decide_offers(row: GroupYear | Topic, name: str, args: list[Any]) -> list[Any]:
    """The unit's two answers to what was sent."""
    faults = list(year_rules.year_faults(row)) if isinstance(row, GroupYear) else []
    return [
        year_shows.offer("confirm", "确认登记", faults, reverse(f"submissions:{name}_confirm", args=args), "primary"),
        year_shows.offer("return", "退回修改", [], reverse(f"submissions:{name}_return", args=args), "back", needs_comment=True),
    ]  # fmt: skip


@acting_as(Role.GROUP)
@require_http_methods(["GET", "HEAD", "POST"])
def topic_edit(request: HttpRequest, key: UUID) -> HttpResponse:
    """The topic's form. POST keeps it; ``go=send`` also hands it to the unit."""
    found = _topic(request, key)
    if request.method != "POST" and not (found.is_open and not found.is_over):
        return redirect("submissions:topic", key)
    form = TopicForm(found, request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            answer, status = _keep_topic(request, found, form)
            if answer is not None:
                return answer
    context = {"topic": found, "form": form}
    return render(request, "submissions/years/topic_edit.html", context, status=status)


def _keep_topic(
    request: HttpRequest, found: Topic, form: TopicForm
) -> tuple[HttpResponse | None, int]:
    """(where to go, 200), or (None, status) with what is refused at its fields."""
    sending = request.POST.get("go") == "send"
    try:
        kept = year_actions.save_topic(
            found.pk, form.facts, version=form.cleaned_data["version"],
            by=request.actor, at=now(),
        )  # fmt: skip
        if sending:
            year_actions.send_topic(found.pk, by=request.actor, at=now())
    except Refused as refused:
        form.refuse(refused.refusals)
        if "stale_version" in refused.codes:
            return None, 409
        fresh = _topic(request, found.key)
        form.data = form.data.copy()
        form.data["version"] = str(fresh.version)
        return None, 422
    words = "已报单位确认，现在就可以记录活动。" if sending else "已存好，可以接着填。"
    messages.success(request, words)
    name = "submissions:topic" if sending else "submissions:topic_edit"
    return redirect(name, kept.key), 200


@acting_as(Role.GROUP)
@require_POST
def topic_send(request: HttpRequest, key: UUID) -> HttpResponse:
    found = _topic(request, key)
    year_actions.send_topic(found.pk, by=request.actor, at=now())
    messages.success(request, "已报单位确认，现在就可以记录活动。")
    return redirect("submissions:topic", key)


@acting_as(Role.GROUP)
@require_POST
def topic_reopen(request: HttpRequest, key: UUID) -> HttpResponse:
    """Change a topic that was sent or confirmed; the unit confirms anew."""
    found, comment = _topic(request, key), request.POST.get("comment", "")
    year_actions.reopen_topic(found.pk, comment=comment, by=request.actor, at=now())
    messages.success(request, "可以修改了，改好后请重新报单位确认。")
    return redirect("submissions:topic_edit", key)


@acting_as(Role.GROUP)
@require_POST
def topic_finish(request: HttpRequest, key: UUID) -> HttpResponse:
    found = _topic(request, key)
    year_actions.finish_topic(found.pk, by=request.actor, at=now())
    messages.success(request, "课题已完成。可以用它填报成果，活动记录会一起交上去。")
    return redirect("submissions:topic", key)


@acting_as(Role.GROUP)
@require_POST
def topic_stop(request: HttpRequest, key: UUID) -> HttpResponse:
    found, comment = _topic(request, key), request.POST.get("comment", "")
    year_actions.stop_topic(found.pk, comment=comment, by=request.actor, at=now())
    messages.success(request, "课题已停止，记录仍可查看。")
    return redirect("submissions:topic", key)
