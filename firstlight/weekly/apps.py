from datetime import timedelta

from django.apps import AppConfig


class WeeklyConfig(AppConfig):
    name = "firstlight.weekly"

    def ready(self) -> None:
        """Keep what is being asked from being published before its time, and reveal it when its time has come."""
        from firstlight.delivery.hooks import Chore, register_chore
        from firstlight.library.hooks import register_diagnoses, register_hold
        from firstlight.weekly.actions import reveal_due
        from firstlight.weekly.hooks import as_diagnoses, hold_while_asked
        from firstlight.weekly.queries import vocabulary

        register_hold(hold_while_asked)
        register_diagnoses(lambda at: as_diagnoses(tuple(vocabulary(at).terms.values())))
        register_chore(Chore("reveal weekly cases", timedelta(minutes=1), reveal_due))
