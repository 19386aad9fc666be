from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recommenders", "0007_rank_within_categories")]

    operations = [
        migrations.AlterField(
            model_name="candidate",
            name="category",
            field=models.ForeignKey(
                on_delete=models.deletion.PROTECT,
                related_name="+",
                to="campaigns.category",
            ),
        ),
        migrations.RemoveConstraint(
            model_name="candidate", name="one_candidate_per_rank"
        ),
        migrations.AddConstraint(
            model_name="candidate",
            constraint=models.UniqueConstraint(
                fields=["dossier", "category", "rank"], name="one_candidate_per_rank"
            ),
        ),
    ]
