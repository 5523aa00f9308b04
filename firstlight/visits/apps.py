from django.apps import AppConfig


class VisitsConfig(AppConfig):
    name = "firstlight.visits"
