"""Routes of campaign settings."""

from django.urls import URLPattern, path

from qcportal.campaigns import views

app_name = "campaigns"
urlpatterns: list[URLPattern] = [
    path("<slug:code>/settings/", views.settings, name="settings"),
    path("<slug:code>/requirements/", views.set_requirements, name="set_requirements"),
    path("<slug:code>/windows/all/", views.extend_windows, name="extend_windows"),
    path("<slug:code>/windows/<slug:stage>/", views.move_window, name="move_window"),
]
