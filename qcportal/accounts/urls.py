"""Routes of signing in and choosing whom one acts for."""

from django.urls import include, path

from qcportal.accounts import views

app_name = "accounts"
urlpatterns = [
    path("", views.account, name="account"),
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-in/<slug:channel>/", views.sign_in, name="sign_in_channel"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("start/", views.start, name="start"),
    path("seat/", views.take_seat, name="take_seat"),
    path("no-seat/", views.no_seat, name="no_seat"),
    # By name, not by import: applications know messages and campaigns, this app must not.
    path("", include("qcportal.registrations.account_urls")),
]
