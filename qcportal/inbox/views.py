"""消息: what an organisation's desk was told, by day, with one act each."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.clock import now
from qcportal.inbox import actions
from qcportal.inbox.models import Message
from qcportal.ui.forms import PortalForm

PER_PAGE = 25
TONES = {"ok": "ok", "warn": "wait", "bad": "back", "info": "info"}


class ListFilter(PortalForm):
    """``?kind=``; an unknown kind counts as none."""

    kind = forms.ChoiceField(choices=Message.Kind.choices, required=False)

    def chosen(self) -> str:
        return self.cleaned_data.get("kind", "") if self.is_valid() else ""


def day_word(at: datetime, today: datetime) -> str:
    """今天, 昨天 or 更早, by the calendar days of the portal's time zone."""
    days = timezone.localtime(today).date() - timezone.localtime(at).date()
    if days < timedelta(days=1):
        return "今天"
    return "昨天" if days == timedelta(days=1) else "更早"


@acting_as(*Role)
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The list, newest first; reading it changes nothing."""
    kind, at = ListFilter(request.GET).chosen(), now()
    rows = Message.objects.visible_to(request.actor)
    unread = list(rows.unread().values_list("kind", flat=True))
    found = rows.filter(kind=kind) if kind else rows
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    listed = [(message, TONES.get(message.tone, "info")) for message in page]
    days = groupby(listed, key=lambda pair: day_word(pair[0].at, at))
    context = {
        "page": page,
        "days": [(word, list(pairs)) for word, pairs in days],
        "kind": kind,
        "tabs": [("", "全部", 0)]
        + [(k.value, k.label, unread.count(k.value)) for k in Message.Kind],
        "unread": len(unread),
    }
    return render(request, "inbox/index.html", context)


@acting_as(*Role)
@require_POST
def open_message(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark it read, then go where its act is done."""
    message = get_object_or_404(Message.objects.visible_to(request.actor), pk=pk)
    actions.mark_read(request.actor, message.pk, at=now())
    here = url_has_allowed_host_and_scheme(message.link, allowed_hosts=None)
    return redirect(message.link if message.link and here else reverse("inbox:index"))


@acting_as(*Role)
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    count = actions.mark_all_read(request.actor, at=now())
    messages.success(
        request, f"{count} 条消息已标为已读。" if count else "没有未读的消息。"
    )
    return redirect("inbox:index")
