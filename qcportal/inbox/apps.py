from django.apps import AppConfig


class InboxConfig(AppConfig):
    name = "qcportal.inbox"
    label = "inbox"
    verbose_name = "消息"
