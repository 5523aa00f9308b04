from django.apps import AppConfig


class WeeklyConfig(AppConfig):
    name = "firstlight.weekly"

    def ready(self) -> None:
        """Keep what is being asked from being published before its time."""
        from firstlight.library.hooks import register_hold
        from firstlight.weekly.hooks import hold_while_asked

        register_hold(hold_while_asked)
