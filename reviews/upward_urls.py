"""Route of 上报事项, under /campaigns/<code>/upward/. It lives up here because the page
counts results and papers."""

from django.urls import URLPattern, path

from reviews.views import upward

app_name = "upward"
urlpatterns: list[URLPattern] = [
    path("<slug:code>/upward/", upward.due, name="due"),
]
