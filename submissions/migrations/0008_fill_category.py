"""Every submission belongs to the category of its form."""

from django.db import migrations
from django.db.models import OuterRef, Subquery


def fill(apps, schema_editor):
    Submission = apps.get_model("submissions", "Submission")
    FormVersion = apps.get_model("campaigns", "FormVersion")
    own = FormVersion.objects.filter(pk=OuterRef("form")).values("category")[:1]
    Submission.objects.update(category=Subquery(own))


class Migration(migrations.Migration):
    dependencies = [("submissions", "0007_categories")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
