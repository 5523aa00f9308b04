from django.apps import AppConfig


class WebConfig(AppConfig):
    """Base templates, static files and the words every page shares."""

    name = "firstlight.web"
    label = "web"
