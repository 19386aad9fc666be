from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "qcportal.ui"
    label = "ui"
    verbose_name = "界面"
