from django.apps import AppConfig

from qcportal.signatures import checks  # noqa: F401 - registers itself


class SignaturesConfig(AppConfig):
    name = "qcportal.signatures"
    label = "signatures"
    verbose_name = "数字签名"
