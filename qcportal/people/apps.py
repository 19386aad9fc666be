from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "qcportal.people"
    label = "people"
    verbose_name = "人员"
