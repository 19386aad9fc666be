"""Routes of seals and staff."""

from django.urls import path

from qcportal.seals import views

app_name = "seals"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("picture/", views.picture, name="picture"),
    path("draft/", views.draft, name="draft"),
    path("draft/picture/", views.draft_picture, name="draft_picture"),
    path("picture/end/", views.end, name="end"),
]
