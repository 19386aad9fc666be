"""Routes of the consent: in public, at sign-in, for oneself, for the association."""

from django.urls import path

from qcportal.privacy import views

app_name = "privacy"
urlpatterns = [
    path("privacy/", views.text, name="text"),
    path("privacy/<int:version>/", views.text, name="version"),
    path("privacy/publish/", views.publish, name="publish"),
    path("accounts/consent/", views.consent, name="consent"),
    path("accounts/privacy/", views.mine, name="mine"),
    path("accounts/privacy/export/", views.export, name="export"),
]
