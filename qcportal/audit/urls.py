"""Routes of the trail."""

from django.urls import URLResolver, include, path

app_name = "audit"
# By name, not by import: the page needs to know campaigns, the trail must not.
urlpatterns: list[URLResolver] = [path("", include("reviews.trail_urls"))]
