"""The end of stand-ins whose browser was simply closed. May run twice."""

from celery import shared_task

from qcportal import clock
from qcportal.people import actions


@shared_task(name="people.end_stand_ins", ignore_result=True)
def end_stand_ins() -> None:
    actions.end_overdue_stand_ins(at=clock.now())
