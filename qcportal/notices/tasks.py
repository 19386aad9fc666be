"""The errand of the beat: hours that come. The papers' tasks stand in rendering.py."""

from celery import shared_task

from qcportal import clock
from qcportal.notices import actions


@shared_task(name="notices.bring_out", ignore_result=True)
def bring_out() -> None:
    """Every minute, by the beat: the papers of notices whose hour has come."""
    actions.bring_out(at=clock.now())
