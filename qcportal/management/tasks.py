"""From beat: the books are looked at every night, every file once a week."""

from celery import shared_task

from qcportal import clock
from qcportal.management import nightly


@shared_task(name="books.check", ignore_result=True)
def check(digests: bool = False) -> None:
    """Nightly; a second run finds the same and tells nobody."""
    nightly.check_books(digests=digests, at=clock.now())
