from django.apps import AppConfig


class EntranceConfig(AppConfig):
    name = "qcportal.entrance"
    label = "entrance"
    verbose_name = "登录"
