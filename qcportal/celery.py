"""Celery's application. Work is described by rows; the broker only carries ids."""

import os

from celery import Celery

from qcportal import filequeue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qcportal.settings")

filequeue.register()
app = Celery("qcportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["qcportal.management"])  # above every app
app.autodiscover_tasks(["submissions"], related_name="upload_tasks")
