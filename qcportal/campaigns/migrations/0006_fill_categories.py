"""Every campaign so far is one category; its form, rubrics and way up become its."""

import re
import unicodedata

from django.db import migrations
from django.utils import timezone


def number_key(number):
    text = unicodedata.normalize("NFKC", number)
    text = re.sub(r"[【\[(（［]", "〔", re.sub(r"[】\])）］]", "〕", text))
    return re.sub(r"\s+", "", text).casefold()


def fill(apps, schema_editor):
    Campaign = apps.get_model("campaigns", "Campaign")
    Category = apps.get_model("campaigns", "Category")
    FormVersion = apps.get_model("campaigns", "FormVersion")
    Rubric = apps.get_model("campaigns", "Rubric")
    for campaign in Campaign.objects.all():
        category = Category.objects.create(
            campaign=campaign,
            code="result",
            name="质量管理小组成果",
            allows_direct=campaign.allows_direct,
            requires_topic=campaign.requires_topic,
            requires_site_visit=campaign.requires_site_visit,
        )
        FormVersion.objects.filter(campaign=campaign).update(category=category)
        Rubric.objects.filter(campaign=campaign).update(
            category=category, published_at=campaign.published_at or timezone.now()
        )
        Campaign.objects.filter(pk=campaign.pk).update(
            document_number_key=number_key(campaign.document_number)
        )


def empty(apps, schema_editor):
    FormVersion = apps.get_model("campaigns", "FormVersion")
    Rubric = apps.get_model("campaigns", "Rubric")
    Category = apps.get_model("campaigns", "Category")
    Campaign = apps.get_model("campaigns", "Campaign")
    for category in Category.objects.all():
        FormVersion.objects.filter(category=category).update(
            campaign_id=category.campaign_id
        )
        Rubric.objects.filter(category=category).update(
            campaign_id=category.campaign_id
        )
        Campaign.objects.filter(pk=category.campaign_id).update(
            allows_direct=category.allows_direct,
            requires_topic=category.requires_topic,
            requires_site_visit=category.requires_site_visit,
        )


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0005_categories")]

    operations = [migrations.RunPython(fill, empty)]
