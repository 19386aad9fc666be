"""Apart from the columns' own migration: PostgreSQL makes no index in a transaction
that also wrote rows."""

from django.db import migrations

from qcportal.accounts import mobiles, rewriting

PRIVATE = {'Submission': ['content'], 'Revision': ['content', 'activity']}


def encrypt(apps, schema_editor):
    for name, columns in PRIVATE.items():
        rewriting.rewrite(apps.get_model("submissions", name), columns)
    index_contacts(apps.get_model("submissions", "Submission"))


def index_contacts(submission):
    """A model of a migration knows no properties: the definition is read raw."""
    for found in submission.objects.select_related("form").iterator():
        fields = [f for s in found.form.definition["sections"] for f in s["fields"]]
        code = next((f["code"] for f in fields if f.get("means") == "mobile"), "")
        number = found.content.get(code, "")
        index = mobiles.index(number if isinstance(number, str) else "") or None
        submission.objects.filter(pk=found.pk).update(mobile_index=index)


def decrypt(apps, schema_editor):
    for name, columns in PRIVATE.items():
        rewriting.write_clear(apps.get_model("submissions", name), columns)


class Migration(migrations.Migration):

    dependencies = [
        ("submissions", "0005_private_numbers"),
    ]

    operations = [
        migrations.RunPython(encrypt, decrypt),
    ]
