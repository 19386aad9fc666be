"""单独延期: a later closing for one organisation or one record, with its reason."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns import time_actions
from qcportal.campaigns.models import Campaign
from qcportal.campaigns.settings_forms import EndingForm, ExtensionForm
from qcportal.campaigns.stages import Stage
from qcportal.campaigns.views.pages import own_campaign, settings_page
from qcportal.clock import now
from qcportal.refusals import Refused

PER_PAGE = 25


@acting_as(Role.ASSOCIATION)
@require_http_methods(["GET", "HEAD", "POST"])
def extensions(request: HttpRequest, code: str) -> HttpResponse:
    """The list, those in force first, and a form for one more."""
    campaign = own_campaign(request, code)
    form = ExtensionForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _given(request, campaign, form):
        return redirect("campaigns:extensions", code)
    rows = campaign.extensions.select_related("organisation__parent", "by")
    page = Paginator(rows.order_by("-at", "-pk"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    status = 422 if request.method == "POST" else 200
    return settings_page(
        request, "campaigns/extensions.html", campaign, "extensions", status=status, form=form,
        page=page, rows=[(one, Stage(one.stage).label) for one in page],
    )  # fmt: skip


def _given(request: HttpRequest, campaign: Campaign, form: ExtensionForm) -> bool:
    data = form.cleaned_data
    try:
        organisation, record = form.target()
        time_actions.extend_for(
            campaign, Stage(data["stage"]), organisation=organisation,
            record_code=record, closes_at=data["closes_at"], reason=data["reason"],
            by=request.actor, at=now(),
        )  # fmt: skip
    except forms.ValidationError as no:
        form.add_error("whom", no)
        return False
    except Refused as no:
        for refusal in no.refusals:
            field = refusal.field if refusal.field in form.fields else None
            form.add_error(field, refusal.message)
        return False
    messages.success(request, "已延期，对方的页面马上显示新的时间。")
    return True


@acting_as(Role.ASSOCIATION)
@require_POST
def end_extension(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Take one back, with a reason."""
    campaign = own_campaign(request, code)
    found = get_object_or_404(campaign.extensions, pk=number)
    form = EndingForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    time_actions.end_extension(found.pk, reason=reason, by=request.actor, at=now())
    messages.success(request, "已撤销延期，按原来的时间关闭。")
    return redirect("campaigns:extensions", code)
