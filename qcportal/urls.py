"""All routes. Nouns, then the public code, then the verb."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
