from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LibraryConfig(AppConfig):
    name = "firstlight.library"

    def ready(self) -> None:
        """Take part in every outbreak: a menu entry, tags for its cases, and a word on what hangs on it."""
        from firstlight.library.actions import set_up_tags, take_back_tags
        from firstlight.library.forms import TagsForm
        from firstlight.library.queries import (
            case_links,
            case_news,
            cases_of,
            cases_waiting_for,
            count_published,
            first_case_at,
        )
        from firstlight.outbreaks.hooks import (
            MenuEntry,
            Milestone,
            Share,
            register_dependents,
            register_links,
            register_menu_entry,
            register_milestone,
            register_news,
            register_share,
            register_tasks,
        )

        register_menu_entry(MenuEntry(20, _("Cases"), "outbreak_cases", count_published))
        register_share(Share(20, "case-tags", _("Case tags"), TagsForm, set_up_tags, take_back_tags))
        register_dependents(cases_of)
        register_news(case_news)
        register_links(case_links)
        register_tasks(cases_waiting_for)
        register_milestone(Milestone(20, "first-case", _("First teaching case"), first_case_at))
