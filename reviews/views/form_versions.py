"""申报表: the versions of every category; begin, look, publish, throw away."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns import access, form_actions, form_rules
from qcportal.campaigns.chosen import SESSION_KEY
from qcportal.campaigns.definition_forms import PublishForm
from qcportal.campaigns.form_changes import changes
from qcportal.campaigns.models import Campaign, Category, FormVersion
from qcportal.clock import now
from qcportal.documents import word
from qcportal.documents.models import CONTENT_TYPES
from qcportal.refusals import Refused, refuse_if
from reviews import form_desk, form_impact
from submissions import papers
from submissions.forms import VersionForm

PER_PAGE = 25


def campaign_run(request: HttpRequest, code: str) -> Campaign:
    """The campaign, if the actor runs it; it is the one at work on from now on."""
    campaign = get_object_or_404(access.run_by(request.actor), code=code)
    request.session[SESSION_KEY] = campaign.code
    return campaign


def category_run(request: HttpRequest, code: str, category: str) -> Category:
    """A category of a campaign the actor runs, with both at hand."""
    campaign = campaign_run(request, code)
    found = Category.objects.select_related("campaign__host")
    return get_object_or_404(found, campaign=campaign, code=category)


def being_written(category: Category) -> FormVersion:
    """The unpublished version, or 404."""
    drafts = FormVersion.objects.select_related("category__campaign")
    return get_object_or_404(drafts, category=category, published_at__isnull=True)


@acting_as(Role.ASSOCIATION)
@require_safe
def versions(request: HttpRequest, code: str) -> HttpResponse:
    """Every version of every category, newest first."""
    campaign = campaign_run(request, code)
    rows = (
        FormVersion.objects.filter(category__campaign=campaign)
        .select_related("category")
        .order_by("category__order", "category", "-version")
    )
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    used = form_impact.uses(page)
    writing = {row.category_id for row in rows if row.published_at is None}
    context = {
        "campaign": campaign, "page": page,
        "lines": [(row, used[row.pk]) for row in page],
        "categories": [(c, c.pk in writing) for c in campaign.categories_in_order],
    }  # fmt: skip
    return render(request, "forms/list.html", context)


@require_POST
@acting_as(Role.ASSOCIATION)
def begin(request: HttpRequest, code: str, category: str) -> HttpResponse:
    found = category_run(request, code, category)
    begun = form_actions.begin_form_version(found.pk, by=request.actor, at=now())
    messages.success(
        request, f"第 {begun.version} 版可以编写了。发布以前，班组看不到。"
    )
    return redirect("forms:edit", code, category)


@acting_as(Role.ASSOCIATION)
@require_safe
def version(
    request: HttpRequest, code: str, category: str, number: int
) -> HttpResponse:
    """One version to be read: what it changed, the page and the paper."""
    found = category_run(request, code, category)
    row = get_object_or_404(found.forms, version=number)
    before = found.forms.filter(version__lt=number).first()
    context = {
        "campaign": found.campaign, "category": found, "version": row,
        "use": form_impact.uses([row])[row.pk], "before": before,
        "changes": changes(before.form, row.form) if before else [],
        "preview": form_desk.preview(row.definition, found.campaign.year),
        "before_words": f"第 {before.version} 版" if before else "",
    }  # fmt: skip
    return render(request, "forms/version.html", context)


@acting_as(Role.ASSOCIATION)
@require_safe
def blank_word(
    request: HttpRequest, code: str, category: str, number: int
) -> HttpResponse:
    """The empty form as a Word file, to look at; the notice carries its own."""
    found = category_run(request, code, category)
    rows = FormVersion.objects.select_related("category__campaign")
    row = get_object_or_404(rows, category=found, version=number)
    content = word.form(papers.blank_form(row))
    answer = HttpResponse(content, content_type=CONTENT_TYPES["docx"])
    name = f"{code}-{category}-v{number}.docx"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@acting_as(Role.ASSOCIATION)
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, code: str, category: str) -> HttpResponse:
    """What it changes and whom it touches; then for ever."""
    found = category_run(request, code, category)
    row = being_written(found)
    form = PublishForm(
        request.POST or None, running=bool(row.category.campaign.published_at)
    )
    refused = []
    if request.method == "POST" and form.is_valid():
        try:
            refuse_if(form_desk.strange(row.definition))
            form_actions.publish_form_version(
                row.pk, edition=VersionForm.read(request.POST),
                reason=form.cleaned_data["reason"], by=request.actor, at=now(),
            )  # fmt: skip
        except Refused as no:
            refused = no.refusals
        else:
            messages.success(
                request, f"第 {row.version} 版已发布，从现在起新申报用它。"
            )
            return redirect("forms:list", code)
    return _publish_page(request, found, row, form, refused)


def _publish_page(
    request: HttpRequest, category: Category, row: FormVersion, form: PublishForm, refused: list
) -> HttpResponse:  # fmt: skip
    old = category.newest_form
    for refusal in refused:
        if refusal.field == "reason":
            form.add_error("reason", refusal.message)
    row.refresh_from_db(fields=["definition", "edition", "saved_by_name", "saved_at"])
    context = {
        "campaign": category.campaign, "category": category, "version": row,
        "form": form, "refused": [r for r in refused if r.field != "reason"],
        "old": old, "changes": changes(old.form, row.form) if old else [],
        "impact": form_impact.of_publishing(category, row),
        "barred": [
            *form_rules.why_wrong(row.definition, category),
            *form_desk.strange(row.definition),
        ],
    }  # fmt: skip
    status = 422 if request.method == "POST" else 200
    return render(request, "forms/publish.html", context, status=status)


@require_POST
@acting_as(Role.ASSOCIATION)
def drop(request: HttpRequest, code: str, category: str) -> HttpResponse:
    row = being_written(category_run(request, code, category))
    edition = VersionForm.read(request.POST)
    form_actions.drop_form_version(row.pk, edition=edition, by=request.actor, at=now())
    messages.success(request, f"第 {row.version} 版草稿已删掉，已发布的版不受影响。")
    return redirect("forms:list", code)
