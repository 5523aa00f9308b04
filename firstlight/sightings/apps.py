from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SightingsConfig(AppConfig):
    name = "firstlight.sightings"

    def ready(self) -> None:
        """Take part in every outbreak: a menu entry, a task for editors, and what a report can become."""
        from firstlight.imaging.hooks import register_sender
        from firstlight.outbreaks.hooks import MenuEntry, register_dependents, register_menu_entry, register_tasks
        from firstlight.sightings.actions import begin_notice_from
        from firstlight.sightings.hooks import Use, register_use
        from firstlight.sightings.queries import has_open_report, reports_of, reports_waiting_for

        register_menu_entry(MenuEntry(15, _("Field reports"), "outbreak_sightings"))
        register_dependents(reports_of)
        register_tasks(reports_waiting_for)
        register_sender(has_open_report)
        register_use(Use("notice", _("Notice"), begin_notice_from))
