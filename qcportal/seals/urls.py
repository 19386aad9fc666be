"""Routes of seals and staff."""

from django.urls import URLPattern

app_name = "seals"
urlpatterns: list[URLPattern] = []
