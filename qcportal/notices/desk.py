"""通知 in the settings: the list, the editor, publishing, withdrawing, correcting."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, F
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns.views.pages import by_script, own_campaign, settings_page
from qcportal.clock import now
from qcportal.documents import serving
from qcportal.notices import actions, papers, rules, shows
from qcportal.notices.forms import (
    NoticeForm,
    PublishForm,
    SearchForm,
    VersionedForm,
    WithdrawForm,
)
from qcportal.notices.models import Notice, NoticeAttachment
from qcportal.notices.searching import found
from qcportal.refusals import Refused

ANY = ["GET", "HEAD", "POST"]
PER_PAGE = 25


def own_notice(request: HttpRequest, code: str, slug: str) -> Notice:
    """A notice of a campaign the actor runs, else 404."""
    campaign = own_campaign(request, code)
    rows = Notice.objects.select_related("corrects__campaign")
    notice = get_object_or_404(rows, campaign=campaign, slug=slug)
    notice.campaign = campaign
    return notice


def url_of(name: str, notice: Notice, *more: object) -> str:
    return reverse(f"notices:{name}", args=[notice.campaign.code, notice.slug, *more])


@acting_as(Role.ASSOCIATION)
@require_safe
def notices(request: HttpRequest, code: str) -> HttpResponse:
    """Drafts first, then by hour, newest first; ``?q=`` narrows."""
    campaign, at = own_campaign(request, code), now()
    words = SearchForm.words(request.GET)
    rows = found(campaign.notices.select_related("campaign"), words)
    rows = rows.annotate(attached=Count("attachments")).order_by(
        F("published_at").desc(nulls_first=True), "-pk"
    )
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return settings_page(
        request, "notices/desk.html", campaign, "notices", at=at, page=page,
        lines=shows.lines(page, at), words=words,
        against=list(rules.why_not_begin(campaign, request.actor)),
    )  # fmt: skip


@acting_as(Role.ASSOCIATION)
@require_POST
def begin(request: HttpRequest, code: str) -> HttpResponse:
    campaign = own_campaign(request, code)
    begun = actions.begin(
        campaign.pk, shows.begun_with(campaign), by=request.actor, at=now()
    )
    messages.success(request, "草稿已建好，写完再定公开的时间。")
    return redirect(url_of("edit", begun))


# --- writing ------------------------------------------------------------------------


@acting_as(Role.ASSOCIATION)
@require_http_methods(ANY)
def edit(request: HttpRequest, code: str, slug: str) -> HttpResponse:
    """The editor, or what a public notice says and what may be done with it."""
    notice, at = own_notice(request, code, slug), now()
    if request.method == "POST":
        return _save(request, notice, at)
    if rules.is_public(notice, at) or notice.campaign.ended_at:
        return _public_page(request, notice, at)
    return _editor(request, notice, at, NoticeForm(notice=notice))


def _save(request: HttpRequest, notice: Notice, at: datetime) -> HttpResponse:
    form = NoticeForm(request.POST, notice=notice)
    quietly = by_script(request)
    if form.is_valid():
        try:
            kept = actions.save_notice(
                notice.pk, form.values(), version=form.seen, quietly=quietly,
                by=request.actor, at=at,
            )  # fmt: skip
        except Refused as no:
            return _not_saved(request, notice, at, form, no)
        if quietly:
            return JsonResponse({"version": kept.version, "saved_at": kept.saved_at})
        messages.success(request, "已存好。")
        return redirect(url_of("edit", notice))
    return _not_saved(request, notice, at, form, None)


def _not_saved(
    request: HttpRequest, notice: Notice, at: datetime, form: NoticeForm, no: Refused | None
) -> HttpResponse:  # fmt: skip
    """What was typed comes back; beside it what a colleague stored meanwhile."""
    codes = no.codes if no else []
    stale = "stale_version" in codes
    status = 409 if stale else 422
    if by_script(request):
        said = no.refusals[0].message if no else "有的地方要改"
        return JsonResponse({"message": said}, status=status)
    typed = form.values() if no else {}
    if no:
        form.refuse(no.refusals, notice.version)
    if {"frozen", "withdrawn", "campaign_ended"} & set(codes):
        return _public_page(request, notice, at, refused=no, status=status)
    return _editor(
        request, notice, at, form, status=status, stale=stale,
        differing=shows.differing(notice, typed) if stale else [],
    )  # fmt: skip


def _editor(
    request: HttpRequest, notice: Notice, at: datetime, form: NoticeForm, *,
    status: int = 200, **more: Any,
) -> HttpResponse:  # fmt: skip
    context = {
        "campaign": notice.campaign, "notice": notice, "form": form,
        "here": url_of("edit", notice), "chip": shows.chip(notice, at),
        "rows": shows.attached(notice), "paper": papers.notice(notice),
        "unready": shows.unready(notice), "kinds": NoticeAttachment.Kind.choices,
        "draft": notice.campaign.published_at is None, **more,
    }  # fmt: skip
    part = request.headers.get("HX-Request") == "true"
    template = "notices/_live.html" if part else "notices/edit.html"
    return render(request, template, context, status=status)


def _public_page(
    request: HttpRequest, notice: Notice, at: datetime, *,
    refused: Refused | None = None, status: int = 200,
    withdraw: WithdrawForm | None = None,
) -> HttpResponse:  # fmt: skip
    context = shows.reading(notice, at) | {
        "campaign": notice.campaign, "chip": shows.chip(notice, at), "at": at,
        "withdraw": withdraw or WithdrawForm(),
        "against": list(rules.why_not_correct(notice, request.actor, at)),
        "refused": refused.refusals if refused else [],
        "open_correction": notice.corrections.filter(published_at__isnull=True).first(),
    }  # fmt: skip
    return render(request, "notices/desk_notice.html", context, status=status)


@acting_as(Role.ASSOCIATION)
@require_safe
def preview(request: HttpRequest, code: str, slug: str) -> HttpResponse:
    """The notice as it will look, before anybody else can see it."""
    notice, at = own_notice(request, code, slug), now()
    context = shows.reading(notice, at) | {
        "campaign": notice.campaign, "chip": shows.chip(notice, at),
    }  # fmt: skip
    return render(request, "notices/preview.html", context)


@acting_as(Role.ASSOCIATION)
@require_safe
def file(request: HttpRequest, code: str, slug: str, key: str) -> HttpResponse:
    """A file of a notice of one's own, whatever its state."""
    notice = own_notice(request, code, slug)
    files = [one for row in notice.attachments.all() for one in row.files]
    wanted = next((one for one in files if one.key == key), None)
    if wanted is None:
        raise Http404
    return serving.respond(wanted)


# --- publishing and what follows ----------------------------------------------------


@acting_as(Role.ASSOCIATION)
@require_http_methods(ANY)
def publish(request: HttpRequest, code: str, slug: str) -> HttpResponse:
    """What it lacks and what follows; then public, at once or at an hour."""
    notice, at = own_notice(request, code, slug), now()
    planned = notice.campaign.published_at is None
    form = PublishForm(request.POST or None, notice=notice, planned=planned)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data["published_at"]
        hour = asked if form.cleaned_data["when"] == "hour" else at
        try:
            kept = actions.publish(
                notice.pk, hour=hour, version=form.seen, by=request.actor, at=at
            )
        except Refused as no:
            form.refuse(no.refusals, notice.version)
        else:
            words = rules.planned_words(kept, at) if hour > at or planned else "已公开"
            messages.success(request, f"《{kept.title}》{words}。")
            return redirect("notices:desk", code)
    return _publish_page(request, notice, at, form)


def _publish_page(
    request: HttpRequest, notice: Notice, at: datetime, form: PublishForm
) -> HttpResponse:
    unready = shows.unready(notice)
    context = {
        "campaign": notice.campaign, "notice": notice, "form": form,
        "unready": unready, "blocked": any(r.kind == "refusal" for r in unready), "paper": papers.notice(notice),
        "chip": shows.chip(notice, at), "draft": notice.campaign.published_at is None,
        "public": rules.is_public(notice, at),
    }  # fmt: skip
    status = 422 if request.method == "POST" else 200
    return render(request, "notices/publish.html", context, status=status)


@acting_as(Role.ASSOCIATION)
@require_POST
def take_back(request: HttpRequest, code: str, slug: str) -> HttpResponse:
    notice = own_notice(request, code, slug)
    version = VersionedForm.read(request.POST)
    actions.take_back(notice.pk, version=version, by=request.actor, at=now())
    messages.success(request, f"《{notice.title}》改回草稿了，不会自动公开。")
    return redirect(url_of("edit", notice))


@acting_as(Role.ASSOCIATION)
@require_POST
def withdraw(request: HttpRequest, code: str, slug: str) -> HttpResponse:
    notice, at = own_notice(request, code, slug), now()
    form = WithdrawForm(request.POST)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            actions.withdraw(notice.pk, reason=reason, by=request.actor, at=at)
        except Refused as no:
            return _public_page(
                request, notice, at, refused=no, status=422, withdraw=form
            )
        messages.success(request, f"《{notice.title}》已撤回，页面上写着原因。")
        return redirect(url_of("edit", notice))
    return _public_page(request, notice, at, status=422, withdraw=form)


@acting_as(Role.ASSOCIATION)
@require_POST
def correct(request: HttpRequest, code: str, slug: str) -> HttpResponse:
    notice = own_notice(request, code, slug)
    made = actions.correct(notice.pk, by=request.actor, at=now())
    messages.success(request, "更正的草稿照原来的抄好了，改好再公开。")
    return redirect(url_of("edit", made))


@acting_as(Role.ASSOCIATION)
@require_POST
def drop(request: HttpRequest, code: str, slug: str) -> HttpResponse:
    notice = own_notice(request, code, slug)
    version = VersionedForm.read(request.POST)
    actions.drop(notice.pk, version=version, by=request.actor, at=now())
    messages.success(request, f"草稿《{notice.title}》已删掉。")
    return redirect("notices:desk", code)
