from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "qcportal.documents"
    label = "documents"
    verbose_name = "文件"
