from django.urls import path

from qcportal.ui import views

app_name = "ui"

urlpatterns = [
    path("", views.gallery, name="gallery"),
]
