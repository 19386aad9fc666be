from django.db import migrations


def copy(apps, schema_editor):
    """What was laid down holds on, in the table of campaigns."""
    moved = apps.get_model("campaigns", "Standing")
    for row in apps.get_model("recommenders", "Standing").objects.order_by("pk"):
        moved.objects.create(
            recommender_id=row.recommender_id, kind=row.kind, reason=row.reason,
            begins_at=row.begins_at, ends_at=row.ends_at,
        )


class Migration(migrations.Migration):

    dependencies = [
        ("campaigns", "0012_standing"),
        ("recommenders", "0008_rank_per_category"),
    ]

    operations = [
        migrations.RunPython(copy, migrations.RunPython.noop),
        migrations.DeleteModel(name="Standing"),
    ]
