"""The association's and its judges' pages, under /reviews/."""

from django.urls import URLPattern

app_name = "reviews"

# --- the desk: overview, entries, exports
desk_patterns: list[URLPattern] = []

# --- checks, judging, awards, publication
work_patterns: list[URLPattern] = []

urlpatterns = [*desk_patterns, *work_patterns]
