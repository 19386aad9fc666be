"""Errands of imports: an id in. Every one may run twice; the row says what is left."""

from celery import shared_task

from qcportal import clock
from qcportal.imports import actions, sending


@shared_task(name=sending.CHECK, ignore_result=True)
def check(import_id: int) -> None:
    actions.check(import_id, at=clock.now())


@shared_task(name=sending.APPLY, ignore_result=True)
def apply(import_id: int) -> None:
    actions.apply(import_id, at=clock.now())


@shared_task(name="imports.sweep", ignore_result=True)
def sweep() -> None:
    """Imports whose message was lost or whose worker is gone."""
    actions.sweep(at=clock.now())
