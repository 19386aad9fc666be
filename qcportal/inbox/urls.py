"""Routes of messages."""

from django.urls import path

from qcportal.inbox import views

app_name = "inbox"
urlpatterns = [
    path("", views.index, name="index"),
    path("read/", views.read_all, name="read_all"),
    path("<int:pk>/open/", views.open_message, name="open"),
]
