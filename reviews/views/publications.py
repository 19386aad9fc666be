"""公示, 公布, 证书: releasing the awards, the frozen lists, the certificates."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns import access
from qcportal.campaigns.models import Campaign
from qcportal.campaigns.rules import moment
from qcportal.clock import now
from qcportal.refusals import Refused
from reviews import actions, rules
from reviews.campaign_choice import campaign_of
from reviews.forms import AnnounceForm, ListFilter, ReasonForm
from reviews.models import Certificate, Publication
from submissions.rules import Offer

PER_PAGE = 25


def _suggested_end(campaign: Campaign, at: datetime) -> datetime:
    """17:00 of the notice's last working day; at once where it has no days (a demo)."""
    if campaign.notice_days == 0:
        return at.replace(second=0, microsecond=0)
    last_day = rules.notice_end(timezone.localdate(at), campaign.notice_days)
    return timezone.make_aware(datetime.combine(last_day, time(17)))


def release_facts(request: HttpRequest, campaign: Campaign, form: AnnounceForm | None = None) -> dict[str, Any]:  # fmt: skip
    """The form of the public notice and the button of publication, with what stands
    against each now."""
    at = now()
    closes_at = _suggested_end(campaign, at)
    against = rules.why_not_announce(campaign, closes_at, request.actor, at)
    publish = Offer("publish", "公布结果，颁发证书", tuple(rules.why_not_publish(campaign, request.actor, at)), False)  # fmt: skip
    return {
        "campaign": campaign,
        "announce_form": form or AnnounceForm(initial={"closes_at": closes_at}),
        "announce_refusals": [r for r in against if not r.field],
        "publish": publish.at_url(reverse("reviews:publish")),
        "notice": rules.notice_of(campaign),
        "results": rules.results_of(campaign),
        "now": at,
    }  # fmt: skip


@require_safe
@acting_as(Role.ASSOCIATION)
def publications(request: HttpRequest) -> HttpResponse:
    return _page(request, campaign_of(request))


def _page(request: HttpRequest, campaign: Campaign, form: AnnounceForm | None = None, status: int = 200) -> HttpResponse:  # fmt: skip
    lists = (
        Publication.objects.filter(campaign=campaign)
        .select_related("pdf", "excel", "replaces")
        .annotate(lines=Count("entries"))
    )
    context = {"lists": lists, **release_facts(request, campaign, form)}
    return render(request, "reviews/publications/list.html", context, status=status)


@require_POST
@acting_as(Role.ASSOCIATION)
def announce(request: HttpRequest) -> HttpResponse:
    """Begin the public notice; a refused one keeps the typed end."""
    campaign, form = campaign_of(request), AnnounceForm(request.POST)
    if not form.is_valid():
        return _page(request, campaign, form, status=422)
    closes_at = form.cleaned_data["closes_at"]
    try:
        actions.announce(campaign.pk, closes_at=closes_at, by=request.actor, at=now())
    except Refused as no:
        for refusal in no.refusals:
            form.add_error(refusal.field or None, refusal.message)
        return _page(request, campaign, form, status=409)
    messages.success(
        request, f"已公示，到 {moment(closes_at)}。名单在公开网站可以看到。"
    )
    return redirect("reviews:publications")


@require_POST
@acting_as(Role.ASSOCIATION)
def publish(request: HttpRequest) -> HttpResponse:
    """The final list and the certificates."""
    made = actions.publish(campaign_of(request).pk, by=request.actor, at=now())
    count = made.entries.count()
    messages.success(request, f"已公布 {count} 项，正在生成证书，好了可以在这里下载。")
    return redirect("reviews:publications")


# --- certificates ---------------------------------------------------------------------


@require_safe
@acting_as(Role.ASSOCIATION)
def certificates(request: HttpRequest) -> HttpResponse:
    """Every certificate of the campaign: words, file, state."""
    campaign, filters = campaign_of(request), ListFilter(request.GET)
    found = Certificate.objects.filter(entry__publication__campaign=campaign)
    states = found.aggregate(
        all=Count("pk"),
        ready=Count("pk", filter=Q(document__status="READY")),
        failed=Count("pk", filter=Q(document__status="FAILED")),
        revoked=Count("pk", filter=Q(revoked_at__isnull=False)),
    )
    if words := filters.chosen().get("q", "").strip():
        found = found.filter(
            Q(number__icontains=words) | Q(verify_code__icontains=words)
            | Q(entry__title__icontains=words) | Q(entry__group_name__icontains=words)
            | Q(entry__unit_name__icontains=words)
        )  # fmt: skip
    rows = found.select_related("entry", "document").order_by("entry__order")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"campaign": campaign, "page": page, "filters": filters, "states": states}
    return render(request, "reviews/certificates/list.html", context)


@require_POST
@acting_as(Role.ASSOCIATION)
def revoke(request: HttpRequest, number: str) -> HttpResponse:
    """Take a certificate back, with the reason kept on record."""
    own = Certificate.objects.filter(
        entry__publication__campaign__in=access.run_by(request.actor)
    )
    found = get_object_or_404(own, number=number)
    reason = ReasonForm(request.POST).reason()
    actions.revoke(found.pk, reason=reason, by=request.actor, at=now())
    messages.success(request, f"{number} 已撤销，查验时会显示“已撤销”。")
    return redirect("reviews:certificates")
