from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LibraryConfig(AppConfig):
    name = "firstlight.library"

    def ready(self) -> None:
        from firstlight.library.queries import count_published
        from firstlight.outbreaks.hooks import MenuEntry, register_menu_entry

        register_menu_entry(MenuEntry(20, _("Cases"), "outbreak_cases", count_published))
