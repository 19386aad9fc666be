from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "qcportal.campaigns"
    label = "campaigns"
    verbose_name = "活动"
