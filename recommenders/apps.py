from django.apps import AppConfig


class RecommendersConfig(AppConfig):
    name = "recommenders"
    verbose_name = "推荐"
