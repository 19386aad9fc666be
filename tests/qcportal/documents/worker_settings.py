"""Settings of a worker started by a test: the test's own database and folder."""

import os

from tests.settings import *  # noqa: F403

DATABASES["default"]["NAME"] = os.environ["WORKER_DATABASE"]  # noqa: F405
CELERY_TASK_ALWAYS_EAGER = False
CELERY_IMPORTS = ["tests.qcportal.documents.worker_tasks"]
