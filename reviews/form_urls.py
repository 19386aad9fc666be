"""Routes of 申报表, under /campaigns/<code>/forms/. They live up here because the pages
show the group's form and paper, and count whom a new version touches."""

from django.urls import URLPattern, path

from reviews.views import form_editing, form_versions

app_name = "forms"
urlpatterns: list[URLPattern] = [
    path("<slug:code>/forms/", form_versions.versions, name="list"),
    path("<slug:code>/forms/<slug:category>/begin/", form_versions.begin, name="begin"),
    path("<slug:code>/forms/<slug:category>/edit/", form_editing.edit, name="edit"),
    path(
        "<slug:code>/forms/<slug:category>/publish/",
        form_versions.publish,
        name="publish",
    ),
    path("<slug:code>/forms/<slug:category>/drop/", form_versions.drop, name="drop"),
    path(
        "<slug:code>/forms/<slug:category>/<int:number>/",
        form_versions.version,
        name="version",
    ),
    path(
        "<slug:code>/forms/<slug:category>/<int:number>/word/",
        form_versions.blank_word,
        name="word",
    ),
]
