"""Routes of campaign settings."""

from django.urls import URLPattern, path

from qcportal.campaigns.views import windows

app_name = "campaigns"
urlpatterns: list[URLPattern] = [
    path("<slug:code>/settings/", windows.settings, name="settings"),
    path("<slug:code>/windows/all/", windows.extend_windows, name="extend_windows"),
    path("<slug:code>/windows/<slug:stage>/", windows.move_window, name="move_window"),
]
