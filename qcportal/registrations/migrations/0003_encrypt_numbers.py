"""Apart from the columns' own migration: PostgreSQL makes no index in a transaction
that also wrote rows."""

from django.db import migrations

from qcportal.accounts import rewriting

PRIVATE = {"Registration": ["mobile", "mobile_index"]}


def encrypt(apps, schema_editor):
    for name, columns in PRIVATE.items():
        rewriting.rewrite(apps.get_model("registrations", name), columns)


def decrypt(apps, schema_editor):
    for name, columns in PRIVATE.items():
        rewriting.write_clear(apps.get_model("registrations", name), columns)


class Migration(migrations.Migration):

    dependencies = [
        ("registrations", "0002_private_numbers"),
    ]

    operations = [
        migrations.RunPython(encrypt, decrypt),
    ]
