"""The gallery of components and the pages that say what went wrong."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponseServerError
from django.shortcuts import render
from django.template.loader import get_template
from django.utils import timezone

from qcportal.ui.gallery import specimens


@login_not_required
def gallery(request):
    """Every component in every variant; on demo and development sites, or for staff."""
    if not (settings.DEBUG or settings.DEMO or request.user.is_staff):
        raise Http404
    shown = specimens(timezone.now())
    form = shown["form_class"](request.GET if "title" in request.GET else None)
    return render(request, "ui/gallery.html", {**shown, "form": form})


@login_not_required
def bad_request(request, exception=None):
    return render(request, "errors/400.html", status=400)


@login_not_required
def not_allowed(request, exception=None):
    return render(request, "errors/403.html", status=403)


@login_not_required
def not_found(request, exception=None):
    return render(request, "errors/404.html", status=404)


@login_not_required
def too_large(request, exception=None):
    return render(request, "errors/413.html", status=413)


@login_not_required
def too_many(request, exception=None):
    return render(request, "errors/429.html", status=429)


@login_not_required
def server_error(request):
    """Needs no database, no context and no user: one of them may be what broke."""
    return HttpResponseServerError(get_template("errors/500.html").render())
