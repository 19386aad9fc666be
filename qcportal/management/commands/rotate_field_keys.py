"""Write all encrypted columns and blind indexes anew under the first of FIELD_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from qcportal.accounts import rewriting


class Command(BaseCommand):
    help = (
        "Put a new key first in FIELD_KEYS (the old ones behind it), restart, run this; "
        "afterwards the old keys may go. Also after a new FIELD_INDEX_KEY: until it ran, "
        "nobody is found by mobile number. May be run again at any time."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for model, names in rewriting.private_fields():
            count = rewriting.rewrite(model, names)
            self.stdout.write(f"{model._meta.label}: {count} rows, {', '.join(names)}")
