"""What everybody may read: notices, files to download, how it works."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from qcportal import clock
from qcportal.campaigns.models import Campaign
from qcportal.documents import serving
from qcportal.notices.models import Notice, NoticeAttachment


def _public_attachments() -> NoticeAttachment:
    return NoticeAttachment.objects.filter(
        notice__in=Notice.objects.public_at(clock.now())
    ).select_related("document", "notice")


@login_not_required
@require_safe
def notice_list(request: HttpRequest) -> HttpResponse:
    notices = Notice.objects.public_at(clock.now()).select_related("campaign")
    page = Paginator(notices, 25).get_page(request.GET.get("page"))
    return render(request, "notices/list.html", {"page": page})


@login_not_required
@require_safe
def notice(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(
        Notice.objects.public_at(clock.now()).select_related("campaign"), slug=slug
    )
    attachments = found.attachments.select_related("document")
    return render(
        request, "notices/notice.html", {"notice": found, "attachments": attachments}
    )


@login_not_required
@require_safe
def downloads(request: HttpRequest) -> HttpResponse:
    """Blank forms and rules of the newest campaign."""
    campaign = Campaign.objects.newest()
    attachments = _public_attachments().filter(notice__campaign=campaign)
    return render(request, "notices/downloads.html", {"attachments": attachments})


@login_not_required
@require_safe
def download(request: HttpRequest, key: str) -> HttpResponse:
    """A file hung on a public notice; anything else does not exist here."""
    found = get_object_or_404(_public_attachments(), document__key=key)
    return serving.respond(found.document)
