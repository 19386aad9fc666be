"""Writing encrypted columns anew: under the key that is first now, or in the clear.

Called by migrations (with historical models) and ``manage.py rotate_field_keys``.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.db import models, transaction
from django.db.models import JSONField, TextField, Value

from qcportal.accounts.encryption import (
    BlindIndexField,
    EncryptedField,
    PrivateJSONField,
)

PRIVATE = (EncryptedField, PrivateJSONField, BlindIndexField)


def private_fields() -> Iterator[tuple[type[models.Model], list[str]]]:
    """Every model with encrypted columns or their indexes, and these columns."""
    for model in apps.get_models():
        names = [f.name for f in model._meta.local_fields if isinstance(f, PRIVATE)]
        if names:
            yield model, names


def rewrite(model: type[models.Model], names: list[str]) -> int:
    """Encrypt the columns anew, row by row under its lock; how many rows."""
    rows = model._base_manager.order_by("pk")
    keys = list(rows.values_list("pk", flat=True))
    for pk in keys:
        with transaction.atomic():
            found = rows.select_for_update().get(pk=pk)
            found.save(update_fields=names)
    return len(keys)


def write_clear(model: type[models.Model], names: list[str]) -> None:
    """The way back of a migration: the columns as they were typed."""
    for found in model._base_manager.order_by("pk").iterator():
        clear = {}
        for name in names:
            if isinstance(model._meta.get_field(name), BlindIndexField):
                continue
            is_json = isinstance(model._meta.get_field(name), JSONField)
            plain = JSONField() if is_json else TextField()
            clear[name] = Value(getattr(found, name), output_field=plain)
        model._base_manager.filter(pk=found.pk).update(**clear)
