from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LibraryConfig(AppConfig):
    name = "firstlight.library"

    def ready(self) -> None:
        """Take part in every outbreak: a menu entry, tags for its cases, and a word on what hangs on it."""
        from firstlight.alerts.hooks import DigestSection, TargetKind, register_digest_section, register_target_kind
        from firstlight.delivery.hooks import Chore, register_chore
        from firstlight.imaging.hooks import register_shown
        from firstlight.library.actions import begin_case_from, set_up_tags, take_back_tags
        from firstlight.library.forms import TagsForm
        from firstlight.library.queries.cases import case_labels, count_published
        from firstlight.library.queries.collections import collection_labels
        from firstlight.library.queries.outbreak import (
            case_links,
            case_news,
            case_target,
            cases_of,
            cases_resting_on,
            cases_waiting_for,
            find_cases,
            first_case_at,
            new_cases,
        )
        from firstlight.library.queries.review import reviews_waiting_for, studies_under_review
        from firstlight.library.search.index import index_missing
        from firstlight.library.views.ready import make_pages_ready
        from firstlight.literature.hooks import register_resting
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
        from firstlight.sightings.hooks import Use, register_use
        from firstlight.visits.hooks import register_item_label

        register_target_kind(TargetKind("case", _("Case"), find_cases, case_target))
        register_digest_section(DigestSection(20, _("New cases"), new_cases))
        register_item_label("case", case_labels)
        register_item_label("collection", collection_labels)
        register_chore(Chore("index cases", timedelta(minutes=1), index_missing))
        register_chore(Chore("make pages of cases ready", timedelta(minutes=5), make_pages_ready))
        register_use(Use("case", _("Case"), begin_case_from))
        register_menu_entry(MenuEntry(20, _("Cases"), "outbreak_cases", count_published))
        register_share(Share(20, "case-tags", _("Case tags"), TagsForm, set_up_tags, take_back_tags))
        register_dependents(cases_of)
        register_news(case_news)
        register_links(case_links)
        register_resting(cases_resting_on)
        register_tasks(cases_waiting_for)
        register_tasks(reviews_waiting_for)
        register_shown(studies_under_review)
        register_milestone(Milestone(20, "first-case", _("First teaching case"), first_case_at))
