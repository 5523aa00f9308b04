from django.apps import AppConfig


class FhirConfig(AppConfig):
    name = "firstlight.fhir"
