"""All routes. Nouns, then the public code, then the verb."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from qcportal.home import views as home

urlpatterns = [
    path("", home.home, name="home"),
    path("health/", home.health, name="health"),
    path("clock/", home.server_clock, name="clock"),
    path("", include("qcportal.notices.urls")),
    path("", include("reviews.public_urls")),
    path("", include("qcportal.privacy.urls")),
    path("accounts/", include("qcportal.accounts.urls")),
    path("accounts/", include("qcportal.people.urls")),
    path("accounts/organisations/", include("reviews.people_urls")),
    path("submissions/", include("submissions.urls")),
    path("recommenders/", include("recommenders.urls")),
    path("reviews/", include("reviews.urls")),
    path("campaigns/<slug:code>/preview/", home.preview, name="home_preview"),
    path("campaigns/", include("reviews.form_urls")),
    path("campaigns/", include("reviews.quota_urls")),
    path("campaigns/", include("reviews.upward_urls")),
    path("campaigns/", include("qcportal.campaigns.urls")),
    path("", include("qcportal.home.urls")),
    path("complaints/", include("conduct.complaint_urls")),
    path("conduct/", include("conduct.urls")),
    path("hearings/", include("conduct.hearing_urls")),
    path("seals/", include("qcportal.seals.urls")),
    path("messages/", include("qcportal.inbox.urls")),
    path("imports/", include("qcportal.imports.urls")),
    path("audit/", include("qcportal.audit.urls")),
    path("ui/", include("qcportal.ui.urls")),
]
if settings.DEBUG:
    urlpatterns.append(path("admin/", admin.site.urls))

handler400 = "qcportal.ui.views.bad_request"
handler403 = "qcportal.ui.views.not_allowed"
handler404 = "qcportal.ui.views.not_found"
handler500 = "qcportal.ui.views.server_error"
