"""Ranks are given within a category: the submission's is copied to its candidate."""

from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def fill(apps, schema_editor):
    candidates = apps.get_model("recommenders", "Candidate")
    submissions = apps.get_model("submissions", "Submission")
    own = submissions.objects.filter(pk=OuterRef("submission"))
    candidates.objects.update(category=Subquery(own.values("category")[:1]))


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0007_category_required"),
        ("submissions", "0009_category_required"),
        ("recommenders", "0006_statistics_saved_at"),
    ]

    operations = [
        migrations.AddField(
            model_name="candidate",
            name="category",
            field=models.ForeignKey(
                null=True,
                on_delete=models.deletion.PROTECT,
                related_name="+",
                to="campaigns.category",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
