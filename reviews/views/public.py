"""What anybody may read: published lists, verification, cases. No sign-in, no people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from qcportal.clock import now
from qcportal.documents import page_marks, serving
from qcportal.refusals import Refused
from qcportal.signatures import examining
from reviews import comparing, shows, verifying
from reviews.forms import CaseFilter, PdfForm, ResultFilter
from reviews.models import Certificate, Publication, PublicationEntry
from reviews.views.limits import a_minute

PER_PAGE = 25
CASES_PER_PAGE = 12
LOOKUPS = 30  # a minute and address (threats: guessing certificate codes)
COMPARISONS = 10  # each starts two processes
PICTURE_DPI = 110


def _shown() -> QuerySet[Publication]:
    """The lists the public reads now: not replaced by a correction."""
    return Publication.objects.filter(
        replaced_by__isnull=True, campaign__published_at__isnull=False
    ).select_related("campaign__host", "pdf", "excel")


def _list_of(year: int, campaign: str = "") -> Publication:
    """The results of a year, before that its public notice; Http404 without either.
    Of several campaigns in a year the newest, unless ``campaign`` (code) is named."""
    found = list(_shown().filter(campaign__year=year))
    found = [one for one in found if campaign in ("", one.campaign.code)]
    results = [one for one in found if one.kind == Publication.Kind.RESULTS]
    for publication in [*results, *found]:
        return publication
    raise Http404


@login_not_required
@require_safe
def results(request: HttpRequest) -> HttpResponse:
    """To the newest list; a page that says so while there is none."""
    newest = _shown().order_by("-campaign__year", "-opens_at").first()
    if newest is None:
        return render(request, "public/results_none.html")
    return redirect("public:results_of", newest.campaign.year)


@login_not_required
@require_safe
def results_of(request: HttpRequest, year: int) -> HttpResponse:
    """The list of one year, filtered by the address."""
    form = ResultFilter(request.GET)
    asked = form.chosen()
    publication = _list_of(year, asked.get("campaign", ""))
    # The figures of the awards follow the other filters; the chosen award narrows rows.
    entries = publication.entries.order_by()
    named = _categories(publication)
    within = _narrowed(publication.entries.all(), asked)
    if "category" in asked:
        within = within.filter(category_code=asked["category"])
    found = within.filter(level_code=asked["award"]) if "award" in asked else within
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "publication": publication, "campaign": publication.campaign, "page": page,
        "form": form, "asked": asked, "total": entries.count(), "now": now(),
        "awards": _award_links(publication, within, asked) if len(named) < 2 or "category" in asked else [],
        "categories": _category_links(publication, named, asked) if len(named) > 1 else [],
        "several": len(named) > 1,
        "past": {c.code for c in publication.campaign.categories_in_order if not c.needs_recommender},
        "years": _shown().order_by("-campaign__year").values_list("campaign__year", flat=True).distinct(),
        "bodies": entries.exclude(recommender_name="").values_list("recommender_name", flat=True).distinct().order_by("recommender_name"),
        "types": entries.values_list("topic_type", "topic_type_label").distinct().order_by("topic_type"),
    }  # fmt: skip
    return render(request, "public/results.html", context)


def _categories(publication: Publication) -> dict[str, str]:
    """Code → name of the categories in the list, in its order."""
    rows = publication.entries.order_by("order")
    return dict(rows.values_list("category_code", "category_name"))


def _category_links(publication: Publication, named: dict[str, str], asked: dict[str, Any]) -> list[dict[str, Any]]:  # fmt: skip
    """全部 and every category of the list with its number and address. The award goes:
    another category has others."""
    kept = {k: v for k, v in asked.items() if k not in {"award", "category"}}
    within = _narrowed(publication.entries.order_by(), kept)
    counted = dict(within.values_list("category_code").annotate(Count("pk")))
    links = [("", "全部", sum(counted.values()))]
    links += [(code, name, counted.get(code, 0)) for code, name in named.items()]
    return [
        {
            "name": name, "count": count, "current": asked.get("category", "") == code,
            "url": "?" + urlencode({**kept, **({"category": code} if code else {})}),
        }
        for code, name, count in links
    ]  # fmt: skip


def _narrowed(entries: QuerySet[PublicationEntry], asked: dict[str, Any]) -> QuerySet[PublicationEntry]:  # fmt: skip
    if "recommender" in asked:
        entries = entries.filter(recommender_name=asked["recommender"])
    if "type" in asked:
        entries = entries.filter(topic_type=asked["type"])
    if words := asked.get("q", "").strip():
        entries = entries.filter(
            Q(title__icontains=words)
            | Q(group_name__icontains=words)
            | Q(unit_name__icontains=words)
        )
    return entries


def _award_links(publication: Publication, within: QuerySet[PublicationEntry], asked: dict[str, Any]) -> list[dict[str, Any]]:  # fmt: skip
    """全部 and every award of the list with its number and address."""
    counted = {r["level_code"]: r["n"] for r in within.order_by().values("level_code").annotate(n=Count("pk"))}  # fmt: skip
    kept = {k: v for k, v in asked.items() if k != "award"}
    first = PublicationEntry.objects.filter(publication=publication).order_by("order")
    if "category" in asked:
        first = first.filter(category_code=asked["category"])
    levels = dict.fromkeys(first.values_list("level_code", "level_name", "level_style"))
    links = [_award("", "全部", "", sum(counted.values()), kept, asked)]
    links += [_award(c, n, s, counted.get(c, 0), kept, asked) for c, n, s in levels]
    return links


def _award(code: str, name: str, style: str, count: int, kept: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:  # fmt: skip
    query = urlencode({**kept, **({"award": code} if code else {})})
    return {
        "name": name, "style": style, "count": count, "url": f"?{query}",
        "current": asked.get("award", "") == code,
    }  # fmt: skip


@login_not_required
@require_safe
def results_file(request: HttpRequest, year: int, kind: str) -> HttpResponse:
    """The list as the association published it: pdf or xlsx."""
    asked = ResultFilter(request.GET).chosen()
    publication = _list_of(year, asked.get("campaign", ""))
    document = publication.pdf if kind == "pdf" else publication.excel
    if document is None:
        raise Http404
    return _conditional(request, document)


def _conditional(request: HttpRequest, document: Any) -> HttpResponse:
    """Files never change under their digest: a browser that has it gets 304."""
    etag = f'"{document.sha256}"'
    if document.is_ready and request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers={"ETag": etag})
    response = serving.respond(document)
    response.headers["ETag"] = etag
    patch_cache_control(response, no_cache=True)
    return response


# --- verification ---------------------------------------------------------------------


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """The question: a number or code to type, or a PDF to compare."""
    if request.method == "POST":
        return compare(request)
    typed = verifying.tidy(request.GET.get("q", "")).replace("/", "")
    if typed:
        return redirect("public:verify_code", typed)
    return _unlisted(render(request, "public/verify.html", {"pdf_form": PdfForm()}))


@a_minute(COMPARISONS, "compare")
def compare(request: HttpRequest) -> HttpResponse:
    """Whether a PDF is as the portal issued it, and what its signatures say. The file
    is opened by a child process and not kept."""
    form, context = PdfForm(request.POST, request.FILES), {"now": now()}
    if form.is_valid():
        try:
            context |= _compared(form)
        except Refused as refused:
            form.add_error("file", [one.message for one in refused.refusals])
    context["pdf_form"] = form
    status = 200 if form.is_valid() else 422
    return _unlisted(render(request, "public/verify.html", context, status=status))


def _compared(form: PdfForm) -> dict[str, Any]:
    file, inspected = form.cleaned_data["file"], form.inspected
    report = examining.examine(file, inspected.name, now())
    return {
        "compared": comparing.compare(report, inspected.sha256),
        "compared_name": inspected.name,
        "digest": inspected.sha256,
    }


@login_not_required
@require_safe
@a_minute(LOOKUPS, "verify")
def verify_code(request: HttpRequest, text: str) -> HttpResponse:
    """The answer: a certificate, a paper's check code, or nothing found."""
    context: dict[str, Any] = {"typed": text[: verifying.LONGEST], "now": now(), "pdf_form": PdfForm()}  # fmt: skip
    if found := verifying.certificate(text):
        context |= _certificate_facts(found)
    elif paper := verifying.paper(text):
        context["paper"] = paper
    else:
        context |= {"unknown": True, "mistyped": verifying.is_mistyped(text)}
    return _unlisted(render(request, "public/verify.html", context))


@login_not_required
@require_safe
def page_mark(request: HttpRequest, mark: str) -> HttpResponse:
    """The code of one printed page, as a phone reads it: on to its verification."""
    found = page_marks.parse(mark)
    if found is None:
        raise Http404
    return redirect("public:verify_code", found.check_code)


def _certificate_facts(found: Certificate) -> dict[str, Any]:
    return {
        "certificate": found,
        "entry": found.entry,
        "events": shows.certificate_events(found, verifying.stamps_behind(found)),
        "picture": reverse("public:verify_picture", args=[found.verify_code])
        if found.document.is_ready and not found.revoked_at
        else "",
    }


@login_not_required
@require_safe
@a_minute(2 * LOOKUPS, "picture")
def verify_picture(request: HttpRequest, text: str) -> HttpResponse:
    """The certificate as a picture; the file itself is for its holders."""
    found = verifying.certificate(text)
    if found is None or found.revoked_at:
        raise Http404
    return _unlisted(serving.page_image(found.document, 1, PICTURE_DPI))


def _unlisted(response: HttpResponse) -> HttpResponse:
    """Search engines keep out, and nobody keeps an answer that may be revoked."""
    response.headers["X-Robots-Tag"] = "noindex"
    patch_cache_control(response, no_store=True)
    return response


# --- cases ----------------------------------------------------------------------------


@login_not_required
@require_safe
def cases(request: HttpRequest) -> HttpResponse:
    """Published results with their figures before and after, newest year first."""
    form = CaseFilter(request.GET)
    everything = PublicationEntry.objects.filter(
        publication__in=_shown().filter(kind=Publication.Kind.RESULTS)
    )
    found = _cases_asked(everything, form.chosen())
    ordered = found.select_related("publication__campaign").order_by(
        "-publication__campaign__year", "order"
    )
    page = Paginator(ordered, CASES_PER_PAGE).get_page(request.GET.get("page"))
    plain = everything.order_by()
    context = {
        "form": form, "page": page, "asked": form.chosen(), "count": page.paginator.count,
        "cases": _cases_of(page), "anything": plain.exists(),
        "years": plain.values_list("publication__campaign__year", flat=True).distinct().order_by("-publication__campaign__year"),
        "categories": plain.exclude(category_name="").values_list("category_name", flat=True).distinct().order_by("category_name"),
        "types": plain.values_list("topic_type", "topic_type_label").distinct().order_by("topic_type"),
        "industries": plain.exclude(industry="").values_list("industry", flat=True).distinct().order_by("industry"),
    }  # fmt: skip
    return render(request, "public/cases.html", context)


def _cases_asked(entries: QuerySet[PublicationEntry], asked: dict[str, Any]) -> QuerySet[PublicationEntry]:  # fmt: skip
    if "year" in asked:
        entries = entries.filter(publication__campaign__year=asked["year"])
    if "category" in asked:
        entries = entries.filter(category_name=asked["category"])
    if "industry" in asked:
        entries = entries.filter(industry=asked["industry"])
    return _narrowed(entries, asked)


def _cases_of(page: Iterable[PublicationEntry]) -> list[shows.Case]:
    return [shows.case(one, one.publication.campaign.year) for one in page]
