from django.apps import AppConfig


class SealsConfig(AppConfig):
    name = "qcportal.seals"
    label = "seals"
    verbose_name = "印章"
