"""The sweeps of mails and text messages, from beat. May run twice: a row is sent by
whoever claims it."""

from celery import shared_task

from qcportal import clock
from qcportal.inbox import mailing, texting


@shared_task(name="inbox.sweep_mails", ignore_result=True)
def sweep_mails() -> None:
    """Every minute: mails whose message was lost, or whose server was away."""
    mailing.sweep(at=clock.now())


@shared_task(name="inbox.sweep_texts", ignore_result=True)
def sweep_texts() -> None:
    """Every half minute: a code is of use for five minutes only."""
    texting.sweep(at=clock.now())
