"""The complaint box, under /complaints/."""

from django.urls import URLPattern, path

from conduct.views import complaints

app_name = "complaints"
urlpatterns: list[URLPattern] = [
    path("", complaints.complain, name="complain"),
    path("follow/", complaints.follow, name="follow"),
    path("<slug:receipt>/", complaints.case, name="case"),
    path("<slug:receipt>/more/", complaints.add, name="add"),
]
