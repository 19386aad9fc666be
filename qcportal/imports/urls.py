"""Routes of imports; under imports/."""

from django.urls import path

from qcportal.imports import views

app_name = "imports"
urlpatterns = [
    path("", views.listed, name="list"),
    path("new/", views.new, name="new"),
    path("template/", views.template_file, name="template"),
    path("<uuid:key>/", views.page, name="page"),
    path("<uuid:key>/progress/", views.progress, name="progress"),
    path("<uuid:key>/apply/", views.apply, name="apply"),
    path("<uuid:key>/marked/", views.marked, name="marked"),
]
