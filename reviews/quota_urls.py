"""Routes of 名额 that need more than the campaigns know, under /campaigns/<code>/."""

from django.urls import URLPattern, path

from reviews.views import quota_excel

app_name = "quotas"
urlpatterns: list[URLPattern] = [
    path(
        "<slug:code>/settings/quotas/preview/excel/",
        quota_excel.places_excel,
        name="excel",
    ),
]
