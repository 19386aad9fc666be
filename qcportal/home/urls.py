"""Public pages of campaigns. Behind qcportal.campaigns.urls: its fixed words win."""

from django.urls import URLPattern, path

from qcportal.home import views

app_name = "site"
urlpatterns: list[URLPattern] = [
    path("years/", views.years, name="years"),
    path("campaigns/<slug:code>/", views.campaign, name="campaign"),
    path("campaigns/<slug:code>/timetable/", views.timetable, name="timetable"),
    path("campaigns/<slug:code>/downloads/", views.downloads, name="downloads"),
]
