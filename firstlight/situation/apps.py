from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SituationConfig(AppConfig):
    name = "firstlight.situation"

    def ready(self) -> None:
        from firstlight.outbreaks.hooks import MenuEntry, register_menu_entry

        register_menu_entry(MenuEntry(0, _("Overview"), "outbreak"))
        register_menu_entry(MenuEntry(80, _("Evidence"), "evidence"))
