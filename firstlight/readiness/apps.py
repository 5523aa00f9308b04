from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReadinessConfig(AppConfig):
    name = "firstlight.readiness"

    def ready(self) -> None:
        """Take part in every outbreak: a menu entry, a playbook started with it, and what is late in it."""
        from firstlight.outbreaks.hooks import (
            MenuEntry,
            Share,
            register_dependents,
            register_menu_entry,
            register_news,
            register_share,
            register_tasks,
        )
        from firstlight.readiness.actions import set_up_playbook, take_back_playbook
        from firstlight.readiness.forms import PlaybookForm
        from firstlight.readiness.queries import boards_of, items_waiting_for, playbook_news

        register_menu_entry(MenuEntry(70, _("Readiness"), "readiness"))
        register_share(Share(70, "readiness", _("Readiness"), PlaybookForm, set_up_playbook, take_back_playbook))
        register_dependents(boards_of)
        register_news(playbook_news)
        register_tasks(items_waiting_for)
