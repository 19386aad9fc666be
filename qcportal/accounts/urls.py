"""Routes of the seat one sits on; those of the door and of applications by name."""

from django.urls import include, path

from qcportal.accounts import views

app_name = "accounts"
urlpatterns = [
    path("start/", views.start, name="start"),
    path("seat/", views.take_seat, name="take_seat"),
    path("no-seat/", views.no_seat, name="no_seat"),
    # By name, not by import: both know messages, this app must not.
    path("", include("qcportal.entrance.account_urls")),
    path("", include("qcportal.registrations.account_urls")),
]
