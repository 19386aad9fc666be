"""The trail's page, under /audit/. It lives up here because the trail itself imports
nothing of ours and so cannot know who runs which campaign."""

from django.urls import URLPattern, path

from reviews.views import trail

urlpatterns: list[URLPattern] = [path("", trail.trail, name="trail")]
