from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "firstlight.people"
