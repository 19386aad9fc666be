"""The sweep: from beat, and once when a worker starts."""

from typing import Any

from celery import shared_task
from celery.signals import worker_ready
from django.utils import timezone

from qcportal.documents import keeping, making, reading, serving
from qcportal.documents.models import Document


@shared_task(name="documents.sweep", ignore_result=True)
def sweep() -> None:
    """Send forgotten papers again (they may run twice, which is harmless)."""
    making.sweep(at=timezone.now())


@shared_task(name="documents.drop_unowned", ignore_result=True)
def drop_unowned() -> None:
    """Nightly: delete stored files no row names."""
    keeping.drop_unowned(at=timezone.now())


@making.paper_task("documents.make_reading_copy")
def make_reading_copy(document: Document) -> bytes:
    """A Word or PowerPoint file as PDF."""
    source = Document.objects.get(reading=document)
    return reading.as_pdf(serving.read(source), source.extension)


@worker_ready.connect
def sweep_at_start(**kwargs: Any) -> None:
    """What was lost with the last worker need not wait for beat."""
    making.sweep(at=timezone.now())
