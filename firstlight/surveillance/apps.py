from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SurveillanceConfig(AppConfig):
    name = "firstlight.surveillance"

    def ready(self) -> None:
        """Take part in every outbreak: a menu entry, a panel of numbers, and a word on what hangs on it."""
        from firstlight.alerts.queries.archive import count_issued
        from firstlight.library.queries.cases import count_published
        from firstlight.literature.queries.listing import count_listed
        from firstlight.outbreaks.hooks import (
            MenuEntry,
            Share,
            register_dependents,
            register_menu_entry,
            register_news,
            register_share,
        )
        from firstlight.surveillance.actions import set_up_panel, take_back_panel
        from firstlight.surveillance.forms import PanelForm
        from firstlight.surveillance.hooks import ResponseNumber, register_response_number
        from firstlight.surveillance.queries import number_news, numbers_held

        register_menu_entry(MenuEntry(60, _("Numbers"), "numbers"))
        register_share(Share(60, "numbers", _("Numbers"), PanelForm, set_up_panel, take_back_panel))
        register_dependents(numbers_held)
        register_news(number_news)
        register_response_number(ResponseNumber(10, _("Notices sent"), count_issued, "outbreak_alerts"))
        register_response_number(ResponseNumber(20, _("Published cases"), count_published, "outbreak_cases"))
        register_response_number(ResponseNumber(40, _("Papers"), count_listed, "outbreak_literature"))
