"""小组登记: the unit's list of groups, what they registered, confirm or return."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from qcportal.accounts.access import acting_as
from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import Role
from qcportal.clock import now
from qcportal.ui.forms import PortalForm
from submissions import year_actions, year_shows
from submissions.views.years import decide_offers
from submissions.year_rules import local_day
from submissions.yearbook import Approval, GroupYear, Topic

GROUPS_PER_PAGE = 25


class YearFilter(PortalForm):
    """``?year=`` and ``?q=``; junk counts as not asked for."""

    year = forms.IntegerField(min_value=2000, max_value=2100, required=False)
    q = forms.CharField(max_length=40, required=False)

    def read(self, this_year: int) -> tuple[int, str]:
        self.is_valid()
        found = self.cleaned_data
        return found.get("year") or this_year, found.get("q", "")


def _counts(request: HttpRequest, year: int) -> dict[str, int]:
    """Figures of the year: groups, registered, members, topics, active ones."""
    unit = request.actor.organisation
    groups = Organisation.objects.in_use().filter(tier=Role.GROUP, parent=unit)
    rows = GroupYear.objects.filter(unit=unit, year=year, number__gt="")
    topics = Topic.objects.filter(group_year__in=rows, confirmed_times__gt=0)
    return {
        "groups": groups.count(),
        "registered": rows.count(),
        "members": rows.aggregate(
            n=Count("members", filter=Q(members__left_on__isnull=True))
        )["n"],
        "topics": topics.count(),
        "active": topics.filter(records__isnull=False).values("group_year").distinct().count(),
    }  # fmt: skip


@acting_as(Role.UNIT)
@require_safe
def years(request: HttpRequest) -> HttpResponse:
    """Every group of the unit with its registration and topics of a year."""
    at, actor = now(), request.actor
    year, words = YearFilter(request.GET).read(local_day(at).year)
    seen = GroupYear.objects.visible_to(actor).filter(year=year)
    topics = Topic.objects.visible_to(actor).with_records()
    seen = seen.prefetch_related("members", Prefetch("topics", topics))
    groups = Organisation.objects.in_use().filter(
        tier=Role.GROUP, parent=actor.organisation, name__icontains=words
    )
    page = Paginator(
        groups.prefetch_related(Prefetch("years", seen)), GROUPS_PER_PAGE
    ).get_page(request.GET.get("page"))
    rows = []
    for group in page:
        row = next(iter(group.years.all()), None)
        lines = [year_shows.topic_line(t, Role.UNIT, at) for t in row.topics.all()] if row else []  # fmt: skip
        rows.append((group, row, year_shows.chip(row, Role.UNIT), lines))
    context = {
        "rows": rows, "page": page, "year": year, "this_year": local_day(at).year,
        "words": words, "counts": _counts(request, year),
        "waiting": _waiting(request), "may_import": actor.may("manage_members"),
    }  # fmt: skip
    return render(request, "submissions/years/unit.html", context)


def _waiting(request: HttpRequest) -> list[tuple[str, str, str]]:
    """(what, whose, path) of everything the unit has to confirm, oldest first."""
    actor = request.actor
    rows = GroupYear.objects.visible_to(actor).filter(approval=Approval.SENT)
    topics = Topic.objects.visible_to(actor).filter(approval=Approval.SENT)
    found = [
        (r.sent_at, f"{r.year}年度注册登记", r.group.name, f"/submissions/years/{r.key}/")
        for r in rows.select_related("group")
    ] + [
        (t.sent_at, f"课题登记：{t.title}", t.group_year.group.name, f"/submissions/topics/{t.key}/")
        for t in topics.select_related("group_year__group")
    ]  # fmt: skip
    return [tuple(rest) for _, *rest in sorted(found)]


def _year(request: HttpRequest, key: UUID) -> GroupYear:
    seen = GroupYear.objects.visible_to(request.actor).select_related("group", "unit")
    return get_object_or_404(seen, key=key)


@acting_as(Role.UNIT)
@require_safe
def unit_year(request: HttpRequest, key: UUID) -> HttpResponse:
    """One group's registration: members, topics, confirm or return."""
    row, at = _year(request, key), now()
    topics = Topic.objects.visible_to(request.actor).with_records()
    context = {
        "row": row, "chip": year_shows.chip(row, Role.UNIT),
        "members": row.standing_members,
        "paper": row.papers.select_related("document").first(),
        "lines": [year_shows.topic_line(t, Role.UNIT, at) for t in topics.filter(group_year=row)],
        "offers": decide_offers(row, "year", [row.key]) if row.is_sent else [],
        "changing": row.is_open,
    }  # fmt: skip
    return render(request, "submissions/years/unit_year.html", context)


@acting_as(Role.UNIT)
@require_POST
def year_confirm(request: HttpRequest, key: UUID) -> HttpResponse:
    row = year_actions.confirm_year(_year(request, key).pk, by=request.actor, at=now())
    messages.success(request, f"已确认，注册号 {row.number}。")
    return redirect("submissions:unit_years")


@acting_as(Role.UNIT)
@require_POST
def year_return(request: HttpRequest, key: UUID) -> HttpResponse:
    row, comment = _year(request, key), request.POST.get("comment", "")
    year_actions.return_year(row.pk, comment=comment, by=request.actor, at=now())
    messages.success(request, "已退回小组，小组会看到您写的原因。")
    return redirect("submissions:unit_years")


def _topic(request: HttpRequest, key: UUID) -> Topic:
    return get_object_or_404(Topic.objects.visible_to(request.actor), key=key)


@acting_as(Role.UNIT)
@require_POST
def topic_confirm(request: HttpRequest, key: UUID) -> HttpResponse:
    found = year_actions.confirm_topic(
        _topic(request, key).pk, by=request.actor, at=now()
    )
    messages.success(request, f"已确认课题“{found.title}”。")
    return redirect("submissions:unit_years")


@acting_as(Role.UNIT)
@require_POST
def topic_return(request: HttpRequest, key: UUID) -> HttpResponse:
    found, comment = _topic(request, key), request.POST.get("comment", "")
    year_actions.return_topic(found.pk, comment=comment, by=request.actor, at=now())
    messages.success(request, "已退回小组，小组会看到您写的原因。")
    return redirect("submissions:unit_years")
