"""The sweep of codes, from beat. May run twice: a code is sent once."""

from captcha.models import CaptchaStore
from celery import shared_task

from qcportal import clock
from qcportal.entrance import codes, limits


@shared_task(name="entrance.sweep_codes", ignore_result=True)
def sweep_codes() -> None:
    """Codes whose message was lost; and what has run out is dropped."""
    at = clock.now()
    codes.sweep(at=at)
    limits.forget(at=at)
    CaptchaStore.remove_expired()
