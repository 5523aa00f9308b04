from django.apps import AppConfig


class OutbreaksConfig(AppConfig):
    name = "firstlight.outbreaks"
