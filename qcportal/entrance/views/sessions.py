"""登录的设备: where one is signed in, and ending it."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from qcportal import clock
from qcportal.entrance import actions, door, sessions, trying
from qcportal.entrance.addresses import address_of, device, masked
from qcportal.entrance.forms import ConfirmedForm
from qcportal.entrance.views.own import by, in_person

PER_PAGE = 25


@never_cache
@require_safe
@in_person
def session_list(request: HttpRequest) -> HttpResponse:
    return _page(request, ConfirmedForm(fresh=door.is_fresh(request)))


def _page(request: HttpRequest, form: ConfirmedForm, status: int = 200) -> HttpResponse:
    here, at = request.session.session_key, clock.now()
    rows = sessions.open_ones(request.user, at=at)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    shown = [
        {
            "it": row,
            "device": device(row.user_agent),
            "address": masked(row.ip),
            "here": row.session_key == here,
        }
        for row in page
    ]
    facts = {"page": page, "sessions": shown, "form": form, "now": at,
             "others": rows.exclude(session_key=here).count()}  # fmt: skip
    return render(request, "entrance/sessions.html", facts, status=status)


@require_POST
@in_person
def session_end(request: HttpRequest, number: int) -> HttpResponse:
    """End one of one's own sessions; somebody else's is not there."""
    found = sessions.open_ones(request.user, at=clock.now()).filter(pk=number).first()
    if found is None:
        raise Http404
    if found.session_key == request.session.session_key:
        door.leave(request)
        return redirect("home")
    actions.end_session(
        request.user,
        number,
        by=by(request),
        at=clock.now(),
        address=address_of(request),
    )
    messages.success(request, "那台设备已退出。")
    return redirect("accounts:sessions")


@require_POST
@in_person
@sensitive_post_parameters()
def end_others(request: HttpRequest) -> HttpResponse:
    form = ConfirmedForm(request.POST, fresh=door.is_fresh(request))
    if not (form.is_valid() and trying.confirm(request, form)):
        return _page(request, form, 422)
    count = actions.end_other_sessions(
        request.user, by=by(request), at=clock.now(), address=address_of(request),
        session_key=request.session.session_key,
    )  # fmt: skip
    messages.success(
        request, f"已退出其他 {count} 处登录。" if count else "没有其他地方登录。"
    )
    return redirect("accounts:sessions")
