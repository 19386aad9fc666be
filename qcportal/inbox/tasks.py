"""The sweep of mails, from beat. May run twice: a row is sent by whoever claims it."""

from celery import shared_task

from qcportal import clock
from qcportal.inbox import mailing


@shared_task(name="inbox.sweep_mails", ignore_result=True)
def sweep_mails() -> None:
    """Every minute: mails whose message was lost, or whose server was away."""
    mailing.sweep(at=clock.now())
