"""The roof and the ground: settings and routes above, shared small apps below."""

from qcportal.celery import app as celery_app

__all__ = ["celery_app"]
