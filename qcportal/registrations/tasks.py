"""Mails of applications: the step's row is the outbox; a lost task is swept up."""

from datetime import timedelta

from celery import shared_task
from django.core.mail import send_mail
from django.db import transaction

from qcportal import clock
from qcportal.registrations import notices
from qcportal.registrations.models import RegistrationStep


@shared_task(name="registrations.mail", ignore_result=True)
def mail(step_id: int) -> None:
    """Send one step's mail. A second run finds it sent and does nothing."""
    with transaction.atomic():
        rows = RegistrationStep.objects.select_for_update(of=("self",))
        step = rows.select_related("registration__joins").get(pk=step_id)
        if not step.mail_to or step.mailed_at is not None:
            return
        send_mail(notices.subject(step), notices.mail_text(step), None, [step.mail_to])
        step.mailed_at = clock.now()
        step.save(update_fields=["mailed_at"])


@shared_task(name="registrations.sweep_mail", ignore_result=True)
def sweep_mail() -> None:
    """Order again what was not sent in two minutes; after three days nobody waits."""
    at = clock.now()
    left = RegistrationStep.objects.filter(
        mailed_at__isnull=True,
        at__lt=at - timedelta(minutes=2),
        at__gt=at - timedelta(days=3),
    ).exclude(mail_to="")
    for step_id in left.values_list("pk", flat=True)[:100]:
        mail.delay(step_id)
