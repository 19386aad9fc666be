"""Routes of notices, downloads and help."""

from django.urls import path

from qcportal.notices import guides, views
from qcportal.ui.caching import public_page

app_name = "notices"
urlpatterns = [
    path("notices/", public_page(views.notice_list), name="list"),
    path("notices/<slug:slug>/", public_page(views.notice), name="notice"),
    path("downloads/", public_page(views.downloads), name="downloads"),
    path("downloads/<uuid:key>/", views.download, name="download"),
    path("help/", guides.guide, name="help"),
    path("help/<slug:topic>/", guides.guide, name="help_topic"),
]
