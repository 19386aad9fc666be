"""The body's own cases, under /hearings/."""

from django.urls import URLPattern, path

from conduct.views import hearings

app_name = "hearings"
urlpatterns: list[URLPattern] = [
    path("", hearings.hearings, name="list"),
    path("<slug:code>/", hearings.hearing, name="hearing"),
    path("<slug:code>/files/<uuid:key>/", hearings.hearing_file, name="file"),
]
