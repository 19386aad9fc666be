"""Routes of notices, downloads and help."""

from django.urls import path

from qcportal.notices import views

app_name = "notices"
urlpatterns = [
    path("notices/", views.notice_list, name="list"),
    path("notices/<slug:slug>/", views.notice, name="notice"),
    path("downloads/", views.downloads, name="downloads"),
    path("downloads/<uuid:key>/", views.download, name="download"),
    path("help/", views.guide, name="help"),
    path("help/<slug:topic>/", views.guide, name="help_topic"),
]
