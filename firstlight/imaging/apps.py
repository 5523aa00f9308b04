from django.apps import AppConfig


class ImagingConfig(AppConfig):
    name = "firstlight.imaging"

    def ready(self) -> None:
        """Say what of the depository hangs on an outbreak."""
        from firstlight.imaging.queries import images_of
        from firstlight.outbreaks.hooks import register_dependents

        register_dependents(images_of)
