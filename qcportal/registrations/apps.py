from django.apps import AppConfig


class RegistrationsConfig(AppConfig):
    name = "qcportal.registrations"
    label = "registrations"
    verbose_name = "申请和登记"
