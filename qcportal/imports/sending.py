"""Names of the tasks, so that actions order what tasks carry out."""

from celery import current_app

CHECK = "imports.check"
APPLY = "imports.apply"


def send(task: str, import_id: int) -> None:
    """Raises what the broker raises."""
    found = current_app.tasks.get(task)
    if found is not None:
        found.apply_async((import_id,))
    else:
        current_app.send_task(task, (import_id,))
