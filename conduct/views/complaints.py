"""The complaint box, open to everybody, and following a case by its receipt."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from conduct import actions, shows
from conduct.forms import AddForm, ComplaintForm, body_names
from conduct.models import Case, receipt_hash, receipt_of
from conduct.views import limits
from qcportal.campaigns.models import Campaign
from qcportal.clock import now
from qcportal.refusals import Refused


def _too_many(request: HttpRequest) -> HttpResponse:
    return render(request, "errors/429.html", status=429)


def open_campaigns() -> list[Campaign]:
    """What may be complained about: published and not ended; else the newest."""
    public = Campaign.objects.public().select_related("host")
    return list(public.filter(ended_at__isnull=True)[:50]) or list(public[:1])


@login_not_required
@never_cache
@sensitive_post_parameters("name", "phone", "email", "text")
@require_http_methods(["GET", "HEAD", "POST"])
def complain(request: HttpRequest) -> HttpResponse:
    """The form; a refused one keeps what was written."""
    at, posted = now(), request.method == "POST"
    if posted and limits.too_many_posts(request):
        return _too_many(request)
    asked = {"kind": request.GET.get("kind"), "campaign": request.GET.get("campaign")}
    given = (request.POST, request.FILES) if posted else ()
    form = ComplaintForm(open_campaigns(), at, *given, initial=asked)
    if posted and form.is_valid():
        _, receipt = actions.complain(form.said(), at=at)
        return redirect(reverse("complaints:case", args=[receipt]) + "?new=1")
    facts = {"form": form, "names": body_names() if form.campaigns else []}
    status = 422 if form.errors else 200
    return render(request, "conduct/complain.html", facts, status=status)


@login_not_required
@never_cache
@require_safe
def follow(request: HttpRequest) -> HttpResponse:
    """A typed receipt leads to its case."""
    typed = request.GET.get("code", "").strip()[:40]
    if not typed:
        return render(request, "conduct/follow.html", {"typed": ""})
    if limits.too_many_misses(request):
        return _too_many(request)
    if Case.objects.filter(receipt_hash=receipt_hash(typed)).exists():
        return redirect("complaints:case", receipt_of(typed))
    limits.missed(request)
    return render(request, "conduct/follow.html", {"typed": typed}, status=404)


def _by_receipt(request: HttpRequest, receipt: str) -> Case:
    rows = Case.objects.select_related("association", "campaign", "body")
    found = rows.filter(receipt_hash=receipt_hash(receipt)).first()
    if found is None:
        limits.missed(request)
        raise Http404
    return found


def _page(
    request: HttpRequest, receipt: str, found: Case, form: AddForm, status: int = 200
) -> HttpResponse:
    fresh = request.GET.get("new") == "1"
    facts = {
        "case": found, "receipt": receipt, "fresh": fresh, "form": form,
        "chip": shows.chip(found), "holder": shows.holder(found),
        "events": shows.complainant_events(found),
    }  # fmt: skip
    return render(request, "conduct/case_public.html", facts, status=status)


@login_not_required
@never_cache
@require_safe
def case(request: HttpRequest, receipt: str) -> HttpResponse:
    """Where it stands, for whoever holds the receipt. No names of anybody."""
    if limits.too_many_misses(request):
        return _too_many(request)
    return _page(request, receipt, _by_receipt(request, receipt), AddForm())


@login_not_required
@never_cache
@sensitive_post_parameters("text")
@require_POST
def add(request: HttpRequest, receipt: str) -> HttpResponse:
    """More words and files, by the receipt."""
    if limits.too_many_misses(request) or limits.too_many_posts(request):
        return _too_many(request)
    found = _by_receipt(request, receipt)
    form = AddForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            actions.add(found.pk, form.cleaned_data["text"], form.cleaned_data["files"], at=now())  # fmt: skip
        except Refused as refused:
            form.refuse(refused.refusals)
        else:
            messages.success(request, "补充的内容收到了。")
            return redirect("complaints:case", receipt)
    return _page(request, receipt, found, form, status=422)
