import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("submissions", "0008_fill_category")]

    operations = [
        migrations.AlterField(
            model_name="submission",
            name="category",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="submissions",
                to="campaigns.category",
                verbose_name="类别",
            ),
        ),
    ]
