from django.apps import AppConfig


class ImagingConfig(AppConfig):
    name = "firstlight.imaging"
