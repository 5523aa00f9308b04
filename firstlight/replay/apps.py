from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReplayConfig(AppConfig):
    name = "firstlight.replay"

    def ready(self) -> None:
        """Offer the guided tour in the menu of a replayed outbreak."""
        from firstlight.outbreaks.hooks import MenuEntry, register_menu_entry
        from firstlight.replay.tour import has_tour

        register_menu_entry(MenuEntry(90, _("Guided tour"), "tour", shown=has_tour))
