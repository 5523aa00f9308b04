from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GuidanceConfig(AppConfig):
    name = "firstlight.guidance"

    def ready(self) -> None:
        """Take part in every outbreak, in notices and the digest, and hear of papers."""
        self._join_outbreaks()
        self._serve_notices()
        self._watch_evidence()
        self._answer_order_systems()

    def _join_outbreaks(self) -> None:
        from firstlight.guidance.actions import set_up_guideline, take_back_guideline
        from firstlight.guidance.forms import GuidelineForm
        from firstlight.guidance.queries import (
            count_in_force,
            first_guideline_at,
            guideline_links,
            guideline_news,
            guidelines_of,
            guidelines_waiting_for,
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

        register_menu_entry(MenuEntry(30, _("Guidance"), "outbreak_guidance", count_in_force))
        register_share(Share(30, "guideline", _("Guideline"), GuidelineForm, set_up_guideline, take_back_guideline))
        register_dependents(guidelines_of)
        register_news(guideline_news)
        register_links(guideline_links)
        register_tasks(guidelines_waiting_for)
        register_milestone(Milestone(30, "first-guideline", _("First guideline"), first_guideline_at))

    def _serve_notices(self) -> None:
        from firstlight.alerts.hooks import DigestSection, TargetKind, register_digest_section, register_target_kind
        from firstlight.guidance.queries import find_guidelines, guideline_target, new_guidelines

        register_target_kind(TargetKind("guideline", _("Guideline"), find_guidelines, guideline_target))
        register_digest_section(DigestSection(30, _("Guidelines"), new_guidelines))

    def _watch_evidence(self) -> None:
        from firstlight.guidance.watching import hear_of_paper, resting_on
        from firstlight.literature.hooks import register_paper_news, register_resting

        register_paper_news(hear_of_paper)
        register_resting(resting_on)

    def _answer_order_systems(self) -> None:
        from datetime import timedelta

        from firstlight.delivery.hooks import Chore, register_chore
        from firstlight.guidance.cds.keeping import forget_tokens

        register_chore(Chore("forget used tokens", timedelta(minutes=10), forget_tokens))
