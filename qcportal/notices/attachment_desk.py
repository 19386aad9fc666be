"""The attachments of a notice that is being written: one on a page of its own."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.clock import now
from qcportal.notices import actions, rules
from qcportal.notices.desk import ANY, own_notice, url_of
from qcportal.notices.forms import AttachmentForm, VersionedForm
from qcportal.notices.models import Notice, NoticeAttachment
from qcportal.refusals import Refused

Kind = NoticeAttachment.Kind


def _kind(asked: str | None, usual: str) -> str:
    return asked if asked in Kind.values else usual


def _row(notice: Notice, place: int) -> NoticeAttachment:
    rows = list(notice.attachments.select_related("document", "link", "category"))
    if not 1 <= place <= len(rows):
        raise Http404
    return rows[place - 1]


def _back(notice: Notice) -> str:
    return url_of("edit", notice) + "#attachments"


@acting_as(Role.ASSOCIATION)
@require_http_methods(ANY)
def add(request: HttpRequest, code: str, slug: str) -> HttpResponse:
    """``?kind=`` says what it is; the rest is asked here."""
    notice, at = own_notice(request, code, slug), now()
    kind = _kind(request.GET.get("kind"), Kind.UPLOAD)
    form = AttachmentForm(
        request.POST or None, request.FILES or None, notice=notice, kind=kind, at=at
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.add_attachment(
                notice.pk, form.values(), form.cleaned_data.get("file"),
                version=form.seen, by=request.actor, at=at,
            )  # fmt: skip
        except Refused as no:
            form.refuse(no.refusals, notice.version)
        else:
            messages.success(request, f"已加上附件{made.number}《{made.title}》。")
            return redirect(_back(notice))
    return _page(request, notice, form, None)


@acting_as(Role.ASSOCIATION)
@require_http_methods(ANY)
def change(request: HttpRequest, code: str, slug: str, place: int) -> HttpResponse:
    """Another name, number, content (``?kind=``) or file."""
    notice, at = own_notice(request, code, slug), now()
    row = _row(notice, place)
    kind = _kind(request.GET.get("kind"), row.kind)
    form = AttachmentForm(
        request.POST or None, request.FILES or None,
        notice=notice, kind=kind, at=at, found=row,
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            kept = actions.change_attachment(
                notice.pk, place, form.values(), form.cleaned_data.get("file"),
                version=form.seen, by=request.actor, at=at,
            )  # fmt: skip
        except Refused as no:
            form.refuse(no.refusals, notice.version)
        else:
            messages.success(request, f"附件{kept.number}《{kept.title}》已保存。")
            return redirect(_back(notice))
    return _page(request, notice, form, place)


def _page(
    request: HttpRequest, notice: Notice, form: AttachmentForm, place: int | None
) -> HttpResponse:
    context = {
        "campaign": notice.campaign, "notice": notice, "form": form, "place": place,
        "kind": form.kind, "kind_label": Kind(form.kind).label, "kinds": Kind.choices,
        "back": _back(notice), "types": " ".join(rules.UPLOADS), "most": rules.LARGEST,
    }  # fmt: skip
    status = 422 if request.method == "POST" else 200
    return render(request, "notices/attachment.html", context, status=status)


@acting_as(Role.ASSOCIATION)
@require_POST
def move(request: HttpRequest, code: str, slug: str, place: int) -> HttpResponse:
    """Up or down by one (``step`` is -1 or 1)."""
    notice = own_notice(request, code, slug)
    _row(notice, place)
    actions.move_attachment(
        notice.pk, place, -1 if request.POST.get("step") == "-1" else 1,
        version=VersionedForm.read(request.POST), by=request.actor, at=now(),
    )  # fmt: skip
    return redirect(_back(notice))


@acting_as(Role.ASSOCIATION)
@require_POST
def remove(request: HttpRequest, code: str, slug: str, place: int) -> HttpResponse:
    notice = own_notice(request, code, slug)
    row = _row(notice, place)
    version = VersionedForm.read(request.POST)
    actions.remove_attachment(
        notice.pk, place, version=version, by=request.actor, at=now()
    )
    messages.success(request, f"附件{row.number}《{row.title}》已拿掉。")
    return redirect(_back(notice))
