import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0006_fill_categories'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='campaign',
            name='allows_direct',
        ),
        migrations.RemoveField(
            model_name='campaign',
            name='requires_site_visit',
        ),
        migrations.RemoveField(
            model_name='campaign',
            name='requires_topic',
        ),
        migrations.RemoveField(
            model_name='formversion',
            name='campaign',
        ),
        migrations.RemoveField(
            model_name='rubric',
            name='campaign',
        ),
        migrations.AlterField(
            model_name='formversion',
            name='category',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='forms', to='campaigns.category'),
        ),
        migrations.AlterField(
            model_name='rubric',
            name='category',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rubrics', to='campaigns.category'),
        ),
        migrations.AddConstraint(
            model_name='formversion',
            constraint=models.UniqueConstraint(fields=('category', 'version'), name='form_version_once'),
        ),
        migrations.AddConstraint(
            model_name='formversion',
            constraint=models.UniqueConstraint(condition=models.Q(('published_at__isnull', True)), fields=('category',), name='one_form_being_written'),
        ),
        migrations.AddConstraint(
            model_name='rubric',
            constraint=models.UniqueConstraint(fields=('category', 'topic_type', 'version'), name='rubric_version_once'),
        ),
        migrations.AddConstraint(
            model_name='rubric',
            constraint=models.UniqueConstraint(condition=models.Q(('published_at__isnull', True)), fields=('category', 'topic_type'), name='one_rubric_being_written'),
        ),
        # What a category needs is changed with the category; the trail keeps the lines.
        migrations.DeleteModel(name='RequirementChange'),
    ]
