from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SituationConfig(AppConfig):
    name = "firstlight.situation"

    def ready(self) -> None:
        """Stand in every outbreak's menu, give counted pages their names, and have them counted by the clock."""
        from firstlight.delivery.hooks import Chore, register_chore
        from firstlight.outbreaks.hooks import MenuEntry, register_menu_entry
        from firstlight.situation.queries import outbreak_labels, page_labels
        from firstlight.visits.actions import fold
        from firstlight.visits.hooks import register_item_label

        register_menu_entry(MenuEntry(0, _("Overview"), "outbreak"))
        register_menu_entry(MenuEntry(80, _("Evidence"), "evidence"))
        register_item_label("outbreak", outbreak_labels)
        register_item_label("page", page_labels)
        register_chore(Chore("count visits", timedelta(minutes=1), lambda at: fold(at=at)))
