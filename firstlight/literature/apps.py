from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LiteratureConfig(AppConfig):
    name = "firstlight.literature"

    def ready(self) -> None:
        """Take part in every outbreak: a menu entry, its plan for papers, news, tasks, and what rests on a paper."""
        from firstlight.alerts.hooks import DigestSection, TargetKind, register_digest_section, register_target_kind
        from firstlight.delivery.hooks import Chore, register_chore
        from firstlight.literature.actions.indexing import index_new
        from firstlight.literature.actions.setting_up import set_up_literature, take_back_literature
        from firstlight.literature.forms import LiteratureForm
        from firstlight.literature.hooks import register_resting
        from firstlight.literature.queries.citing import notices_pointing_at
        from firstlight.literature.queries.listing import (
            count_listed,
            find_papers,
            first_paper_at,
            new_papers,
            paper_news,
            paper_target,
            papers_held,
            papers_waiting_for,
        )
        from firstlight.outbreaks.hooks import (
            MenuEntry,
            Milestone,
            Share,
            register_dependents,
            register_menu_entry,
            register_milestone,
            register_news,
            register_share,
            register_tasks,
        )

        register_menu_entry(MenuEntry(50, _("Papers"), "outbreak_literature", count_listed))
        register_share(Share(50, "literature", _("Papers"), LiteratureForm, set_up_literature, take_back_literature))
        register_dependents(papers_held)
        register_news(paper_news)
        register_tasks(papers_waiting_for)
        register_milestone(Milestone(25, "first-paper", _("First paper announced"), first_paper_at))
        register_target_kind(TargetKind("paper", _("Paper"), find_papers, paper_target))
        register_digest_section(DigestSection(40, _("New papers"), new_papers))
        register_resting(notices_pointing_at)
        register_chore(Chore("index papers", timedelta(minutes=1), index_new))
