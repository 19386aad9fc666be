"""Errands about uploads: an id in. Every one may run twice; the row says what is left."""

from celery import shared_task

from qcportal import clock
from submissions import upload_actions, upload_sending


@shared_task(name=upload_sending.TAKE_IN, ignore_result=True)
def take_in_upload(found_id: int) -> None:
    upload_actions.take_in(found_id, at=clock.now())


@shared_task(name="submissions.sweep_uploads", ignore_result=True)
def sweep_uploads() -> None:
    """Every half minute, by the beat."""
    upload_actions.sweep(at=clock.now())
